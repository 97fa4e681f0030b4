"""The events table: eventsourcing's layout and recorder, with our own order of writing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, Cursor
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Literal

from service.advisory import LOG_LOCK
from service.columns import Bigints, Blobs, Texts, Uuids, taking_columns

EVENTS_TABLE = "stored_events"
"""Also the channel on which the log announces new events."""

TAKE_LOG_LOCK = SQL("SELECT pg_advisory_xact_lock({})").format(Literal(LOG_LOCK))

BEGIN_LOCKED = SQL("BEGIN; ") + TAKE_LOG_LOCK
"""Both in one round trip of their own; a pipeline takes them one by one."""

CONNECT_TIMEOUT = 5.0
RECONNECT_TIMEOUT = 2.0


class OrderedRecorder(PostgresApplicationRecorder):
    """The library's recorder on the library's table, serialised by an advisory lock instead of `LOCK TABLE`.

    `LOCK TABLE … EXCLUSIVE` in a pipeline of some fourteen waits was measured 2 to 6 times slower, stalls with VACUUM,
    and needs more privilege than INSERT; the library's insert function drops the lock and lets a tailing reader lose
    events. The advisory lock gives what the lock is for: positions are handed out in the order of commits, because one
    transaction at a time holds it until its end. `insert_events` of the library goes through the same lock; the writer
    (service/writer.py) uses `insert_batch` inside its own transaction.
    """

    INSERT_BATCH = """
        INSERT INTO stored_events (originator_id, originator_version, topic, state)
        SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]) RETURNING notification_id
    """

    def __init__(self, datastore: PostgresDatastore) -> None:
        """Set the library's statements to our lock, and leave its unsafe insert function uncreated."""
        super().__init__(datastore, events_table_name=EVENTS_TABLE)
        self.lock_table_statements = [TAKE_LOG_LOCK]
        del self.sql_create_statements[self.create_insert_function_statement_index]

    def insert_batch(self, connection: Connection[TupleRow], events: Sequence[StoredEvent]) -> Cursor[TupleRow]:
        """Insert events in their order; the caller holds the lock and commits. The cursor yields their positions."""
        columns = (
            Uuids(cast(UUID, event.originator_id) for event in events),
            Bigints(event.originator_version for event in events),
            Texts(event.topic for event in events),
            Blobs(event.state for event in events),
        )
        return connection.execute(self.INSERT_BATCH, columns, prepare=True, binary=True)


def connect(url: str, purpose: str) -> Connection[TupleRow]:
    """A connection of one's own, in autocommit, which the server shows as `huiying <purpose>`."""
    timeout = conninfo_to_dict(url).get("connect_timeout", int(CONNECT_TIMEOUT))
    conninfo = make_conninfo(url, connect_timeout=timeout, application_name=f"huiying {purpose}")
    connection = Connection.connect(conninfo, autocommit=True)
    taking_columns(connection)
    return connection


def connect_recorder(url: str, *, readers: int) -> OrderedRecorder:
    """A recorder on the database at `url` (any libpq URL), reading over up to `readers` connections."""
    settings = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=str(settings.pop("dbname", "")),
        host=str(settings.pop("host", "")),
        port=str(settings.pop("port", "")),
        user=str(settings.pop("user", "")),
        password=str(settings.pop("password", "")),
        connect_timeout=CONNECT_TIMEOUT,
        pool_size=1,
        max_overflow=max(readers - 1, 0),
    )
    # The library knows five settings; the others (application_name, sslmode, target_session_attrs …) belong to libpq.
    assert isinstance(datastore.pool.kwargs, dict)
    datastore.pool.kwargs.update({"application_name": "huiying", **settings})
    datastore.pool.reconnect_timeout = RECONNECT_TIMEOUT
    return OrderedRecorder(datastore)
