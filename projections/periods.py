"""Periods of the calendar: ranges cut into days to years, the period before (环比), the same a year ago (同比)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

By = Literal["day", "week", "month", "two_months", "quarter", "half_year", "year"]
Compare = Literal["previous", "year_before"]
"""What a period is set against: 环比 or 同比."""

ONE_DAY = timedelta(days=1)
MONTHS: dict[By, int] = {"month": 1, "two_months": 2, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both counted. `by` says of which kind it is; None: just a range."""

    first: date
    last: date
    by: By | None = None


def start_of(day: date, by: By) -> date:
    """The first day of the day, week (Monday) or months in which the day lies; two months begin with an odd one."""
    if by == "day":
        return day
    if by == "week":
        return day - timedelta(days=day.weekday())
    months = MONTHS[by]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def after(start: date, by: By, steps: int = 1) -> date:
    """The first day of the period that many steps after the one that starts on `start`; before, if negative."""
    if by in MONTHS:
        months = start.year * 12 + start.month - 1 + steps * MONTHS[by]
        return date(months // 12, months % 12 + 1, 1)
    return start + steps * timedelta(days=7 if by == "week" else 1)


def periods(first: date, last: date, by: By | None) -> Iterator[Period]:
    """The range cut into periods, in order; the first and the last may be cut short. Empty if `last` lies before."""
    if last < first:
        return
    if by is None:
        yield Period(first, last)
        return
    start = start_of(first, by)
    while start <= last:
        following = after(start, by)
        yield Period(max(start, first), min(following - ONE_DAY, last), by)
        start = following


def previous(period: Period) -> Period:
    """环比: the period before. One that is cut short, as a month still running, is set against as many days of it."""
    by = period.by
    if by is None or period.first != start_of(period.first, by):
        days = (period.last - period.first).days + 1
        return Period(period.first - timedelta(days=days), period.first - ONE_DAY, by)
    return _shifted(period, by, after(period.first, by, -1))


def year_before(period: Period) -> Period:
    """同比: the same period a year ago; a week against the one 52 weeks before, a whole month against a whole one."""
    if period.by == "week":
        return Period(period.first - timedelta(weeks=52), period.last - timedelta(weeks=52), "week")
    if period.by in MONTHS and period.first == start_of(period.first, period.by):
        return _shifted(period, period.by, period.first.replace(year=period.first.year - 1))
    return Period(_year_ago(period.first), _year_ago(period.last), period.by)


COMPARED: dict[Compare, Callable[[Period], Period]] = {"previous": previous, "year_before": year_before}


def _shifted(period: Period, by: By, start: date) -> Period:
    """The period that begins on `start`: whole if this one is, otherwise as far into it as this one goes."""
    end = after(start, by) - ONE_DAY
    if period.last == after(period.first, by) - ONE_DAY:
        return Period(start, end, by)
    return Period(start, min(start + (period.last - period.first), end), by)


def _year_ago(day: date) -> date:
    """The same day of the year before; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
