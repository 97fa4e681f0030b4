"""The rulebook in force, at hand without reading it again for every request."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from domain.errors import NoRulebook
from domain.rulebook import STREAM, Rulebook, RulebookContent
from service.store import Store

FRESH_SECONDS = 1.0
"""For how long a rulebook is taken as the one in force without asking. A new one holds everywhere after that."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A rulebook's content and the version of it that decisions name."""

    content: RulebookContent
    version: int


class Rulebooks:
    """Keeps the rulebook in force; thread-safe."""

    def __init__(self, store: Store) -> None:
        """Read nothing yet."""
        self._store = store
        self._lock = threading.Lock()
        self._rulebook = Rulebook()
        self._in_force: InForce | None = None
        self._asked = -FRESH_SECONDS

    def at_hand(self) -> InForce | None:
        """The rulebook in force if that is known without waiting."""
        return self._in_force if time.monotonic() - self._asked < FRESH_SECONDS else None

    def current(self, at_least: int = 0) -> InForce:
        """The rulebook in force; raises `NoRulebook` before the first was adopted.

        `at_least`: a version that is known to be there, so that an older one is not good enough.
        """
        with self._lock:
            if time.monotonic() - self._asked >= FRESH_SECONDS or self._rulebook.version < at_least:
                if self._store.position_of(STREAM, self._rulebook.version + 1) is not None:
                    self._rulebook = self._store.fold(Rulebook())
                if self._rulebook.content is None:
                    raise NoRulebook
                self._in_force = InForce(self._rulebook.content, self._rulebook.version)
                self._asked = time.monotonic()
            assert self._in_force is not None
            return self._in_force
