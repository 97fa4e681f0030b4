"""Which event stops which clock. Which limit applies and how it is counted is the rulebook's (domain.md's table)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.kernel import Event
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events.values import Petitioner
from domain.vocabulary import Clock, ReviewKind

EVERY = frozenset(Clock)
BY_UNIT = frozenset({Clock.SIGN, Clock.OBJECT})
"""Clocks that run for each unit on the file by itself; they end when the unit leaves it."""
ROUND = frozenset({Clock.NOTICE, Clock.SIGN, Clock.OBJECT, Clock.CONTACT, Clock.HANDLE})


def clocks_of_receipt(petitioners: Iterable[Petitioner]) -> tuple[Clock, ...]:
    """What receipt starts: the first contact, and the notice (L1 23) unless name or address is unclear.

    An address is where the notice can reach: a home, or a telephone.
    """
    clear = any(one.name and (one.address or one.phone) for one in petitioners)
    return (Clock.NOTICE, Clock.CONTACT) if clear else (Clock.CONTACT,)


CLOCK_STOPS: dict[type[Event], frozenset[Clock]] = {
    r.PetitionAccepted: frozenset({Clock.NOTICE}),
    r.PetitionDeclined: EVERY,
    r.PetitionReferred: EVERY,
    r.AnsweredAtOnce: EVERY,
    r.PetitionSteered: EVERY,
    r.PetitionWithdrawn: EVERY,
    r.PetitionNoLongerAccepted: EVERY,
    r.NumberVoided: EVERY,
    h.ResidentContacted: frozenset({Clock.CONTACT}),
    h.HouseholdVisited: frozenset({Clock.CONTACT}),
    h.ReplyDelivered: ROUND,
    s.FollowedUp: frozenset({Clock.FOLLOW_UP}),
    c.PetitionReopened: frozenset({Clock.FOLLOW_UP}),
}
"""Clocks that a kind of event stops whatever it says; the others are in `stopped_by`."""


def stopped_by(fact: Event) -> frozenset[str]:
    """What this very fact stops: a clock, for whomever it runs, or the one that runs for a unit or an order.

    A contact or a visit counts only if somebody was reached. Asking for a return stops nothing: if it is refused, the
    unit still has only the days that it had.
    """
    match fact:
        case h.ResidentContacted(reached=False) | h.HouseholdVisited(reached=False):
            return frozenset()
        case r.DueDatesLifted(clocks=clocks):
            return frozenset(clocks)
        case h.SignedFor(unit=unit):
            return frozenset({f"{Clock.SIGN}:{unit}"})
        case h.ReturnGranted(unit=unit):
            return frozenset({f"{Clock.SIGN}:{unit}", f"{Clock.OBJECT}:{unit}"})
        case s.SupervisionAnswered(id=key) | s.SupervisionEnded(id=key):
            return frozenset({f"{Clock.ORDER}:{key}"})
        case s.ReviewAsked(kind=kind):
            return frozenset({Clock.REVIEW_ASK if kind is ReviewKind.REVIEW else Clock.RE_REVIEW_ASK})
        case s.ReviewDecided(kind=kind):
            return frozenset({Clock.REVIEW if kind is ReviewKind.REVIEW else Clock.RE_REVIEW})
        case _:
            return CLOCK_STOPS.get(type(fact), frozenset())
