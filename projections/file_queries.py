"""Reading a file's timeline, people and clocks, personal data masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from domain.clocks import DueDate
from domain.vocabulary import Clock, PetitionerKind, Role
from projections.masked import shown, shown_people

FILE = "SELECT f.petitioners, f.people, f.restricted FROM file.files f WHERE f.number = %(number)s"
ENTRIES = """
SELECT e.version, e.position, e.topic, e.occurred_at, e.recorded_at, e.actor, e.role, e.unit, e.on_behalf_of,
       e.backdated, e.round, e.codes, e.texts
FROM file.entries e WHERE e.number = %(number)s AND e.version > %(after)s ORDER BY e.version LIMIT %(limit)s
"""
CLOCKS = """
SELECT c.clock, c.start, c.days, c.working, c.due, c.rule, c.calendar, c.rulebook_version, c.provisional, c.started_at,
       c.version, c.stopped_at, c.replaced_by
FROM file.clocks c WHERE c.number = %(number)s ORDER BY c.version, c.clock
"""
LONGEST = 10_000
"""Entries that a timeline gives at once; a file has some tens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of a file. `codes` are its plain fields, `texts` its masked ones by where they stand in it.

    `occurred_at` is None where nobody stated when it happened; `backdated` that it was entered late, with a reason.
    """

    version: int
    position: int
    topic: str
    occurred_at: datetime | None
    recorded_at: datetime
    actor: str
    role: Role | None
    unit: str | None
    on_behalf_of: str | None
    backdated: bool
    round: int
    codes: Mapping[str, object]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A petitioner, masked; fields that were not given or were erased are missing."""

    id: str
    kind: PetitionerKind
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A due date with what made it so. It runs unless it was stopped or replaced by a later one of the same clock."""

    due: DueDate
    set_by: int
    stopped_at: datetime | None
    replaced_by: int | None

    @property
    def runs(self) -> bool:
        """Whether the clock still runs towards this date."""
        return self.stopped_at is None and self.replaced_by is None

    def overdue(self, as_of: date) -> bool:
        """Whether it runs and its last day is over."""
        return self.runs and self.due.due < as_of


def timeline(conn: Connection[Any], number: str, after: int = 0, limit: int = LONGEST) -> list[Entry]:
    """A file's events in order, from the one after version `after` on; empty for an unknown number."""
    file = _rows(conn, FILE, number)
    if not file:
        return []
    people, restricted = file[0]["people"], file[0]["restricted"]
    return [
        Entry(
            **{
                **record,
                "role": Role(record["role"]) if record["role"] else None,
                "texts": {path: shown(text, people, restricted) for path, text in record["texts"].items()},
            }
        )
        for record in _rows(conn, ENTRIES, number, after=after, limit=limit)
    ]


def people(conn: Connection[Any], number: str) -> list[PersonShown]:
    """Who stands behind a file, masked, in the order given; empty for an anonymous or unknown one."""
    file = _rows(conn, FILE, number)
    if not file:
        return []
    values = shown_people(file[0]["people"], file[0]["restricted"])
    return [
        PersonShown(one["id"], PetitionerKind(one["kind"]), values.get(one["id"], {})) for one in file[0]["petitioners"]
    ]


def clocks(conn: Connection[Any], number: str) -> list[ClockShown]:
    """Every due date that a file has had, in the order in which they were set."""
    found = []
    for record in _rows(conn, CLOCKS, number):
        rest = {name: record.pop(name) for name in ("version", "stopped_at", "replaced_by")}
        due = DueDate(**{**record, "clock": Clock(record["clock"])})
        found.append(ClockShown(due, rest["version"], rest["stopped_at"], rest["replaced_by"]))
    return found


def _rows(conn: Connection[Any], statement: str, number: str, **more: object) -> list[DictRow]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, {"number": number, **more}).fetchall()
