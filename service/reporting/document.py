"""A report as a document: summary, figures, a table and a chart for each dimension, the months, the rules."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from docx.document import Document
from docx.shared import Cm

from projections.dimensions import RULES
from projections.figures import FIGURES
from service import charts
from service.docx_kit import CENTRE, HEADING, NUMERALS, heading, new_paper, paragraph, saved, table
from service.reporting.content import CHANGES, DASH, Line, Report, Section, rule_of, shown, shown_change
from service.reporting.kinds import OTHER
from service.reporting.prose import paragraphs

RATES_SHOWN = ("closing", "on_time", "solution", "satisfaction")
NO_CHARTS = "（本机没有中文字体，图略；请安装一种中文字体后重新生成。）"
WIDE = Cm(15)


def document(report: Report) -> bytes:
    """The file's bytes."""
    paper = new_paper()
    title = f"{report.title}\n{report.span.title}"
    paragraph(paper, title, size=20, bold=True, font=HEADING, align=CENTRE)
    paragraph(paper, f"{report.audience}。", size=9, align=CENTRE)
    paragraph(paper, f"统计至{report.as_of:%Y年%-m月%-d日}", size=9, align=CENTRE)
    numerals = iter(NUMERALS)
    heading(paper, f"{next(numerals)}、综述")
    for text in paragraphs(report):
        paragraph(paper, text, indent=True)
    heading(paper, f"{next(numerals)}、主要指标")
    _figures(paper, report)
    for section in report.sections:
        heading(paper, f"{next(numerals)}、按{section.dimension.zh}")
        _section(paper, section)
    heading(paper, f"{next(numerals)}、逐月走势")
    _trend(paper, report)
    heading(paper, f"{next(numerals)}、指标说明")
    _rules(paper)
    return saved(paper, title=title.replace("\n", " "), author=report.office)


def _figures(paper: Document, report: Report) -> None:
    names, total = list(report.total.others), report.total
    rows = []
    for code, figure in FIGURES.items():
        now = total.now.figures[code]
        of = "" if now.denominator is None else f"{now.numerator}/{now.denominator}"
        row = [figure.title.zh, figure.counted.zh, shown(figure, now), of]
        for name in names:
            other = total.others[name].figures[code]
            row += [shown(figure, other), shown_change(figure, now.since(other))]
        rows.append(row)
    heads = ["指标", "单位", "本期", "分子/分母", *(word for name in names for word in (OTHER[name], name))]
    table(paper, heads, rows, [2.8, 1.3, 2.3, 1.9, *[2.3, 1.8] * len(names)])
    paragraph(paper, CHANGES, size=9)


def _section(paper: Document, section: Section) -> None:
    lines = [line for line in section.lines if line.part is None or not line.empty]
    left_out = len(section.lines) - len(lines)
    whole = section.total.now.figures["registered"].numerator
    names = list(section.total.others)
    heads = ["分项", "登记件数", "占比"]
    heads += [word for name in names for word in (OTHER[name], name)]
    heads += [FIGURES[code].title.zh for code in RATES_SHOWN]
    rows = [_row(line, names, whole) for line in lines]
    table(paper, heads, rows, [2.6, 1.0, 1.55, *[1.0, 1.8] * len(names), *[1.5] * len(RATES_SHOWN)])
    note = f"归类口径：{section.rule}。"
    if left_out:
        note += f"另有{left_out}个分项各期均为零，未列。"
    paragraph(paper, note, size=9)
    parts = [line for line in lines if line.part is not None]
    if parts:
        counts = {"本期": [_registered(line, None) for line in parts]}
        counts |= {OTHER["同比"]: [_registered(line, "同比") for line in parts]}
        _picture(paper, charts.bars([line.name for line in parts], counts, axis="登记件数（件）"))


def _row(line: Line, names: Sequence[str], whole: int) -> list[str]:
    figure, now = FIGURES["registered"], line.now.figures["registered"]
    row = [line.name, str(now.numerator), f"{now.numerator / whole:.1%}" if whole else DASH]
    for name in names:
        other = line.others[name].figures["registered"]
        row += [str(other.numerator), shown_change(figure, now.since(other))]
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
        paragraph(paper, NO_CHARTS, size=9)
        return
    paper.add_picture(BytesIO(charts.png(chart)), width=WIDE)
    paper.paragraphs[-1].alignment = CENTRE


def _rules(paper: Document) -> None:
    rows = [[figure.title.zh, *rule_of(figure), str(figure.version)] for figure in FIGURES.values()]
    table(paper, ["指标", "分子（或所计）", "分母", "统计日", "不计入", "版本"], rows, [1.9, 3.8, 2.8, 3.0, 4.5, 1.0])
    for dimension, rule in RULES.items():
        paragraph(paper, f"{dimension.zh}：{rule}。", size=9)
