"""Statistics by any dimension: each figure with numerator and denominator, and the files behind it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from domain.errors import Invalid, UnknownCode
from domain.kernel import day_of
from domain.vocabulary import Channel
from projections.dimensions import RULES, Dimension, Parts, parts_of
from projections.figure_files import Side, files_behind
from projections.figures import FIGURES, Figure, Text
from projections.ledger import Ledger
from projections.periods import COMPARED, By, Compare
from projections.statistics import Statistics
from projections.statistics_queries import ReplyTime, cut, reply_time, tables
from service.access import Caller
from service.api.answers import FigureText, FilesBehind, StatisticsAnswer, TitleText
from service.api.problems import problems
from service.api.signed_in import API, TOKEN, After, Limit, PartsOf, ReaderOf, SignedIn, reached
from service.api.spans import Day, check_order
from service.parts import Parts as WorkingParts

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
    since, until, known = _span(parts, first, last, as_of)
    with parts.reading() as connection:
        found = files_behind(
            connection,
            _figure(figure),
            side,
            within=_within(parts, dimension, part),
            first=since,
            last=until,
            as_of=known,
            sight=caller.sight,
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


def statistics_of(
    parts: WorkingParts,
    caller: Caller,
    dimension: Dimension,
    *,
    first: date | None,
    last: date | None,
    by: By | None,
    compare: Compare | None,
    as_of: date | None = None,
) -> StatisticsAnswer:
    """The figures for a caller, as the route tells them. Raises `Invalid` for days in the wrong order."""
    since, until, known = _span(parts, first, last, as_of)
    asked = cut(since, until, by)
    against = [COMPARED[compare](period) for period in asked] if compare else []
    with parts.reading() as connection:
        found = tables(
            connection,
            parts_of(dimension, parts.rulebooks.current().content),
            [*asked, *against],
            known,
            committee=caller.sight.committee,
            hidden_from=caller.sight.staff,
        )
    return StatisticsAnswer(
        dimension=dimension,
        rule=RULES[dimension],
        first=since,
        last=until,
        by=by,
        as_of=known,
        protected=caller.sight.committee,
        compare=compare,
        periods=found[: len(asked)],
        compared=found[len(asked) :],
        figures=list(map(_explained, FIGURES.values())),
    )


def _span(parts: WorkingParts, first: date | None, last: date | None, as_of: date | None) -> tuple[date, date, date]:
    """The days asked for, with what stands for those not named."""
    today = day_of(parts.now())
    until = last or today
    since = first or until.replace(month=1, day=1)
    check_order(since, until)
    return since, until, as_of or today


def _within(parts: WorkingParts, dimension: Dimension | None, part: str | None) -> tuple[Parts, str] | None:
    """The row of a table that is asked for; Invalid naming the parameter where there is none such."""
    if (dimension is None) != (part is None):
        missing = "part" if part is None else "dimension"
        raise Invalid(
            (missing,),
            field=missing,
            reason="dimension 与 part 须同时填写",
            reason_en="dimension and part go together",
        )
    if dimension is None or part is None:
        return None
    known = parts_of(dimension, parts.rulebooks.current().content)
    if part not in known.codes:
        raise UnknownCode(("part",), field="part")
    return known, part


def _figure(code: str) -> Figure:
    """The figure; Invalid naming the parameter where there is none such."""
    if code not in FIGURES:
        known = ", ".join(FIGURES)
        raise Invalid(
            ("figure",), field="figure", reason=f"须为以下之一：{known}", reason_en=f"must be one of: {known}"
        )
    return FIGURES[code]


def _explained(figure: Figure) -> FigureText:
    return FigureText(
        code=figure.code,
        title=_text(figure.title),
        counted=figure.counted,
        what=_text(figure.what),
        over=_text(figure.over) if figure.over else None,
        dated=_text(figure.dated),
        excludes=list(map(_text, figure.excludes)),
        version=figure.version,
    )


def _text(text: Text) -> TitleText:
    return TitleText(zh=text.zh, en=text.en)
