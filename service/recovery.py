"""Finding out what became of a request whose COMMIT nobody saw the answer to."""

from __future__ import annotations

from typing import cast
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


def recover(db: Connection[TupleRow], mapper: EventMapper, append: Append) -> Appended | None:
    """The answer to a request that was committed after all; None when nothing of it was written.

    The command id in the events tells: a new file is looked up by its receipt, a step by the version it would have
    made. Taking the log's lock first waits for a transaction that the server may still be finishing.
    """
    with db.transaction():
        db.execute(TAKE_LOG_LOCK)
        written = [write for write in append.writes if write.facts]
        new = sum(write.stream is None for write in written)
        if not new:
            assert written[0].stream is not None
            marks = [(written[0].stream, written[0].after + 1)]
        else:
            by_file = {receipt.of: receipt.stream for receipt in reversed(append.receipts)}
            marks = [(by_file[place], 1) for place in range(new)]
        states = [mapper.state(found[0]) for mark in marks if (found := _event(db, *mark)) is not None]
        if len(states) < len(marks) or states[0]["c"] != append.context.command_id.hex:
            return None
        numbers = tuple(cast(str, state["f"]["stream"]) for state in states) if new else ()
        following = iter(numbers)
        ends = [(write.stream or next(following), write.after + len(write.facts)) for write in append.writes]
        last = _event(db, *[end for end, write in zip(ends, append.writes, strict=True) if write.facts][-1])
        assert last is not None
        return made_of(last[1], numbers, dict(ends))


def _event(db: Connection[TupleRow], name: str, version: int) -> tuple[StoredEvent, int] | None:
    id_: UUID = stream_id(name)
    row = db.execute(EVENT, (id_, version)).fetchone()
    return (StoredEvent(id_, version, row[0], row[1]), row[2]) if row else None
