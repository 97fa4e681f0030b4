"""Which event stops which clock. Which limit applies and how it is counted is the rulebook's (domain.md's table)."""

from __future__ import annotations

from domain.kernel import Event
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.vocabulary import Clock

EVERY = frozenset(Clock)
ROUND = frozenset({Clock.NOTICE, Clock.SIGN, Clock.OBJECT, Clock.CONTACT, Clock.HANDLE})

CLOCK_STOPS: dict[type[Event], frozenset[Clock]] = {
    r.PetitionAccepted: frozenset({Clock.NOTICE}),
    r.PetitionDeclined: EVERY,
    r.PetitionReferred: EVERY,
    r.AnsweredAtOnce: EVERY,
    r.PetitionSteered: EVERY,
    r.PetitionWithdrawn: EVERY,
    r.PetitionNoLongerAccepted: EVERY,
    r.NumberVoided: EVERY,
    h.SignedFor: frozenset({Clock.SIGN}),
    h.ReturnAsked: frozenset({Clock.OBJECT}),
    h.ResidentContacted: frozenset({Clock.CONTACT}),
    h.HouseholdVisited: frozenset({Clock.CONTACT}),
    h.ReplyDelivered: ROUND,
    s.FollowedUp: frozenset({Clock.FOLLOW_UP}),
    s.SupervisionAnswered: frozenset({Clock.ORDER}),
    s.SupervisionEnded: frozenset({Clock.ORDER}),
    c.PetitionReopened: frozenset({Clock.FOLLOW_UP}),
}
"""A contact or a visit stops the contact clock only if somebody was reached; a review's clocks stop by its own kind."""


def stopped_by(fact: Event) -> frozenset[Clock]:
    """The clocks that this very fact stops."""
    if isinstance(fact, h.ResidentContacted | h.HouseholdVisited) and not fact.reached:
        return frozenset()
    if isinstance(fact, s.ReviewAsked):
        return frozenset({Clock.REVIEW_ASK if fact.kind == "review" else Clock.RE_REVIEW_ASK})
    if isinstance(fact, s.ReviewDecided):
        return frozenset({Clock.REVIEW if fact.kind == "review" else Clock.RE_REVIEW})
    return CLOCK_STOPS.get(type(fact), frozenset())
