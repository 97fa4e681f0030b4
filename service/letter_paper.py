"""Building official documents in the manner of GB/T 9704 with python-docx: page, letterhead, forms, signature.

What stands on them may hold the placeholders of docxtpl; `letter_layout.py` says what does.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

BODY, SONG, HEI, LATIN = "仿宋", "宋体", "黑体", "Times New Roman"
RED, GREY = RGBColor(0xC0, 0x00, 0x00), RGBColor(0x80, 0x80, 0x80)
SIZE, LINE = 16, 28
"""三号 and the line of 28 points (GB/T 9704, 22 lines of 28 characters to a page)."""
MARGINS = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
EPOCH = (2026, 1, 1, 0, 0, 0)
"""Times inside the files are fixed, so that the same template always has the same digest."""

FONTS = "".join(
    f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="{family}"/>'
    '<w:pitch w:val="variable"/></w:font>'
    for name, other, family in ((BODY, "FangSong", "roman"), (SONG, "SimSun", "roman"), (HEI, "SimHei", "swiss"))
)
"""What a reader without these fonts is told about them: other names, and what sort of font comes next to them."""
Rows = Sequence[tuple[str, str]]


def blank() -> Docx:
    """An A4 page with the margins, the body text and the page number of an official document."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, millimetres in MARGINS.items():
        setattr(section, name, Mm(millimetres))
    style: Any = document.styles["Normal"]
    style.font.size = Pt(SIZE)
    _fonts(style.element.get_or_add_rPr(), BODY)
    style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    style.paragraph_format.line_spacing = Pt(LINE)
    style.paragraph_format.space_after = Pt(0)
    _page_number(section.footer.paragraphs[0])
    properties = document.core_properties
    properties.author, properties.comments = "", ""
    properties.created = properties.modified = datetime(*EPOCH)  # noqa: DTZ001 (the file format has no zone)
    return document


def bytes_of(document: Docx) -> bytes:
    """The file, always the same for the same document."""
    written, same = BytesIO(), BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(same, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            if "thumbnail" not in name:
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(entry, _mended(name, source.read(name)))
    return same.getvalue()


def _mended(name: str, content: bytes) -> bytes:
    """The library's own blank document brings a picture of itself along, and says nothing of our fonts."""
    if name == "_rels/.rels":
        return re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", content)
    return content.replace(b"</w:fonts>", FONTS.encode() + b"</w:fonts>") if name == "word/fontTable.xml" else content


def text(
    document: Docx | _Cell,
    words: str,
    *,
    align: WD_ALIGN_PARAGRAPH | None = None,
    size: int = SIZE,
    font: str = BODY,
    bold: bool = False,
    indent: bool = False,
    colour: RGBColor | None = None,
) -> Paragraph:
    """A paragraph; `indent` by two characters as running text is."""
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    run = paragraph.add_run(words)
    _dressed(run, size=size, font=font, bold=bold, colour=colour)
    if size > SIZE:
        paragraph.paragraph_format.line_spacing = Pt(size * 1.5)
    if indent:
        _indented(paragraph, firstLineChars="200")
    return paragraph


def body(document: Docx, *paragraphs: str) -> None:
    """Running text; what holds a tag of a whole paragraph (`{%p … %}`) stands alone."""
    for words in paragraphs:
        text(document, words, indent=not words.startswith("{%p"))


def letterhead(document: Docx) -> None:
    """The office in red over a red line, the number under it, the title in the middle."""
    head = text(document, "{{ office }}", align=WD_ALIGN_PARAGRAPH.CENTER, size=30, font=SONG, bold=True, colour=RED)
    _line_below(head)
    text(document, "{{ number }}", align=WD_ALIGN_PARAGRAPH.RIGHT).paragraph_format.space_before = Pt(6)
    title = text(document, "{{ title }}", align=WD_ALIGN_PARAGRAPH.CENTER, size=22, font=SONG, bold=True)
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(14), Pt(14)


def signature(document: Docx) -> None:
    """The office and the day under its seal, kept on one page."""
    place = text(document, "（印章）", align=WD_ALIGN_PARAGRAPH.RIGHT, size=12, colour=GREY)
    place.paragraph_format.space_before = Pt(LINE)
    _indented(place, rightChars="600")
    office = text(document, "{{ office }}", align=WD_ALIGN_PARAGRAPH.RIGHT)
    _indented(office, rightChars="200")
    day = text(document, "{{ formal_day }}", align=WD_ALIGN_PARAGRAPH.RIGHT)
    _indented(day, rightChars="200")
    for paragraph in (place, office):
        paragraph.paragraph_format.keep_with_next = True


def form(document: Docx, rows: Rows, widths: tuple[int, int] = (36, 120)) -> None:
    """A table of two columns: what is asked, and what is said. A line of its own for each line of the value."""
    table = document.add_table(rows=0, cols=2)
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for label, value in rows:
        cells = table.add_row().cells
        _filled(cells[0], [label], bold=True, align=WD_ALIGN_PARAGRAPH.CENTER)
        _filled(cells[1], value.split("\n"))
    _widen(table, widths)


def grid(document: Docx, headings: Sequence[str], loop: str, cells: Sequence[str], widths: Sequence[int]) -> None:
    """A table with a row for every item of a loop."""
    table = document.add_table(rows=4, cols=len(headings))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for row, values in enumerate((headings, (f"{{%tr for {loop} %}}",), cells, ("{%tr endfor %}",))):
        for place, words in enumerate(values):
            _filled(table.cell(row, place), [words], bold=row == 0)
    _widen(table, widths)


def _widen(table: Table, widths: Sequence[int]) -> None:
    """Set the columns' widths in millimetres, for readers that ask the grid and for those that ask each cell."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _filled(cell: _Cell, lines: Iterable[str], *, bold: bool = False, align: WD_ALIGN_PARAGRAPH | None = None) -> None:
    for number, words in enumerate(lines):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.line_spacing = Pt(22)
        _dressed(paragraph.add_run(words), size=14, font=BODY, bold=bold, colour=None)


def _dressed(run: Run, *, size: int, font: str, bold: bool, colour: RGBColor | None) -> None:
    run.font.size, run.font.bold = Pt(size), bold
    if colour is not None:
        run.font.color.rgb = colour
    _fonts(run._element.get_or_add_rPr(), font)


def _fonts(properties: Any, east_asian: str) -> None:
    """Chinese in one font, letters and digits in another; a reader without the first takes its own for Chinese."""
    fonts = properties.get_or_add_rFonts()
    for name, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{name}"), font)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(language)


def _indented(paragraph: Paragraph, **characters: str) -> None:
    """Indent by hundredths of a character."""
    properties = paragraph._p.get_or_add_pPr()
    indent = properties.get_or_add_ind()
    for name, value in characters.items():
        indent.set(qn(f"w:{name}"), value)
        points = int(value) * SIZE // 5
        indent.set(qn(f"w:{name.removesuffix('Chars')}"), str(points))


def _line_below(paragraph: Paragraph) -> None:
    border = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "6"), ("color", "C00000")):
        line.set(qn(f"w:{name}"), value)
    border.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(border, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _page_number(paragraph: Paragraph) -> None:
    """— 1 —, in the middle of the foot."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, words in (("", "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), ("", " —")):
        run = paragraph.add_run(words if not kind else "")
        _dressed(run, size=14, font=SONG, bold=False, colour=None)
        if kind == "instr":
            instruction = OxmlElement("w:instrText")
            instruction.text = words
            run._element.append(instruction)
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)
