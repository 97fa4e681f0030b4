"""民情办理: assigning, signing for, returning, working, and what may be said about it on the way."""

from __future__ import annotations

from collections.abc import Iterator
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
from domain.petition.rules import another_person, not_possible
from domain.petition.sketch import matter_of
from domain.routing import why_not
from domain.vocabulary import BodyKind, Clock, ContactMethod, Role

HANDLER = frozenset({Role.HANDLER})


class AssignPetition(PetitionCommand):
    """派单: give the file to a lead unit (主办) and co-units (协办), each demand to one of them.

    Never to a unit that the petition accuses, nor to one below it (L1 30).
    """

    title: ClassVar[str] = "派单"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    event: ClassVar[type[Event]] = h.Assigned

    lead: CodeText = Field(title="主办单位")
    co_units: tuple[CodeText, ...] = Field((), title="协办单位", max_length=20)
    demands: dict[CodeText, CodeText] = Field({}, title="各诉求承办单位", max_length=50)
    reason: Prose | None = Field(None, title="派单理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Assigned; for a unit that is new on the file the clocks for signing and objecting start, and no other."""
        lead = self._fit(self.lead, petition, context, "lead")
        co_units = tuple(self._fit(unit, petition, context, "co_units", n) for n, unit in enumerate(self.co_units))
        for index, unit in enumerate(co_units):
            if unit == lead or unit in co_units[:index]:
                raise invalid("单位重复", "the unit is named twice", "co_units", index)
        known = {demand.id for demand in petition.demands}
        for demand, unit in self.demands.items():
            if demand not in known:
                raise invalid("没有此诉求", "no such demand", "demands", demand)
            if unit not in {lead, *co_units}:
                raise invalid("须为主办或协办单位", "must be the lead or a co-unit", "demands", demand)
        yield h.Assigned(
            lead=lead,
            co_units=co_units,
            demands=tuple(
                DemandAssignment(demand=one.id, unit=self.demands.get(one.id, lead)) for one in petition.demands
            ),
            reason=self.reason,
        )
        new = tuple(unit for unit in (lead, *co_units) if unit not in petition.units)
        yield from start_clocks(petition, context, Clock.SIGN, Clock.OBJECT, units=new)

    @staticmethod
    def _fit(code: str, petition: Petition, context: Context, *loc: str | int) -> str:
        """The unit's present code, if the petition neither accuses it nor a unit above it (L1 30)."""
        unit = known_unit(code, context, *loc)
        reason = why_not(unit, matter_of(petition), context.rulebook)
        if reason is not None and petition.against:
            raise invalid(*reason, *loc)
        return unit


class SignFor(PetitionCommand):
    """签收: the unit takes the work; the person who does it is the one who signs, or whom they name."""

    title: ClassVar[str] = "签收"
    roles: ClassVar[frozenset[Role]] = HANDLER
    own_unit: ClassVar[bool] = True
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


class AskReturn(PetitionCommand):
    """退单申请: the unit says "not ours", with its reason (L1 23). Every clock goes on."""

    title: ClassVar[str] = "申请退单"
    roles: ClassVar[frozenset[Role]] = HANDLER
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ReturnAsked

    reason: Prose = Field(title="退单理由")
    proposed_unit: CodeText | None = Field(None, title="建议承办单位")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Once at a time, and within the limit that the rulebook gives (5 working days, L1 23)."""
        if context.actor.unit in petition.return_asked:
            return not_possible("本单位已申请退单", "the unit has asked already")
        due = petition.due.get(f"{Clock.OBJECT}:{context.actor.unit}")
        if due is not None and context.today > due.due:
            return not_possible(f"已超过退单期限 {due.due}", f"the limit for objecting passed on {due.due}")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked."""
        if self.proposed_unit is not None:
            known_unit(self.proposed_unit, context, "proposed_unit")
        yield h.ReturnAsked(unit=str(context.actor.unit), reason=self.reason, proposed_unit=self.proposed_unit)


class _ReturnDecision(PetitionCommand):
    """What deciding on a return shares: the sender decides, never the unit itself."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    unit: CodeText = Field(title="单位")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Somebody must have asked, and it must have been another person."""
        if not petition.return_asked:
            return not_possible("没有待决定的退单申请", "no return waits for a decision")
        own = [another_person(context, asked.by) for asked in petition.return_asked.values()]
        return own[0] if all(own) else None

    def asked(self, petition: Petition, context: Context) -> str:
        """The unit, if it asked, and another person asked for it."""
        if self.unit not in petition.return_asked:
            raise invalid("该单位没有退单申请", "this unit has not asked", "unit")
        if own := another_person(context, petition.return_asked[self.unit].by):
            raise own
        return self.unit


class GrantReturn(_ReturnDecision):
    """同意退单: the sender agrees; the file waits to be assigned again."""

    title: ClassVar[str] = "同意退单"
    event: ClassVar[type[Event]] = h.ReturnGranted

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Granted."""
        yield h.ReturnGranted(unit=self.asked(petition, context))


class RefuseReturn(_ReturnDecision):
    """不同意退单: the unit keeps the file."""

    title: ClassVar[str] = "不同意退单"
    event: ClassVar[type[Event]] = h.ReturnRefused

    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield h.ReturnRefused(unit=self.asked(petition, context), reason=self.reason)


class ContactResident(PetitionCommand):
    """联系群众: a contact, or an attempt; only one that reached somebody stops the contact clock."""

    title: ClassVar[str] = "联系群众"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ResidentContacted

    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")
    reached: bool = Field(title="是否联系上")
    text: Prose | None = Field(None, title="记录")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Contacted."""
        yield h.ResidentContacted(method=self.method, reached=self.reached, text=self.text)


class _Work(PetitionCommand):
    """What all work on a file shares: a handler of a unit that has signed for it."""

    roles: ClassVar[frozenset[Role]] = HANDLER
    own_unit: ClassVar[bool] = True

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """The unit must have signed."""
        return unsigned(petition, context)


class NoteProgress(_Work):
    """办理进展: note what was done."""

    title: ClassVar[str] = "记录进展"
    event: ClassVar[type[Event]] = h.ProgressNoted

    text: Prose = Field(title="进展")
    attachments: tuple[CodeText, ...] = Field((), title="附件", max_length=50)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Noted."""
        yield h.ProgressNoted(text=self.text, attachments=uploaded(self.attachments, context, "attachments"))


class VisitHousehold(_Work):
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


class EscalateUpward(_Work):
    """向上延伸: put what the sub-district cannot do before a superior body, with the reason."""

    title: ClassVar[str] = "向上延伸"
    event: ClassVar[type[Event]] = h.EscalatedUpward

    body: CodeText = Field(title="上级单位")
    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Escalated."""
        body = context.rulebook.body(self.body)
        if body is None or body.kind is not BodyKind.SUPERIOR:
            raise invalid("规则手册中没有此上级单位", "the rulebook has no such superior body", "body")
        if self.body in petition.escalated_to:
            raise invalid("已上报该单位，等待答复", "the body has it already and has not answered", "body")
        yield h.EscalatedUpward(body=self.body, reason=self.reason)


class RecordSuperiorAnswer(PetitionCommand):
    """上级答复: record the superior body's answer."""

    title: ClassVar[str] = "上级答复"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.INTAKE})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.SuperiorAnswered

    body: CodeText = Field(title="上级单位")
    text: Prose = Field(title="答复内容")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must have been asked."""
        return None if petition.escalated_to else not_possible("没有上报事项", "nothing was put before a superior body")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Answered."""
        if self.body not in petition.escalated_to:
            raise invalid("未向该单位上报", "nothing was put before this body", "body")
        yield h.SuperiorAnswered(body=self.body, text=self.text)
