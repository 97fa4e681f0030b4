"""Reading the meetings, and drawing up an agenda: which open files of a time, area and category are talked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from domain.meeting_events import AgendaItem
from domain.petition.stages import LOOP
from domain.vocabulary import AgendaBasis, MeetingPart, MeetingStage
from projections.masked import shown
from projections.paging import Cursor
from projections.sight import Sight


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting. `came` of `asked` were present; `summary_state`: drafted, sent_back, approved or published.

    Texts that were erased say so.
    """

    id: str
    title: str
    called_at: datetime
    planned_on: date
    first: date
    last: date
    areas: list[str]
    categories: list[str]
    repeated: bool
    stage: MeetingStage
    held_on: date | None
    came: int | None
    asked: int | None
    parts: dict[MeetingPart, str]
    summary_title: str | None
    summary_text: str | None
    summary_digest: str | None
    summary_state: str | None
    outlets: list[str]
    version: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A file on an agenda: why it is there, whether it was taken off again, in which part it was decided.

    `decided_in` is the version that the decision made of the file: there it stands.
    """

    number: str
    basis: AgendaBasis | None
    alike: int
    reason: str | None
    removed: bool
    removed_because: str | None
    part: MeetingPart | None
    decided_in: int | None


COLUMNS = ", ".join((*MeetingRow.__slots__, "people"))
ONE = f"SELECT {COLUMNS} FROM meetings.meetings WHERE id = %(id)s"  # noqa: S608
LIST = f"""
SELECT {COLUMNS} FROM meetings.meetings
WHERE %(at)s::timestamptz IS NULL OR (called_at, id) < (%(at)s, %(id)s)
ORDER BY called_at DESC, id DESC LIMIT %(limit)s
"""  # noqa: S608
ITEMS = """
SELECT i.number, i.basis, i.alike, i.reason, i.removed, i.removed_because, i.part, d.version AS decided_in
FROM meetings.items i LEFT JOIN meetings.decisions d ON d.command_id = i.command_id AND d.number = i.number
WHERE i.meeting = %(id)s ORDER BY i.place, i.number
"""
AGENDA = """
WITH open AS MATERIALIZED (
    SELECT r.number, r.ordered_at, r.area, r.category, r.principal FROM ledger.rows r
    WHERE r.ordered_at >= (%(first)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND r.ordered_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND r.stage = ANY(%(stages)s) AND r.secrecy <> 'secret'
        AND r.against_units = '{{}}' AND r.against_staff = '{{}}'
        AND (%(areas)s::text[] IS NULL OR r.area = ANY(%(areas)s))
        AND (%(categories)s::text[] IS NULL OR r.category = ANY(%(categories)s)) AND {rule}
), counted AS (
    SELECT o.*, (SELECT count(*) FROM ledger.rows d WHERE d.principal = o.number AND d.secrecy <> 'secret'
            AND d.against_units = '{{}}' AND d.against_staff = '{{}}') AS duplicates,
        CASE WHEN o.area IS NOT NULL AND o.category IS NOT NULL
            THEN count(*) OVER (PARTITION BY o.area, o.category) ELSE 1 END AS alike
    FROM open o WHERE o.principal IS NULL
)
SELECT number, duplicates, alike FROM counted
WHERE NOT %(repeated)s OR duplicates > 0 OR alike > 1
ORDER BY CASE WHEN %(repeated)s THEN greatest(duplicates + 1, alike) END DESC NULLS LAST, area, category, ordered_at,
    number
LIMIT %(limit)s
"""
"""Linked duplicates are not there by themselves: the principal file stands for them. Protected ones are not even
counted: the number is read by everybody who reads the agenda (L1 30)."""


def meeting_list(
    connection: Connection[Any], cursor: str | None = None, limit: int = 50
) -> tuple[list[MeetingRow], str | None]:
    """A page of meetings, the newest first, and the cursor of the next one. Raises `Invalid` for another's cursor."""
    after = Cursor.read(cursor, "meetings")
    asked = {"at": after.instant() if after else None, "id": after.rest[0] if after else None, "limit": limit + 1}
    with connection.cursor(row_factory=dict_row) as rows:
        found = list(map(_meeting, rows.execute(LIST, asked)))
    more = found[limit - 1] if len(found) > limit else None
    return found[:limit], str(Cursor("meetings", more.called_at.isoformat(), (more.id,))) if more else None


def meeting_of(connection: Connection[Any], meeting: str) -> MeetingRow | None:
    """One meeting; None where there is none."""
    with connection.cursor(row_factory=dict_row) as rows:
        return next(map(_meeting, rows.execute(ONE, {"id": meeting})), None)


def items_of(connection: Connection[Any], meeting: str) -> list[ItemRow]:
    """The agenda in its order, with what was taken off; which of these files a caller may know is for them to ask."""
    with connection.cursor(row_factory=dict_row) as rows:
        return list(map(_item_row, rows.execute(ITEMS, {"id": meeting})))


def _meeting(record: DictRow) -> MeetingRow:
    people = record.pop("people")
    parts = {MeetingPart(part): shown(text, people, ()) for part, text in record["parts"].items()}
    told = {"title": shown(record["title"], {}, ()), "stage": MeetingStage(record["stage"]), "parts": parts}
    if record["summary_state"]:
        told |= {name: shown(record[name], {}, ()) for name in ("summary_title", "summary_text")}
    return MeetingRow(**{**record, **told})


def _item_row(record: DictRow) -> ItemRow:
    basis, part = record["basis"], record["part"]
    if basis is None:
        record["reason"] = shown(record["reason"], {}, ())
    if record["removed"]:
        record["removed_because"] = shown(record["removed_because"], {}, ())
    codes = {"basis": AgendaBasis(basis) if basis else None, "part": MeetingPart(part) if part else None}
    return ItemRow(**{**record, **codes})


def agenda(
    connection: Connection[Any],
    *,
    first: date,
    last: date,
    areas: Sequence[str] | None,
    categories: Sequence[str] | None,
    repeated: bool,
    sight: Sight,
    limit: int,
) -> list[AgendaItem]:
    """Open files received from day to day that `sight` may know of, protected ones left out; areas and categories with
    what lies below them are for the caller to name. None: all of them.

    `repeated`: only matters that came more than once, those that came most often first.
    """
    rule, parameters = sight.sql("r")
    asked: dict[str, object] = {
        **parameters,
        "first": first,
        "last": last,
        "stages": sorted(LOOP),
        "areas": None if areas is None else list(areas),
        "categories": None if categories is None else list(categories),
        "repeated": repeated,
        "limit": limit,
    }
    with connection.cursor(row_factory=dict_row) as rows:
        found = rows.execute(AGENDA.format(rule=rule).encode(), asked).fetchall()
    return [_item(row["number"], row["duplicates"], row["alike"]) for row in found]


def _item(number: str, duplicates: int, alike: int) -> AgendaItem:
    """A file with the stronger of the two reasons to call it repeated."""
    if duplicates and duplicates + 1 >= alike:
        return AgendaItem(number=number, basis=AgendaBasis.DUPLICATES, alike=duplicates + 1)
    if alike > 1:
        return AgendaItem(number=number, basis=AgendaBasis.SAME_MATTER, alike=alike)
    return AgendaItem(number=number, basis=AgendaBasis.QUERY)
