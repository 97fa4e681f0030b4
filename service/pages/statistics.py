"""统计: figures by channel and other dimensions, against other periods, down to the files behind each of them.

Tables come first; charts stand beside the table that says the same. Whatever is shown comes from the interface's own
answers, so that page and interface cannot differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import zip_longest
from threading import Lock
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from domain.errors import DomainError
from domain.kernel import day_of
from projections.dimensions import Dimension
from projections.figure_files import Side
from projections.figures import FIGURES, Figure
from projections.ledger import Ledger
from projections.ledger_queries import rows_of
from projections.periods import ONE_DAY, By, Compare, Period, after, start_of
from projections.statistics import Statistics
from projections.statistics_queries import PartRow, PeriodTable, Ratio
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, reached
from service.asked.spans import Day
from service.asked.statistics import StatisticsAnswer, files_of, statistics_of
from service.charts import bars, lines, svg
from service.pages.asking import asked_of
from service.pages.entering import StaffPage
from service.pages.screen import language_of, page, words_of
from service.pages.words import mark as _say
from service.parts import Parts

STATISTICS = "/statistics"
SHOWN = (
    "registered", "registered_batches", "registered_persons", "acceptance", "closing", "on_time", "response",
    "solution", "satisfaction", "publication", "duplicate", "reopening", "mean_time",
)  # fmt: skip
"""The figures of the table, as domain terms have them; the others are behind "all figures"."""
COMPARED: Mapping[Compare, str] = {"previous": _say("环比"), "year_before": _say("同比")}
MOST_PLOTTED = 60
"""Periods in one line; more would be a smear."""
REMEMBERED = 256
_DRAWING = Lock()

router = APIRouter(route_class=StaffPage, include_in_schema=False)


class Asked(BaseModel):
    """What the address asks for."""

    model_config = ConfigDict(extra="ignore")

    dimension: Dimension = Dimension.CHANNEL
    first: Day | None = Field(None, alias="from")
    last: Day | None = Field(None, alias="to")
    by: By | None = None
    compare: Compare | None = None
    figure: Literal[tuple(FIGURES)] = "registered"  # type: ignore[valid-type]
    every: bool = False

    def address(self, **changes: Any) -> str:
        """The parameters of an address that asks for this, with changes."""
        kept = self.model_dump(mode="json", by_alias=True, exclude_defaults=True) | changes
        return urlencode({name: value for name, value in kept.items() if value not in (None, False, "")})


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one row: what it says, of what, how it differs, and where its files are."""

    text: str
    of: str
    change: str
    href: str | None
    provisional: bool


@router.get(STATISTICS, dependencies=[reached(Statistics.name, Ledger.name)])
def statistics(request: Request, parts: PartsOf, caller: ReaderOf) -> Response:
    """The table, its charts, and how each figure is computed."""
    asked, faults = asked_of(request, Asked)
    language = language_of(request)
    try:
        answer = _answered(asked, parts, caller)
        trend = _trend(asked, answer, parts, caller)
    except DomainError as error:
        if error.status != 422:
            raise
        faults = [*faults, error.text(language)]
        asked = Asked()
        answer = _answered(asked, parts, caller)
        trend = _trend(asked, answer, parts, caller)
    codes = tuple(FIGURES) if asked.every else SHOWN
    today = day_of(parts.now())
    return page(
        request,
        "statistics.html",
        status=422 if faults else 200,
        asked=asked,
        faults=faults,
        answer=answer,
        rows=list(_rows(asked, answer, codes, language)),
        titles=[(code, FIGURES[code].title[language == "en"], FIGURES[code]) for code in codes],
        figure=FIGURES[asked.figure],
        trend=list(_trend_rows(trend, FIGURES[asked.figure])),
        dimensions=list(Dimension),
        figures=[(code, figure.title[language == "en"]) for code, figure in FIGURES.items()],
        presets=[(words_of(request).gettext(name), asked.address(**_days(period))) for name, period in _presets(today)],
        rules=answer.figures,
        parts_chart=f"{STATISTICS}/parts.svg?{asked.address()}",
        trend_chart=f"{STATISTICS}/trend.svg?{asked.address()}",
        every=asked.address(every=None if asked.every else "true"),
        compared=COMPARED,
    )


@router.get("/statistics/parts.svg")
def parts_chart(request: Request, parts: PartsOf, caller: ReaderOf) -> Response:
    """The chosen figure by the parts of the dimension, as bars."""
    asked, _ = asked_of(request, Asked)
    figure = FIGURES[asked.figure]
    table = _answered(asked, parts, caller).periods[0]
    rows = {row.name: row.figures[figure.code].amount for row in table.rows if row.part is not None}
    chart = bars(list(rows), {"": list(rows.values())}, axis="", percent=figure.is_share)
    return _picture(chart)


@router.get("/statistics/trend.svg")
def trend_chart(request: Request, parts: PartsOf, caller: ReaderOf) -> Response:
    """The chosen figure from period to period, as a line."""
    asked, _ = asked_of(request, Asked)
    figure, words = FIGURES[asked.figure], words_of(request)
    trend = _trend(asked, _answered(asked, parts, caller), parts, caller)
    pairs = _pairs(trend)
    series = {words.gettext("本期"): [now.total.figures[figure.code].amount for now, _ in pairs]}
    if asked.compare:
        series[words.gettext(COMPARED[asked.compare])] = [_before(before, figure) for _, before in pairs]
    return _picture(lines([_named(now.period) for now, _ in pairs], series, axis="", percent=figure.is_share))


@router.get("/statistics/files", dependencies=[reached(Statistics.name, Ledger.name)])
def files(
    *,
    request: Request,
    parts: PartsOf,
    caller: ReaderOf,
    side: Side = "numerator",
    part: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """The files (or rounds) behind one figure of the table."""
    asked, _ = asked_of(request, Asked)
    figure = FIGURES[asked.figure]
    found = files_of(
        parts,
        caller,
        figure.code,
        side,
        dimension=asked.dimension if part else None,
        part=part,
        first=asked.first,
        last=asked.last,
        cursor=cursor,
        limit=50,
    )
    with parts.reading() as connection:
        known = rows_of(connection, {one.number for one in found.files}, caller.sight)
    here = asked.address(side=side, part=part)
    return page(
        request,
        "statistics_files.html",
        figure=figure,
        side=side,
        asked=asked,
        files=[(one, known.get(one.number)) for one in found.files],
        numerator=f"{STATISTICS}/files?{asked.address(part=part)}",
        denominator=f"{STATISTICS}/files?{asked.address(part=part, side='denominator')}",
        back=f"{STATISTICS}?{asked.address()}",
        first=f"{STATISTICS}/files?{here}" if cursor else None,
        following=f"{STATISTICS}/files?{here}&cursor={found.cursor}" if found.cursor else None,
    )


def _answered(asked: Asked, parts: Parts, caller: Caller) -> StatisticsAnswer:
    """The whole span as one period, for the table."""
    return _read(asked, asked.dimension, None, parts, caller)


def _trend(asked: Asked, answer: StatisticsAnswer, parts: Parts, caller: Caller) -> StatisticsAnswer:
    """The same span cut into periods, for the line; without `by`, into what fits the span."""
    days = (answer.last - answer.first).days
    by: By = asked.by or ("day" if days <= 31 else "month" if days <= 5 * 366 else "year")
    return _read(asked, Dimension.CHANNEL, by, parts, caller)


def _read(asked: Asked, dimension: Dimension, by: By | None, parts: Parts, caller: Caller) -> StatisticsAnswer:
    return statistics_of(parts, caller, dimension, first=asked.first, last=asked.last, by=by, compare=asked.compare)


def _rows(
    asked: Asked, answer: StatisticsAnswer, codes: tuple[str, ...], language: str
) -> Iterator[tuple[PartRow, list[Cell]]]:
    """The table's rows, the total last."""
    before = {row.part: row for row in answer.compared[0].rows} if answer.compared else {}
    span = {"from": answer.first.isoformat(), "to": answer.last.isoformat()}
    for row in answer.periods[0].rows:
        then = before.get(row.part)
        yield (
            row,
            [
                _cell(FIGURES[code], row, then.figures[code] if then else None, asked.address(**span, figure=code))
                for code in codes
            ],
        )


def _cell(figure: Figure, row: PartRow, then: Ratio | None, address: str) -> Cell:
    now = row.figures[figure.code]
    behind = f"{STATISTICS}/files?{address}" + (f"&{urlencode({'part': row.part})}" if row.part is not None else "")
    return Cell(
        text=_text(figure, now),
        of=f"{now.numerator}/{now.denominator}" if now.denominator else "",
        change=_change(figure, now, then) if then else "",
        href=behind if now.numerator else None,
        provisional=now.provisional,
    )


def _change(figure: Figure, now: Ratio, then: Ratio) -> str:
    """How a figure differs: a rate in points of a hundred, a mean in days, a count in parts of a hundred."""
    if not (now.amount or then.amount):
        return ""
    moved = now.since(then)
    if moved is None:
        return f"{now.numerator:+}" if now.denominator is None else ""
    if figure.is_share:
        return f"{moved * 100:+.1f}pp"
    return f"{moved:+.1f}" if figure.denominator else f"{moved:+.1%}"


def _text(figure: Figure, ratio: Ratio) -> str:
    if ratio.amount is None:
        return "—"
    if not figure.denominator:
        return f"{ratio.numerator:,}"
    return f"{ratio.amount:.1%}" if figure.is_share else f"{ratio.amount:.1f}"


def _pairs(trend: StatisticsAnswer) -> list[tuple[PeriodTable, PeriodTable | None]]:
    """Each period with what it is set against, the latest ones."""
    return list(zip_longest(trend.periods, trend.compared))[-MOST_PLOTTED:]


def _before(table: PeriodTable | None, figure: Figure) -> float | None:
    return table.total.figures[figure.code].amount if table else None


def _trend_rows(trend: StatisticsAnswer, figure: Figure) -> Iterator[tuple[str, str, str, str]]:
    """The line's table: period, value, what it is set against, the change."""
    for now, before in _pairs(trend):
        ratio = now.total.figures[figure.code]
        then = before.total.figures[figure.code] if before else None
        change = _change(figure, ratio, then) if then else ""
        yield _named(now.period), _text(figure, ratio), _text(figure, then) if then else "", change


def _named(period: Period) -> str:
    """A period in few characters: 2026, 2026Q3, 2026-07, 2026-07-06."""
    match period.by:
        case "year":
            return f"{period.first.year}"
        case "quarter":
            return f"{period.first.year}Q{(period.first.month + 2) // 3}"
        case "month":
            return f"{period.first:%Y-%m}"
        case _:
            return period.first.isoformat()


def _presets(today: date) -> Iterator[tuple[str, Period]]:
    """Spans that are asked for most."""
    month, quarter, year = (start_of(today, by) for by in ("month", "quarter", "year"))
    yield _say("本月"), Period(month, today)
    yield _say("上月"), Period(after(month, "month", -1), month - ONE_DAY)
    yield _say("本季度"), Period(quarter, today)
    yield _say("上季度"), Period(after(quarter, "quarter", -1), quarter - ONE_DAY)
    yield _say("本年"), Period(year, today)
    yield _say("上年"), Period(after(year, "year", -1), year - ONE_DAY)


def _days(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _picture(chart: Mapping[str, Any]) -> Response:
    """A chart as SVG, to stand in a page as a picture."""
    drawn = _drawn(json.dumps(chart, ensure_ascii=False))
    return Response(drawn, media_type="image/svg+xml", headers={"Content-Security-Policy": "sandbox"})


@lru_cache(maxsize=REMEMBERED)
def _drawn(chart: str) -> str:
    """A chart drawn once: many look at the same figures, and the engine draws one picture at a time."""
    with _DRAWING:
        return svg(json.loads(chart))
