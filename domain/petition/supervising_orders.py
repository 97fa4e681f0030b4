"""跟踪监督 by pushing: reminders (催办) and the committee's supervision orders (督办), each with its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar

from pydantic import Field

from domain.clocks import DueDate
from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.petition.command import CodeText, PetitionCommand, Prose, invalid, known_unit
from domain.petition.events import supervising as s
from domain.petition.events.receiving import DueDatesSet
from domain.petition.petition import Petition
from domain.petition.rules import not_possible
from domain.petition.state import Order
from domain.vocabulary import Clock, OrderLevel, Role

SUPERVISOR = frozenset({Role.SUPERVISOR})


class SendReminder(PetitionCommand):
    """催办: remind a unit."""

    title: ClassVar[str] = "催办"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.SUPERVISOR, Role.SYSTEM})
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = s.ReminderSent

    unit: CodeText | None = Field(None, title="单位", description="Default: the lead unit")
    reason: Prose = Field(title="催办内容")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Sent."""
        unit = unit_on_file(self.unit, petition, context)
        yield s.ReminderSent(id=f"r{len(petition.reminders) + 1}", unit=unit, reason=self.reason)


def unit_on_file(named: str | None, petition: Petition, context: Context) -> str:
    """The unit that is meant: one of those on the file or still answerable for it, by default the lead."""
    unit = named or petition.lead or petition.duty.answerable
    if unit is None:
        raise invalid("此件尚未派单", "the file is not assigned yet", "unit")
    if known_unit(unit, context, "unit") not in petition.responsible:
        raise invalid("该单位不承办此件", "the unit is not on this file", "unit")
    return unit


class _Answer(PetitionCommand):
    """What answering shares: somebody of the unit that was asked."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.APPROVER})
    own_unit: ClassVar[bool] = True
    answerable: ClassVar[bool] = True

    id: CodeText = Field(title="编号")
    text: Prose = Field(title="答复")

    def asked(self, orders: Mapping[str, Order], context: Context) -> str:
        """The id, if it waits for this unit's answer."""
        order = orders.get(self.id)
        if order is None or order.ended or order.answered:
            raise invalid("没有待答复的此编号", "nothing with this id waits for an answer", "id")
        if not _meant(order, context):
            raise invalid("不是发给本单位的", "was not sent to this unit", "id")
        return self.id


def _meant(order: Order, context: Context) -> bool:
    """Whether the order or reminder went to the caller: to their unit or one above theirs, or to all of their role."""
    if order.unit is None:
        return context.actor.role is order.role
    return context.actor.unit in context.rulebook.chain(order.unit)


class AnswerReminder(_Answer):
    """催办答复: by the unit, or by the desk, that was reminded."""

    title: ClassVar[str] = "答复催办"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.APPROVER, Role.INTAKE, Role.CALLER})
    event: ClassVar[type[Event]] = s.ReminderAnswered

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One must wait."""
        waits = any(not order.answered and _meant(order, context) for order in petition.reminders.values())
        return None if waits else not_possible("没有待答复的催办", "no reminder waits for an answer")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Answered."""
        yield s.ReminderAnswered(id=self.asked(petition.reminders, context), text=self.text)


class OrderSupervision(PetitionCommand):
    """督办: the committee orders a unit to act, at one of three levels, with a deadline."""

    title: ClassVar[str] = "督办"
    roles: ClassVar[frozenset[Role]] = SUPERVISOR
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = s.SupervisionOrdered

    unit: CodeText | None = Field(None, title="单位", description="Default: the lead unit")
    level: OrderLevel = Field(OrderLevel.ROUTINE, title="级别")
    deadline: date | None = Field(None, title="期限", description="Default: as the rulebook says")
    demand: Prose = Field(title="督办要求")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Ordered; its clock is the deadline that the committee set, or the rulebook's."""
        unit = unit_on_file(self.unit, petition, context)
        key = f"o{len(petition.orders) + 1}"
        due = self._due(context).model_copy(update={"of": key})
        yield s.SupervisionOrdered(id=key, unit=unit, level=self.level, deadline=due.due, demand=self.demand)
        yield DueDatesSet(due=(due,))

    def _due(self, context: Context) -> DueDate:
        """When the answer is due, and by whose rule."""
        usual = context.rulebook.due(Clock.ORDER, context.at, version=context.rulebook_version)
        if self.deadline is None and usual is not None:
            return usual
        if self.deadline is None or self.deadline <= context.today:
            raise invalid("期限须晚于今天", "must lie after today", "deadline")
        return DueDate(
            clock=Clock.ORDER,
            start=context.today,
            days=(self.deadline - context.today).days,
            working=False,
            due=self.deadline,
            rule="监督委员会督办单",
            calendar="",
            rulebook_version=context.rulebook_version,
            provisional=False,
            started_at=context.at,
        )


class AnswerSupervision(_Answer):
    """督办反馈: the unit's answer to a supervision order."""

    title: ClassVar[str] = "答复督办"
    event: ClassVar[type[Event]] = s.SupervisionAnswered

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One must wait."""
        waits = any(not order.answered and not order.ended for order in petition.orders.values())
        return None if waits else not_possible("没有待答复的督办", "no supervision order waits for an answer")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Answered."""
        yield s.SupervisionAnswered(id=self.asked(petition.orders, context), text=self.text)


class EndSupervision(PetitionCommand):
    """督办办结: the committee is content with the answer, or lifts an order without one and says why."""

    title: ClassVar[str] = "督办办结"
    roles: ClassVar[frozenset[Role]] = SUPERVISOR
    event: ClassVar[type[Event]] = s.SupervisionEnded

    id: CodeText = Field(title="编号")
    text: Prose | None = Field(None, title="说明")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One must be open."""
        is_open = any(not order.ended for order in petition.orders.values())
        return None if is_open else not_possible("没有未办结的督办", "no supervision order is open")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Ended."""
        if self.id not in petition.orders or petition.orders[self.id].ended:
            raise invalid("没有此编号的未办结督办", "no open order has this id", "id")
        if not petition.orders[self.id].answered and self.text is None:
            raise invalid("尚未答复的督办，办结须说明理由", "it is not answered: say why it is ended", "text")
        yield s.SupervisionEnded(id=self.id, text=self.text)
