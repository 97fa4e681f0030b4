"""The tick: on its day, in its order, once; caught up after a stop; nothing that a person has to decide."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from domain.petition.events import receiving as r
from domain.petition.events import supervising as s
from domain.petition.handling import AssignPetition, ContactResident, SignFor
from domain.petition.receiving import AcceptPetition
from domain.petition.receiving_file import LinkDuplicate
from domain.petition.supervising_overdue import RemindOfClock
from domain.vocabulary import Delivery, OrderLevel
from projections.clocks_queries import stale, waiting
from service.administration import adopt_rulebook, publish_calendar
from service.advisory import TICK_LOCK
from service.rulebooks import Rulebooks
from service.tick import settle, tick
from tests.domain.test_clocks import NOTICE_2027
from tests.service.time_kit import TimedOffice, at, timed_office

PROVISIONAL = "SELECT count(*) FROM clocks.running WHERE provisional"
DAY = "2026-09-18T09:00"
"""A Friday. Sunday the 20th is worked; off are the 25th to the 27th (Mid-Autumn) and 10-01 to 10-07 (National Day)."""


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[TimedOffice]:
    with timed_office(database_url, tmp_path, DAY) as made:
        yield made


def in_work(office: TimedOffice) -> str:
    """Accepted, assigned and signed for: the handling clock ends on 2026-09-24."""
    number = office.receive()
    office.take("intake", number, AcceptPetition(notice_waived_because="匿名"))
    office.take("intake", number, AssignPetition(lead="ZF"))
    office.take("handler", number, SignFor())
    office.take("handler", number, ContactResident(reached=True))
    return number


def test_reminder_and_order_come_on_their_days_and_once(office: TimedOffice) -> None:
    """Due on Thursday 09-24; the next working day is Monday the 28th; five more end on 10-10, a worked Saturday."""
    number = in_work(office)
    for quiet in ("2026-09-24T23:50", "2026-09-25T08:00", "2026-09-27T23:50"):
        assert office.tick(quiet).taken == 0
    assert office.tick("2026-09-28T00:10").reminded == 1
    assert office.tick().taken == 0, "the same instant again"
    for quiet in ("2026-09-28T12:00", "2026-10-09T23:50"):
        assert office.tick(quiet).taken == 0
    assert office.tick("2026-10-10T00:10").ordered == 1
    assert office.tick("2026-10-10T00:20").taken == 0
    assert office.by_system(number) == [
        ("reminder_sent", "handle", at("2026-09-28T00:10")),
        ("supervision_ordered", "handle", at("2026-10-10T00:10")),
    ]
    assert office.petition(number).orders["o1"].level is OrderLevel.ROUTINE


def test_after_a_stop_the_next_tick_does_what_the_missed_days_would_have_done(office: TimedOffice) -> None:
    """Two files, a week apart; the first tick in weeks does everything in the order of the days it belonged to."""
    first = in_work(office)
    second = in_work(office.turn("2026-09-28T09:00"))
    done = office.tick("2026-10-12T08:00")
    assert (done.reminded, done.ordered, done.refused) == (2, 1, 0)
    files = {number: [about[:2] for about in office.by_system(number)] for number in (first, second)}
    reminder, order = ("reminder_sent", "handle"), ("supervision_ordered", "handle")
    assert files == {first: [reminder, order], second: [reminder]}
    log = office.parts.store.notifications(0, 10_000, readable=False)
    acted = [(one.stream, type(one.fact)) for one in log if one.request_id == "tick" and one.stream in files]
    assert [one for one in acted if one[1] is not r.DueDatesSet] == [
        (first, s.ReminderSent),
        (first, s.SupervisionOrdered),
        (second, s.ReminderSent),
    ]
    assert office.tick("2026-10-12T08:10").taken == 0


def test_what_nobody_did_about_a_petition(office: TimedOffice) -> None:
    """Signing and the first contact run out too: the unit that was given the file is reminded of both."""
    number = office.receive(petitioners=[{"name": "林小满", "phone": "13900001111"}])
    assert office.tick("2026-09-21T08:00").reminded == 1, "the contact was due on Sunday the 20th, a worked day"
    assert office.petition(number).reminders["r1"].role == "intake"
    office.take("intake", number, AcceptPetition(notice=Delivery.SMS))
    office.take("intake", number, AssignPetition(lead="ZF"))
    assert office.tick("2026-09-22T23:00").taken == 0
    assert office.tick("2026-09-23T08:00").reminded == 1
    assert office.by_system(number)[1][1] == "sign:ZF"
    assert office.petition(number).reminders["r2"].unit == "ZF"


def test_a_linked_duplicate_is_left_alone_until_the_link_is_undone(office: TimedOffice) -> None:
    number, principal = in_work(office), in_work(office)
    office.take("intake", number, LinkDuplicate(principal=principal, reason="同一路灯"))
    assert office.tick("2026-10-12T08:00").refused == 0
    assert office.by_system(number) == []
    assert len(office.by_system(principal)) == 2


def test_only_one_tick_at_a_time_and_two_at_once_do_everything_once(office: TimedOffice) -> None:
    number = in_work(office)
    office.turn("2026-09-28T08:00")
    with psycopg.connect(office.parts.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (TICK_LOCK,))
        assert tick(office.parts) is None
    threads = [threading.Thread(target=tick, args=(office.parts,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.by_system(number)) == 1


def test_a_proposal_that_the_file_refuses_harms_nothing(office: TimedOffice) -> None:
    """The table still shows a clock that was stopped since: the step is refused, the others are taken."""
    number = in_work(office)
    assert office.tick().taken == 0, "and the table has caught up"
    office.turn("2026-09-28T08:00")
    with office.parts.pool.connection() as connection:
        connection.execute(
            "INSERT INTO clocks.running (number, key, clock, start, due, version, provisional, counted, duty, ordered,"
            " announced) SELECT number, 'contact', 'contact', start, due, version, false, true, true, true, false"
            " FROM clocks.running WHERE key = 'handle'"
        )
    done = office.tick()
    assert (done.reminded, done.refused) == (1, 1)
    assert [about for _, about, _ in office.by_system(number)] == ["handle"]


def test_the_same_step_again_is_answered_and_not_repeated(office: TimedOffice) -> None:
    number = in_work(office)
    office.turn("2026-09-28T08:00")
    command = RemindOfClock(clock="handle", due=date(2026, 9, 24))
    taken = [
        office.parts.desk.take(office.parts.access.system(), number, command, request_id="r", key="once")
        for _ in range(2)
    ]
    assert [one.replayed for one in taken] == [False, True]
    assert taken[0].version == taken[1].version


# Calendars


def test_a_published_calendar_settles_what_was_provisional(office: TimedOffice) -> None:
    office.turn("2026-11-22T10:00")
    letter = {"channel": "letter_visit", "petitioners": [{"name": "林小满", "phone": "13900001111"}]}
    moved, same = office.receive(**letter), office.receive(**letter)
    office.take("intake", moved, AcceptPetition(notice=Delivery.SMS))
    office.turn("2026-11-23T10:00")
    office.take("intake", same, AcceptPetition(notice=Delivery.SMS))
    before = [office.petition(number).due["handle"] for number in (moved, same)]
    assert [(one.due, one.provisional) for one in before] == [(date(2027, 1, 21), True), (date(2027, 1, 22), True)]
    assert office.tick().taken == 0
    with office.parts.reading() as connection:
        assert connection.execute(PROVISIONAL).fetchone() == {"count": 2}

    version = publish_calendar(office.parts, 2027, NOTICE_2027)
    done = settle(office.parts)
    assert (done.recomputed, done.refused) == (2, 0)
    assert settle(office.parts).recomputed == 0
    after = [office.petition(number).due["handle"] for number in (moved, same)]
    assert [(one.due, one.provisional) for one in after] == [(date(2027, 1, 22), False), (date(2027, 1, 22), False)]
    assert {one.rulebook_version for one in after} == {version}
    assert [one.start for one in after] == [one.start for one in before]
    with office.parts.reading() as connection:
        assert connection.execute(PROVISIONAL).fetchone() == {"count": 0}
        assert stale(connection) == []


def test_every_table_takes_the_recomputed_dates(office: TimedOffice) -> None:
    """Ledger, work list, running clocks and figures hold the same day as the file."""
    office.turn("2026-12-30T10:00")
    number = office.receive()
    office.take("intake", number, AcceptPetition(notice_waived_because="匿名"))
    publish_calendar(office.parts, 2027, NOTICE_2027)
    assert office.tick().recomputed == 1
    day = office.petition(number).due["handle"].due
    queries = {
        "SELECT due, due_provisional FROM ledger.rows WHERE number = %s": (day, False),
        "SELECT due, task = 'assign' FROM worklist.tasks WHERE number = %s AND due IS NOT NULL AND task = 'assign'": (
            day,
            True,
        ),
        "SELECT due, provisional FROM clocks.running WHERE key = 'handle' AND number = %s": (day, False),
        "SELECT due_on, voided FROM statistics.rounds WHERE number = %s": (day, False),
    }
    position = office.parts.store.last_position()
    assert office.parts.positions.wait_for(position, ["ledger", "worklist", "clocks", "statistics"], 30)
    with office.parts.pool.connection() as connection:
        for query, expected in queries.items():
            assert connection.execute(query.encode(), (number,)).fetchone() == expected, query


def test_a_due_date_set_under_an_older_rulebook_after_the_calendar_came_is_found(
    office: TimedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may still decide by the version before: its clocks are stale from the beginning."""
    monkeypatch.setattr("service.rulebooks.FRESH_SECONDS", 600.0)
    office.turn("2026-12-30T10:00")
    number = office.receive()
    elsewhere = replace(office.parts, rulebooks=Rulebooks(office.parts.store))
    publish_calendar(elsewhere, 2027, NOTICE_2027)
    assert office.parts.rulebooks.current().version == 1, "still at hand"
    office.take("intake", number, AcceptPetition(notice_waived_because="匿名"))
    assert office.petition(number).due["handle"].provisional
    assert office.tick().recomputed == 1
    assert not office.petition(number).due["handle"].provisional


def test_a_calendar_in_an_adopted_rulebook_counts_too_and_only_once(office: TimedOffice) -> None:
    office.turn("2026-12-30T10:00")
    number = office.receive()
    office.take("intake", number, AcceptPetition(notice_waived_because="匿名"))
    content = office.parts.rulebooks.current().content.with_calendar(2027, NOTICE_2027)
    adopt_rulebook(office.parts, content, "含 2027 年放假安排")
    assert settle(office.parts).recomputed == 1
    adopt_rulebook(office.parts, content.model_copy(update={"follow_up_attempts": 4}), "回访次数")
    assert settle(office.parts).taken == 0


def test_what_the_tick_looks_for_is_found_by_index(office: TimedOffice) -> None:
    with office.parts.reading() as connection:
        assert list(waiting(connection, date(2026, 9, 18))) == []
        connection.execute("SET LOCAL enable_seqscan = off")
        for query, index in (
            ("SELECT number FROM clocks.running WHERE waiting AND due <= now() ORDER BY due, number, key", "waiting"),
            ("SELECT number FROM clocks.running WHERE stale IS NOT NULL ORDER BY stale, number", "stale"),
            ("SELECT number FROM clocks.files WHERE open AND failed >= 3 ORDER BY failed, number", "failed"),
        ):
            plan = "\n".join(str(row["QUERY PLAN"]) for row in connection.execute(f"EXPLAIN {query}".encode()))
            assert index in plan
        connection.rollback()
