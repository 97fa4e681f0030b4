"""The rulebook's calendars inside a projection: how many working days lie between two days, told by SQL.

The built-in calendar counts in Python, when an event is taken in. What a published calendar changes of that is kept
here as days, and added where it is needed; `calendar_writes` is what an event of the rulebook changes of these days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache

from domain.clocks import KNOWN_YEARS, Calendar, CalendarYear, working_days_between
from domain.kernel import Event
from domain.rulebook import CalendarPublished, RulebookAdopted
from projections.projection import Write

CALENDAR = Calendar()
"""The built-in one. Years it does not know have weekends and the law's holidays."""

DDL = """
CREATE TABLE {schema}.calendars (year integer PRIMARY KEY);
CREATE TABLE {schema}.calendar_days (
    day date NOT NULL,
    notice integer NOT NULL,
    worked boolean NOT NULL,
    usual boolean NOT NULL,
    PRIMARY KEY (day, notice)
);
"""
"""`calendars`: years that the rulebook published. `calendar_days`: what each year's notice says of a day, beside what
the built-in calendar says of it; a later year's notice goes before where both speak of a day in December."""

KNOW_YEAR = "INSERT INTO {schema}.calendars (year) VALUES (%(year)s) ON CONFLICT DO NOTHING"
FORGET_DAYS = "DELETE FROM {schema}.calendar_days WHERE notice = %(year)s"
ADD_DAYS = """
INSERT INTO {schema}.calendar_days (day, notice, worked, usual)
SELECT day, %(year)s, worked, usual FROM unnest(%(days)s::date[], %(worked)s::boolean[], %(usual)s::boolean[])
    AS said (day, worked, usual)
"""
CHANGED_UP_TO = """(SELECT coalesce(sum(said.worked::integer - said.usual::integer), 0)::integer FROM (
    SELECT DISTINCT ON (k.day) k.worked, k.usual FROM {{schema}}.calendar_days k WHERE k.day <= {day}
    ORDER BY k.day, k.notice DESC) said)"""


def changed_between(start: str, end: str) -> str:
    """SQL for how many working days more lie after `start` up to `end` than by the built-in calendar."""
    return f"({CHANGED_UP_TO.format(day=end)} - {CHANGED_UP_TO.format(day=start)})"


@cache
def _working_days_before(year: int) -> int:
    """Working days from the first known year to the end of the year before this one."""
    return working_days_between(date(KNOWN_YEARS[0] - 1, 12, 31), date(year - 1, 12, 31), CALENDAR)


@cache
def working_day_number(day: date) -> int:
    """The day's place on a line on which only working days count; two of them differ by `working_days_between`."""
    return _working_days_before(day.year) + working_days_between(date(day.year - 1, 12, 31), day, CALENDAR)


def calendars_of(fact: Event) -> Mapping[int, CalendarYear]:
    """The years of which an event of the rulebook tells the calendar: all that hold, or the one published."""
    match fact:
        case RulebookAdopted(content=content):
            return content.calendars
        case CalendarPublished(year=year, calendar=notice):
            return {year: notice}
        case _:
            return {}


def calendar_writes(year: int, notice: CalendarYear) -> Iterator[Write]:
    """Put a year's notice in place of what was known of that year."""
    own = Calendar({year: notice})
    named = {*(one.date for one in notice.holidays), *notice.workdays}
    before = sorted(day for day in named if day.year == year - 1)
    within = (
        date(year, 1, 1) + timedelta(days=number) for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    )
    days = [*before, *(day for day in within if own.is_working_day(day) is not CALENDAR.is_working_day(day))]
    yield KNOW_YEAR, {"year": year}
    yield FORGET_DAYS, {"year": year}
    yield (
        ADD_DAYS,
        {
            "year": year,
            "days": days,
            "worked": [own.is_working_day(day) for day in days],
            "usual": [CALENDAR.is_working_day(day) for day in days],
        },
    )


def first_touched(year: int) -> date:
    """The first day of which a year's notice may speak."""
    return date(year - 1, 12, 1)
