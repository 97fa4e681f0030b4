"""Sending a batch's writes: all of them, with the position that they belong to, in one statement.

Sent one by one, a row costs more in the driver and on the wire than in the tables. So every SQL text becomes a function
of the session, `pg_temp.writes_…`, whose statement is that very text with the fields of a JSON document in the place of
its parameters; it takes all rows at once where the text has the shape for it (sets.py), and otherwise row by row in
order. The types of the parameters are those that the server itself finds for the text. `pg_temp.written` carries out a
batch: a number for each text, a document for each number. Where the server finds no types, or a value has no JSON, rows
go one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import psycopg
from psycopg import Connection
from psycopg.abc import AdaptContext
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from projections.sets import GIVEN, over

Rows = Sequence[Mapping[str, object]]
Groups = Sequence[tuple[str, Rows]]
Documents = Sequence[tuple[str, str]]
"""The same with each text's rows as their JSON document, as another process may have made it."""

PARAMETER = re.compile(r"%\((\w+)\)s")
CHANGES = ("INSERT", "UPDATE", "DELETE", "WITH")
TYPES = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'probe'"

REFUSED = "HY001"
"""The SQLSTATE of a batch whose guard did not hold."""

WRITTEN = """
CREATE OR REPLACE FUNCTION pg_temp.written (moved bigint, wanted bigint, texts integer[], given text) RETURNS void
LANGUAGE plpgsql AS $written$
DECLARE documents text[] := string_to_array(given, E'\\n'); place integer := 0; number integer; done boolean;
BEGIN
IF moved <> wanted THEN RAISE EXCEPTION 'not at the place' USING ERRCODE = '{refused}'; END IF;
FOREACH number IN ARRAY texts LOOP
place := place + 1;
{choice}
END LOOP;
END $written$
"""
CALL = "SELECT pg_temp.written(0, 0, %(texts)s::integer[], %(given)s)"
GUARDED = (
    "WITH moved AS ({guard} RETURNING 1)"
    " SELECT pg_temp.written((SELECT count(*) FROM moved), %(wanted)s, %(texts)s::integer[], %(given)s)"
)
"""The guard's count is an argument of the call, so that it has changed its rows before the first write."""


class Refused(Exception):
    """The guard did not change what it must; nothing was written."""


class Unplaced(Exception):
    """A text has no function in this session: its rows are needed one by one."""


@dataclass(frozen=True, slots=True)
class Guard:
    """An UPDATE that must change so many rows, in the same transaction as the writes and before them."""

    sql: str
    parameters: Mapping[str, object]
    rows: int


@dataclass(slots=True)
class _Session:
    """The functions that one connection has, and each text's place among them; None where it can have none."""

    places: dict[str, int | None] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)


_SESSIONS: WeakKeyDictionary[Connection[Any], _Session] = WeakKeyDictionary()

_Call = tuple[str, str]
"""Texts by their places, and the documents, as the session's function takes them."""
_Part = _Call | tuple[str, Rows]


def write_guarded(connection: Connection[Any], groups: Groups | Documents, guard: Guard) -> None:
    """Carry out the guard and the writes in a transaction of their own; raises `Refused` where the guard does not hold.

    One statement does it all where every text has its function. Raises `Unplaced` for a document whose text has none.
    """
    make_ready(connection, groups)
    parts = list(_parts(connection, groups)) or [("{}", "")]
    try:
        if len(parts) == 1 and isinstance(parts[0][1], str) and _idle(connection):
            _call(connection, parts[0][0], parts[0][1], guard)
            return
        with connection.transaction():
            if connection.execute(guard.sql.encode(), guard.parameters).rowcount != guard.rows:
                raise Refused
            _send(connection, parts)
    except psycopg.DatabaseError as error:
        if error.sqlstate == REFUSED:
            raise Refused from None
        raise


def write(connection: Connection[Any], groups: Groups) -> None:
    """Carry out the writes in order, inside the caller's transaction."""
    _send(connection, list(_parts(connection, groups)))


def documents(context: AdaptContext, groups: Groups) -> Documents | None:
    """The rows of each text as JSON, what JSON does not know as the context adapts it; None if a value has none."""
    json = _Documents(context)
    found = [(sql, document) for sql, rows in groups if (document := json.of(rows)) is not None]
    return found if len(found) == len(groups) else None


def make_ready(connection: Connection[Any], groups: Groups | Documents) -> None:
    """Make the functions that the session lacks.

    Inside a transaction, whose end could take them away again, nothing is made, and the groups go row by row.
    """
    if not _idle(connection):
        return
    session = _SESSIONS.get(connection)
    first = session is None
    session = _SESSIONS.setdefault(connection, _Session())
    had = len(session.functions)
    for sql, _ in groups:
        if sql not in session.places:
            name = _function(connection, sql)
            session.places[sql] = None if name is None else len(session.functions)
            session.functions += [name] if name else []
    if first or len(session.functions) > had:
        choice = _choice(session.functions, 0, len(session.functions))
        connection.execute(WRITTEN.format(refused=REFUSED, choice=choice).encode())


def _idle(connection: Connection[Any]) -> bool:
    return connection.autocommit and connection.info.transaction_status is TransactionStatus.IDLE


def _choice(functions: Sequence[str], first: int, end: int) -> str:
    """The call of the function with the number at hand, found by halving."""
    if end - first < 2:
        return "".join(f"done := pg_temp.{name}(documents[place]::json);" for name in functions[first:end])
    middle = (first + end) // 2
    lower, upper = _choice(functions, first, middle), _choice(functions, middle, end)
    return f"IF number < {middle} THEN {lower} ELSE {upper} END IF;"


def _parts(connection: Connection[Any], groups: Groups | Documents) -> Iterator[_Part]:
    """The writes in order: calls, each for as many texts as stand together, and between them what goes row by row."""
    session = _SESSIONS.get(connection, _Session())
    json = _Documents(connection)
    texts: list[str] = []
    documents: list[str] = []
    for sql, rows in groups:
        place = session.places.get(sql)
        if isinstance(rows, str):
            document: str | None = rows
        else:
            document = None if place is None else json.of(rows)
        if place is not None and document is not None:
            texts.append(str(place))
            documents.append(document)
            continue
        if isinstance(rows, str):
            raise Unplaced
        if texts:
            yield _joined(texts, documents)
            texts, documents = [], []
        yield sql, rows
    if texts:
        yield _joined(texts, documents)


def _joined(texts: Sequence[str], documents: Sequence[str]) -> _Call:
    return f"{{{','.join(texts)}}}", "\n".join(documents)  # no JSON holds a line's end


def _send(connection: Connection[Any], parts: Sequence[_Part]) -> None:
    with connection.cursor() as cursor, connection.pipeline():
        for first, second in parts:
            if isinstance(second, str):
                cursor.execute(CALL, {"texts": first, "given": second}, prepare=True)
            else:
                cursor.executemany(first.encode(), second)


def _call(connection: Connection[Any], texts: str, given: str, guard: Guard) -> None:
    parameters = {**guard.parameters, "wanted": guard.rows, "texts": texts, "given": given}
    connection.execute(GUARDED.format(guard=guard.sql).encode(), parameters, prepare=True)


def _function(connection: Connection[Any], sql: str) -> str | None:
    """Make the function for a SQL text; its name, or None where the server would not have it."""
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
    name = f"writes_{blake2b(sql.encode(), digest_size=12).hexdigest()}"
    statement = PARAMETER.sub(rf'{GIVEN}."given \1"', text)
    together = over(statement, _source(names, types, "$1"))
    if together is not None and _takes(connection, together):
        body = f"BEGIN {over(statement, _source(names, types, 'given_rows'))};"
    else:
        source = _source(names, types, "given_rows")
        body = f"DECLARE {GIVEN} record; BEGIN FOR {GIVEN} IN SELECT * FROM {source} LOOP {statement}; END LOOP;"  # noqa: S608 - all of it stands in this code
    head = f"CREATE OR REPLACE FUNCTION pg_temp.{name} (given_rows json) RETURNS boolean LANGUAGE plpgsql"
    connection.execute(f"{head} AS $writes${body} RETURN true; END $writes$".encode())
    return name


def _source(names: Sequence[str], types: Sequence[str], document: str) -> str:
    """The rows of a document as a FROM item; its columns have names that no table has, as texts name columns bare."""
    if not names:
        return f"(SELECT FROM json_array_elements({document})) AS {GIVEN}"
    given = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, types, strict=True))
    named = ", ".join(f'"{name}" AS "given {name}"' for name in names)
    return f"(SELECT {named} FROM json_to_recordset({document}) AS one ({given})) AS {GIVEN}"  # noqa: S608 - as above


def _takes(connection: Connection[Any], statement: str) -> bool:
    """Whether the server would carry out the statement, whose only parameter is a document."""
    try:
        connection.execute(f"PREPARE probe (json) AS {statement}".encode())
    except psycopg.OperationalError:
        raise
    except psycopg.DatabaseError:
        return False
    connection.execute("DEALLOCATE probe")
    return True


def _types(connection: Connection[Any], numbered: str) -> list[str] | None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(f"PREPARE probe AS {numbered}".encode())
        try:
            row = cursor.execute(TYPES).fetchone()
        finally:
            cursor.execute("DEALLOCATE probe")
    return list(row[0]) if row else None


class _Documents:
    """Rows as JSON; what JSON does not know is said as the connection says it."""

    def __init__(self, context: AdaptContext) -> None:
        self._says = Transformer(context)

    def of(self, rows: Rows) -> str | None:
        """The rows' document; None for values that have no JSON."""
        try:
            return orjson.dumps(list(rows), default=self._plain, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()
        except (TypeError, psycopg.Error):
            return None

    def _plain(self, value: object) -> object:
        if isinstance(value, Jsonb):
            return value.obj
        said = self._says.get_dumper(value, PyFormat.TEXT).dump(value)
        if said is None:
            raise TypeError
        return bytes(said).decode()
