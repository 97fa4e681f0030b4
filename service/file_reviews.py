"""Who pushes and who judges a file: reminders, supervision orders, reviews, and what a follow-up goes by."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from domain.kernel import Context
from domain.petition.petition import Petition
from domain.petition.stages import Stage
from domain.petition.state import Order, Review
from domain.petition.supervising import next_attempt_at


class OrderView(BaseModel):
    """A reminder or a supervision order, to a unit or (`unit` null) to all who hold `role`."""

    id: str
    unit: str | None
    role: str | None
    level: str | None
    deadline: date | None
    answered: bool
    ended: bool


class ReviewView(BaseModel):
    """A review or re-review."""

    kind: str
    asked_at: datetime
    hearing_days: int
    verdict: str | None
    decided_at: datetime | None


class QuestionView(BaseModel):
    """A question of the script; without `choices` the answer is free text."""

    code: str
    text: str
    choices: list[str]
    required: bool


class ScriptView(BaseModel):
    """回访话术: how the call begins, and what is asked beside "solved?" and "satisfied?"."""

    opening: str
    questions: list[QuestionView]


class FollowUpView(BaseModel):
    """What whoever calls goes by: the script, and when the petitioner or else the place may be asked.

    `next_attempt_at`: from when on an attempt counts as another one; null before the first.
    """

    script: ScriptView | None
    attempts_missed: int
    attempts_needed: int
    next_attempt_at: datetime | None
    place_may_be_asked: bool


def follow_up_of(petition: Petition, context: Context) -> FollowUpView | None:
    """What a call goes by, while the file waits for one."""
    if petition.stage not in {Stage.SUPERVISING, Stage.RECOLLECTING}:
        return None
    script = context.rulebook.script(petition.channel, petition.nature)
    needed, missed = context.rulebook.follow_up_attempts, petition.current.attempts_missed
    return FollowUpView(
        script=None
        if script is None
        else ScriptView(
            opening=script.opening,
            questions=[
                QuestionView(code=one.code, text=one.text, choices=list(one.choices), required=one.required)
                for one in script.questions
            ],
        ),
        attempts_missed=missed,
        attempts_needed=needed,
        next_attempt_at=next_attempt_at(petition, context),
        place_may_be_asked=petition.anonymous or missed >= needed,
    )


def order_of(key: str, order: Order) -> OrderView:
    """A reminder or order under its id."""
    return OrderView(
        id=key,
        unit=order.unit,
        role=order.role,
        level=order.level,
        deadline=order.deadline,
        answered=order.answered,
        ended=order.ended,
    )


def review_of(review: Review) -> ReviewView:
    """A review."""
    return ReviewView(
        kind=review.kind,
        asked_at=review.asked_at,
        hearing_days=review.hearing_days,
        verdict=review.verdict,
        decided_at=review.decided_at,
    )
