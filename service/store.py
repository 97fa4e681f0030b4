"""The store: histories out, appends in, and the log in order for those who follow it.

All writes of a process go through one writer (service/writer.py); reads take a connection of the pool. Personal values
are opened here and nowhere else on the way out, under keys that are read with the events each time, so that an erasure
by another process takes effect at once.
"""

from __future__ import annotations

from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from eventsourcing.persistence import InterfaceError, Notification, OperationalError, StoredEvent
from eventsourcing.utils import retry
from psycopg.rows import DictRow, tuple_row

from domain.kernel import Aggregate, Recorded, stream_id
from domain.receipt import ReceiptIssued, receipt_stream
from service.append import EVERYBODY, Append, Appended, Receipt, Series, StreamWrite
from service.batch import RECEIPTS
from service.listening import Listener
from service.mapper import EventMapper, UnknownTopic, Unreadable, holder
from service.migrations import migrate
from service.newer import FOLLOWING, FOLLOWING_KEYS, Follower
from service.recorder import connect_recorder
from service.vault import FILE, DataKey, Vault
from service.writer import StoreFailed, Writer

A = TypeVar("A", bound=Aggregate)

HISTORY = """
SELECT originator_id, originator_version, topic, state, notification_id
  FROM stored_events WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version
"""
WITH_TOPIC = """
SELECT DISTINCT ON (originator_id) originator_id, originator_version, state FROM stored_events WHERE topic = %s
"""
VERSION = "SELECT max(originator_version) AS version FROM stored_events WHERE originator_id = %s"
POSITION = "SELECT notification_id FROM stored_events WHERE originator_id = %s AND originator_version = %s"
PROBE = """
INSERT INTO vault_keys (key_id, stream, owner, wrapped) VALUES (%s, %s, %s, %s) ON CONFLICT (stream, owner) DO NOTHING
"""
PROBED = "SELECT key_id, wrapped FROM vault_keys WHERE stream = %s AND owner = %s"
NOBODY = UUID(int=0)
MASTER = "master"
"""Owner of a key that seals nothing and only shows which master key the database belongs to."""

NEWEST = "SELECT max(notification_id) AS newest FROM stored_events"
KEYS = "SELECT key_id, wrapped FROM vault_keys WHERE stream = ANY(%b)"


patient = retry((InterfaceError, OperationalError), max_attempts=3, wait=0.2)
"""For reads, as the library's own: a pooled connection may have died with a restarted server."""


class Store:
    """Events in PostgreSQL at `url`, personal values sealed by `vault`.

    `readers` bounds the connections for reading, `queue` the requests that may wait for the writer (beyond it they are
    refused as `Busy`), `batch` the requests that share one transaction, `patience` the seconds for which a lost
    database is tried again before those who wait are refused as `Busy`. `shared`: other processes write as much as this
    one does.
    """

    def __init__(
        self,
        url: str,
        vault: Vault,
        *,
        readers: int = 4,
        queue: int = 4096,
        batch: int = 512,
        patience: float = 20.0,
        shared: bool = False,
    ) -> None:
        """Connect; raises `WrongMasterKey` when the database was written under another master key."""
        self._url = url
        self._vault = vault
        self._mapper = EventMapper(vault)
        self._recorder = connect_recorder(url, readers=readers)
        self._datastore = self._recorder.datastore
        try:
            self._check_master_key()
        except BaseException:
            self._datastore.close()
            raise
        self._writer = Writer(
            url, self._recorder, vault, self._mapper, queue=queue, batch=batch, patience=patience, shared=shared
        )

    @patient
    def history(self, stream: str, after: int = 0) -> list[Recorded]:
        """The events of a stream behind version `after`, in order, personal values opened; maybe none."""
        id_ = stream_id(stream)
        with self._datastore.get_connection() as db, db.pipeline():
            # Keys after events: one that was made in between is there, one that was dropped in between is gone.
            events = db.execute(HISTORY, (id_, after), prepare=True, binary=True)
            keys = db.execute(KEYS, ([id_],), prepare=True, binary=True)
            found, stored_keys = events.fetchall(), keys.fetchall()
        opened = self._mapper.unwrap((row["key_id"], row["wrapped"]) for row in stored_keys)
        return [self._mapper.to_domain_event(_notification(row), opened) for row in found]

    @patient
    def receipt(self, name: str) -> tuple[ReceiptIssued, int] | None:
        """What was answered under a receipt's name, with the position of the answer; None if it was never issued."""
        with self._datastore.cursor() as cursor:
            ids = [stream_id(receipt_stream(name))]
            row = cursor.execute(RECEIPTS, (ids,), prepare=True, binary=True).fetchone()
        if row is None:
            return None
        stored = Notification(row["originator_id"], 1, row["topic"], row["state"], row["notification_id"])
        state = self._mapper.state(stored)
        issued = self._mapper.recorded(stored, state, self._keys({holder(state)})).fact
        assert isinstance(issued, ReceiptIssued)
        return issued, row["answered"]

    def fold(self, aggregate: A) -> A:
        """Bring an aggregate up to date with its stream."""
        return aggregate.fold(self.history(aggregate.stream, aggregate.version))

    def append(self, append: Append) -> Future[Appended]:
        """Hand over a request; the future tells what came of it.

        The future raises `Stale` (somebody was there first: load, decide again), `KeyReused`, `Busy`, or `StoreFailed`.
        Raises `Busy` at once when too much is waiting already.
        """
        return self._writer.submit(append)

    def follow(self, follower: Follower) -> None:
        """Tell somebody what other processes add, as far as this one's writer comes across it; where it is `shared`."""
        self._writer.follow(follower)

    def notifications(self, after: int, limit: int, *, readable: bool) -> list[Recorded]:
        """Up to `limit` events behind position `after`, in the order in which they were committed.

        With `readable` personal values are opened, otherwise they all come as `Erased` and no key is read.
        """
        stored, keys = self._following(after, limit, readable)
        states = [self._mapper.state(event) for event in stored]
        if readable:
            # A receipt is sealed under its file's keys; the file's own events mostly stand beside it.
            streams = {state["s"] for state in states}
            keys |= self._keys({name for name in map(holder, states) if name not in streams})
        return [self._mapper.recorded(event, state, keys) for event, state in zip(stored, states, strict=True)]

    def blind(self, purpose: str, value: str) -> str:
        """The keyed hash by which a projection finds equal personal values without holding them."""
        return self._vault.blind(purpose, value)

    @property
    def master_key(self) -> bytes:
        """What a child process needs to read the same log; for a pipe to it, and nowhere else."""
        return self._vault.master_key

    @patient
    def last_position(self) -> int:
        """The position of the newest event; 0 when there is none."""
        # Not by the library, which tries ten times: who asks would wait most of a minute for a database that is gone.
        with self._datastore.cursor() as cursor:
            row = cursor.execute(NEWEST, prepare=True).fetchone()
        assert row is not None
        return row["newest"] or 0

    @patient
    def position_of(self, stream: str, version: int) -> int | None:
        """The position of one event, None when there is no such event."""
        with self._datastore.cursor() as cursor:
            row = cursor.execute(POSITION, (stream_id(stream), version), prepare=True).fetchone()
        return row["notification_id"] if row else None

    @patient
    def streams_with(self, topic: str) -> list[str]:
        """The names of the streams that have a fact of this topic. Looks through the whole log: not for every day."""
        with self._datastore.cursor() as cursor:
            rows = cursor.execute(WITH_TOPIC, (topic,)).fetchall()
        stored = (StoredEvent(row["originator_id"], row["originator_version"], topic, row["state"]) for row in rows)
        return sorted(str(self._mapper.state(event)["s"]) for event in stored)

    @patient
    def version_of(self, stream: str) -> int:
        """How many events a stream has; 0 where nobody knows it."""
        with self._datastore.cursor() as cursor:
            row = cursor.execute(VERSION, (stream_id(stream),), prepare=True).fetchone()
        return (row["version"] if row else None) or 0

    def listen(self) -> Listener:
        """A wake-up call for those who follow the log; a context manager with a connection of its own."""
        return Listener(self._url)

    @property
    def waiting(self) -> int:
        """How many requests wait for the writer now."""
        return self._writer.waiting

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._writer.close()
        self._datastore.close()

    @patient
    def _following(self, after: int, limit: int, readable: bool) -> tuple[list[Notification], dict[str, DataKey]]:
        """The stored events behind a position and the keys of their streams, in one round trip."""
        with self._datastore.get_connection() as db, db.pipeline(), db.cursor(row_factory=tuple_row) as cursor:
            # Keys after events: one that was made in between is there, one that was dropped in between is gone.
            cursor.execute(FOLLOWING, (after, limit), prepare=True, binary=True)
            keys = db.cursor(row_factory=tuple_row)
            if readable:
                keys.execute(FOLLOWING_KEYS, (after, limit), prepare=True, binary=True)
            stored = [Notification(*row) for row in cursor.fetchall()]
            return stored, self._mapper.unwrap(row[1:] for row in keys.fetchall()) if readable else {}

    @patient
    def _keys(self, streams: set[str]) -> dict[str, DataKey]:
        """The keys of these streams, for as long as one answer takes."""
        if not streams:
            return {}
        with self._datastore.cursor() as cursor:
            rows = cursor.execute(KEYS, ([stream_id(name) for name in streams],), prepare=True, binary=True).fetchall()
        return self._mapper.unwrap((row["key_id"], row["wrapped"]) for row in rows)

    def _check_master_key(self) -> None:
        """Hold the master key against the first one ever used here, before anything is sealed under a wrong one."""
        probe = self._vault.new_key()
        with self._datastore.cursor() as cursor:
            cursor.execute(PROBE, (probe.id, NOBODY, MASTER, self._vault.wrap(probe)))
            row = cursor.execute(PROBED, (NOBODY, MASTER)).fetchone()
        assert row is not None
        self._vault.unwrap(row["key_id"], row["wrapped"])

    def __enter__(self) -> Self:
        """Use it as a context manager that closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _notification(row: DictRow) -> Notification:
    return Notification(
        row["originator_id"], row["originator_version"], row["topic"], row["state"], row["notification_id"]
    )


__all__ = [
    "EVERYBODY",
    "FILE",
    "Append",
    "Appended",
    "Receipt",
    "Series",
    "Store",
    "StoreFailed",
    "StreamWrite",
    "UnknownTopic",
    "Unreadable",
    "migrate",
]
