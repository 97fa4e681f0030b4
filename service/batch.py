"""One transaction for many requests: look, decide each, write all that may be written.

Two round trips, whatever the number of requests: the first takes the log's lock and reads heads, keys, receipts and
counters; the second writes and commits. In between each request is decided alone, in order, against what the database
says and what its neighbours in the batch have just been granted; a refused one leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from domain.errors import KeyReused, Stale
from domain.kernel import stamp, stream_id
from domain.numbering import file_number
from domain.receipt import ReceiptIssued
from service.append import EVERYBODY, Append, Appended, Receipt, Series, StreamWrite, made_of
from service.columns import Blobs, Column, Ints, Texts, Uuids
from service.mapper import EventMapper, holder
from service.newer import Following
from service.recorder import EVENTS_TABLE, TAKE_LOG_LOCK, OrderedRecorder
from service.vault import Keyring, Vault

Db = Connection[TupleRow]

HEADS = """
SELECT id, (SELECT max(originator_version) FROM stored_events WHERE originator_id = id)
  FROM unnest(%b::uuid[]) AS named (id)
"""
KEYS = "SELECT stream, owner, key_id, wrapped FROM vault_keys WHERE stream = ANY(%b::uuid[])"
RECEIPTS = """
SELECT receipt.originator_id, receipt.topic, receipt.state, receipt.notification_id,
       (SELECT fact.notification_id FROM stored_events AS fact
         WHERE fact.notification_id < receipt.notification_id AND fact.topic <> receipt.topic
         ORDER BY fact.notification_id DESC LIMIT 1) AS answered
  FROM stored_events AS receipt
 WHERE receipt.originator_id = ANY(%b::uuid[]) AND receipt.originator_version = 1
"""
"""Each receipt with the position of the last fact of its own request: that is what stands before its receipts."""
UPLOADED = "SELECT id FROM attachment_keys WHERE id = ANY(%b::text[]) ORDER BY id FOR UPDATE"
COUNTERS = """
SELECT office, year, next FROM number_series
 WHERE (office, year) IN (SELECT * FROM unnest(%b::text[], %b::int[]))
"""
COUNT_ON = """
INSERT INTO number_series (office, year, next) SELECT * FROM unnest(%b::text[], %b::int[], %b::int[])
    ON CONFLICT (office, year) DO UPDATE SET next = excluded.next
"""
DROP_KEYS = "DELETE FROM vault_keys WHERE key_id = ANY(%b::uuid[])"
ATTACHED = "DELETE FROM attachment_keys WHERE id = ANY(%b::text[])"
ADD_KEYS = """
INSERT INTO vault_keys (key_id, stream, owner, wrapped)
SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::bytea[])
"""


@dataclass(slots=True, eq=False)
class Job:
    """A request on its way: what it writes, who waits for it.

    For each new file `rings` and `bodies` hold its keys and its facts sealed in advance, so that no time is spent on
    them while the log is locked. `uncertain` marks one whose COMMIT nobody saw the answer to; `numbers` are then those
    that its new files got in that transaction.
    """

    append: Append
    future: Future[Appended]
    rings: tuple[Keyring, ...] = ()
    bodies: tuple[tuple[bytes, ...], ...] = ()
    uncertain: bool = False
    numbers: tuple[str, ...] = ()


@dataclass(slots=True)
class Issued:
    """A receipt that is there already: in the database at a position, or granted to a neighbour in this batch."""

    fact: ReceiptIssued
    command_id: UUID
    position: int = 0
    by: int | None = None


@dataclass(slots=True)
class Granted:
    """A request that will be written: its last fact stands at `last` in the batch's rows."""

    last: int
    numbers: tuple[str, ...]
    versions: dict[str, int]


Verdict = Granted | Issued | Exception
Outcome = Appended | Exception


@dataclass(slots=True)
class Trial:
    """What one request would write, kept apart until all of it stands."""

    rows: list[StoredEvent] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    rings: dict[str, Keyring] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)
    numbers: list[str] = field(default_factory=list)
    first: str | None = None
    last: int = 0


class Batch:
    """Carries out one transaction; used once. `last` is then the position of the last event that was written, or 0."""

    def __init__(
        self,
        recorder: OrderedRecorder,
        mapper: EventMapper,
        vault: Vault,
        jobs: Sequence[Job],
        following: Following | None = None,
    ) -> None:
        """Note what must be looked up for these jobs; `following` asks for more while the log is locked."""
        self._recorder, self._mapper, self._vault, self._jobs = recorder, mapper, vault, jobs
        self._following, self.last = following, 0
        self._heads: dict[str, int] = {}
        self._rings: dict[str, Keyring] = {}
        self._receipts: dict[str, Issued] = {}
        self._next: dict[Series, int] = {}
        self._counted: set[Series] = set()
        self._uploaded: set[str] = set()
        self._attached: set[str] = set()
        self._rows: list[StoredEvent] = []

    def commit(self, db: Db, *, locked: bool = False) -> list[Outcome]:
        """Decide and write; one outcome per job. Database errors are raised and leave nothing written.

        `locked`: a transaction was begun that holds the log's lock.
        """
        self._look(db, locked=locked)
        verdicts = [self._decide(index, job) for index, job in enumerate(self._jobs)]
        if not self._rows:
            db.execute("ROLLBACK")
        positions = self._write(db) if self._rows else []
        self.last = positions[-1] if positions else 0
        outcomes: list[Outcome] = []
        for verdict in verdicts:
            outcomes.append(self._outcome(verdict, positions, outcomes))
        return outcomes

    def _look(self, db: Db, *, locked: bool) -> None:
        """The first round trip, and a second one only where receipts were found, for the keys of their answers."""
        names = {write.stream for job in self._jobs for write in job.append.writes if write.stream is not None}
        streams = {stream_id(name): name for name in names}
        receipts = {stream_id(r.stream): r.stream for job in self._jobs for r in job.append.receipts}
        attaches = {name for job in self._jobs for write in job.append.writes for name in write.attaches}
        series = {job.append.series for job in self._jobs if job.rings and job.append.series is not None}
        with db.pipeline():
            if not locked:
                db.execute("BEGIN", prepare=False)
                db.execute(TAKE_LOG_LOCK)
            heads = _ask(db, HEADS, Uuids(streams))
            keys = _ask(db, KEYS, Uuids(streams))
            issued = _ask(db, RECEIPTS, Uuids(receipts))
            uploaded = _ask(db, UPLOADED, Texts(sorted(attaches)))
            counters = _ask(db, COUNTERS, Texts(s.office for s in series), Ints(s.year for s in series))
            if self._following is not None:
                self._following.ask(db)
        self._heads = {streams[id_]: head or 0 for id_, head in _rows(heads)}
        self._rings = self._keyrings(names, streams, _rows(keys))
        self._uploaded = {name for (name,) in _rows(uploaded)}
        self._next = {Series(office, year): following for office, year, following in _rows(counters)}
        self._receipts = self._read_receipts(db, receipts, _rows(issued))

    def _keyrings(self, names: set[str], streams: dict[UUID, str], rows: Iterable[TupleRow]) -> dict[str, Keyring]:
        stored: dict[str, list[tuple[str, UUID, bytes]]] = {name: [] for name in names}
        for stream, owner, key_id, wrapped in rows:
            stored[streams[stream]].append((owner, key_id, wrapped))
        return {name: Keyring(self._vault, keys) for name, keys in stored.items()}

    def _read_receipts(self, db: Db, names: dict[UUID, str], rows: Iterable[TupleRow]) -> dict[str, Issued]:
        found = [(Notification(id_, 1, topic, state, own), position) for id_, topic, state, own, position in rows]
        if not found:
            return {}
        read = [(stored, position, self._mapper.state(stored)) for stored, position in found]
        holders = [stream_id(holder(state)) for _, _, state in read]
        keys = self._mapper.unwrap((row[2], row[3]) for row in _rows(_ask(db, KEYS, Uuids(holders))))
        issued: dict[str, Issued] = {}
        for stored, position, state in read:
            recorded = self._mapper.recorded(stored, state, keys)
            fact = cast(ReceiptIssued, recorded.fact)
            issued[names[cast(UUID, stored.originator_id)]] = Issued(fact, recorded.command_id, position)
        return issued

    def _decide(self, index: int, job: Job) -> Verdict:
        """Grant, replay or refuse one request; only a grant changes what its later neighbours see."""
        try:
            for receipt in job.append.receipts:
                earlier = self._receipts.get(receipt.stream)
                if earlier is not None:
                    if receipt.strict and earlier.fact.request_digest != receipt.request_digest:
                        return KeyReused()
                    return earlier
            return self._grant(index, job)
        except Exception as error:  # whatever a request trips over is its own affair, not its neighbours'
            return error

    def _grant(self, index: int, job: Job) -> Granted:
        append, trial = job.append, Trial()
        for write in append.writes:
            self._encode(trial, job, write)
        trial.last = len(trial.rows) - 1
        issued = {receipt.stream: self._issue(trial, job, receipt, index) for receipt in append.receipts}
        granted = Granted(len(self._rows) + trial.last, tuple(trial.numbers), trial.heads)
        self._rows += trial.rows
        self._heads |= trial.heads
        self._rings |= trial.rings
        self._attached |= trial.attached
        self._receipts |= issued
        job.numbers = granted.numbers
        if trial.numbers:
            assert append.series is not None
            self._next[append.series] = self._next.get(append.series, 1) + len(trial.numbers)
            self._counted.add(append.series)
        return granted

    def _encode(self, trial: Trial, job: Job, write: StreamWrite) -> None:
        """Put one write's events into the trial; raises `Stale` unless all stands as the caller saw it."""
        if write.stream is None:
            assert job.append.series is not None
            series, place = job.append.series, len(trial.numbers)
            name = file_number(series.office, series.year, self._next.get(series, 1) + place)
            ring = trial.rings[name] = job.rings[place]
            bodies: Sequence[bytes | None] = job.bodies[place]
            trial.numbers.append(name)
        else:
            name = write.stream
            if trial.heads.get(name, self._heads.get(name, 0)) != write.after:
                raise Stale
            ring = trial.rings[name] = trial.rings.get(name) or self._rings[name].copy()
            for owner in write.forget:
                ring.forget(None if owner == EVERYBODY else owner)
            bodies = [None] * len(write.facts)
        if not set(write.attaches) <= self._uploaded - self._attached:
            raise Stale
        trial.attached |= set(write.attaches)
        recorded = stamp(
            write.facts,
            stream=name,
            after=write.after,
            context=job.append.context,
            occurred_at=write.occurred_at,
            backdated_because=write.backdated_because,
        )
        for event, body in zip(recorded, bodies, strict=True):
            trial.rows.append(self._mapper.to_stored_event(event, ring, body))
        trial.heads[name] = write.after + len(write.facts)
        trial.first = trial.first or name

    def _issue(self, trial: Trial, job: Job, receipt: Receipt, index: int) -> Issued:
        """Put a receipt's event into the trial, sealed under the keys of its new file, or of the first stream."""
        assert trial.first is not None
        name, context = trial.numbers[receipt.of] if trial.numbers else trial.first, job.append.context
        fact = ReceiptIssued(
            stream=name,
            version=trial.heads[name],
            stage=receipt.stage,
            round=receipt.round,
            request_digest=receipt.request_digest,
            query_code=receipt.query_code,
        )
        (event,) = stamp([fact], stream=receipt.stream, after=0, context=context, occurred_at=context.now)
        trial.rows.append(self._mapper.to_stored_event(event, trial.rings[name], holder=name))
        return Issued(fact, context.command_id, by=index)

    def _write(self, db: Db) -> list[int]:
        """The second round trip. Returns the positions of all rows, in order."""
        dropped = [key_id for ring in self._rings.values() for key_id in ring.dropped]
        made = [(name, owner, key) for name, ring in self._rings.items() for owner, key in ring.made.items()]
        series = sorted(self._counted, key=lambda s: (s.office, s.year))
        with db.pipeline():
            offices, years = Texts(s.office for s in series), Ints(s.year for s in series)
            _ask(db, COUNT_ON, offices, years, Ints(self._next[s] for s in series))
            _ask(db, DROP_KEYS, Uuids(dropped))
            _ask(db, ATTACHED, Texts(sorted(self._attached)))
            _ask(
                db,
                ADD_KEYS,
                Uuids(key.id for _, _, key in made),
                Uuids(stream_id(name) for name, _, _ in made),
                Texts(owner for _, owner, _ in made),
                Blobs(self._vault.wrap(key) for _, _, key in made),
            )
            inserted = self._recorder.insert_batch(db, self._rows)
            db.execute(f"NOTIFY {EVENTS_TABLE}")
            db.execute("COMMIT", prepare=False)
        positions = [position for (position,) in inserted]
        assert len(positions) == len(self._rows)
        return positions

    def _outcome(self, verdict: Verdict, positions: list[int], earlier: list[Outcome]) -> Outcome:
        if isinstance(verdict, Exception):
            return verdict
        if isinstance(verdict, Granted):
            return made_of(positions[verdict.last], verdict.numbers, verdict.versions)
        position = verdict.position
        if verdict.by is not None:
            first = earlier[verdict.by]
            assert isinstance(first, Appended)
            position = first.position
        fact = verdict.fact
        return Appended(position, fact.stream, {fact.stream: fact.version}, replayed=fact)


def _ask(db: Db, query: str, *columns: Column) -> Cursor[TupleRow] | None:
    """Send a query over columns, unless they are empty."""
    return db.execute(query, columns, prepare=True, binary=True) if columns[0].values else None


def _rows(cursor: Cursor[TupleRow] | None) -> Iterable[TupleRow]:
    return cursor.fetchall() if cursor is not None else ()
