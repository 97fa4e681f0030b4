"""The ledger as a table: masked, seen as the caller may see it, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from psycopg.errors import RaiseException
from pydantic import ValidationError

from domain.errors import Invalid
from domain.kernel import day_of
from projections.ledger import Ledger
from projections.periods import ONE_DAY
from projections.sight import Sight
from service import saved_views
from service.asked.ledger import LedgerQuery
from service.exporting import Exported, LedgerTable, export_ledger, exports, take_out
from service.ledger_columns import COLUMNS, USUAL
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
    assert export_ledger(office.parts, LedgerQuery(), ALL, file) == Exported(len(numbers), complete=True)
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
    assert export_ledger(office.parts, LedgerQuery(), ALL, file) == Exported(len(numbers), complete=True)
    sheet = load_workbook(file)["台账"]
    header = [cell.value for cell in sheet[1]]
    assert header == [column.title.zh for column in COLUMNS.values()]
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


def table(**asked: object) -> LedgerTable:
    return LedgerTable.model_validate(asked)


def test_the_columns_are_those_chosen_in_the_ledgers_order(
    office: Office, numbers: dict[str, str], tmp_path: Path
) -> None:
    caller = office.parts.access.of_staff("intake", "test")
    for asked, header in (
        (table(columns=["stage", "number", "stage"]), ["编号", "环节"]),
        (table(), [column.title.zh for code, column in COLUMNS.items() if code in USUAL]),
    ):
        take_out(office.parts, caller, asked, tmp_path / "t.csv", request_id="r")
        assert (tmp_path / "t.csv").read_text("utf-8-sig").splitlines()[0].split(",") == header
    with pytest.raises(ValidationError):
        table(columns=["secret"])


def test_an_export_is_cut_where_it_says_so(
    office: Office, numbers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = office.parts.access.of_staff("intake", "test")
    for most, complete in ((2, False), (3, True)):
        monkeypatch.setattr("service.exporting.MOST_ROWS", most)
        done = take_out(office.parts, caller, table(columns=["number"]), tmp_path / "t.csv", request_id="r")
        assert done == Exported(most, complete=complete)
        lines = (tmp_path / "t.csv").read_text("utf-8-sig").splitlines()[1:]
        assert len([line for line in lines if line in set(numbers.values())]) == most
        assert any("仅含前" in line for line in lines) is not complete


def test_the_committee_finds_who_took_out_what_without_typed_words(
    office: Office, numbers: dict[str, str], tmp_path: Path
) -> None:
    caller = office.parts.access.of_staff("publisher", "test")
    take_out(office.parts, caller, table(channel="hotline", q="赵小草", columns=["number"]), tmp_path / "t.xlsx",
             request_id="r-9")  # fmt: skip
    with office.parts.reading() as connection:
        [one] = exports(connection, staff="publisher")
        assert (one.kind, one.files, one.asked) == ("xlsx", 0, {"channel": "hotline", "columns": ["number"]})
        today = day_of(office.parts.now())
        assert exports(connection, staff="publisher", first=today, last=today) == [one]
        assert exports(connection, staff="publisher", last=today - ONE_DAY) == []
        assert exports(connection, staff="publisher", before=one.id) == []
        with pytest.raises(RaiseException, match="append-only"):
            connection.execute("DELETE FROM ledger_exports")


def test_filters_are_kept_under_a_name_by_and_for_one_person(office: Office) -> None:
    now = office.parts.now()
    with office.parts.pool.connection() as connection:
        asked = table(**{"channel": "web", "from": "2026-01-01", "q": "赵小草", "columns": ["number", "stage"]})
        saved_views.save(connection, "intake", " 本年网络件 ", asked, now)
        saved_views.save(connection, "intake", "全部", table(), now)
        saved_views.save(connection, "caller", "全部", table(order="due"), now)
        kept = {"channel": "web", "from": "2026-01-01", "columns": ["number", "stage"]}
        found = {view.name: view.asked for view in saved_views.saved(connection, "intake")}
        assert found == {"全部": {}, "本年网络件": kept}
        assert table(**found["本年网络件"]).kept() == kept
        saved_views.save(connection, "intake", "全部", table(stage="closed"), now)
        saved_views.forget(connection, "intake", "本年网络件")
        assert [(view.name, view.asked) for view in saved_views.saved(connection, "intake")] == [
            ("全部", {"stage": "closed"})
        ]
        assert [view.asked for view in saved_views.saved(connection, "caller")] == [{"order": "due"}]
        for name in ("", " ", "长" * 41, "电话13900001111", "a\nb"):
            with pytest.raises(Invalid):
                saved_views.save(connection, "intake", name, table(), now)
        for place in range(saved_views.MOST_VIEWS - 1):
            saved_views.save(connection, "intake", f"第{place}个", table(), now)
        with pytest.raises(Invalid):
            saved_views.save(connection, "intake", "再一个", table(), now)
        saved_views.save(connection, "intake", "全部", table(), now)
