"""公示回应, the redaction (脱敏) of a draft: what is taken out and why, what a person adds or takes back, its preview.

The petition's own text says whom to look for: its petitioners, and the names that it mentions. Nothing is stored of
what was taken out but what stands in its place; what was taken back stands in the published text anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from pydantic import Field

from domain.kernel import Value
from domain.masking import compact
from domain.petition.command import Line, invalid
from domain.petition.events.values import Redaction
from domain.petition.petition import Petition
from domain.petition.references import REFERENCE, known_of, mask_identity, people_of, references, render
from domain.redaction import ByHand, Found, Known, Redacted, announced, redact
from domain.vocabulary import RedactionBasis, RedactionKind


class RedactionForm(Value):
    """A removal that the clerk made by hand: of these words; without words, of something already left out."""

    kind: RedactionKind = Field(RedactionKind.OTHER, title="类型")
    words: Line | None = Field(None, title="脱敏文字", description="Taken out wherever they stand, exactly as written")
    reason: Line = Field(title="原因")


class TakenBackForm(Value):
    """Words that were found and stay nevertheless: a public building's number, an official's name."""

    words: Line = Field(title="恢复文字", description="The whole words of a find, as they stand in the draft")
    reason: Line = Field(title="原因")


class DraftForm(Protocol):
    """What the redaction reads of a draft."""

    @property
    def subject(self) -> str:
        """The title."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def redactions(self) -> tuple[RedactionForm, ...]:
        """What the clerk takes out."""

    @property
    def taken_back(self) -> tuple[TakenBackForm, ...]:
        """What the clerk takes back."""


@dataclass(frozen=True, slots=True)
class RedactedDraft:
    """Title and text for the public; references to petitioners stay references, which the public reads masked."""

    title: Redacted
    text: Redacted


@dataclass(frozen=True, slots=True)
class Removal:
    """One place of a draft as it was typed (characters, end excluded), and what the public reads there.

    `part`: `title` or `text`. `kept`: it was found and stays; `reason` then says why, otherwise why it goes.
    """

    part: str
    kind: RedactionKind
    basis: RedactionBasis
    start: int
    end: int
    shown: str
    kept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a draft: the public's wording, and every place at which it differs or might have."""

    title: str
    text: str
    removals: tuple[Removal, ...]


def redacted(draft: DraftForm, petition: Petition) -> RedactedDraft:
    """Take out of a draft, in which references stand for its petitioners, whatever identifies somebody.

    Raises `Invalid` where words to take out are not there, and where words to take back were not found, or were given
    with the petition: what identifies its petitioners is nobody's to publish.
    """
    given = (petition.title, petition.content, *(demand.text for demand in petition.demands))
    mentioned = chain.from_iterable(announced(text) for text in given if isinstance(text, str))
    return taken_out(draft, replace(known_of(petition.everyone), mentioned=tuple(dict.fromkeys(mentioned))))


def taken_out(draft: DraftForm, known: Known) -> RedactedDraft:
    """Take out of a draft what is known of people and what can be detected. Raises as `redacted`."""
    by_hand = ByHand(
        added=tuple((form.kind, form.words) for form in draft.redactions if form.words is not None),
        kept=frozenset(compact(form.words) for form in draft.taken_back),
    )
    for index, form in enumerate(draft.redactions):
        if form.words is not None and form.words not in f"{draft.subject}\n{draft.text}":
            raise invalid(
                "文中没有这些文字，或已按登记信息脱敏",
                "these words do not stand in the draft, or are masked already",
                "redactions",
                index,
                "words",
            )
    done = RedactedDraft(redact(draft.subject, known, by_hand), redact(draft.text, known, by_hand))
    stays = {compact(one.shown) for part in (done.title, done.text) for one in part.kept}
    for index, back in enumerate(draft.taken_back):
        if compact(back.words) not in stays:
            raise invalid(
                "没有可恢复的这一处脱敏；登记的信访人信息不得恢复",
                "nothing found reads like this; what was given with the petition cannot be taken back",
                "taken_back",
                index,
                "words",
            )
    return done


def recorded(draft: DraftForm, done: RedactedDraft) -> tuple[Redaction, ...]:
    """The redaction record (脱敏记录): each removal once with its count, and what was taken back, with the reasons."""
    counted: Counter[tuple[RedactionKind, RedactionBasis, str, bool, str]] = Counter()
    for typed, part in ((draft.subject, done.title), (draft.text, done.text)):
        for one in (*_removed(typed, part), *part.kept):
            kept = one in part.kept
            counted[one.kind, one.basis, one.shown, kept, _reason(one, typed, draft, kept)] += 1
    left_out = (form for form in draft.redactions if form.words is None)
    return (
        *(
            Redaction(kind=kind, reason=reason, count=count, basis=basis, shown=shown, kept=kept)
            for (kind, basis, shown, kept, reason), count in sorted(counted.items())
        ),
        *(Redaction(kind=form.kind, reason=form.reason, basis=RedactionBasis.ADDED) for form in left_out),
    )


def preview(draft: DraftForm, referring: DraftForm, petition: Petition) -> Preview:
    """What would become of a draft as it was typed; `referring` is the same with references in it.

    Raises as `redacted`.
    """
    done, people = redacted(referring, petition), people_of(petition.everyone, mask_identity)
    removals: list[Removal] = []
    for name, typed, told, part in (
        ("title", draft.subject, referring.subject, done.title),
        ("text", draft.text, referring.text, done.text),
    ):
        places = _places(typed, petition)
        for one in sorted((*_removed(told, part), *part.kept), key=lambda one: one.start):
            kept = one in part.kept
            removals.append(
                Removal(
                    part=name,
                    kind=one.kind,
                    basis=one.basis,
                    start=places[one.start][0],
                    end=places[one.end - 1][1],
                    shown=render(one.shown, people) or "",
                    kept=kept,
                    reason=_reason(one, told, referring, kept),
                )
            )
    title, text = render(done.title.text, people) or "", render(done.text.text, people) or ""
    return Preview(title, text, tuple(removals))


def _removed(told: str, part: Redacted) -> Iterator[Found]:
    """What was taken out, references included: each stands for words that only who works on the file reads."""
    for match in REFERENCE.finditer(told):
        if not any(one.start < match.end() and match.start() < one.end for one in part.found):
            kind = RedactionKind[match[2].upper()]
            yield Found(kind, *match.span(), match[0], RedactionBasis.GIVEN)
    yield from part.found


def _reason(one: Found, told: str, draft: DraftForm, kept: bool) -> str:
    """Why it goes or stays: the clerk's words where there are some, otherwise what it was found by."""
    words = told[one.start : one.end]
    forms: Iterable[RedactionForm | TakenBackForm] = draft.taken_back if kept else draft.redactions
    if kept or one.basis is RedactionBasis.ADDED:
        said = (form.reason for form in forms if form.words is not None and _is_said(form.words, words, kept))
        return next(said, one.basis.zh)
    return one.basis.zh


def _is_said(said: str, words: str, kept: bool) -> bool:
    """Whether a form speaks of these words: of a whole find that stays, of a part of what was taken out."""
    return compact(said) == compact(words) if kept else said in words


def _places(typed: str, petition: Petition) -> list[tuple[int, int]]:
    """For each character of the text with references, where in the typed text it comes from."""
    places: list[tuple[int, int]] = []
    last = 0
    for start, end, token in references(typed, petition.everyone):
        places += [(at, at + 1) for at in range(last, start)]
        places += [(start, end)] * len(token)
        last = end
    return places + [(at, at + 1) for at in range(last, len(typed))]


__all__ = ["Preview", "RedactedDraft", "RedactionForm", "Removal", "TakenBackForm", "preview", "recorded", "redacted"]
