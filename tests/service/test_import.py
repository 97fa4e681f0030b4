"""Old ledgers into history: as offices keep them, whole or refused with a reason, once."""

from __future__ import annotations

import csv
import gzip
import statistics
from collections.abc import Callable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import psycopg
import pytest
from openpyxl import Workbook

from domain.kernel import day_of
from projections.ledger import Ledger
from projections.sight import Sight
from service.importing import BadMap, Entry, Importer, Refused, Tally, read_map
from service.tables import BadTable, Table
from tests.projections.tables_kit import row
from tests.service.api_kit import Office
from tests.service.cli_kit import ROOT, answer, huiying

REAL = ROOT.parent / "shared" / "data" / "petitions-with-replies.csv.gz"
MAP = """
source_system = "{system}"
source_id = "编号"
time_formats = ["%Y年%m月%d日"]

[petition]
channel = {{ column = "来源", values = {{ "电话" = "hotline", "来访" = "letter_visit" }} }}
nature = {{ column = "类型", values = {{ "投诉" = "complaint" }}, default = "other" }}
title = "标题"
content = "内容"
occurred_at = "日期"
area = "区域"
legacy_number = "编号"

[[petitioners]]
name = "姓名"
phone = "电话"

[reply]
text = "答复"
occurred_at = "答复日期"
"""
COLUMNS = ("编号", "来源", "类型", "标题", "内容", "日期", "区域", "姓名", "电话", "答复", "答复日期")
GOOD = (
    "甲-1",
    "电话",
    "投诉",
    "路灯不亮",
    "巷口路灯坏了三天",
    "2024年3月4日",
    "A01",
    "林试一",
    "13900002222",
    "已修复",
    "2024年3月9日",
)
UNDATED = ("甲-2", "来访", "", "", "希望增设座椅\n在公交站旁", "", "", "", "", "已列入计划", "")


class Ledgers:
    """Takes files over into an office, and tells what came of them."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.refused: list[Refused] = []

    def take(self, table: Path, system: str, *, dry_run: bool = False) -> Tally:
        """Import a file."""
        map_file = self.folder / "map.toml"
        map_file.write_text(MAP.format(system=system), "utf-8")
        desk = self.office.parts.desk

        def post(entry: Entry) -> bool:
            if dry_run:
                return desk.try_import(entry.petition, entry.reply, request_id="test")
            return desk.import_petition(entry.petition, entry.reply, request_id="test").replayed

        self.refused.clear()
        return Importer(read_map(map_file), post, self.refused.append).run(Table(table))

    def csv(self, *rows: tuple[object, ...], name: str = "ledger.csv", encoding: str = "utf-8-sig") -> Path:
        """A csv file with these rows."""
        path = self.folder / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows((COLUMNS, *rows))
        return path

    def xlsx(self, *rows: tuple[object, ...]) -> Path:
        """A workbook with these rows."""
        book = Workbook()
        assert book.active is not None
        for cells in (COLUMNS, *rows):
            book.active.append(list(cells))
        book.save(self.folder / "ledger.xlsx")
        return self.folder / "ledger.xlsx"

    def rows(self, legacy_number: str) -> list[Any]:
        """The ledger's rows with that old number."""
        parts = self.office.parts
        assert parts.positions.wait_for(parts.store.last_position(), [Ledger.name], 60)
        with parts.reading() as connection:
            query = "SELECT number FROM ledger.rows WHERE legacy_number = %s"
            numbers = [found["number"] for found in connection.execute(query, (legacy_number,))]
            return [row(connection, number, Sight(committee=True)) for number in numbers]


@pytest.fixture
def ledgers(office: Office, tmp_path: Path) -> Ledgers:
    return Ledgers(office, tmp_path)


def test_rows_become_history_as_stated_once(ledgers: Ledgers) -> None:
    file = ledgers.csv(GOOD, UNDATED)
    before = ledgers.office.events()
    assert str(ledgers.take(file, "first", dry_run=True)) == "2 read, 2 added, 0 already there, 0 refused"
    assert ledgers.office.events() == before
    assert str(ledgers.take(file, "first")) == "2 read, 2 added, 0 already there, 0 refused"
    after = ledgers.office.events()
    assert str(ledgers.take(file, "first")) == "2 read, 0 added, 2 already there, 0 refused"
    assert str(ledgers.take(file, "first", dry_run=True)) == "2 read, 0 added, 2 already there, 0 refused"
    assert ledgers.office.events() == after

    [dated] = ledgers.rows("甲-1")
    assert (dated.stage, dated.channel, dated.area, dated.petitioner) == ("imported", "hotline", "A01", "林某某")
    assert (str(day_of(dated.received_at)), str(day_of(dated.replied_at))) == ("2024-03-04", "2024-03-09")
    assert dated.due is None
    [undated] = ledgers.rows("甲-2")
    assert (undated.received_at, undated.replied_at, undated.replied) == (None, None, True)
    assert (undated.title, undated.nature, undated.petitioner) == ("希望增设座椅", "other", "匿名")


def test_the_same_id_of_another_system_is_another_file(ledgers: Ledgers) -> None:
    file = ledgers.csv(GOOD)
    assert ledgers.take(file, "one").added == 1
    assert ledgers.take(file, "two").added == 1


def test_workbooks_are_read_with_their_dates_and_numbers(ledgers: Ledgers) -> None:
    changed = dict(zip(COLUMNS, GOOD, strict=True)) | {
        "编号": 70001.0,
        "日期": datetime.fromisoformat("2024-03-04T09:30:00"),
        "电话": 13900002222,
    }
    tally = ledgers.take(ledgers.xlsx(tuple(changed.values()), ()), "book")
    assert str(tally) == "1 read, 1 added, 0 already there, 0 refused"
    [found] = ledgers.rows("70001")
    assert found.received_at.isoformat() == "2024-03-04T01:30:00+00:00"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_encodings_are_recognised(ledgers: Ledgers, encoding: str) -> None:
    assert ledgers.take(ledgers.csv(GOOD, encoding=encoding), f"in-{encoding}").added == 1


def test_rows_are_refused_with_field_and_reason_and_never_their_content(ledgers: Ledgers) -> None:
    def changed(own_id: str, **fields: str) -> tuple[object, ...]:
        return tuple((dict(zip(COLUMNS, GOOD, strict=True)) | {"编号": own_id} | fields).values())

    file = ledgers.csv(
        changed("乙-1"),
        changed(""),
        changed("乙-2", 来源="飞鸽传书"),
        changed("乙-3", 日期="开春以后"),
        changed("乙-4", 电话="没有电话机"),
        changed("乙-5", 区域="ZZZ"),
        changed("乙-6", 标题="", 内容=""),
        changed("乙-7", 日期="2199年1月1日"),
        changed("乙-1", 标题="另一件事"),
        changed("乙-1"),
    )
    before = ledgers.office.events()
    tally = ledgers.take(file, "refused")
    assert str(tally) == "10 read, 1 added, 1 already there, 8 refused"
    assert sorted((one.row, one.field) for one in ledgers.refused) == [
        (3, "source_id"),
        (4, "channel"),
        (5, "occurred_at"),
        (6, "petitioners.0.phone"),
        (7, "place.area"),
        (8, "content"),
        (8, "title"),
        (9, "occurred_at"),
        (10, "source_id"),
    ]
    told = "".join(one.reason for one in ledgers.refused)
    assert all(" / " in one.reason for one in ledgers.refused)
    assert not any(word in told for word in ("飞鸽传书", "开春以后", "没有电话机", "ZZZ", "另一件事"))
    assert ledgers.office.events() == before + 4  # the petition, its reply, and a receipt each


def test_control_characters_and_long_titles_lose_nothing(ledgers: Ledgers) -> None:
    long = "很长的标题" * 60
    row_ = dict(zip(COLUMNS, GOOD, strict=True)) | {"编号": "丙-1", "标题": long, "内容": "第一行\r\n第二\x00行\x07"}
    tally = ledgers.take(ledgers.csv(tuple(row_.values())), "odd")
    assert (tally.added, tally.cleaned) == (1, 1)
    [found] = ledgers.rows("丙-1")
    petition = ledgers.office.parts.desk.load(ledgers.office.parts.access.system(), found.number)
    assert petition.content == f"{long}\n第一行\n第二 行"
    assert len(str(petition.title)) == 200


def _lacks_a_column(text: str) -> str:
    return text.replace("标题", "题目")


@pytest.mark.parametrize(
    ("spoil", "error", "told"),
    [
        (_lacks_a_column, BadMap, "题目"),
        (lambda text: text + "\n[petition2]\n", BadMap, "petition2"),
        (lambda text: text.replace('title = "标题"', "title = {}"), BadMap, "column"),
        (lambda text: text + "\n[[", BadMap, "syntax"),
    ],
)
def test_a_map_that_does_not_fit_is_refused_before_anything_is_written(
    ledgers: Ledgers, spoil: Callable[[str], str], error: type[Exception], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        f"{__name__}.MAP",
        spoil(MAP.replace("{{", "{").replace("}}", "}"))
        .replace("{", "{{")
        .replace("}", "}}")
        .replace("{{system}}", "{system}"),
    )
    before = ledgers.office.events()
    with pytest.raises(error, match=told):
        ledgers.take(ledgers.csv(GOOD), "spoilt")
    assert ledgers.office.events() == before


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "no column names"),
        ("a.csv", "编号,姓名,编号\n1,2,3\n".encode(), "columns 1, 3 share"),
        ("a.csv", b"\xff\x80\x00\xff", "encoding"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.xlsx", b"no workbook", "damaged"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadTable, match=told):
        Table(tmp_path / name)


def test_a_wrong_header_row_tells_nothing_of_the_row(ledgers: Ledgers) -> None:
    """What stands there is a person's data: only places and the map's own names are told."""
    person = ("王试之", "13877770099", "王试之")
    twice, once = ledgers.csv(person, name="twice.csv"), ledgers.csv(person[:2], name="once.csv")
    with pytest.raises(BadTable) as doubled:
        Table(twice, header_row=2)
    ledgers.take(ledgers.csv(GOOD), "headed")
    map_ = read_map(ledgers.folder / "map.toml").model_copy(update={"header_row": 2})
    with pytest.raises(BadMap) as lacking:
        Importer(map_, lambda entry: True, ledgers.refused.append).run(Table(once, header_row=2))
    book = Workbook()
    book.create_sheet(person[0])
    book.save(ledgers.folder / "sheets.xlsx")
    with pytest.raises(BadTable, match="台账") as sheet:
        Table(ledgers.folder / "sheets.xlsx", sheet="台账")
    told = f"{doubled.value} {lacking.value} {sheet.value}"
    assert "columns 1, 3" in told
    assert "row 2 names 2 columns" in told
    assert all(column in told for column in COLUMNS)
    assert not any(word in told for word in person)


@pytest.mark.skipif(not REAL.exists(), reason="the real petitions are not beside this repository")
def test_the_real_ledger_comes_over_whole(tmp_path: Path) -> None:
    sample = ROOT / "ops" / "samples"
    answer(tmp_path, "rulebook", "load", sample / "rulebook.toml")
    asked = ("import", REAL, "--map", sample / "replies.toml", "--report", tmp_path / "refused.csv")
    first = huiying(tmp_path, *asked)
    assert first.stdout.strip() == "2106 read, 2106 added, 0 already there, 0 refused"
    assert answer(tmp_path, *asked) == "2106 read, 0 added, 2106 already there, 0 refused"
    assert (tmp_path / "refused.csv").read_text("utf-8-sig").split() == ["row,field,reason"]
    with gzip.open(REAL) as raw:
        stated = [
            (datetime.fromisoformat(line["time"]), datetime.fromisoformat(line["reply_time"]))
            for line in csv.DictReader(TextIOWrapper(raw, "utf-8"))
            if line["reply_time"]
        ]
    from service import embedded

    with embedded.database(tmp_path) as url, psycopg.connect(url) as connection:
        found = connection.execute("SELECT received_at, replied_at FROM ledger.rows WHERE replied").fetchall()
    assert len(found) == 2106
    dated = [(received, replied) for received, replied in found if replied]
    assert statistics.median((replied - received).total_seconds() for received, replied in dated) == statistics.median(
        (replied - received).total_seconds() for received, replied in stated
    )
    assert statistics.median((day_of(b) - day_of(a)).days for a, b in dated) == statistics.median(
        (b.date() - a.date()).days for a, b in stated
    )
    assert answer(tmp_path, "check").startswith("no difference")
