"""The whole service killed in the middle of its work: what was acknowledged is there, once.

`HUIYING_CRASH_ROUNDS` says how often (2 in the suite, 10 before a release).
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Lock

import httpx
import psycopg

from tests.service.cli_kit import Service, alive, answer, eventually, running

ROUNDS = int(os.environ.get("HUIYING_CRASH_ROUNDS", "2"))
CLIENTS = 8
ENOUGH = 60
"""Acknowledged petitions in a round before the killing."""

RECEIVED = "SELECT count(*) FROM stored_events WHERE topic = 'petition.received'"
NUMBERS = "SELECT number FROM ledger.rows"


@dataclass(slots=True)
class Load:
    """Residents who write without end, each with a key of their own for every petition."""

    token: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    _keys: count[int] = field(default_factory=count)
    _lock: Lock = field(default_factory=Lock)

    def send(self, client: httpx.Client, key: str) -> str | None:
        """One petition; its number if it was acknowledged."""
        petition = {"channel": "hotline", "nature": "help", "title": f"路灯 {key}", "content": "巷口路灯坏了"}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        with suppress(httpx.TransportError):
            taken = client.post("/api/v1/petitions", json=petition, headers=headers)
            if taken.status_code == 201:
                return str(taken.json()["number"])
        return None

    def write(self, url: str, stop: Event) -> None:
        """Send petitions until told to stop or the service is gone."""
        with httpx.Client(base_url=url, timeout=30) as client:
            while not stop.is_set():
                with self._lock:
                    key = f"k-{next(self._keys)}"
                number = self.send(client, key)
                with self._lock:
                    if number is None:
                        self.unsure.add(key)
                        return
                    self.acknowledged[key] = number

    def settle(self, url: str) -> None:
        """Send again what nobody answered, as a careful client would, and a few that were: the answer is the same."""
        with httpx.Client(base_url=url, timeout=30) as client:
            for key in sorted(self.unsure):
                number = self.send(client, key)
                assert number is not None
                self.acknowledged[key] = number
            self.unsure.clear()
            for key in sorted(self.acknowledged)[-CLIENTS:]:
                assert self.send(client, key) == self.acknowledged[key]


def kill_under_load(service: Service, load: Load) -> None:
    """Let clients write, then kill the service and its PostgreSQL, everything at once and without a warning."""
    stop, before = Event(), len(load.acknowledged)
    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(CLIENTS):
            pool.submit(load.write, service.url, stop)
        assert eventually(lambda: len(load.acknowledged) >= before + ENOUGH)
        everything = service.children()
        for pid in (service.process.pid, *service.of("postgres"), *service.of("service.children")):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        stop.set()
    assert eventually(lambda: not alive(everything)), alive(everything)


def test_what_was_acknowledged_is_there_once_after_every_crash(tmp_path: Path) -> None:
    load = Load("")
    for _ in range(ROUNDS):
        with running(tmp_path, "--workers", 2) as service:
            if not load.token:
                staff = answer(tmp_path, "staff", "add", "--name", "某人", "--role", "intake")
                load.token = answer(tmp_path, "token", "create", "--staff", staff)
            load.settle(service.url)
            kill_under_load(service, load)
    with running(tmp_path, "--workers", 2) as service:
        load.settle(service.url)
        assert answer(tmp_path, "check").startswith("no difference")
        with psycopg.connect(answer(tmp_path, "url")) as connection:
            received = connection.execute(RECEIVED).fetchone()
            numbers = [number for (number,) in connection.execute(NUMBERS)]
        assert len(load.acknowledged) >= ROUNDS * ENOUGH
        assert sorted(numbers) == sorted(load.acknowledged.values())
        assert received == (len(numbers),)
        assert service.stop() == 0
