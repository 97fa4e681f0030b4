"""Many copies of an office's petitions, in SQL: their events, keys and rows in every projection, under new numbers.

A copy comes in on a day of its own in one of six years; whatever has a date moves with it, and what is found by time is
made anew. Old files have mostly ended. Copies have no keys: their personal values read as erased. As many keys lie in
the table all the same, of streams that do not exist, so that tables and indexes are as large as they would be.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from domain.kernel import SHANGHAI, stream_id
from domain.numbering import file_number
from projections.catalogue import PROJECTIONS
from projections.counters import counted_anew
from projections.likeness import EPOCH, STRETCH_DAYS, STRETCHES
from projections.measures import TABLES
from projections.projection import placed
from projections.search import LEVELS

Db = psycopg.Connection[Any]

DAYS = 6 * 365
RECENT = 45
"""Days within which petitions are on their way as often as those that went by events; older ones have mostly ended."""
LEFT_OVER = 0.03
EVENTS_EACH = 8.0
"""How many events an old petition has on average: it says how many of them went through the whole loop."""
OPENS, LONG = 8 * 3600, 10 * 3600
KEYS = ("number", "stream")

MADE = """
CREATE SCHEMA copied;
CREATE UNLOGGED TABLE copied.files (
    id integer PRIMARY KEY, source text NOT NULL, number text NOT NULL, stream uuid NOT NULL, base bigint NOT NULL,
    day date NOT NULL, days integer NOT NULL, moved interval NOT NULL, of uuid NOT NULL, said text NOT NULL,
    says text NOT NULL
);
CREATE TABLE copied.places AS
    SELECT notification_id AS position, row_number() OVER (PARTITION BY stream ORDER BY version) AS place
    FROM (SELECT notification_id, originator_id AS stream, originator_version AS version FROM stored_events) e;
ANALYZE copied.places;
"""
EVENTS = """
INSERT INTO stored_events (originator_id, originator_version, topic, state, notification_id)
SELECT c.stream, e.originator_version, e.topic, convert_to(replace(replace(replace(convert_from(e.state, 'UTF8'),
    '"s":"' || c.source || '"', '"s":"' || c.number || '"'), '"o":"' || c.said, '"o":"' || c.says),
    '"r":"' || c.said, '"r":"' || c.says), 'UTF8'), c.base + e.originator_version
FROM copied.files c JOIN stored_events e ON e.originator_id = c.of
"""
KEYS_TOO = """
INSERT INTO vault_keys (key_id, stream, owner, wrapped)
SELECT gen_random_uuid(), md5(c.number)::uuid, k.owner, k.wrapped
FROM copied.files c JOIN vault_keys k ON k.stream = c.of
"""
READ_ONCE = """
INSERT INTO personal_reads (read_at, staff, role, number, request_id)
SELECT r.ordered_at, 'intake', 'intake', r.number, 'bench' FROM ledger.rows r ORDER BY r.ordered_at
"""
COPIED = """
INSERT INTO {table} ({names}) SELECT {values} FROM copied.files c JOIN {table} t ON t.{key} = c.source{more}
"""
COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
 WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = %s::regclass
"""
MINUTE = "(extract(epoch FROM t.ordered_at + c.moved - timestamptz '1900-01-01 00:00:00Z')::bigint / 60)"
STRETCH = f"((c.day - date '{EPOCH}') / {STRETCH_DAYS})"

TIME_TERMS = f"""array_to_tsvector(ARRAY(
    SELECT '@' || level || '.' || ({MINUTE} >> 3 * level) FROM generate_series(0, {LEVELS - 1}) AS level))"""  # noqa: S608
LIKENESS_KEYS = f"ARRAY(SELECT k / {STRETCHES} * {STRETCHES} + {STRETCH} FROM unnest(t.keys) AS k)"  # noqa: S608


def copy(url: str, petitions: int, ended: Mapping[str, bool]) -> None:
    """Copy until there are so many petitions. `ended`: those that went by events, and whether they came to an end."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(MADE.encode())
        last = _plan(db, petitions - len(ended), ended)
        jobs = [("stored_events", SQL(EVENTS)), ("vault_keys", SQL(KEYS_TOO)), *_tables(db)]
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda job: _filled(url, *job), jobs):
            pass
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("TRUNCATE statistics.counters")
        for table in TABLES:
            db.execute(placed(counted_anew(table), "statistics").encode())
        db.execute(READ_ONCE)
        db.execute("SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), %s)", (last,))
        db.execute("UPDATE runner.projections SET position = %s", (last,))
        db.execute("UPDATE number_series SET next = %s WHERE year = %s", (_next(db), datetime.now(SHANGHAI).year))
        db.execute("DROP SCHEMA copied CASCADE")
        db.execute("VACUUM (ANALYZE)")


def _next(db: Db) -> int:
    row = db.execute(
        "SELECT max(right(number, 6)::int) + 1 FROM ledger.rows WHERE number LIKE %s",
        (f"HY-{datetime.now(SHANGHAI).year}-%",),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _plan(db: Db, copies: int, ended: Mapping[str, bool]) -> int:
    """What each copy is a copy of, its number, day and first position; the last position there will be."""
    received = dict(db.execute("SELECT number, received_at FROM ledger.rows").fetchall())
    sizes = dict(db.execute("SELECT number, version FROM ledger.rows").fetchall())
    row = db.execute("SELECT max(notification_id) FROM stored_events").fetchone()
    assert row is not None
    first, stride = int(row[0]), max(sizes.values()) + 1
    with db.cursor() as cursor, cursor.copy("COPY copied.files FROM STDIN") as out:
        for line in _copies(copies, ended, received, sizes):
            number, source = line[2], line[1]
            out.write_row(
                (line[0], source, number, stream_id(number), first + stride * line[0], *line[3:6], stream_id(source),
                 *line[6:])
            )  # fmt: skip
    db.execute("ANALYZE copied.files")
    return first + stride * (copies + 1)


def _copies(
    copies: int, ended: Mapping[str, bool], received: Mapping[str, datetime], sizes: Mapping[str, int]
) -> Iterator[tuple[Any, ...]]:
    chance, today = random.Random(11), datetime.now(SHANGHAI).date()
    everything = [*ended]
    on_their_way = [name for name, is_ended in ended.items() if not is_ended]
    finished = sorted((name for name, is_ended in ended.items() if is_ended), key=sizes.__getitem__)
    middle = next(at for at, name in enumerate(finished) if sizes[name] > EVENTS_EACH)
    short, whole = finished[:middle], finished[middle:]
    few, many = (sum(sizes[name] for name in names) / len(names) for names in (short, whole))
    loops = (EVENTS_EACH - few) / (many - few)
    serials = {today.year: len(ended)}
    for at in range(copies):
        place = at * DAYS / copies
        day = today - timedelta(days=DAYS - int(place))
        if DAYS - place < RECENT:
            source = chance.choice(everything)
        elif chance.random() < LEFT_OVER:
            source = chance.choice(on_their_way)
        else:
            source = chance.choice(whole if chance.random() < loops else short)
        serial = serials[day.year] = serials.get(day.year, 0) + 1
        was = received[source].astimezone(SHANGHAI)
        now = datetime.combine(day, time(), SHANGHAI) + timedelta(seconds=OPENS + LONG * (place % 1))
        yield (
            at + 1, source, file_number("HY", day.year, serial), day, (day - was.date()).days, now - was,
            str(was.astimezone(UTC).date()), str(now.astimezone(UTC).date()),
        )  # fmt: skip


def _tables(db: Db) -> Iterator[tuple[str, Composable]]:
    """Every table of the projections that has rows of a file, with the statement that copies them."""
    for schema in (projection.name for projection in PROJECTIONS):
        for (table,) in db.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,)
        ).fetchall():
            columns = db.execute(COLUMNS, (schema, table)).fetchall()
            key = next((name for name, _ in columns if name in KEYS), None)
            if key is not None:
                yield f"{schema}.{table}", _copying(schema, table, columns, key)


def _copying(schema: str, table: str, columns: list[tuple[str, str]], key: str) -> Composable:
    names = [name for name, _ in columns]
    return SQL(COPIED).format(
        table=Identifier(schema, table),
        names=SQL(", ").join(map(Identifier, names)),
        values=SQL(", ").join(SQL(_value(schema, name, kind, key)) for name, kind in columns),
        key=Identifier(key),
        more=SQL(" JOIN copied.places p ON p.position = t.position" if "position" in names else ""),
    )


def _value(schema: str, name: str, kind: str, key: str) -> Any:
    """What a column of a copy holds."""
    special = {
        key: "c.number",
        "position": "c.base + p.place",
        "principal": "NULL",
        "command_id": "gen_random_uuid()",
        "time_terms": TIME_TERMS,
        # The service's own rounds would remind of every old file that never ended.
        "duty": "false",
        "blind": "md5(t.blind || c.id) || md5(c.id || t.blind)",
    }
    if schema == "likeness":
        special |= {
            "stretch": STRETCH,
            "keys": LIKENESS_KEYS,
        }
    moved = {"date": f't."{name}" + c.days', "timestamp with time zone": f't."{name}" + c.moved'}
    return special.get(name) or moved.get(kind) or f't."{name}"'


def _filled(url: str, table: str, statement: Composable) -> None:
    """Fill a table without its indexes, and make them afterwards."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET work_mem = '256MB'")
        db.execute("SET maintenance_work_mem = '1GB'")
        db.execute("SET jit = off")
        found = db.execute(INDEXES, (table,)).fetchall()
        where = Identifier(*table.split("."))
        db.execute(SQL("ANALYZE {}").format(where))
        for name, _, constraint, _ in found:
            if constraint:
                db.execute(SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(where, Identifier(constraint)))
            else:
                db.execute(SQL("DROP INDEX {}").format(Identifier(*name.split("."))))
        db.execute(statement)
        for _, definition, constraint, text in found:
            if constraint:
                db.execute(SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(where, Identifier(constraint), SQL(text)))
            else:
                db.execute(definition)
