"""What is asked of the statistics, and the answer: the same for the interface and for the pages."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from domain.errors import Invalid, UnknownCode
from domain.kernel import day_of
from projections.dimensions import RULES, Dimension, Parts, parts_of
from projections.figure_files import BehindPage, Side, files_behind
from projections.figures import FIGURES, Figure, Text
from projections.periods import COMPARED, By, Compare
from projections.statistics_queries import PeriodTable, cut, tables
from service.access import Caller
from service.asked.spans import check_order
from service.parts import Parts as WorkingParts


class TitleText(BaseModel):
    """What a step is called."""

    zh: str
    en: str


class FigureText(BaseModel):
    """What a figure counts, over what, by which day, and what it leaves out."""

    code: str
    title: TitleText
    counted: str
    what: TitleText
    over: TitleText | None
    dated: TitleText
    excludes: list[TitleText]
    version: int


class StatisticsAnswer(BaseModel):
    """Figures by the parts of a dimension per period; `rule` says which value of a file counts there.

    `protected` says whether files protected by L1 30 are counted (the committee). `compared` holds the periods that
    those of `periods` are set against, in the same order; empty without `compare`.
    """

    dimension: str
    rule: str
    first: date
    last: date
    by: str | None
    as_of: date
    protected: bool
    compare: str | None
    periods: list[PeriodTable]
    compared: list[PeriodTable]
    figures: list[FigureText]


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


def files_of(
    parts: WorkingParts,
    caller: Caller,
    figure: str,
    side: Side,
    *,
    dimension: Dimension | None,
    part: str | None,
    first: date | None,
    last: date | None,
    as_of: date | None = None,
    cursor: str | None,
    limit: int,
) -> BehindPage:
    """The files (or rounds) behind a figure, in all or in one row of a table. Raises `Invalid`, `UnknownCode`."""
    since, until, known = _span(parts, first, last, as_of)
    with parts.reading() as connection:
        return files_behind(
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
