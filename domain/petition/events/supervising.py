"""跟踪监督: facts about whether what was done holds, and who made sure."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from domain.kernel import Event, Personal, registered
from domain.petition.events.values import DemandFollowUp, ScriptAnswer
from domain.vocabulary import (
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


@registered
class FollowUpMissed(Event):
    """回访未联系上: an attempt that reached nobody. It never counts as satisfied."""

    TOPIC: ClassVar[str] = "petition.follow_up_missed"
    method: ContactMethod
    attempt: int


@registered
class FollowedUp(Event):
    """回访: reached; is it solved, are they satisfied, for the whole and for each demand.

    Version 2 holds the answers to the rulebook's script (回访问卷).
    """

    TOPIC: ClassVar[str] = "petition.followed_up"
    VERSION: ClassVar[int] = 2
    respondent: Respondent
    method: ContactMethod
    solved: Solved
    satisfaction: Satisfaction
    demands: tuple[DemandFollowUp, ...] = ()
    text: Personal[str] | None = None
    answers: tuple[ScriptAnswer, ...] = ()


@registered
class ReminderSent(Event):
    """催办: a unit was reminded; without one, those who hold `role` (the intake desk, the callers).

    One that the service sent names the running clock (its key) that it is about, the due date, and whether that has
    passed; a follow-up is reminded of on its day too.
    """

    TOPIC: ClassVar[str] = "petition.reminder_sent"
    VERSION: ClassVar[int] = 2
    id: str
    unit: str | None
    reason: Personal[str]
    role: Role | None = None
    clock: str | None = None
    due: date | None = None
    overdue: bool = False


@registered
class ReminderAnswered(Event):
    """The unit answered the reminder."""

    TOPIC: ClassVar[str] = "petition.reminder_answered"
    id: str
    text: Personal[str]


@registered
class SupervisionOrdered(Event):
    """督办: a supervision order with its level and deadline.

    One that the service gave names what brought it about: the running clock (its key) that is overdue and its due date,
    or how many rounds have failed.
    """

    TOPIC: ClassVar[str] = "petition.supervision_ordered"
    VERSION: ClassVar[int] = 2
    id: str
    unit: str
    level: OrderLevel
    deadline: date
    demand: Personal[str]
    clock: str | None = None
    due: date | None = None
    failed_rounds: int | None = None


@registered
class SupervisionAnswered(Event):
    """督办反馈: the unit's answer to the order."""

    TOPIC: ClassVar[str] = "petition.supervision_answered"
    id: str
    text: Personal[str]


@registered
class SupervisionEnded(Event):
    """督办办结: the committee is content with the answer."""

    TOPIC: ClassVar[str] = "petition.supervision_ended"
    id: str
    text: Personal[str] | None = None


@registered
class ReviewAsked(Event):
    """申请复查 (L1 35) or 复核 (L1 36): asked within 30 days of receiving the reply or the review's decision."""

    TOPIC: ClassVar[str] = "petition.review_asked"
    kind: ReviewKind
    body: Personal[str]
    reason: Personal[str]


@registered
class HearingHeld(Event):
    """听证: its days, first and last, do not count towards the limit of the review (L1 36)."""

    TOPIC: ClassVar[str] = "petition.hearing_held"
    kind: ReviewKind
    first_day: date
    last_day: date


@registered
class ReviewDecided(Event):
    """复查/复核意见: the decision, and how it was delivered."""

    TOPIC: ClassVar[str] = "petition.review_decided"
    kind: ReviewKind
    verdict: ReviewVerdict
    text: Personal[str]
    delivery: Delivery
