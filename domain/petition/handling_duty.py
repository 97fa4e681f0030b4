"""民情办理, whose duty it is: returns (退单), reviewed by the sender, and disputes, decided by the common superior."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError, NotYourUnit
from domain.kernel import Context, Event
from domain.petition.command import CodeText, PetitionCommand, Prose, invalid, known_unit
from domain.petition.events import handling as h
from domain.petition.handling import HANDLER, assigned_to, fit_unit, undisputed
from domain.petition.petition import Petition
from domain.petition.rules import another_person, not_possible
from domain.vocabulary import Clock, Role


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
        if context.actor.unit in petition.current.return_refused:
            return not_possible("退单未获同意，可提请共同上级裁定", "it was refused; put it before the common superior")
        if context.actor.unit == petition.duty.decided:
            return not_possible("职责已经共同上级裁定", "a common superior decided that it is this unit's duty")
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
        if (disputed := undisputed(petition)) is not None:
            return disputed
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


class DisputeDuty(PetitionCommand):
    """提请裁定职责: units say "not ours" and the sender does not agree; put it before the unit above them all.

    A unit may do so whose return was refused; the sender, once any unit has objected. Every clock goes on, and the unit
    that is answerable stays so.
    """

    title: ClassVar[str] = "提请裁定职责"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.DutyDisputed

    units: tuple[CodeText, ...] = Field(
        (), title="争议单位", max_length=20, description="Default: the units that objected and those they proposed"
    )
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One at a time, and only where somebody objected: for a unit, itself and in vain."""
        if (disputed := undisputed(petition)) is not None:
            return disputed
        if context.actor.role is Role.HANDLER and context.actor.unit not in petition.current.return_refused:
            return not_possible("本单位退单未被拒绝", "no return of this unit was refused")
        if not petition.current.objected:
            return not_possible("没有单位提出退单", "no unit has objected")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Put before the lowest unit above all of them."""
        named = (known_unit(unit, context, "units", index) for index, unit in enumerate(self.units))
        objected = petition.current.objected
        default = (*objected, *filter(None, objected.values()), *filter(None, [petition.lead]))
        units = tuple(dict.fromkeys(named if self.units else default))
        if context.actor.role is Role.HANDLER and context.actor.unit not in units:
            raise invalid("须包括本单位", "must name your own unit", "units")
        if len(units) < 2:
            raise invalid("须写明至少两个争议单位", "name at least two units", "units")
        superior = context.rulebook.common_superior(units)
        if superior is None:
            raise invalid(
                "这些单位没有共同上级，请向上延伸",
                "they have no common superior: put it before a superior body",
                "units",
            )
        yield h.DutyDisputed(units=units, superior=superior.code, reason=self.reason)


class DecideDuty(PetitionCommand):
    """裁定职责: the head of the units' common superior decides whose duty it is; that unit cannot return it again."""

    title: ClassVar[str] = "裁定职责"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPROVER})
    event: ClassVar[type[Event]] = h.DutyDecided

    unit: CodeText = Field(title="主办单位")
    co_units: tuple[CodeText, ...] = Field((), title="协办单位", max_length=20)
    reason: Prose = Field(title="裁定理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A dispute must wait for this unit, or one below it; who raised it or objected for a unit decides nothing."""
        dispute = petition.duty.dispute
        if dispute is None:
            return not_possible("没有待裁定的职责争议", "no dispute waits for a decision")
        if context.actor.unit not in context.rulebook.chain(dispute.superior):
            return NotYourUnit()
        return another_person(context, dispute.by, petition.current.objectors)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Decided, and assigned; the demands of a unit that stays on the file stay with it."""
        lead = fit_unit(self.unit, petition, context, "unit")
        co_units = tuple(fit_unit(unit, petition, context, "co_units", n) for n, unit in enumerate(self.co_units))
        if len({lead, *co_units}) <= len(co_units):
            raise invalid("单位重复", "a unit is named twice", "co_units")
        dispute = petition.duty.dispute
        if dispute is not None and not {lead, *co_units} <= context.rulebook.below(dispute.superior):
            raise invalid("须为裁定单位的下级", "must stand below the unit that decides", "unit")
        yield h.DutyDecided(unit=lead, superior=str(context.actor.unit), reason=self.reason)
        kept = {one.demand: one.unit for one in petition.by_demand if one.unit in co_units}
        yield from assigned_to(petition, context, lead, co_units, demands=kept, reason=None)
