"""The files that a report comes as."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from service.downloads import DOCX, XLSX
from service.reporting.content import Report
from service.reporting.document import document
from service.reporting.workbook import workbook

FORMATS: Mapping[str, tuple[Callable[[Report], bytes], str]] = {
    "xlsx": (workbook, XLSX),
    "docx": (document, DOCX),
}
"""How each kind of file is made, and its media type."""


def name_of(report: Report, kind: str) -> str:
    """What the file is called."""
    return f"{report.title}-{report.span.title}.{kind}"
