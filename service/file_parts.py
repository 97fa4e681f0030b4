"""Who has which part in a file: units and how far each is, a disputed duty, what went upward, what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from pydantic import BaseModel

from domain.kernel import Erased, personal_fields
from domain.petition.commands import STEPS
from domain.petition.petition import Petition
from domain.vocabulary import Share


class PartView(BaseModel):
    """What part of the work a unit has, and how far it is: signed for, said "not ours", reported to the lead."""

    unit: str
    share: str
    signed_by: str | None
    return_asked: bool
    return_refused: bool
    reported: bool


class DisputeView(BaseModel):
    """Units that each say "not ours", and the one above them that is to decide."""

    units: list[str]
    superior: str


class EscalationView(BaseModel):
    """What was put before a superior body; waited for until it is answered."""

    body: str
    asked_at: datetime
    answered_at: datetime | None


class ExceptionView(BaseModel):
    """An exception that somebody asked for and another person is to decide: `step` is the asking, `by` who asked.

    `ground` and `notice`: codes, where the step has them; `article`, `reason`, `notice_waived_because`: as written.
    """

    step: str
    title: str
    by: str
    ground: str | None = None
    notice: str | None = None
    article: str | None = None
    reason: str | None = None
    notice_waived_because: str | None = None


def exceptions_of(petition: Petition, text: Callable[[str | Erased | None], str | None]) -> Iterator[ExceptionView]:
    """What waits for a second person's decision; `text` gives what this reader may read of a text."""
    for name, command in STEPS.items():
        asked = petition.exceptions.get(command.event)
        if asked is None or asked.fact is None:
            continue
        said = {key: getattr(asked.fact, key) for key in type(asked.fact).model_fields}
        written = {key: text(said[key]) for key in personal_fields(type(asked.fact))}
        yield ExceptionView(step=name, title=command.title, by=asked.asker, **{**said, **written})


def parts_of(petition: Petition) -> list[PartView]:
    """Every unit on the file, the lead first."""
    leads = [] if petition.lead is None else [(Share.LEAD, petition.lead)]
    current = petition.current
    return [
        PartView(
            unit=unit,
            share=share,
            signed_by=current.signed.get(unit),
            return_asked=unit in petition.return_asked,
            return_refused=unit in current.return_refused,
            reported=unit in current.co_reports,
        )
        for share, unit in (*leads, *((Share.CO_UNIT, unit) for unit in petition.co_units))
    ]


def dispute_of(petition: Petition) -> DisputeView | None:
    """The dispute that waits for a decision."""
    dispute = petition.duty.dispute
    return DisputeView(units=list(dispute.units), superior=dispute.superior) if dispute else None


def escalations_of(petition: Petition) -> list[EscalationView]:
    """All that went upward, in order."""
    return [
        EscalationView(body=one.body, asked_at=one.asked_at, answered_at=one.answered_at)
        for one in petition.escalations
    ]
