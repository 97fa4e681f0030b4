"""Reading the work list: what waits for somebody, most urgent first, and how much."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Literal

from domain.vocabulary import Code, Role
from projections.masked import shown
from projections.paging import Cursor, Sql
from projections.sight import Sight
from projections.tasks import DRAFTING, KINDS, Barred

MAX_LIMIT = 200
COUNTED = 1000
"""How many tasks of one role and unit `counts` looks at."""
Grants = Iterable[tuple[Role, str | None]]
"""Roles with their units; an approver's with every unit below theirs. None: a role for the whole office."""

FOR_GRANT = SQL("""
    SELECT t.* FROM unnest(%(roles)s::text[], %(units)s::text[]) AS g (role, unit) CROSS JOIN LATERAL (
        SELECT t.* FROM worklist.tasks t
        CROSS JOIN LATERAL (SELECT FROM worklist.files f WHERE f.number = t.number AND {sight} AND {free} OFFSET 0) f
        WHERE t.role = g.role AND t.unit = g.unit AND {conditions}
        ORDER BY t.due_order, t.number, t.task, t.unit, t.matter LIMIT {limit}) t""")
BARRED: Mapping[Barred, str] = {"handled": "f.handled", "worked": "f.worked", "objectors": "f.objectors"}
"""Whom the file itself bars from a task: as it is when it is read, so that who works on it meanwhile is barred too."""
FREE = " AND ".join(
    [
        *(f"NOT (t.task = ANY(%({part})s::text[]) AND {who} && %(persons)s::text[])" for part, who in BARRED.items()),
        "NOT (f.not_public AND t.task = ANY(%(drafting)s::text[]))",
    ]
)
"""Nobody barred; and no draft of a file that is secret or accuses somebody by now: it waits where it is meanwhile."""
PAGE = SQL("""
WITH waiting AS MATERIALIZED (
    SELECT DISTINCT ON (w.due_order, w.number, w.task, w.unit, w.matter) w.* FROM ({waiting}) w
    ORDER BY w.due_order, w.number, w.task, w.unit, w.matter LIMIT {limit})
SELECT w.number, w.task, w.matter, w.role, w.unit, w.person, w.due, w.since, w.due_order, l.title, l.people,
       l.restricted, l.stage, l.urgency
FROM waiting w LEFT JOIN ledger.rows l ON l.number = w.number
ORDER BY w.due_order, w.number, w.task, w.unit, w.matter""")
COUNTS = SQL("""
SELECT w.task, count(*) AS waiting, count(*) FILTER (WHERE w.due < %(today)s) AS overdue,
       count(*) FILTER (WHERE w.due BETWEEN %(today)s AND %(soon)s) AS soon
FROM (SELECT DISTINCT w.number, w.task, w.unit, w.matter, w.due FROM ({waiting}) w) w GROUP BY w.task""")


class Light(Code):
    """The traffic light of what is due (红黄绿灯)."""

    RED = "red", "已超期"
    AMBER = "amber", "即将到期"
    GREEN = "green", "未到期"


LIT: Mapping[Light, str] = {
    Light.RED: "t.due < %(today)s::date",
    Light.AMBER: "t.due BETWEEN %(today)s::date AND %(soon)s::date",
    Light.GREEN: "t.due_order > %(soon)s::date",
}


@dataclass(frozen=True, slots=True)
class Days:
    """The days that the light depends on: today, and the last one (`soon`) on which something due is due soon."""

    today: date
    soon: date

    def light(self, due: date | None) -> Light:
        """Red when overdue, amber when due soon, otherwise green; what has no limit is green."""
        if due is None or due > self.soon:
            return Light.GREEN
        return Light.RED if due < self.today else Light.AMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which of what waits is wanted: these kinds (none: all), for this unit, under this light (which needs `days`)."""

    kinds: Collection[str] = ()
    unit: str | None = None
    light: Light | None = None
    days: Days | None = None

    def narrow(self, query: Sql) -> None:
        """Add the conditions."""
        if self.kinds:
            query.where("t.task = ANY(%(kinds)s::text[])", {"kinds": sorted(self.kinds)})
        if self.unit is not None:
            query.where("t.unit = %(unit_wanted)s", {"unit_wanted": self.unit})
        if self.light is not None and self.days is not None:
            query.where(LIT[self.light], {"today": self.days.today, "soon": self.days.soon})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that waits. `person`: who is to do it, None: anybody of the unit (`unit` None: of the role).

    `matter` tells several of one kind apart: the id of an order or reminder, a unit that wants to return the file.
    `title` is the file's, masked; None until the ledger has the file.
    """

    number: str
    task: str
    matter: str
    role: Role
    unit: str | None
    person: str | None
    due: date | None
    since: datetime
    title: str | None
    stage: str | None
    urgency: str | None

    @property
    def zh(self) -> str:
        """The task's Chinese name."""
        return KINDS[self.task].zh


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some tasks, most urgent first, and the cursor for the next page; None on the last."""

    tasks: tuple[Task, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many tasks of one kind wait, how many of them are overdue, and how many are due soon."""

    waiting: int
    overdue: int
    soon: int


def tasks(
    conn: Connection[Any],
    sight: Sight,
    grants: Grants,
    persons: Collection[str] = (),
    *,
    own: bool = False,
    wanted: TaskFilter | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> TaskPage:
    """What waits for these roles and units, by due date, undated last; nothing that `persons` may not do.

    `persons`: the caller and whom they stand in for. `own`: leave out what is named to somebody else. Raises Invalid
    for a cursor that was never given.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    query = _for(grants, persons, own)
    if wanted is not None:
        wanted.narrow(query)
    after = Cursor.read(cursor, "due", rest=4)
    if after:
        number, task, unit, matter = after.rest
        query.where(
            "(t.due_order, t.number, t.task, t.unit, t.matter)"
            " > (%(due)s::date, %(number)s::text, %(task)s::text, %(unit)s::text, %(matter)s::text)",
            {"due": after.day(), "number": number, "task": task, "unit": unit, "matter": matter},
        )
    found = _fetch(conn, PAGE, query, sight, limit + 1)
    more = str(_cursor(found[limit - 1])) if len(found) > limit else None
    return TaskPage(tuple(map(_task, found[:limit])), more)


def counts(
    conn: Connection[Any], sight: Sight, grants: Grants, persons: Collection[str], days: Days, *, own: bool = False
) -> dict[str, TaskCount]:
    """How much waits, by kind of task; of each role and unit the most urgent thousand are counted."""
    query = _for(grants, persons, own)
    query.parameters.update(today=days.today, soon=days.soon)
    found = _fetch(conn, COUNTS, query, sight, COUNTED)
    return {record["task"]: TaskCount(record["waiting"], record["overdue"], record["soon"]) for record in found}


def _for(grants: Grants, persons: Collection[str], own: bool) -> Sql:
    """Conditions for whom the tasks are."""
    pairs = sorted({(role.value, place) for role, unit in grants for place in ("", unit or "")})
    query = Sql()
    query.parameters.update(roles=[role for role, _ in pairs], units=[unit for _, unit in pairs])
    query.parameters.update({part: [task for task, kind in KINDS.items() if part in kind.barred] for part in BARRED})
    query.parameters.update(drafting=list(DRAFTING))
    query.where("NOT t.excluded && %(persons)s::text[]", {"persons": sorted(persons)})
    if own:
        query.where("(t.person IS NULL OR t.person = ANY(%(persons)s))")
    return query


def _fetch(conn: Connection[Any], statement: SQL, query: Sql, sight: Sight, limit: int) -> list[DictRow]:
    rule, parameters = sight.sql("f")
    waiting = FOR_GRANT.format(sight=SQL(rule), free=SQL(FREE), conditions=SQL(str(query)), limit=Literal(limit))
    composed = statement.format(waiting=waiting, limit=Literal(limit))
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(composed, {**query.parameters, **parameters}).fetchall()


def _cursor(record: DictRow) -> Cursor:
    key = (record["number"], record["task"], record["unit"], record["matter"])
    return Cursor("due", record["due_order"].isoformat(), key)


def _task(record: DictRow) -> Task:
    known = record["people"] is not None
    return Task(
        **{name: record[name] for name in ("number", "task", "matter", "person", "due", "since", "stage", "urgency")},
        role=Role(record["role"]),
        unit=record["unit"] or None,
        title=shown(record["title"], record["people"], record["restricted"]) if known else None,
    )
