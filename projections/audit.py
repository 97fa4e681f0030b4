"""The audit trail: who did what when, in which role, for whom; one row for every recorded step, without any free text.

The events themselves are the record; this makes them findable. Receipts of requests are not steps and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from domain.kernel import Recorded
from domain.petition.titles import TITLES, Title
from domain.receipt import ReceiptIssued
from projections.projection import Projection, Write
from projections.sight import Sight

RECORD = """
INSERT INTO {schema}.events (position, stream, version, topic, actor, role, unit, on_behalf_of,
                             occurred_at, recorded_at, backdated, request_id, command_id)
VALUES (%(position)s, %(stream)s, %(version)s, %(topic)s, %(actor)s, %(role)s, %(unit)s, %(on_behalf_of)s,
        %(occurred_at)s, %(recorded_at)s, %(backdated)s, %(request_id)s, %(command_id)s)
"""

SELECT = """
SELECT position, stream, version, topic, actor, role, unit, on_behalf_of,
       occurred_at, recorded_at, backdated, request_id, command_id
  FROM audit.events
"""
OF_A_FILE = f"{SELECT} WHERE stream = %s AND version > %s ORDER BY version LIMIT %s"
NEWEST_FIRST = "ORDER BY position DESC LIMIT %(limit)s"


class Audit(Projection):
    """One row for every event of every file, of the rulebook, of the staff and of meetings."""

    name: ClassVar[str] = "audit"
    version: ClassVar[int] = 2
    independent: ClassVar[bool] = True
    by_key: ClassVar[bool] = True
    personal: ClassVar[bool] = False
    ddl: ClassVar[str] = """
        CREATE TABLE {schema}.events (
            position     bigint      PRIMARY KEY,
            stream       text        NOT NULL,
            version      integer     NOT NULL,
            topic        text        NOT NULL,
            actor        text        NOT NULL,
            role         text,
            unit         text,
            on_behalf_of text,
            occurred_at  timestamptz,
            recorded_at  timestamptz NOT NULL,
            backdated    boolean     NOT NULL,
            request_id   text        NOT NULL,
            command_id   uuid        NOT NULL
        );
        CREATE UNIQUE INDEX ON {schema}.events (stream, version);
        CREATE INDEX ON {schema}.events (actor, position);
        CREATE INDEX ON {schema}.events (topic, position);
        CREATE INDEX ON {schema}.events (role, position);
        CREATE INDEX ON {schema}.events (unit, position) WHERE unit IS NOT NULL;
        CREATE INDEX ON {schema}.events (on_behalf_of, position) WHERE on_behalf_of IS NOT NULL;
        CREATE INDEX ON {schema}.events (position) WHERE backdated;
        CREATE INDEX ON {schema}.events (recorded_at);
        CREATE INDEX ON {schema}.events (occurred_at);
    """

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """One row, unless it is a receipt."""
        if isinstance(recorded.fact, ReceiptIssued):
            return
        actor = recorded.actor
        yield (
            RECORD,
            {
                "position": recorded.position,
                "stream": recorded.stream,
                "version": recorded.version,
                "topic": recorded.fact.TOPIC,
                "actor": actor.id,
                "role": actor.role and str(actor.role),
                "unit": actor.unit,
                "on_behalf_of": actor.on_behalf_of,
                "occurred_at": recorded.occurred_at,
                "recorded_at": recorded.recorded_at,
                "backdated": recorded.backdated_because is not None,
                "request_id": recorded.request_id,
                "command_id": recorded.command_id,
            },
        )


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


KNOWN = """(stream = 'rulebook' OR stream LIKE 'staff:%%' OR stream LIKE 'meeting:%%'
    OR EXISTS (SELECT FROM ledger.rows f WHERE f.number = stream AND {rule} OFFSET 0))"""
"""`OFFSET 0`: asked file by file, where the planner might rather read the whole ledger into a hash."""

CLAUSES = {
    "actor": "actor = %(actor)s",
    "stream": "stream = %(stream)s",
    "topic": "topic = %(topic)s",
    "role": "role = %(role)s",
    "unit": "unit = %(unit)s",
    "on_behalf_of": "on_behalf_of = %(on_behalf_of)s",
    "backdated": "backdated = %(backdated)s",
    "recorded_from": "recorded_at >= %(recorded_from)s",
    "recorded_to": "recorded_at < %(recorded_to)s",
    "occurred_from": "occurred_at >= %(occurred_from)s",
    "occurred_to": "occurred_at < %(occurred_to)s",
}


def trail(connection: Connection[Any], number: str, after: int = 0, limit: int = 100) -> list[AuditEntry]:
    """The steps of one file in order, those that made a version above `after`, at most `limit`.

    Whether the caller may know of the file is for the caller to ask first.
    """
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(OF_A_FILE, (number, after, limit)).fetchall()


def audit(
    connection: Connection[Any], wanted: AuditFilter, sight: Sight, before: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Steps of everything that fit the filter, newest first, at most `limit`, at positions below `before`.

    Of files only those that the caller may know of: who is of the committee sees nothing of what accuses themselves.
    """
    given = {name: value for name in CLAUSES if (value := getattr(wanted, name)) is not None}
    clauses = [CLAUSES[name] for name in given]
    if before is not None:
        clauses.append("position < %(before)s")
    rule, parameters = sight.sql("f")
    if parameters:
        clauses.append(KNOWN.replace("{rule}", rule))
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    sql = " ".join((SELECT, where, NEWEST_FIRST))
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(sql, {**given, **parameters, "before": before, "limit": limit}).fetchall()
