"""The runner: one process at a time feeds all projections from the log, and reads a batch while the last is written.

Whoever holds the advisory lock leads; the others look every half second whether they can take over, which they can as
soon as the leader's connection is gone. The lock lives on the very connection that writes, so a leader cannot go on
writing without it; the compare-and-set on the position fences even a leader that believes it still leads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import pairwise
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

import psycopg
import structlog

from projections.catalogue import PROJECTIONS
from projections.projection import Poisoned, Projection, cause_code, feeding
from service.advisory import LEADER_LOCK
from service.feed import BATCH, Db, Log, Stuck, ahead, read, take
from service.listening import Listener
from service.positions import RETRY, Fenced, ProjectionState, states, stop
from service.rebuild import AlreadyRebuilding, Interrupted, rebuild

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LOCK_EVERY = 0.5
"""Seconds between two tries for the lock. Waiting inside the database would hold back its vacuum all the while."""

POLL_EVERY = 0.25
"""Seconds after which the log is read even if nobody announced anything."""

GLANCE = 0.002
"""Seconds between two looks at whether a batch is written, while the log is listened to."""

COMPANY = 0.004
"""Seconds that an announced event waits for others to share its transaction: at full load that halves the work."""

FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0
"""Seconds before the first restart after a failure; doubled up to the longest."""


class Runner:
    """Feeds projections from the log of the database at `url`, for as long as it runs.

    Needs a migrated database. `start` and `stop` run it in a thread of its own; `run` runs it in the caller's.
    """

    def __init__(
        self, url: str, log: Log, projections: Sequence[Projection] = PROJECTIONS, *, batch: int = BATCH
    ) -> None:
        """`log` is the store, read by positions; `batch` is how many events share one transaction."""
        self._url = url
        self._log = log
        self._projections = tuple(projections)
        self._batch = batch
        self._stopping = Event()
        self._delay = FIRST_DELAY
        self._thread: Thread | None = None
        self._rebuilding: Thread | None = None
        self._rebuild_after = 0.0
        self._writing: Future[list[Poisoned]] | None = None
        self._standing: defaultdict[int, list[Projection]] = defaultdict(list)
        self._look_after = 0.0
        self._hopeless: set[str] = set()
        self._logger: FilteringBoundLogger = structlog.get_logger("runner")

    def start(self) -> None:
        """Run in a thread."""
        self._thread = Thread(target=self.run, name="runner")
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand, let go of the lock, and return when that is done."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Lead whenever it can be done, until told to stop; comes back after every failure, later each time."""
        while not self._stopping.is_set():
            try:
                self._lead()
            except Exception as error:
                self._logger.error("runner_failed", code=cause_code(error), retry_seconds=self._delay)
                self._stopping.wait(self._delay)
                self._delay = min(self._delay * 2, LONGEST_DELAY)
        if self._rebuilding is not None:
            self._rebuilding.join()

    def _lead(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="huiying runner") as connection:
            if not self._elected(connection):
                return
            self._logger.info("runner_leads")
            feeding(connection, self._log.blind)
            connection.execute(RETRY)
            self._look_after, self._writing = 0.0, None
            with Listener(self._url) as listener, ThreadPoolExecutor(1, "rows") as writer:
                while not self._stopping.is_set():
                    more = self._feed(connection, writer) or self._more_came(listener)
                    if not more and self._written(connection):
                        listener.wait(POLL_EVERY, COMPANY)
                    self._delay = FIRST_DELAY
                self._written(connection)

    def _elected(self, connection: Db) -> bool:
        """Wait for the lock; False when told to stop before it came."""
        while not self._stopping.is_set():
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
            if row is not None and row[0]:
                return True
            self._delay = FIRST_DELAY
            self._stopping.wait(LOCK_EVERY)
        return False

    def _more_came(self, listener: Listener) -> bool:
        """Whether something new was announced before the batch at hand was written."""
        while self._writing is not None and not self._writing.done():
            if listener.wait(GLANCE):
                return True
        return False

    def _feed(self, connection: Db, writer: Executor) -> bool:
        """Give every live projection its next batch; whether there is more to give at once.

        Tables of another version than the code's stand still until their rebuild is swapped in: this code's rows do not
        fit them. Projections at the same position share one reading and one transaction; one that is behind is read up
        to where the next one stands, so that they meet there.
        """
        if monotonic() >= self._look_after:
            self._written(connection)
            self._standing = self._look(connection)
        groups, self._standing = self._standing, defaultdict(list)
        positions = sorted(groups)
        meetings = dict(pairwise(positions))
        more = False
        for position in positions:
            more |= self._give(connection, writer, groups[position], position, meetings.get(position))
        return more

    def _look(self, connection: Db) -> defaultdict[int, list[Projection]]:
        """Who stands where. Moving on from there is known without looking; any surprise makes it look again at once."""
        self._look_after = monotonic() + POLL_EVERY
        live = {state.name: state for state in states(connection) if state.generation == "live"}
        self._renew(live)
        groups: defaultdict[int, list[Projection]] = defaultdict(list)
        for projection in self._projections:
            state = live.get(projection.name)
            if state is not None and state.state == "running" and state.version == projection.version:
                groups[state.position].append(projection)
        return groups

    def _give(
        self, connection: Db, writer: Executor, group: list[Projection], position: int, meeting: int | None
    ) -> bool:
        """Have the next batch written as soon as the one before is; whether there may be more."""
        bad: list[Poisoned] = []
        try:
            batch = read(connection, self._log, group, position, self._batch)
        except Stuck as stuck:
            batch, bad = [], stuck.for_each(group)
        if meeting is not None:
            batch = [recorded for recorded in batch if recorded.position <= meeting]
        ready = ahead(group, "live", batch)
        if not self._written(connection):
            return True  # nobody may stand where this batch begins
        self._stop(connection, bad)
        if batch:
            self._writing = writer.submit(take, connection, tuple(group), "live", position, batch, ready=ready)
        self._standing[batch[-1].position if batch else position] += group
        return meeting is not None or len(batch) == self._batch

    def _written(self, connection: Db) -> bool:
        """Wait for the batch that is being written; whether all of it is, else everybody's place is looked at again."""
        writing, self._writing = self._writing, None
        if writing is None:
            return True
        try:
            bad = writing.result()
        except Fenced:  # a rebuild swapped tables in between
            self._look_after = 0.0
            return False
        self._stop(connection, bad)
        return not bad

    def _stop(self, connection: Db, bad: list[Poisoned]) -> None:
        """Give up those that cannot take an event."""
        for poisoned in bad:
            self._tell("projection_stopped", poisoned)
            stop(connection, poisoned, "live")
            self._look_after = 0.0

    def _renew(self, live: dict[str, ProjectionState]) -> None:
        """Have what is new, or stored in another version than the code's, rebuilt beside the feeding."""
        if (self._rebuilding is not None and self._rebuilding.is_alive()) or monotonic() < self._rebuild_after:
            return
        wanted = [
            projection
            for projection in self._projections
            if projection.name not in self._hopeless
            and ((state := live.get(projection.name)) is None or state.version != projection.version)
        ]
        if wanted:
            self._rebuild_after = monotonic() + 1
            self._rebuilding = Thread(target=self._rebuild, args=(wanted,), name="rebuild")
            self._rebuilding.start()

    def _rebuild(self, wanted: list[Projection]) -> None:
        names = [projection.name for projection in wanted]
        try:
            self._logger.info("rebuild_starts", projections=names)
            rebuild(self._url, self._log, wanted, batch=self._batch, stopping=self._stopping)
            self._logger.info("rebuild_done", projections=names)
        except Poisoned as poisoned:
            self._hopeless.add(poisoned.projection)
            self._tell("rebuild_stopped", poisoned)
        except (AlreadyRebuilding, Interrupted) as reason:
            self._logger.info("rebuild_put_off", reason=type(reason).__name__)
        except Exception as error:
            self._logger.error("rebuild_failed", projections=names, code=cause_code(error))

    def _tell(self, event: str, poisoned: Poisoned) -> None:
        self._logger.error(
            event,
            projection=poisoned.projection,
            position=poisoned.position,
            topic=poisoned.topic,
            code=poisoned.code,
        )
