"""What the rules may know of the world in a request, put together from what is at hand as far as it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from typing import TypeVar
from uuid import uuid4

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from domain.kernel import PLAIN_PAPER, Actor, Attachment, Context, day_of
from projections.staff import staff_units
from service import attachments
from service.access import Caller
from service.letters import Letters, issues_letter
from service.rulebooks import Rulebooks
from service.vault import Vault
from service.work import Work

T = TypeVar("T")
Pool = ConnectionPool[Connection[TupleRow]]


class NotAtHand(Exception):
    """A rule asks for what must be read first: `read` it, and ask the rule again."""

    def __init__(self, read: Callable[[], object]) -> None:
        """`read` blocks."""
        super().__init__()
        self.read = read


def asked(rule: Callable[[], T]) -> Work[T]:
    """What a rule says, as work: what it needs and is not at hand is read first."""
    while True:
        try:
            return rule()
        except NotAtHand as missing:
            yield missing.read


class StaffUnits(Mapping[str, frozenset[str]]):
    """The units of every member of staff on a day, read when a rule asks, which few do.

    Who is `patient` waits for it; others get `NotAtHand`.
    """

    def __init__(self, pool: Pool, day: date, *, patient: bool) -> None:
        """Read nothing yet."""
        self._pool, self._day, self._patient = pool, day, patient
        self._units: dict[str, frozenset[str]] | None = None

    def read(self) -> None:
        """Read them."""
        with self._pool.connection() as connection:
            self._units = staff_units(connection, self._day)

    @property
    def _found(self) -> dict[str, frozenset[str]]:
        if self._units is None:
            if not self._patient:
                raise NotAtHand(self.read)
            self.read()
            assert self._units is not None
        return self._units

    def __getitem__(self, staff: str) -> frozenset[str]:
        """The units of one person."""
        return self._found[staff]

    def __iter__(self) -> Iterator[str]:
        """Everybody who is or was on the staff."""
        return iter(self._found)

    def __len__(self) -> int:
        """How many they are."""
        return len(self._found)


class World:
    """Makes contexts. `now` is the only clock."""

    def __init__(
        self, pool: Pool, vault: Vault, rulebooks: Rulebooks, letters: Letters, now: Callable[[], datetime]
    ) -> None:
        """Take the parts it asks."""
        self._pool, self._vault, self._rulebooks, self._letters, self._now = pool, vault, rulebooks, letters, now

    def context(
        self, caller: Caller, request_id: str, command: BaseModel | None = None, *, patient: bool = False
    ) -> Work[Context]:
        """The context of one request, as work: it waits for a rulebook that may have changed, uploads and letterheads.

        `patient`: a rule that asks for the units of the staff may wait for them; it need not be `asked`.
        """
        rulebook = self._rulebooks.at_hand() or (yield self._rulebooks.current)
        named = attachments.named_by(command) if command else []
        uploaded: Mapping[str, Attachment] = (yield partial(self._uploaded, named, caller.staff)) if named else {}
        now = self._now()
        letterhead = (
            (yield partial(self._letters.head, command, day_of(now))) if issues_letter(command) else PLAIN_PAPER
        )
        return Context(
            actor=_before_a_role(caller.staff),
            now=now,
            at=now,
            rulebook=rulebook.content,
            rulebook_version=rulebook.version,
            request_id=request_id,
            command_id=uuid4(),
            grants=caller.grants,
            attachments=uploaded,
            letterhead=letterhead,
            salt=secrets.token_hex(16),
            staff_units=StaffUnits(self._pool, day_of(now), patient=patient),
        )

    def _uploaded(self, named: list[str], staff: str) -> dict[str, Attachment]:
        with self._pool.connection() as connection:
            return attachments.waiting(connection, self._vault, named, staff)


@lru_cache(maxsize=4096)
def _before_a_role(staff: str) -> Actor:
    """Who asks, before a rule has said in which role; the same few ask again and again."""
    return Actor(id=staff)
