"""Statistics by channel: each figure with numerator and denominator, and the files behind it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from domain.errors import Invalid
from domain.kernel import day_of
from domain.vocabulary import Channel
from projections.figures import FIGURES, Figure, Text
from projections.ledger import Ledger
from projections.periods import COMPARED, By, Compare
from projections.statistics import Statistics
from projections.statistics_queries import Part, ReplyTime, channels, cut, files_behind, reply_time
from service.api.answers import ChannelStatistics, FigureText, FilesBehind, TitleText
from service.api.problems import problems
from service.api.signed_in import API, TOKEN, After, Limit, PartsOf, ReaderOf, SignedIn, reached
from service.api.spans import Day, check_order
from service.parts import Parts

router = APIRouter(
    prefix=API,
    route_class=SignedIn,
    dependencies=[TOKEN, reached(Statistics.name, Ledger.name)],
    tags=["统计 statistics"],
)

First = Annotated[Day | None, Query(alias="from", description="First day; by default the first of this year.")]
Last = Annotated[Day | None, Query(alias="to", description="Last day; by default today.")]
AsOf = Annotated[Day | None, Query(description="What was due and overdue on this day; by default today.")]


@router.get("/statistics/channels", summary="六途径统计", responses=problems(403))
def read_channels(
    *,
    parts: PartsOf,
    caller: ReaderOf,
    first: First = None,
    last: Last = None,
    by: By | None = None,
    compare: Compare | None = None,
    as_of: AsOf = None,
) -> ChannelStatistics:
    """Every figure by channel from day to day (Asia/Shanghai), cut into periods where `by` says so.

    `compare` sets each period against the one before (`previous` 环比) or the same a year ago (`year_before` 同比), as
    both stand on the day `as_of`. Files protected by L1 30 are counted for the supervision committee only.
    """
    since, until, known = _span(parts, first, last, as_of)
    asked = cut(since, until, by)
    against = [COMPARED[compare](period) for period in asked] if compare else []
    with parts.reading() as connection:
        tables = channels(
            connection,
            [*asked, *against],
            known,
            committee=caller.sight.committee,
            hidden_from=caller.sight.staff,
        )
    return ChannelStatistics(
        first=since,
        last=until,
        by=by,
        as_of=known,
        protected=caller.sight.committee,
        compare=compare,
        periods=tables[: len(asked)],
        compared=tables[len(asked) :],
        figures=list(map(_explained, FIGURES.values())),
    )


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
    part: Part = "numerator",
    channel: Channel | None = None,
    first: First = None,
    last: Last = None,
    as_of: AsOf = None,
    cursor: After = None,
    limit: Limit = 50,
) -> FilesBehind:
    """The files (or rounds) that a figure's numerator or denominator counted."""
    since, until, known = _span(parts, first, last, as_of)
    with parts.reading() as connection:
        found = files_behind(
            connection,
            _figure(figure),
            part,
            channel=channel,
            first=since,
            last=until,
            as_of=known,
            sight=caller.sight,
            cursor=cursor,
            limit=limit,
        )
    return FilesBehind(files=list(found.files), next_cursor=found.cursor)


def _span(parts: Parts, first: date | None, last: date | None, as_of: date | None) -> tuple[date, date, date]:
    """The days asked for, with what stands for those not named."""
    today = day_of(parts.now())
    until = last or today
    since = first or until.replace(month=1, day=1)
    check_order(since, until)
    return since, until, as_of or today


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
