"""Report packs to download: a period's figures as a workbook or as a document."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from domain.errors import Forbidden
from projections.ledger import Ledger
from projections.statistics import Statistics
from service.api.problems import problems
from service.api.signed_in import API, TOKEN, PartsOf, ReaderOf, SignedIn, reached
from service.downloads import handed_out
from service.reporting.content import report_of
from service.reporting.kinds import WORDS, Kind
from service.reporting.packs import FORMATS, name_of

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], tags=["统计 statistics"])
Written = Annotated[
    str,
    Path(
        max_length=16,
        description="；".join(f"{kind.value} {words.example}" for kind, words in WORDS.items()),
        examples=["2026-10"],
    ),
]


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
    format_: Annotated[Literal["xlsx", "docx"], Query(alias="format")] = "xlsx",
) -> Response:
    """A report pack as the caller's figures are: by channel, nature, category, community and unit, with comparisons.

    For intake, approvers, publishers and the committee. Only the committee's report counts protected files; each says
    for whom it is.
    """
    if not caller.draws_reports:
        raise Forbidden
    report = report_of(parts, kind, period, caller.sight)
    make, media_type = FORMATS[format_]
    return handed_out(make(report), media_type, name_of(report, format_))
