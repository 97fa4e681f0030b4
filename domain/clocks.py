"""Working days, limits, and due dates that hold what made them so. Pure: dates in, dates out.

A calendar day is a 日, a working day a 工作日 (Mon-Fri without the State Council's days off, plus the make-up days it
publishes late in the year before). Over a year without such a notice every due date is provisional (暂定).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Self

import holidays
from holidays.version import __version__ as package_version
from pydantic import AwareDatetime, Field, model_validator

from domain.kernel import Value, day_of
from domain.vocabulary import Clock, DueShift

KNOWN_YEARS = range(2004, 2027)
"""Years whose make-up days the `holidays` package has. It answers for later years too, but without make-up days."""

ONE_DAY = timedelta(days=1)
SATURDAY = 5
MOST_ENDS = 4096
"""Ends of limits that a calendar remembers."""


class Holiday(Value):
    """A day off that is no ordinary weekend, or one that belongs to a holiday's break."""

    date: date
    name: str = Field(min_length=1)


class CalendarYear(Value):
    """One year's holiday notice (国务院办公厅放假安排). It may also name days of the December before."""

    holidays: tuple[Holiday, ...] = Field(min_length=1)
    workdays: tuple[date, ...] = ()
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        """A day is either off or worked, and only a weekend's day can be made up for."""
        days = [*(holiday.date for holiday in self.holidays), *self.workdays]
        twice = sorted({day.isoformat() for day in days if days.count(day) > 1})
        if twice:
            raise ValueError(f"日期重复 / a day is named twice: {', '.join(twice)}")
        plain = [day.isoformat() for day in self.workdays if day.weekday() < SATURDAY]
        if plain:
            raise ValueError(f"调休上班日须为周末 / a make-up day lies on a weekend: {', '.join(plain)}")
        return self

    def begins(self, year: int) -> date:
        """The first day of which the notice speaks: the year's own first, or a day that it names in December."""
        return min(date(year, 1, 1), *(holiday.date for holiday in self.holidays), *self.workdays)

    def touches(self, year: int, start: date, due: date) -> bool:
        """Whether the notice says something about days that a limit from `start` to `due` was counted over."""
        return start < date(year, 12, 31) and due >= self.begins(year)

    def strays(self, year: int) -> tuple[date, ...]:
        """Days that belong neither to the year nor to the December before it."""
        days = [*(holiday.date for holiday in self.holidays), *self.workdays]
        return tuple(day for day in days if day.year != year and (day.year, day.month) != (year - 1, 12))


@dataclass(frozen=True, slots=True)
class _Year:
    """Days off with their names, and weekend days that are worked."""

    off: Mapping[date, str]
    worked: frozenset[date]


@cache
def _package_year(year: int) -> _Year:
    """What `holidays` says of one year. Notices of the year after may reach back into its December."""
    known = holidays.country_holidays("CN", years=(year, year + 1), language="zh_CN")
    off = {day: _plain(name) for day, name in known.items() if day.year == year}
    return _Year(off, frozenset(day for day in known.weekend_workdays if day.year == year))


def _plain(name: str) -> str:
    """The holiday's own name; a day off that was exchanged for a worked weekend has none."""
    if "调休" in name:
        return ""
    return name.replace("（补假）", "").replace("（推定）", "").replace("（补假，推定）", "").replace("; ", "、")


class Calendar:
    """Which days are worked, over the known years and those that the rulebook adds or overrides."""

    def __init__(self, published: Mapping[int, CalendarYear] | None = None) -> None:
        """Take the rulebook's calendars, by year; each replaces the package's year whole."""
        self._published = dict(published or {})
        self._years: dict[int, _Year] = {}
        self._worked: dict[int, tuple[int, ...]] = {}
        self._ends: dict[tuple[date, int, bool, DueShift], tuple[date, bool]] = {}
        own = "".join(f"；{year}：{notice.source}" for year, notice in sorted(self._published.items()))
        self.edition = f"holidays {package_version}（{KNOWN_YEARS[0]}–{KNOWN_YEARS[-1]}）{own}"

    def is_published(self, year: int) -> bool:
        """Whether the year's days off and make-up days are known."""
        return year in KNOWN_YEARS or year in self._published

    def end(self, first: date, days: int, working: bool, shift: DueShift) -> tuple[date, bool]:
        """The last day of a limit that is counted from `first`, and whether it reaches into an unpublished year.

        A day's petitions ask for the same few; they are worked out once.
        """
        known = self._ends.get((first, days, working, shift))
        if known is None:
            due = after_working_days(first, days, self) if working else _shifted(first + days * ONE_DAY, self, shift)
            years = range((first + ONE_DAY).year, due.year + 1)
            if len(self._ends) >= MOST_ENDS:
                self._ends.clear()
            known = self._ends[first, days, working, shift] = due, not all(map(self.is_published, years))
        return known

    def is_working_day(self, day: date) -> bool:
        """Whether people work that day. In an unpublished year: the law's holidays and weekends only."""
        year = self._year(day.year)
        return day in year.worked or (day.weekday() < SATURDAY and day not in year.off)

    def worked_until(self, day: date) -> int:
        """How many working days its year has up to and including this day."""
        if day.year not in self._worked:
            days = days_after(date(day.year - 1, 12, 31), date(day.year, 12, 31))
            self._worked[day.year] = tuple(accumulate(map(self.is_working_day, days)))
        return self._worked[day.year][day.timetuple().tm_yday - 1]

    def is_make_up_day(self, day: date) -> bool:
        """Whether it is a weekend day that is worked (调休上班)."""
        return day in self._year(day.year).worked

    def name(self, day: date) -> str:
        """The holiday to whose break the day belongs, exchanged days and weekends in it included; otherwise ""."""
        if self.is_working_day(day):
            return ""
        return self._nearest_name(day, -ONE_DAY) or self._nearest_name(day, ONE_DAY)

    def _nearest_name(self, day: date, step: timedelta) -> str:
        """The first name found from this day off to the end of its break, in one direction."""
        while not self.is_working_day(day):
            if own := self._year(day.year).off.get(day):
                return own
            day += step
        return ""

    def _year(self, year: int) -> _Year:
        """One year, with the corrections that the next year's notice made to its December."""
        if year not in self._years:
            notice, after = self._published.get(year), self._published.get(year + 1)
            merged = _published_year(notice, year) if notice else _package_year(year)
            if after:
                december = _published_year(after, year)
                off = {day: name for day, name in merged.off.items() if day not in december.worked}
                worked = (merged.worked - set(december.off)) | december.worked
                merged = _Year({**off, **december.off}, frozenset(worked))
            self._years[year] = merged
        return self._years[year]


def _published_year(notice: CalendarYear, year: int) -> _Year:
    """The part of a notice that concerns one year."""
    off = {holiday.date: holiday.name for holiday in notice.holidays if holiday.date.year == year}
    return _Year(off, frozenset(day for day in notice.workdays if day.year == year))


class Limit(Value):
    """How long a step may take: `days` calendar days or, if `working`, working days; `rule` cites its source."""

    days: int = Field(ge=1, le=3660)
    working: bool
    rule: str = Field(min_length=1)


class DueDate(Value):
    """When a clock runs out, with everything that made it so: kept in events, shown on screens.

    `days` is what was counted from `start` (not itself counted); `calendar` the edition it was counted over;
    `provisional` that it reaches into a year whose calendar was not yet published. `of` is the unit or the supervision
    order that the clock runs for, where it does not run for the whole file.
    """

    clock: Clock
    start: date
    days: int
    working: bool
    due: date
    rule: str
    calendar: str
    rulebook_version: int
    provisional: bool
    started_at: AwareDatetime | None = None
    of: str | None = None

    @property
    def key(self) -> str:
        """What tells running clocks of one file apart: the clock, and whom it runs for."""
        return f"{self.clock}:{self.of}" if self.of else self.clock.value


def count(
    start: date | datetime,
    limit: Limit,
    calendar: Calendar,
    *,
    clock: Clock,
    rulebook_version: int,
    shift: DueShift = DueShift.REST_DAY,
) -> DueDate:
    """Count a limit from an instant or a day; the start day is not counted (《民法典》 201).

    `shift` says whether a limit in calendar days that ends on a day off moves to the next working day (203).
    """
    first = day_of(start) if isinstance(start, datetime) else start
    due, provisional = calendar.end(first, limit.days, limit.working, shift)
    return DueDate(
        clock=clock,
        start=first,
        days=limit.days,
        working=limit.working,
        due=due,
        rule=limit.rule,
        calendar=calendar.edition,
        rulebook_version=rulebook_version,
        provisional=provisional,
        started_at=start.astimezone(UTC) if isinstance(start, datetime) else None,
    )


def recount(
    due: DueDate, calendar: Calendar, *, rulebook_version: int, shift: DueShift = DueShift.REST_DAY, more: int = 0
) -> DueDate:
    """Count a due date again over another calendar, from the same start: no clock is ever reset.

    `more` days of the same sort are added, for an extension (L1 34) or a time that does not count (L1 35, 36).
    """
    again = count(
        due.started_at or due.start,
        Limit(days=due.days + more, working=due.working, rule=due.rule),
        calendar,
        clock=due.clock,
        rulebook_version=rulebook_version,
        shift=shift,
    )
    return again.model_copy(update={"of": due.of})


def after_working_days(start: date, days: int, calendar: Calendar) -> date:
    """The day on which the given number of working days has passed."""
    day, left = start, days
    while left:
        day += ONE_DAY
        left -= calendar.is_working_day(day)
    return day


def _shifted(day: date, calendar: Calendar, shift: DueShift) -> date:
    """The last day of a calendar-day limit, moved off a day off where the setting says so."""
    if shift is DueShift.NEVER or (shift is DueShift.HOLIDAY and not calendar.name(day)):
        return day
    while not calendar.is_working_day(day):
        day += ONE_DAY
    return day


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """Working days after `start` up to and including `end`: 0 on the same day, negative if `end` lies before."""
    if end < start:
        return -working_days_between(end, start, calendar)
    whole = sum(calendar.worked_until(date(year, 12, 31)) for year in range(start.year, end.year))
    return whole + calendar.worked_until(end) - calendar.worked_until(start)


def days_after(start: date, end: date) -> Iterator[date]:
    """The days after `start`, up to and including `end`."""
    for offset in range(1, (end - start).days + 1):
        yield start + timedelta(days=offset)
