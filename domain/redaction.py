"""Taking personal data out of free text (脱敏), for projections and for publication (domain: telephone `138****1234`,
identity card `35*************123`, address down to the street, name 张某某).

What was given with the petition is removed wherever it stands; numbers, doors and announced names are found by form.
When in doubt it is removed: a person reads a publication before it goes out, nobody reads a projection first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from domain.detectors import Span, doors, homes, numbers
from domain.masking import (
    GAP,
    HIDDEN,
    LANDLINE,
    MOBILE,
    compact,
    digits_for_numerals,
    fold,
    mask_address,
    mask_id_number,
    mask_phone,
    street_part,
)
from domain.names import announced_names, mask_name, name_parts
from domain.vocabulary import RedactionKind

MAX_PASSES = 6
"""A masked text is scanned again until nothing is found, because a removal can join what stood apart."""

_REFERENCE = re.compile(r"⟦P\d{1,4}\.[A-Z_]{1,12}(?::\d{1,4}:\d{1,4})?⟧")
"""A reference to a petitioner (`⟦p1.name⟧`, see `petition.references`), folded: it says nothing by itself."""
_MASKED = re.compile(
    r"(?<!\d)(?:1\d{2}\*{4}\d{4}|(?:0\d{2,3}-)?\d\*{4}\d{2,3}|[1-9]\d(?:\*{10}\d{3}|\*{13}\d{2}[\dX])|[A-Z]\*{4,}[A-Z\d]{2})(?!\d)"
)
"""A number that is masked already: the digits left in it are no new find."""

_UNSEEN = "\ue000"
_GAP = re.compile(GAP)


@dataclass(frozen=True, slots=True)
class Known:
    """Personal values given with the petition: whole values as sent. Never shown by `repr`."""

    names: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    id_numbers: tuple[str, ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """Something to be taken out: its kind and where it stands in the text (characters, end excluded). Not the value."""

    kind: RedactionKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data, and what was taken out; the places are those of the text that was given."""

    text: str
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class _Needle:
    """One form of a known value, folded; `loose` forms are sought with the gaps left out of the text."""

    kind: RedactionKind
    form: str
    shown: str
    loose: bool


def scan(text: str, known: Known = Known()) -> tuple[Found, ...]:
    """Where personal data stands in a text: sorted, none overlapping another. One pass; `redact` makes several."""
    needles = tuple(_needles(known))
    return tuple(Found(kind, start, end) for kind, start, end, _ in _finds(text, needles))


def redact(text: str, known: Known = Known()) -> Redacted:
    """Take personal data out of a text. Doing it twice changes nothing more."""
    needles = tuple(_needles(known))
    places = [(place, place + 1) for place in range(len(text))]
    found: list[Span] = []
    for _ in range(MAX_PASSES):
        finds = _finds(text, needles)
        if not finds:
            break
        found.extend((kind, places[start][0], places[end - 1][1]) for kind, start, end, _ in finds)
        for _, start, end, shown in reversed(finds):
            places[start:end] = [(places[start][0], places[end - 1][1])] * len(shown)
            text = text[:start] + shown + text[end:]
    return Redacted(text, tuple(Found(*span) for span in _merged(found)))


def _finds(text: str, needles: tuple[_Needle, ...]) -> list[tuple[RedactionKind, int, int, str]]:
    """What to take out of a text and what to put in its place; finds that would change nothing are left out."""
    folded = fold(text)
    visible = _REFERENCE.sub(_unseen, folded)
    unmasked = _MASKED.sub(_unseen, visible)
    announced = list(announced_names(unmasked))
    here = dict.fromkeys(_name_needle(text[start:end]) for start, end in announced)
    everywhere = needles + tuple(needle for needle in here if len(needle.form) > 1)
    forms = {(needle.kind, needle.form): needle.shown for needle in reversed(everywhere)}
    spans = [*_known_spans(visible, everywhere), *numbers(unmasked), *doors(unmasked)]
    spans.extend((RedactionKind.NAME, start, end) for start, end in announced)
    spans.extend(_home_spans(unmasked))
    finds = []
    for kind, start, end in _merged(spans):
        shown = _safe(_shown(kind, text[start:end], forms), needles)
        if shown != text[start:end]:
            finds.append((kind, start, end, shown))
    return finds


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


def _name_needle(name: str) -> _Needle:
    """A name that the text itself announced, to be found again further on."""
    return _Needle(RedactionKind.NAME, compact(name), mask_name(name), loose=True)


def _needles(known: Known) -> Iterator[_Needle]:
    """Every form under which known values are sought."""
    for name in known.names:
        yield from _forms(RedactionKind.NAME, name_parts(name), mask_name(name))
    for phone in known.phones:
        plain = digits_for_numerals(fold(phone))
        inner = [match[0] for pattern in (MOBILE, LANDLINE) for match in pattern.finditer(plain)]
        bare = [re.sub(r"^\(?(?:\+|00)?86\)?", "", number) for number in inner]
        yield from _forms(RedactionKind.PHONE, (phone, *inner, *bare), mask_phone(phone))
    for number in known.id_numbers:
        yield from _forms(RedactionKind.ID_NUMBER, (number,), mask_id_number(number))
    for address in known.addresses:
        masked = mask_address(address)
        if masked != address.strip():
            yield from _forms(RedactionKind.ADDRESS, (address,), masked)
            yield from _forms(RedactionKind.ADDRESS, _below_street(address), HIDDEN)


_COMPONENT = re.compile(
    r"(?<=[号弄])(?=\D)|\d+(?=[^\d])|[A-Z](?=[座栋幢区]|\d)|[零〇一二两三四五六七八九十百]+(?=[号栋幢弄组楼室]|单元)"
)


def _below_street(address: str) -> Iterator[str]:
    """The part of an address below its street, and each tail of that from a house, building, unit or room on."""
    below = address.strip()[len(street_part(address)) :].strip()
    tails = [below[match.start() :] for match in _COMPONENT.finditer(fold(below))]
    for tail in (below, *(tail for tail in tails if re.search(r"\d", digits_for_numerals(fold(tail))))):
        if len(compact(tail)) > 2 and not compact(tail).isdecimal():
            yield tail


def _forms(kind: RedactionKind, values: tuple[str, ...] | Iterator[str], shown: str) -> Iterator[_Needle]:
    """Needles for the forms of one value. What is too short without its gaps is sought exactly as it stands."""
    for value in values:
        form = compact(value)
        if len(form) > 1:
            yield _Needle(kind, form, shown, loose=True)
            if kind is not RedactionKind.NAME and digits_for_numerals(form) != form:
                yield _Needle(kind, digits_for_numerals(form), shown, loose=True)
        elif len(value) > 1:
            yield _Needle(kind, fold(value), shown, loose=False)


def _known_spans(folded: str, needles: tuple[_Needle, ...]) -> Iterator[Span]:
    """Where known values stand, gaps between their characters passed over, Chinese numerals read as digits."""
    if not needles:
        return
    places = [place for place, character in enumerate(folded) if not _GAP.match(character)]
    dense = "".join(folded[place] for place in places)
    as_digits = digits_for_numerals(dense)
    for needle in needles:
        if not needle.loose:
            yield from ((needle.kind, at, at + len(needle.form)) for at in _occurrences(folded, needle.form))
            continue
        texts = {dense} if needle.kind is RedactionKind.NAME else {dense, as_digits}
        for text in texts:
            for at in _occurrences(text, needle.form):
                yield needle.kind, places[at], places[at + len(needle.form) - 1] + 1


def _occurrences(text: str, form: str) -> Iterator[int]:
    """Every place of a form in a text, overlapping ones too."""
    at = text.find(form)
    while at >= 0:
        yield at
        at = text.find(form, at + 1)


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
    known = forms.get((kind, compact(value)))
    return _SHOWN[kind](value) if known is None else known


def _safe(shown: str, needles: tuple[_Needle, ...]) -> str:
    """The masked form, unless it holds a known value itself; then the first neutral one that does not."""
    for form in (shown, HIDDEN, "[已隐去]"):
        dense, folded = compact(form), fold(form)
        if not any(needle.form in (dense if needle.loose else folded) for needle in needles):
            return form
    return ""


__all__ = [
    "Found",
    "Known",
    "Redacted",
    "mask_address",
    "mask_id_number",
    "mask_name",
    "mask_phone",
    "redact",
    "scan",
]
