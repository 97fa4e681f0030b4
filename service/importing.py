"""Old ledgers (旧台账) into history: reading csv and xlsx as offices keep them, row by row, each added or refused.

A map (TOML) says which column is what. A row is taken over whole or refused with the field and the reason, never with
what stood there. What is there already stays as it is, so that an import can be repeated at will.
"""

from __future__ import annotations

import re
import tomllib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from domain.errors import Busy, DomainError
from domain.kernel import SHANGHAI, Value
from domain.petition.handling_reply import ImportReply
from domain.petition.intake import ImportPetition
from service.messages import message
from service.store import StoreFailed
from service.tables import Cell, Table

IN_FLIGHT = 32
"""Rows that are being written at a time; what waits together is committed together."""

LONGEST_TITLE = 200
TITLE_FROM_CONTENT = 40
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

PetitionField = Literal[
    "channel", "nature", "category", "secrecy", "title", "content", "occurred_at", "people_count", "legacy_number",
    "area", "address",
]  # fmt: skip
PetitionerField = Literal["kind", "name", "phone", "id_number", "address"]
ReplyField = Literal["text", "occurred_at", "replied_by"]


class BadMap(Exception):
    """The map cannot be used with this file. The text says where and why, in both languages."""


class From(Value):
    """Where a field comes from: a column, its values translated where a table is given, or one value for all rows."""

    column: str | None = None
    value: str | None = None
    values: dict[str, str] | None = None
    default: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """A column's name alone will do."""
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        """Exactly one of column and value."""
        if (self.column is None) == (self.value is None):
            raise ValueError("须写 column 或 value 之一 / give either column or value")
        return self


class ImportMap(Value):
    """What the columns of a ledger mean. `source_system` and the column `source_id` name a row for ever."""

    source_system: str = Field(min_length=1, max_length=200)
    source_id: str
    time_formats: tuple[str, ...] = ()
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str | None = None
    sheet: str | None = None
    header_row: int = Field(1, ge=1, le=1000)
    petition: dict[PetitionField, From]
    petitioners: tuple[dict[PetitionerField, From], ...] = ()
    reply: dict[ReplyField, From] = Field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the map names."""
        groups: tuple[Mapping[Any, From], ...] = (self.petition, *self.petitioners, self.reply)
        named = {source.column for group in groups for source in group.values() if source.column is not None}
        return frozenset(named | {self.source_id})


def read_map(path: Path) -> ImportMap:
    """Read a map; `BadMap` names what is wrong in it."""
    try:
        return ImportMap.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise BadMap(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMap(f"{path}: 语法错误 / syntax error: {error}") from None
    except ValidationError as error:
        raise BadMap("\n".join(f"{path}: {line}" for line in told(error))) from None


def told(error: ValidationError) -> list[str]:
    """Each fault as `field: reason`, in both languages and without what was given."""
    return [f"{name}: {reason}" for name, reason in faults(error)]


def faults(error: ValidationError) -> list[tuple[str, str]]:
    """The field and the reason of each fault, in both languages and without what was given."""
    return [
        (".".join(map(str, fault["loc"])), " / ".join(message(fault)))
        for fault in error.errors(include_input=False, include_url=False)
    ]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row was not taken over: its number in the file (the header has one too), the field, the reason."""

    row: int
    field: str
    reason: str


class RowRefused(Exception):
    """A row cannot be taken over. Holds (field, reason) pairs."""

    def __init__(self, *reasons: tuple[str, str]) -> None:
        """Keep them."""
        self.reasons = reasons
        super().__init__()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as commands."""

    petition: ImportPetition
    reply: ImportReply | None


@dataclass(slots=True)
class Tally:
    """What came of an import. Every row read is added, was there already, or is refused."""

    read: int = 0
    added: int = 0
    there: int = 0
    refused: int = 0
    cleaned: int = 0
    """Rows in which control characters were replaced by spaces."""

    @property
    def settled(self) -> int:
        """Rows of which it is known what came of them."""
        return self.added + self.there + self.refused

    def __str__(self) -> str:
        """The closing line."""
        return f"{self.read} read, {self.added} added, {self.there} already there, {self.refused} refused"


@dataclass(slots=True)
class Importer:
    """Takes the rows of a table over by `post`, which says whether a row was there already.

    `refuse` is called for every reason for which a row was refused, `progress` after every row.
    """

    map: ImportMap
    post: Callable[[Entry], bool]
    refuse: Callable[[Refused], None]
    progress: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def run(self, table: Table) -> Tally:
        """Take every row; raises `BadMap` before the first where the table lacks a column that the map names."""
        missing = sorted(self.map.columns - set(table.columns))
        if missing:
            names, header, count = "、".join(missing), self.map.header_row, sum(map(bool, table.columns))
            raise BadMap(
                f"第 {header} 行有 {count} 个列名，其中没有：{names} / row {header} names {count} columns, not: {names}"
            )
        waiting: deque[tuple[int, Future[bool]]] = deque()
        with ThreadPoolExecutor(IN_FLIGHT, "import") as pool:
            for number, row in table:
                self.tally.read += 1
                entry = self._entry(number, row)
                if entry is not None:
                    waiting.append((number, pool.submit(self.post, entry)))
                if len(waiting) >= IN_FLIGHT * 2:
                    self._settle(*waiting.popleft())
            for number, future in waiting:
                self._settle(number, future)
        return self.tally

    def _entry(self, number: int, row: Mapping[str, Cell]) -> Entry | None:
        """The row as commands; None where it is refused, or repeats an earlier row of the file."""
        try:
            cleaned = {name: clean(value) for name, value in row.items()}
            self.tally.cleaned += cleaned != dict(row)
            entry = entry_of(cleaned, self.map)
        except RowRefused as refused:
            self._refuse(number, *refused.reasons)
            return None
        own_id, content = entry.petition.source_id, hash(tuple(cleaned.values()))
        first, known = self._seen.setdefault(own_id, (number, content))
        if first == number:
            return entry
        if known == content:
            self.tally.there += 1
            self.progress()
        else:
            self._refuse(
                number, ("source_id", f"编号与第 {first} 行重复而内容不同 / same id as row {first}, other content")
            )
        return None

    def _settle(self, number: int, future: Future[bool]) -> None:
        try:
            there = future.result()
        except Busy:
            raise
        except DomainError as error:
            self._refuse(number, (".".join(map(str, error.loc)), f"{error.text('zh')} / {error.text('en')}"))
        except StoreFailed:
            self._refuse(number, ("", "数据库拒绝保存此行 / the database refused this row"))
        else:
            self.tally.there += there
            self.tally.added += not there
            self.progress()

    def _refuse(self, number: int, *reasons: tuple[str, str]) -> None:
        self.tally.refused += 1
        for name, reason in reasons:
            self.refuse(Refused(number, name, reason))
        self.progress()


def clean(value: Cell) -> Cell:
    """A cell without control characters, which no text may hold; line ends as the product writes them."""
    if not isinstance(value, str):
        return value
    return CONTROL.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n")) if not value.isprintable() else value


def entry_of(row: Mapping[str, Cell], map_: ImportMap) -> Entry:
    """A row as commands; raises `RowRefused` with every field that does not fit."""
    fields = _fields(row, map_.petition, map_)
    own_id = cell_text(row.get(map_.source_id))
    if not own_id:
        raise RowRefused(("source_id", "没有编号，无法防止重复导入 / no id, so that a repetition could not be told"))
    place = {name: fields.pop(name) for name in ("area", "address") if name in fields}
    people = [person for one in map_.petitioners if (person := _fields(row, one, map_)).keys() - {"kind"}]
    title, content = titled(str(fields.pop("title", "")), str(fields.pop("content", "")))
    reply = _fields(row, map_.reply, map_)
    try:
        petition = ImportPetition.model_validate(
            {
                **fields,
                "title": title,
                "content": content,
                "place": place or None,
                "petitioners": people,
                "source_system": map_.source_system,
                "source_id": own_id,
            }
        )
        return Entry(petition, ImportReply.model_validate(reply) if "text" in reply else None)
    except ValidationError as error:
        raise RowRefused(*faults(error)) from None


def titled(title: str, content: str) -> tuple[str, str]:
    """Title and content, each made from the other where it is empty; a title too long for one stays in the content."""
    if not content:
        content = title
    if not title:
        first = content.split("\n", 1)[0]
        title = first if len(first) <= TITLE_FROM_CONTENT else f"{first[: TITLE_FROM_CONTENT - 1]}…"
    elif len(title) > LONGEST_TITLE:
        content = content if content.startswith(title) else f"{title}\n{content}"
        title = f"{title[: LONGEST_TITLE - 1]}…"
    return title, content


def _fields(row: Mapping[str, Cell], sources: Mapping[Any, From], map_: ImportMap) -> dict[str, object]:
    """The fields of one group that the row fills; empty cells fill none."""
    filled: dict[str, object] = {}
    for name, source in sources.items():
        value = source.value if source.column is None else row.get(source.column)
        if name == "occurred_at" and value not in {None, ""}:
            filled[name] = moment(value, map_.time_formats, name)
            continue
        text = cell_text(value)
        if text and source.values is not None and text not in source.values and source.default is None:
            raise RowRefused((name, "对照表中没有此值 / the map's table lacks this value"))
        text = source.values.get(text, "") if source.values is not None and text else text
        if text or source.default is not None:
            filled[name] = text or source.default
    return filled


def moment(value: Cell, formats: Iterable[str], name: str) -> datetime:
    """A time as the ledger states it, in Asia/Shanghai unless it says otherwise; raises `RowRefused`."""
    found = next(_readings(value, formats), None)
    if found is None:
        raise RowRefused((name, "无法识别的时间，请在 time_formats 中写明格式 / not a time in any of time_formats"))
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _readings(value: Cell, formats: Iterable[str]) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, date):
        yield datetime(value.year, value.month, value.day, tzinfo=SHANGHAI)
    elif isinstance(value, str):
        for read in (*(lambda text, one=one: datetime.strptime(text, one) for one in formats), datetime.fromisoformat):  # noqa: DTZ007
            try:
                yield read(value.strip())
            except ValueError:
                continue


def cell_text(value: Cell) -> str:
    """A cell as text: whole numbers without a fraction, which spreadsheets add to codes."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
