"""Statistics by any dimension: each figure with numerator and denominator, and the files behind it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from domain.vocabulary import Channel
from projections.dimensions import Dimension
from projections.figure_files import Side
from projections.ledger import Ledger
from projections.periods import By, Compare
from projections.statistics import Statistics
from projections.statistics_queries import ReplyTime, reply_time
from service.api.answers import FilesBehind
from service.api.problems import problems
from service.api.signed_in import TOKEN, After, Limit, SignedIn
from service.asked.given import API, PartsOf, ReaderOf, reached
from service.asked.spans import Day, check_order
from service.asked.statistics import StatisticsAnswer, files_of, statistics_of

router = APIRouter(
    prefix=API,
    route_class=SignedIn,
    dependencies=[TOKEN, reached(Statistics.name, Ledger.name)],
    tags=["统计 statistics"],
)

First = Annotated[Day | None, Query(alias="from", description="First day; by default the first of this year.")]
Last = Annotated[Day | None, Query(alias="to", description="Last day; by default today.")]
AsOf = Annotated[Day | None, Query(description="What was due and overdue on this day; by default today.")]


@router.get("/statistics/reply-time", summary="历史件答复时长", responses=problems(403))
def read_reply_time(
    *, parts: PartsOf, caller: ReaderOf, first: First = None, last: Last = None, channel: Channel | None = None
) -> ReplyTime:
    """How long the files of old ledgers took from receipt to reply, by the day of the reply: the median in days.

    Without `from` and `to`: over all of them.
    """
    if first is not None and last is not None:
        check_order(first, last)
    with parts.reading() as connection:
        return reply_time(
            connection,
            first=first,
            last=last,
            channel=channel,
            committee=caller.sight.committee,
            hidden_from=caller.sight.staff,
        )


@router.get("/statistics/figures/{figure}/files", summary="指标对应的卷宗", responses=problems(403))
def read_files_behind(
    *,
    figure: Annotated[str, Path(max_length=64, examples=["acceptance"])],
    parts: PartsOf,
    caller: ReaderOf,
    side: Side = "numerator",
    dimension: Dimension | None = None,
    part: Annotated[str | None, Query(max_length=64, description="A row of that dimension's table.")] = None,
    first: First = None,
    last: Last = None,
    as_of: AsOf = None,
    cursor: After = None,
    limit: Limit = 50,
) -> FilesBehind:
    """The files (or rounds) that a figure's numerator or denominator counted: in all, or in one row of a table."""
    found = files_of(
        parts,
        caller,
        figure,
        side,
        dimension=dimension,
        part=part,
        first=first,
        last=last,
        as_of=as_of,
        cursor=cursor,
        limit=limit,
    )
    return FilesBehind(files=list(found.files), next_cursor=found.cursor)


@router.get("/statistics/{dimension}", summary="统计", responses=problems(403), response_model=StatisticsAnswer)
def read_statistics(
    *,
    dimension: Dimension,
    response: Response,
    parts: PartsOf,
    caller: ReaderOf,
    first: First = None,
    last: Last = None,
    by: By | None = None,
    compare: Compare | None = None,
    as_of: AsOf = None,
) -> Response:
    """Every figure by the parts of a dimension from day to day (Asia/Shanghai), cut into periods where `by` says so.

    `compare` sets each period against the one before (`previous` 环比) or the same a year ago (`year_before` 同比), as
    both stand on the day `as_of`. The rows of a table share one denominator: what belongs to no part is one of its own
    (`-`). Files protected by L1 30 are counted for the supervision committee only.
    """
    answer = statistics_of(parts, caller, dimension, first=first, last=last, by=by, compare=compare, as_of=as_of)
    # What is made here is as the model says: checking it again costs more than making it.
    plain = answer.__pydantic_serializer__.to_json(answer)
    return Response(plain, 200, dict(response.headers), "application/json")
