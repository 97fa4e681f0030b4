"""Files at hand: petitions as this process saw them last, so that a step need not read a history again.

What is taken from here may be behind: another process may have been there. So nothing is ever shown from it, a step
that is decided on it is held against the version when it is written, and a refusal is repeated on a file that was
brought up to date before anybody is told (service/desk.py). Who takes a file out has it alone.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from domain.petition.petition import Petition

MOST = 1000
"""Files that are kept, those that were used last; a file takes some ten kilobytes."""

LONGEST = 120.0
"""Seconds after which a file is read anew, so that what was erased elsewhere does not stay in memory for long."""


class Files:
    """A bounded number of files, by number; thread-safe."""

    def __init__(self, most: int = MOST, longest: float = LONGEST) -> None:
        """Keep nothing yet."""
        self._most, self._longest = most, longest
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Petition]] = OrderedDict()

    def take_out(self, number: str) -> Petition | None:
        """The file, if it is at hand; it is then nobody else's until it is put back."""
        with self._lock:
            read_at, petition = self._kept.pop(number, (0.0, None))
        return petition if time.monotonic() - read_at < self._longest else None

    def put_back(self, petition: Petition) -> None:
        """Keep a file in the state that its stream has at this version. Whoever puts it back lets go of it."""
        now = time.monotonic()
        with self._lock:
            self._kept[petition.number] = now, petition
            self._kept.move_to_end(petition.number)
            while len(self._kept) > self._most or now - next(iter(self._kept.values()))[0] > self._longest:
                self._kept.popitem(last=False)
