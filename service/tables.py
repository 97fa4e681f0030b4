"""Tables in files: reading csv (also gzipped) and xlsx, writing both so that a spreadsheet runs nothing in them."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

Cell = str | int | float | bool | date | datetime | None

ENCODINGS = ("utf-8-sig", "gb18030")
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHUNK = 1 << 20
LARGEST_FIELD = 16 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula."""


class BadTable(Exception):
    """A file cannot be read as a table. The text says why, in both languages, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A table that somebody sent: its kind is told by what it holds; its name, which may be anything, is not kept."""

    content: bytes = field(repr=False)

    def __str__(self) -> str:
        """How messages call it."""
        return "表格 / the table"

    @property
    def suffix(self) -> str:
        """As the name of such a file would end; raises `BadTable` for what is neither a workbook nor text."""
        if self.content.startswith(b"PK\x03\x04"):
            return ".xlsx"
        if self.content.startswith(UTF16) or b"\x00" not in self.content:
            return ".csv"
        raise BadTable("只能读取 xlsx 或 csv，旧式 xls 请另存为 xlsx / only xlsx or csv; save an old xls as xlsx")

    def open(self, mode: str = "rb") -> BinaryIO:
        """Its bytes, as of a file."""
        return io.BytesIO(self.content)


class Table:
    """The rows of a file by column, in order, with their numbers in the file; can be iterated more than once."""

    def __init__(
        self,
        path: Path | Sent,
        *,
        delimiter: str = ",",
        encoding: str | None = None,
        sheet: str | None = None,
        header_row: int = 1,
    ) -> None:
        """Look at the header; raises `BadTable` where there is none or the file is no table."""
        self.path = path
        self._excel = path.suffix.lower() in {".xlsx", ".xlsm"}
        self._sheet, self._header_row, self._delimiter = sheet, header_row, delimiter
        self._encoding = "" if self._excel else encoding or self._detect()
        self.columns = tuple(self._header())

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Cell]]]:
        """Every row that is not empty, by column; the header's own number is `header_row`."""
        for number, cells in self._cells():
            if number > self._header_row and any(cell not in {None, ""} for cell in cells):
                padded = [*cells, *[None] * (len(self.columns) - len(cells))]
                yield number, {name: cell for name, cell in zip(self.columns, padded, strict=False) if name}

    def __len__(self) -> int:
        """How many rows there are; reads the file."""
        return sum(1 for _ in self)

    def _header(self) -> list[str]:
        for number, cells in self._cells():
            if number == self._header_row:
                names = ["" if cell is None else str(cell).strip() for cell in cells]
                doubled = [str(place) for place, name in enumerate(names, 1) if name and names.count(name) > 1]
                if doubled:  # told by their places: with a wrong header_row a name may be a person's
                    places = ", ".join(doubled)
                    raise BadTable(f"第 {places} 列的列名重复 / columns {places} share their names")
                if any(names):
                    return names
        raise BadTable(f"{self.path}: 第 {self._header_row} 行没有列名 / no column names in row {self._header_row}")

    def _cells(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        try:
            yield from enumerate(self._sheet_rows() if self._excel else self._csv_rows(), start=1)
        except OSError as error:
            reason = error.strerror or "damaged"
            raise BadTable(f"{self.path}: 无法读取 / cannot be read: {reason}") from None
        except (EOFError, zipfile.BadZipFile, InvalidFileException, KeyError):
            raise BadTable(f"{self.path}: 文件已损坏 / the file is damaged") from None
        except UnicodeDecodeError:
            raise BadTable(f"{self.path}: 不是 {self._encoding} 编码 / is not {self._encoding}") from None
        except csv.Error as error:
            raise BadTable(f"{self.path}: 不是有效的 csv / is no valid csv: {error}") from None

    def _csv_rows(self) -> Iterator[Sequence[Cell]]:
        csv.field_size_limit(LARGEST_FIELD)
        with self._open() as raw, io.TextIOWrapper(raw, self._encoding, newline="") as text:
            yield from csv.reader(text, delimiter=self._delimiter)

    def _sheet_rows(self) -> Iterator[Sequence[Cell]]:
        with closing(load_workbook(self._workbook(), read_only=True, data_only=True)) as book:
            if self._sheet is not None and self._sheet not in book.sheetnames:
                count = len(book.sheetnames)
                raise BadTable(f"{count} 个工作表中没有“{self._sheet}” / none of the {count} sheets has this name")
            sheet = book[self._sheet] if self._sheet is not None else book.worksheets[0]
            for row in sheet.iter_rows(values_only=True):
                yield [unescape(cell) if isinstance(cell, str) else _plain(cell) for cell in row]

    def _open(self) -> BinaryIO:
        if isinstance(self.path, Path) and self.path.suffix.lower() == ".gz":
            return cast(BinaryIO, gzip.open(self.path))
        return self.path.open("rb")

    def _workbook(self) -> Path | BinaryIO:
        """The workbook; one that was sent must not unpack into more than a machine holds."""
        if isinstance(self.path, Path):
            return self.path
        with zipfile.ZipFile(self.path.open()) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST_UNPACKED:
                raise BadTable(f"{self.path}: 内容过大 / holds too much")
        return self.path.open()

    def _detect(self) -> str:
        """The first encoding that the whole file fits; UTF-16 announces itself."""
        try:
            with self._open() as file:
                if file.read(2) in UTF16:
                    return "utf-16"
            for encoding in ENCODINGS:
                with self._open() as file, suppress(UnicodeDecodeError):
                    decoder = codecs.getincrementaldecoder(encoding)()
                    while chunk := file.read(CHUNK):
                        decoder.decode(chunk)
                    decoder.decode(b"", final=True)
                    return encoding
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or "damaged"
            raise BadTable(f"{self.path}: 无法读取 / cannot be read: {reason}") from None
        raise BadTable(f"{self.path}: 编码无法识别，请在对照文件中写明 encoding / unknown encoding; name it in the map")


def _plain(value: object) -> Cell:
    """A cell of a workbook as one of our kinds; what is none of them as its text."""
    return value if value is None or isinstance(value, str | int | float | date) else str(value)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "Sheet1") -> int:
    """Write a table as xlsx or csv, as the name ends; returns the number of rows.

    The file appears whole or not at all, and only its owner may read it: what is in it is for whom it was made.
    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            count = (_write_xlsx if path.suffix.lower() == ".xlsx" else _write_csv)(file, columns, rows, sheet)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _write_csv(file: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Cell]], sheet: str) -> int:
    # With the mark at the beginning Excel, too, reads it as UTF-8.
    with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(columns)
        count = 0
        for row in rows:
            writer.writerow([harmless(cell) for cell in row])
            count += 1
    return count


def _write_xlsx(file: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Cell]], sheet: str) -> int:
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.freeze_panes = "A2"
    page.append(columns)
    count = 0
    for row in rows:
        cells = [WriteOnlyCell(page, harmless(cell)) for cell in row]
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
        page.append(cells)
        count += 1
    book.save(file)
    return count


def harmless(cell: Cell) -> str | float | datetime | None:
    """A cell that no spreadsheet takes for a formula; times without a zone, as spreadsheets know none."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
