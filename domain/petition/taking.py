"""The later half of the loop in a petition's state: what publishing, supervising and re-collecting facts assign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.kernel import Event, Recorded
from domain.petition.events import exceptions as x
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.stages import may_follow
from domain.petition.state import Asked, Draft, Order, Review, Round, people
from domain.vocabulary import Role

if TYPE_CHECKING:
    from domain.petition.petition import Petition


DECIDED: dict[type[Event], type[Event]] = {
    x.DeclineRefused: x.DeclineAsked,
    r.PetitionDeclined: x.DeclineAsked,
    x.NoticeWaived: x.NoticeWaiverAsked,
    x.NoticeWaiverRefused: x.NoticeWaiverAsked,
    r.NumberVoided: x.VoidingAsked,
    x.VoidingRefused: x.VoidingAsked,
    p.PublicationWaived: x.WaiverAsked,
    x.WaiverRefused: x.WaiverAsked,
}
"""The decisions on an exception, each with what had asked for it."""
ASKED = frozenset(DECIDED.values())


def take_exceptions(file: Petition, recorded: Recorded) -> None:
    """What was asked for as an exception waits until it is decided, or until the stage in which it could be is over."""
    kind = type(recorded.fact)
    if kind in ASKED:
        file.exceptions[kind] = Asked(people(recorded.actor), asker=recorded.actor.id, fact=recorded.fact)
    if kind in DECIDED:
        file.exceptions.pop(DECIDED[kind], None)
    if file.exceptions:
        file.exceptions = {one: asked for one, asked in file.exceptions.items() if may_follow(one, file.stage)}
    file.notice_waived = file.notice_waived or kind is x.NoticeWaived


def take_publishing(file: Petition, recorded: Recorded) -> None:
    """What became of the result: drafted, approved, on the boards, waived, taken down."""
    match recorded.fact:
        case p.PublicationDrafted(title=title, text=text, digest=digest, redactions=taken_out):
            file.publication = Draft(title, text, digest, people(recorded.actor), redactions=taken_out)
        case p.PublicationApproved() if file.publication:
            file.publication = replace(file.publication, approved_by=people(recorded.actor))
        case p.PublicationSentBack() if file.publication:
            file.publication = replace(file.publication, sent_back=True)
        case p.ResultPublished(digest=digest, outlets=outlets) | p.PublicationCorrected(digest=digest, outlets=outlets):
            file.outlets, file.published_digest = outlets, digest
            file.waived = False
        case p.PublicationWaived():
            file.waived = True
        case p.PublicationWithdrawn():
            file.outlets = ()


def take_supervising(file: Petition, recorded: Recorded) -> None:
    """Follow-ups, reminders, orders and reviews."""
    current = file.current
    match recorded.fact:
        case s.FollowUpMissed(attempt=attempt):
            current.attempts_missed = attempt
            current.missed_at = recorded.occurred_at or recorded.recorded_at
        case s.FollowedUp(solved=solved):
            current.follow_up_solved = solved
        case s.ReminderSent(id=key, unit=unit, role=role, clock=clock, due=due, overdue=overdue):
            file.reminders[key] = Order(unit, role=role)
            if clock is not None and due is not None:
                file.reminded.add((clock, due, overdue))
        case s.ReminderAnswered(id=key):
            file.reminders[key] = replace(file.reminders[key], answered=True, ended=True)
        case s.SupervisionOrdered(id=key, unit=unit, level=level, deadline=deadline, clock=clock, due=due):
            file.orders[key] = Order(unit, level, deadline)
            if clock is not None and due is not None:
                file.ordered.add((clock, due))
        case s.SupervisionAnswered(id=key):
            file.orders[key] = replace(file.orders[key], answered=True)
        case s.SupervisionEnded(id=key):
            file.orders[key] = replace(file.orders[key], ended=True)
        case s.ReviewAsked(kind=kind):
            file.reviews[kind] = Review(kind, recorded.occurred_at or recorded.recorded_at)
        case s.HearingHeld(kind=kind, first_day=first, last_day=last):
            days = file.reviews[kind].hearing_days + (last - first).days + 1
            file.reviews[kind] = replace(file.reviews[kind], hearing_days=days, heard_until=last)
        case s.ReviewDecided(kind=kind, verdict=verdict):
            file.reviews[kind] = replace(
                file.reviews[kind],
                verdict=verdict,
                decided_at=recorded.occurred_at,
                decided_for=recorded.actor.unit if recorded.actor.role is Role.APPROVER else None,
            )


def take_recollecting(file: Petition, recorded: Recorded) -> None:
    """What the resident or the place said, and where that led: closed, or round again."""
    match recorded.fact:
        case c.ResidentSpoke(solved=solved):
            file.current.resident_solved = solved or file.current.resident_solved
            file.current.resident_spoke += 1
        case c.PetitionClosed():
            file.ended_at = recorded.occurred_at
        case c.FileArchived(archive_number=number):
            file.archive_number = number
        case c.PetitionReopened(round=number):
            file.round, file.ended_at, file.archive_number = number, None, None
            signed = dict(file.current.signed)
            file.rounds.append(Round(signed=signed, handlers=set(signed.values())))
            file.publication, file.waived = None, False
            file.extension_days = 0
