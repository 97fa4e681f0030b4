"""Following the log: reading it in batches, and taking a batch into projections that stand at the same position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row

from domain.kernel import Recorded
from projections.projection import Poisoned, Projection, placed_writes
from projections.writing import Groups, Refused, write_guarded
from service.mapper import Unreadable
from service.positions import Fenced, Generation, advancing

BATCH = 1000
"""Events in one transaction."""

AFTER = "SELECT notification_id, topic FROM stored_events WHERE notification_id > %s ORDER BY notification_id LIMIT 1"

Db = Connection[Any]
Ready = Mapping[str, Groups]
NOT_READY: Ready = {}


class Log(Protocol):
    """What following the log needs of the store."""

    def notifications(self, after: int, limit: int, *, readable: bool) -> list[Recorded]:
        """Up to `limit` events behind position `after`, in order."""
        ...

    def last_position(self) -> int:
        """The position of the newest event."""
        ...

    def blind(self, purpose: str, value: str) -> str:
        """The keyed hash by which equal personal values are found."""
        ...

    @property
    def master_key(self) -> bytes:
        """What a child process needs to read the same log; for a pipe to it, and nowhere else."""
        ...


class Stuck(Exception):
    """The log cannot be read past an event: nobody can go on, whatever the projection."""

    def __init__(self, position: int, topic: str, cause: Exception) -> None:
        """Keep where it is and why."""
        self.position, self.topic, self.cause = position, topic, cause
        super().__init__(f"position {position} ({topic}) cannot be read")

    def for_each(self, group: Sequence[Projection]) -> list[Poisoned]:
        """What that means for each of these projections."""
        return [Poisoned(projection.name, self.position, self.topic, self.cause) for projection in group]


def schema_of(projection: Projection, generation: Generation) -> str:
    """The schema in which a projection's tables of that generation stand."""
    return projection.name if generation == "live" else f"{projection.name}_{generation}"


def read(connection: Db, log: Log, group: Sequence[Projection], after: int, limit: int) -> list[Recorded]:
    """Up to `limit` events behind `after`, fewer where one further on is unreadable; raises `Stuck` when it is next."""
    try:
        return log.notifications(after, limit, readable=any(projection.personal for projection in group))
    except Unreadable as error:
        if limit > 1:
            return read(connection, log, group, after, limit // 2)
        with connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(AFTER, (after,)).fetchone()
        assert row is not None
        raise Stuck(row[0], row[1], error) from None


def read_all(connection: Db, log: Log, group: Sequence[Projection], after: int, limit: int) -> Iterator[list[Recorded]]:
    """The log in batches until there is no more, the next one fetched while the caller is busy with the last."""
    readable = any(projection.personal for projection in group)
    with ThreadPoolExecutor(1, "log") as reader:
        coming = reader.submit(log.notifications, after, limit, readable=readable)
        while True:
            try:
                batch = coming.result()
            except Unreadable:
                batch = read(connection, log, group, after, limit)
            if not batch:
                return
            after = batch[-1].position
            coming = reader.submit(log.notifications, after, limit, readable=readable)
            yield batch


def ahead(
    group: Sequence[Projection], generation: Generation, batch: Sequence[Recorded], *, filling: bool = False
) -> Ready:
    """The writes of a batch by projection, for `take`; without those that fail, which it looks into."""
    ready = {}
    for projection in group:
        with suppress(Poisoned):
            ready[projection.name] = _writes(projection, generation, batch, filling=filling)
    return ready


def _writes(projection: Projection, generation: Generation, batch: Sequence[Recorded], *, filling: bool) -> Groups:
    return placed_writes(projection, schema_of(projection, generation), batch, filling=filling)


def take(
    connection: Db,
    group: Sequence[Projection],
    generation: Generation,
    before: int,
    batch: Sequence[Recorded],
    *,
    ready: Ready = NOT_READY,
    filling: bool = False,
) -> list[Poisoned]:
    """Take a batch into projections that all stand at `before`: rows and positions in one transaction.

    `ready` are writes of this batch that were worked out `ahead`; `filling`: what can be worked out at the end waits.

    A projection that cannot take an event does not hold up the others: each gets what it can take, and those that could
    not take everything are returned with the event they stopped at. Raises `Fenced`, and `psycopg.OperationalError` for
    what may pass by itself (a lost connection, a full disk).
    """
    try:
        writes = [ready.get(one.name) or _writes(one, generation, batch, filling=filling) for one in group]
        moved = advancing(group, generation, before, batch[-1].position)
        write_guarded(connection, [one for groups in writes for one in groups], moved)
    except Refused:
        raise Fenced(f"not all of {len(group)} projections stood at {before}") from None
    except Exception as error:
        if passing(error) or connection.closed:
            raise
        if len(group) > 1:
            each = (take(connection, [one], generation, before, batch, ready=ready, filling=filling) for one in group)
            return [bad for found in each for bad in found]
        if len(batch) > 1:
            middle = len(batch) // 2
            first, second = batch[:middle], batch[middle:]
            return take(connection, group, generation, before, first, filling=filling) or take(
                connection, group, generation, first[-1].position, second, filling=filling
            )
        if isinstance(error, Poisoned):
            return [error]
        return [Poisoned(group[0].name, batch[0].position, batch[0].fact.TOPIC, error)]
    return []


def passing(error: Exception) -> bool:
    """Whether an error says something about the database now rather than about an event.

    Class 54 (a row or index entry too large) counts as an operational error, yet comes again with the same event.
    """
    return isinstance(error, psycopg.OperationalError) and not (error.sqlstate or "").startswith("54")
