"""Who has which part in a file: lead and co-units, how far each is, whose duty is in dispute, what went upward."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

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
