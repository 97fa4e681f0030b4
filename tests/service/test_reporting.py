"""Report packs: numbers as a recount gives them, parts that make the whole, words that say what the figures say."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import psycopg
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from psycopg.rows import dict_row

from domain.errors import Invalid
from domain.kernel import Recorded
from domain.petition.events import receiving as r
from domain.vocabulary import Secrecy
from projections.dimensions import Dimension, parts_of
from projections.figures import FIGURES
from projections.periods import Period
from projections.sight import Sight
from projections.statistics_queries import PartRow
from service import charts
from service.reporting.content import COUNTS, DIMENSIONS, FOR_COMMITTEE, FOR_OFFICE, RATES, Line, Report, report_of
from service.reporting.document import document
from service.reporting.kinds import Kind, span_of
from service.reporting.packs import FORMATS
from service.reporting.prose import paragraphs
from service.reporting.workbook import ALL, MONTHS, RULES_SHEET, SUMMARY, workbook
from tests.domain.rulebook_sample import SAMPLE
from tests.projections import histories as a
from tests.projections.recount import Counts, Recount
from tests.service.api_kit import API, Office
from tests.service.reporting_kit import TODAY, parts_with, two_years

HISTORY = two_years(160)
OFFICE, COMMITTEE = Sight(), Sight(committee=True)


@pytest.fixture(scope="module")
def reports(postgres_url: str, migrated_template: str) -> Iterator[dict[tuple[Kind, bool], Report]]:
    from tests.conftest import new_database

    with new_database(postgres_url, migrated_template) as url, psycopg.connect(url, row_factory=dict_row) as connection:
        parts = parts_with(connection, HISTORY)
        asked = {Kind.MONTHLY: "2026-10", Kind.TWO_MONTHLY: "2026-09", Kind.HALF_YEARLY: "2026-H1", Kind.YEARLY: "2026"}
        yield {
            (kind, sight.committee): report_of(parts, kind, period, sight)
            for kind, period in asked.items()
            for sight in (OFFICE, COMMITTEE)
        }


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, row_factory=dict_row) as opened:
        yield opened


def sheets(report: Report) -> dict[str, Worksheet]:
    book = load_workbook(BytesIO(workbook(report)))
    return {sheet.title: sheet for sheet in book.worksheets}


def recounted(history: list[Recorded], period: Period, dimension: Dimension, *, committee: bool) -> dict[str, Counts]:
    """Figures by the names of the parts."""
    parts = parts_of(dimension, SAMPLE)
    counted = Recount(history, period.first, period.last, TODAY, committee=committee, cut=parts.cut).figures
    found: dict[str, Counts] = {}
    for value, counts in counted.items():
        name = "合计" if value is None else parts.name(parts.of(value))
        for code, pair in counts.items():
            kept = found.setdefault(name, {}).setdefault(code, [0, 0])
            kept[0], kept[1] = kept[0] + pair[0], kept[1] + pair[1]
    return found


@pytest.mark.parametrize("committee", [False, True])
@pytest.mark.parametrize("kind", Kind)
def test_the_workbooks_numbers_are_those_of_a_recount(
    reports: dict[tuple[Kind, bool], Report], kind: Kind, committee: bool
) -> None:
    report = reports[kind, committee]
    found = sheets(report)
    others = list(report.span.compared.values())
    width = 1 + 2 * len(others)
    for dimension in DIMENSIONS:
        sheet = found[dimension.zh.partition("（")[0]]
        now = recounted(HISTORY, report.span.period, dimension, committee=committee)
        before = [recounted(HISTORY, period, dimension, committee=committee) for period in others]
        rows = list(
            sheet.iter_rows(min_row=6, max_row=5 + len(parts_of(dimension, SAMPLE).codes) + 1, values_only=True)
        )
        assert rows[-1][0] == "合计"
        assert rows[-1][1], "a report on nothing proves nothing"
        for row in rows:
            name = str(row[0])
            for place, code in enumerate(COUNTS):
                start = 1 + place * width
                assert row[start] == now.get(name, {}).get(code, [0, 0])[0], (dimension, name, code)
                for index, other in enumerate(before):
                    assert row[start + 1 + 2 * index] == other.get(name, {}).get(code, [0, 0])[0]
            for place, code in enumerate(RATES):
                start = 1 + len(COUNTS) * width + 3 * place
                numerator, denominator = now.get(name, {}).get(code, [0, 0])
                assert (row[start], row[start + 1]) == (numerator, denominator), (dimension, name, code)
                assert row[start + 2] == (pytest.approx(numerator / denominator) if denominator else "—")


def row_of(line: Line, period: str | None) -> PartRow:
    return line.now if period is None else line.others[period]


@pytest.mark.parametrize("kind", Kind)
def test_every_total_is_the_sum_of_its_parts_and_the_same_in_each_table(
    reports: dict[tuple[Kind, bool], Report], kind: Kind
) -> None:
    report = reports[kind, False]
    for section in report.sections:
        for pick in (
            lambda line: line.now,
            *(lambda line, name=name: line.others[name] for name in report.total.others),
        ):
            for code in FIGURES:
                parts = [pick(line).figures[code] for line in section.lines[:-1]]
                total, other = pick(section.total).figures[code], pick(report.total).figures[code]
                assert sum(one.numerator for one in parts) == total.numerator
                assert sum(one.denominator or 0 for one in parts) == (total.denominator or 0)
                assert (total.numerator, total.denominator) == (other.numerator, other.denominator)


def test_every_figure_names_its_rule(reports: dict[tuple[Kind, bool], Report]) -> None:
    found = sheets(reports[Kind.MONTHLY, False])
    told = {row[0]: row for row in found[RULES_SHEET].iter_rows(min_row=4, values_only=True)}
    for figure in FIGURES.values():
        _, counted, what, over, dated, excludes, version = told[figure.title.zh]
        assert (counted, what, dated, version) == (figure.counted.zh, figure.what.zh, figure.dated.zh, figure.version)
        assert over == (figure.over.zh if figure.over else "—")
        assert all(text.zh in str(excludes) for text in figure.excludes)
    named = {row[0] for row in found[ALL].iter_rows(min_row=4, values_only=True)}
    assert {figure.title.zh for figure in FIGURES.values()} <= named
    assert found[MONTHS].max_row >= 12
    charted = [name for name, sheet in found.items() if vars(sheet)["_charts"]]
    assert charted == ["途径", "性质", "类别", "社区", "主办单位", MONTHS]


def test_it_says_for_whom_it_is_and_counts_accordingly(reports: dict[tuple[Kind, bool], Report]) -> None:
    for committee, audience in ((False, FOR_OFFICE), (True, FOR_COMMITTEE)):
        report = reports[Kind.YEARLY, committee]
        assert audience in str(sheets(report)[SUMMARY]["A3"].value)
        assert audience in "\n".join(one.text for one in docx.Document(BytesIO(document(report))).paragraphs)
    mine, theirs = (reports[Kind.YEARLY, committee].total.now.figures["registered"] for committee in (False, True))
    assert mine.numerator < theirs.numerator


def test_the_summary_says_what_the_figures_say(connection: psycopg.Connection[Any]) -> None:
    made = a.Histories()
    for place, (day, area) in enumerate(
        [
            ("2026-10-08", "A01"),
            ("2026-10-09", "A01G1"),
            ("2026-10-31", None),
            ("2026-09-02", "A01"),
            ("2025-10-01", None),
        ]
    ):
        people = 3 if place == 0 else 1
        made.add(f"HY-{place}", date.fromisoformat(day), a.received(people=people, area=area), r.PetitionAccepted())
    made.add("HY-8", date(2026, 10, 9), a.received())
    made.add("HY-9", date(2026, 10, 9), a.received(secrecy=Secrecy.SECRET, area="A02"))
    report = report_of(parts_with(connection, made.recorded), Kind.MONTHLY, "2026-10", OFFICE)
    said = paragraphs(report)
    assert said[0] == (
        "本月（2026年10月1日至2026年10月31日）共登记民情4件，涉及6人次，其中多人共同提出的1批；"
        "环比增长300.0%（上期1件），同比增长300.0%（上年同期1件）。没有关联的重复件。"
    )
    assert "从社区看，梧桐里社区2件（占50.0%），未明确社区2件。" in said[1]
    assert said[2] == "受理率75.0%（3/4件），环比下降25.0个百分点，同比下降25.0个百分点。"
    assert said[-1] == "本月没有可作分母的件次，不计算响应率、办结率、按期办结率、公开率、解决率、满意率。"


def test_a_period_without_petitions_is_told_as_such(connection: psycopg.Connection[Any]) -> None:
    report = report_of(parts_with(connection, []), Kind.MONTHLY, "2026-10", OFFICE)
    assert paragraphs(report)[0] == "本月（2026年10月1日至2026年10月31日）没有登记民情。"
    for make, _ in FORMATS.values():
        assert make(report)


def test_a_period_that_still_runs_is_set_against_as_many_days(connection: psycopg.Connection[Any]) -> None:
    report = report_of(parts_with(connection, HISTORY), Kind.YEARLY, "2026", OFFICE)
    assert (report.span.period.last, report.span.year_ago.last) == (TODAY, date(2025, 11, 25))
    assert list(report.span.compared) == ["同比"]
    assert "本年尚未结束，以上统计至2026年11月25日，并与对照期的相同天数比较。" in paragraphs(report)[0]


@pytest.mark.parametrize(
    ("kind", "written", "title", "first", "last"),
    [
        (Kind.MONTHLY, "2026-02", "2026年2月", "2026-02-01", "2026-02-28"),
        (Kind.TWO_MONTHLY, "2026-09", "2026年9—10月", "2026-09-01", "2026-10-31"),
        (Kind.HALF_YEARLY, "2025-H2", "2025年下半年", "2025-07-01", "2025-12-31"),
        (Kind.HALF_YEARLY, "2026-H1", "2026年上半年", "2026-01-01", "2026-06-30"),
        (Kind.YEARLY, "2025", "2025年", "2025-01-01", "2025-12-31"),
    ],
)
def test_what_a_report_covers(kind: Kind, written: str, title: str, first: str, last: str) -> None:
    span = span_of(kind, written, TODAY)
    assert (span.title, span.period.first.isoformat(), span.period.last.isoformat()) == (title, first, last)
    assert not span.runs


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Kind.MONTHLY, "2026-13"),
        (Kind.MONTHLY, "2026"),
        (Kind.TWO_MONTHLY, "2026-10"),
        (Kind.HALF_YEARLY, "2026-H3"),
        (Kind.YEARLY, "1026"),
        (Kind.YEARLY, "２０２６"),
        (Kind.MONTHLY, "2026-12"),
        (Kind.YEARLY, "2027"),
    ],
)
def test_a_period_that_is_none_is_refused_by_name(kind: Kind, written: str) -> None:
    with pytest.raises(Invalid) as refused:
        span_of(kind, written, TODAY)
    assert refused.value.loc == ("period",)


def test_the_document_holds_the_summary_the_tables_and_the_charts(reports: dict[tuple[Kind, bool], Report]) -> None:
    report = reports[Kind.MONTHLY, False]
    paper = docx.Document(BytesIO(document(report)))
    text = [one.text for one in paper.paragraphs]
    assert all(said in text for said in paragraphs(report))
    channels = next(table for table in paper.tables if table.cell(1, 0).text == "网络平台")
    counted = [int(row.cells[1].text) for row in channels.rows[1:]]
    assert sum(counted[:-1]) == counted[-1] == report.total.now.figures["registered"].numerator
    assert len(paper.inline_shapes) == (len(DIMENSIONS) + 1 if charts.has_chinese() else 0)


def test_without_a_chinese_font_the_document_says_so(
    reports: dict[tuple[Kind, bool], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "has_chinese", lambda: False)
    paper = docx.Document(BytesIO(document(reports[Kind.MONTHLY, False])))
    assert not paper.inline_shapes
    assert any("没有中文字体" in one.text for one in paper.paragraphs)


@pytest.mark.skipif(not charts.has_chinese(), reason="no font with Chinese characters is installed")
def test_charts_show_chinese_and_load_nothing() -> None:
    chart = charts.bars(["网络平台", "来信来访"], {"本期": [3, 1]}, axis="件")
    assert charts.png(chart).startswith(b"\x89PNG")
    assert charts.png(chart) != charts.png(charts.bars(["网络平合", "来信来访"], {"本期": [3, 1]}, axis="件"))
    assert "网络平台" in charts.svg(chart)
    with pytest.raises(ValueError, match=r"(?i)not allowed|access"):
        charts.png({**chart, "data": {"url": "https://example.org/data.json"}})


def reads(kind: str) -> bool:
    """Whether an office suite is here with the module for this kind of file."""
    office = shutil.which("soffice")
    module = {"xlsx": "libsclo.so", "docx": "libswlo.so"}[kind]
    return office is not None and (Path(office).resolve().parent / module).exists()


@pytest.mark.parametrize("kind", FORMATS)
def test_an_office_suite_opens_it(reports: dict[tuple[Kind, bool], Report], kind: str, tmp_path: Path) -> None:
    if not reads(kind):
        pytest.skip(f"no LibreOffice for {kind} here; `make tools` installs it where apt may")
    file, profile = tmp_path / f"report.{kind}", f"-env:UserInstallation=file://{tmp_path}/profile"
    file.write_bytes(FORMATS[kind][0](reports[Kind.MONTHLY, False]))
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_reports_are_for_some_roles(office: Office) -> None:
    office.received(channel="window")
    for who in ("intake", "approver", "publisher", "supervisor"):
        answer = office.get(who, "/reports/monthly/2026-03", format="xlsx")
        assert answer.status_code == 200
        assert "filename*=UTF-8''" in answer.headers["content-disposition"]
        assert load_workbook(BytesIO(answer.content))[SUMMARY]["A1"].value
    for who in ("handler", "caller", "admin"):
        assert office.get(who, "/reports/monthly/2026-03").status_code == 403
    paper = office.get("approver", "/reports/yearly/2026", format="docx")
    assert docx.Document(BytesIO(paper.content)).tables
    for path, field in (("/reports/monthly/2026", "period"), ("/reports/weekly/2026-03", "kind")):
        refused = office.get("intake", path)
        assert (refused.status_code, refused.json()["errors"][0]["loc"][-1]) == (422, field)
    assert office.client.get(f"{API}/reports/yearly/2026").status_code == 401
