"""Ten thousand files in the tables of several projections, in SQL; and how much a query reads of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

FILES = """
CREATE TEMP TABLE files AS SELECT 'HY-2026-' || lpad(i::text, 6, '0') AS number, i,
    timestamptz '2020-01-01' + i * interval '1 hour' AS at FROM generate_series(1, 10000) i;
INSERT INTO ledger.rows (number, ordered_at, received_at, received_day, channel, petitioners, people, people_count,
    nature, secrecy, stage, version, position)
SELECT number, at, at, at::date, 'web', '{}', '{}', 1, 'help', 'open', 'handling', 1, i FROM files;
INSERT INTO statistics.rounds (number, round, latest, channel, area, category, nature, unit, imported, secret, accused,
    people, entered_on, received_on, received_at, first_followed_on, history_replied_on, history_replied_at, due_on,
    contact_due_on, replied_on, followed_on, closed_on)
SELECT number, 1, 1, 'web', 'a-' || i % 40, 'c-' || i % 50, 'help', 'u-' || i % 10, i % 5 = 0, false, false, 1,
    at::date, at::date, at, at::date, at::date, at, at::date, at::date, at::date, at::date, at::date FROM files;
INSERT INTO statistics.assignments (number, round, unit, channel, nature, linked, secret, accused, assigned_on)
SELECT number, 1, 'u-' || i % 10, 'web', 'help', false, false, false, at::date FROM files;
INSERT INTO statistics.counters (dimension, day, value, protected, registered)
SELECT dimension, day::date, 'v-' || v, false, 1 FROM unnest(ARRAY['channel', 'area', 'unit']) dimension,
    generate_series(date '2020-01-01', '2022-04-01', '1 day') day, generate_series(1, 12) v;
INSERT INTO worklist.files (number, secrecy, against_units, against_staff) SELECT number, 'open', '{}', '{}' FROM files;
INSERT INTO worklist.tasks (number, task, role, unit, matter, due, since, excluded)
SELECT number, 'sign_for', 'handler', 'u-' || i % 10, '', at::date, at, '{}' FROM files;
INSERT INTO audit.events (position, stream, version, topic, actor, role, unit, on_behalf_of, occurred_at, recorded_at,
    backdated, request_id, command_id, kind)
SELECT i * 3 + v, number, v, 'topic-' || i % 30, 's-' || i % 50, 'role-' || i % 6, 'u-' || i % 10,
    CASE WHEN i % 100 = 0 THEN 's-1' END, at, at, i % 500 = 0, 'r', gen_random_uuid(), i % 1500
FROM files, generate_series(1, 3) v;
UPDATE audit.events SET occurred_at = recorded_at - interval '3 days', kind = 1500 + kind WHERE position % 40 = 7;
INSERT INTO audit.kinds (kind, topic, actor, role, unit, on_behalf_of, backdated, at_once)
SELECT DISTINCT kind, topic, actor, role, unit, on_behalf_of, backdated, occurred_at = recorded_at FROM audit.events;
"""


class _Counting(Cursor[Any]):
    """A cursor that counts the pages of tables and indexes which every query reads, beside carrying it out."""

    pages: ClassVar[list[int]] = []

    def execute(self, query: Any, params: Any = None, **how: Any) -> "_Counting":
        text = query if isinstance(query, bytes) else query.encode() if isinstance(query, str) else query.as_bytes(self)
        with Cursor(self.connection, row_factory=tuple_row) as plain:
            told = plain.execute(b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + text, params).fetchone()
        assert told is not None
        self.pages[0] += sum(told[0][0]["Plan"][f"Shared {how} Blocks"] for how in ("Hit", "Read"))
        super().execute(query, params, **how)
        return self


@contextmanager
def counted(connection: Connection[Any]) -> Iterator[list[int]]:
    """A list whose one number is how many pages the connection's queries read within the block."""
    before = connection.cursor_factory
    connection.cursor_factory = _Counting
    _Counting.pages[:] = [0]
    try:
        yield _Counting.pages
    finally:
        connection.cursor_factory = before
