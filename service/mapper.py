"""Facts to stored bytes and back.

The stored state is JSON (compressed or encrypted as a whole where the library's hooks are set):

==  =======================================================================================
v   the fact's VERSION
s   the stream's name
f   the fact, each personal value replaced by an envelope `{"k": key id, "c": ciphertext}`
a   the actor (without what is empty)
o   occurred at, UTC; null where nobody stated it
r   recorded at, UTC
q   request id
c   command id
b   why it was backdated: an envelope under the file's key; only where stated
h   the stream whose keys seal it; only where that is another one (a receipt)
==  =======================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    Cipher,
    Compressor,
    Mapper,
    MapperDeserialisationError,
    Notification,
    StoredEvent,
    Transcoder,
)
from pydantic import ValidationError

from domain.kernel import EVENT_TYPES, Actor, Erased, Event, PersonalTree, Recorded, Seal, personal_fields
from service.vault import FILE, DataKey, Json, Keyring, Vault, VaultError, is_envelope

BACKDATED = "backdated_because"
"""The field name that the envelope of `b` is bound to."""

State = dict[str, Any]
Keys = Mapping[str, DataKey]
"""Data keys by id, in hexadecimal as envelopes name them."""


class Unreadable(MapperDeserialisationError):
    """A stored event cannot be read. Names the event and the fields at fault, never a value."""


class UnknownTopic(Unreadable):
    """A stored event has a topic that this version of the product does not know."""


class JsonTranscoder(Transcoder):
    """JSON bytes by orjson."""

    def encode(self, obj: Any) -> bytes:
        """The JSON of an object."""
        return orjson.dumps(obj)

    def decode(self, data: bytes) -> Any:
        """The object in some JSON."""
        return orjson.loads(data)


class EventMapper(Mapper[UUID]):
    """The one place that knows stored bytes; personal values are sealed on the way in and opened on the way out."""

    def __init__(self, vault: Vault, compressor: Compressor | None = None, cipher: Cipher | None = None) -> None:
        """`compressor` and `cipher` work on the whole state, as in the library."""
        super().__init__(JsonTranscoder(), compressor, cipher)
        self.vault = vault

    def body(self, fact: Event, ring: Keyring) -> bytes:
        """A fact's JSON with personal values sealed under the ring's keys; the ring makes keys that are missing."""
        state = fact.model_dump(mode="json")
        tree = personal_fields(type(fact))
        if tree:
            self._seal(state, tree, ring, "")
        return orjson.dumps(state)

    def _seal(self, node: dict[str, Json], tree: PersonalTree, ring: Keyring, path: str) -> None:
        for name, mark in tree.items():
            value = node.get(name)
            if value is None:
                continue
            if isinstance(mark, Seal):
                if not is_erased(value):
                    owner = FILE if mark is Seal.FILE else str(node["id"])
                    node[name] = self.vault.seal(ring.key(owner), f"{path}{name}", value)
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, dict):
                    self._seal(child, mark, ring, f"{path}{name}.")

    def to_stored_event(
        self,
        domain_event: DomainEventProtocol[UUID],
        ring: Keyring | None = None,
        body: bytes | None = None,
        holder: str | None = None,
    ) -> StoredEvent:
        """The stored form of a `Recorded`.

        `ring` are the keys to seal under; `body` is the fact's JSON if it is sealed already; `holder` is the stream
        that the keys belong to, if that is another one. Raises `VaultError` when something must be sealed without a
        ring.
        """
        recorded = cast(Recorded, domain_event)
        fact = recorded.fact
        if ring is None:
            ring = Keyring(self.vault)
            if personal_fields(type(fact)) or recorded.backdated_because is not None:
                raise VaultError(f"{fact.TOPIC} needs keys to be stored")
        state: State = {
            "v": fact.VERSION,
            "s": recorded.stream,
            "f": orjson.Fragment(body if body is not None else self.body(fact, ring)),
            "a": orjson.Fragment(_said(recorded.actor)),
            "o": recorded.occurred_at and recorded.occurred_at.astimezone(UTC),
            "r": recorded.recorded_at.astimezone(UTC),
            "q": recorded.request_id,
            "c": recorded.command_id.hex,
        }
        if recorded.backdated_because is not None:
            state["b"] = self.vault.seal(ring.key(FILE), BACKDATED, recorded.backdated_because)
        if holder is not None:
            state["h"] = holder
        data = self.transcoder.encode(state)
        if self.compressor:
            data = self.compressor.compress(data)
        if self.cipher:
            data = self.cipher.encrypt(data)
        return StoredEvent(recorded.originator_id, recorded.version, fact.TOPIC, data)

    def state(self, stored: StoredEvent) -> State:
        """The stored state as JSON objects, nothing opened; raises `Unreadable`."""
        try:
            data = stored.state
            if self.cipher:
                data = self.cipher.decrypt(data)
            if self.compressor:
                data = self.compressor.decompress(data)
            return cast(State, self.transcoder.decode(data))
        except Exception as error:
            raise Unreadable(f"{where(stored)} is damaged ({type(error).__name__})") from None

    def to_domain_event(self, stored_event: StoredEvent, keys: Keys | None = None) -> Recorded:
        """The `Recorded` in a stored event; personal values whose key is not among `keys` come as `Erased`."""
        return self.recorded(stored_event, self.state(stored_event), keys or {})

    def recorded(self, stored: StoredEvent, state: State, keys: Keys) -> Recorded:
        """As `to_domain_event`, from a state that `state` has read; the state is used up."""
        kind = EVENT_TYPES.get(stored.topic)
        if kind is None:
            raise UnknownTopic(f"{where(stored)}: nobody knows this topic")
        try:
            fact = self._fact(kind, state["f"], state["v"], keys)
            because = self._open(state["b"], BACKDATED, keys) if "b" in state else None
            occurred = state["o"]
            return Recorded(
                stream=state["s"],
                version=stored.originator_version,
                fact=fact,
                actor=_actor(**state["a"]),
                occurred_at=datetime.fromisoformat(occurred) if occurred else None,
                recorded_at=datetime.fromisoformat(state["r"]),
                request_id=state["q"],
                command_id=UUID(hex=state["c"]),
                position=stored.id if isinstance(stored, Notification) else 0,
                backdated_because=because if because is None or isinstance(because, str) else str(Erased()),
            )
        except ValidationError as error:
            faults = [(".".join(map(str, fault["loc"])), fault["type"]) for fault in error.errors(include_input=False)]
            raise Unreadable(f"{where(stored)} does not fit its class: {faults}") from None
        except (VaultError, KeyError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, VaultError | KeyError) else type(error).__name__
            raise Unreadable(f"{where(stored)} cannot be read: {reason}") from None

    def _fact(self, kind: type[Event], fact: dict[str, Json], version: int, keys: Keys) -> Event:
        if version == kind.VERSION or kind.upcast.__func__ is Event.upcast.__func__:  # type: ignore[attr-defined]
            # The same fields, or fewer: what was added since is not there.
            if tree := personal_fields(kind):
                self._unseal(fact, tree, keys, "")
            found: Event = kind.__pydantic_validator__.validate_python(fact)  # model_validate takes twice as long
            return found
        # Envelopes are bound to the field names of their own time: they are opened before an upcast renames anything.
        opened = self._unseal_all(fact, keys, "")
        return kind.model_validate(kind.upcast(cast(State, opened), version))

    def _unseal(self, node: dict[str, Json], tree: PersonalTree, keys: Keys, path: str) -> None:
        for name, mark in tree.items():
            value = node.get(name)
            if value is None:
                continue
            if isinstance(mark, Seal):
                if is_envelope(value):
                    node[name] = self._open(value, f"{path}{name}", keys)
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, dict):
                    self._unseal(child, mark, keys, f"{path}{name}.")

    def _unseal_all(self, value: Json, keys: Keys, path: str) -> Json:
        """Open every envelope inside a value, whatever class it once had."""
        if is_envelope(value):
            return self._open(value, path, keys)
        if isinstance(value, dict):
            prefix = f"{path}." if path else ""
            return {name: self._unseal_all(child, keys, f"{prefix}{name}") for name, child in value.items()}
        if isinstance(value, list):
            return [self._unseal_all(child, keys, path) for child in value]
        return value

    def _open(self, envelope: dict[str, Json], name: str, keys: Keys) -> Json:
        key = keys.get(str(envelope["k"]))
        return {"erased": True} if key is None else self.vault.open(key, name, envelope)

    def unwrap(self, rows: Iterable[tuple[UUID, bytes]]) -> dict[str, DataKey]:
        """Stored keys (id, wrapped) ready for opening."""
        return {key_id.hex: self.vault.unwrap(key_id, wrapped) for key_id, wrapped in rows}


@lru_cache(maxsize=4096)
def _said(actor: Actor) -> bytes:
    """An actor's JSON; the same few act again and again."""
    return orjson.dumps(actor.model_dump(mode="json", exclude_none=True))


@lru_cache(maxsize=4096)
def _actor(**said: str) -> Actor:
    """The actor whose JSON says this."""
    return Actor.model_validate(said)


def is_erased(value: Json) -> bool:
    """Whether a JSON value is an erased one, which is kept as it is."""
    return isinstance(value, dict) and value.get("erased") is True


def holder(state: State) -> str:
    """The stream whose keys a stored state is sealed under."""
    return str(state.get("h") or state["s"])


def where(stored: StoredEvent) -> str:
    """Which stored event it is, for an error: position where known, topic, stream id, version."""
    position = f"position {stored.id}, " if isinstance(stored, Notification) else ""
    return f"event at {position}{stored.topic} version {stored.originator_version} of {stored.originator_id}"
