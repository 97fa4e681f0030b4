"""Finding out what became of a request whose COMMIT nobody saw the answer to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection
from psycopg.rows import TupleRow

from domain.kernel import stream_id
from service.append import Append, Appended, made_of
from service.mapper import EventMapper
from service.recorder import TAKE_LOG_LOCK

EVENT = """
SELECT topic, state, notification_id FROM stored_events WHERE originator_id = %s AND originator_version = %s
"""


def recover(db: Connection[TupleRow], mapper: EventMapper, append: Append, numbers: Sequence[str]) -> Appended | None:
    """The answer to a request that was committed after all; None when nothing of it was written.

    The command id in the events tells: a new file is looked up under the number that it would have got (`numbers`, in
    the order of the writes), a step by the version it would have made. If it was not written, somebody else's command
    has the number, or nobody's. Taking the log's lock first waits for a transaction that the server may still be
    finishing.
    """
    with db.transaction():
        db.execute(TAKE_LOG_LOCK)
        if len(numbers) < sum(write.stream is None for write in append.writes):
            return None
        following = iter(numbers)
        streams = [write.stream or next(following) for write in append.writes]
        written = [(name, write) for name, write in zip(streams, append.writes, strict=True) if write.facts]
        name, first = written[0]
        found = _event(db, name, first.after + 1)
        if found is None or mapper.state(found[0])["c"] != append.context.command_id.hex:
            return None
        name, last = written[-1]
        end = _event(db, name, last.after + len(last.facts))
        assert end is not None
        reached = [write.after + len(write.facts) for write in append.writes]
        return made_of(end[1], tuple(numbers), dict(zip(streams, reached, strict=True)))


def _event(db: Connection[TupleRow], name: str, version: int) -> tuple[StoredEvent, int] | None:
    id_: UUID = stream_id(name)
    row = db.execute(EVENT, (id_, version)).fetchone()
    return (StoredEvent(id_, version, row[0], row[1]), row[2]) if row else None
