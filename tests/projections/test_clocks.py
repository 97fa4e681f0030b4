"""The running clocks: the table holds what the files hold, whatever happened, and what was done about each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from domain.kernel import Recorded
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.petition import Petition
from domain.petition.supervising_overdue import DUTIES, STILL_DUE
from domain.vocabulary import Clock, OrderLevel, Role
from projections.clocks import Clocks
from projections.clocks_queries import failing, stale, waiting
from projections.projection import apply, create
from tests.domain.test_clocks import NOTICE_2027
from tests.projections import histories as a

CLOCKS = Clocks()
NUMBER = "HY-2026-000001"
LATE = date(2099, 1, 1)


@pytest.fixture
def connection(tables_url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(tables_url, row_factory=dict_row) as opened:
        yield opened
        opened.rollback()


def fill(connection: psycopg.Connection[Any], recorded: list[Recorded], batch: int = 1000) -> None:
    create(connection, CLOCKS, "clocks")
    for start in range(0, len(recorded), batch):
        apply(connection, CLOCKS, "clocks", recorded[start : start + batch])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=a.histories(), batch=st.integers(1, 20))
def test_exactly_the_clocks_that_run_on_the_files(
    connection: psycopg.Connection[dict[str, Any]], history: list[Recorded], batch: int
) -> None:
    try:
        fill(connection, history, batch)
        files: dict[str, Petition] = {}
        for one in history:
            files.setdefault(one.stream, Petition(one.stream)).fold([one])
        expected = {
            (number, key, due.due, due.start, due.provisional)
            for number, file in files.items()
            for key, due in file.due.items()
        }
        rows = connection.execute("SELECT number, key, due, start, provisional FROM clocks.running").fetchall()
        assert {tuple(row.values()) for row in rows} == expected
        acts = {
            (number, key)
            for number, file in files.items()
            for key, due in file.due.items()
            if due.clock in DUTIES and (file.duplicate_of is None or due.clock in STILL_DUE)
        }
        assert {(one.number, one.key) for one in waiting(connection, LATE)} == acts
        rounds = {number: file.round - 1 for number, file in files.items() if file.round > 1}
        found = connection.execute("SELECT number, failed FROM clocks.files WHERE failed > 0").fetchall()
        assert {row["number"]: row["failed"] for row in found} == rounds
    finally:
        connection.rollback()


def one_file(*facts: Any) -> a.Histories:
    made = a.Histories().add(NUMBER, a.JANUARY, a.received(), r.PetitionAccepted(), h.Assigned(lead="u1"))
    return made.add(NUMBER, a.JANUARY, *facts)


def told(due: date, *, overdue: bool = True, clock: str = "handle") -> s.ReminderSent:
    role = Role.INTAKE
    return s.ReminderSent(id="r1", unit=None, role=role, reason="催办", clock=clock, due=due, overdue=overdue)


def ordered(due: date, level: OrderLevel = OrderLevel.ROUTINE) -> s.SupervisionOrdered:
    return s.SupervisionOrdered(
        id="o1", unit="u1", level=level, deadline=due, demand="办", clock="handle", due=due, failed_rounds=None
    )


def test_what_was_done_about_a_due_date_waits_no_more(connection: psycopg.Connection[dict[str, Any]]) -> None:
    day = a.JANUARY + timedelta(days=8)
    made = one_file(a.due_set(Clock.HANDLE, day))
    fill(connection, made.recorded)
    (one,) = waiting(connection, LATE)
    assert (one.is_reminded, one.is_ordered, one.ordered, one.announced) == (False, False, True, False)
    assert list(waiting(connection, day - timedelta(days=1))) == []
    fill(connection, made.add(NUMBER, a.JANUARY, told(day)).recorded)
    (one,) = waiting(connection, LATE)
    assert (one.is_reminded, one.is_ordered) == (True, False)
    fill(connection, made.add(NUMBER, a.JANUARY, ordered(day)).recorded)
    assert list(waiting(connection, LATE)) == []
    again = h.ExtensionGranted(digest="d" * 64, days=3, due=a.due(Clock.HANDLE, day + timedelta(days=3)))
    fill(connection, made.add(NUMBER, a.JANUARY, again).recorded)
    (one,) = waiting(connection, LATE)
    assert (one.is_reminded, one.is_ordered) == (False, False), "another date is another matter"


def test_a_persons_own_reminder_is_none_of_a_clock(connection: psycopg.Connection[dict[str, Any]]) -> None:
    day = a.JANUARY + timedelta(days=8)
    own = s.ReminderSent(id="r1", unit="u1", reason="催办")
    fill(connection, one_file(a.due_set(Clock.HANDLE, day), own).recorded)
    (one,) = waiting(connection, LATE)
    assert not one.is_reminded


def test_files_whose_rounds_fail_while_they_are_in_the_loop(connection: psycopg.Connection[dict[str, Any]]) -> None:
    made = one_file(a.REPLIED, a.PUBLISHED, a.followed_up(), c.PetitionReopened(round=4, reason="未解决"))
    fill(connection, made.recorded)
    assert [(one.number, one.failed, one.level) for one in failing(connection, 3)] == [(NUMBER, 3, 0)]
    assert failing(connection, 4) == []
    made.add(NUMBER, a.JANUARY, ordered(a.JANUARY, OrderLevel.LISTED))
    fill(connection, made.recorded)
    assert [one.level for one in failing(connection, 3)] == [1]
    made.add(NUMBER, a.JANUARY, a.WITHDRAWN)
    fill(connection, made.recorded)
    assert failing(connection, 1) == []


def test_a_calendar_touches_what_reaches_into_its_days_and_was_counted_before_it(
    connection: psycopg.Connection[dict[str, Any]],
) -> None:
    """The notice for 2027 speaks of 2026-12-27, and of 2027."""
    made = a.Histories()
    for number, due in enumerate((date(2026, 12, 26), date(2026, 12, 27), date(2027, 1, 5)), start=1):
        one = a.due(Clock.HANDLE, due).model_copy(update={"start": date(2026, 12, 1)})
        made.add(f"HY-{number}", a.JANUARY, a.received(), r.DueDatesSet(due=(one,)))
    later = a.due(Clock.HANDLE, date(2027, 1, 5)).model_copy(update={"rulebook_version": 9})
    made.add("HY-4", a.JANUARY, a.received(), r.DueDatesSet(due=(later,)))
    own = a.due(Clock.ORDER, date(2027, 1, 5)).model_copy(update={"calendar": ""})
    made.add("HY-5", a.JANUARY, a.received(), r.DueDatesSet(due=(own,)))
    for recorded in (
        [*made.recorded, a.published(2027, NOTICE_2027, 9)],
        [a.published(2027, NOTICE_2027, 9), *made.recorded],
    ):
        for batch in (1, 1000):
            fill(connection, recorded, batch)
            found = [(one.number, one.year, one.version) for one in stale(connection)]
            assert found == [("HY-2", 2027, 9), ("HY-3", 2027, 9)]
    again = [a.published(2027, NOTICE_2027, version) for version in (9, 10)]
    fill(connection, [*made.recorded, *again])
    assert {one.version for one in stale(connection)} == {9}, "the same notice again is no news"
