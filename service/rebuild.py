"""Building a projection anew while the service runs, and swapping it in without a gap for readers.

The rebuilding process does all of it itself, over a connection of its own: the running service when it starts with
tables of another version, or `huiying rebuild` beside it or without it. New tables are filled in `<name>_next` from
position 0 while the live ones go on being fed. At the end one transaction holds the live position, brings the new
tables up to it, and renames schemas; renaming waits for no reader, and none ever finds less than before. The feeding
runner notices by itself: it holds no position of its own, and moves one only by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Event

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier

from projections.filling import bared, dressed
from projections.projection import Poisoned, Projection, create, feeding
from projections.writing import Refused, write_guarded
from service.advisory import REBUILD_LOCKS, SWAP_LOCK
from service.feed import BATCH, Db, Log, Stuck, passing, read, schema_of, take
from service.helper import helper
from service.positions import Fenced, advancing, stop
from service.readying import Made, Span, Work, ready_ahead
from service.settling import settled

Progress = Callable[[int, int], None]
"""Called with the position reached and the position of the newest event."""

HELPED_FROM = 50_000
"""Events from which on a helper process pays: its start costs what reading twenty thousand does."""

LINES = 2
"""Connections that fill tables side by side, and projections that have their indexes made at a time."""

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
    helped_from: int = HELPED_FROM,
) -> None:
    """Build these projections anew from the whole log and put them in the place of the live ones.

    A log of `helped_from` events or more is read by two processes.

    Raises `AlreadyRebuilding`, `Interrupted`, or `Poisoned` for the first projection that could not take an event; its
    live tables then stay as they are, and the others are swapped all the same.
    """
    with settled(), _connected(url, log) as connection, ExitStack() as locks:
        for projection in sorted(projections, key=lambda projection: projection.name):
            locks.enter_context(_reserved(connection, projection.name))
        making = _Making(url, connection, log, batch, partial(_report, progress, stopping or Event()), helped_from)
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
    helped_from: int

    def built(self, projections: Sequence[Projection], *, filling: bool) -> list[Poisoned]:
        """Make and fill the new tables; what they could not take.

        `filling`: what can wait is done over full tables. Where that fails, a row is to blame: the projection is built
        once more, row by row, so that the event is found.
        """
        left = {one.name: _begin(self.connection, one, filling=filling) for one in projections}
        group = list(projections)
        bad = self._filled(group, filling=filling)
        with ThreadPoolExecutor(LINES, "dress") as pool:
            dresses = list(pool.map(lambda one: self._dresses(left[one.name]), group))
        again = [projection for projection, fits in zip(group, dresses, strict=True) if not fits]
        return bad + (self.built(again, filling=False) if again else [])

    def _dresses(self, statements: list[str]) -> bool:
        """Carry out what was left for full tables; False where a row does not fit."""
        with psycopg.connect(self.url, autocommit=True, application_name="huiying rebuild") as connection:
            connection.execute("SET synchronous_commit = off")
            try:
                dressed(connection, statements)
            except psycopg.DatabaseError as error:
                if passing(error):
                    raise
                return False
        return True

    def _filled(self, group: list[Projection], *, filling: bool) -> list[Poisoned]:
        """Feed the new tables until hardly anything is left to read, which is done at the swap.

        Those that fail on the way drop out of the group and are returned.
        """
        last = self.log.last_position()
        work = Work(tuple(group), filling)
        helping = helper(self.url, self.log, work) if last >= self.helped_from else None
        bad: list[Poisoned] = []
        with (
            self._lines(group) as lines,
            ThreadPoolExecutor(LINES, "rows") as pool,
            ready_ahead(_spans(self.log, self.size), work.hand(self.log), helping) as spans,
        ):
            for span, made in spans:
                taking = [pool.submit(line.take, self.log, span, made, filling=filling) for line in lines]
                bad += [poisoned for taken in taking for poisoned in taken.result()]
                if not any(line.projections for line in lines):
                    break
                self.report(span.upto, max(last, span.upto))
        failed = {poisoned.projection for poisoned in bad}
        group[:] = [projection for projection in group if projection.name not in failed]
        return bad

    @contextmanager
    def _lines(self, group: Sequence[Projection]) -> Iterator[list[_Line]]:
        """The projections dealt out there and back, as those that write most stand at the catalogue's head."""
        dealt = [[one for n, one in enumerate(group) if (n + 1) // 2 % LINES == line] for line in range(LINES)]
        with ExitStack() as opened:
            yield [
                _Line(opened.enter_context(_connected(self.url, self.log)), projections)
                for projections in dealt
                if projections
            ]


@dataclass(slots=True)
class _Line:
    """A connection that fills the tables of its projections, which all stand at `position`.

    Each keeps to its own, since for every text of theirs it has a function to make.
    """

    connection: Db
    projections: list[Projection]
    position: int = 0

    def take(self, log: Log, span: Span, made: Made, *, filling: bool) -> list[Poisoned]:
        """Take a span; those that could not take all of it drop out, and are returned."""
        if not self.projections or self._written(span, made):
            self.position = span.upto
            return []
        bad = self._looked_into(log, span, filling=filling)
        _give_up(self.connection, self.projections, bad)
        return bad

    def _written(self, span: Span, made: Made) -> bool:
        """Whether what was made of the span was all there and fitted into the tables; then it is in them."""
        if not all(one.name in made for one in self.projections):
            return False
        writes = [one for projection in self.projections for one in made[projection.name]]
        moved = advancing(self.projections, "next", self.position, span.upto)
        try:
            write_guarded(self.connection, writes, moved)
        except Refused:
            raise Fenced(f"not all of {len(self.projections)} new projections stood at {self.position}") from None
        except Exception as error:
            if passing(error) or self.connection.closed:
                raise
            return False
        return True

    def _looked_into(self, log: Log, span: Span, *, filling: bool) -> list[Poisoned]:
        """Take a span from its events, so that one to blame is found; what failed."""
        bad: list[Poisoned] = []
        left = list(self.projections)
        while left and self.position < span.upto:
            try:
                batch = read(self.connection, log, left, self.position, span.upto - self.position)
            except Stuck as stuck:
                return bad + stuck.for_each(left)
            within = [recorded for recorded in batch if recorded.position <= span.upto]
            if not within:
                break
            failed = take(self.connection, left, "next", self.position, within, filling=filling)
            self.position = within[-1].position
            bad += failed
            left = [one for one in left if one.name not in {poisoned.projection for poisoned in failed}]
        return bad


def _connected(url: str, log: Log) -> Db:
    connection = psycopg.connect(url, autocommit=True, application_name="huiying rebuild")
    feeding(connection, log.blind)
    return connection


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


def _spans(log: Log, size: int) -> Iterator[Span]:
    """The log in spans; it may grow meanwhile, and less than a span of that is left."""
    after = 0
    while (last := log.last_position()) - after >= (size if after else 1):
        while after < last:
            yield (span := Span(after, min(after + size, last)))
            after = span.upto


def _give_up(connection: Db, group: list[Projection], failed: list[Poisoned]) -> None:
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
