"""Projections follow the log exactly once, whoever leads, whatever breaks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from threading import Event, Thread

import psycopg
import pytest
from structlog.testing import capture_logs

from domain.kernel import Recorded
from projections.projection import Poisoned, Projection, Write
from service.advisory import LEADER_LOCK, REBUILD_LOCKS, TICK_LOCK
from service.feed import take
from service.positions import Fenced, Positions, ProjectionState, advancing, states
from service.rebuild import AlreadyRebuilding, Interrupted, rebuild
from service.store import Store
from service.vault import Vault
from tests.service.runner_kit import (
    BREAKING,
    PATIENCE,
    BreaksInAnIndex,
    BreaksInPython,
    BreaksInSql,
    Lines,
    LinesTwo,
    exactly_once,
    note,
    open_files,
    rows,
    running,
    shown,
)
from tests.service.store_kit import MASTER

LINES = Lines()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url, Vault(MASTER)) as opened:
        yield opened


def state_of(url: str, name: str, generation: str = "live") -> ProjectionState | None:
    with psycopg.connect(url) as connection:
        found = [one for one in states(connection) if (one.name, one.generation) == (name, generation)]
    return found[0] if found else None


def until(condition: object) -> bool:
    """Ask a function again and again until it says yes."""
    assert callable(condition)
    gate = Event()
    return any(condition() or gate.wait(0.02) for _ in range(int(PATIENCE / 0.02)))


def end_connections(url: str, application: str) -> int:
    query = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = %s AND datname = current_database()
    """
    return len(rows(url, query, application))


def test_everything_shows_once_and_in_order(database_url: str, store: Store) -> None:
    open_files(store, 30)
    with running(database_url, store, LINES, batch=7):
        note(store, "a", list(range(40)))
        last = open_files(store, 3)
        assert shown(database_url, last, "lines")
    assert exactly_once(database_url)
    assert rows(database_url, "SELECT version FROM lines.heads WHERE stream = 'a'") == [(40,)]


def test_a_restarted_runner_goes_on_where_it_stopped(database_url: str, store: Store) -> None:
    with running(database_url, store, LINES):
        assert shown(database_url, open_files(store, 5), "lines")
    last = open_files(store, 5)
    assert not exactly_once(database_url)
    with running(database_url, store, LINES):
        assert shown(database_url, last, "lines")
    assert exactly_once(database_url)


def test_a_second_runner_takes_over_when_the_first_ends(database_url: str, store: Store) -> None:
    with running(database_url, store, LINES) as first, running(database_url, store, LINES):
        assert shown(database_url, open_files(store, 5), "lines")
        first.stop()
        assert shown(database_url, open_files(store, 5), "lines")
    assert exactly_once(database_url)


def test_only_one_leads(database_url: str, store: Store) -> None:
    holders = """
    SELECT count(*) FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND objid::bigint = %s::bigint & 4294967295
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    with running(database_url, store, LINES), running(database_url, store, LINES):
        assert shown(database_url, open_files(store, 5), "lines")
        assert rows(database_url, holders, LEADER_LOCK) == [(1,)]


def test_lost_connections_cost_no_event(database_url: str, store: Store) -> None:
    with running(database_url, store, LINES, batch=3), capture_logs() as logs:
        assert shown(database_url, open_files(store, 20), "lines")
        for _ in range(3):
            open_files(store, 20)
            assert end_connections(database_url, "huiying runner") >= 1
            assert shown(database_url, open_files(store, 1), "lines")
    assert exactly_once(database_url)
    assert [entry["event"] for entry in logs].count("runner_failed") >= 3


def test_a_runner_that_was_overtaken_writes_nothing(database_url: str, store: Store) -> None:
    open_files(store, 2)
    rebuild(database_url, store, [LINES])
    before = store.last_position()
    open_files(store, 2)
    batch = store.notifications(before, 10, readable=True)
    with psycopg.connect(database_url, autocommit=True) as late, psycopg.connect(database_url) as ahead:
        moved = advancing([LINES], "live", before, before + 1)
        ahead.execute(moved.sql, moved.parameters)
        ahead.commit()
        with pytest.raises(Fenced):
            take(late, [LINES], "live", before, batch)
    assert rows(database_url, "SELECT max(position) FROM lines.lines") == [(before,)]


@pytest.mark.parametrize(
    "broken, code",
    [
        (BreaksInPython(), r"ValueError (runner_kit.py:"),
        (BreaksInSql(), "CheckViolation 23514 no_bad"),
    ],
)
def test_a_poisoned_event_stops_one_projection_and_names_itself(
    database_url: str, store: Store, broken: Projection, code: str
) -> None:
    with running(database_url, store, LINES, broken), capture_logs() as logs:
        good = note(store, "a", [1, 2, 3])
        assert shown(database_url, good, "lines", broken.name)
        last = note(store, "b", [4, BREAKING, 5])
        assert shown(database_url, last, "lines")
        with Positions(database_url) as positions:
            assert not positions.wait_for(last, [broken.name], PATIENCE)
    assert exactly_once(database_url)
    stopped = state_of(database_url, broken.name)
    assert stopped is not None
    assert (stopped.state, stopped.error_topic) == ("stopped", "test.noted")
    assert stopped.error_position is not None
    assert good < stopped.error_position < last
    assert (stopped.error_code or "").startswith(code)
    assert rows(database_url, f"SELECT max(position) FROM {broken.name}.lines") == [(stopped.error_position - 1,)]
    told = [entry for entry in logs if entry["event"] == "projection_stopped"]
    assert [(entry["projection"], entry["position"], entry["topic"]) for entry in told] == [
        (broken.name, stopped.error_position, "test.noted")
    ]
    assert "made-up words" not in repr(logs)


def test_a_stopped_projection_is_tried_again_after_a_restart(database_url: str, store: Store) -> None:
    class Mended(Lines):
        name = BreaksInPython.name

    with running(database_url, store, BreaksInPython()):
        assert shown(database_url, note(store, "a", [1]), BreaksInPython.name)
        last = note(store, "b", [BREAKING, 2])
        assert not shown(database_url, last, BreaksInPython.name)
    with running(database_url, store, Mended()):
        assert until(lambda: rows(database_url, f"SELECT max(position) FROM {Mended.name}.lines") == [(last,)])
    mended = state_of(database_url, Mended.name)
    assert mended is not None
    assert (mended.state, mended.error_code) == ("running", None)


def test_an_event_nobody_can_read_stops_everybody_there(database_url: str, store: Store) -> None:
    with running(database_url, store, LINES):
        assert shown(database_url, note(store, "a", [1, 2]), "lines")
    good = note(store, "b", [3])
    unknown = """
    INSERT INTO stored_events (originator_id, originator_version, topic, state)
    SELECT originator_id, 2, 'test.unheard_of', state FROM stored_events WHERE notification_id = %s
    RETURNING notification_id
    """
    ((bad,),) = rows(database_url, unknown, good)
    last = note(store, "c", [4])
    with running(database_url, store, LINES):
        assert not shown(database_url, last, "lines")
    stopped = state_of(database_url, "lines")
    assert stopped is not None
    assert (stopped.position, stopped.error_position, stopped.error_topic) == (good, bad, "test.unheard_of")


def test_another_version_is_rebuilt_by_itself(database_url: str, store: Store) -> None:
    with running(database_url, store, LINES):
        assert shown(database_url, open_files(store, 10), "lines")
    last = open_files(store, 10)
    with running(database_url, store, LinesTwo(), batch=3):
        assert until(lambda: (state := state_of(database_url, "lines")) is not None and state.version == 2)
        assert shown(database_url, last, "lines")
    assert rows(database_url, "SELECT DISTINCT two FROM lines.lines") == [(2,)]
    assert exactly_once(database_url)
    assert rows(database_url, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^lines'") == [("lines",)]


def test_tables_of_another_version_stand_still_until_they_are_swapped(database_url: str, store: Store) -> None:
    class Wider(LinesTwo):
        """Writes what the tables of the version before have no place for."""

        def writes(self, recorded: Recorded) -> Iterator[Write]:
            for sql, parameters in super().writes(recorded):
                yield sql.replace("said)", "said, two)", 1).replace("(said)s)", "(said)s, 2)"), parameters

    other = BreaksInPython()
    with running(database_url, store, LINES, other):
        assert shown(database_url, open_files(store, 3), "lines", other.name)
    before = state_of(database_url, "lines")
    with psycopg.connect(database_url, autocommit=True) as busy:
        busy.execute("SELECT pg_advisory_lock(%s, hashtext('lines'))", (REBUILD_LOCKS,))
        with running(database_url, store, Wider(), other):
            last = open_files(store, 3)
            assert shown(database_url, last, other.name)
            assert state_of(database_url, "lines") == before
            assert before is not None
            assert (before.version, before.state) == (1, "running")
            assert rows(database_url, "SELECT max(position) FROM lines.lines") == [(before.position,)]
            busy.execute("SELECT pg_advisory_unlock(%s, hashtext('lines'))", (REBUILD_LOCKS,))
            assert shown(database_url, last, "lines")
    assert rows(database_url, "SELECT DISTINCT two FROM lines.lines") == [(2,)]
    assert exactly_once(database_url)


def test_a_tick_that_waits_for_the_first_tables_does_not_hold_them_up(database_url: str, store: Store) -> None:
    with psycopg.connect(database_url, autocommit=True) as ticking:
        ticking.execute("SELECT pg_advisory_lock(%s)", (TICK_LOCK,))
        with running(database_url, store, LINES):
            came = shown(database_url, open_files(store, 1), "lines")
            ticking.execute("SELECT pg_advisory_unlock(%s)", (TICK_LOCK,))
        assert came


def test_who_waits_for_tables_that_stand_still_for_good_is_told(database_url: str, store: Store) -> None:
    class Mended(Lines):
        name = BreaksInPython.name

    class BreaksInTwo(BreaksInPython):
        version = 2

    with running(database_url, store, Mended()):
        before = note(store, "a", [1, BREAKING])
        assert shown(database_url, before, Mended.name)
    with running(database_url, store, BreaksInTwo()), Positions(database_url) as positions:
        last = note(store, "b", [1])
        assert positions.shown(last, [Mended.name]).result(PATIENCE) is False
        assert positions.shown(before, [Mended.name]).result(PATIENCE) is True


def test_a_log_that_was_restored_to_an_earlier_end_is_rebuilt_as_it_is(database_url: str, store: Store) -> None:
    last = open_files(store, 3)
    rebuild(database_url, store, [LINES])
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id = %s", (last,))
    rebuild(database_url, store, [LINES])
    assert exactly_once(database_url)


def test_readers_never_find_less_than_before_while_tables_are_swapped(database_url: str, store: Store) -> None:
    open_files(store, 300)
    rebuild(database_url, store, [LINES])
    ending = Event()
    seen: list[int] = []
    failures: list[str] = []

    def read_on() -> None:
        try:
            with psycopg.connect(database_url, autocommit=True, prepare_threshold=0) as connection:
                while not ending.is_set():
                    seen.extend(count for (count,) in connection.execute("SELECT count(*) FROM lines.lines"))
        except psycopg.Error as error:
            failures.append(type(error).__name__)

    def write_on() -> None:
        while not ending.is_set():
            open_files(store, 3)

    threads = [Thread(target=read_on), Thread(target=read_on), Thread(target=write_on)]
    with running(database_url, store, LINES):
        for thread in threads:
            thread.start()
        for _ in range(5):
            rebuild(database_url, store, [LINES], batch=50)
        ending.set()
        for thread in threads:
            thread.join()
        assert shown(database_url, store.last_position(), "lines")
    assert not failures
    assert min(seen) >= 300
    assert exactly_once(database_url)


def test_one_reader_sees_counts_grow_only(database_url: str, store: Store) -> None:
    rebuild(database_url, store, [LINES])
    seen = []
    with running(database_url, store, LINES), psycopg.connect(database_url, autocommit=True) as connection:
        for stream in "abcd":
            assert shown(database_url, note(store, stream, [1] * 5), "lines")
            seen.append(connection.execute("SELECT count(*) FROM lines.lines").fetchone())
            rebuild(database_url, store, [LINES])
            seen.append(connection.execute("SELECT count(*) FROM lines.lines").fetchone())
    assert all(before <= after for before, after in pairwise(row[0] for row in seen if row))
    assert seen[-1] == (20,)


def test_a_rebuild_tells_how_far_it_is(database_url: str, store: Store) -> None:
    last = note(store, "a", [1] * 10)
    told: list[tuple[int, int]] = []
    rebuild(database_url, store, [LINES], lambda position, of: told.append((position, of)), batch=4)
    assert len(told) == 3
    assert told[-1] == (last, last)


def test_a_rebuild_that_fails_leaves_the_live_tables_alone(database_url: str, store: Store) -> None:
    class Mended(Lines):
        name = BreaksInPython.name

    note(store, "a", [1, BREAKING, 2])
    rebuild(database_url, store, [Mended()])
    with pytest.raises(Exception, match=f"projection {BreaksInPython.name} stopped at position") as refusal:
        rebuild(database_url, store, [BreaksInPython(), LINES])
    assert "made-up words" not in str(refusal.value)
    assert rows(database_url, f"SELECT count(*) FROM {Mended.name}.lines") == [(3,)]
    assert exactly_once(database_url)
    failed = state_of(database_url, Mended.name, "next")
    assert failed is not None
    assert failed.state == "stopped"


def test_an_event_that_an_index_cannot_take_is_found_although_indexes_come_last(
    database_url: str, store: Store
) -> None:
    bad = note(store, "a", [1, BREAKING])
    note(store, "a", [2], after=2)
    with pytest.raises(Poisoned) as refusal:
        rebuild(database_url, store, [BreaksInAnIndex(), LINES])
    assert (refusal.value.projection, refusal.value.position) == (BreaksInAnIndex.name, bad)
    assert exactly_once(database_url)


def test_who_waits_for_tables_that_could_not_even_be_built_is_told(database_url: str, store: Store) -> None:
    last = note(store, "a", [1, BREAKING])
    with running(database_url, store, LINES, BreaksInPython()):
        assert shown(database_url, last, "lines")
        assert not shown(database_url, last, BreaksInPython.name)


def test_two_rebuilds_of_one_projection_do_not_meet(database_url: str, store: Store) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext('lines'))", (REBUILD_LOCKS,))
        with pytest.raises(AlreadyRebuilding):
            rebuild(database_url, store, [LINES])


def test_an_interrupted_rebuild_changes_nothing(database_url: str, store: Store) -> None:
    open_files(store, 5)
    rebuild(database_url, store, [LINES])
    stopping = Event()
    stopping.set()
    with pytest.raises(Interrupted):
        rebuild(database_url, store, [LinesTwo()], stopping=stopping)
    live = state_of(database_url, "lines")
    assert live is not None
    assert live.version == 1
    rebuild(database_url, store, [LinesTwo()])
    assert exactly_once(database_url)


def test_what_was_erased_does_not_come_back_in_a_rebuild(database_url: str, store: Store) -> None:
    open_files(store, 2)
    rebuild(database_url, store, [LINES])
    assert rows(database_url, "SELECT DISTINCT said FROM lines.lines WHERE said IS NOT NULL") == [("楼道灯坏了",)]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM vault_keys WHERE owner = 'file'")
    rebuild(database_url, store, [LINES])
    assert rows(database_url, "SELECT DISTINCT said FROM lines.lines") == [(None,)]


def test_waiting_ends_without_an_answer_when_nobody_feeds(database_url: str, store: Store) -> None:
    rebuild(database_url, store, [LINES])
    last = open_files(store, 1)
    with Positions(database_url) as positions:
        assert not positions.wait_for(last, ["lines"], 0.05)
        assert not positions.wait_for(0, ["nobody_knows_it"], 0.05)
        assert positions.wait_for(0, ["lines"], PATIENCE)
        waiting = positions.shown(last, ["lines"])
    assert waiting.result(PATIENCE) is False
