"""One statement for many rows says what the text says for each: by the tables, and by how rows are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from psycopg import Connection

from projections.catalogue import PROJECTIONS
from projections.projection import create
from projections.sets import BY_KEY, GIVEN, over, repeats
from projections.writing import make_ready, write

TABLES = """
CREATE SCHEMA scratch; SET search_path TO scratch;
CREATE TABLE files (number text PRIMARY KEY, held boolean NOT NULL DEFAULT false, said text[] NOT NULL DEFAULT '{}');
CREATE TABLE parts (number text, part text, said text, PRIMARY KEY (number, part));
"""
NUMBERS = [f"{n:03}" for n in range(40)]
TEXTS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "values": ("INSERT INTO scratch.files (number) VALUES (%(number)s)", {}),
    "values unless": ("INSERT INTO scratch.files (number) VALUES (%(number)s) ON CONFLICT (number) DO NOTHING", {}),
    "select": (
        "INSERT INTO scratch.parts (number, part, said) SELECT number, 'a (b', %(said)s || ' WHERE' FROM scratch.files"
        " WHERE number = %(number)s ON CONFLICT DO NOTHING",
        {"said": "x"},
    ),
    "select again": (
        "INSERT INTO scratch.parts (number, part, said) SELECT number, 'a (b', %(said)s FROM scratch.files"
        " WHERE number = %(number)s ON CONFLICT (number, part) DO UPDATE SET said = parts.said || excluded.said",
        {"said": "y"},
    ),
    "values again": (
        "INSERT INTO scratch.parts (number, part, said) VALUES (%(number)s, 'c', coalesce(%(said)s, '?'))"
        " ON CONFLICT (number, part) DO UPDATE SET said = (SELECT excluded.said)",
        {"said": "y"},
    ),
    "update": (
        "UPDATE scratch.files SET held = said IS DISTINCT FROM %(said)s::text[], said = (SELECT array_agg(number) FROM"
        " scratch.parts p WHERE p.number = %(number)s) WHERE number = %(number)s AND NOT held",
        {"said": ["y"]},
    ),
    "alias": (
        "UPDATE scratch.parts p SET said = %(said)s WHERE p.number = %(number)s AND part <> %(said)s",
        {"said": "z"},
    ),
    "delete": ("DELETE FROM scratch.parts WHERE number = %(number)s AND said = %(said)s", {"said": "z"}),
}  # fmt: skip
"""A text of each shape, in an order in which each finds something to do."""


def made(connection: Connection[Any], *, apart: bool) -> list[Any]:
    """What the texts leave, for all numbers together or one after the other."""
    connection.execute("DROP SCHEMA IF EXISTS scratch CASCADE")
    connection.execute(TABLES.encode())
    for sql, more in TEXTS.values():
        rows = [{"number": number, **more} for number in NUMBERS]
        for some in [[row] for row in rows] if apart else [rows]:
            groups = [(sql, some)]
            make_ready(connection, groups)
            write(connection, groups)
    found = [connection.execute(f"SELECT * FROM scratch.{name} ORDER BY 1, 2".encode()) for name in ("files", "parts")]
    return [one.fetchall() for one in found]


def test_together_is_what_each_row_makes(connection: Connection[Any]) -> None:
    assert all(over(sql.replace("%(", "").replace(")s", ""), GIVEN) for sql, _ in TEXTS.values())
    files, parts = made(connection, apart=False)
    assert [files, parts] == made(connection, apart=True)
    assert len(files) == len(NUMBERS)
    assert all(row[1] and row[2] == [row[0]] * 2 for row in files)
    assert parts == []


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = f.a FROM f WHERE f.b = t.b",
        "DELETE FROM t USING f WHERE f.b = t.b",
        "WITH old AS (DELETE FROM t RETURNING *) INSERT INTO t (a) SELECT 1",
        "UPDATE t SET a = 1",
    ],
)  # fmt: skip
def test_what_says_something_else_in_a_set_stays_as_it_is(sql: str) -> None:
    assert over(sql, GIVEN) is None


def test_only_what_asks_for_nothing_takes_a_stream_twice() -> None:
    assert repeats("INSERT INTO t (a) VALUES (%(a)s) ON CONFLICT DO NOTHING")
    assert not repeats("INSERT INTO t (a) VALUES (%(a)s) ON CONFLICT (a) DO UPDATE SET a = excluded.a")
    assert not repeats("INSERT INTO t (a) VALUES (1 + (SELECT count(*) FROM t))")
    assert not repeats("INSERT INTO t (a) SELECT 1")
    assert not repeats("UPDATE t SET a = a + 1 WHERE b = %(b)s")


def test_rows_are_looked_up_by_key_even_when_the_plan_was_made_for_an_empty_table(connection: Connection[Any]) -> None:
    ledger = next(one for one in PROJECTIONS if one.name == "ledger")
    create(connection, ledger, "scratch")
    connection.execute(BY_KEY)
    rows = "(SELECT * FROM json_to_recordset('[]') AS one (n text)) AS given_row"
    for text in (
        "UPDATE scratch.facets SET value = 'x' WHERE number = given_row.n AND dimension = 'stage'",
        "INSERT INTO scratch.facets (number, dimension, value, ordered_at) SELECT r.number, 'a', 'b', r.ordered_at"
        " FROM scratch.rows r WHERE r.number = given_row.n",
    ):
        plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {over(text, rows)}".encode()))
        assert "number = one.n" in plan.replace("(", "").replace(")", "").replace("r.number", "number"), plan
        assert not [word for word in ("Join Filter", "Seq Scan", "Materialize") if word in plan], plan
