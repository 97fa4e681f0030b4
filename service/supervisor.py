"""Keeping the service's processes running under one parent: PostgreSQL, the runner, the jobs, the web.

The parent only watches. A child that ends is started again, later each time it ends soon; a server that ends is started
again at the same place, and everybody connects anew. A signal stops all in order: children first, the database last; a
second one does not wait. A killed parent takes everything along (see `service.children` and `service.embedded`).
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Event, Thread
from types import FrameType

import structlog

from service.embedded import RunningPostgres

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK = 0.1
FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
"""Seconds before a child is started again; doubled up to the longest each time it ended soon."""
SOON = 30.0
"""A child that lived for so many seconds starts again without a growing delay."""
GRACE = 10.0
"""Seconds that children get to finish what they are doing."""

log = structlog.get_logger("supervisor")


class Child:
    """One process of the service, `python -m service.children` with these arguments, started again when it ends."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], fds: Sequence[int] = ()):
        """Start nothing yet. `fds` are file descriptors that the child inherits."""
        self.name = name
        self._command = [sys.executable, "-m", "service.children", str(os.getpid()), *arguments]
        self._environment = {**os.environ, **environment}
        self._fds = tuple(fds)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._delay = FIRST_DELAY

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self.alive and self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def tend(self) -> None:
        """Notice its end, and start it when it is time. Called from the main thread: it dies with who started it."""
        if self.alive:
            return
        now = time.monotonic()
        if self._process is not None:
            lived = now - self._started
            self._delay = FIRST_DELAY if lived > SOON else min(self._delay * 2, LONGEST_DELAY)
            log.error("child_ended", child=self.name, code=self._process.returncode, retry_seconds=self._delay)
            self._process, self._due = None, now + self._delay
        if now >= self._due:
            # A session of its own: Ctrl-C reaches the parent only, which then stops all in order.
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                pass_fds=self._fds,
                start_new_session=True,
            )
            self._started = now
            log.info("child_started", child=self.name, pid=self._process.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def stop(self) -> None:
        """End it: asked first, made to where it takes too long."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(number)
            if self._process is not None:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(GRACE)


class Database:
    """The embedded server of a service: started again when it ends."""

    def __init__(self, start: Callable[[], RunningPostgres], running: RunningPostgres) -> None:
        """`running` is the server that `start` made; the same call makes the next one, at the same URL."""
        self._start = start
        self._running: RunningPostgres | None = running
        self._coming: Future[RunningPostgres] | None = None
        self._due = 0.0
        self._delay = FIRST_DELAY

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._running.pid if self._running is not None and self._running.alive else None

    def tend(self) -> None:
        """Notice its end, and start it again beside everything else: recovery after a crash may take its time."""
        if self._coming is not None:
            self._arrive(self._coming)
        elif self._running is None or not self._running.alive:
            if self._running is not None:
                log.error("database_ended")
                self._running = None
            if time.monotonic() >= self._due:
                self._coming = Future()
                Thread(target=self._bring, args=(self._coming,), name="database", daemon=True).start()

    def stop(self) -> None:
        """Stop the server, also one that is only being started; where that takes longer, the parent's end stops it."""
        if self._coming is not None:
            with suppress(Exception):
                self._running = self._coming.result(GRACE)
        if self._running is not None:
            self._running.stop()

    def hurry(self) -> None:
        """End it at once; the next start recovers."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGQUIT)

    def _bring(self, coming: Future[RunningPostgres]) -> None:
        try:
            coming.set_result(self._start())
        except Exception as error:
            coming.set_exception(error)

    def _arrive(self, coming: Future[RunningPostgres]) -> None:
        if not coming.done():
            return
        self._coming = None
        error = coming.exception()
        if error is None:
            self._running, self._delay = coming.result(), FIRST_DELAY
            log.info("database_started", pid=self._running.pid)
        else:
            self._delay = min(self._delay * 2, LONGEST_DELAY)
            self._due = time.monotonic() + self._delay
            log.error("database_did_not_start", reason=str(error), retry_seconds=self._delay)


class Supervisor:
    """Runs the children, and the database where it is ours, until a signal says stop."""

    def __init__(
        self,
        children: Sequence[Child],
        database: Database | None,
        *,
        ready: Callable[[], bool],
        told: Callable[[], None],
    ) -> None:
        """`ready` says whether the service answers; `told` is called once, when it does so first."""
        self._children = tuple(children)
        self._database = database
        self._ready = ready
        self._told = told
        self._stopping = Event()

    def run(self) -> None:
        """Run until told to stop, then stop everything. Only in the main thread, whose signals it takes over."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            waiting = True
            while not self._stopping.wait(TICK):
                if self._database is not None:
                    self._database.tend()
                for child in self._children:
                    child.tend()
                if waiting and self._ready():
                    waiting = False
                    self._told()
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping.is_set():
            for child in self._children:
                child.signal(signal.SIGKILL)
            if self._database is not None:
                self._database.hurry()
        self._stopping.set()

    def _stop(self) -> None:
        log.info("stopping")
        self._stopping.set()
        for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
            for child in self._children:
                child.signal(number)
            deadline = time.monotonic() + patience
            while any(child.alive for child in self._children) and time.monotonic() < deadline:
                time.sleep(TICK / 5)
        if self._database is not None:
            self._database.stop()
        log.info("stopped")


def answers(host: str, port: int, path: str) -> bool:
    """Whether the service says 200 at this path."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
