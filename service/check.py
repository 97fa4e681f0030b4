"""Holding what is stored against what it must be: projections, files and numbers against the events.

Everything is replayed into throw-away tables inside one transaction that is rolled back at the end, and compared row by
row with the live tables in that transaction's snapshot, each at the position that it had reached. So the service may go
on while it is checked. Findings name tables, keys and files, never contents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import Connection, Cursor, IsolationLevel
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from domain.errors import UnknownPetition
from domain.kernel import Recorded
from domain.numbering import FileNumber, file_number, parse
from domain.petition.events.receiving import PetitionImported, PetitionReceived
from domain.petition.petition import Petition
from projections.catalogue import PROJECTIONS
from projections.projection import Poisoned, Projection, apply, blinding, cause_code, create
from service.advisory import SWAP_LOCK
from service.feed import BATCH, Stuck, read_all
from service.positions import ProjectionState, states
from service.store import Store

Progress = Callable[[str, int, int], None]
"""Called with the part (`events` or `files`), how many are done, and of how many."""

Db = Connection[Any]
Row = tuple[Any, ...]

KEYS_TOLD = 100
"""Differing rows named per table; of more only the first are told."""

TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum),
       coalesce((SELECT array_agg(k.attname::text ORDER BY k.attnum) FROM pg_index i
                   JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY(i.indkey)
                  WHERE i.indrelid = c.oid AND i.indisprimary), '{}')
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind IN ('r', 'p')
 GROUP BY c.oid, c.relname ORDER BY c.relname
"""
ONLY_IN = SQL(
    "SELECT {keys} FROM (SELECT {columns} FROM {here} WHERE {told}"
    " EXCEPT ALL SELECT {columns} FROM {there} WHERE {told}) AS odd"
    " ORDER BY {keys} LIMIT {limit}"
)
SERIES = "SELECT office, year, next FROM number_series ORDER BY office, year"
LAST = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
LEDGER = "SELECT number, stage, round, version FROM ledger.rows"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be: where (a table, `stream`, `series`, `file`), which key, what is wrong."""

    where: str
    key: str
    problem: str

    def __str__(self) -> str:
        """One line for a report."""
        return f"{self.where} {self.key}: {self.problem}"


def check(
    store: Store,
    connection: Db,
    projections: Sequence[Projection] = PROJECTIONS,
    progress: Progress = lambda part, done, total: None,
) -> list[Difference]:
    """Every difference between what is stored and what the events say; empty when all is well.

    `connection` must be idle and in autocommit mode; nothing of what is done on it stays. An erasure that happens
    during the check can show as a difference of the erased file's rows; the next check is clean.
    """
    with _snapshot(connection):
        live = {state.name: state for state in states(connection) if state.generation == "live"}
        found = [difference for projection in projections for difference in _state(projection, live)]
        blinding(connection, store.blind)
        replay = _Replay(connection, [one for one in projections if _current(one, live)], live)
        complete = replay.run(store, progress)
        found += replay.found
        if not complete:
            return found
        with connection.cursor(row_factory=tuple_row) as cursor:
            for projection in replay.projections:
                found += _compare(cursor, projection)
            found += _series(cursor, replay.numbers)
            if "ledger" in live:
                found += _files(store, cursor, replay.numbers, live["ledger"].position, progress)
    return found


@contextmanager
def _snapshot(connection: Db) -> Iterator[None]:
    """A snapshot of everything, and no swap of tables while it is looked at."""
    # Not inside the transaction: its snapshot would be older than what the lock waited for.
    connection.execute("SELECT pg_advisory_lock_shared(%s)", (SWAP_LOCK,))
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction(force_rollback=True):
            yield
    finally:
        connection.isolation_level = None
        connection.execute("SELECT pg_advisory_unlock_shared(%s)", (SWAP_LOCK,))


def _current(projection: Projection, live: dict[str, ProjectionState]) -> bool:
    state = live.get(projection.name)
    return state is not None and state.version == projection.version


def _state(projection: Projection, live: dict[str, ProjectionState]) -> Iterator[Difference]:
    state = live.get(projection.name)
    if state is None:
        yield Difference("projection", projection.name, "is not built yet")
    elif state.version != projection.version:
        yield Difference("projection", projection.name, f"is of version {state.version}, not {projection.version}")
    elif state.state == "stopped":
        problem = f"stopped at position {state.error_position} ({state.error_topic}): {state.error_code}"
        yield Difference("projection", projection.name, problem)


class _Replay:
    """The log as the snapshot sees it, replayed into tables of their own, and what it tells of the streams.

    `projections` are those that could be replayed, `numbers` the files in the order of their numbers' taking.
    """

    def __init__(self, connection: Db, projections: list[Projection], live: dict[str, ProjectionState]) -> None:
        self.projections = projections
        self.numbers: list[str] = []
        self.found: list[Difference] = []
        self._connection = connection
        self._until = {projection.name: live[projection.name].position for projection in projections}
        self._versions: dict[str, int] = {}

    def run(self, store: Store, progress: Progress) -> bool:
        """Whether the log could be read to its end; without that nothing can be compared."""
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(LAST).fetchone()
        last = row[0] if row else 0
        for projection in self.projections:
            create(self._connection, projection, _aside(projection.name))
        try:
            for batch in read_all(self._connection, store, self.projections, 0, BATCH):
                seen = [recorded for recorded in batch if recorded.position <= last]
                self._see(seen)
                self._take(seen)
                progress("events", min(batch[-1].position, last), last)
                if batch[-1].position >= last:
                    break
        except Stuck as stuck:
            self.found.append(Difference("log", str(stuck.position), f"cannot be read: {cause_code(stuck.cause)}"))
            return False
        return True

    def _see(self, batch: list[Recorded]) -> None:
        for recorded in batch:
            before = self._versions.get(recorded.stream, 0)
            if recorded.version != before + 1:
                self.found.append(Difference("stream", recorded.stream, f"version {recorded.version} follows {before}"))
            if recorded.version > 1 or not recorded.stream.startswith("receipt:"):
                self._versions[recorded.stream] = recorded.version
            if recorded.version == 1 and isinstance(recorded.fact, PetitionReceived | PetitionImported):
                self.numbers.append(recorded.stream)

    def _take(self, batch: list[Recorded]) -> None:
        for projection in list(self.projections):
            part = [recorded for recorded in batch if recorded.position <= self._until[projection.name]]
            try:
                with self._connection.transaction():
                    apply(self._connection, projection, _aside(projection.name), part)
            except Exception as error:
                code = error.code if isinstance(error, Poisoned) else cause_code(error)
                self.found.append(Difference("projection", projection.name, f"cannot be replayed: {code}"))
                self.projections.remove(projection)


def _aside(name: str) -> str:
    return f"{name}_check"


def _compare(cursor: Cursor[Row], projection: Projection) -> Iterator[Difference]:
    """Every table of a projection, row by row, both ways."""
    name = projection.name
    replayed = cursor.execute(TABLES, (_aside(name),)).fetchall()
    live = cursor.execute(TABLES, (name,)).fetchall()
    if replayed != live:
        yield Difference("projection", name, "its live tables have another shape")
        return
    for table, columns, keys in replayed:
        expected, there = Identifier(_aside(name), table), Identifier(name, table)
        comma, told = SQL(", "), SQL("NOT ({})").format(SQL(projection.silent.get(table, "false")))
        only_in = partial(
            ONLY_IN.format,
            keys=comma.join(map(Identifier, keys)),
            columns=comma.join(map(Identifier, columns)),
            told=told,
            limit=KEYS_TOLD,
        )
        missing = _keys_of(cursor, only_in(here=expected, there=there))
        extra = _keys_of(cursor, only_in(here=there, there=expected))
        for key in sorted(missing | extra):
            problem = "differs" if key in missing & extra else "is missing" if key in missing else "should not be there"
            yield Difference(f"{name}.{table}", key, problem)


def _keys_of(cursor: Cursor[Row], rows: Composed) -> set[str]:
    """Keys of the rows that stand in one table but not, or not alike, in the other."""
    return {" ".join(map(str, row)) for row in cursor.execute(rows)}


def _series(cursor: Cursor[Row], numbers: Iterable[str]) -> Iterator[Difference]:
    """Each series against its files: from 1 up to the counter, none missing, none beyond."""
    used: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for number in numbers:
        try:
            parts: FileNumber = parse(number)
        except UnknownPetition:
            yield Difference("series", number, "is no number of a series")
        else:
            used[parts.office, parts.year].add(parts.serial)
    counters = {(office, year): following for office, year, following in cursor.execute(SERIES)}
    for office, year in sorted(used.keys() | counters.keys()):
        serials, due = used[office, year], set(range(1, counters.get((office, year), 1)))
        for serial in sorted(due - serials):
            yield Difference("series", file_number(office, year, serial), "was given to no file")
        for serial in sorted(serials - due):
            yield Difference("series", file_number(office, year, serial), "is beyond the counter")


def _files(
    store: Store, cursor: Cursor[Row], numbers: list[str], until: int, progress: Progress
) -> Iterator[Difference]:
    """Each file folded from its events against its line in the ledger, as of the position the ledger has reached."""
    ledger = {row[0]: row[1:] for row in cursor.execute(LEDGER)}
    for done, number in enumerate(numbers, start=1):
        try:
            history = [recorded for recorded in store.history(number) if recorded.position <= until]
            petition = Petition(number).fold(history)
        except Exception as error:
            yield Difference("file", number, f"does not fold: {cause_code(error)}")
            continue
        folded = (petition.stage and str(petition.stage), petition.round, petition.version)
        if history and ledger.get(number) != folded:
            yield Difference("file", number, f"ledger has {ledger.get(number)}, its events say {folded}")
        if done % BATCH == 0 or done == len(numbers):
            progress("files", done, len(numbers))
