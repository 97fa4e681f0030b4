"""Many writers, several processes, lost connections: nothing lost, nothing twice, no number missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from threading import Event as Flag
from typing import Any

import psycopg
import pytest

from domain.errors import Busy, Stale
from domain.kernel import Recorded
from service.advisory import LOG_LOCK
from service.append import Append, Appended
from service.batch import Batch
from service.store import Store
from service.vault import Vault
from tests.service.store_kit import (
    MASTER,
    WAIT,
    Noted,
    Opened,
    intake,
    one_batch,
    receipt,
    step,
    write_many,
    write_the_same,
)


@pytest.fixture(params=[False, True], ids=["alone", "shared"])
def store(request: pytest.FixtureRequest, database_url: str) -> Iterator[Store]:
    with Store(database_url, Vault(MASTER), shared=request.param) as opened:
        yield opened


@pytest.fixture
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def position_in(log: list[Recorded]) -> int:
    """How far a log was read."""
    return log[-1].position if log else 0


def everything(store: Store) -> list[Recorded]:
    """The whole log, read as a follower reads it."""
    log: list[Recorded] = []
    while page := store.notifications(position_in(log), 500, readable=True):
        log += page
    return log


def cut_connections(url: str, name: str) -> None:
    """End connections of that application name from the server's side."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            (name,),
        )


def test_numbers_have_no_gap_and_a_follower_misses_nothing(
    store: Store, database_url: str, processes: ProcessPoolExecutor
):
    jobs = [processes.submit(write_many, database_url, process, 16, 60) for process in range(2)]
    log: list[Recorded] = []
    running = True
    while running or store.last_position() > position_in(log):
        running = not all(job.done() for job in jobs)
        log += store.notifications(position_in(log), 100, readable=True)
    numbers = [number for job in jobs for number in job.result()]
    assert sorted(numbers) == [f"HY-2026-{n:06d}" for n in range(1, 2 * 16 * 40 + 1)]
    positions = [recorded.position for recorded in log]
    assert positions == sorted(set(positions))
    assert [recorded.stream for recorded in log if isinstance(recorded.fact, Noted)] == sorted(numbers)
    assert positions == [recorded.position for recorded in everything(store)]


def test_two_processes_that_send_the_same_requests_make_each_file_once(
    store: Store, database_url: str, processes: ProcessPoolExecutor
):
    told = [processes.submit(write_the_same, database_url, process, 200) for process in range(2)]
    first, second = (job.result() for job in told)
    assert first == second
    assert len(set(first)) == 200
    files = [recorded for recorded in everything(store) if isinstance(recorded.fact, Noted)]
    assert sorted(recorded.stream for recorded in files) == [f"HY-2026-{n:06d}" for n in range(1, 201)]


def test_writers_of_one_stream_take_turns(store: Store):
    def add(writer: int) -> None:
        for count in range(10):
            while True:
                try:
                    after = len(store.history("s"))
                    store.append(step("s", after, Noted(writer=writer, count=count))).result(WAIT)
                    break
                except Stale:
                    continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    facts = [recorded.fact for recorded in store.history("s")]
    for writer in range(4):
        assert [f.count for f in facts if isinstance(f, Noted) and f.writer == writer] == list(range(10))


def test_a_writer_whose_connection_is_cut_loses_nothing_and_writes_nothing_twice(store: Store, database_url: str):
    done = Flag()

    def add(thread: int) -> list[Appended]:
        answers: list[Appended] = []
        while not done.is_set():
            answers.append(store.append(intake(Noted(writer=thread, count=len(answers)))).result(WAIT))
        return answers

    with ThreadPoolExecutor(8) as pool:
        adders = [pool.submit(add, thread) for thread in range(8)]
        for _ in range(12):
            cut_connections(database_url, "huiying writer")
            done.wait(0.04)
        done.set()
    answers = [adder.result() for adder in adders]
    assert all(answers)
    log = everything(store)
    facts = [recorded for recorded in log if isinstance(recorded.fact, Noted)]
    assert sorted((r.fact.writer, r.fact.count) for r in facts if isinstance(r.fact, Noted)) == [
        (thread, n) for thread in range(8) for n in range(len(answers[thread]))
    ]
    assert {(r.stream, r.position) for r in facts} == {(str(a.number), a.position) for told in answers for a in told}
    assert sorted(r.stream for r in facts) == [f"HY-2026-{n:06d}" for n in range(1, len(facts) + 1)]


@pytest.mark.parametrize("arrived", [True, False], ids=["the commit arrived", "the commit did not arrive"])
@pytest.mark.parametrize(
    "request_",
    [
        intake(Opened(text="一"), receipts=(receipt("k"),)),
        intake(Noted()),
        step("s", 1, Noted(count=1), Noted(count=2)),
    ],
    ids=["intake with a receipt", "intake without one", "step"],
)
@pytest.mark.parametrize("told", [False, True], ids=["nobody said so", "the server said so"])
def test_a_commit_whose_answer_was_lost_is_found_again(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch, *, request_: Append, arrived: bool, told: bool
):
    store.append(step("s", 0)).result(WAIT)
    write: Callable[[Batch, Any], list[int]] = Batch._write
    lost: list[bool] = []

    def losing(batch: Batch, db: Any) -> list[int]:
        if lost:
            return write(batch, db)
        lost.append(True)
        if arrived:
            write(batch, db)
        if told:
            cut_connections(database_url, "huiying writer")
            raise psycopg.errors.AdminShutdown("before the end of the connection is seen")
        db.close()
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(Batch, "_write", losing)
    answer = store.append(request_).result(WAIT)
    assert lost
    assert answer.replayed is None
    (name, version), *_ = answer.versions.items()
    assert answer.number == (None if request_.series is None else name)
    assert answer.position == store.position_of(name, version)
    assert len(store.history(name)) == version == (1 if request_.series else 3)
    monkeypatch.undo()
    assert store.append(intake()).result(WAIT).number == ("HY-2026-000002" if request_.series else "HY-2026-000001")


def test_somebody_elses_event_is_not_taken_for_the_lost_one(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    write: Callable[[Batch, Any], list[int]] = Batch._write
    lost: list[bool] = []

    def losing(batch: Batch, db: Any) -> list[int]:
        if not lost:
            lost.append(True)
            db.close()
            with Store(database_url, Vault(MASTER)) as other:
                other.append(step("s", 0, Noted(count=7))).result(WAIT)
            raise psycopg.OperationalError("gone")
        return write(batch, db)

    monkeypatch.setattr(Batch, "_write", losing)
    with pytest.raises(Stale):
        store.append(step("s", 0, Noted(count=8))).result(WAIT)
    assert [recorded.fact for recorded in store.history("s")] == [Noted(count=7)]


def test_a_client_that_hangs_up_before_its_turn_writes_nothing_and_hurts_nobody(store: Store, database_url: str):
    with one_batch(store, database_url):
        futures = [store.append(step(f"s{n}", 0)) for n in range(6)]
        cancelled = [future.cancel() for future in futures[::2]]
        assert cancelled == [True] * 3
    assert [future.result(WAIT).versions for future in futures[1::2]] == [{f"s{n}": 1} for n in (1, 3, 5)]
    assert [len(store.history(f"s{n}")) for n in range(6)] == [0, 1] * 3


@pytest.mark.parametrize("shared", [False, True])
def test_who_comes_while_another_process_writes_is_written_with_those_who_came_before(
    database_url: str, *, shared: bool
):
    with Store(database_url, Vault(MASTER), shared=shared, batch=4) as store:
        with one_batch(store, database_url):
            futures = [store.append(step(f"s{n}", 0)) for n in range(5)]
        assert [future.result(WAIT).versions for future in futures] == [{f"s{n}": 1} for n in range(5)]
    with psycopg.connect(database_url) as db:
        rows = db.execute("SELECT count(*) FROM stored_events GROUP BY xmin ORDER BY min(notification_id)")
        assert [count for (count,) in rows] == ([4, 2] if shared else [1, 4, 1])


def test_a_connection_that_is_cut_while_it_waits_for_the_lock_loses_nobody(database_url: str):
    with Store(database_url, Vault(MASTER), shared=True) as store:
        store.append(step("s", 0)).result(WAIT)
        with psycopg.connect(database_url) as db:
            db.execute("SELECT pg_advisory_xact_lock(%s)", (LOG_LOCK,))
            first = store.append(step("s", 1))
            while not first.running():
                pass
            second = store.append(step("s", 1))
            cut_connections(database_url, "huiying writer")  # while it waits: nothing was written, all goes again
            db.rollback()
            assert first.result(WAIT).versions == {"s": 2}
        with pytest.raises(Stale):
            second.result(WAIT)


def test_too_many_waiting_are_refused_and_the_others_still_written(database_url: str):
    with Store(database_url, Vault(MASTER), queue=5, batch=2) as store:
        with one_batch(store, database_url):
            accepted = [store.append(step(f"s{n}", 0)) for n in range(5)]
            with pytest.raises(Busy):
                store.append(step("one too many", 0))
            assert store.waiting == 5
        assert [len(future.result(WAIT).versions) for future in accepted] == [1] * 5
        assert store.history("one too many") == []


def test_readers_and_listeners_outlive_a_cut_connection(store: Store, database_url: str):
    store.append(step("s", 0)).result(WAIT)
    with store.listen() as listener:
        assert listener.wait(0)
        cut_connections(database_url, "huiying")
        cut_connections(database_url, "huiying listener")
        assert len(store.history("s")) == len(store.notifications(0, 10, readable=True)) == store.last_position() == 1
        assert listener.wait(WAIT)
        assert listener.wait(WAIT)
        store.append(step("s", 1)).result(WAIT)
        assert listener.wait(WAIT)


def test_a_database_out_of_reach_is_busy_and_works_again_when_it_is_back(database_url: str, postgres_url: str):
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with (
        Store(database_url, Vault(MASTER), patience=0.2) as store,
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        store.append(step("s", 0)).result(WAIT)
        db.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        with pytest.raises(Busy):
            store.append(step("s", 1)).result(WAIT)
        db.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert store.append(step("s", 1)).result(WAIT).versions == {"s": 2}
