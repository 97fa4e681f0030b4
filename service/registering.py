"""Many new petitions of one channel at once (批量登记): from xlsx, csv or what was pasted out of a spreadsheet.

Columns are called as the fields of the intake form are. Each row is taken in or refused whole, with the column and the
reason; the same row sent again is there already. What comes as history of an old ledger goes another way
(service/importing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from domain.errors import Busy, DomainError
from domain.petition.intake import SOURCES, PetitionerForm, PlaceForm, ReceivePetition, SourceForm
from domain.rules.content import RulebookContent
from domain.vocabulary import Channel, Nature, Secrecy, Urgency
from service.access import Caller
from service.desk import Desk
from service.errors import Loc, faults_of
from service.importing import RowRefused, cell_text, clean, moment, titled
from service.messages import DAY, TIME, Text
from service.naming import Shared, code_of
from service.outcome import Outcome
from service.store import StoreFailed
from service.tables import BadTable, Cell, Sent, Table

MOST_ROWS = 1000
IN_FLIGHT = 8
"""Rows that are being written at a time; what waits together is committed together."""
DATES = ("%Y年%m月%d日 %H:%M", "%Y年%m月%d日", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d %H:%M")

OF_PETITION = (
    "subject", "content", "nature", "category", "urgency", "secrecy", "people_count", "occurred_at",
    "backdated_because", "legacy_number",
)  # fmt: skip
OF_PERSON = ("name", "phone", "id_number", "address")
OF_PLACE = ("area", "address")
UPLOADED = frozenset({"scan", "photos"})
"""Fields of a source that name uploaded files, which no table can carry."""
CODES: Mapping[str, type[Nature | Urgency | Secrecy]] = {"nature": Nature, "urgency": Urgency, "secrecy": Secrecy}
TIMES = frozenset({"occurred_at", "call_time", "held_on"})
NOT_SAVED = Text("数据库拒绝保存此行", "the database refused this row")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have: its heading, and where in the command its cell goes."""

    heading: str
    path: Loc


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row: in which column (None: in the row as a whole), and what would be right."""

    heading: str | None
    text: Text


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a row, by its number in the table (the heading has one too).

    `outcome` is that of the petition it became; None in a dry run. `there`: it was there before.
    """

    number: int
    title: str = field(repr=False)
    problems: tuple[Problem, ...] = ()
    there: bool = False
    outcome: Outcome | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Read:
    """A row as it was read: a command, or what is wrong with it."""

    number: int
    title: str
    command: ReceivePetition | None = None
    problems: tuple[Problem, ...] = ()


def columns_of(channel: Channel) -> tuple[Column, ...]:
    """The columns for petitions of a channel: what every petition has, one petitioner, the place, the channel's own."""
    own = [name for name in SourceForm.model_fields if name in SOURCES[channel].model_fields and name not in UPLOADED]
    groups: tuple[tuple[type[BaseModel], Loc, Sequence[str]], ...] = (
        (ReceivePetition, (), OF_PETITION),
        (PetitionerForm, ("petitioners", 0), OF_PERSON),
        (PlaceForm, ("place",), OF_PLACE),
        (SourceForm, ("source",), own),
    )
    return tuple(
        Column(model.model_fields[name].title or name, (*path, model.model_fields[name].alias or name))
        for model, path, names in groups
        for name in names
    )


def table_of(sent: bytes | str) -> Table:
    """The table in a file, or in text that was pasted with its headings; raises `BadTable`."""
    if isinstance(sent, bytes):
        return Table(Sent(sent))
    first, _, _ = sent.partition("\n")
    return Table(Sent(sent.encode()), delimiter="\t" if "\t" in first else ",", encoding="utf-8")


def register(
    desk: Desk,
    caller: Caller,
    table: Table,
    channel: Channel,
    rulebook: RulebookContent,
    *,
    shared: Mapping[Loc, str],
    dry_run: bool,
    request_id: str,
) -> list[Row]:
    """Take the rows of a table in, or in a dry run only say what would come of each.

    `shared` is what holds for all rows unless a row says otherwise, by its place in the command: a meeting, a nature.
    Raises `BadTable` before the first row where the table lacks what it needs or holds too many rows, and `Busy`.
    """
    _fits(table, channel)
    rows = list(_Reader(channel, rulebook, shared).rows(table))
    if len(rows) > MOST_ROWS:
        raise BadTable(f"一次最多 {MOST_ROWS} 行 / at most {MOST_ROWS} rows at a time")

    def settle(row: _Read) -> Row:
        return _settled(desk, caller, row, dry_run, request_id)

    with ThreadPoolExecutor(IN_FLIGHT, "register") as pool:
        return list(pool.map(settle, rows))


def _fits(table: Table, channel: Channel) -> None:
    """Refuse a table with headings that no column has: what they hold would be lost in silence."""
    known = [column.heading for column in columns_of(channel)]
    strange = [str(place) for place, name in enumerate(table.columns, 1) if name and name not in known]
    if strange:  # told by their places: in a table without headings a name may be a person's
        where, names = "、".join(strange), "、".join(known)
        raise BadTable(f"第 {where} 列的列名无法识别；可用：{names} / unknown headings in columns {where}")
    title, content = (ReceivePetition.model_fields[name].title for name in ("subject", "content"))
    if title not in table.columns and content not in table.columns:
        raise BadTable(f"须有“{title}”或“{content}”列 / a column {title} or {content} is needed")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rows of one channel's table as commands."""

    channel: Channel
    rulebook: RulebookContent
    shared: Mapping[Loc, str]

    def rows(self, table: Table) -> Iterator[_Read]:
        """Every row, and one more than there may be where there are too many."""
        columns = [column for column in columns_of(self.channel) if column.heading in table.columns]
        for number, cells in islice(table, MOST_ROWS + 1):
            yield self._row(number, cells, columns)

    def _row(self, number: int, cells: Mapping[str, Cell], columns: Iterable[Column]) -> _Read:
        """One row as a command, or every field that does not fit."""
        body: dict[Any, Any] = {"channel": self.channel}
        problems: list[Problem] = []
        for path, given in self.shared.items():
            if given:
                _put(body, path, given)
        for column in columns:
            cell = clean(cells[column.heading])
            if cell in {None, ""}:
                continue
            try:
                _put(body, column.path, _value(str(column.path[-1]), cell, self.rulebook))
            except _Unreadable as unreadable:
                problems.append(Problem(column.heading, unreadable.text))
        body["title"], body["content"] = titled(str(body.get("title", "")), str(body.get("content", "")))
        if "petitioners" in body:
            body["petitioners"] = list(body["petitioners"].values())
        try:
            command = ReceivePetition.model_validate(body)
        except ValidationError as error:
            wrong = {problem.heading for problem in problems}
            found = (Problem(_heading(fault.loc, self.channel), fault.text) for fault in faults_of(error.errors()))
            problems += [problem for problem in found if problem.heading is None or problem.heading not in wrong]
            return _Read(number, body["title"], problems=tuple(problems))
        return _Read(number, body["title"], None if problems else command, tuple(problems))


class _Unreadable(Exception):
    """A cell says nothing that its column takes."""

    def __init__(self, text: Text) -> None:
        """Keep what would be right."""
        self.text = text
        super().__init__()


def _put(body: dict[Any, Any], path: Loc, value: object) -> None:
    """Set a value at its place in nested mappings."""
    for part in path[:-1]:
        body = body.setdefault(part, {})
    body[path[-1]] = value


def _value(name: str, cell: Cell, rulebook: RulebookContent) -> object:
    """A cell as its field takes it: titles of codes as the codes, names of the rulebook as its codes."""
    if name in TIMES:
        try:
            found = moment(cell, DATES, name)
        except RowRefused:
            raise _Unreadable(DAY if name == "held_on" else TIME) from None
        return found.date() if name == "held_on" else found
    text = cell_text(cell)
    if name in CODES:
        return next((code.value for code in CODES[name] if code.zh == text), text)
    try:
        return code_of(name, text, rulebook)
    except Shared as shared:
        several = Text(f"有 {shared.count} 个同名项，请填代码", f"{shared.count} share this name; give the code")
        raise _Unreadable(several) from None


def _heading(loc: Loc, channel: Channel) -> str | None:
    """The column that a place in the command is filled from."""
    return next((column.heading for column in columns_of(channel) if column.path == tuple(loc)), None)


def _settled(desk: Desk, caller: Caller, row: _Read, dry_run: bool, request_id: str) -> Row:
    """What becomes of one row."""
    if row.command is None:
        return Row(row.number, row.title, row.problems)
    try:
        if dry_run:
            return Row(row.number, row.title, there=desk.try_receive(caller, row.command, request_id=request_id))
        done = desk.receive(caller, row.command, request_id=request_id, once=True)
    except Busy:
        raise
    except DomainError as error:
        heading = _heading(error.loc, row.command.channel)
        if heading is not None and "field" in error.facts:
            error.facts["field"] = heading
        return Row(row.number, row.title, (Problem(heading, Text(error.text("zh"), error.text("en"))),))
    except StoreFailed:
        return Row(row.number, row.title, (Problem(None, NOT_SAVED),))
    return Row(row.number, row.title, there=done.replayed, outcome=done)
