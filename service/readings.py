"""Who read whose personal data: written before the data is shown, read by the committee (《个人信息保护法》 51)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL
from psycopg_pool import ConnectionPool
from pydantic import BaseModel, ConfigDict, Field

from domain.kernel import Context, Grant
from domain.petition.command import Label
from domain.vocabulary import RevealGround
from projections.sight import Sight
from service.access import Caller

READINGS = SQL("""
SELECT id, read_at, staff, role, unit, on_behalf_of, number, request_id, ground, note FROM personal_reads AS r
 WHERE EXISTS (SELECT FROM ledger.rows f WHERE f.number = r.number AND {rule})
   AND (%(number)s::text IS NULL OR number = %(number)s) AND (%(staff)s::text IS NULL OR staff = %(staff)s)
   AND (%(first)s::date IS NULL OR read_at >= %(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai')
   AND (%(last)s::date IS NULL OR read_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
   AND (%(before)s::bigint IS NULL OR id < %(before)s)
 ORDER BY id DESC LIMIT %(limit)s
""")


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody read the personal data of a file."""

    id: int
    read_at: datetime
    staff: str
    role: str
    unit: str | None
    on_behalf_of: str | None
    number: str
    request_id: str
    ground: str | None
    note: str | None


class Reveal(BaseModel):
    """Why the committee looks at what it reads masked otherwise. The note is kept in plain: it identifies nobody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ground: RevealGround = Field(title="查看依据")
    note: Label = Field(title="说明")


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Which readings: of one file, by one member of staff, on days in Asia/Shanghai, both counted."""

    number: str | None = None
    staff: str | None = None
    first: date | None = None
    last: date | None = None


def readings(
    connection: Connection[Any], wanted: ReadingFilter, sight: Sight, before: int | None, limit: int
) -> list[Reading]:
    """Readings newest first, those with an id below `before`, of files that the caller may know of."""
    rule, parameters = sight.sql("f")
    given = {**asdict(wanted), **parameters, "before": before, "limit": limit}
    with connection.cursor(row_factory=class_row(Reading)) as cursor:
        return cursor.execute(READINGS.format(rule=SQL(rule)), given).fetchall()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a file in which grant, when, and in which request."""

    read_at: datetime
    staff: str
    grant: Grant
    request_id: str

    def columns(self) -> tuple[datetime, str, str, str | None, str | None, str]:
        """When, who, role, unit, on behalf of whom, request."""
        role, unit, behalf = self.grant
        return self.read_at, self.staff, str(role), unit, behalf, self.request_id


LOG_READING = """
INSERT INTO personal_reads (read_at, staff, role, unit, on_behalf_of, number, request_id, ground, note)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def log_reading(
    pool: ConnectionPool[Connection[TupleRow]],
    caller: Caller,
    grant: Grant,
    number: str,
    context: Context,
    *,
    why: Reveal | None = None,
) -> None:
    """Enter that the caller reads a file in this grant, before it is shown; `why` where the committee reveals it."""
    role, unit, behalf = str(grant.role), grant.unit, grant.on_behalf_of
    ground, note = (str(why.ground), why.note) if why else (None, None)
    entry = (context.now, caller.staff, role, unit, behalf, number, context.request_id, ground, note)
    with pool.connection() as connection:
        connection.execute(LOG_READING, entry, prepare=True)
