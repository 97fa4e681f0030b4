"""Reading objections (退单): how often each unit said "not ours" and what came of it, and the objections themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Literal

from projections.objections import ObjectionState
from projections.paging import Cursor, Sql, bad_cursor
from projections.sight import Sight

BY_UNIT = SQL("""
SELECT o.unit, o.state, count(*) AS objections, count(DISTINCT o.number) AS files
FROM objections.objections o JOIN ledger.rows r ON r.number = o.number
WHERE {conditions} AND {rule} GROUP BY GROUPING SETS ((o.unit), (o.unit, o.state))""")
PAGE = SQL("""
SELECT o.* FROM objections.objections o
CROSS JOIN LATERAL (SELECT FROM ledger.rows r WHERE r.number = o.number AND {rule} OFFSET 0) r
WHERE {conditions} ORDER BY o.position DESC LIMIT {limit}""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One time that a unit said "not ours". `time`: 1 for the first on this file; `decided_by`: a person."""

    number: str
    unit: str
    proposed_unit: str | None
    time: int
    asked_at: datetime
    state: ObjectionState
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitObjections:
    """How often a unit objected, on how many files, and what came of it by state."""

    unit: str
    objections: int
    files: int
    states: dict[ObjectionState, int]


def by_unit(conn: Connection[Any], sight: Sight, since: date | None, until: date | None) -> list[UnitObjections]:
    """Objections of these days (Asia/Shanghai) by unit, most first, on files that the caller may know of."""
    whole: dict[str, DictRow] = {}
    states: defaultdict[str, dict[ObjectionState, int]] = defaultdict(dict)
    for record in _fetch(conn, BY_UNIT, _between(since, until), sight):
        if record["state"] is None:
            whole[record["unit"]] = record
        else:
            states[record["unit"]][ObjectionState(record["state"])] = record["objections"]
    found = [
        UnitObjections(unit=unit, objections=one["objections"], files=one["files"], states=states[unit])
        for unit, one in whole.items()
    ]
    return sorted(found, key=lambda one: (-one.objections, one.unit))


def page(
    conn: Connection[Any],
    sight: Sight,
    *,
    unit: str | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[Objection], str | None]:
    """Objections, newest first, and the cursor of the next page. Raises Invalid for a cursor that was never given."""
    asked = _between(since, until)
    if unit is not None:
        asked.where("o.unit = %(unit)s", {"unit": unit})
    after = Cursor.read(cursor, "position", rest=0)
    if after is not None:
        if not after.value.isdecimal():
            raise bad_cursor()
        asked.where("o.position < %(position)s", {"position": int(after.value)})
    found = list(_fetch(conn, PAGE, asked, sight, limit=Literal(limit + 1)))
    more = str(Cursor("position", str(found[limit - 1]["position"]), ())) if len(found) > limit else None
    return [_objection(record) for record in found[:limit]], more


def _between(since: date | None, until: date | None) -> Sql:
    asked = Sql()
    if since is not None:
        asked.where("o.asked_on >= %(since)s", {"since": since})
    if until is not None:
        asked.where("o.asked_on <= %(until)s", {"until": until})
    return asked


def _fetch(conn: Connection[Any], statement: SQL, asked: Sql, sight: Sight, **parts: Literal) -> list[DictRow]:
    rule, parameters = sight.sql("r")
    query = statement.format(conditions=SQL(str(asked)), rule=SQL(rule), **parts)
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {**asked.parameters, **parameters}).fetchall()


def _objection(record: DictRow) -> Objection:
    plain = {name: record[name] for name in Objection.__slots__ if name != "state"}
    return Objection(**plain, state=ObjectionState(record["state"]))
