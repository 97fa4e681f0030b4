"""Filling tables from nothing: what a rebuild leaves for the end, because row by row it costs most of the time.

Secondary indexes are made over full tables, and what a projection can work out from its own rows at once (`settle`), it
need not keep up to date with every event (`filling`). At the end the planner is told what stands in the tables: until
the server did that by itself, a minute later, pages would be read by plans for empty ones.
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
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r' ORDER BY oid"
MEMORY = "SET LOCAL maintenance_work_mem = '256MB'"


def bared(connection: Connection[Any], projection: Projection, schema: str) -> list[str]:
    """Take the secondary indexes from the empty tables in `schema`, unless the writes look rows up by them.

    Returns what `dressed` carries out at the end.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        tables = [name for (name,) in cursor.execute(TABLES, (f'"{schema}"',)).fetchall()]
        found = cursor.execute(SECONDARY, (f'"{schema}"',)).fetchall() if projection.by_key else []
    for name, _ in found:
        connection.execute(SQL("DROP INDEX {}").format(Identifier(schema, name)))
    analysing = [SQL("ANALYZE {}").format(Identifier(schema, name)).as_string(connection) for name in tables]
    return [*(placed(sql, schema) for sql in projection.settle), *(definition for _, definition in found), *analysing]


def dressed(connection: Connection[Any], statements: list[str]) -> None:
    """Work out what was left, make the indexes and tell the planner, over a connection that does not feed (sets.py).

    Raises `psycopg.DatabaseError` where a row fits into no index.
    """
    for statement in statements:
        with connection.transaction():
            connection.execute(MEMORY)
            connection.execute(statement.encode())
