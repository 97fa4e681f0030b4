"""Papers that the interface and the pages hand out alike: the minutes of a meeting, and report packs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Response

from domain.errors import Forbidden
from service.access import Caller
from service.downloads import as_download, handed_out
from service.minutes import minutes
from service.parts import Parts
from service.reporting.content import report_of
from service.reporting.kinds import WORDS, Kind
from service.reporting.packs import FORMATS, name_of

Format = Literal["xlsx", "docx"]
Written = Annotated[
    str,
    Path(
        max_length=16,
        description="；".join(f"{kind.value} {words.example}" for kind, words in WORDS.items()),
        examples=["2026-10"],
    ),
]


def minutes_paper(parts: Parts, caller: Caller, meeting: str) -> Response:
    """The minutes as .docx, for who draws up reports. Raises `Forbidden`, `NoSuchAddress`."""
    view, history = parts.meetings.minutes_of(caller, meeting)
    return as_download(minutes(view, history, parts.rulebooks.current().content), meeting)


def report_paper(parts: Parts, caller: Caller, kind: Kind, period: str, made: Format) -> Response:
    """A report pack as the caller's figures are. Raises `Forbidden`, and the error of a period that is none."""
    if not caller.draws_reports:
        raise Forbidden
    report = report_of(parts, kind, period, caller.sight)
    make, media_type = FORMATS[made]
    return handed_out(make(report), media_type, name_of(report, made))
