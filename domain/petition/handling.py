"""民情办理: assigning, signing for, returning, working, and what may be said about it on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.petition.command import (
    CodeText,
    PetitionCommand,
    Prose,
    invalid,
    known_unit,
    start_clocks,
    uploaded,
)
from domain.petition.events import handling as h
from domain.petition.events.values import DemandAssignment
from domain.petition.petition import Petition
from domain.petition.rules import not_possible
from domain.petition.sketch import matter_of
from domain.routing import why_not
from domain.vocabulary import Clock, ContactMethod, Role

HANDLER = frozenset({Role.HANDLER})


class AssignPetition(PetitionCommand):
    """派单: give the file to a lead unit (主办) and co-units (协办), each demand to one of them.

    Never to a unit that the petition accuses, nor to one below it (L1 30).
    """

    title: ClassVar[str] = "派单"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.Assigned

    lead: CodeText = Field(title="主办单位")
    co_units: tuple[CodeText, ...] = Field((), title="协办单位", max_length=20)
    demands: dict[CodeText, CodeText] = Field({}, title="各诉求承办单位", max_length=50)
    reason: Prose | None = Field(None, title="派单理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not while a common superior is to decide whose duty it is."""
        return undisputed(petition)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Assigned; for a unit that is new on the file the clocks for signing and objecting start, and no other."""
        lead = fit_unit(self.lead, petition, context, "lead")
        co_units = tuple(fit_unit(unit, petition, context, "co_units", n) for n, unit in enumerate(self.co_units))
        for index, unit in enumerate(co_units):
            if unit == lead or unit in co_units[:index]:
                raise invalid("单位重复", "the unit is named twice", "co_units", index)
        known = {demand.id for demand in petition.demands}
        for demand, unit in self.demands.items():
            if demand not in known:
                raise invalid("没有此诉求", "no such demand", "demands", demand)
            if unit not in {lead, *co_units}:
                raise invalid("须为主办或协办单位", "must be the lead or a co-unit", "demands", demand)
        yield from assigned_to(petition, context, lead, co_units, demands=self.demands, reason=self.reason)


def assigned_to(
    petition: Petition,
    context: Context,
    lead: str,
    co_units: tuple[str, ...],
    *,
    demands: Mapping[str, str],
    reason: str | None,
) -> Iterator[Event]:
    """The assignment to units that may have the file; a demand that names no unit is the lead's to answer."""
    yield h.Assigned(
        lead=lead,
        co_units=co_units,
        demands=tuple(DemandAssignment(demand=one.id, unit=demands.get(one.id, lead)) for one in petition.demands),
        reason=reason,
    )
    new = tuple(unit for unit in (lead, *co_units) if unit not in petition.units)
    yield from start_clocks(petition, context, Clock.SIGN, Clock.OBJECT, units=new)


def fit_unit(code: str, petition: Petition, context: Context, *loc: str | int) -> str:
    """The unit's present code, if the petition neither accuses it nor a unit above it (L1 30)."""
    unit = known_unit(code, context, *loc)
    reason = why_not(unit, matter_of(petition), context.rulebook)
    if reason is not None and petition.against:
        raise invalid(*reason, *loc)
    return unit


def undisputed(petition: Petition) -> DomainError | None:
    """Why nobody but the common superior may decide who has the file."""
    if petition.duty.dispute is None:
        return None
    return not_possible("职责争议待共同上级裁定", "the common superior is to decide whose duty it is")


class SignFor(PetitionCommand):
    """签收: the unit takes the work; the person who does it is the one who signs, or whom they name."""

    title: ClassVar[str] = "签收"
    roles: ClassVar[frozenset[Role]] = HANDLER
    own_unit: ClassVar[bool] = True
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.SignedFor

    handler: CodeText | None = Field(None, title="承办人")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Once per unit and assignment, and not while its return is being decided."""
        if context.actor.unit in petition.current.signed:
            return not_possible("本单位已签收", "the unit has signed for it")
        if context.actor.unit in petition.return_asked:
            return not_possible("本单位已申请退单", "the unit has asked to return it")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Signed for."""
        unit = str(context.actor.unit)
        yield h.SignedFor(unit=unit, handler=handler_of(self.handler, unit, petition, context))


class NameHandler(PetitionCommand):
    """更换承办人: give the work to another person of the unit."""

    title: ClassVar[str] = "更换承办人"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.APPROVER})
    own_unit: ClassVar[bool] = True
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.HandlerNamed

    handler: CodeText = Field(title="承办人")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """The unit must have signed."""
        return unsigned(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Named."""
        unit = str(working_unit(petition, context))
        yield h.HandlerNamed(unit=unit, handler=handler_of(self.handler, unit, petition, context))


def handler_of(named: str | None, unit: str, petition: Petition, context: Context) -> str:
    """The person named, who must be of the unit and not accused; by default who asks."""
    if named is None:
        return context.actor.on_behalf_of or context.actor.id
    if unit not in context.staff_units.get(named, frozenset()) or named in petition.against_staff:
        raise invalid("不是本单位人员", "is not of the unit", "handler")
    return named


def working_unit(petition: Petition, context: Context) -> str | None:
    """The unit for which the caller acts: a handler's own; for an approver, also of a superior unit, the lead."""
    return petition.lead if context.actor.role is Role.APPROVER else context.actor.unit


def unsigned(petition: Petition, context: Context) -> DomainError | None:
    """Why a unit that has not signed may not work on the file."""
    if working_unit(petition, context) in petition.current.signed:
        return None
    return not_possible("本单位尚未签收", "the unit has not signed for it yet")


class ContactResident(PetitionCommand):
    """联系群众: a contact, or an attempt; only one that reached somebody stops the contact clock."""

    title: ClassVar[str] = "联系群众"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.HANDLER})
    own_unit: ClassVar[bool] = True
    answerable: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ResidentContacted

    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")
    reached: bool = Field(title="是否联系上")
    text: Prose | None = Field(None, title="记录")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Contacted."""
        yield h.ResidentContacted(method=self.method, reached=self.reached, text=self.text)


class Work(PetitionCommand):
    """What all work on a file shares: a handler of a unit that has signed for it."""

    roles: ClassVar[frozenset[Role]] = HANDLER
    own_unit: ClassVar[bool] = True

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """The unit must have signed."""
        return unsigned(petition, context)


class NoteProgress(Work):
    """办理进展: note what was done."""

    title: ClassVar[str] = "记录进展"
    event: ClassVar[type[Event]] = h.ProgressNoted

    text: Prose = Field(title="进展")
    attachments: tuple[CodeText, ...] = Field((), title="附件", max_length=50)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Noted."""
        yield h.ProgressNoted(text=self.text, attachments=uploaded(self.attachments, context, "attachments"))


class VisitHousehold(Work):
    """入户走访: who called on the household, and what they found."""

    title: ClassVar[str] = "入户走访"
    event: ClassVar[type[Event]] = h.HouseholdVisited

    visitors: tuple[CodeText, ...] = Field(title="走访人员", min_length=1, max_length=20)
    reached: bool = Field(True, title="是否见到")
    text: Prose = Field(title="走访记录")
    attachments: tuple[CodeText, ...] = Field((), title="附件", max_length=50)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Visited."""
        yield h.HouseholdVisited(
            visitors=self.visitors,
            reached=self.reached,
            text=self.text,
            attachments=uploaded(self.attachments, context, "attachments"),
        )
