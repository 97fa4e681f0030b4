"""Files at hand: petitions as this process saw them last, so that a step need not read a history again.

What is taken from here may be behind: another process may have been there. So nothing is ever shown from it, a step
that is decided on it is held against the version when it is written, and a refusal is repeated on a file that was
brought up to date before anybody is told (service/desk.py). Who holds a file has it alone; who wants it meanwhile waits
for it, as reading it anew would cost more, and the step would be decided on what is no longer so.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass

from domain.petition.petition import Petition
from service.work import Work

MOST = 1000
"""Files that are kept, those that were used last; a file takes some ten kilobytes."""

LONGEST = 120.0
"""Seconds after which a file is read anew, so that what was erased elsewhere does not stay in memory for long."""


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

    def held(self, number: str) -> Work[Held]:
        """The file, as soon as nobody else of this process holds it."""
        with self._lock:
            if number not in self._waiting:
                return self._taken(number)
            turn: Future[Petition | None] = Future()
            self._waiting[number].append(turn)
        try:
            return Held(number, (yield turn))
        except GeneratorExit:
            if not turn.cancel():
                self.let_go(Held(number, turn.result()))
            raise

    def at_once(self, number: str) -> Held:
        """The file for a thread that must not wait: who holds it may need a thread. Where it is held, an empty copy."""
        with self._lock:
            return Held(number, None, alone=False) if number in self._waiting else self._taken(number)

    def let_go(self, held: Held) -> None:
        """Hand the file on to who has waited longest, or keep it."""
        if not held.alone:
            return
        now = time.monotonic()
        with self._lock:
            waiting = self._waiting[held.number]
            while waiting:
                turn = waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(held.petition)
                    return
            del self._waiting[held.number]
            if held.petition is not None and held.petition.version:
                self._kept[held.number] = now, held.petition
                self._kept.move_to_end(held.number)
            while self._kept and (
                len(self._kept) > self._most or now - next(iter(self._kept.values()))[0] > self._longest
            ):
                self._kept.popitem(last=False)

    def _taken(self, number: str) -> Held:
        self._waiting[number] = deque()
        read_at, petition = self._kept.pop(number, (0.0, None))
        return Held(number, petition if time.monotonic() - read_at < self._longest else None)
