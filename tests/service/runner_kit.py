"""Projections for the tests of their feeding: one that keeps order, one that breaks when told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, ClassVar

import psycopg

from domain.kernel import Erased, Recorded
from projections.projection import Projection, Write
from service.positions import Positions
from service.runner import Runner
from service.store import Store
from tests.service.store_kit import Noted, Opened, intake, step

BREAKING = 13
PATIENCE = 30.0
TOO_LONG = "".join(sha256(str(number).encode()).hexdigest() for number in range(300))

ADD = """
INSERT INTO {schema}.lines (position, stream, version, said)
VALUES (%(position)s, %(stream)s, %(version)s, %(said)s)
"""
COUNT = """
INSERT INTO {schema}.heads (stream, version) VALUES (%(stream)s, %(version)s)
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version WHERE heads.version = excluded.version - 1
"""


class Lines(Projection):
    """A line for each event, and each stream's newest version: a lost or doubled event shows in either."""

    name: ClassVar[str] = "lines"
    version: ClassVar[int] = 1
    ddl: ClassVar[str] = """
        CREATE TABLE {schema}.lines (position bigint PRIMARY KEY, stream text, version integer, said text);
        CREATE TABLE {schema}.heads (stream text PRIMARY KEY, version integer NOT NULL);
    """

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """A line, and the new head."""
        said = recorded.fact.text if isinstance(recorded.fact, Opened) else None
        at = {"position": recorded.position, "stream": recorded.stream, "version": recorded.version}
        yield ADD, {**at, "said": None if isinstance(said, Erased) else said}
        yield COUNT, at


class LinesTwo(Lines):
    """The same in a later version, with another column."""

    version: ClassVar[int] = 2
    ddl: ClassVar[str] = f"{Lines.ddl} ALTER TABLE {{schema}}.lines ADD COLUMN two integer DEFAULT 2;"


class BreaksInPython(Lines):
    """Cannot take a note with the breaking count."""

    name: ClassVar[str] = "breaks_in_python"

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Fail on the note that breaks it."""
        if isinstance(recorded.fact, Noted) and recorded.fact.count == BREAKING:
            raise ValueError("made-up words that must not be told")
        yield from super().writes(recorded)


class BreaksInSql(Lines):
    """Its table cannot take a note with the breaking count."""

    name: ClassVar[str] = "breaks_in_sql"
    ddl: ClassVar[str] = f"{Lines.ddl} ALTER TABLE {{schema}}.lines ADD CONSTRAINT no_bad CHECK (said <> 'breaks');"

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Write what the constraint forbids."""
        for sql, parameters in super().writes(recorded):
            bad = isinstance(recorded.fact, Noted) and recorded.fact.count == BREAKING
            yield sql, {**parameters, "said": "breaks"} if bad and "said" in parameters else parameters


class BreaksInAnIndex(Lines):
    """An index that is made at the end of a rebuild cannot take a note with the breaking count."""

    name: ClassVar[str] = "breaks_in_an_index"
    by_key: ClassVar[bool] = True
    ddl: ClassVar[str] = f"{Lines.ddl} CREATE INDEX ON {{schema}}.lines (said);"

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Write what is too long for an index, however it is compressed."""
        for sql, parameters in super().writes(recorded):
            bad = isinstance(recorded.fact, Noted) and recorded.fact.count == BREAKING
            yield sql, {**parameters, "said": TOO_LONG} if bad and "said" in parameters else parameters


def note(store: Store, stream: str, counts: list[int], after: int = 0) -> int:
    """Append one note after the other to a stream; the position of the last."""
    futures = [store.append(step(stream, after + n, Noted(count=count))) for n, count in enumerate(counts)]
    return max(future.result(PATIENCE).position for future in futures)


def open_files(store: Store, count: int, text: str = "楼道灯坏了") -> int:
    """Append new files; the position of the last."""
    futures = [store.append(intake(Opened(text=text))) for _ in range(count)]
    return max(future.result(PATIENCE).position for future in futures)


@contextmanager
def running(url: str, store: Store, *projections: Projection, batch: int = 1000) -> Iterator[Runner]:
    """A runner in its thread."""
    runner = Runner(url, store, projections, batch=batch)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def shown(url: str, position: int, *names: str) -> bool:
    """Whether the projections reach a position."""
    with Positions(url) as positions:
        return positions.wait_for(position, names, PATIENCE)


def rows(url: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query, parameters).fetchall()


EXACTLY_ONCE = """
SELECT (SELECT array_agg(notification_id ORDER BY notification_id) FROM stored_events)
       IS NOT DISTINCT FROM (SELECT array_agg(position ORDER BY position) FROM lines.lines),
       (SELECT count(*) FROM lines.heads h
         WHERE version <> (SELECT max(version) FROM lines.lines l WHERE l.stream = h.stream))
"""


def exactly_once(url: str) -> bool:
    """Whether `lines` holds every event once and every stream's head."""
    return rows(url, EXACTLY_ONCE) == [(True, 0)]
