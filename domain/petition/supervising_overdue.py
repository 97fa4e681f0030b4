"""跟踪监督 by the service itself: what is late, who is told, and what the service may order without the committee.

A due date that has passed is no event: it follows from the date and today. What the office does about it is: a
reminder (催办) the next working day, a supervision order (督办) after five more, a higher level after three failed
rounds. All of these numbers are the rulebook's. Everything else about orders is the committee's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydantic import Field

from domain.clocks import DueDate, after_working_days
from domain.errors import DomainError
from domain.kernel import Context, Event, day_of
from domain.petition.command import PetitionCommand, due_dates, invalid
from domain.petition.events import supervising as s
from domain.petition.events.receiving import DueDatesRecomputed
from domain.petition.petition import Petition
from domain.petition.rules import not_possible
from domain.petition.sketch import matter_of
from domain.routing import ACCUSED, why_not
from domain.rules.content import RulebookContent
from domain.vocabulary import Clock, OrderLevel, Role

SYSTEM = frozenset({Role.SYSTEM})
LEVELS = tuple(OrderLevel)
"""From the lowest (日常) to the highest (约谈)."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Who has to act under a clock: the unit on the file (without one the desk `role`), and what follows if not.

    `ordered`: whether the service gives a supervision order; `announced`: whether it also tells on the day itself.
    """

    role: Role
    ordered: bool = True
    announced: bool = False


DUTIES: Mapping[Clock, Duty] = {
    Clock.NOTICE: Duty(Role.INTAKE),
    Clock.SIGN: Duty(Role.INTAKE),
    Clock.CONTACT: Duty(Role.INTAKE),
    Clock.HANDLE: Duty(Role.INTAKE),
    Clock.FOLLOW_UP: Duty(Role.CALLER, announced=True),
    Clock.REVIEW: Duty(Role.INTAKE, ordered=False),
    Clock.RE_REVIEW: Duty(Role.INTAKE, ordered=False),
    Clock.ORDER: Duty(Role.INTAKE, ordered=False),
}
"""The clocks under which the office has to act. The others are somebody's right, which lapses: to object, to ask for a
review. An order that is not answered is the committee's matter, and a review may be another body's."""

STILL_DUE = frozenset({Clock.NOTICE})
"""What a linked duplicate still owes its own petitioner; all else is done on the file that handles the matter."""


def reminder_day(due: date, rulebook: RulebookContent) -> date:
    """The day on which a reminder goes out: the next working day after the due date, unless the rulebook says more."""
    return after_working_days(due, rulebook.reminder_after, rulebook.calendar)


def order_day(due: date, rulebook: RulebookContent) -> date:
    """The day on which a supervision order follows: five working days after the reminder's day."""
    return after_working_days(due, rulebook.reminder_after + rulebook.order_after, rulebook.calendar)


def level_of(failed_rounds: int, rulebook: RulebookContent) -> OrderLevel:
    """The level of an order: one higher for every three rounds that failed, up to the highest."""
    return LEVELS[min(failed_rounds // rulebook.failed_rounds, len(LEVELS) - 1)]


def unit_of(due: DueDate, petition: Petition) -> str | None:
    """The unit that has to act under a running clock; None where it is a desk of the office."""
    match due.clock:
        case Clock.SIGN:
            return due.of
        case Clock.ORDER:
            return petition.orders[due.of].unit if due.of in petition.orders else None
        case Clock.CONTACT | Clock.HANDLE:
            return petition.lead
        case _:
            return None


class _AboutAClock(PetitionCommand):
    """What the service does about a running clock that it names by its key and its due date."""

    roles: ClassVar[frozenset[Role]] = SYSTEM

    clock: str = Field(title="期限", pattern=r"^[a-z_]+(:[A-Za-z0-9._-]+)?$")
    due: date = Field(title="到期日")

    def running(self, petition: Petition) -> tuple[DueDate, Duty]:
        """The clock as it runs, which must still end on that day and be somebody's duty."""
        found = petition.due.get(self.clock)
        if found is None or found.due != self.due:
            raise invalid("没有此期限，或到期日已变", "no such clock runs, or its due date has changed", "clock")
        duty = DUTIES.get(found.clock)
        if duty is None or (petition.duplicate_of is not None and found.clock not in STILL_DUE):
            raise invalid("此期限无人须催办", "nobody is to be reminded of this clock", "clock")
        return found, duty


class RemindOfClock(_AboutAClock):
    """催办: the service reminds who has to act, once the due date has passed; of a follow-up also on its day."""

    title: ClassVar[str] = "到期催办"
    event: ClassVar[type[Event]] = s.ReminderSent

    overdue: bool = Field(True, title="是否逾期")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Sent, once for each due date."""
        due, duty = self.running(petition)
        today = day_of(context.at)
        if not self.overdue and not duty.announced:
            raise invalid("此期限仅逾期后催办", "of this clock nobody is reminded before it is overdue", "overdue")
        if today < (reminder_day(self.due, context.rulebook) if self.overdue else self.due):
            raise not_possible("尚未到催办日", "the day for a reminder has not come")
        if (self.clock, self.due, self.overdue) in petition.reminded:
            raise not_possible("已就此期限催办", "a reminder of this due date was sent already")
        unit = unit_of(due, petition)
        passed = f"期限 {self.due} 已过，请尽快办理" if self.overdue else f"期限今日（{self.due}）到期"
        yield s.ReminderSent(
            id=f"r{len(petition.reminders) + 1}",
            unit=unit,
            role=None if unit else duty.role,
            reason=f"“{due.clock.zh}”{passed}",
            clock=self.clock,
            due=self.due,
            overdue=self.overdue,
        )


class OrderOverdue(_AboutAClock):
    """逾期督办: the service orders the unit to act, five working days after the reminder's day."""

    title: ClassVar[str] = "逾期督办"
    event: ClassVar[type[Event]] = s.SupervisionOrdered

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Ordered, once for each due date; what no unit was given is ordered of the street itself."""
        due, duty = self.running(petition)
        if not duty.ordered:
            raise invalid("此期限的督办由监督委员会决定", "an order about it is the committee's", "clock")
        if day_of(context.at) < order_day(self.due, context.rulebook):
            raise not_possible("尚未到督办日", "the day for a supervision order has not come")
        if (self.clock, self.due) in petition.ordered:
            raise not_possible("已就此期限督办", "an order about this due date was given already")
        demand = f"“{due.clock.zh}”期限 {self.due} 已过且经催办，请限期办理并反馈"
        yield from _ordered(petition, context, unit_of(due, petition), demand, clock=self.clock, due=self.due)


class RaiseSupervision(PetitionCommand):
    """升级督办: the service gives an order of a higher level after three failed rounds, and three more."""

    title: ClassVar[str] = "升级督办"
    roles: ClassVar[frozenset[Role]] = SYSTEM
    event: ClassVar[type[Event]] = s.SupervisionOrdered

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """The level that the failed rounds ask for must be higher than any that an order has had."""
        wanted = LEVELS.index(level_of(petition.round - 1, context.rulebook))
        given = [LEVELS.index(order.level) for order in petition.orders.values() if order.level is not None]
        if wanted <= max(given, default=0):
            return not_possible("无须升级督办", "the level of supervision need not be raised")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Ordered."""
        failed = petition.round - 1
        demand = f"已有 {failed} 轮办理未获认可，升级督办"
        yield from _ordered(petition, context, petition.lead, demand, failed_rounds=failed)


def _ordered(
    petition: Petition,
    context: Context,
    unit: str | None,
    demand: str,
    *,
    clock: str | None = None,
    due: date | None = None,
    failed_rounds: int | None = None,
) -> Iterator[Event]:
    """An order at the level that the failed rounds ask for, with the rulebook's limit for its answer."""
    unit = unit or context.rulebook.street_unit
    if unit is None:
        raise not_possible("规则手册中没有街道本级单位", "the rulebook has no unit that the street itself is")
    if why_not(unit, matter_of(petition), context.rulebook) is ACCUSED:
        raise not_possible("须督办的单位被反映，由监督委员会处理", "the unit is accused: the committee's matter")
    key = f"o{len(petition.orders) + 1}"
    set_due = tuple(
        due_dates(
            context,
            (Clock.ORDER,),
            track=petition.track,
            nature=petition.nature,
            urgency=petition.urgency,
            secrecy=petition.secrecy,
            units=(key,),
        )
    )
    if not set_due:
        raise not_possible("规则手册没有督办期限", "the rulebook has no limit for an order")
    yield s.SupervisionOrdered(
        id=key,
        unit=unit,
        level=level_of(petition.round - 1, context.rulebook),
        deadline=set_due[0].due[0].due,
        demand=demand,
        clock=clock,
        due=due,
        failed_rounds=failed_rounds,
    )
    yield from set_due


class RecomputeDueDates(PetitionCommand):
    """重算期限: a year's calendar was published; count every running due date that reaches into it again.

    Each keeps its start and its days. One whose date does not change is settled all the same: provisional no more.
    """

    title: ClassVar[str] = "重算期限"
    roles: ClassVar[frozenset[Role]] = SYSTEM
    event: ClassVar[type[Event]] = DueDatesRecomputed

    year: int = Field(title="年度", ge=2004, le=2100)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Recomputed: those counted under an earlier version of the rulebook, over days of which the notice speaks."""
        notice = context.rulebook.calendars.get(self.year)
        if notice is None:
            raise invalid("该年放假安排尚未公布", "the calendar of this year is not published", "year")
        version = context.rulebook_version
        again = tuple(
            context.rulebook.recount(due, version=version)
            for due in petition.due.values()
            if due.calendar and due.rulebook_version < version and notice.touches(self.year, due.start, due.due)
        )
        if not again:
            raise not_possible("没有须重算的期限", "no due date needs to be computed again")
        yield DueDatesRecomputed(due=again)
