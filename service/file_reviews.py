"""Who pushes and who judges a file: reminders, supervision orders, reviews, as a caller sees them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from domain.petition.state import Order, Review


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
