"""The tick: what the service does by itself, as steps of the actor `system`, at any instant it is asked for.

It settles due dates that a published calendar touches, announces follow-ups that are due, reminds of what is overdue,
orders what stays overdue, and raises the level of files whose rounds keep failing. What is to be done follows from the
running clocks (projections/clocks.py), the rulebook and the day alone. So a tick has no memory: run twice it does
nothing the second time, and after a stop the next one does whatever the missed days would have done, in their order.
Each file decides for itself; a receipt for each step makes sure that two ticks at once do it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import psycopg
import structlog

from domain.errors import Busy, DomainError
from domain.kernel import day_of
from domain.petition.command import PetitionCommand
from domain.petition.supervising_overdue import (
    LEVELS,
    OrderOverdue,
    RaiseSupervision,
    RecomputeDueDates,
    RemindOfClock,
    level_of,
    order_day,
    reminder_day,
)
from domain.rules.content import RulebookContent
from projections.clocks import Clocks
from projections.clocks_queries import Waiting, failing, stale, waiting
from service.advisory import TICK_LOCK
from service.parts import Parts

PATIENCE = 60.0
"""Seconds to wait for the running clocks to show what was written."""

REQUEST = "tick"

log = structlog.get_logger("tick")


class Behind(Exception):
    """The projection of running clocks does not follow; the next tick will do what this one could not."""

    def __init__(self) -> None:
        """Nothing more is known here: `huiying check` tells why."""
        super().__init__("the projection of running clocks does not follow; run huiying check")


@dataclass(slots=True)
class Done:
    """How many steps one tick took, by what they do; `refused`: proposed, but the file had moved on or could not."""

    recomputed: int = 0
    announced: int = 0
    reminded: int = 0
    ordered: int = 0
    raised: int = 0
    refused: int = 0

    @property
    def taken(self) -> int:
        """All steps that were taken."""
        return self.recomputed + self.announced + self.reminded + self.ordered + self.raised


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Something to be done from `day` on; of one day announcements come first, then reminders, then orders."""

    day: date
    rank: int
    number: str
    key: str
    due: date


ANNOUNCE, REMIND, ORDER = range(3)


def tick(parts: Parts) -> Done | None:
    """Do whatever is to be done at the present instant of `parts`; None where another tick is running.

    Raises `NoRulebook`, `Behind`, and what the store raises; what was done until then stands.
    """
    with _alone(parts.url) as alone:
        if not alone:
            return None
        done = settle(parts)
        _follow_up_on_clocks(parts, done)
        _raise_levels(parts, done)
        parts.papers.sweep()
        if done.taken or done.refused:
            log.info("ticked", **{name: getattr(done, name) for name in done.__slots__})
        return done


def settle(parts: Parts) -> Done:
    """Count again every running due date that a published calendar touches; raises as `tick` does."""
    done = Done()
    _caught_up(parts)
    with parts.reading() as connection:
        found = stale(connection)
    for one in found:
        parts.rulebooks.current(one.version)
        if _take(parts, done, one.number, RecomputeDueDates(year=one.year), f"{one.year} {one.version}"):
            done.recomputed += 1
    if found:
        _caught_up(parts)
    return done


def _follow_up_on_clocks(parts: Parts, done: Done) -> None:
    """Announce, remind and order, in the order of the days on which each was to be done."""
    today = day_of(parts.now())
    rulebook = parts.rulebooks.current().content
    with parts.reading() as connection:
        found = sorted(one for clock in waiting(connection, today) for one in _steps(clock, rulebook, today))
    for one in found:
        if one.rank == ORDER:
            done.ordered += _take(parts, done, one.number, OrderOverdue(clock=one.key, due=one.due))
            continue
        command = RemindOfClock(clock=one.key, due=one.due, overdue=one.rank == REMIND)
        taken = _take(parts, done, one.number, command)
        done.reminded += taken and one.rank == REMIND
        done.announced += taken and one.rank == ANNOUNCE
    if found:
        _caught_up(parts)


def _steps(clock: Waiting, rulebook: RulebookContent, today: date) -> Iterator[Due]:
    """What is to be done about one clock by now, each on its day."""
    days = {
        ANNOUNCE: None if clock.is_announced or not clock.announced else clock.due,
        REMIND: None if clock.is_reminded else reminder_day(clock.due, rulebook),
        ORDER: None if clock.is_ordered or not clock.ordered else order_day(clock.due, rulebook),
    }
    for rank, day in days.items():
        if day is not None and day <= today:
            yield Due(day, rank, clock.number, clock.key, clock.due)


def _raise_levels(parts: Parts, done: Done) -> None:
    """Raise the level of supervision where the failed rounds ask for a higher one."""
    rulebook = parts.rulebooks.current().content
    with parts.reading() as connection:
        failed = failing(connection, rulebook.failed_rounds)
    found = [one for one in failed if one.level < LEVELS.index(level_of(one.failed, rulebook))]
    for one in found:
        done.raised += _take(parts, done, one.number, RaiseSupervision(), str(one.failed))


def _take(parts: Parts, done: Done, number: str, command: PetitionCommand, once_for: str = "") -> bool:
    """Take one step as the system; whether it was taken now. The file may refuse it, and that is all right."""
    key = f"{command.step()} {number} {command.model_dump_json()} {once_for}"
    try:
        outcome = parts.desk.take(parts.access.system(), number, command, request_id=REQUEST, key=key)
    except Busy:
        raise
    except DomainError as error:
        log.info("step_refused", number=number, step=command.step(), code=error.code)
        done.refused += 1
        return False
    return not outcome.replayed


def _caught_up(parts: Parts) -> None:
    """Wait until the running clocks hold everything that was written."""
    if not parts.positions.wait_for(parts.store.last_position(), [Clocks.name], PATIENCE):
        raise Behind


@contextmanager
def _alone(url: str) -> Iterator[bool]:
    """Whether this is the only tick on the database, for as long as the block takes."""
    with psycopg.connect(url, autocommit=True, application_name="huiying tick") as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (TICK_LOCK,)).fetchone()
        alone = bool(row and row[0])
        try:
            yield alone
        finally:
            if alone:  # at once: a closed connection lets go of it only when its server process has ended
                connection.execute("SELECT pg_advisory_unlock(%s)", (TICK_LOCK,))
