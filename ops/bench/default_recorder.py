"""The service as it would be on eventsourcing's own recorder: everything else is the same.

Every request saves its events by the library's `insert_events`, with its default settings, in a transaction of its own:
`LOCK TABLE … EXCLUSIVE`, NOTIFY, insert. Its keys go in through the hook that the library has for such. Numbers come
from a counter in memory, which costs nothing (and would not survive a crash): the comparison is generous there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any

import uvicorn
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg.sql import SQL

from domain.errors import Stale
from domain.kernel import stamp, stream_id
from domain.numbering import file_number
from domain.receipt import ReceiptIssued
from service import store as stores
from service.app import create_app
from service.append import Append, Appended
from service.batch import ADD_KEYS, KEYS
from service.gathering import GatheringProtocol
from service.logs import configure
from service.mapper import EventMapper
from service.newer import Follower
from service.recorder import EVENTS_TABLE, OrderedRecorder, connect_recorder
from service.settings import Settings
from service.settling import settle
from service.vault import Keyring, Vault

THREADS = 16
KEYS_OF = SQL(KEYS.replace("%b", "%s"))
ADD = SQL(ADD_KEYS.replace("%b", "%s"))


class DefaultRecorder(PostgresApplicationRecorder):
    """The library's recorder; new keys are inserted in the same pipeline and transaction."""

    def _insert_events(self, curs: Any, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        keys = kwargs.pop("keys", ())
        if keys:
            curs.execute(ADD, [list(column) for column in zip(*keys, strict=True)], prepare=True)


class OneByOne:
    """Stands in the writer's place: each request is a transaction of its own, from one of several threads."""

    def __init__(self, url: str, recorder: OrderedRecorder, vault: Vault, mapper: EventMapper, **_: Any) -> None:
        """Take the library's recorder instead of ours, on the same table."""
        self._datastore = connect_recorder(url, readers=THREADS).datastore
        self._recorder = DefaultRecorder(self._datastore, events_table_name=EVENTS_TABLE)
        self._vault, self._mapper = vault, mapper
        self._pool = ThreadPoolExecutor(THREADS, "recorder")
        last = self._recorder.max_notification_id()
        self._numbers = count(1 + (last or 0))
        self.waiting = 0

    def submit(self, append: Append) -> Future[Appended]:
        """Save in a thread."""
        return self._pool.submit(self._save, append)

    def follow(self, follower: Follower) -> None:
        """One process serves here: nobody else writes."""

    def close(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown()
        self._datastore.close()

    def _save(self, append: Append) -> Appended:
        rows: list[StoredEvent] = []
        rings: dict[str, Keyring] = {}
        versions: dict[str, int] = {}
        number = None
        for write in append.writes:
            name = write.stream
            if name is None:
                assert append.series is not None
                name = number = file_number(append.series.office, append.series.year, next(self._numbers))
                rings[name] = Keyring(self._vault)
            else:
                rings[name] = self._stored(name)
            events = stamp(write.facts, stream=name, after=write.after, context=append.context,
                           occurred_at=write.occurred_at, backdated_because=write.backdated_because)  # fmt: skip
            rows += [self._mapper.to_stored_event(event, rings[name]) for event in events]
            versions[name] = write.after + len(write.facts)
        last = len(rows) - 1
        first = next(iter(versions))
        for receipt in append.receipts:
            fact = ReceiptIssued(stream=first, version=versions[first], stage=receipt.stage, round=receipt.round,
                                 request_digest=receipt.request_digest, query_code=receipt.query_code)  # fmt: skip
            (event,) = stamp(
                [fact], stream=receipt.stream, after=0, context=append.context, occurred_at=append.context.now
            )
            rows.append(self._mapper.to_stored_event(event, rings[first], holder=first))
        keys = [
            (key.id, stream_id(name), owner, self._vault.wrap(key))
            for name, ring in rings.items()
            for owner, key in ring.made.items()
        ]
        try:
            positions = self._recorder.insert_events(rows, keys=keys)
        except IntegrityError:
            raise Stale from None
        assert positions is not None
        return Appended(positions[last], number, versions)

    def _stored(self, name: str) -> Keyring:
        with self._datastore.cursor() as cursor:
            found = cursor.execute(KEYS_OF, ([stream_id(name)],), prepare=True).fetchall()
        return Keyring(self._vault, ((row["owner"], row["key_id"], bytes(row["wrapped"])) for row in found))


def main() -> None:
    """Serve at the port of the settings, which come from the environment."""
    stores.Writer = OneByOne  # type: ignore[assignment,misc]
    settings = Settings.read(os.environ)
    configure(settings)
    app = create_app(settings)
    settle()
    uvicorn.run(app, port=settings.port, loop="uvloop", http=GatheringProtocol, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
