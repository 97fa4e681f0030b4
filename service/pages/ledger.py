"""台账: the ledger as a table with its filters in the address, kept under a name, taken out as it stands here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from pydantic import ValidationError
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from domain.errors import DomainError, NoSuchAddress
from domain.kernel import day_of
from domain.petition.command import PERSONAL_NUMBER
from domain.petition.stages import Stage
from domain.rules.content import RulebookContent
from domain.vocabulary import Channel, Code, Nature
from projections.ledger import Ledger
from projections.ledger_queries import count
from projections.ledger_queries import page as rows_of_page
from projections.ledger_rows import LedgerRow
from projections.search import Search
from service import saved_views
from service.asked.given import PartsOf, ReaderOf, RequestId, reached
from service.asked.ledger import filter_of
from service.downloads import CSV, XLSX
from service.errors import dotted, faults_of
from service.exporting import KINDS, MOST_ROWS, LedgerTable, take_out
from service.ledger_columns import COLUMNS, Reading, shown
from service.pages.entering import FormOf, StaffPage
from service.pages.form_fields import choosable
from service.pages.screen import language_of, page, redirect, words_of
from service.pages.words import mark as _say

LEDGER = "/ledger"
MEDIA = {"xlsx": XLSX, "csv": CSV}
NOT_BY_NUMBER = _say("台账按脱敏文字检索，请不要输入电话或证件号码")
SHORT = _say("请至少输入两个字")
PERSONAL = "personal"
"""The fault of an address that holds somebody's number: it is not answered, but led to one without."""

router = APIRouter(route_class=StaffPage, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the table shows it."""

    row: LedgerRow
    overdue: int
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, and what of it cannot be: by parameter, in the reader's language."""

    table: LedgerTable
    faults: Mapping[str, str]


@router.get(LEDGER, dependencies=[reached(Ledger.name, Search.name)])
def ledger(request: Request, parts: PartsOf, caller: ReaderOf) -> Response:
    """The table, as far as the caller may know of it."""
    asked = _asked(request, request.query_params.multi_items())
    if PERSONAL in asked.faults:
        return redirect(request, f"{LEDGER}?{address_of(asked.table)}", asked.faults[PERSONAL], "warning")
    rulebook, today = parts.rulebooks.current().content, day_of(parts.now())
    reading, faults = Reading(rulebook, today, language_of(request)), dict(asked.faults)
    lines: list[Line] = []
    total = following = None
    if not faults:
        try:
            wanted = filter_of(asked.table, rulebook, today)
            with parts.reading() as connection:
                found = rows_of_page(connection, wanted, caller.sight, asked.table.cursor, asked.table.limit)
                total = count(connection, wanted, caller.sight)
            lines, following = [_line(row, asked.table.shown, reading) for row in found.rows], found.next_cursor
        except DomainError as error:
            if error.status != 422:
                raise
            faults[dotted(error.loc)] = error.text(language_of(request))
    with parts.pool.connection() as connection:
        views = saved_views.saved(connection, caller.staff)
    address = address_of(asked.table)
    return page(
        request,
        "ledger.html",
        status=422 if faults else 200,
        asked=asked.table,
        faults=list(faults.values()),
        lines=lines,
        columns=[(code, column.name(reading.language)) for code, column in COLUMNS.items()],
        shown=asked.table.shown,
        total=total,
        first=f"{LEDGER}?{address}" if asked.table.cursor else None,
        following=f"{LEDGER}?{_joined(address, cursor=following)}" if following else None,
        address=address,
        views=[(view.name, urlencode(view.asked, doseq=True)) for view in views],
        choices=_choices(rulebook, words_of(request).code),
        most_rows=MOST_ROWS,
        today=today,
    )


@router.get("/ledger/export.{kind}", dependencies=[reached(Ledger.name, Search.name)])
def export(
    request: Request, kind: Annotated[str, InPath(max_length=8)], parts: PartsOf, caller: ReaderOf, one: RequestId
) -> Response:
    """What the address asks for as a workbook or csv; it is entered in the committee's log before it is handed out."""
    if kind not in KINDS:
        raise NoSuchAddress
    asked = _asked(request, request.query_params.multi_items())
    if asked.faults:
        return redirect(request, f"{LEDGER}?{address_of(asked.table)}")
    folder = tempfile.TemporaryDirectory(prefix="huiying-export-")
    file = Path(folder.name) / f"ledger.{kind}"
    try:
        take_out(parts, caller, asked.table, file, request_id=one, language=language_of(request))
    except BaseException:
        folder.cleanup()
        raise
    name = f"ledger-{day_of(parts.now())}.{kind}"
    return FileResponse(file, media_type=MEDIA[kind], filename=name, background=BackgroundTask(folder.cleanup))


@router.post("/ledger/views")
def keep(request: Request, parts: PartsOf, caller: ReaderOf, form: FormOf) -> Response:
    """Keep the filters and columns under a name."""
    asked = _asked(request, parse_qsl(str(form.get("asked", ""))[:4000]))
    to = f"{LEDGER}?{address_of(asked.table)}"
    name = str(form.get("name", ""))
    try:
        with parts.pool.connection() as connection:
            saved_views.save(connection, caller.staff, name, asked.table, parts.now())
    except DomainError as error:
        return redirect(request, to, error.text(language_of(request)), "warning")
    return redirect(request, to, words_of(request).gettext("已保存"))


@router.post("/ledger/views/forget")
def forget(request: Request, parts: PartsOf, caller: ReaderOf, form: FormOf) -> Response:
    """Delete one's own filter of a name."""
    with parts.pool.connection() as connection:
        saved_views.forget(connection, caller.staff, str(form.get("name", ""))[:200])
    return redirect(request, LEDGER, words_of(request).gettext("已删除"))


def address_of(asked: LedgerTable) -> str:
    """The parameters of the ledger's address for this table, without the place in it."""
    kept = asked.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain = {name: value for name, value in kept.items() if name not in {"cursor", "limit", "after", "count"}}
    return urlencode({name: "true" if value is True else value for name, value in plain.items()}, doseq=True)


def _joined(address: str, **more: str | None) -> str:
    return "&".join(filter(None, (address, urlencode(more))))


def _asked(request: Request, given: list[tuple[str, str]]) -> Asked:
    """The table that parameters ask for. A form sends blanks for what was left open; those ask for nothing."""
    values: dict[str, Any] = {name: value.strip() for name, value in given if value.strip() and name != "columns"}
    columns = [value for name, value in given if name == "columns" and value in COLUMNS]
    if columns:
        values["columns"] = columns
    words, faults = words_of(request), {}
    typed = str(values.get("q", ""))
    if PERSONAL_NUMBER.search(typed):
        faults[PERSONAL] = words.gettext(NOT_BY_NUMBER)
    elif len(typed) == 1:
        faults["q"] = words.gettext(SHORT)
    if faults:
        del values["q"]
    try:
        return Asked(LedgerTable.model_validate(values), faults)
    except ValidationError as error:
        for fault in faults_of([dict(one) for one in error.errors()]):
            name = dotted(fault.loc)
            faults[name] = f"{name}: {fault.text[words.language == 'en']}"
            values.pop(name.partition(".")[0], None)
    try:
        return Asked(LedgerTable.model_validate(values), faults)
    except ValidationError:
        return Asked(LedgerTable(), faults)


def _line(row: LedgerRow, codes: tuple[str, ...], reading: Reading) -> Line:
    cells = tuple((code, shown(COLUMNS[code].cell(row, reading))) for code in codes)
    return Line(row, reading.overdue(row), cells)


def _choices(rulebook: RulebookContent, told: Any) -> dict[str, list[tuple[str, str]]]:
    """What each filter can be, with its words."""

    def codes(kind: type[Code]) -> Iterator[tuple[str, str]]:
        yield from ((code.value, told(code)) for code in kind)

    return {
        "channel": list(codes(Channel)),
        "stage": list(codes(Stage)),
        "nature": list(codes(Nature)),
        "unit": choosable(rulebook.units),
        "area": choosable(rulebook.areas),
        "category": choosable(rulebook.categories),
    }
