"""Ranges cut into periods, and what a period is set against."""

from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.periods import By, Period, periods, previous, year_before

KINDS = get_args(By)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 900), st.sampled_from(KINDS))
def test_periods_cover_every_day_once(first: date, days: int, by: By) -> None:
    last = first + timedelta(days=days)
    cut = list(periods(first, last, by))
    assert (cut[0].first, cut[-1].last) == (first, last)
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(cut))


def test_a_backward_range_has_no_period() -> None:
    assert list(periods(date(2026, 1, 2), date(2026, 1, 1), None)) == []
    assert list(periods(date(2026, 1, 2), date(2026, 1, 1), "month")) == []


def test_the_edges_are_cut_short() -> None:
    cut = list(periods(date(2026, 1, 15), date(2026, 3, 2), "month"))
    assert [(one.first, one.last) for one in cut] == [
        (date(2026, 1, 15), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 2)),
    ]


@pytest.mark.parametrize(
    ("first", "last", "by", "before", "year_ago"),
    [
        ("2026-03-01", "2026-03-31", "month", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        ("2025-02-01", "2025-02-28", "month", ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29")),
        ("2026-03-01", "2026-03-30", "month", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-30")),
        ("2026-03-01", "2026-03-10", "month", ("2026-02-01", "2026-02-10"), ("2025-03-01", "2025-03-10")),
        ("2026-01-01", "2026-03-31", "quarter", ("2025-10-01", "2025-12-31"), ("2025-01-01", "2025-03-31")),
        ("2026-01-01", "2026-02-28", "two_months", ("2025-11-01", "2025-12-31"), ("2025-01-01", "2025-02-28")),
        ("2026-07-01", "2026-12-31", "half_year", ("2026-01-01", "2026-06-30"), ("2025-07-01", "2025-12-31")),
        ("2026-07-01", "2026-08-03", "half_year", ("2026-01-01", "2026-02-03"), ("2025-07-01", "2025-08-03")),
        ("2026-01-01", "2026-12-31", "year", ("2025-01-01", "2025-12-31"), ("2025-01-01", "2025-12-31")),
        ("2026-09-14", "2026-09-20", "week", ("2026-09-07", "2026-09-13"), ("2025-09-15", "2025-09-21")),
        ("2026-09-18", "2026-09-18", "day", ("2026-09-17", "2026-09-17"), ("2025-09-18", "2025-09-18")),
        ("2026-09-15", "2026-09-20", "week", ("2026-09-09", "2026-09-14"), ("2025-09-16", "2025-09-21")),
        ("2024-02-29", "2024-03-09", None, ("2024-02-19", "2024-02-28"), ("2023-02-28", "2023-03-09")),
    ],
)
def test_what_a_period_is_set_against(
    first: str, last: str, by: By | None, before: tuple[str, str], year_ago: tuple[str, str]
) -> None:
    period = Period(date.fromisoformat(first), date.fromisoformat(last), by)
    assert previous(period) == Period(date.fromisoformat(before[0]), date.fromisoformat(before[1]), by)
    assert year_before(period) == Period(date.fromisoformat(year_ago[0]), date.fromisoformat(year_ago[1]), by)
