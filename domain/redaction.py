"""Taking personal data out of free text (脱敏), for projections and for publication (domain: telephone `138****1234`,
identity card `35*************123`, address down to the street, name 张某某).

What was given with the petition is removed wherever it stands; numbers, doors and announced names are found by form.
When in doubt it is removed: a person reads a publication before it goes out, nobody reads a projection first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from domain.detectors import Span, doors, homes, numbers
from domain.masking import HIDDEN, compact, fold, mask_address, mask_id_number, mask_phone, street_part
from domain.names import announced_names, mask_name
from domain.needles import (
    NOBODY,
    Known,
    Needle,
    known_spans,
    name_as_announced,
    needles_of,
    needles_of_name,
    occurrences,
)
from domain.vocabulary import RedactionBasis, RedactionKind

MAX_PASSES = 6
"""A masked text is scanned again until nothing is found, because a removal can join what stood apart."""

_REFERENCE = re.compile(r"⟦P\d{1,4}\.[A-Z_]{1,12}(?::\d{1,4}:\d{1,4})?⟧")
"""A reference to a petitioner (`⟦p1.name⟧`, see `petition.references`), folded: it says nothing by itself."""
_MASKED = re.compile(
    r"(?<!\d)(?:1\d{2}\*{4}\d{4}|(?:0\d{2,3}-)?\d\*{4}\d{2,3}|[1-9]\d(?:\*{10}\d{3}|\*{13}\d{2}[\dX])|[A-Z]\*{4,}[A-Z\d]{2})(?!\d)"
)
"""A number that is masked already: the digits left in it are no new find."""

_UNSEEN = "\ue000"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person decides beside what is found: words to take out, and words that stay although they were found.

    `added`: kind and words, taken out exactly as they stand. `kept`: words of whole finds; what was given with the
    petition cannot be kept.
    """

    added: tuple[tuple[RedactionKind, str], ...] = field(default=(), repr=False)
    kept: frozenset[str] = field(default=frozenset(), repr=False)


NOTHING_BY_HAND = ByHand()


@dataclass(frozen=True, slots=True)
class Found:
    """Something to be taken out: its kind and where it stands in the text (characters, end excluded). Not the value.

    `shown`: what takes its place. `basis`: why it goes.
    """

    kind: RedactionKind
    start: int
    end: int
    shown: str = ""
    basis: RedactionBasis = RedactionBasis.DETECTED


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data, and what was taken out; the places are those of the text that was given.

    `kept`: what was found and stays, because a person said so.
    """

    text: str
    found: tuple[Found, ...]
    kept: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sought:
    """Everything that is looked for in one text."""

    given: tuple[Needle, ...]
    mentioned: tuple[Needle, ...]
    by_hand: ByHand

    @classmethod
    def of(cls, known: Known, by_hand: ByHand) -> _Sought:
        """The forms of the known values, worked out once for all passes."""
        if known is NOBODY and by_hand is NOTHING_BY_HAND:
            return _NOTHING
        names = dict.fromkeys(needle for name in known.mentioned for needle in needles_of_name(name))
        return cls(tuple(needles_of(known)), tuple(names), by_hand)


_NOTHING = _Sought((), (), NOTHING_BY_HAND)


def scan(text: str, known: Known = NOBODY, by_hand: ByHand = NOTHING_BY_HAND) -> tuple[Found, ...]:
    """Where personal data stands in a text: sorted, none overlapping another. One pass; `redact` makes several."""
    return tuple(_finds(text, _Sought.of(known, by_hand))[0])


def cleaned(text: str, known: Known = NOBODY) -> str:
    """The text that `redact` makes, for who does not ask what went and where it stood."""
    sought = _Sought.of(known, NOTHING_BY_HAND)
    for _ in range(MAX_PASSES):
        finds, _left = _finds(text, sought)
        if not finds:
            break
        text = _without(text, finds)
    return text


def _without(text: str, finds: Iterable[Found]) -> str:
    """The text with the shown forms in place of the finds, which stand in order."""
    parts, at = list[str](), 0
    for one in finds:
        parts += text[at : one.start], one.shown
        at = one.end
    return "".join((*parts, text[at:]))


def redact(text: str, known: Known = NOBODY, by_hand: ByHand = NOTHING_BY_HAND) -> Redacted:
    """Take personal data out of a text. Doing it twice changes nothing more, but for what a person kept."""
    sought = _Sought.of(known, by_hand)
    finds, left = _finds(text, sought)
    if not finds and not left:
        return Redacted(text, ())
    places = [(place, place + 1) for place in range(len(text))]
    found: list[Found] = []
    kept: dict[tuple[int, int], Found] = {}
    for more in range(MAX_PASSES):
        if more:
            finds, left = _finds(text, sought)
        for one in left:
            start, end = places[one.start][0], places[one.end - 1][1]
            kept.setdefault((start, end), replace(one, start=start, end=end))
        if not finds:
            break
        found.extend(replace(one, start=places[one.start][0], end=places[one.end - 1][1]) for one in finds)
        for one in reversed(finds):
            places[one.start : one.end] = [(places[one.start][0], places[one.end - 1][1])] * len(one.shown)
        text = _without(text, finds)
    return Redacted(text, tuple(_as_shown(found, text, places)), tuple(kept[place] for place in sorted(kept)))


def _as_shown(found: list[Found], text: str, places: list[tuple[int, int]]) -> Iterator[Found]:
    """The finds of all passes, joined where one touched another's inside, each with what stands there in the end."""
    for kind, start, end in _merged([(one.kind, one.start, one.end) for one in found]):
        shown = "".join(text[at] for at, (first, last) in enumerate(places) if start <= first and last <= end)
        bases = {one.basis for one in found if one.start >= start and one.end <= end}
        yield Found(kind, start, end, shown, _strongest(bases))


def _strongest(bases: Collection[RedactionBasis]) -> RedactionBasis:
    """The reason that is told where several hold; the order is the vocabulary's."""
    return next(basis for basis in _BASES if basis in bases)


def announced(text: str) -> tuple[str, ...]:
    """The names that a text announces ("我叫…", "联系人：…"), each once."""
    found = announced_names(_without_masked(_visible(fold(text))))
    return tuple(dict.fromkeys(text[start:end] for start, end in found))


def _visible(folded: str) -> str:
    """The text with as many characters that no detector knows in place of its references."""
    return _REFERENCE.sub(_unseen, folded) if "⟦" in folded else folded


def _without_masked(visible: str) -> str:
    return _MASKED.sub(_unseen, visible) if "*" in visible else visible


def _finds(text: str, sought: _Sought) -> tuple[list[Found], list[Found]]:
    """What to take out of a text, and what is found but stays; finds that would change nothing are left out."""
    folded = fold(text)
    visible = _visible(folded)
    unmasked = _without_masked(visible)
    names = list(announced_names(unmasked))
    detected = [*numbers(unmasked), *doors(unmasked), *_home_spans(unmasked)]
    finds, kept = list[Found](), list[Found]()
    if sought is _NOTHING and not names and not detected:
        return finds, kept
    here = dict.fromkeys(name_as_announced(text[start:end]) for start, end in names)
    mentioned = sought.mentioned + tuple(needle for needle in here if len(needle.form) > 1)
    spans: dict[RedactionBasis, list[Span]] = {
        RedactionBasis.ADDED: list(_added(text, sought.by_hand)),
        RedactionBasis.GIVEN: list(known_spans(visible, sought.given)),
        RedactionBasis.MENTIONED: list(known_spans(visible, mentioned)),
        RedactionBasis.DETECTED: [*detected, *((RedactionKind.NAME, start, end) for start, end in names)],
    }
    merged = _merged([span for found in spans.values() for span in found])
    forms = {(needle.kind, needle.form): needle.shown for needle in reversed((*sought.given, *mentioned))}
    for kind, start, end in merged:
        basis = next(one for one in _BASES if any(at < end and start < to for _, at, to in spans[one]))
        words = text[start:end]
        by_hand = kind is RedactionKind.OTHER and basis is RedactionBasis.ADDED
        shown = _safe(HIDDEN if by_hand else _shown(kind, words, forms), sought.given)
        if basis in _PERSONS_MAY_KEEP and sought.by_hand.kept and compact(words) in sought.by_hand.kept:
            kept.append(Found(kind, start, end, words, basis))
        elif shown != words:
            finds.append(Found(kind, start, end, shown, basis))
    return finds, kept


_BASES = tuple(RedactionBasis)
_PERSONS_MAY_KEEP = frozenset({RedactionBasis.MENTIONED, RedactionBasis.DETECTED})
"""What was given with the petition stays out whatever anybody says, and so does what was just added."""


def _added(text: str, by_hand: ByHand) -> Iterator[Span]:
    """Where the words stand that a person wants taken out."""
    for kind, words in by_hand.added:
        yield from ((kind, at, at + len(words)) for at in occurrences(text, words))


def _unseen(match: re.Match[str]) -> str:
    """As many characters that no detector knows."""
    return _UNSEEN * len(match[0])


def _home_spans(text: str) -> Iterator[Span]:
    """The part below the street of each home that a text announces."""
    for start, end in homes(text):
        kept = len(street_part(text[start:end]))
        below = text[start + kept : end]
        if below.strip("*" + _UNSEEN + " "):
            yield RedactionKind.ADDRESS, start + kept, end


def _merged(spans: list[Span]) -> list[Span]:
    """Spans in order, each that touches another's inside joined with it under the kind of the longer."""
    merged: list[Span] = []
    for kind, start, end in sorted(spans, key=lambda span: (span[1], -span[2])):
        if end <= start:
            continue
        if merged and start < merged[-1][2]:
            first, begin, until = merged[-1]
            merged[-1] = (first if until - begin >= end - start else kind, begin, max(until, end))
        else:
            merged.append((kind, start, end))
    return merged


_SHOWN: dict[RedactionKind, Callable[[str], str]] = {
    RedactionKind.PHONE: mask_phone,
    RedactionKind.ID_NUMBER: mask_id_number,
    RedactionKind.NAME: mask_name,
    RedactionKind.BANK_CARD: lambda _: "[银行卡号]",
    RedactionKind.PLATE: lambda _: "[车牌号]",
    RedactionKind.EMAIL: lambda _: "[电子邮箱]",
    RedactionKind.ADDRESS: lambda _: HIDDEN,
    RedactionKind.OTHER: lambda _: "[号码]",
}


def _shown(kind: RedactionKind, value: str, forms: dict[tuple[RedactionKind, str], str]) -> str:
    """What stands in place of a find: the known value's masked form, otherwise that of its kind."""
    known = forms.get((kind, compact(value))) if forms else None
    return _SHOWN[kind](value) if known is None else known


def _safe(shown: str, needles: tuple[Needle, ...]) -> str:
    """The masked form, unless it holds a known value itself; then the first neutral one that does not."""
    if not needles:
        return shown
    for form in (shown, HIDDEN, "[已隐去]"):
        dense, folded = compact(form), fold(form)
        if not any(needle.form in (dense if needle.loose else folded) for needle in needles):
            return form
    return ""


__all__ = [
    "ByHand",
    "Found",
    "Known",
    "Redacted",
    "announced",
    "cleaned",
    "mask_address",
    "mask_id_number",
    "mask_name",
    "mask_phone",
    "redact",
    "scan",
]
