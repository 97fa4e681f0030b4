"""A small vocabulary for tests of the loop: `given(what happened).when(a step, by=somebody).then(what follows)`.

`tests.happened` has the builders of what happened.

Everybody and everything in it is made up. The first file is `HY-2026-000001`; all happens on Monday 2026-11-16 unless
a fact is put `on` another day; a step is taken on the day of the last fact, an hour after it, unless `when` says `at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from domain.errors import DomainError
from domain.kernel import SHANGHAI, Actor, Attachment, Context, Event, Grant, Recorded, stamp
from domain.petition.command import PetitionCommand, Taken
from domain.petition.petition import Petition
from domain.vocabulary import Role
from tests.domain.rulebook_sample import SAMPLE

NUMBER = "HY-2026-000001"
MONDAY = date(2026, 11, 16)
COMMAND = UUID(int=7)

CAST: dict[str, frozenset[Grant]] = {
    "wu": frozenset({Grant(Role.INTAKE)}),
    "xu": frozenset({Grant(Role.INTAKE)}),
    "chen": frozenset({Grant(Role.HANDLER, "MS")}),
    "chang": frozenset({Grant(Role.HANDLER, "MS")}),
    "gu": frozenset({Grant(Role.HANDLER, "WY")}),
    "mei": frozenset({Grant(Role.HANDLER, "ZF")}),
    "li": frozenset({Grant(Role.APPROVER, "MS")}),
    "hu": frozenset({Grant(Role.APPROVER, "HY")}),
    "qin": frozenset({Grant(Role.APPROVER, "WY")}),
    "kong": frozenset({Grant(Role.APPROVER, "CG")}),
    "sun": frozenset({Grant(Role.PUBLISHER)}),
    "tang": frozenset({Grant(Role.PUBLISHER)}),
    "zhao": frozenset({Grant(Role.CALLER)}),
    "song": frozenset({Grant(Role.CALLER)}),
    "zhou": frozenset({Grant(Role.SUPERVISOR)}),
    "feng": frozenset({Grant(Role.ADMIN)}),
    "bai": frozenset(
        {
            Grant(Role.INTAKE),
            Grant(Role.HANDLER, "MS"),
            Grant(Role.APPROVER, "MS"),
            Grant(Role.PUBLISHER),
            Grant(Role.CALLER),
        }
    ),
    "system": frozenset({Grant(Role.SYSTEM)}),
    "resident": frozenset({Grant(Role.RESIDENT)}),
}
"""Made-up staff by id. `bai` holds nearly every role at once. MS leads, WY helps; ZF and HW stand below CG."""

STAFF_UNITS = {who: frozenset(one.unit for one in grants if one.unit) for who, grants in CAST.items()}
UPLOADED = {
    one: Attachment(id=one, digest=f"{number:064x}", media_type="image/png", size=1024, key=f"{number:064x}")
    for number, one in enumerate(("a1", "a2", "a3"), start=1)
}


def shanghai(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A time of day in Shanghai, in UTC."""
    return datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)


def grants_of(who: str, standing_in: Iterable[str] = ()) -> frozenset[Grant]:
    """The roles somebody of the cast holds, and those of whom they stand in for."""
    lent = {Grant(one.role, one.unit, principal) for principal in standing_in for one in CAST[principal]}
    return CAST[who] | lent


def context(who: str, *, now: datetime, standing_in: Iterable[str] = ()) -> Context:
    """The world as a rule may know it, under the sample rulebook."""
    return Context(
        actor=Actor(id=who),
        now=now,
        at=now,
        rulebook=SAMPLE,
        rulebook_version=1,
        request_id="r-1",
        command_id=COMMAND,
        grants=grants_of(who, standing_in),
        query_code_digest="0" * 64,
        salt="salz",
        attachments=UPLOADED,
        staff_units=STAFF_UNITS,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """Facts that somebody brought about together, maybe standing in for another, on a day (None: the day before's)."""

    facts: tuple[Event, ...]
    by: str
    instead_of: str | None = None
    day: date | None = None

    def on(self, day: date) -> Step:
        """The same on another day."""
        return replace(self, day=day)

    def instead(self, principal: str) -> Step:
        """The same by somebody who stood in for the principal."""
        return replace(self, instead_of=principal)

    @property
    def actor(self) -> Actor:
        """Who acted, in the first role of theirs (or of their principal's)."""
        grant = min(CAST[self.instead_of or self.by], key=lambda one: (one.role, one.unit or ""))
        return Actor(id=self.by, role=grant.role, unit=grant.unit, on_behalf_of=self.instead_of)


Steps = Step | Iterable["Steps"]


def flat(steps: Iterable[Steps]) -> Iterator[Step]:
    """Steps out of nested sequences, in order."""
    for one in steps:
        if isinstance(one, Step):
            yield one
        else:
            yield from flat(one)


def history(*steps: Steps, number: str = NUMBER, start: date = MONDAY, position: int = 0) -> list[Recorded]:
    """The steps as the store would give them back, a minute apart, in positions from `position` + 1 on."""
    recorded: list[Recorded] = []
    day = start
    for minute, step in enumerate(flat(steps)):
        day = step.day or day
        at = shanghai(day) + timedelta(minutes=minute)
        world = context(step.by, now=at)._replace(actor=step.actor)
        facts = stamp(step.facts, stream=number, after=len(recorded), context=world, occurred_at=at)
        recorded += [replace(one, position=position + one.version) for one in facts]
    return recorded


class Given:
    """A file with a history, waiting for a step."""

    def __init__(self, recorded: list[Recorded], number: str) -> None:
        """Fold the history into the file's state."""
        self.recorded = recorded
        self.petition = Petition(number).fold(recorded)
        self.now = recorded[-1].recorded_at + timedelta(hours=1) if recorded else shanghai(MONDAY)

    def when(
        self, command: PetitionCommand, *, by: str, standing_in: Iterable[str] = (), at: datetime | None = None
    ) -> When:
        """Take the step, or be refused."""
        return When(self, command, context(by, now=at or self.now, standing_in=standing_in))

    def offers(self, step: type[PetitionCommand], to: str, *, standing_in: Iterable[str] = ()) -> bool:
        """Whether the step stands on the page for somebody."""
        world = context(to, now=self.now, standing_in=standing_in)
        return not isinstance(step.barred(self.petition, world), DomainError)


class When:
    """A step that was taken or refused."""

    def __init__(self, given: Given, command: PetitionCommand, world: Context) -> None:
        """Take it on the file; a refusal is kept, anything else that goes wrong is not."""
        self.given = given
        self.taken: Taken | None = None
        self.refusal: DomainError | None = None
        before = deepcopy(vars(given.petition))
        try:
            self.taken = command.execute(given.petition, world)
        except DomainError as refusal:
            self.refusal = refusal
        assert vars(given.petition) == before, "a command must not touch the state"

    @property
    def facts(self) -> tuple[Event, ...]:
        """What happened."""
        assert self.taken is not None, repr(self.refusal)
        return self.taken.facts

    @property
    def recorded(self) -> list[Recorded]:
        """What happened, in envelopes that go on from the file's history."""
        assert self.taken is not None, repr(self.refusal)
        petition, taken = self.given.petition, self.taken
        return list(
            stamp(
                taken.facts,
                stream=petition.stream,
                after=petition.version,
                context=taken.context,
                occurred_at=taken.occurred_at,
                backdated_because=taken.backdated_because,
            )
        )

    def then(self, *expected: Event | type[Event]) -> Given:
        """Exactly these facts, by class or whole, in this order; then the file as it is after them."""
        facts = self.facts
        shown = [type(one) if isinstance(want, type) else one for one, want in zip(facts, expected, strict=False)]
        assert [*shown, *map(type, facts[len(expected) :])] == list(expected)
        return Given([*self.given.recorded, *self.recorded], self.given.petition.number)

    def then_refused(self, error: type[DomainError], loc: tuple[str | int, ...] | None = None) -> DomainError:
        """Refused with this error, at this field if one is named; its texts can be told in both languages."""
        assert self.refusal is not None, f"not refused: {self.facts}"
        assert type(self.refusal) is error, f"{self.refusal!r}: {self.refusal.text('en')}"
        assert loc is None or self.refusal.loc == loc
        assert self.refusal.text("zh")
        assert self.refusal.text("en")
        return self.refusal


def given(*steps: Steps, number: str = NUMBER) -> Given:
    """A file to which this has happened; nothing at all: one that does not exist yet."""
    return Given(history(*steps, number=number), number)
