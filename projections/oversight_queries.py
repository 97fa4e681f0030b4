"""Reading what the committee looks at: orders and reminders with their answers, and files that ended early.

Both newest first in pages, of files that the caller may know of (`Sight`): nobody is shown what accuses themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL
from psycopg.sql import Literal as Value

from domain.petition.stages import Stage
from domain.vocabulary import OrderLevel, Role
from projections.masked import shown
from projections.oversight import EARLY, QUICKEST, EarlyEnd
from projections.paging import Cursor, Sql
from projections.sight import Sight

E = TypeVar("E")
OrderKind = Literal["order", "reminder"]
OrderState = Literal["open", "overdue", "answered", "ended"]
"""Waiting for an answer or a verdict; its deadline gone by without an answer; answered and not yet judged; over."""

QUICK_DAYS = 3
"""Up to how many days from receipt to archive count as unusually quick, where the committee says nothing else."""

ORDERS = SQL("""
SELECT o.*, r.people, r.restricted FROM oversight.orders o
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = o.number AND {rule} OFFSET 0) r
WHERE {conditions} ORDER BY o.position DESC LIMIT {limit}""")
ENDS = SQL("""
SELECT e.*, r.title, r.channel, r.lead, r.people, r.restricted
FROM (SELECT * FROM oversight.ends WHERE {early}) AS e
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = e.number AND {rule} OFFSET 0) r
WHERE {conditions} ORDER BY e.position DESC LIMIT {limit}""")
STATES: Mapping[OrderState, str] = {
    "open": "o.ended_at IS NULL",
    "overdue": "o.ended_at IS NULL AND o.answered_at IS NULL AND o.deadline < %(today)s",
    "answered": "o.ended_at IS NULL AND o.answered_at IS NOT NULL",
    "ended": "o.ended_at IS NOT NULL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEntry:
    """A supervision order or a reminder, to a unit or else to all who hold `role`; texts masked.

    `position` tells entries apart in the order of the list.
    """

    number: str
    kind: OrderKind
    id: str
    unit: str | None
    role: Role | None
    level: OrderLevel | None
    deadline: date | None
    demand: str
    ordered_at: datetime
    ordered_by: str
    answer: str | None
    answered_at: datetime | None
    note: str | None
    ended_at: datetime | None
    position: int

    def late(self, today: date) -> bool:
        """Whether it waits for an answer beyond its deadline."""
        return (
            self.ended_at is None and self.answered_at is None and self.deadline is not None and self.deadline < today
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEntry:
    """A file's early end, with the reasons. `days`: from receipt to the end, in calendar days."""

    number: str
    title: str
    channel: str
    lead: str | None
    round: int
    stage: Stage
    reasons: tuple[EarlyEnd, ...]
    days: int
    ended_at: datetime
    ended_by: str
    reopened: bool
    position: int


@dataclass(frozen=True, slots=True)
class Entries(Generic[E]):
    """A page, and the cursor for the next; None on the last."""

    entries: tuple[E, ...]
    next_cursor: str | None


def orders(
    conn: Connection[Any],
    sight: Sight,
    today: date,
    *,
    kind: OrderKind = "order",
    state: OrderState | None = None,
    unit: str | None = None,
    number: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Entries[OrderEntry]:
    """Orders (or reminders) in this state, newest first. Raises Invalid for a cursor that was never given."""
    query = Sql()
    query.where("o.kind = %(kind)s", {"kind": kind})
    if state:
        query.where(STATES[state], {"today": today})
    for name, value in {"unit": unit, "number": number}.items():
        if value is not None:
            query.where(f"o.{name} = %({name})s", {name: value})
    _below(query, Cursor.read(cursor, kind, rest=0), "o.position")
    found = _page(conn, ORDERS, query, sight, limit)
    return Entries(tuple(map(_order, found[:limit])), _next(kind, found, limit))


def early_ends(
    conn: Connection[Any],
    sight: Sight,
    *,
    reason: EarlyEnd | None = None,
    quick: int = QUICK_DAYS,
    cursor: str | None = None,
    limit: int = 50,
) -> Entries[EndEntry]:
    """Files that ended early, newest first: for any reason or this one, or closed within `quick` days of receipt."""
    query = Sql()
    if reason:
        query.where("%(reason)s = ANY(e.reasons)", {"reason": reason.value})
    else:
        closed = {"quick": min(quick, QUICKEST)}
        query.where("(e.reasons <> '{}' OR e.stage = 'closed' AND e.days <= %(quick)s)", closed)
    _below(query, Cursor.read(cursor, "ends", rest=0), "e.position")
    found = _page(conn, ENDS, query, sight, limit)
    return Entries(tuple(map(_end, found[:limit])), _next("ends", found, limit))


def _page(conn: Connection[Any], statement: SQL, query: Sql, sight: Sight, limit: int) -> list[DictRow]:
    """One row more than the page, of files within sight."""
    rule, parameters = sight.sql("r")
    parts = {"rule": SQL(rule), "conditions": SQL(str(query)), "early": SQL(EARLY), "limit": Value(limit + 1)}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.format(**parts), {**query.parameters, **parameters}).fetchall()


def _below(query: Sql, cursor: Cursor | None, column: str) -> None:
    """Only what comes after the cursor."""
    if cursor:
        query.where(f"{column} < %(before)s", {"before": cursor.whole()})


def _next(order: str, found: list[DictRow], limit: int) -> str | None:
    return str(Cursor(order, str(found[limit - 1]["position"]), ())) if len(found) > limit else None


def _order(row: DictRow) -> OrderEntry:
    def text(name: str) -> str:
        return shown(row[name], row["people"], row["restricted"])

    level, answered = row["level"], row["answered_at"] is not None
    plain = ("number", "kind", "id", "unit", "deadline", "ordered_at", "ordered_by", "answered_at", "ended_at")
    return OrderEntry(
        **{name: row[name] for name in plain},
        role=Role(row["role"]) if row["role"] is not None else None,
        level=None if level is None else OrderLevel(level),
        demand=text("demand"),
        answer=text("answer") if answered else None,
        note=text("note") if row["note"] is not None else None,
        position=row["position"],
    )


def _end(row: DictRow) -> EndEntry:
    plain = ("number", "channel", "lead", "round", "days", "ended_at", "ended_by", "reopened", "position")
    return EndEntry(
        **{name: row[name] for name in plain},
        title=shown(row["title"], row["people"], row["restricted"]),
        stage=Stage(row["stage"]),
        reasons=tuple(map(EarlyEnd, row["reasons"])),
    )
