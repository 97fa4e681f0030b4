"""The audit trail: who did what when, in which role, for whom; one row for every recorded step, without any free text.

The events themselves are the record; this makes them findable. Receipts of requests are not steps and are left out.

A step is asked for by who took it, in which role, for which unit, what it was: conditions that are rare together
though each is common. There are few combinations of them, as many as the staff has habits, and each has a number of
its own, its kind. So a question is answered from few kinds, each of which the index has newest first. How it is asked:
audit_queries.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import ClassVar

import orjson

from domain.kernel import Recorded
from domain.receipt import ReceiptIssued
from projections.projection import Projection, Write
from projections.writing import Groups

RECORD = """
INSERT INTO {schema}.events (position, stream, version, topic, actor, role, unit, on_behalf_of,
                             occurred_at, recorded_at, backdated, request_id, command_id, kind)
VALUES (%(position)s, %(stream)s, %(version)s, %(topic)s, %(actor)s, %(role)s, %(unit)s, %(on_behalf_of)s,
        %(occurred_at)s, %(recorded_at)s, %(backdated)s, %(request_id)s, %(command_id)s, %(kind)s)
"""
KNOW = """
INSERT INTO {schema}.kinds (kind, topic, actor, role, unit, on_behalf_of, backdated, at_once)
VALUES (%(kind)s, %(topic)s, %(actor)s, %(role)s, %(unit)s, %(on_behalf_of)s, %(backdated)s, %(at_once)s)
ON CONFLICT DO NOTHING
"""
KNOW_ALL = """
INSERT INTO {schema}.kinds (kind, topic, actor, role, unit, on_behalf_of, backdated, at_once)
SELECT DISTINCT ON (kind) kind, topic, actor, role, unit, on_behalf_of, backdated,
       coalesce(occurred_at = recorded_at, false)
FROM {schema}.events
"""


SORTED_BY = ("kind", "topic", "actor", "role", "unit", "on_behalf_of", "backdated")


class Audit(Projection):
    """One row for every event of every file, of the rulebook, of the staff and of meetings; and their kinds."""

    name: ClassVar[str] = "audit"
    version: ClassVar[int] = 3
    by_key: ClassVar[bool] = True
    personal: ClassVar[bool] = False
    ddl: ClassVar[str] = """
        CREATE TABLE {schema}.events (
            position     bigint      PRIMARY KEY,
            stream       text        NOT NULL,
            version      integer     NOT NULL,
            topic        text        NOT NULL,
            actor        text        NOT NULL,
            role         text,
            unit         text,
            on_behalf_of text,
            occurred_at  timestamptz,
            recorded_at  timestamptz NOT NULL,
            backdated    boolean     NOT NULL,
            request_id   text        NOT NULL,
            command_id   uuid        NOT NULL,
            kind         bigint      NOT NULL
        );
        CREATE UNIQUE INDEX ON {schema}.events (stream, version);
        CREATE INDEX ON {schema}.events (recorded_at, position);
        CREATE INDEX ON {schema}.events (kind, recorded_at, position);
        CREATE INDEX ON {schema}.events (role, recorded_at, position);
        CREATE INDEX ON {schema}.events (recorded_at, position) WHERE backdated;
        CREATE INDEX ON {schema}.events (occurred_at, recorded_at, position, kind) WHERE occurred_at <> recorded_at;
        CREATE TABLE {schema}.kinds (
            kind         bigint  PRIMARY KEY,
            topic        text    NOT NULL,
            actor        text    NOT NULL,
            role         text,
            unit         text,
            on_behalf_of text,
            backdated    boolean NOT NULL,
            at_once      boolean NOT NULL
        );
    """

    settle: ClassVar[tuple[str, ...]] = (KNOW_ALL,)

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """One row, unless it is a receipt."""
        if isinstance(recorded.fact, ReceiptIssued):
            return
        actor = recorded.actor
        sort: dict[str, object] = {
            "topic": recorded.fact.TOPIC,
            "actor": actor.id,
            "role": actor.role and str(actor.role),
            "unit": actor.unit,
            "on_behalf_of": actor.on_behalf_of,
            "backdated": recorded.backdated_because is not None,
        }
        yield (
            RECORD,
            {
                "position": recorded.position,
                "stream": recorded.stream,
                "version": recorded.version,
                **sort,
                "occurred_at": recorded.occurred_at,
                "recorded_at": recorded.recorded_at,
                "request_id": recorded.request_id,
                "command_id": recorded.command_id,
                "kind": kind_of(*sort.values(), recorded.occurred_at == recorded.recorded_at),
            },
        )

    def around(self, groups: Groups) -> tuple[Groups, Groups]:
        """Before a batch's steps their kinds, each once: as a write of every step they would cost as much as it."""
        steps = {row["kind"]: row for _, rows in groups for row in rows}
        kinds = [
            {**{name: step[name] for name in SORTED_BY}, "at_once": step["occurred_at"] == step["recorded_at"]}
            for step in steps.values()
        ]
        return ([(KNOW, kinds)] if kinds else []), []


@lru_cache(maxsize=4096)
def kind_of(*sort: object) -> int:
    """The number of a combination, the same in every rebuild: 63 bits of its hash, so that no two will share one."""
    return int.from_bytes(blake2b(orjson.dumps(sort), digest_size=8).digest()) >> 1
