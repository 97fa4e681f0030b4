"""报表: the report packs of the last periods to download, as workbook and as document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from domain.errors import Forbidden
from domain.kernel import day_of
from projections.ledger import Ledger
from projections.periods import after, start_of
from projections.statistics import Statistics
from service.asked.given import PartsOf, ReaderOf, reached
from service.asked.papers import Format, Written, report_paper
from service.pages.entering import StaffPage
from service.pages.screen import page
from service.reporting.kinds import WORDS, Kind, Span, span_of, written

SHOWN = 6
"""Periods of each kind, the running one first."""

router = APIRouter(route_class=StaffPage, include_in_schema=False)


@router.get("/reports")
def reports(request: Request, parts: PartsOf, caller: ReaderOf) -> Response:
    """What there is to download."""
    if not caller.draws_reports:
        raise Forbidden
    today = day_of(parts.now())
    kinds = [(kind, list(_latest(kind, today))) for kind in Kind]
    return page(request, "reports.html", kinds=kinds, words=WORDS, committee=caller.sight.committee)


@router.get("/reports/{kind}/{period}.{ending}", dependencies=[reached(Statistics.name, Ledger.name)])
def report(
    kind: Kind,
    period: Written,
    ending: Annotated[Format, Path()],
    parts: PartsOf,
    caller: ReaderOf,
) -> Response:
    """One pack, as the interface gives it."""
    return report_paper(parts, caller, kind, period, ending)


def _latest(kind: Kind, today: date) -> Iterator[tuple[str, Span]]:
    """The last periods of a kind as they are written in addresses, with what each covers."""
    by = WORDS[kind].by
    running = start_of(today, by)
    for back in range(SHOWN):
        text = written(kind, after(running, by, -back))
        yield text, span_of(kind, text, today)
