"""What other processes add to the log, as the writer comes across it: for those who keep streams at hand.

The writer reads it with the heads of its own batch, under the log's lock: nothing can come in between, and nobody has
to be woken. Whoever follows may miss some of it (more than `MOST` at once, or while nothing was written here).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from eventsourcing.persistence import Notification
from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from domain.kernel import Recorded
from service.mapper import EventMapper

MOST = 200
"""Events that are read at once: who is further behind reads the streams that it needs."""

FOLLOWING = """
SELECT originator_id, originator_version, topic, state, notification_id
  FROM stored_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""
FOLLOWING_KEYS = """
SELECT stream, key_id, wrapped FROM vault_keys WHERE stream = ANY (ARRAY(
    SELECT originator_id FROM stored_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s))
"""

Wrapped = tuple[UUID, bytes]
"""The id of a data key, and the key as it is stored."""


@dataclass(frozen=True, slots=True)
class Newer:
    """An event of another process, still sealed; `keys` are those of all streams that were read with it."""

    mapper: EventMapper = field(repr=False)
    keys: Mapping[UUID, Sequence[Wrapped]] = field(repr=False)
    stream: UUID
    version: int
    topic: str
    state: bytes
    position: int

    def opened(self) -> Recorded:
        """The event; raises `Unreadable`, and `VaultError` for a key that was altered."""
        stored = Notification(self.stream, self.version, self.topic, self.state, self.position)
        return self.mapper.to_domain_event(stored, self.mapper.unwrap(self.keys.get(self.stream, ())))


class Follower(Protocol):
    """Somebody who keeps streams at hand."""

    def came(self, newer: Sequence[Newer]) -> None:
        """Take what belongs to streams that are kept; called by the writer, before it answers."""
        ...


class Following:
    """The place in the log up to which a follower was told; used by the writer alone."""

    def __init__(self, follower: Follower, mapper: EventMapper) -> None:
        """Begin behind the first batch that is written here."""
        self._follower, self._mapper = follower, mapper
        self._after = 0
        self._asked: tuple[Cursor[TupleRow], Cursor[TupleRow]] | None = None

    def ask(self, db: Connection[TupleRow]) -> None:
        """Send the question, in the pipeline of a batch that holds the log's lock."""
        self._asked = None
        if self._after:
            behind = (self._after, MOST)
            events = db.execute(FOLLOWING, behind, prepare=True, binary=True)
            self._asked = events, db.execute(FOLLOWING_KEYS, behind, prepare=True, binary=True)

    def tell(self, last: int) -> None:
        """Pass on what was found, once the batch is over; `last` is the position of its own last event, 0 for none."""
        asked, self._asked = self._asked, None
        found = asked[0].fetchall() if asked else []
        self._after = max(self._after, last, found[-1][-1] if found else 0)
        if asked and found:
            keys: dict[UUID, list[Wrapped]] = {}
            for stream, key_id, wrapped in asked[1]:
                keys.setdefault(stream, []).append((key_id, wrapped))
            self._follower.came([Newer(self._mapper, keys, *row) for row in found])
