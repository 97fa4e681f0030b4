"""What is proposed to a person who takes in or assigns a petition: category, units, due dates. Nothing is decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel, Field

from domain.clocks import DueDate
from domain.derivation import explain
from domain.kernel import Context
from domain.petition.command import due_dates
from domain.petition.intake import petitioners_of
from domain.petition.limits import clocks_of_receipt
from domain.petition.petition import Petition
from domain.petition.sketch import PetitionSketch, demand_matters, matter_of
from domain.reasons import Reason
from domain.routing import Proposal, Routing, propose
from domain.subjects import Subject, subjects
from domain.vocabulary import Clock


class ReasonView(BaseModel):
    """A reason in words, in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, reason: Reason) -> ReasonView:
        """As the domain gives it."""
        return cls(zh=reason.zh, en=reason.en)


class UnitProposal(BaseModel):
    """A unit with the reason for (or, passed over, against) it."""

    unit: str
    name: str
    reason: ReasonView


class RoutingView(BaseModel):
    """Who should have a petition, and why. `lead` null: nobody fits, which `note` explains.

    `others` could lead instead, best first; `passed_over` must not have it (L1 30). `demands`: the unit that should
    answer for a demand, by the demand's id, where that is not the lead.
    """

    lead: UnitProposal | None
    co_units: list[UnitProposal]
    others: list[UnitProposal]
    passed_over: list[UnitProposal]
    demands: dict[str, UnitProposal]
    note: ReasonView | None


class SubjectView(BaseModel):
    """A category that the text may belong to; `score` is the share of its name's words that the text says, 0 to 1."""

    category: str
    name: str
    score: float = Field(ge=0, le=1)
    reason: ReasonView


class DueProposal(BaseModel):
    """A clock as it would run if the step that starts it were taken today, and how that comes about (in Chinese)."""

    clock: str
    name: str
    due: date
    provisional: bool
    explanation: str


class PetitionProposal(BaseModel):
    """What is proposed for a petition that is being typed: parts for which something is still missing are empty."""

    categories: list[SubjectView]
    kind: str | None
    track: str | None
    routing: RoutingView | None
    due: list[DueProposal]


def proposal_for(sketch: PetitionSketch, context: Context) -> PetitionProposal:
    """Category, units and due dates for a petition that is being typed.

    Where no category was chosen yet, the best proposed one is routed by. Raises the DomainError of a field that names
    what the rulebook does not know.
    """
    rulebook, found = context.rulebook, subjects(sketch.text, context.rulebook)
    if sketch.category is None and found:
        sketch = sketch.model_copy(update={"category": found[0].category})
    matters = sketch.matters(context)
    track = rulebook.track(sketch.channel, sketch.nature) if sketch.channel and sketch.nature else None
    return PetitionProposal(
        categories=[_subject(one) for one in found],
        kind=rulebook.kind(sketch.nature) if sketch.nature else None,
        track=track,
        routing=routing_view(propose(matters[0], rulebook, matters[1]), context) if matters else None,
        due=[_due(one, context) for one in _dues(sketch, context)],
    )


def routing_for(petition: Petition, context: Context) -> RoutingView:
    """Who should have a petition that is registered."""
    return routing_view(propose(matter_of(petition), context.rulebook, demand_matters(petition)), context)


def routing_view(routing: Routing, context: Context) -> RoutingView:
    """A routing with the names of its units."""

    def view(one: Proposal) -> UnitProposal:
        unit = context.rulebook.unit(one.unit)
        return UnitProposal(unit=one.unit, name=unit.name if unit else one.unit, reason=ReasonView.of(one.reason))

    return RoutingView(
        lead=view(routing.lead) if routing.lead else None,
        co_units=[view(one) for one in routing.co_units],
        others=[view(one) for one in routing.others],
        passed_over=[view(one) for one in routing.passed_over],
        demands={demand: view(one) for demand, one in routing.demands.items()},
        note=ReasonView.of(routing.note) if routing.note else None,
    )


def _dues(sketch: PetitionSketch, context: Context) -> Iterator[DueDate]:
    """The clocks of a petition that is received, assigned and accepted today."""
    if sketch.channel is None or sketch.nature is None:
        return
    track = context.rulebook.track(sketch.channel, sketch.nature)
    clocks = (*clocks_of_receipt(petitioners_of(sketch.petitioners)), Clock.SIGN, Clock.OBJECT, Clock.HANDLE)
    for fact in due_dates(
        context, clocks, track=track, nature=sketch.nature, urgency=sketch.urgency, secrecy=sketch.secrecy
    ):
        yield from fact.due


def _due(due: DueDate, context: Context) -> DueProposal:
    return DueProposal(
        clock=due.clock,
        name=due.clock.zh,
        due=due.due,
        provisional=due.provisional,
        explanation=explain(due, context.rulebook.calendar),
    )


def _subject(one: Subject) -> SubjectView:
    return SubjectView(category=one.category, name=one.name, score=one.score, reason=ReasonView.of(one.reason))
