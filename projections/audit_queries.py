"""Asking the audit trail: the steps of one file, and steps of everything by who, what, for whom and when.

Newest first means: by the time at which a step was recorded, then by position. Every index has that order, so that a
time range is a piece of it. Conditions on who and what choose kinds (see audit.py); of each kind the newest steps are
taken from the index, and the newest of all of them are looked up. What this reads depends on the number of kinds and
not on that of steps. Conditions that alone would choose very many kinds, a role and "entered late", have indexes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow, class_row, dict_row

from domain.petition.titles import TITLES, Title
from projections.sight import Sight

COLUMNS = """e.position, e.stream, e.version, e.topic, e.actor, e.role, e.unit, e.on_behalf_of,
       e.occurred_at, e.recorded_at, e.backdated, e.request_id, e.command_id"""
OF_A_FILE = "SELECT {columns} FROM audit.events e WHERE stream = %s AND version > %s ORDER BY version LIMIT %s"

NEWEST = "ORDER BY recorded_at DESC, position DESC LIMIT %(places)s"
WALKED = "SELECT e.recorded_at, e.position FROM audit.events e WHERE {where} {newest}"
BY_KIND = """
SELECT e.recorded_at, e.position FROM audit.kinds k CROSS JOIN LATERAL ({walked}) e WHERE {kinds} {newest}"""
LATE = """
SELECT e.recorded_at, e.position FROM (
    SELECT e.recorded_at, e.position FROM audit.events e
     WHERE e.occurred_at <> e.recorded_at AND {where}
       AND e.kind = ANY (ARRAY(SELECT k.kind FROM audit.kinds k WHERE {kinds})) OFFSET 0) e {newest}"""
"""`OFFSET 0`: found by when they happened, and not by walking through all that was recorded since."""
EITHER = "SELECT e.recorded_at, e.position FROM (({at_once}) UNION ALL ({late})) e {newest}"
STEPS = """
SELECT {columns}, {known} AS known FROM ({places}) p
CROSS JOIN LATERAL (SELECT * FROM audit.events e WHERE e.position = p.position OFFSET 0) e
ORDER BY p.recorded_at DESC, p.position DESC
"""
KNOWN = """(e.stream = 'rulebook' OR e.stream LIKE 'staff:%%' OR e.stream LIKE 'meeting:%%'
    OR EXISTS (SELECT FROM ledger.rows f WHERE f.number = e.stream AND {rule} OFFSET 0))"""
"""`OFFSET 0`: asked file by file, where the planner might rather read the whole ledger into a hash."""

BEFORE = """(e.recorded_at, e.position) < ((
    SELECT b.recorded_at FROM audit.events b WHERE b.position <= %(before)s ORDER BY b.position DESC LIMIT 1
), %(before)s)"""
SORTS = ("topic", "actor", "role", "unit", "on_behalf_of", "backdated")
"""Conditions that choose kinds."""
WALKABLE = ({"role"}, {"backdated"})
"""Conditions that have an index of their own, where nothing else is asked for."""
RECORDED = {
    "recorded_from": "e.recorded_at >= %(recorded_from)s",
    "recorded_to": "e.recorded_at < %(recorded_to)s",
}
OCCURRED = {
    "occurred_from": "e.occurred_at >= %(occurred_from)s",
    "occurred_to": "e.occurred_at < %(occurred_to)s",
}
WIDER = 4
"""How many times as many places are looked at where some of the last ones were not for the caller."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One step. `stream`: a file's number, `rulebook`, `staff:<id>`, `meeting:<id>`; `version` that the step made.

    `occurred_at` is None for imported history without a date; `backdated`: it was entered late, with a reason that the
    file holds. Steps with one `command_id` were taken together.
    """

    position: int
    stream: str
    version: int
    topic: str
    actor: str
    role: str | None
    unit: str | None
    on_behalf_of: str | None
    occurred_at: datetime | None
    recorded_at: datetime
    backdated: bool
    request_id: str
    command_id: UUID

    @property
    def title(self) -> Title:
        """What the step is called."""
        return TITLES[self.topic]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which steps are asked for; None leaves that side open.

    `backdated`: entered late, with a reason. Times: from included, to excluded.
    """

    actor: str | None = None
    stream: str | None = None
    topic: str | None = None
    role: str | None = None
    unit: str | None = None
    on_behalf_of: str | None = None
    backdated: bool | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None


def trail(connection: Connection[Any], number: str, after: int = 0, limit: int = 100) -> list[AuditEntry]:
    """The steps of one file in order, those that made a version above `after`, at most `limit`.

    Whether the caller may know of the file is for the caller to ask first.
    """
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(OF_A_FILE.format(columns=COLUMNS).encode(), (number, after, limit)).fetchall()


def audit(
    connection: Connection[Any], wanted: AuditFilter, sight: Sight, before: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Steps of everything that fit the filter, newest first, at most `limit`, older than the step at position `before`.

    Of files only those that the caller may know of: who is of the committee sees nothing of what accuses themselves.
    """
    given = {name: value for name in AuditFilter.__slots__ if (value := getattr(wanted, name)) is not None}
    rule, parameters = sight.sql("f")
    known = KNOWN.replace("{rule}", rule) if parameters else "true"
    found: list[AuditEntry] = []
    places, more = limit, True
    with connection.cursor(row_factory=dict_row) as cursor:
        while more and len(found) < limit:
            query = STEPS.format(columns=COLUMNS, known=known, places=_places(given, further=before is not None))
            asked = {**given, **parameters, "before": before, "places": places}
            steps = cursor.execute(query.encode(), asked).fetchall()
            found += _entries(steps)
            more, places = len(steps) == places, places * WIDER
            before = steps[-1]["position"] if steps else before
    return found[:limit]


def _entries(steps: Iterable[DictRow]) -> list[AuditEntry]:
    """Those of the steps that the caller may know of."""
    return [AuditEntry(**step) for step in steps if step.pop("known")]


def _places(given: dict[str, Any], *, further: bool) -> str:
    """Where the newest steps stand that fit what is given, as SQL; `further`: with a place to go on from."""
    sorts = [name for name in SORTS if name in given]
    recorded = [clause for name, clause in RECORDED.items() if name in given]
    if further:
        recorded.append(BEFORE)
    occurred = [clause for name, clause in OCCURRED.items() if name in given]
    if "stream" in given:
        return _walked("e.stream = %(stream)s", *_sorted("e", sorts), *recorded, *occurred)
    if not occurred:
        return _newest(sorts, recorded)
    at_once = (clause.replace("e.occurred_at", "e.recorded_at") for clause in occurred)
    late = _all(*recorded, *occurred)
    return EITHER.format(
        at_once=_newest(sorts, [*recorded, *at_once], at_once=True),
        late=LATE.format(where=late, kinds=_all("NOT k.at_once", *_sorted("k", sorts)), newest=NEWEST),
        newest=NEWEST,
    )


def _newest(sorts: list[str], recorded: list[str], *, at_once: bool = False) -> str:
    """The newest steps of these sorts; `at_once`: of those that were recorded as they happened."""
    if not sorts or set(sorts) in WALKABLE:
        happened = ["e.occurred_at = e.recorded_at"] if at_once else []
        return _walked(*_sorted("e", sorts), *recorded, *happened)
    chosen = _sorted("k", sorts) + (["k.at_once"] if at_once else [])
    return BY_KIND.format(walked=_walked("e.kind = k.kind", *recorded), kinds=_all(*chosen), newest=NEWEST)


def _walked(*clauses: str) -> str:
    return WALKED.format(where=_all(*clauses), newest=NEWEST)


def _sorted(table: str, sorts: list[str]) -> list[str]:
    return [f"{table}.{name} = %({name})s" for name in sorts]


def _all(*clauses: str) -> str:
    return " AND ".join(clauses) or "true"
