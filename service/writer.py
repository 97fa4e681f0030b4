"""The one thread per process that writes: group commit, back-pressure, and a database that may go away.

Whatever waits when the thread is free goes into one transaction (service/batch.py), so that a busy minute costs fewer
commits, not more. Nobody waits for company: a lonely request is written at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from threading import Condition, Thread

import psycopg
import structlog
from psycopg.errors import LockNotAvailable, ReadOnlySqlTransaction

from domain.errors import Busy
from service.append import Append, Appended
from service.batch import Batch, Db, Job
from service.mapper import EventMapper
from service.newer import Follower, Following
from service.recorder import BEGIN_LOCKED, OrderedRecorder, connect
from service.recovery import recover
from service.vault import Keyring, Vault

log = structlog.get_logger(__name__)

SETTINGS = ("SET lock_timeout = '10s'", "SET idle_in_transaction_session_timeout = '15s'")
"""A process that was frozen while it held the log's lock must not stop the others for ever."""

PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between attempts to reach a lost database; the last one is repeated."""


class StoreFailed(Exception):
    """The database refused a request for a reason that is nobody's fault in the field. Carries no value of it."""


class ConnectionLost(Exception):
    """The connection went away; what it was doing may have been committed or not."""


class Writer:
    """Takes requests from any thread and answers each by its future."""

    def __init__(
        self,
        url: str,
        recorder: OrderedRecorder,
        vault: Vault,
        mapper: EventMapper,
        *,
        queue: int,
        batch: int,
        patience: float,
        shared: bool,
    ) -> None:
        """Start the thread; it connects when there is something to write. `shared`: other processes write as much."""
        self._url, self._recorder, self._vault, self._mapper = url, recorder, vault, mapper
        self._limit, self._batch, self._patience, self._shared = queue, batch, patience, shared
        self._following: Following | None = None
        self._db: Db | None = None
        self._waiting: deque[Job] = deque()
        self._wake = Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests wait now."""
        return len(self._waiting)

    def submit(self, append: Append) -> Future[Appended]:
        """Queue a request; raises `Busy` when too many wait, and whatever is wrong with the facts of a new file."""
        if len(self._waiting) >= self._limit:
            raise Busy
        job = self._prepare(append)
        with self._wake:
            if self._closed:
                raise RuntimeError("the store is closed")
            if len(self._waiting) >= self._limit:
                raise Busy
            self._waiting.append(job)
            self._wake.notify()
        return job.future

    def follow(self, follower: Follower) -> None:
        """Have this follower told what other processes add."""
        if self._shared:
            self._following = Following(follower, self._mapper)

    def close(self) -> None:
        """Refuse new requests, write those that wait, and end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _prepare(self, append: Append) -> Job:
        """Seal new files' facts in the caller's thread: while the writer waits for the disk, this goes on."""
        new = [write for write in append.writes if write.stream is None]
        if not new:
            return Job(append, Future())
        rings = tuple(Keyring(self._vault) for _ in new)
        sealed = zip(new, rings, strict=True)
        bodies = tuple(tuple(self._mapper.body(fact, ring) for fact in write.facts) for write, ring in sealed)
        return Job(append, Future(), rings, bodies)

    def _run(self) -> None:
        while self._wanted():
            jobs = self._take(self._batch)
            if jobs:
                self._carry_out(jobs)
        if self._db is not None:
            self._db.close()

    def _wanted(self) -> bool:
        """Wait for somebody; False when closed and nobody waits."""
        with self._wake:
            while not self._waiting and not self._closed:
                self._wake.wait()
            return bool(self._waiting)

    def _take(self, most: int) -> list[Job]:
        """Those who wait, up to so many, as far as they still do."""
        with self._wake:
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), most))]
        return [job for job in jobs if job.future.set_running_or_notify_cancel()]

    def _carry_out(self, jobs: list[Job]) -> None:
        """See to it that every job gets an answer, whatever the database does meanwhile."""
        deadline = time.monotonic() + self._patience
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            try:
                db = self._connected()
                self._settle(db, [job for job in jobs if job.uncertain])
                jobs[:] = [job for job in jobs if not job.future.done()]
                if jobs:
                    self._write(db, jobs, gather=self._shared)
                return
            except ConnectionLost:
                left = [job for job in jobs if not job.future.done()]
                if self._closed or time.monotonic() >= deadline:
                    log.error("database out of reach", requests=len(left))
                    _refuse(left, Busy())
                    return
                time.sleep(pause)
            except Exception as error:
                # The thread serves everybody: no mistake may end it, and nobody may wait for ever.
                log.exception("the writer failed")
                _refuse([job for job in jobs if not job.future.done()], StoreFailed(type(error).__name__))
                return

    def _connected(self) -> Db:
        """The writer's own connection, made anew if it was lost."""
        if self._db is None or self._db.closed:
            try:
                self._db = connect(self._url, "writer")
                for setting in SETTINGS:
                    self._db.execute(setting)
            except psycopg.Error:
                self._drop()
                raise ConnectionLost from None
        return self._db

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(psycopg.Error):
                db.close()

    def _settle(self, db: Db, jobs: list[Job]) -> None:
        """Answer those whose lost COMMIT did arrive; the others are to be written again."""
        for job in jobs:
            with self._watched(db):
                found = recover(db, self._mapper, job.append, job.numbers)
            job.uncertain = False
            if found is not None:
                job.future.set_result(found)

    def _write(self, db: Db, jobs: list[Job], *, gather: bool = False) -> None:
        """Write jobs together; if that fails for no reason a rule knows, each alone, so that only the culprit fails.

        To `gather`: the log's lock first, then whoever came while another process had it joins `jobs`.
        """
        try:
            with self._watched(db):
                if gather:
                    db.execute(BEGIN_LOCKED)
                    jobs += self._take(self._batch - len(jobs))
                for job in jobs:
                    job.uncertain, job.numbers = True, ()
                batch = Batch(self._recorder, self._mapper, self._vault, jobs, self._following)
                outcomes = batch.commit(db, locked=gather)
            self._tell(batch.last)
        except ConnectionLost:
            raise
        except LockNotAvailable:
            outcomes = [Busy() for _ in jobs]
        except Exception as error:
            if len(jobs) > 1:
                for job in jobs:
                    job.uncertain = False
                for job in jobs:
                    self._write(db, [job])
                return
            log.error("append refused", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
            outcomes = [_disclosed(error)]
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Appended):
                job.future.set_result(outcome)
            else:
                job.future.set_exception(outcome)

    def _tell(self, last: int) -> None:
        """Tell the follower before those who are refused: it then knows what they were late for."""
        if self._following is not None:
            try:
                self._following.tell(last)
            except Exception as error:  # what was written stays written
                log.error("the follower failed", error=type(error).__name__)

    @contextmanager
    def _watched(self, db: Db) -> Iterator[None]:
        """Leave no transaction open after an error, and tell a lost connection from a refusal."""
        try:
            yield
        except Exception as error:
            if isinstance(error, ReadOnlySqlTransaction | psycopg.InterfaceError) or not _answers(db):
                self._drop()
                raise ConnectionLost from None
            raise


def _answers(db: Db) -> bool:
    """Whether the session goes on, with no transaction open.

    It is asked: a server that ends it says so before the connection's end is seen, and may have committed just before.
    """
    try:
        db.rollback()
        db.execute("SELECT")
    except psycopg.Error:
        return False
    return True


def _refuse(jobs: list[Job], error: Exception) -> None:
    for job in jobs:
        job.future.set_exception(error)


def _disclosed(error: Exception) -> Exception:
    """An error as a caller may see it: the database's own texts can quote what was sent."""
    return StoreFailed(f"the database refused ({error.sqlstate})") if isinstance(error, psycopg.Error) else error
