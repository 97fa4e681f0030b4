"""Building a projection anew while the service runs, and swapping it in without a gap for readers.

The rebuilding process does all of it itself, over a connection of its own: the running service when it starts with
tables of another version, or `huiying rebuild` beside it or without it. New tables are filled in `<name>_next` from
position 0 while the live ones go on being fed. At the end one transaction holds the live position, brings the new
tables up to it, and renames schemas; renaming waits for no reader, and none ever finds less than before. The feeding
runner notices by itself: it holds no position of its own, and moves one only by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Event

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier

from domain.kernel import Recorded
from projections.filling import bared, dressed
from projections.projection import Poisoned, Projection, create, feeding
from service.advisory import REBUILD_LOCKS, SWAP_LOCK
from service.feed import BATCH, Db, Log, Ready, Stuck, ahead, passing, read, read_all, schema_of, take
from service.positions import stop
from service.settling import settled

Progress = Callable[[int, int], None]
"""Called with the position reached and the position of the newest event."""

LINES = 2
"""Connections that fill tables side by side: what one projection writes need not wait for what another one does."""

TRY_LOCK = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
UNLOCK = "SELECT pg_advisory_unlock(%s, hashtext(%s))"
BEGIN_NEXT = """
INSERT INTO runner.projections (name, generation, version, position, state)
VALUES (%(name)s, 'next', %(version)s, 0, 'running')
    ON CONFLICT (name, generation) DO UPDATE SET version = excluded.version, position = 0, state = 'running',
       error_code = NULL, error_position = NULL, error_topic = NULL, updated_at = now()
"""
POSITION = "SELECT position FROM runner.projections WHERE name = %s AND generation = %s FOR UPDATE"
FORGET_LIVE = "DELETE FROM runner.projections WHERE name = %s AND generation = 'live'"
PROMOTE = (
    "UPDATE runner.projections SET generation = 'live', updated_at = now() WHERE name = %s AND generation = 'next'"
)
SCHEMA_EXISTS = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
DROP_PATIENCE = "SET LOCAL lock_timeout = '2s'"


class AlreadyRebuilding(Exception):
    """Another process is rebuilding this projection."""


class Interrupted(Exception):
    """The rebuild was told to stop; what it had built is thrown away by the next one."""


def rebuild(
    url: str,
    log: Log,
    projections: Sequence[Projection],
    progress: Progress = lambda position, last: None,
    *,
    batch: int = BATCH,
    stopping: Event | None = None,
) -> None:
    """Build these projections anew from the whole log and put them in the place of the live ones.

    Raises `AlreadyRebuilding`, `Interrupted`, or `Poisoned` for the first projection that could not take an event; its
    live tables then stay as they are, and the others are swapped all the same.
    """
    with settled(), _connected(url, log) as connection, ExitStack() as locks:
        for projection in sorted(projections, key=lambda projection: projection.name):
            locks.enter_context(_reserved(connection, projection.name))
        making = _Making(url, connection, log, batch, partial(_report, progress, stopping or Event()))
        bad = making.built(projections, filling=True)
        failed = {poisoned.projection for poisoned in bad}
        for projection in projections:
            if projection.name not in failed:
                bad += _swap(connection, log, projection, batch)
        if bad:
            raise bad[0]


@dataclass(frozen=True, slots=True)
class _Making:
    """What new tables are made from and with."""

    url: str
    connection: Db
    log: Log
    size: int
    report: Progress

    def built(self, projections: Sequence[Projection], *, filling: bool) -> list[Poisoned]:
        """Make and fill the new tables; what they could not take.

        `filling`: what can wait is done over full tables. Where that fails, a row is to blame: the projection is built
        once more, row by row, so that the event is found.
        """
        left = {one.name: _begin(self.connection, one, filling=filling) for one in projections}
        with _lines(self.url, self.log, projections) as lines:
            batches = read_all(self.connection, self.log, projections, 0, self.size)
            bad = _fill(lines, batches, self.log.last_position(), self.report, filling=filling)
            dressing = [line.thread.submit(line.dress, left) for line in lines]
            again = [one for done in dressing for one in done.result()]
        return bad + (self.built(again, filling=False) if again else [])


@dataclass(frozen=True, slots=True)
class _Line:
    """A connection that fills tables, with a thread of its own. It keeps to its projections: for each of their texts it
    has a function to make. Those that fail drop out.
    """

    connection: Db
    thread: ThreadPoolExecutor
    projections: list[Projection]

    def fill(self, position: int, batch: Sequence[Recorded], ready: Ready, *, filling: bool) -> list[Poisoned]:
        """Take a batch; what could not."""
        group = tuple(self.projections)
        bad = take(self.connection, group, "next", position, batch, ready=ready, filling=filling) if group else []
        self.give_up(bad)
        return bad

    def give_up(self, failed: Iterable[Poisoned]) -> None:
        """Go on without those."""
        _give_up(self.connection, self.projections, failed)

    def dress(self, left: Mapping[str, list[str]]) -> list[Projection]:
        """Do what was left for full tables; the projections where a row does not fit."""
        unfit: list[Projection] = []
        for projection in self.projections:
            try:
                dressed(self.connection, left[projection.name])
            except psycopg.DatabaseError as error:
                if passing(error):
                    raise
                unfit.append(projection)
        return unfit


def _connected(url: str, log: Log) -> Db:
    connection = psycopg.connect(url, autocommit=True, application_name="huiying rebuild")
    feeding(connection, log.blind)
    return connection


@contextmanager
def _lines(url: str, log: Log, projections: Sequence[Projection]) -> Iterator[list[_Line]]:
    """The projections dealt out to lines."""
    with ExitStack() as opened:
        lines: list[_Line] = []
        for first in range(min(LINES, len(projections))):
            connection = opened.enter_context(_connected(url, log))
            thread = opened.enter_context(ThreadPoolExecutor(1, "rows"))
            lines.append(_Line(connection, thread, list(projections[first::LINES])))
        yield lines


@contextmanager
def _reserved(connection: Db, name: str) -> Iterator[None]:
    row = connection.execute(TRY_LOCK, (REBUILD_LOCKS, name)).fetchone()
    if row is None or not row[0]:
        raise AlreadyRebuilding(name)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(UNLOCK, (REBUILD_LOCKS, name))


def _begin(connection: Db, projection: Projection, *, filling: bool) -> list[str]:
    """Make the empty tables; what is left to be done once they are full."""
    _drop_old(connection, projection)
    with connection.transaction():
        schema = schema_of(projection, "next")
        create(connection, projection, schema)
        connection.execute(BEGIN_NEXT, {"name": projection.name, "version": projection.version})
        return bared(connection, projection, schema) if filling else []


def _report(progress: Progress, stopping: Event, position: int, last: int) -> None:
    if stopping.is_set():
        raise Interrupted
    progress(position, last)


def _fill(
    lines: Sequence[_Line], batches: Iterator[list[Recorded]], last: int, report: Progress, *, filling: bool
) -> list[Poisoned]:
    """Feed the new tables until nothing is left to read; what failed on the way.

    What a batch writes is worked out while the database is busy with the one before it.
    """
    bad: list[Poisoned] = []
    position, under_way = 0, list[Future[list[Poisoned]]]()

    def finish() -> None:
        written = [future.result() for future in under_way]
        bad.extend(failed for found in written for failed in found)
        if under_way:
            report(position, max(last, position))

    try:
        for batch in batches:
            ready = ahead([one for line in lines for one in line.projections], "next", batch, filling=filling)
            finish()
            under_way = [line.thread.submit(line.fill, position, batch, ready, filling=filling) for line in lines]
            position = batch[-1].position
            if not any(line.projections for line in lines):
                break
    except Stuck as stuck:
        finish()
        for line in lines:
            failed = stuck.for_each(line.projections)
            line.give_up(failed)
            bad.extend(failed)
    else:
        finish()
    return bad


def _give_up(connection: Db, group: list[Projection], failed: Iterable[Poisoned]) -> None:
    for poisoned in failed:
        stop(connection, poisoned, "next")
        group[:] = [projection for projection in group if projection.name != poisoned.projection]


def _swap(connection: Db, log: Log, projection: Projection, size: int) -> list[Poisoned]:
    """Put the new tables in the place of the live ones; what they could not take if that is why it was not done."""
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (SWAP_LOCK,))
            _catch_up(connection, log, projection, size)
            if connection.execute(SCHEMA_EXISTS, (projection.name,)).fetchone():
                connection.execute(_rename(projection.name, f"{projection.name}_old"))
            connection.execute(_rename(schema_of(projection, "next"), projection.name))
            connection.execute(FORGET_LIVE, (projection.name,))
            connection.execute(PROMOTE, (projection.name,))
    except (Poisoned, Stuck) as error:
        bad = error.for_each([projection]) if isinstance(error, Stuck) else [error]
        _give_up(connection, [projection], bad)
        return bad
    with suppress(LockNotAvailable):  # the next rebuild drops them first
        _drop_old(connection, projection)
    return []


def _catch_up(connection: Db, log: Log, projection: Projection, size: int) -> None:
    """Bring the new tables up to where the live ones stand, whose position is held until the transaction's end.

    A log that was restored from a backup may end before that: then the live tables tell of what is no longer so.
    """
    live = connection.execute(POSITION, (projection.name, "live")).fetchone()
    fresh = connection.execute(POSITION, (projection.name, "next")).fetchone()
    assert fresh is not None
    position = fresh[0]
    while live is not None and position < live[0]:
        batch = read(connection, log, [projection], position, size)
        if not batch:
            return
        for poisoned in take(connection, [projection], "next", position, batch):
            raise poisoned
        position = batch[-1].position


def _rename(old: str, new: str) -> psycopg.sql.Composed:
    return SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(old), Identifier(new))


def _drop_old(connection: Db, projection: Projection) -> None:
    """Drop the tables that were swapped out; only readers that began before the swap can still hold them.

    Raises `LockNotAvailable` when they do so for long: new readers of the old tables must not queue behind a drop.
    """
    with connection.transaction():
        connection.execute(DROP_PATIENCE)
        connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(f"{projection.name}_old")))
