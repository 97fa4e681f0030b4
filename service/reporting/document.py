"""A report as a document: summary, figures, a table and a chart for each dimension, the months, the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Row
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from projections.dimensions import RULES
from projections.figures import FIGURES
from projections.statistics_queries import TOTAL
from service import charts
from service.reporting.content import Line, Report, Section, change, shown, shown_change
from service.reporting.kinds import OTHER
from service.reporting.prose import paragraphs

BODY, HEADING = "宋体", "黑体"
NUMERALS = "一二三四五六七八九十"
RATES_SHOWN = ("closing", "on_time", "solution", "satisfaction")
NO_CHARTS = "（本机没有中文字体，图略；请安装一种中文字体后重新生成。）"
WIDE = Cm(15)
CHANGES = "环比、同比：件数类为增减幅度，比率类为百分点之差，平均办理时长为工作日之差；“—”为没有可比数或没有分母。"


def document(report: Report) -> bytes:
    """The file's bytes."""
    paper = docx.Document()
    _page(paper)
    title = f"{report.title}\n{report.span.title}"
    _paragraph(paper, title, size=20, bold=True, font=HEADING, align=WD_ALIGN_PARAGRAPH.CENTER)
    _paragraph(paper, f"{report.audience}。", size=9, align=WD_ALIGN_PARAGRAPH.CENTER)
    _paragraph(paper, f"统计至{report.as_of:%Y年%-m月%-d日}", size=9, align=WD_ALIGN_PARAGRAPH.CENTER)
    numerals = iter(NUMERALS)
    _heading(paper, f"{next(numerals)}、综述")
    for text in paragraphs(report):
        _paragraph(paper, text, indent=True)
    _heading(paper, f"{next(numerals)}、主要指标")
    _figures(paper, report)
    for section in report.sections:
        _heading(paper, f"{next(numerals)}、按{section.dimension.zh}")
        _section(paper, section)
    _heading(paper, f"{next(numerals)}、逐月走势")
    _trend(paper, report)
    _heading(paper, f"{next(numerals)}、指标说明")
    _rules(paper)
    paper.core_properties.title, paper.core_properties.author = title.replace("\n", " "), report.office
    out = BytesIO()
    paper.save(out)
    return out.getvalue()


def _page(paper: Document) -> None:
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    style = paper.styles["Normal"]
    style.font.size, style.font.name = Pt(11), BODY
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY)


def _paragraph(
    paper: Document,
    text: str,
    *,
    size: float = 11,
    bold: bool = False,
    font: str = BODY,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT,
    indent: bool = False,
) -> None:
    paragraph = paper.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(4)
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size)
        paragraph.paragraph_format.line_spacing = 1.4
    _run(paragraph, text, size=size, bold=bold, font=font)


def _heading(paper: Document, text: str) -> None:
    heading = paper.add_heading(level=1)
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12), Pt(4)
    _run(heading, text, size=14, bold=True, font=HEADING)


def _table(paper: Document, heads: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]) -> None:
    """A table whose head is repeated on each page, no row cut in two; the total's row is bold. Widths in cm."""
    filled = [list(heads), *map(list, rows)]
    table = paper.add_table(rows=len(filled), cols=len(heads), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for place, (row, texts) in enumerate(zip(table._tbl.tr_lst, filled, strict=True)):
        for column, (inside, text) in enumerate(zip(row.tc_lst, texts, strict=True)):
            cell = _Cell(inside, table)  # asked of the table or its rows, each cell costs as much as all of them
            cell.width = Cm(widths[column])
            _cell(cell, text, bold=place == 0 or texts[0] == TOTAL, left=place > 0 and (column == 0 or len(text) > 14))
            if place == 0:
                _shade(cell, "DCE6F1")
        _mark(row, "cantSplit")
    _mark(table._tbl.tr_lst[0], "tblHeader")
    _paragraph(paper, "", size=4)


def _mark(row: CT_Row, name: str) -> None:
    mark = OxmlElement(f"w:{name}")
    mark.set(qn("w:val"), "true")
    row.get_or_add_trPr().append(mark)


def _cell(cell: _Cell, text: str, *, bold: bool, left: bool) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
    spacing = paragraph.paragraph_format
    spacing.space_before = spacing.space_after = Pt(1.5)
    spacing.line_spacing = 1.0
    _run(paragraph, text, size=8.5, bold=bold)


def _run(paragraph: Paragraph, text: str, *, size: float, bold: bool = False, font: str = BODY) -> None:
    """Text in a font, which is to be named for Chinese characters apart."""
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.font.name = Pt(size), bold, font
    run.font.color.rgb = RGBColor(0, 0, 0)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _shade(cell: _Cell, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _figures(paper: Document, report: Report) -> None:
    names, total = list(report.total.others), report.total
    rows = []
    for code, figure in FIGURES.items():
        now = total.now.figures[code]
        of = "" if now.denominator is None else f"{now.numerator}/{now.denominator}"
        row = [figure.title.zh, figure.counted.zh, shown(figure, now), of]
        for name in names:
            other = total.others[name].figures[code]
            row += [shown(figure, other), shown_change(figure, change(now, other))]
        rows.append(row)
    heads = ["指标", "单位", "本期", "分子/分母", *(word for name in names for word in (OTHER[name], name))]
    _table(paper, heads, rows, [2.8, 1.3, 2.3, 1.9, *[2.3, 1.8] * len(names)])
    _paragraph(paper, CHANGES, size=9)


def _section(paper: Document, section: Section) -> None:
    lines = [line for line in section.lines if line.part is None or not line.empty]
    left_out = len(section.lines) - len(lines)
    whole = section.total.now.figures["registered"].numerator
    names = list(section.total.others)
    heads = ["分项", "登记件数", "占比"]
    heads += [word for name in names for word in (OTHER[name], name)]
    heads += [FIGURES[code].title.zh for code in RATES_SHOWN]
    rows = [_row(line, names, whole) for line in lines]
    _table(paper, heads, rows, [2.6, 1.0, 1.55, *[1.0, 1.8] * len(names), *[1.5] * len(RATES_SHOWN)])
    note = f"归类口径：{section.rule}。"
    if left_out:
        note += f"另有{left_out}个分项各期均为零，未列。"
    _paragraph(paper, note, size=9)
    parts = [line for line in lines if line.part is not None]
    if parts:
        counts = {"本期": [_registered(line, None) for line in parts]}
        counts |= {OTHER["同比"]: [_registered(line, "同比") for line in parts]}
        _picture(paper, charts.bars([line.name for line in parts], counts, axis="登记件数（件）"))


def _row(line: Line, names: Sequence[str], whole: int) -> list[str]:
    figure, now = FIGURES["registered"], line.now.figures["registered"]
    row = [line.name, str(now.numerator), f"{now.numerator / whole:.1%}" if whole else "—"]
    for name in names:
        other = line.others[name].figures["registered"]
        row += [str(other.numerator), shown_change(figure, change(now, other))]
    for code in RATES_SHOWN:
        ratio = line.now.figures[code]
        row.append(f"{shown(FIGURES[code], ratio)}\n{ratio.numerator}/{ratio.denominator}")
    return row


def _registered(line: Line, compared: str | None) -> int:
    return (line.others[compared] if compared else line.now).figures["registered"].numerator


def _trend(paper: Document, report: Report) -> None:
    labels = [f"{table.period.first:%Y-%m}" for table in report.months]
    series = {
        FIGURES[code].title.zh: [table.total.figures[code].numerator for table in report.months]
        for code in ("registered", "matters")
    }
    _picture(paper, charts.lines(labels, series, axis="件"))


def _picture(paper: Document, chart: dict[str, object]) -> None:
    if not charts.has_chinese():
        _paragraph(paper, NO_CHARTS, size=9)
        return
    paper.add_picture(BytesIO(charts.png(chart)), width=WIDE)
    paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _rules(paper: Document) -> None:
    rows = [
        [
            figure.title.zh,
            figure.what.zh,
            figure.over.zh if figure.over else "—",
            figure.dated.zh,
            "；".join(text.zh for text in figure.excludes) or "—",
            str(figure.version),
        ]
        for figure in FIGURES.values()
    ]
    _table(paper, ["指标", "分子（或所计）", "分母", "统计日", "不计入", "版本"], rows, [1.9, 3.8, 2.8, 3.0, 4.5, 1.0])
    for dimension, rule in RULES.items():
        _paragraph(paper, f"{dimension.zh}：{rule}。", size=9)
