"""跟踪监督, the review chain: 复查 (L1 35) and 复核 (L1 36), hearings, decisions; a revoked reply goes round again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError, NotYourUnit
from domain.kernel import Context, Event, day_of
from domain.petition.command import PetitionCommand, Prose, Short, invalid, start_clocks
from domain.petition.events import supervising as s
from domain.petition.events.receiving import DueDatesSet
from domain.petition.events.recollecting import PetitionReopened
from domain.petition.petition import Petition
from domain.petition.rules import not_own_work, not_possible
from domain.petition.state import Review
from domain.vocabulary import Clock, Delivery, ReviewKind, ReviewVerdict, Role


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
        if petition.anonymous:
            return not_possible("匿名件没有申请人", "an anonymous petition has nobody who could ask")
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


def _stands_above(petition: Petition, context: Context) -> bool:
    """Whether the caller's unit stands above the one that answered (L1 35), or above the one that reviewed (L1 36).

    What a body outside decided is entered by the intake desk; for an approver of ours the lead's own rank then counts.
    """
    review = petition.reviews.get(ReviewKind.REVIEW)
    again = ReviewKind.RE_REVIEW in petition.reviews
    below = review.decided_for if again and review is not None and review.decided_for else petition.lead
    if below is None:
        return False
    rulebook = context.rulebook
    return context.actor.unit in rulebook.chain(below) and context.actor.unit not in rulebook.below(below)


class _OpenReview(PetitionCommand):
    """What acting on a review shares: it must be open, and is the superior's, not of whoever worked on the file."""

    kind: ReviewKind = Field(title="复查/复核")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """One must be open."""
        if all(review.verdict is not None for review in petition.reviews.values()):
            return not_possible("没有进行中的复查复核", "no review is open")
        if context.actor.role is Role.APPROVER and not _stands_above(petition, context):
            return NotYourUnit()
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
        review = self.review(petition)
        asked_on = day_of(review.asked_at)
        if self.first_day < asked_on:
            raise invalid(f"不得早于申请日 {asked_on}", f"not before it was asked for on {asked_on}", "first_day")
        if review.heard_until is not None and self.first_day <= review.heard_until:
            until = review.heard_until
            raise invalid(f"至 {until} 的听证已登记", f"the days up to {until} are on record already", "first_day")
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
