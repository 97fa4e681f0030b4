"""The parts of a petition's state that its rules ask about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from domain.kernel import Actor, Erased, Event, Recorded
from domain.petition.events.values import DemandAnswer, Redaction
from domain.vocabulary import ErasureGround, LetterKind, OrderLevel, ReviewKind, ReviewVerdict, Role, Solved

Text = str | Erased


def people(actor: Actor) -> frozenset[str]:
    """The person who acted and the one they stood in for: both count as having done the work."""
    return frozenset({actor.id, actor.on_behalf_of} - {None})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text waiting for approval. `approved_by` names people; it is empty until exactly this digest was approved.

    What was sent back waits no more: a new draft has to take its place. `redactions`: the redaction record of a
    publication.
    """

    title: Text
    text: Text
    digest: str
    by: frozenset[str]
    approved_by: frozenset[str] = frozenset()
    sent_back: bool = False
    redactions: tuple[Redaction, ...] = ()

    @property
    def waiting(self) -> bool:
        """Whether somebody still has to decide on it."""
        return not self.approved and not self.sent_back

    @property
    def approved(self) -> bool:
        """Whether this very text was approved."""
        return bool(self.approved_by)


@dataclass(frozen=True, slots=True)
class Asked:
    """Something asked for that waits for somebody else's decision: a return, an extension, an erasure, an exception.

    `fact`: what asked for an exception, from which the decision takes its words.
    """

    by: frozenset[str]
    days: int = 0
    digest: str = ""
    until: date | None = None
    ground: ErasureGround | None = None
    asker: str = ""
    fact: Event | None = None


def still_asked(asked: Mapping[str | None, Asked], gone: str | None) -> dict[str | None, Asked]:
    """Erasures that wait once somebody's data is gone; None: everybody's is, and nothing waits any more."""
    return {} if gone is None else {who: one for who, one in asked.items() if who != gone}


@dataclass(frozen=True, slots=True)
class Dispute:
    """Units that each say "not ours", the unit above them that is to decide, and who put it before that unit."""

    units: tuple[str, ...]
    superior: str
    by: frozenset[str]


@dataclass(slots=True)
class Duty:
    """Whose duty the file is: who had it first (首接负责), who is answerable now, how often a unit said "not ours".

    `answerable` is the first unit until another one that leads has signed for it, then that one. `decided` is the unit
    to which a common superior gave it.
    """

    first_unit: str | None = None
    answerable: str | None = None
    returns: int = 0
    dispute: Dispute | None = None
    decided: str | None = None

    def begin(self, lead: str) -> None:
        """Take the first unit that it is assigned to as such; a later one changes nothing."""
        self.first_unit = self.first_unit or lead
        self.answerable = self.answerable or lead


@dataclass(frozen=True, slots=True)
class Escalation:
    """What was put before a superior body, and when the body answered; until then it is waited for."""

    body: str
    asked_at: datetime
    answered_at: datetime | None = None


def answered(escalations: list[Escalation], body: str, at: datetime) -> list[Escalation]:
    """The same, with what waited for this body answered."""
    waited = {place for place, one in enumerate(escalations) if one.body == body and one.answered_at is None}
    return [replace(one, answered_at=at) if place in waited else one for place, one in enumerate(escalations)]


@dataclass(frozen=True, slots=True)
class Order:
    """A reminder or a supervision order and where it stands. `unit` None: it is for those who hold `role`."""

    unit: str | None
    level: OrderLevel | None = None
    deadline: date | None = None
    answered: bool = False
    ended: bool = False
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A review or re-review: when asked, days of hearing and the last of them, what was decided and when.

    `decided_for`: the unit of ours whose head decided; None where the desk entered what a body outside decided.
    """

    kind: ReviewKind
    asked_at: datetime
    hearing_days: int = 0
    heard_until: date | None = None
    verdict: ReviewVerdict | None = None
    decided_at: datetime | None = None
    decided_for: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was issued, and the fact of its delivery once that is on record."""

    kind: LetterKind
    number: str
    about: str | None
    petitioner: str | None
    issued: Recorded
    served: Recorded | None = None

    @property
    def to_petitioner(self) -> bool:
        """Whether it is for the petitioner, so that its delivery can be proved."""
        return self.kind in TO_PETITIONER


TO_PETITIONER = frozenset({LetterKind.ACCEPTANCE, LetterKind.DECLINE, LetterKind.EXTENSION, LetterKind.REPLY})


@dataclass(slots=True)
class Round:
    """What one round of the loop has brought so far; a reopened file starts a new one and keeps the old ones.

    `objected`: the units that said "not ours", each with the unit that it proposed; `objectors`: who said so for them.
    """

    handlers: set[str] = field(default_factory=set)
    signed: dict[str, str] = field(default_factory=dict)
    objected: dict[str, str | None] = field(default_factory=dict)
    objectors: set[str] = field(default_factory=set)
    return_refused: set[str] = field(default_factory=set)
    co_reports: set[str] = field(default_factory=set)
    co_answers: dict[str, DemandAnswer] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    reply: Draft | None = None
    replied_at: datetime | None = None
    contacted: bool = False
    attempts_missed: int = 0
    missed_at: datetime | None = None
    follow_up_solved: str | None = None
    resident_solved: str | None = None
    resident_spoke: int = 0

    @property
    def unsolved(self) -> bool:
        """Whether the last follow-up, or the resident's own last word, says that it is not solved."""
        return Solved.UNSOLVED in {self.follow_up_solved, self.resident_solved}
