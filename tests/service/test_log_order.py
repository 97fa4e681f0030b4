"""No event is lost to a reader that follows the log, and none comes out of order, whoever writes and whoever is killed.

`HUIYING_LOG_EVENTS` sets how many events are written (the proof was run with 100,000).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import psycopg

from service.store import Store
from service.vault import Vault
from tests.service.store_kit import MASTER, write_until_killed

EVENTS = int(os.environ.get("HUIYING_LOG_EVENTS", "3000"))
PAGE = min(500, EVENTS // 16)
"""Events read at once: fewer than are written between two kills, or a slow follower would pass one over."""
WRITERS = 3
DEADLINE = 120 + EVENTS / 200
"""Seconds after which the test fails instead of waiting on."""

WHOLE_LOG = "SELECT notification_id FROM stored_events ORDER BY notification_id"


def start(url: str, writer: int, folder: Path) -> Callable[[], None]:
    """A writing process; call what is returned to kill it (SIGKILL)."""
    process = get_context("spawn").Process(
        target=write_until_killed, args=(url, writer, str(folder / f"{writer}.told"))
    )
    process.start()

    def kill() -> None:
        process.kill()
        process.join()
        process.close()

    return kill


def test_a_follower_gets_every_event_once_and_in_order_though_writers_are_killed(
    database_url: str, tmp_path: Path
) -> None:
    chance, followed, killed = random.Random(11), list[int](), 0
    with Store(database_url, Vault(MASTER)) as store:
        writers = {number: start(database_url, number, tmp_path) for number in range(WRITERS)}
        begun = WRITERS
        until = time.monotonic() + DEADLINE
        next_kill = EVENTS // 8
        try:
            while len(followed) < EVENTS:
                assert time.monotonic() < until, f"{len(followed)} of {EVENTS} events came"
                page = store.notifications(followed[-1] if followed else 0, PAGE, readable=False)
                followed += [recorded.position for recorded in page]
                if len(followed) >= next_kill:
                    victim = chance.choice(sorted(writers))
                    writers.pop(victim)()
                    killed += 1
                    writers[begun] = start(database_url, begun, tmp_path)
                    begun, next_kill = begun + 1, next_kill + EVENTS // 8
        finally:
            for kill in writers.values():
                kill()
        while page := store.notifications(followed[-1], PAGE, readable=False):
            followed += [recorded.position for recorded in page]
        acknowledged = [line.split() for file in tmp_path.glob("*.told") for line in complete_lines(file)]
        for position, stream, version, _ in acknowledged[:: max(1, len(acknowledged) // 2000)]:
            assert store.position_of(stream, int(version)) == int(position)
    with psycopg.connect(database_url) as db:
        log = [position for (position,) in db.execute(WHOLE_LOG)]
    assert followed == log, "what was read while it was written is what stands there"
    assert {int(position) for position, *_ in acknowledged} <= set(log)
    assert killed >= 7
    assert len(acknowledged) > EVENTS / 8


def complete_lines(file: Path) -> list[str]:
    """The lines of a file without a last one that was cut off."""
    return [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
