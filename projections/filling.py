"""Filling tables from nothing: what a rebuild leaves for the end, because row by row it costs most of the time.

Secondary indexes are made over full tables, and what a projection can work out from its own rows at once (`settle`), it
need not keep up to date with every event (`filling`).
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from projections.projection import Projection, placed

SECONDARY = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE c.relnamespace = to_regnamespace(%s) AND NOT i.indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
 ORDER BY c.oid
"""
WHOLE_TABLES = """
SET LOCAL maintenance_work_mem = '256MB';
SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on
"""
"""Against what a session that feeds has set (sets.py)."""


def bared(connection: Connection[Any], projection: Projection, schema: str) -> list[str]:
    """Take the secondary indexes from the empty tables in `schema`, unless the writes look rows up by them.

    Returns what `dressed` carries out at the end.
    """
    found: list[tuple[str, str]] = []
    if projection.by_key:
        with connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(SECONDARY, (f'"{schema}"',)).fetchall()
        for name, _ in found:
            connection.execute(SQL("DROP INDEX {}").format(Identifier(schema, name)))
    return [*(placed(sql, schema) for sql in projection.settle), *(definition for _, definition in found)]


def dressed(connection: Connection[Any], statements: list[str]) -> None:
    """Work out what was left, and make the indexes. Raises `psycopg.DatabaseError` where a row fits into none."""
    for statement in statements:
        with connection.transaction():
            connection.execute(WHOLE_TABLES)
            connection.execute(statement.encode())
