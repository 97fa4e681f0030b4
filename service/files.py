"""Files at hand: petitions as this process saw them last, so that a step need not read a history again.

What is taken from here may be behind: another process may have been there. So nothing is ever shown from it, a step
that is decided on it is held against the version when it is written, and a refusal is repeated on a file that was
brought up to date before anybody is told (service/desk.py). Who holds a file has it alone; who wants it meanwhile waits
for it, as reading it anew would cost more, and the step would be decided on what is no longer so. What other processes
add to files at hand waits here until somebody takes them out (service/newer.py), so that few are behind.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import UUID

from domain.kernel import stream_id
from domain.petition.events.receiving import DataErased
from domain.petition.petition import Petition
from service.mapper import Unreadable
from service.newer import Newer
from service.work import Work

MOST = 1000
"""Files that are kept, those that were used last; a file takes some ten kilobytes."""

LONGEST = 120.0
"""Seconds after which a file is read anew, so that what was erased elsewhere does not stay in memory for long."""

MOST_NEWER = 50
"""Events of other processes that wait for one file; of a file that more happened to, the rest is read."""


@dataclass(slots=True)
class Held:
    """A file in somebody's hands, before its first event where nothing is known of it.

    `petition` is what others may go on with; None where nobody may. `alone`: False for a copy beside another's.
    """

    number: str
    petition: Petition | None
    alone: bool = True


class Files:
    """A bounded number of files, by number; thread-safe. Whoever holds a file lets go of it."""

    def __init__(self, most: int = MOST, longest: float = LONGEST) -> None:
        """Keep nothing yet."""
        self._most, self._longest = most, longest
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Petition]] = OrderedDict()
        self._waiting: dict[str, deque[Future[Petition | None]]] = {}
        self._newer: dict[UUID, list[Newer]] = {}

    def held(self, number: str) -> Work[Held]:
        """The file, as soon as nobody else of this process holds it."""
        with self._lock:
            turn: Future[Petition | None] | None = None
            if number in self._waiting:
                turn = Future()
                self._waiting[number].append(turn)
            else:
                held = self._taken(number)
        if turn is not None:
            try:
                held = Held(number, (yield turn))
            except GeneratorExit:
                if not turn.cancel():
                    self.let_go(Held(number, turn.result()))
                raise
        return self._given(held)

    def at_once(self, number: str) -> Held:
        """The file for a thread that must not wait: who holds it may need a thread. Where it is held, an empty copy."""
        with self._lock:
            held = Held(number, None, alone=False) if number in self._waiting else self._taken(number)
        return self._given(held)

    def caught_up(self, held: Held, petition: Petition | None) -> bool:
        """Take into a file in hand what came of it since; whether there was anything. It may still be behind."""
        if petition is None or not held.alone or not self._newer[petition.id]:
            return False
        with self._lock:
            newer = self._since(petition)
            if _forgotten(newer):
                return False  # it must be read anew; what waits says so to whoever lets go of it
            self._newer[petition.id] = []
        before = petition.version
        for one in newer:
            if one.version != petition.version + 1:
                break  # more has happened than was put by
            try:
                petition.fold([one.opened()])
            except Unreadable:
                break  # who reads the history is told
        return petition.version > before

    def came(self, newer: Sequence[Newer]) -> None:
        """Put by what other processes added to files at hand; one of which something was erased is not kept."""
        with self._lock:
            for one in newer:
                waiting = self._newer.get(one.stream)
                if waiting is None:
                    continue
                if len(waiting) < MOST_NEWER or one.topic == DataErased.TOPIC:
                    waiting.append(one)
                if one.topic == DataErased.TOPIC:
                    for number in [number for number in self._kept if stream_id(number) == one.stream]:
                        self._drop(number)

    def let_go(self, held: Held) -> None:
        """Hand the file on to who has waited longest, or keep it."""
        if not held.alone:
            return
        now = time.monotonic()
        with self._lock:
            petition, id_ = held.petition, stream_id(held.number)
            if petition is not None and _forgotten(self._since(petition)):
                petition = None
            waiting = self._waiting[held.number]
            while waiting:
                turn = waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(petition)
                    return
            del self._waiting[held.number]
            if petition is not None and petition.version:
                self._kept[held.number] = now, petition
                self._kept.move_to_end(held.number)
            else:
                del self._newer[id_]
            while self._kept and (
                len(self._kept) > self._most or now - next(iter(self._kept.values()))[0] > self._longest
            ):
                self._drop(next(iter(self._kept)))

    def _given(self, held: Held) -> Held:
        """The file with what came of it while nobody had it in hand."""
        try:
            self.caught_up(held, held.petition)
        except BaseException:
            held.petition = None
            self.let_go(held)
            raise
        return held

    def _since(self, petition: Petition) -> list[Newer]:
        return [one for one in self._newer[petition.id] if one.version > petition.version]

    def _drop(self, number: str) -> None:
        del self._kept[number], self._newer[stream_id(number)]

    def _taken(self, number: str) -> Held:
        self._waiting[number] = deque()
        self._newer.setdefault(stream_id(number), [])
        read_at, petition = self._kept.pop(number, (0.0, None))
        return Held(number, petition if time.monotonic() - read_at < self._longest else None)


def _forgotten(newer: Sequence[Newer]) -> bool:
    """Whether something was erased from the file."""
    return any(one.topic == DataErased.TOPIC for one in newer)
