"""The ledger as a table: masked, seen as the caller may see it, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from projections.ledger import Ledger
from projections.sight import Sight
from service.api.ledger import LedgerQuery
from service.exporting import COLUMNS, export_ledger
from service.tables import Cell, harmless, write_table
from tests.service.api_kit import PERSON, Office, petition

ALL = Sight(committee=True)


@pytest.fixture(scope="module")
def numbers(office: Office) -> dict[str, str]:
    """An open petition, one with a formula for a title, and a report against ZF, by what they are."""
    given = {
        "open": petition(petitioners=[PERSON]),
        "formula": petition(title='=HYPERLINK("http://example.invalid")', channel="hotline"),
        "report": petition(nature="report", against=["ZF"]),
    }
    done = {name: str(office.received(**fields)["number"]) for name, fields in given.items()}
    assert office.parts.positions.wait_for(office.parts.store.last_position(), [Ledger.name], 60)
    return done


def test_every_row_is_there_in_the_fields_own_words_and_masked(
    office: Office, numbers: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "ledger.csv"
    assert export_ledger(office.parts, LedgerQuery(), ALL, file) == len(numbers)
    text = file.read_text("utf-8-sig")
    lines = {line["编号"]: line for line in csv.DictReader(text.splitlines())}
    assert set(lines) == set(numbers.values())
    line = lines[numbers["open"]]
    assert (line["途径"], line["性质"], line["环节"], line["信访人"]) == ("网络平台", "投诉", "民情受理", "欧阳某某")
    assert not any(value in text for value in PERSON.values())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.csv"]


def test_filters_and_sight_hold_as_in_the_ledger(office: Office, numbers: dict[str, str], tmp_path: Path) -> None:
    def found(asked: LedgerQuery, sight: Sight) -> set[str]:
        file = tmp_path / "some.csv"
        export_ledger(office.parts, asked, sight, file)
        return {line["编号"] for line in csv.DictReader(file.read_text("utf-8-sig").splitlines())}

    assert found(LedgerQuery.model_validate({"channel": "hotline"}), ALL) == {numbers["formula"]}
    assert found(LedgerQuery.model_validate({"to": "2001-01-01"}), ALL) == set()
    accused = office.parts.access.of_staff("handler", "test").sight
    assert found(LedgerQuery(), accused) == {numbers["open"], numbers["formula"]}


def test_a_workbook_holds_no_formula(office: Office, numbers: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "ledger.xlsx"
    assert export_ledger(office.parts, LedgerQuery(), ALL, file) == len(numbers)
    sheet = load_workbook(file)["台账"]
    header = [cell.value for cell in sheet[1]]
    assert header == list(COLUMNS)
    by_number = {cells[0].value: cells for cells in sheet.iter_rows(min_row=2)}
    title = by_number[numbers["formula"]][header.index("诉求")]
    assert (title.data_type, str(title.value)[:2]) == ("s", "'=")
    assert isinstance(by_number[numbers["open"]][header.index("收到时间")].value, datetime)
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["路灯", "", 7, 1.5, None, True])
def test_other_cells_stay_as_they_are(cell: Cell) -> None:
    assert harmless(cell) == cell


def test_a_table_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def rows():
        yield ["a", datetime(2026, 1, 1, tzinfo=UTC)]
        raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        write_table(tmp_path / "t.csv", ["x", "y"], rows())
    assert not list(tmp_path.iterdir())
