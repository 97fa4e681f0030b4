"""Reading the ledger: pages by keyset, counts up to a limit, which files exist, and all rows for an export.

Every function takes the caller's `Sight`: what they may not know of is neither listed nor counted (L1 30, 46).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row, scalar_row
from psycopg.sql import SQL

from domain.clocks import Calendar
from projections.ledger_plan import order_of, records, tally
from projections.ledger_rows import LedgerFilter, LedgerRow, columns_for, line_of, row_of
from projections.paging import Cursor
from projections.sight import Sight

MAX_LIMIT = 200
COUNTED = 1000
"""How far `count` counts; beyond that it says "at least"."""
EXPORTED_AT_ONCE = 1000

OF_NUMBERS = SQL("SELECT {columns} FROM ledger.rows r WHERE r.number = ANY(%(numbers)s) AND {conditions}")
SEEN = SQL("SELECT r.number FROM ledger.rows r WHERE r.number = ANY(%(numbers)s) AND {conditions}")


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Some rows in order, and the cursor for the next page; None on the last."""

    rows: tuple[LedgerRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many files; where `exact` is false, at least so many."""

    files: int
    exact: bool


def page(
    conn: Connection[Any], asked: LedgerFilter, sight: Sight, cursor: str | None = None, limit: int = 50
) -> LedgerPage:
    """One page of the ledger as far as the caller may know of it. Raises Invalid for a cursor that was never given."""
    found, more = _page(conn, asked, sight, cursor, limit)
    return LedgerPage(tuple(map(row_of, found)), more)


def lines(
    conn: Connection[Any],
    asked: LedgerFilter,
    sight: Sight,
    cursor: str | None,
    limit: int,
    *,
    as_of: date,
    calendar: Calendar,
) -> tuple[list[dict[str, Any]], str | None]:
    """`page` as plain values for JSON: its rows with the days they are overdue as of a day, and the next cursor."""
    found, more = _page(conn, asked, sight, cursor, limit)
    return [line_of(record, as_of, calendar) for record in found], more


def _page(
    conn: Connection[Any], asked: LedgerFilter, sight: Sight, cursor: str | None, limit: int
) -> tuple[list[DictRow], str | None]:
    limit = max(1, min(limit, MAX_LIMIT))
    order = order_of(asked)
    found = records(conn, asked, sight, Cursor.read(cursor, order), limit=limit + 1, columns=columns_for(sight))
    more = str(_cursor(order, found[limit - 1])) if len(found) > limit else None
    return found[:limit], more


def count(conn: Connection[Any], asked: LedgerFilter, sight: Sight, cap: int = COUNTED) -> Count:
    """How many files the filter finds, counted up to `cap`; less exactly where a facet or word is common."""
    return Count(*tally(conn, asked, sight, cap))


def seen_of(conn: Connection[Any], numbers: Collection[str], sight: Sight) -> frozenset[str]:
    """Those of these numbers that are files which the caller may know of."""
    rule, parameters = sight.sql("r")
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(SEEN.format(conditions=SQL(rule)), {**parameters, "numbers": sorted(numbers)})
        return frozenset(found.fetchall())


def rows_of(conn: Connection[Any], numbers: Collection[str], sight: Sight) -> dict[str, LedgerRow]:
    """The rows of these numbers by number, of files that the caller may know of."""
    rule, parameters = sight.sql("r")
    query = OF_NUMBERS.format(columns=SQL(columns_for(sight)), conditions=SQL(rule))
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query, {**parameters, "numbers": sorted(numbers)})
        return {record["number"]: row_of(record) for record in found}


def rows_for_export(conn: Connection[Any], asked: LedgerFilter, sight: Sight) -> Iterator[LedgerRow]:
    """Every row that the filter finds, in order, a thousand at a time; memory does not grow with the ledger."""
    order = order_of(asked)
    columns = columns_for(sight)
    after: Cursor | None = None
    while found := records(conn, asked, sight, after, limit=EXPORTED_AT_ONCE, columns=columns):
        yield from map(row_of, found)
        after = _cursor(order, found[-1])


def _cursor(order: str, record: DictRow) -> Cursor:
    value = {"number": None, "due": record["due"], "received": record["ordered_at"]}[order]
    return Cursor(order, value.isoformat() if value else "", (record["number"],))
