"""What is measured without HTTP: appending ready bytes, and rebuilding projections, each against the plain database."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg.sql import SQL, Identifier

from ops.bench import making, office
from projections.catalogue import PROJECTIONS
from projections.projection import create
from service.migrations import migrate
from service.rebuild import rebuild
from service.recorder import TAKE_LOG_LOCK, connect, connect_recorder

TOPIC, STATE = "petition.progress_noted", os.urandom(420)
BATCH = 256
ONE = "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)"
REBUILT = ("ledger", "statistics", "audit")
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
COLUMNS = """
SELECT column_name FROM information_schema.columns
 WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def _events(count: int) -> list[StoredEvent]:
    return [StoredEvent(uuid4(), 1, TOPIC, STATE) for _ in range(count)]


def appending(server_url: str, folder: Path, asked: argparse.Namespace) -> Mapping[str, object]:
    """Events per second: our recorder's batches under the log's lock, raw INSERTs over 1 to 16 connections.

    Both commit durably; a raw INSERT is one event and one commit, as 32 callers in our case share one.
    """
    url = office.database(server_url, "append")
    migrate(url)
    count = max(500, int(500 * asked.seconds))
    ours: list[float] = []
    raw: dict[int, list[float]] = {n: [] for n in (1, 4, 8, 16)}
    for _ in range(asked.rounds + 1):
        ours.append(_batched(url, _events(count)))
        for connections, rates in raw.items():
            rates.append(_raw(url, _events(count), connections))
    best = [max(rates[turn] for rates in raw.values()) for turn in range(asked.rounds + 1)]
    pairs = list(zip(ours, best, strict=True))[1:]
    return {
        "ours": median(one for one, _ in pairs),
        "raw by connections": {str(n): median(rates[1:]) for n, rates in raw.items()},
        "ratio": median(one / other for one, other in pairs),
    }


def _batched(url: str, events: Sequence[StoredEvent], callers: int = 32) -> float:
    """As the writer does it: what `callers` bring goes into one transaction."""
    recorder = connect_recorder(url, readers=1)
    with connect(url, "bench") as db:
        began = time.perf_counter()
        for start in range(0, len(events), callers):
            with db.pipeline():
                db.execute("BEGIN", prepare=False)
                db.execute(TAKE_LOG_LOCK)
                recorder.insert_batch(db, events[start : start + callers])
                db.execute("NOTIFY stored_events")
                db.execute("COMMIT", prepare=False)
        rate = len(events) / (time.perf_counter() - began)
    recorder.datastore.close()
    return rate


def _raw(url: str, events: Sequence[StoredEvent], connections: int) -> float:
    def insert(part: Sequence[StoredEvent]) -> None:
        with psycopg.connect(url, autocommit=True) as db:
            for one in part:
                row = (one.originator_id, one.originator_version, one.topic, one.state)
                db.execute(ONE, row, prepare=True, binary=True)

    with ThreadPoolExecutor(connections) as pool:
        began = time.perf_counter()
        done: list[Future[None]] = [pool.submit(insert, events[n::connections]) for n in range(connections)]
        for one in done:
            one.result()
        return len(events) / (time.perf_counter() - began)


def rebuilding(server_url: str, folder: Path, asked: argparse.Namespace) -> Mapping[str, object]:
    """Rows of ledger, statistics and audit per second: rebuilt from events, and copied into the same indexed tables."""
    url = office.database(server_url, "rebuild")
    wanted = [projection for projection in PROJECTIONS if projection.name in REBUILT]
    pairs: list[tuple[float, float]] = []
    with making.made(url, folder, asked.small) as parts:
        events = parts.store.last_position()
        rebuild(url, parts.store, PROJECTIONS)
        for _ in range(asked.rounds):
            began = time.perf_counter()
            rebuild(url, parts.store, wanted)
            ours = time.perf_counter() - began
            pairs.append((ours, _copied(url)))
    rows = sum(_count(url, *table) for table in _tables(url))
    return {
        "events": events,
        "rows": rows,
        "events per second": median(events / ours for ours, _ in pairs),
        "rebuild seconds": median(ours for ours, _ in pairs),
        "copy seconds": median(copied for _, copied in pairs),
        "ratio": median(copied / ours for ours, copied in pairs),
    }


def _tables(url: str) -> Iterator[tuple[str, str]]:
    with psycopg.connect(url) as db:
        for schema in REBUILT:
            yield from ((schema, name) for (name,) in db.execute(TABLES, (schema,)).fetchall())


def _count(url: str, schema: str, table: str) -> int:
    with psycopg.connect(url) as db:
        row = db.execute(SQL("SELECT count(*) FROM {}").format(Identifier(schema, table))).fetchone()
    assert row is not None
    return int(row[0])


def _copied(url: str) -> float:
    """Seconds that COPY takes for the same rows into the same tables with their indexes in place."""
    seconds = 0.0
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")  # as a rebuild has it
        for projection in PROJECTIONS:
            if projection.name not in REBUILT:
                continue
            schema = f"{projection.name}_copied"
            create(db, projection, schema)
            for (table,) in db.execute(TABLES, (projection.name,)).fetchall():
                columns = SQL(", ").join(
                    Identifier(name) for (name,) in db.execute(COLUMNS, (projection.name, table)).fetchall()
                )
                source, target = Identifier(projection.name, table), Identifier(schema, table)
                with db.cursor() as cursor:
                    with cursor.copy(SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(columns, source)) as out:
                        rows = [bytes(piece) for piece in out]
                    began = time.perf_counter()
                    with cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(target, columns)) as into:
                        for piece in rows:
                            into.write(piece)
                    seconds += time.perf_counter() - began
            db.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
    return seconds
