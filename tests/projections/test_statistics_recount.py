"""The statistics against an independent recount of the same events: any legal history, any range, any batches."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from domain.clocks import Calendar, working_days_between
from domain.kernel import Recorded
from domain.vocabulary import Channel
from projections.dimensions import UNKNOWN, Dimension, parts_of
from projections.figure_files import Side
from projections.figures import FIGURES
from projections.measures import MEASURES
from projections.statistics_queries import cut, tables
from projections.working_days import working_day_number
from tests.domain.rulebook_sample import SAMPLE
from tests.projections import histories as a
from tests.projections.counting import FIRST, LAST, Connection, behind, channels, fill, stored, total, whole_loop
from tests.projections.recount import Recount


@pytest.fixture
def connection(tables_url: str) -> Iterator[Connection]:
    with psycopg.connect(tables_url, row_factory=dict_row) as opened:
        yield opened
        opened.rollback()


def part_of(dimension: Dimension, said: str) -> str:
    """Where the sample rulebook puts what a file says: asked of the rulebook, not of the parts under test."""
    match dimension:
        case Dimension.CHANNEL | Dimension.NATURE:
            return said
        case Dimension.COMMUNITY:
            return SAMPLE.community_of(said) or UNKNOWN
        case Dimension.GRID:
            return SAMPLE.grid_of(said) or UNKNOWN
        case Dimension.CATEGORY:
            return said[:2] if said[:1] == "0" else UNKNOWN
        case Dimension.UNIT:
            return said or UNKNOWN


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=a.histories(), batch=st.integers(1, 20), as_of=a.days, data=st.data())
def test_any_history_gives_what_a_recount_gives(
    connection: Connection, history: list[Recorded], batch: int, as_of: date, data: st.DataObject
) -> None:
    try:
        fill(connection, history, batch=batch)
        first, last = sorted([data.draw(a.days), data.draw(a.days)])
        for committee in (True, False):
            for dimension in Dimension:
                parts = parts_of(dimension, SAMPLE)
                (table,) = tables(connection, parts, cut(first, last, None), as_of, committee=committee)
                expected = Recount(history, first, last, as_of, committee=committee, cut=parts.cut)
                for row in table.rows:
                    said = [
                        value
                        for value in expected.figures
                        if value is not None and part_of(dimension, value) == row.part
                    ]
                    counted = {
                        code: [sum(expected.figures[value][code][at] for value in said) for at in (0, 1)]
                        for code in FIGURES
                    }
                    told = {code: [one.numerator, one.denominator or 0] for code, one in row.figures.items()}
                    assert told == (counted if row.part else {code: expected.figures[None][code] for code in FIGURES})
    finally:
        connection.rollback()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=a.histories(), batch=st.integers(1, 20), data=st.data())
def test_working_days_are_those_of_the_calendars_published_last(
    connection: Connection, history: list[Recorded], batch: int, data: st.DataObject
) -> None:
    """Whenever a calendar comes, between whichever events of the files, and also when it replaces an earlier one."""
    try:
        mixed, calendars = list(history), {}
        years = data.draw(st.lists(st.sampled_from([2026, 2026, 2027]), min_size=1, max_size=4))
        place = 0
        for version, year in enumerate(years, start=2):
            calendars[year] = data.draw(a.notices(year))
            place = data.draw(st.integers(place, len(mixed)))
            mixed.insert(place, a.published(year, calendars[year], version))
            place += 1
        fill(connection, mixed, batch=batch)
        fill(connection, mixed, "statistics_next", batch=1)
        assert stored(connection, "statistics") == stored(connection, "statistics_next")
        expected = Recount(history, FIRST, LAST, LAST, committee=True, calendar=Calendar(calendars))
        told = total(connection)["mean_time"]
        assert [told.numerator, told.denominator] == expected.figures[None]["mean_time"]
    finally:
        connection.rollback()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=a.histories(), batch=st.integers(1, 20))
def test_rebuilt_equals_live_and_counters_equal_rows(
    connection: Connection, history: list[Recorded], batch: int
) -> None:
    try:
        fill(connection, history, batch=batch)
        fill(connection, history, "statistics_next")
        assert stored(connection, "statistics") == stored(connection, "statistics_next")
        for committee in (True, False):
            expected = Recount(history, FIRST, LAST, LAST, committee=committee)
            for code, one in FIGURES.items():
                sides: list[Side] = ["numerator", "denominator"] if one.denominator else ["numerator"]
                for at, side in enumerate(sides):
                    files = behind(connection, code, side, committee=committee)
                    found = [tuple(filter(None, (file.number, str(file.round), file.unit))) for file in files]
                    assert sorted(found) == sorted(expected.behind[code, at]), (code, side)
    finally:
        connection.rollback()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=a.histories(), by=st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_periods_and_channels_add_up(connection: Connection, history: list[Recorded], by: str) -> None:
    try:
        fill(connection, history)
        tables = channels(connection, cut(FIRST, LAST, by), LAST, committee=True)  # type: ignore[arg-type]
        for code, whole in total(connection).items():
            assert sum(table.total.figures[code].numerator for table in tables) == whole.numerator
            assert sum(table.total.figures[code].denominator or 0 for table in tables) == (whole.denominator or 0)
            for table in tables:
                parts = [row.figures[code] for row in table.rows[:-1]]
                assert sum(part.numerator for part in parts) == table.total.figures[code].numerator
                assert sum(part.denominator or 0 for part in parts) == (table.total.figures[code].denominator or 0)
    finally:
        connection.rollback()


def test_the_order_between_files_changes_nothing(connection: Connection) -> None:
    one, other = whole_loop("HY-1").recorded, whole_loop("HY-2", Channel.HOTLINE).recorded
    fill(connection, one + other)
    fill(connection, other + one, "statistics_next")
    assert stored(connection, "statistics") == stored(connection, "statistics_next")


@given(st.dates(date(2003, 1, 1), date(2030, 1, 1)), st.integers(-400, 400))
def test_working_days_lie_on_one_line(day: date, days: int) -> None:
    other = day + timedelta(days=days)
    assert working_day_number(other) - working_day_number(day) == working_days_between(day, other, Calendar())


def test_figures_name_measures_that_lie_on_the_same_day() -> None:
    used: set[str] = set()
    for one in FIGURES.values():
        parts = (*one.numerator, *one.denominator)
        assert len({(MEASURES[part].table, MEASURES[part].day) for part in parts}) == 1, one.code
        used |= set(parts)
    assert used == set(MEASURES)


def test_every_list_has_an_index(connection: Connection) -> None:
    fill(connection, whole_loop().recorded)
    connection.execute("SET LOCAL enable_seqscan = off")
    for measure in MEASURES.values():
        plan = connection.execute(
            f"EXPLAIN SELECT number FROM statistics.{measure.table} WHERE {measure.when} AND {measure.day}"
            f" BETWEEN '2026-01-01' AND '2026-01-31' ORDER BY {measure.day}, number, round LIMIT 50".encode()
        )
        text = "\n".join(str(row["QUERY PLAN"]) for row in plan)
        assert "Index Cond: ((" in text, (measure.code, text)
