"""The ledger (台账) as a file for a spreadsheet: what is on the screen, in the same words, personal data masked.

Rows are written as they are read, so that memory does not grow with the ledger; a page's export is bounded and says so
in the file itself. Who took what out of the ledger is kept for the committee.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from pydantic import AfterValidator, Field

from domain.kernel import day_of
from projections.ledger_queries import rows_for_export
from projections.sight import Sight
from service.access import Caller
from service.asked.ledger import LedgerQuery, filter_of
from service.ledger_columns import COLUMNS, USUAL, Reading, in_order, known_column
from service.parts import Parts
from service.tables import Cell, write_table

MOST_ROWS = 100_000
"""Files in one export of the page; a workbook of them takes about half a minute and 15 MB."""
CUT = "（仅含前 {rows} 件，其余未导出；请缩小筛选范围 / only the first {rows} files）"

Kind = Literal["xlsx", "csv"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ColumnCode = Annotated[str, AfterValidator(known_column)]
"""A column of the ledger by its code."""

RECORD = """
INSERT INTO ledger_exports (taken_at, staff, kind, asked, files, complete, request_id)
VALUES (%(at)s, %(staff)s, %(kind)s, %(asked)s, %(files)s, %(complete)s, %(request_id)s)
"""
TAKEN = """
SELECT id, taken_at, staff, kind, asked, files, complete FROM ledger_exports
 WHERE (%(staff)s::text IS NULL OR staff = %(staff)s)
   AND (%(first)s::date IS NULL OR taken_at >= %(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai')
   AND (%(last)s::date IS NULL OR taken_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
   AND (%(before)s::bigint IS NULL OR id < %(before)s)
 ORDER BY id DESC LIMIT %(limit)s
"""


class LedgerTable(LedgerQuery):
    """The ledger as a table with chosen columns."""

    columns: list[ColumnCode] = Field(default_factory=list, description="None: the usual ones.", max_length=64)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns, in the ledger's order."""
        return in_order(self.columns or USUAL)

    def kept(self) -> dict[str, Any]:
        """What may be kept of it as plain text: words that were typed may be somebody's name, a page has no end."""
        kept = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {name: value for name, value in kept.items() if name not in {"q", "cursor", "limit", "after", "count"}}


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files were written, and whether these are all."""

    files: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Export:
    """Somebody took a part of the ledger out: filters and columns as in the address, without typed words."""

    id: int
    taken_at: datetime
    staff: str
    kind: str
    asked: dict[str, Any]
    files: int
    complete: bool


def export_ledger(
    parts: Parts,
    asked: LedgerQuery,
    sight: Sight,
    file: Path,
    *,
    columns: Collection[str] = tuple(COLUMNS),
    most: int | None = None,
    language: str = "zh",
) -> Exported:
    """Write the rows that are asked for, as far as `sight` lets them exist, at most `most`.

    The kind of file follows from its name. Raises what `filter_of` raises.
    """
    rulebook, today = parts.rulebooks.current().content, day_of(parts.now())
    reading = Reading(rulebook, today, language)
    wanted = filter_of(asked, rulebook, today)
    shown = [COLUMNS[code] for code in in_order(columns)]
    done = Exported(0, complete=True)

    def rows() -> Iterator[list[Cell]]:
        nonlocal done
        with parts.reading() as connection:
            for row in rows_for_export(connection, wanted, sight):
                if done.files == most:
                    done = Exported(done.files, complete=False)
                    yield [CUT.format(rows=most)]
                    return
                yield [column.cell(row, reading) for column in shown]
                done = Exported(done.files + 1, complete=True)

    write_table(file, [column.name(language) for column in shown], rows(), sheet="台账")
    return done


def take_out(
    parts: Parts, caller: Caller, asked: LedgerTable, file: Path, *, request_id: str, language: str = "zh"
) -> Exported:
    """Export the table as the caller sees it, and enter it in the log of exports before anybody gets the file."""
    done = export_ledger(parts, asked, caller.sight, file, columns=asked.shown, most=MOST_ROWS, language=language)
    entry = {
        "at": parts.now(),
        "staff": caller.staff,
        "kind": file.suffix.removeprefix("."),
        "asked": Jsonb(asked.kept()),
        "files": done.files,
        "complete": done.complete,
        "request_id": request_id,
    }
    with parts.pool.connection() as connection:
        connection.execute(RECORD, entry)
    return done


def exports(
    connection: Connection[Any],
    *,
    staff: str | None = None,
    first: date | None = None,
    last: date | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Export]:
    """What was taken out of the ledger, newest first; days in Asia/Shanghai, both counted."""
    asked = {"staff": staff, "first": first, "last": last, "before": before, "limit": limit}
    with connection.cursor(row_factory=class_row(Export)) as cursor:
        return cursor.execute(TAKEN, asked).fetchall()
