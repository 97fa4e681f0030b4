"""Reading a file's timeline, personal data masked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from domain.petition.events import receiving as r
from domain.petition.events.supervising import FollowUpMissed
from domain.vocabulary import Role
from projections.masked import shown

FILE = "SELECT f.people, f.restricted FROM file.files f WHERE f.number = %(number)s"
ENTRIES = """
SELECT e.version, e.position, e.topic, e.occurred_at, e.recorded_at, e.actor, e.role, e.unit, e.on_behalf_of,
       e.backdated, e.round, e.codes, e.texts
FROM file.entries e WHERE e.number = %(number)s AND e.version > %(after)s ORDER BY e.version LIMIT %(limit)s
"""
MISSED = """
SELECT e.number, count(*) AS missed FROM file.entries e JOIN file.files f ON f.number = e.number AND f.round = e.round
WHERE e.number = ANY(%(numbers)s) AND e.topic = %(topic)s GROUP BY e.number
"""
NUMBERS = frozenset({"principal", "duplicate", "arises_from", "concluded_by"})
"""Plain fields of events that hold the number of another file."""
LINKS = frozenset(
    kind.TOPIC for kind in (r.DuplicateLinked, r.DuplicateAdopted, r.DuplicateUnlinked, r.DuplicateReleased)
)
"""Events that tell nothing but that there is another file."""
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

    @property
    def named(self) -> frozenset[str]:
        """The numbers of other files that it names."""
        return frozenset(str(value) for field, value in self.codes.items() if field in NUMBERS)

    def naming_only(self, known: Collection[str]) -> Mapping[str, object]:
        """Its plain fields without the numbers of other files that are not `known`."""
        return {field: value for field, value in self.codes.items() if field not in NUMBERS or value in known}


def conceals(topic: str, named: Collection[str], known: Collection[str]) -> bool:
    """Whether an event is left out for a reader who knows of these files only: that there is a link at all would tell
    them of a file that does not exist for them (L1 30, 46).
    """
    return topic in LINKS and not set(named) <= set(known)


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


def calls_missed(conn: Connection[Any], numbers: Collection[str]) -> dict[str, int]:
    """How often a resident was called in vain in the running round, by file; files without such a call are left out."""
    asked = {"numbers": list(numbers), "topic": FollowUpMissed.TOPIC}
    with conn.cursor(row_factory=dict_row) as cursor:
        return {row["number"]: row["missed"] for row in cursor.execute(MISSED, asked)}


def _rows(conn: Connection[Any], statement: str, number: str, **more: object) -> list[DictRow]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, {"number": number, **more}).fetchall()
