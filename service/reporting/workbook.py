"""A report as a workbook: the summary, all figures, a sheet for each dimension with a chart, the months, the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from projections.dimensions import RULES
from projections.figures import FIGURES, Figure
from projections.statistics_queries import Ratio
from service.reporting.content import CHANGES, COUNTS, DASH, RATES, Report, Section, rule_of
from service.reporting.kinds import OTHER
from service.reporting.prose import paragraphs
from service.tables import harmless

Cell = str | int | float | None

HEAD = PatternFill("solid", fgColor="DCE6F1")
TOTAL = PatternFill("solid", fgColor="F2F2F2")
THIN = Border(*(Side(style="thin", color="BFBFBF"),) * 4)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
WRAP = Alignment(vertical="top", wrap_text=True)
PERCENT, POINTS, DAYS, CHANGE = "0.0%", "+0.0;-0.0;0.0", "0.0", "+0.0%;-0.0%;0.0%"
MOST_ON_A_PAGE = 24
"""Columns up to which a sheet is printed one page wide; wider ones run over several, each with the first column."""
SUMMARY, ALL, MONTHS, RULES_SHEET = "摘要", "总表", "逐月", "指标说明"


def workbook(report: Report) -> bytes:
    """The file's bytes."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _summary(first, report)
    _all(book.create_sheet(ALL), report)
    for section in report.sections:
        _section(book.create_sheet(section.dimension.zh.partition("（")[0]), report, section)
    _months(book.create_sheet(MONTHS), report)
    _rules(book.create_sheet(RULES_SHEET))
    book.properties.title, book.properties.creator = f"{report.title} {report.span.title}", report.office
    for sheet in book.worksheets:
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToHeight, sheet.page_setup.fitToWidth = 0, 1 + sheet.max_column // MOST_ON_A_PAGE
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_cols = "A:A"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def value(ratio: Ratio) -> Cell:
    """A figure's value in a cell."""
    return DASH if ratio.amount is None else ratio.amount


def moved(figure: Figure, now: Ratio, other: Ratio) -> Cell:
    """A change in a cell: a share of a count, percentage points of a rate, working days of the mean time."""
    amount = now.since(other)
    if amount is None:
        return DASH
    return amount * 100 if figure.is_share else amount


def formats(figure: Figure) -> tuple[str, str]:
    """How a figure's value and its change are written."""
    if not figure.denominator:
        return "0", CHANGE
    return (PERCENT, POINTS) if figure.is_share else (DAYS, POINTS)


def _put(sheet: Worksheet, row: int, column: int, cell: Cell, *, written: str = "General", head: bool = False) -> None:
    here = sheet.cell(row, column, harmless(cell))
    here.border, here.number_format = THIN, written
    if head:
        here.font, here.fill, here.alignment = Font(bold=True), HEAD, CENTRE
    elif not isinstance(cell, str) or cell == DASH:
        here.alignment = Alignment(horizontal="right")


def _heads(sheet: Worksheet, row: int, heads: Iterable[str], *, start: int = 1) -> None:
    for column, head in enumerate(heads, start):
        _put(sheet, row, column, head, head=True)


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _title(sheet: Worksheet, text: str, width: int) -> None:
    sheet.cell(1, 1, text).font = Font(bold=True, size=14)
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)


def _summary(sheet: Worksheet, report: Report) -> None:
    sheet.title = SUMMARY
    _title(sheet, f"{report.title}（{report.span.title}）", 8)
    said = [
        report.audience + "。",
        f"统计至{report.as_of:%Y年%-m月%-d日}；每张表各分项之和等于合计，同一指标各分项共用一个口径，详见“{RULES_SHEET}”。",
        *paragraphs(report),
    ]
    for row, text in enumerate(said, 3):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=8)
        sheet.cell(row, 1, harmless(text)).alignment = WRAP
        sheet.row_dimensions[row].height = 16 * (len(text) // 52 + 1)
    _widths(sheet, [14] * 8)


def _all(sheet: Worksheet, report: Report) -> None:
    """Every figure of the total, in the period and in those that it is set against."""
    _title(sheet, f"{report.span.title} 全部指标", 8)
    names = list(report.total.others)
    heads = ["指标", "计数单位", "分子", "分母", "本期"]
    for name in names:
        heads += [f"{OTHER[name]}分子", f"{OTHER[name]}分母", OTHER[name], name]
    _heads(sheet, 3, heads)
    for row, (code, figure) in enumerate(FIGURES.items(), 4):
        now, changed = report.total.now.figures[code], formats(figure)[1]
        cells: list[tuple[Cell, str]] = [(figure.title.zh, "General"), (figure.counted.zh, "General")]
        cells += _ratio(figure, now)
        for name in names:
            other = report.total.others[name].figures[code]
            cells += [*_ratio(figure, other), (moved(figure, now, other), changed)]
        for column, (cell, written) in enumerate(cells, 1):
            _put(sheet, row, column, cell, written=written)
    sheet.cell(len(FIGURES) + 5, 1, CHANGES)
    sheet.freeze_panes = "C4"
    _widths(sheet, [18, 9, *[10] * (len(heads) - 2)])


def _ratio(figure: Figure, ratio: Ratio) -> list[tuple[Cell, str]]:
    """Numerator, denominator and value."""
    return [
        (ratio.numerator, "0"),
        (DASH if ratio.denominator is None else ratio.denominator, "0"),
        (value(ratio), formats(figure)[0]),
    ]


def _section(sheet: Worksheet, report: Report, section: Section) -> None:
    """A dimension: counts with their changes, then each rate with what it is made of."""
    _title(sheet, f"{report.span.title} 按{section.dimension.zh}统计", 8)
    sheet.cell(2, 1, f"归类口径：{section.rule}。")
    names = list(report.total.others)
    _heads(sheet, 4, [section.dimension.zh])
    sheet.merge_cells(start_row=4, start_column=1, end_row=5, end_column=1)
    groups = [("本期", *(word for name in names for word in (OTHER[name], name)))] * len(COUNTS)
    groups += [("分子", "分母", "值")] * len(RATES)
    column = 2
    for code, group in zip((*COUNTS, *RATES), groups, strict=True):
        figure = FIGURES[code]
        _heads(sheet, 4, [f"{figure.title.zh}（{figure.counted.zh}）", *[""] * (len(group) - 1)], start=column)
        sheet.merge_cells(start_row=4, start_column=column, end_row=4, end_column=column + len(group) - 1)
        _heads(sheet, 5, group, start=column)
        column += len(group)
    for row, line in enumerate(section.lines, 6):
        cells: list[tuple[Cell, str]] = [(line.name, "General")]
        for code in COUNTS:
            figure, now = FIGURES[code], line.now.figures[code]
            cells.append((now.numerator, "0"))
            for name in names:
                other = line.others[name].figures[code]
                cells += [(other.numerator, "0"), (moved(figure, now, other), CHANGE)]
        for code in RATES:
            cells += _ratio(FIGURES[code], line.now.figures[code])
        for place, (cell, written) in enumerate(cells, 1):
            _put(sheet, row, place, cell, written=written)
    last = 5 + len(section.lines)
    for column_cell in sheet[last]:
        column_cell.fill, column_cell.font = TOTAL, Font(bold=True)
    sheet.freeze_panes = "B6"
    _widths(sheet, [22, *[8.5] * (column - 2)])
    _chart(sheet, section, last, len(names))


def _chart(sheet: Worksheet, section: Section, last: int, compared: int) -> None:
    """Files by part, this period beside the same a year ago, as a chart of the spreadsheet's own."""
    chart = BarChart()
    chart.type, chart.style, chart.title = "bar", 10, f"登记件数（按{section.dimension.zh}）"
    for column in (2, 2 * compared + 1):
        reference = Reference(sheet, min_col=column, min_row=5, max_row=last - 1)
        chart.add_data(reference, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=6, max_row=last - 1))
    chart.y_axis.title, chart.y_axis.delete, chart.x_axis.delete = "件", False, False
    chart.x_axis.scaling.orientation = "maxMin"
    chart.width, chart.height = 22, max(8, 0.75 * len(section.lines))
    sheet.add_chart(chart, f"B{last + 2}")


def _months(sheet: Worksheet, report: Report) -> None:
    """The months up to the period, all files together."""
    _title(sheet, "逐月走势（全部途径）", 8)
    _heads(sheet, 3, ["月份", *(FIGURES[code].title.zh for code in (*COUNTS, *RATES))])
    for row, table in enumerate(report.months, 4):
        _put(sheet, row, 1, f"{table.period.first:%Y-%m}")
        for column, code in enumerate((*COUNTS, *RATES), 2):
            figure = FIGURES[code]
            _put(sheet, row, column, value(table.total.figures[code]), written=formats(figure)[0])
    last = 3 + len(report.months)
    chart = LineChart()
    chart.title, chart.style, chart.width, chart.height = "登记件数与登记事项数", 12, 24, 9
    chart.add_data(Reference(sheet, min_col=2, max_col=3, min_row=3, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=4, max_row=last))
    chart.y_axis.title, chart.y_axis.delete, chart.x_axis.delete = "件", False, False
    sheet.add_chart(chart, f"B{last + 2}")
    sheet.freeze_panes = "B4"
    _widths(sheet, [11, *[11] * (len(COUNTS) + len(RATES))])


def _rules(sheet: Worksheet) -> None:
    """How every figure is computed."""
    _title(sheet, "指标说明：每项指标的分子、分母、统计日与不计入的件", 7)
    _heads(sheet, 3, ["指标", "计数单位", "分子（或所计）", "分母", "统计日", "不计入", "规则版本"])
    row = 4
    for figure in FIGURES.values():
        told: list[Cell] = [figure.title.zh, figure.counted.zh, *rule_of(figure), figure.version]
        for column, cell in enumerate(told, 1):
            _put(sheet, row, column, cell)
            sheet.cell(row, column).alignment = WRAP
        row += 1
    row += 1
    for dimension, rule in RULES.items():
        sheet.cell(row, 1, dimension.zh)
        sheet.cell(row, 2, rule)
        row += 1
    sheet.freeze_panes = "A4"
    _widths(sheet, [16, 9, 42, 34, 34, 60, 9])
