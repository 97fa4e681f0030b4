"""What documents are put together from: paragraphs, headings and tables whose fonts have Chinese characters."""

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

from projections.statistics_queries import TOTAL

BODY, HEADING = "宋体", "黑体"
CENTRE = WD_ALIGN_PARAGRAPH.CENTER
NUMERALS = "一二三四五六七八九十"


def new_paper() -> Document:
    """An empty A4 document."""
    paper = docx.Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    style = paper.styles["Normal"]
    style.font.size, style.font.name = Pt(11), BODY
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY)
    return paper


def paragraph(
    paper: Document,
    text: str,
    *,
    size: float = 11,
    bold: bool = False,
    font: str = BODY,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT,
    indent: bool = False,
) -> None:
    """A paragraph, indented by two characters where it is running text."""
    made = paper.add_paragraph()
    made.alignment = align
    made.paragraph_format.space_after = Pt(4)
    if indent:
        made.paragraph_format.first_line_indent = Pt(2 * size)
        made.paragraph_format.line_spacing = 1.4
    _run(made, text, size=size, bold=bold, font=font)


def heading(paper: Document, text: str) -> None:
    """A heading of the first level."""
    made = paper.add_heading(level=1)
    made.paragraph_format.space_before, made.paragraph_format.space_after = Pt(12), Pt(4)
    _run(made, text, size=14, bold=True, font=HEADING)


def table(paper: Document, heads: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]) -> None:
    """A table whose head is repeated on each page, no row cut in two; the total's row is bold. Widths in cm."""
    filled = [list(heads), *map(list, rows)]
    made = paper.add_table(rows=len(filled), cols=len(heads), style="Table Grid")
    made.autofit = False
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Cm(width)
    for place, (row, texts) in enumerate(zip(made._tbl.tr_lst, filled, strict=True)):
        for column, (inside, text) in enumerate(zip(row.tc_lst, texts, strict=True)):
            cell = _Cell(inside, made)  # asked of the table or its rows, each cell costs as much as all of them
            cell.width = Cm(widths[column])
            _cell(cell, text, bold=place == 0 or texts[0] == TOTAL, left=place > 0 and (column == 0 or len(text) > 14))
            if place == 0:
                _shade(cell, "DCE6F1")
        _mark(row, "cantSplit")
    _mark(made._tbl.tr_lst[0], "tblHeader")
    paragraph(paper, "", size=4)


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


def saved(paper: Document, *, title: str, author: str) -> bytes:
    """The file's bytes."""
    paper.core_properties.title, paper.core_properties.author = title, author
    out = BytesIO()
    paper.save(out)
    return out.getvalue()
