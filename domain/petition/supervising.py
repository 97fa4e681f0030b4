"""跟踪监督: follow up with the resident; remind and order; review and re-review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar

from pydantic import Field

from domain.clocks import DueDate
from domain.errors import DomainError
from domain.kernel import Context, Event, Value, day_of
from domain.petition.command import CodeText, PetitionCommand, Prose, Short, invalid, known_unit, start_clocks
from domain.petition.events import supervising as s
from domain.petition.events.receiving import DueDatesSet
from domain.petition.events.recollecting import PetitionReopened
from domain.petition.events.values import DemandFollowUp
from domain.petition.petition import Petition
from domain.petition.rules import not_own_work, not_possible
from domain.petition.state import Order, Review
from domain.vocabulary import (
    Clock,
    ContactMethod,
    Delivery,
    OrderLevel,
    Respondent,
    ReviewKind,
    ReviewVerdict,
    Role,
    Satisfaction,
    Solved,
)

CALLER = frozenset({Role.CALLER})
SUPERVISOR = frozenset({Role.SUPERVISOR})


class MissFollowUp(PetitionCommand):
    """回访未联系上: an attempt that reached nobody, at the follow-up or when the opinion is gathered again."""

    title: ClassVar[str] = "回访未联系上"
    roles: ClassVar[frozenset[Role]] = CALLER
    event: ClassVar[type[Event]] = s.FollowUpMissed

    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not one's own work; somebody must be there to be missed; after enough attempts the place is asked."""
        if petition.anonymous:
            return not_possible("匿名件应征询所在地居民", "an anonymous petition: ask the place")
        if petition.current.attempts_missed >= context.rulebook.follow_up_attempts:
            return not_possible("已达规定次数，应征询所在地居民", "enough attempts were made: ask the place")
        return not_own_work(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Missed."""
        yield s.FollowUpMissed(method=self.method, attempt=petition.current.attempts_missed + 1)


class DemandFollowUpForm(Value):
    """What the respondent said about one demand."""

    demand: CodeText = Field(title="诉求")
    solved: Solved = Field(title="是否解决")
    satisfaction: Satisfaction = Field(Satisfaction.NO_OPINION, title="满意度")


def check_respondent(respondent: Respondent, petition: Petition, context: Context) -> None:
    """The place is asked only for a petitioner who is anonymous or was not reached often enough."""
    missed = petition.current.attempts_missed
    if respondent is Respondent.PETITIONER and petition.anonymous:
        raise invalid("匿名件应征询所在地居民", "an anonymous petition: ask the place", "respondent")
    attempts = context.rulebook.follow_up_attempts
    if respondent is Respondent.PLACE and not petition.anonymous and missed < attempts:
        raise invalid(
            f"须先联系当事人满 {attempts} 次（已 {missed} 次）",
            f"try the petitioner {attempts} times first ({missed} so far)",
            "respondent",
        )


class FollowUp(PetitionCommand):
    """回访: the respondent was reached; is it solved, are they satisfied."""

    title: ClassVar[str] = "回访"
    roles: ClassVar[frozenset[Role]] = CALLER
    event: ClassVar[type[Event]] = s.FollowedUp

    respondent: Respondent = Field(Respondent.PETITIONER, title="回访对象")
    method: ContactMethod = Field(ContactMethod.PHONE, title="方式")
    solved: Solved = Field(title="是否解决")
    satisfaction: Satisfaction = Field(title="满意度")
    demands: tuple[DemandFollowUpForm, ...] = Field((), title="各诉求", max_length=50)
    text: Prose | None = Field(None, title="记录")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Nobody follows up their own work."""
        return not_own_work(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Followed up. What is unsolved goes on to re-collection, which settles or reopens."""
        check_respondent(self.respondent, petition, context)
        known = {demand.id for demand in petition.demands}
        for index, form in enumerate(self.demands):
            if form.demand not in known:
                raise invalid("没有此诉求", "no such demand", "demands", index, "demand")
            if self.solved is Solved.SOLVED and form.solved is not Solved.SOLVED:
                raise invalid(
                    "有诉求未解决，整体不能为已解决", "one demand is unsolved, so the whole is not solved", "solved"
                )
        yield s.FollowedUp(
            respondent=self.respondent,
            method=self.method,
            solved=self.solved,
            satisfaction=self.satisfaction,
            demands=tuple(DemandFollowUp(**dict(form)) for form in self.demands),
            text=self.text,
        )


class SendReminder(PetitionCommand):
    """催办: remind a unit."""

    title: ClassVar[str] = "催办"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.SUPERVISOR, Role.SYSTEM})
    event: ClassVar[type[Event]] = s.ReminderSent

    unit: CodeText | None = Field(None, title="单位", description="Default: the lead unit")
    reason: Prose = Field(title="催办内容")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Sent."""
        unit = unit_on_file(self.unit, petition, context)
        yield s.ReminderSent(id=f"r{len(petition.reminders) + 1}", unit=unit, reason=self.reason)


def unit_on_file(named: str | None, petition: Petition, context: Context) -> str:
    """The unit that is meant: one of those on the file, by default the lead."""
    unit = named or petition.lead
    if unit is None:
        raise invalid("此件尚未派单", "the file is not assigned yet", "unit")
    if known_unit(unit, context, "unit") not in petition.units:
        raise invalid("该单位不承办此件", "the unit is not on this file", "unit")
    return unit


class _Answer(PetitionCommand):
    """What answering shares: somebody of the unit that was asked."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.APPROVER})
    own_unit: ClassVar[bool] = True

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
    """督办办结: the committee is content with the answer, or lifts the order."""

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
        yield s.SupervisionEnded(id=self.id, text=self.text)


class AskReview(PetitionCommand):
    """申请复查 (L1 35) 或复核 (L1 36): the petitioner asks within 30 days of receiving the reply or the decision."""

    title: ClassVar[str] = "申请复查复核"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    event: ClassVar[type[Event]] = s.ReviewAsked

    kind: ReviewKind = Field(title="复查/复核")
    body: Short = Field(title="受理机关")
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A reply must have been delivered, and the review chain must not be over."""
        if all(one.replied_at is None for one in petition.rounds):
            return not_possible("尚未送达答复意见", "no reply has been delivered")
        if ReviewKind.RE_REVIEW in petition.reviews:
            return not_possible("已申请复核，程序终结", "a re-review was asked already; the chain ends there")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked; the limit for deciding starts."""
        clock = Clock.REVIEW_ASK if self.kind is ReviewKind.REVIEW else Clock.RE_REVIEW_ASK
        review = petition.reviews.get(ReviewKind.REVIEW)
        if self.kind is ReviewKind.REVIEW and review is not None:
            raise invalid("已申请复查", "a review was asked already", "kind")
        if self.kind is ReviewKind.RE_REVIEW and (review is None or review.verdict is None):
            raise invalid("须先有复查意见", "a review must have been decided first", "kind")
        due = petition.due.get(clock)
        if due is not None and day_of(context.at) > due.due:
            raise invalid(f"已超过申请期限 {due.due}", f"the limit for asking passed on {due.due}", "kind")
        yield s.ReviewAsked(kind=self.kind, body=self.body, reason=self.reason)
        deciding = Clock.REVIEW if self.kind is ReviewKind.REVIEW else Clock.RE_REVIEW
        yield from start_clocks(petition, context, deciding)


class _OpenReview(PetitionCommand):
    """What acting on a review shares: it must be open, and nobody decides on their own work."""

    kind: ReviewKind = Field(title="复查/复核")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One must be open."""
        if all(review.verdict is not None for review in petition.reviews.values()):
            return not_possible("没有进行中的复查复核", "no review is open")
        return not_own_work(petition, context)

    def review(self, petition: Petition) -> Review:
        """The open review of this kind."""
        review = petition.reviews.get(self.kind)
        if review is None or review.verdict is not None:
            raise invalid("没有进行中的此程序", "no such review is open", "kind")
        return review


class HoldHearing(_OpenReview):
    """听证: record a hearing; its days do not count towards the limit (L1 36)."""

    title: ClassVar[str] = "听证"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.APPROVER})
    event: ClassVar[type[Event]] = s.HearingHeld

    first_day: date = Field(title="开始")
    last_day: date = Field(title="结束")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Held; the limit is lengthened by its days."""
        asked_on = day_of(self.review(petition).asked_at)
        if self.first_day < asked_on:
            raise invalid(f"不得早于申请日 {asked_on}", f"not before it was asked for on {asked_on}", "first_day")
        if not self.first_day <= self.last_day <= context.today:
            raise invalid("结束不得早于开始，也不得晚于今天", "first_day ≤ last_day ≤ today", "last_day")
        yield s.HearingHeld(kind=self.kind, first_day=self.first_day, last_day=self.last_day)
        due = petition.due.get(Clock.REVIEW if self.kind is ReviewKind.REVIEW else Clock.RE_REVIEW)
        if due is not None:
            days = (self.last_day - self.first_day).days + 1
            yield DueDatesSet(due=(context.rulebook.recount(due, version=context.rulebook_version, more=days),))


class DecideReview(_OpenReview):
    """复查/复核意见: record the decision and its delivery. A revoked reply sends the file round again."""

    title: ClassVar[str] = "复查复核意见"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.APPROVER})
    event: ClassVar[type[Event]] = s.ReviewDecided

    verdict: ReviewVerdict = Field(title="结论")
    text: Prose = Field(title="意见")
    delivery: Delivery = Field(title="送达方式")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Decided; after a review the limit for asking a re-review starts."""
        self.review(petition)
        yield s.ReviewDecided(kind=self.kind, verdict=self.verdict, text=self.text, delivery=self.delivery)
        if self.kind is ReviewKind.REVIEW:
            yield from start_clocks(petition, context, Clock.RE_REVIEW_ASK)
        if self.verdict is ReviewVerdict.REVOKED and petition.current.replied_at is not None:
            yield PetitionReopened(round=petition.round + 1, reason=self.kind.zh + self.verdict.zh)
            yield from rehandling_clock(petition, context)


def rehandling_clock(petition: Petition, context: Context) -> Iterator[Event]:
    """The handling clock of a round after the first, as the rulebook gives one."""
    due = context.rulebook.due(
        Clock.HANDLE,
        context.at,
        version=context.rulebook_version,
        track=petition.track,
        nature=petition.nature,
        urgency=petition.urgency,
        secrecy=petition.secrecy,
        rehandling=True,
    )
    if due is not None:
        yield DueDatesSet(due=(due,))
