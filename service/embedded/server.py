"""Starting, finding, sharing and stopping the server of a data folder."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from service.embedded.binaries import find_binaries
from service.embedded.cluster import NAME, Cluster, Postmaster
from service.embedded.errors import DatabaseUnavailable
from service.embedded.identity import choose, environment
from service.embedded.locks import POLL_SECONDS, locked

PATIENCE_SECONDS = 60.0
RECOVERY_SECONDS = 600.0
CONNECT_SECONDS = 5
STOP_STEPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 15.0), (signal.SIGKILL, 15.0))


class RunningPostgres:
    """A server that this process started and owns; a context manager that stops it."""

    def __init__(self, process: "subprocess.Popen[bytes]", postmaster: Postmaster) -> None:
        self._process = process
        self.url = postmaster.url()

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the server has ended, for whatever reason."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Stops the server: a fast shutdown, and harder where that does not end it. Stopping twice is fine."""
        _stop(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> RunningPostgres:
    """Starts the server of `data_dir`, which is made where it does not exist, and makes the caller its owner.

    `settings` go over the launcher's own. A server that a short command started is waited for; one that stays, and
    everything else that hinders, raises `DatabaseUnavailable`.
    """
    cluster = _cluster(data_dir)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with locked(_starting(cluster), patience=PATIENCE_SECONDS):
            if find_running(cluster.data_dir) is None:
                return _start(cluster, settings or {})
        # Its owner needs the lock to end, so the wait is outside of it.
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"another process serves {cluster.data_dir} already")
        time.sleep(POLL_SECONDS)


def find_running(data_dir: Path) -> str | None:
    """The URL of the server that runs on `data_dir` and answers; None when there is none."""
    postmaster = Cluster(data_dir.resolve()).postmaster()
    if postmaster is None or not postmaster.ready or not _answers(postmaster):
        return None
    return postmaster.url()


@contextmanager
def database(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of a database on `data_dir` for the time of the block: a running server's, or one started for it.

    A server started here is stopped at the end, after other short commands that joined it have finished.
    """
    cluster = _cluster(data_dir)
    with ExitStack() as held:
        with locked(_starting(cluster), patience=PATIENCE_SECONDS):
            url = find_running(cluster.data_dir)
            if url is None:
                owned = held.enter_context(_start(cluster, settings or {}))
                held.callback(_wait_for_guests, cluster, owned)
                url = owned.url
            else:
                held.enter_context(locked(_using(cluster), shared=True))
        yield url


def _wait_for_guests(cluster: Cluster, owned: RunningPostgres) -> None:
    with locked(_starting(cluster)), locked(_using(cluster)):
        owned.stop()


def _start(cluster: Cluster, settings: Mapping[str, str]) -> RunningPostgres:
    _wait_for_remains(cluster)
    binaries = find_binaries(cluster.major)
    identity = choose(binaries, cluster.data_dir, cluster.folder)
    if cluster.major is None:
        cluster.create(binaries, identity)
    cluster.fit_to_memory(identity)
    socket_dir = cluster.socket_dir(identity, binaries)
    cluster.forget_dead_server(socket_dir)
    program = [binaries.program("postgres"), "-D", str(cluster.folder)]
    program += cluster.settings(socket_dir, settings)
    process = _launch(identity.command(cluster.data_dir, program), cluster)
    try:
        postmaster = _wait_until_ready(cluster, process)
        _ensure_database(postmaster)
    except BaseException:
        _stop(process)
        raise
    return RunningPostgres(process, postmaster)


def _wait_for_remains(cluster: Cluster) -> None:
    """A server whose owner was killed is shutting down, one killed itself leaves children behind for a moment."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while pids := cluster.processes():
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"an earlier server of {cluster.data_dir} does not end: process {min(pids)}")
        time.sleep(POLL_SECONDS)


def _launch(command: list[str], cluster: Cluster) -> "subprocess.Popen[bytes]":
    """Starts the child from a thread that lives as long as the process: the kernel takes the end of the thread that
    forked for the end of the parent. A session of its own, so that Ctrl-C reaches the service only."""
    launched: Future[subprocess.Popen[bytes]] = Future()

    def keep() -> None:
        log = cluster.open_log()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )
        except OSError as error:
            launched.set_exception(error)
            return
        finally:
            os.close(log)
        launched.set_result(process)
        process.wait()

    threading.Thread(target=keep, name="postgres-keeper", daemon=True).start()
    return launched.result()


def _wait_until_ready(cluster: Cluster, process: "subprocess.Popen[bytes]") -> Postmaster:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DatabaseUnavailable(f"PostgreSQL did not start: {cluster.last_words()} (see {cluster.log})")
        postmaster = cluster.postmaster()
        if postmaster is not None and postmaster.pid == process.pid and postmaster.ready:
            return postmaster
        time.sleep(POLL_SECONDS)
    raise DatabaseUnavailable(f"PostgreSQL was not ready after {RECOVERY_SECONDS:.0f} s (see {cluster.log})")


def _ensure_database(postmaster: Postmaster) -> None:
    with psycopg.connect(postmaster.url("postgres"), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def _answers(postmaster: Postmaster) -> bool:
    try:
        psycopg.connect(postmaster.url(), connect_timeout=CONNECT_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for request, seconds in STOP_STEPS:
        if process.poll() is not None:
            return
        process.send_signal(request)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


def _cluster(data_dir: Path) -> Cluster:
    folder = data_dir.resolve()
    try:
        # Made by root it may be passed through, because the server then runs as somebody else.
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"the data folder {folder} cannot be made: {error.strerror}") from None
    return Cluster(folder)


def _starting(cluster: Cluster) -> Path:
    return cluster.data_dir / "starting.lock"


def _using(cluster: Cluster) -> Path:
    return cluster.data_dir / "using.lock"
