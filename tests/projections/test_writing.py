"""Rows that go to the server together end up as rows that go one by one, whatever they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.kernel import Recorded
from domain.vocabulary import Channel
from projections import writing
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from projections.writing import Guard, Refused, make_ready, write, write_guarded
from tests.projections.comparing import fed
from tests.projections.sample_file import full

COPIES = 8
"""Rows of each sort."""

TABLE = """
CREATE TABLE {name} (
    number text PRIMARY KEY, amount integer, at timestamptz, day date, flag boolean, names text[], said jsonb, id uuid,
    turns text[] NOT NULL DEFAULT '{{}}'
)
"""
INSERT = """
INSERT INTO {name} (number, amount, at, day, flag, names, said, id)
VALUES (%(number)s, %(amount)s, %(at)s::timestamptz, coalesce(%(day)s, current_date), %(flag)s,
        %(names)s, %(said)s, %(id)s)
"""
CHANGE = """
UPDATE {name} SET amount = amount + %(more)s, turns = array_append(turns, %(turn)s), names = names || %(names)s::text[],
    said = said || coalesce(%(said)s::jsonb, '{{}}')
 WHERE number = %(number)s AND number NOT LIKE 'x%%'
"""
DROP = "DELETE FROM {name} WHERE number = %(number)s AND %(turn)s = ANY(turns)"
UNTYPED = "INSERT INTO {name} (number, amount) SELECT %(number)s, count(*) FROM (SELECT %(what)s) AS one"
NOON = datetime(2026, 11, 22, 4, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def connection(connection: Connection[Any]) -> Connection[Any]:
    """With a schema for the tables of a test."""
    connection.execute("CREATE SCHEMA scratch")
    connection.execute("SET search_path TO scratch")
    return connection


def rows() -> list[Mapping[str, object]]:
    """One row for each sort of value, and enough of them."""
    whole = {"amount": 7, "at": NOON, "day": date(2026, 1, 2), "flag": True, "names": ["甲", 'a"b\\,{}', ""]}
    whole |= {"said": Jsonb({"p1": {"name": "张**"}, "n": [1, None]}), "id": UUID(int=7)}
    nothing = dict.fromkeys(whole)
    kinds = [whole, whole | {"names": [], "flag": False, "amount": -1}, nothing | {"at": NOON}, nothing]
    return [{"number": f"{n}-'\"%\\ {Channel.WEB}", **kinds[n % len(kinds)]} for n in range(4 * COPIES)]


def change(given: list[Mapping[str, object]], turn: int) -> list[Mapping[str, object]]:
    """A change of every second row; the order of two turns shows."""
    word = Channel.WEB if turn else "零"
    return [{"number": row["number"], "more": turn, "turn": word, "names": ["乙"], "said": None} for row in given[::2]]


def carried_out(connection: Connection[Any], name: str) -> list[Any]:
    """What is in the table in the end."""
    connection.execute(TABLE.format(name=name).encode())
    given = rows()
    dropped: list[Mapping[str, object]] = [{"number": row["number"], "turn": "web"} for row in given[: 2 * COPIES]]
    texts: list[tuple[str, list[Mapping[str, object]]]] = [
        (INSERT, given),
        *((CHANGE, change(given, turn)) for turn in range(2)),
        (DROP, dropped),
    ]
    groups = [(sql.format(name=name), parameters) for sql, parameters in texts]
    make_ready(connection, groups)
    with connection.transaction():
        write(connection, groups)
    return connection.execute(f"SELECT * FROM {name} ORDER BY number".encode()).fetchall()


def test_together_is_one_by_one(connection: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    together = carried_out(connection, "together")
    assert None not in writing._SESSIONS[connection].places.values(), "not all went together, so nothing was compared"
    monkeypatch.setattr(writing, "_function", lambda connection, sql: None)
    assert carried_out(connection, "apart") == together
    assert len(together) == 3 * COPIES


def test_what_the_server_cannot_type_goes_one_by_one(connection: Connection[Any]) -> None:
    connection.execute(TABLE.format(name="t").encode())
    groups = [(UNTYPED.format(name="t"), [{"number": str(n), "what": n} for n in range(COPIES)])]
    make_ready(connection, groups)
    write(connection, groups)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (COPIES,)


def test_a_batch_that_fails_leaves_a_session_that_works(connection: Connection[Any]) -> None:
    connection.execute(TABLE.format(name="t").encode())
    groups = [(INSERT.format(name="t"), rows())]
    make_ready(connection, groups)
    with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
        write(connection, [*groups, *groups])
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    write(connection, groups)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (len(groups[0][1]),)


def test_nothing_is_made_inside_a_transaction(connection: Connection[Any]) -> None:
    connection.execute(TABLE.format(name="t").encode())
    groups = [(INSERT.format(name="t"), rows())]
    with connection.transaction():
        make_ready(connection, groups)
        write(connection, groups)
    assert not writing._SESSIONS.get(connection)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (len(groups[0][1]),)


def guarded(names: list[str], rows: int) -> Guard:
    return Guard("UPDATE {t} SET amount = 1 WHERE number = ANY(%(names)s)".format(t="t"), {"names": names}, rows)


@pytest.mark.parametrize("together", [True, False])
def test_a_guard_that_does_not_hold_keeps_everything_out(
    connection: Connection[Any], monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    if not together:
        monkeypatch.setattr(writing, "_function", lambda connection, sql: None)
    connection.execute(TABLE.format(name="t").encode())
    connection.execute("INSERT INTO t (number, amount) VALUES ('here', 0)")
    given = rows()[:3]
    groups = [(INSERT.format(name="t"), given)]
    with pytest.raises(Refused):
        write_guarded(connection, groups, guarded(["here", "gone"], 2))
    assert connection.execute("SELECT number, amount FROM t").fetchall() == [("here", 0)]
    write_guarded(connection, groups, guarded(["here"], 1))
    write_guarded(connection, [], guarded(["here"], 1))
    assert connection.execute("SELECT count(*) FROM t WHERE amount = 1").fetchone() == (1,)
    with pytest.raises(psycopg.errors.UniqueViolation):
        write_guarded(connection, groups, guarded(["here"], 1))
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (len(given) + 1,)


def events() -> list[Recorded]:
    """The whole of a file's life under a dozen numbers, one after the other."""
    life = [*full().recorded]
    return [
        replace(one, stream=f"HY-2026-{900 + copy:06d}", position=copy * 1000 + place)
        for copy in range(12)
        for place, one in enumerate(life, start=1)
    ]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_every_projection_has_the_same_rows_either_way(
    connection: Connection[Any], monkeypatch: pytest.MonkeyPatch, projection: Projection
) -> None:
    history = events()
    with monkeypatch.context() as patched:
        patched.setattr(writing, "_function", lambda connection, sql: None)
        apart = fed(connection, projection, history, len(history))
    del writing._SESSIONS[connection]
    together = fed(connection, projection, history, len(history) + 1)
    assert together == apart
    assert None not in writing._SESSIONS[connection].places.values(), "a text that goes row by row is slow"
