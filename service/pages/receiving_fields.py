"""The intake form of each channel: which field stands where, and what is proposed while somebody types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from domain.errors import DomainError
from domain.petition.intake import SOURCES, ReceivePetition
from domain.petition.sketch import PetitionSketch
from domain.rules.content import RulebookContent
from domain.vocabulary import AreaLevel, Channel
from service.access import Caller
from service.duplicates import DuplicateProposal
from service.importing import titled
from service.naming import coded
from service.pages.form_data import Filled, decoded
from service.pages.form_fields import Choices, Field, choosable, fields_of
from service.pages.form_shape import Sort
from service.pages.words import Words
from service.parts import Parts
from service.proposals import PetitionProposal

FIRST = ("content", "title", "nature", "category", "urgency")
"""What every petition needs, in the order in which somebody who listens writes it down."""
JOINT = frozenset({Channel.LETTER_VISIT, Channel.SYMPOSIUM})
"""Channels through which many come together: how many they are is asked at once."""
OWN_FIRST = frozenset({Channel.HOTLINE, Channel.OFFICER, Channel.SYMPOSIUM})
"""Channels whose own particulars are known before a word was said: typing begins there."""
LISTS = frozenset({"source.form", "source.grid"})
"""Fields of a source that take one of a list, which their type does not say."""
SKETCHED = frozenset(info.alias or name for name, info in PetitionSketch.model_fields.items())


@dataclass(frozen=True, slots=True)
class IntakeForm:
    """The fields of a channel's form by where they stand; `more` are those that few petitions need.

    `point`: where the officer stands, which the browser fills in; None where nobody stands at the place.
    """

    own: Sequence[Field]
    first: Sequence[Field]
    place: Sequence[Field]
    people: Sequence[Field]
    more: Sequence[Field]
    point: Field | None

    @property
    def all(self) -> tuple[Field, ...]:
        """Every field of the form."""
        return (*self.own, *self.first, *self.place, *self.people, *self.more)

    @property
    def open_more(self) -> bool:
        """Whether somebody filled in, or must mend, what is folded away."""
        return any(one.at_fault or (one.value not in {"", "open"} if isinstance(one.value, str) else one.value)
                   for one in self.more)  # fmt: skip


def filled_in(form: FormData, rulebook: RulebookContent) -> Filled:
    """What the form says; names of codes as codes."""
    return Filled(coded(decoded(ReceivePetition, form), rulebook))


def entered(channel: Channel, filled: Filled) -> Filled:
    """The same for the command: with the channel, a title made from the content where none was typed, and an officer's
    grid for the area where none was named.
    """
    title, content = titled(str(filled.values.get("title", "")), str(filled.values.get("content", "")))
    said = {name: text for name, text in (("title", title), ("content", content)) if text}
    values = {**filled.values, **said, "channel": channel.value}
    grid = (values.get("source") or {}).get("grid")
    if grid and not (values.get("place") or {}).get("area"):
        values["place"] = {**(values.get("place") or {}), "area": grid}
    return Filled(values, filled.errors)


def intake_form(
    channel: Channel, filled: Filled, rulebook: RulebookContent, words: Words, rows_wanted: str | None = None
) -> IntakeForm:
    """The form of a channel, holding what was filled in."""
    grids = choosable(area for area in rulebook.areas if area.level is AreaLevel.GRID)
    letters = [("letter", words.gettext("来信")), ("visit", words.gettext("来访"))]
    choices = Choices(rulebook, more={"grid": grids, "form": letters})
    fields = {one.name: one for one in fields_of(ReceivePetition, filled, choices, words, rows_wanted=rows_wanted)}
    fields.pop("channel")
    fields["title"].required = False
    own = [one for one in fields.pop("source").parts if one.name.partition(".")[2] in SOURCES[channel].model_fields]
    for one in own:
        if one.name in LISTS:
            one.sort = "choice"
        if one.name == "source.photos":
            one.accept = "image/*"
    own[0].focus = channel in OWN_FIRST
    first = [fields.pop(name) for name in FIRST]
    first[0].focus = channel not in OWN_FIRST
    whole = {one.name.partition(".")[2]: one for one in fields.pop("place").parts}
    point, place = whole.pop("point"), list(whole.values())
    point.sort = Sort.HIDDEN
    people = [fields.pop("petitioners")]
    if channel in JOINT:
        people.append(fields.pop("people_count"))
    at_the_place = point if channel is Channel.OFFICER else None
    return IntakeForm(own, first, place, people, list(fields.values()), at_the_place)


@dataclass(frozen=True, slots=True)
class Hints:
    """What is proposed while a petition is typed: category, units, dates; and files that it may repeat."""

    found: PetitionProposal
    duplicates: Sequence[DuplicateProposal]


def hints_for(parts: Parts, caller: Caller, values: Mapping[str, Any], *, request_id: str) -> Hints | None:
    """What is proposed for a petition as far as it is typed; what does not hold yet is left out of account."""
    said = {name: value for name, value in values.items() if name in SKETCHED}
    while True:
        try:
            sketch = PetitionSketch.model_validate(said)
            if not sketch.text:
                return None
            return Hints(
                parts.proposing.proposal(caller, sketch, request_id=request_id),
                parts.proposing.likely_duplicates(caller, sketch, request_id=request_id).duplicates,
            )
        except ValidationError as error:
            wrong = {str(fault["loc"][0]) for fault in error.errors(include_input=False) if fault["loc"]}
        except DomainError as error:
            wrong = {str(part) for part in error.loc[:1]}
        if not wrong & said.keys():
            return None
        said = {name: value for name, value in said.items() if name not in wrong}
