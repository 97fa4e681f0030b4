"""A rebuild by two processes makes the same tables, whatever becomes of the helper, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Queue
from threading import Event

import psycopg
import pytest
from structlog.testing import capture_logs

from domain.kernel import Recorded
from projections.projection import Poisoned
from service import helper
from service.feed import Log
from service.readying import Hand, Made, Span, Work
from service.rebuild import Interrupted, rebuild
from service.store import Store
from service.vault import Vault
from tests.service.cli_kit import ROOT, alive, descendants, eventually
from tests.service.runner_kit import (
    BREAKING,
    PATIENCE,
    BreaksInPython,
    BreaksInSql,
    Lines,
    exactly_once,
    note,
    open_files,
    rows,
)
from tests.service.store_kit import MASTER

LINES = Lines()
ORPHANED = """
import os, time
from service.helper import helper
from service.readying import Work
from service.store import Store
from service.vault import Vault
from tests.service.runner_kit import Lines
with Store({url!r}, Vault({master!r})) as store:
    helper({url!r}, store, Work((Lines(),), True)).begin(lambda hand: os.write(1, b"joined\\n"))
    time.sleep(600)
"""


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url, Vault(MASTER)) as opened:
        yield opened


def helpers() -> dict[int, str]:
    """The helper processes of this one."""
    return {pid: line for pid, line in descendants(os.getpid()).items() if "service.helper" in line}


class Waiting:
    """A log that this process cannot read behind the first span before the helper has made one."""

    def __init__(self, log: Log, monkeypatch: pytest.MonkeyPatch, then: Callable[[], None] = lambda: None) -> None:
        self.made: list[Span] = []
        self._helped = Event()
        self._log = log
        really_asked = helper._asked

        def asked(channel: Connection, span: Span) -> Made:
            made = really_asked(channel, span)
            self.made.append(span)
            if not self._helped.is_set():
                then()
                self._helped.set()
            return made

        monkeypatch.setattr("service.helper._asked", asked)

    def notifications(self, after: int, limit: int, *, readable: bool) -> list[Recorded]:
        if after:
            assert self._helped.wait(PATIENCE)
        return self._log.notifications(after, limit, readable=readable)

    def last_position(self) -> int:
        return self._log.last_position()

    def blind(self, purpose: str, value: str) -> str:
        return self._log.blind(purpose, value)

    @property
    def master_key(self) -> bytes:
        return self._log.master_key


def test_both_processes_make_the_same_of_a_span(database_url: str, store: Store) -> None:
    last = open_files(store, 5)
    work = Work((LINES, BreaksInPython()), filling=True)
    joined: Queue[Hand] = Queue()
    helping = helper.helper(database_url, store, work)
    assert helping is not None
    helping.begin(joined.put)
    try:
        theirs = joined.get(timeout=PATIENCE)(Span(1, last))
    finally:
        helping.end()
    assert theirs == work.hand(store)(Span(1, last))
    assert theirs.keys() == {LINES.name, BreaksInPython.name}
    assert any("楼道灯坏了" in document for _, document in theirs[LINES.name])


def test_a_helped_rebuild_takes_everything_once(
    database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_files(store, 30)
    log = Waiting(store, monkeypatch)
    rebuild(database_url, log, [LINES], batch=3, helped_from=1)
    assert log.made
    assert exactly_once(database_url)
    assert not helpers()


def test_a_lost_helper_costs_nothing_but_time(database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose() -> None:
        for pid in helpers():
            os.kill(pid, signal.SIGKILL)

    open_files(store, 60)
    log = Waiting(store, monkeypatch, lose)
    with capture_logs() as logs:
        rebuild(database_url, log, [LINES], batch=2, helped_from=1)
    assert log.made
    assert exactly_once(database_url)
    assert [entry["event"] for entry in logs] == ["rebuild_helper_lost"]


def test_a_short_log_has_no_helper(database_url: str, store: Store) -> None:
    last = open_files(store, 3)
    seen: list[int] = []
    rebuild(database_url, store, [LINES], lambda *_: seen.append(len(helpers())), helped_from=last + 1)
    rebuild(database_url, store, [LINES], lambda *_: seen.append(len(helpers())), helped_from=last)
    assert seen == [0, 1]


def test_a_projection_that_no_other_process_could_find_is_rebuilt_alone(database_url: str, store: Store) -> None:
    class Local(Lines):
        pass

    open_files(store, 3)
    rebuild(database_url, store, [Local()], helped_from=1)
    assert exactly_once(database_url)


@pytest.mark.parametrize("broken", [BreaksInPython(), BreaksInSql()], ids=lambda one: one.name)
def test_the_event_that_a_projection_cannot_take_is_found(
    database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch, broken: Lines
) -> None:
    note(store, "a", [1] * 20)
    bad = note(store, "a", [BREAKING], after=20)
    note(store, "a", [1] * 20, after=21)
    log = Waiting(store, monkeypatch)
    with pytest.raises(Poisoned) as refusal:
        rebuild(database_url, log, [broken, LINES], batch=3, helped_from=1)
    assert (refusal.value.projection, refusal.value.position) == (broken.name, bad)
    assert log.made
    assert exactly_once(database_url)
    assert not helpers()


def test_an_unreadable_event_is_found(database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    last = note(store, "a", [1] * 40)
    rebuild(database_url, store, [LINES])
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE stored_events SET state = 'broken' WHERE notification_id = %s", (last - 10,))
    with pytest.raises(Poisoned) as refusal:
        rebuild(database_url, Waiting(store, monkeypatch), [LINES], batch=3, helped_from=1)
    assert refusal.value.position == last - 10
    assert exactly_once(database_url)
    reached = "SELECT position, error_position FROM runner.projections WHERE generation = 'next'"
    assert rows(database_url, reached) == [(last - 11, last - 10)]


def test_events_that_come_meanwhile_are_taken_too(
    database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def more() -> None:
        open_files(store, 10)

    open_files(store, 40)
    log = Waiting(store, monkeypatch, more)
    rebuild(database_url, log, [LINES], batch=2, helped_from=1)
    assert exactly_once(database_url)


def test_an_interrupted_rebuild_leaves_no_helper(
    database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = Event()
    open_files(store, 60)
    log = Waiting(store, monkeypatch, stopping.set)
    with pytest.raises(Interrupted):
        rebuild(database_url, log, [LINES], batch=2, helped_from=1, stopping=stopping)
    assert not helpers()


def test_the_helper_dies_with_a_killed_rebuild(database_url: str) -> None:
    script = ORPHANED.format(url=database_url, master=MASTER)
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as rebuilding:
        try:
            assert rebuilding.stdout is not None
            assert rebuilding.stdout.readline() == "joined\n"
            left = descendants(rebuilding.pid)
        finally:
            rebuilding.kill()
    assert len([line for line in left.values() if "service.helper" in line]) == 1
    assert eventually(lambda: not alive(left))


def test_nothing_that_the_helper_is_told_can_be_seen_from_outside(database_url: str, store: Store) -> None:
    open_files(store, 3)
    seen: list[str] = []

    def look(*_: object) -> None:
        seen.extend(Path(f"/proc/{pid}/{what}").read_text() for pid in helpers() for what in ("cmdline", "environ"))

    rebuild(database_url, store, [LINES], look, helped_from=1)
    assert seen
    secrets = (database_url, MASTER.hex(), b64encode(MASTER).decode(), repr(MASTER))
    assert not any(secret in said for said in seen for secret in secrets)
