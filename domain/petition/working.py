"""Who worked on a file: said once, for the rules that keep a second person apart and for the work list.

Nobody approves, publishes, reviews or follows up their own work, in whichever round they did it.
"""

from __future__ import annotations

from domain.kernel import Recorded
from domain.petition.events import handling as h
from domain.petition.state import people
from domain.vocabulary import Role

WORK = frozenset(
    {
        h.ResidentContacted,
        h.ProgressNoted,
        h.ExtensionAsked,
        h.SuspensionAsked,
        h.EscalatedUpward,
        h.CoUnitReported,
        h.OutcomeReported,
        h.ReplyDrafted,
        h.ReplyDelivered,
    }
)
"""The events that somebody who does the work makes happen, beside those that name who does it."""


def handled_by(recorded: Recorded) -> frozenset[str]:
    """Whom the event makes somebody who did the work: signed, called, wrote, delivered, asked for more time."""
    doers = people(recorded.actor)
    match recorded.fact:
        case h.HandlerNamed(handler=handler) if recorded.actor.role is Role.APPROVER:
            return frozenset({handler})  # the head who gives work to somebody has not done it
        case h.SignedFor(handler=handler) | h.HandlerNamed(handler=handler):
            return doers | {handler}
        case h.HouseholdVisited(visitors=visitors):
            return doers.union(visitors)
        case fact:
            return doers if type(fact) in WORK else frozenset()


def worked_on_by(recorded: Recorded) -> frozenset[str]:
    """Those, and who approved the reply: it is their answer too, so they do not say how it went."""
    return people(recorded.actor) if type(recorded.fact) is h.ReplyApproved else handled_by(recorded)
