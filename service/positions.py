"""How far the projections are: the table that their feeding moves on, and waiting for one's own write to show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Literal, Self

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from projections.projection import Poisoned, Projection
from projections.writing import Guard

POLL_SECONDS = 0.003
"""Between two looks at the table while somebody waits. Being notified instead would make every writer pay for it."""

RETRY_SECONDS = 0.2

Generation = Literal["live", "next"]

READ = """
SELECT name, generation, version, position, state, error_code, error_position, error_topic, updated_at
  FROM runner.projections ORDER BY name, generation
"""
ADVANCE = """
UPDATE runner.projections SET position = %(after)s, updated_at = now()
 WHERE (name, version) IN (SELECT * FROM unnest(%(names)s::text[], %(versions)s::integer[]))
   AND generation = %(generation)s AND position = %(before)s AND state = 'running'
"""
STOP = """
UPDATE runner.projections SET state = 'stopped', error_code = %(code)s, error_position = %(position)s,
       error_topic = %(topic)s, updated_at = now()
 WHERE name = %(name)s AND generation = %(generation)s
"""
RETRY = """
UPDATE runner.projections SET state = 'running', error_code = NULL, error_position = NULL, error_topic = NULL
 WHERE state = 'stopped'
"""


@dataclass(frozen=True, slots=True)
class ProjectionState:
    """One set of tables: the position it has reached, and where and why it stopped if it did.

    `generation` is `live` for the tables that are read, `next` for those a rebuild is filling.
    """

    name: str
    generation: Generation
    version: int
    position: int
    state: Literal["running", "stopped"]
    error_code: str | None
    error_position: int | None
    error_topic: str | None
    updated_at: datetime


class Fenced(Exception):
    """Somebody else moved a position in the meantime; what was about to be written must not be."""


def states(connection: Connection[Any]) -> list[ProjectionState]:
    """Every set of tables there is, live and next."""
    with connection.cursor(row_factory=class_row(ProjectionState)) as cursor:
        return cursor.execute(READ).fetchall()


def given_up(now: Iterable[ProjectionState]) -> dict[str, ProjectionState]:
    """New tables that could not be built, by name; the live ones are of another version and so stand still."""
    now = list(now)
    live = {state.name: state.version for state in now if state.generation == "live"}
    return {
        state.name: state
        for state in now
        if state.generation == "next" and state.state == "stopped" and live.get(state.name) != state.version
    }


def advancing(group: Collection[Projection], generation: Generation, before: int, after: int) -> Guard:
    """What moves positions on by compare-and-set, before a batch's writes and never after them.

    Coming first it holds the rows against a swap of tables, so that what the batch writes goes to the tables whose
    position it moved. It is refused when one of them does not stand at `before`, is stopped or of another version.
    """
    names, versions = [one.name for one in group], [one.version for one in group]
    parameters = {"names": names, "versions": versions, "generation": generation, "before": before, "after": after}
    return Guard(ADVANCE, parameters, len(names))


def stop(connection: Connection[Any], poisoned: Poisoned, generation: Generation) -> None:
    """Record that a projection takes no more events, where and why."""
    parameters = {
        "name": poisoned.projection,
        "generation": generation,
        "code": poisoned.code,
        "position": poisoned.position,
        "topic": poisoned.topic,
    }
    connection.execute(STOP, parameters)


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody waiting for these projections to reach a position."""

    position: int
    names: frozenset[str]
    shown: Future[bool]


class Positions:
    """Lets a process wait for what it wrote to show. One thread looks for all who wait, and only while some do."""

    def __init__(self, url: str) -> None:
        """`url` is the database's; nothing is opened before somebody waits."""
        self._url = url
        self._waiters: list[Waiter] = []
        self._change = Condition()
        self._closing = False
        self._thread = Thread(target=self._watch, name="positions", daemon=True)
        self._thread.start()

    def shown(self, position: int, names: Iterable[str]) -> Future[bool]:
        """A future that is True once the live tables of all `names` hold the event at `position`.

        False when one of them has stopped before it. Cancel it when waiting is given up; never done for unknown names.
        """
        waiter = Waiter(position, frozenset(names), Future())
        with self._change:
            if self._closing:
                raise RuntimeError("closed")
            self._waiters.append(waiter)
            self._change.notify()
        return waiter.shown

    def wait_for(self, position: int, names: Iterable[str], timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether the event at `position` can be read in all of `names`."""
        shown = self.shown(position, names)
        try:
            return shown.result(timeout)
        except TimeoutError:
            return False
        finally:
            shown.cancel()

    def close(self) -> None:
        """Stop looking; who still waits is told that nothing shows."""
        with self._change:
            self._closing = True
            self._change.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        """Use it as a context manager that closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _watch(self) -> None:
        while self._anybody():
            try:
                with psycopg.connect(self._url, autocommit=True, application_name="huiying positions") as connection:
                    while self._anybody():
                        self._tell(states(connection))
                        self._pause(POLL_SECONDS)
            except psycopg.Error:
                self._pause(RETRY_SECONDS)
        for waiter in self._waiters:
            _tell(waiter, False)

    def _anybody(self) -> bool:
        """Sleep until somebody waits; False when it is time to end."""
        with self._change:
            self._change.wait_for(lambda: self._waiters or self._closing)
            return not self._closing

    def _pause(self, seconds: float) -> None:
        with self._change:
            self._change.wait_for(lambda: self._closing, seconds)

    def _tell(self, now: list[ProjectionState]) -> None:
        live = {state.name: state for state in now if state.generation == "live"}
        hopeless = {name for name, state in live.items() if state.state == "stopped"} | given_up(now).keys()
        with self._change:
            waiters = list(self._waiters)
        for waiter in waiters:
            behind = {name for name in waiter.names if name not in live or live[name].position < waiter.position}
            if not behind:
                _tell(waiter, True)
            elif behind & hopeless:
                _tell(waiter, False)
        with self._change:
            self._waiters = [waiter for waiter in self._waiters if not waiter.shown.done()]


def _tell(waiter: Waiter, shown: bool) -> None:
    with suppress(InvalidStateError):  # given up in the meantime
        waiter.shown.set_result(shown)
