"""Comparing the tables of a projection that two schemas hold, and what an erasure leaves of stored facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from domain.kernel import Event, PersonalTree, Recorded, Seal, personal_fields
from domain.meeting_events import MeetingDataErased
from domain.petition.events.receiving import DataErased
from projections.filling import bared, dressed
from projections.projection import Projection, apply, blinding, create, placed_writes
from projections.writing import write

Content = dict[str, list[tuple[Any, ...]]]
NOTHING: Mapping[str, LiteralString] = {}
ERASED = {"erased": True}


def after_erasure(history: Iterable[Recorded]) -> list[Recorded]:
    """The same history as it is read once all that it erases is gone: keys are dropped with the erasing fact."""
    history = list(history)
    gone: dict[str, dict[str | None, int]] = {}
    for recorded in history:
        match recorded.fact:
            case DataErased(petitioner=whom) | MeetingDataErased(person=whom):
                gone.setdefault(recorded.stream, {})[whom] = recorded.version
    return [replace(one, fact=_without(one.fact, one.version, gone.get(one.stream, {}))) for one in history]


def _without(fact: Event, version: int, gone: dict[str | None, int]) -> Event:
    owners = {owner for owner, erased_at in gone.items() if version < erased_at}
    if not owners:
        return fact
    state = fact.model_dump(mode="json")
    _blank(state, personal_fields(type(fact)), owners)
    return type(fact).model_validate(state)


def _blank(node: dict[str, Any], tree: PersonalTree, owners: set[str | None]) -> None:
    for name, mark in tree.items():
        value = node.get(name)
        if isinstance(mark, Seal):
            if value is not None and (None in owners or (mark is Seal.PETITIONER and node["id"] in owners)):
                node[name] = ERASED
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict):
                _blank(child, mark, owners)


def blind(purpose: str, value: str) -> str:
    """A keyed hash as the vault makes them, under a key of the tests."""
    return blake2b(value.encode(), key=purpose.encode(), digest_size=16).hexdigest()


def fed(connection: psycopg.Connection[Any], projection: Projection, history: list[Recorded], size: int) -> Content:
    """What the projection's tables hold after a history that came in batches of `size`."""
    schema = f"{projection.name}_{size}"
    blinding(connection, blind)
    create(connection, projection, schema)
    for start in range(0, len(history), size):
        apply(connection, projection, schema, history[start : start + size])
    return content(connection, schema, projection.silent)


def filled(connection: psycopg.Connection[Any], projection: Projection, history: list[Recorded], size: int) -> Content:
    """What a rebuild's tables hold after a history: filled first, worked out and indexed then."""
    schema = f"{projection.name}_next"
    blinding(connection, blind)
    create(connection, projection, schema)
    left = bared(connection, projection, schema)
    for start in range(0, len(history), size):
        write(connection, placed_writes(projection, schema, history[start : start + size], filling=True))
    dressed(connection, left)
    return content(connection, schema, projection.silent)


def content(connection: psycopg.Connection[Any], schema: str, silent: Mapping[str, LiteralString] = NOTHING) -> Content:
    """Every row of every table of a schema, in the order of their text; without those that say nothing."""
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace"
    found: Content = {}
    for (name,) in connection.execute(query, (schema,)).fetchall():
        everything = SQL("SELECT t.* FROM {} AS t WHERE NOT ({}) ORDER BY t::text").format(
            Identifier(schema, name), SQL(silent.get(name, "false"))
        )
        found[name] = connection.execute(everything).fetchall()
    return found


def indexes(connection: psycopg.Connection[Any], schema: str) -> set[str]:
    """The indexes of a schema, as the database says them, without the schema's name."""
    found = connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = %s", (schema,)).fetchall()
    return {definition.replace(f"{schema}.", "") for (definition,) in found}
