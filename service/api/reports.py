"""Report packs to download: a period's figures as a workbook or as a document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from projections.ledger import Ledger
from projections.statistics import Statistics
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, PartsOf, ReaderOf, reached
from service.asked.papers import Format, Written, report_paper
from service.reporting.kinds import Kind

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], tags=["统计 statistics"])


@router.get(
    "/reports/{kind}/{period}",
    summary="统计报告",
    responses=problems(403),
    dependencies=[reached(Statistics.name, Ledger.name)],
    response_class=Response,
)
def read_report(
    *,
    kind: Kind,
    period: Written,
    parts: PartsOf,
    caller: ReaderOf,
    format_: Annotated[Format, Query(alias="format")] = "xlsx",
) -> Response:
    """A report pack as the caller's figures are: by channel, nature, category, community and unit, with comparisons.

    For intake, approvers, publishers and the committee. Only the committee's report counts protected files; each says
    for whom it is.
    """
    return report_paper(parts, caller, kind, period, format_)
