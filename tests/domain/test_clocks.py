"""Working days, limits and due dates, against the State Council's notices and by property."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import holidays
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clocks import (
    KNOWN_YEARS,
    Calendar,
    CalendarYear,
    DueDate,
    Holiday,
    Limit,
    count,
    recount,
    working_days_between,
)
from domain.derivation import explain
from domain.vocabulary import Clock, DueShift

CALENDAR = Calendar()
ONE_DAY = timedelta(days=1)
NOTICE_2027 = CalendarYear(
    holidays=(
        Holiday(date=date(2027, 1, 1), name="元旦"),
        Holiday(date=date(2027, 1, 20), name="春节"),
        Holiday(date=date(2027, 1, 21), name="春节"),
    ),
    workdays=(date(2026, 12, 27), date(2027, 1, 9)),
    source="测试放假通知",
)
PUBLISHED = Calendar({2027: NOTICE_2027})
known_days = st.dates(date(KNOWN_YEARS[0], 1, 1), date(KNOWN_YEARS[-1], 12, 31))


def due(start: date | datetime, days: int, *, working: bool, shift: DueShift = DueShift.REST_DAY) -> DueDate:
    limit = Limit(days=days, working=working, rule="L1 23")
    return count(start, limit, CALENDAR, clock=Clock.NOTICE, rulebook_version=1, shift=shift)


@pytest.mark.parametrize(
    ("start", "days", "working", "end", "provisional"),
    [
        (date(2026, 9, 18), 5, True, date(2026, 9, 24), False),
        (date(2026, 9, 24), 5, True, date(2026, 10, 9), False),
        (date(2026, 9, 18), 15, True, date(2026, 10, 15), False),
        (date(2026, 11, 22), 60, False, date(2027, 1, 21), True),
        (date(2026, 12, 30), 1, True, date(2026, 12, 31), False),
        (date(2026, 12, 31), 1, True, date(2027, 1, 4), True),
    ],
)
def test_due_dates(start, days, working, end, provisional):
    found = due(start, days, working=working)
    assert (found.due, found.provisional) == (end, provisional)


@pytest.mark.parametrize(
    ("days", "shift", "end"),
    [
        (15, DueShift.REST_DAY, date(2026, 10, 8)),  # ends on National Day's Saturday
        (15, DueShift.HOLIDAY, date(2026, 10, 8)),
        (15, DueShift.NEVER, date(2026, 10, 3)),
        (1, DueShift.REST_DAY, date(2026, 9, 20)),  # ends on a plain Saturday; the Sunday is worked
        (1, DueShift.HOLIDAY, date(2026, 9, 19)),
        (2, DueShift.REST_DAY, date(2026, 9, 20)),
        (8, DueShift.HOLIDAY, date(2026, 9, 28)),  # the weekend of Mid-Autumn is part of its break
    ],
)
def test_a_calendar_limit_that_ends_on_a_day_off(days, shift, end):
    assert due(date(2026, 9, 18), days, working=False, shift=shift).due == end


def test_the_start_counts_as_the_day_in_shanghai():
    late = datetime(2026, 9, 17, 16, 30, tzinfo=UTC)
    found = due(late, 5, working=True)
    assert (found.start, found.due, found.started_at) == (date(2026, 9, 18), date(2026, 9, 24), late)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValidationError):
        DueDate.model_validate(
            {**due(date(2026, 9, 18), 5, working=True).model_dump(), "started_at": "2026-09-18T09:00"}
        )


def test_a_due_date_survives_storage():
    found = due(datetime(2026, 9, 18, 1, tzinfo=UTC), 5, working=True)
    assert DueDate.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("days", [0, -1, 3661])
def test_a_limit_is_at_least_a_day_and_not_absurd(days):
    with pytest.raises(ValidationError):
        Limit(days=days, working=True, rule="L1 23")


def test_known_years_and_names():
    assert [year for year in range(2000, 2030) if CALENDAR.is_published(year)] == list(KNOWN_YEARS)
    assert CALENDAR.is_make_up_day(date(2026, 9, 20))
    assert not CALENDAR.is_make_up_day(date(2026, 9, 21))
    names = {day: CALENDAR.name(date(2026, 10, day)) for day in range(1, 11)}
    assert names == {**dict.fromkeys(range(1, 8), "国庆节"), 8: "", 9: "", 10: ""}
    assert CALENDAR.name(date(2026, 9, 27)) == "中秋节"
    assert CALENDAR.name(date(2026, 9, 12)) == ""
    assert {CALENDAR.name(date(2025, 10, day)) for day in range(1, 9)} == {"国庆节", "中秋节"}


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        # 国务院办公厅 notices for 2024, 2025 and 2026: some of their days, as printed.
        (["2024-02-10", "2024-02-17", "2024-04-04", "2024-10-07"], ["2024-02-04", "2024-02-18", "2024-09-14"]),
        (["2025-01-28", "2025-02-04", "2025-05-05", "2025-10-08"], ["2025-01-26", "2025-02-08", "2025-10-11"]),
        (
            ["2026-01-02", "2026-02-23", "2026-05-05", "2026-06-19"],
            ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09"],
        ),
        ([], ["2005-12-31"]),
    ],
)
def test_days_as_the_notices_print_them(off, worked):
    assert not [day for day in off if CALENDAR.is_working_day(date.fromisoformat(day))]
    assert not [day for day in worked if not CALENDAR.is_working_day(date.fromisoformat(day))]


def test_another_package_agrees_on_every_known_day():
    other = pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    first, last = date(KNOWN_YEARS[0], 1, 1), date(KNOWN_YEARS[-1], 12, 31)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    apart = [day for day in days if CALENDAR.is_working_day(day) != other.is_workday(day)]
    assert apart == [date(2005, 12, 31)]  # worked, by the notice for 2006


NAMED = date(2005, 12, 31)
"""The one day on which two public packages disagree: worked, by the notice for 2006."""


def stepped(start: date, days: int, worked: Callable[[date], bool]) -> date:
    """Walk from the day after `start` until so many days were worked."""
    day = start
    while days:
        day += ONE_DAY
        days -= worked(day)
    return day


@settings(deadline=None)
@given(known_days, st.integers(1, 60))
def test_limits_end_where_two_public_packages_say(start: date, days: int) -> None:
    """Over 2004 to 2026, in working days and in days that are moved off a day off; apart from the one day named."""
    other = pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    first = holidays.country_holidays("CN", years=range(KNOWN_YEARS[0], KNOWN_YEARS[-1] + 1))

    def by_first(day: date) -> bool:
        return day in first.weekend_workdays or (day.weekday() < 5 and day not in first)

    def by_second(day: date) -> bool:
        return bool(other.is_workday(day)) or day == NAMED

    last = date(KNOWN_YEARS[-1], 12, 31)
    for worked in (by_first, by_second):
        assume(start + timedelta(days=days * 2 + 20) <= last)
        assert due(start, days, working=True).due == stepped(start, days, worked)
        moved = start + timedelta(days=days)
        while not worked(moved):
            moved += ONE_DAY
        assert due(start, days, working=False).due == moved


def test_a_published_calendar_replaces_the_year_and_reaches_back_into_december():
    assert not CALENDAR.is_published(2027)
    assert PUBLISHED.is_published(2027)
    assert PUBLISHED.is_working_day(date(2026, 12, 27))
    assert not CALENDAR.is_working_day(date(2026, 12, 27))
    assert PUBLISHED.is_working_day(date(2027, 1, 9))
    assert PUBLISHED.is_working_day(date(2027, 2, 8))  # the estimate of the package no longer counts
    assert not CALENDAR.is_working_day(date(2027, 2, 8))
    assert "测试放假通知" in PUBLISHED.edition


def test_a_provisional_due_date_is_counted_again_once_the_year_is_published():
    before = due(date(2026, 11, 22), 60, working=False)
    after = recount(before, PUBLISHED, rulebook_version=2)
    assert (after.due, after.provisional) == (date(2027, 1, 22), False)
    assert (after.start, after.days, after.rulebook_version) == (before.start, 60, 2)


def test_more_days_count_from_the_same_start():
    first = due(datetime(2026, 3, 2, tzinfo=UTC), 60, working=False)
    longer = recount(first, CALENDAR, rulebook_version=1, more=30)
    assert (longer.start, longer.started_at, longer.days) == (first.start, first.started_at, 90)
    assert longer.due == date(2026, 6, 1)  # the ninetieth day is Sunday 05-31


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"workdays": (date(2027, 1, 1),)}, "2027-01-01"),
        ({"workdays": (date(2027, 1, 5),)}, "2027-01-05"),
        ({"holidays": ()}, "holidays"),
        ({"source": ""}, "source"),
    ],
)
def test_a_calendar_that_cannot_be(change, told):
    with pytest.raises(ValidationError, match=told):
        CalendarYear.model_validate({**NOTICE_2027.model_dump(), **change})


def test_days_of_other_years_are_found():
    assert NOTICE_2027.strays(2027) == ()
    assert len(NOTICE_2027.strays(2029)) == 5


def test_the_explanation_names_what_was_stepped_over():
    told = explain(due(date(2026, 9, 18), 15, working=True), CALENDAR)
    assert told.startswith(
        "受理告知：收到 2026-09-18 + 15 个工作日，中秋节、国庆节放假，09-20、10-10 调休上班，= 2026-10-15。依据：L1 23"
    )
    assert CALENDAR.edition in told
    assert "暂定" not in told


def test_the_explanation_of_a_moved_and_of_a_provisional_date():
    moved = explain(due(date(2026, 9, 18), 15, working=False), CALENDAR)
    assert "15 日，末日 2026-10-03 逢国庆节顺延，= 2026-10-08" in moved
    provisional = explain(due(date(2026, 11, 22), 60, working=False), CALENDAR)
    assert "60 日 = 2027-01-21" in provisional
    assert "暂定" in provisional


@given(known_days, st.integers(1, 40))
def test_counting_and_measuring_agree(start, days):
    found = due(start, days, working=True)
    assert CALENDAR.is_working_day(found.due)
    assert working_days_between(start, found.due, CALENDAR) == days
    assert working_days_between(start, found.due - ONE_DAY, CALENDAR) == days - 1


@given(known_days, st.integers(1, 39), st.booleans())
def test_a_longer_limit_never_ends_earlier(start, days, working):
    assert due(start, days, working=working).due <= due(start, days + 1, working=working).due


@given(known_days, st.integers(1, 120))
def test_a_calendar_limit_ends_on_a_working_day_and_skips_only_days_off(start, days):
    found, plain = due(start, days, working=False).due, start + timedelta(days=days)
    assert CALENDAR.is_working_day(found)
    assert found >= plain
    assert not any(CALENDAR.is_working_day(plain + timedelta(days=more)) for more in range((found - plain).days))


@settings(deadline=None)
@given(known_days, known_days, known_days)
def test_stretches_add_up(one, two, three):
    first, second, third = sorted((one, two, three))
    parts = [working_days_between(a, b, CALENDAR) for a, b in pairwise((first, second, third))]
    assert sum(parts) == working_days_between(first, third, CALENDAR) == -working_days_between(third, first, CALENDAR)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 400), st.booleans())
def test_provisional_is_what_reaches_into_an_unpublished_year(start, days, working):
    found = due(start, days, working=working)
    assert found.provisional == (found.due.year not in KNOWN_YEARS)
