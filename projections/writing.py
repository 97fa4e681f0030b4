"""Sending a batch's writes: many rows under one SQL text go to the server as one JSON document, in one call.

Sent one by one, a row costs more in the driver and on the wire than in the tables. So the first large group of a SQL
text makes a function of the session, `pg_temp.writes_…`, whose statement is that very text with the row's fields in the
place of its parameters; plain inserts take all rows at once, everything else row by row in order. The types of the
parameters are those that the server itself finds for the text. Where it finds none, or a value has no JSON, rows go one
by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

Rows = Sequence[Mapping[str, object]]
Groups = Sequence[tuple[str, Rows]]

MANY = 8
"""From so many rows on a group is sent as one."""

PARAMETER = re.compile(r"%\((\w+)\)s")
PLAIN_INSERT = re.compile(r"\s*(INSERT INTO [^()]+\([^()]+\))\s*VALUES\s*\((.*)\)\s*", re.DOTALL)
CHANGES = ("INSERT", "UPDATE", "DELETE", "WITH")
TYPES = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'probe'"

Known = dict[str, str | None]
"""The call that sends rows under a SQL text, in this session; None where there can be none."""

_KNOWN: WeakKeyDictionary[Connection[Any], Known] = WeakKeyDictionary()


def write(connection: Connection[Any], groups: Groups) -> None:
    """Carry out the writes in order, inside the caller's transaction."""
    known = _KNOWN.get(connection, {})
    with connection.cursor() as cursor, connection.pipeline():
        for sql, rows in groups:
            call = known.get(sql) if len(rows) >= MANY else None
            document = _json(rows) if call else None
            if call and document:
                cursor.execute(call.encode(), (document,), prepare=True)
            else:
                cursor.executemany(sql.encode(), rows)


def make_ready(connection: Connection[Any], groups: Groups) -> None:
    """Make the functions that large groups need and the session lacks.

    Inside a transaction, whose end could take them away again, nothing is made, and the groups go row by row.
    """
    if not connection.autocommit or connection.info.transaction_status is not TransactionStatus.IDLE:
        return
    known = _KNOWN.setdefault(connection, {})
    for sql, rows in groups:
        if len(rows) >= MANY and sql not in known:
            known[sql] = _function(connection, sql)


def _function(connection: Connection[Any], sql: str) -> str | None:
    """Make the function for a SQL text; the call of it, or None where the server would not have it."""
    try:
        return _made(connection, sql) if sql.lstrip().startswith(CHANGES) else None
    except psycopg.OperationalError:
        raise
    except psycopg.DatabaseError:
        return None


def _made(connection: Connection[Any], sql: str) -> str | None:
    names = list(dict.fromkeys(PARAMETER.findall(sql)))
    text = sql.replace("%%", "%")
    types = _types(connection, PARAMETER.sub(lambda one: f"${names.index(one[1]) + 1}", text))
    if types is None or len(types) != len(names):
        return None
    given = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, types, strict=True))
    name = f"writes_{blake2b(sql.encode(), digest_size=12).hexdigest()}"
    statement = PARAMETER.sub(r'given_row."\1"', text)
    source = f"json_to_recordset(given_rows) AS given_row ({given})"
    insert = PLAIN_INSERT.fullmatch(statement)
    body = (
        f"BEGIN {insert[1]} SELECT {insert[2]} FROM {source}; END"  # noqa: S608 - all of it stands in this code
        if insert
        else f"DECLARE given_row record; BEGIN FOR given_row IN SELECT * FROM {source}"  # noqa: S608
        f" LOOP {statement}; END LOOP; END"
    )
    head = f"CREATE OR REPLACE FUNCTION pg_temp.{name} (given_rows json) RETURNS void LANGUAGE plpgsql"
    connection.execute(f"{head} AS $writes${body}$writes$".encode())
    return f"SELECT pg_temp.{name}(%s::json)"


def _types(connection: Connection[Any], numbered: str) -> list[str] | None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(f"PREPARE probe AS {numbered}".encode())
        try:
            row = cursor.execute(TYPES).fetchone()
        finally:
            cursor.execute("DEALLOCATE probe")
    return list(row[0]) if row else None


def _json(rows: Rows) -> str | None:
    try:
        return orjson.dumps(list(rows), default=_plain, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:
        return None


def _plain(value: object) -> object:
    if isinstance(value, Jsonb):
        return value.obj
    raise TypeError
