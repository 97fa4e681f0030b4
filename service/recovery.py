"""Finding out what became of a request whose COMMIT nobody saw the answer to."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection
from psycopg.rows import TupleRow

from domain.kernel import stream_id
from service.append import Append, Appended
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
        made = next((write for write in written if write.stream is None), None)
        if made is None:
            assert written[0].stream is not None
            mark = (written[0].stream, written[0].after + 1)
        else:
            mark = (append.receipts[0].stream, 1)
        found = _event(db, *mark)
        if found is None:
            return None
        state = mapper.state(found[0])
        if state["c"] != append.context.command_id.hex:
            return None
        number = cast(str, state["f"]["stream"]) if made is not None else None
        versions = {write.stream or str(number): write.after + len(write.facts) for write in append.writes}
        name = written[-1].stream or str(number)
        last = _event(db, name, written[-1].after + len(written[-1].facts))
        assert last is not None
        return Appended(last[1], number, versions)


def _event(db: Connection[TupleRow], name: str, version: int) -> tuple[StoredEvent, int] | None:
    id_: UUID = stream_id(name)
    row = db.execute(EVENT, (id_, version)).fetchone()
    return (StoredEvent(id_, version, row[0], row[1]), row[2]) if row else None
