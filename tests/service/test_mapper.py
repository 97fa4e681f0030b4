"""Stored bytes of older versions, sealed as they were: read with their keys, and erased without."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from eventsourcing.persistence import StoredEvent

from domain.kernel import Actor, Erased, Event, Recorded
from domain.meeting_events import MeetingConvened
from domain.petition.events.receiving import PetitionReceived
from service.mapper import EventMapper
from service.vault import DataKey, Keyring, Vault
from tests.domain.petition.samples import sample
from tests.service.store_kit import MASTER

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
MAPPER = EventMapper(Vault(MASTER))


def stored(fact: Event) -> tuple[StoredEvent, dict[str, DataKey]]:
    """The fact as it is stored today, and its keys."""
    ring = Keyring(MAPPER.vault)
    recorded = Recorded("HY-2026-000001", 1, fact, Actor(id="s"), AT, AT, "r", UUID(int=1))
    event = MAPPER.to_stored_event(recorded, ring)
    return event, {key.id.hex: key for key in ring.made.values()}


def as_version(event: StoredEvent, version: int, **facts: object) -> StoredEvent:
    """The same with fields as an older version had them."""
    state = orjson.loads(event.state)
    state["v"], state["f"] = version, {**state["f"], **facts}
    return StoredEvent(event.originator_id, event.originator_version, event.topic, orjson.dumps(state))


@pytest.mark.parametrize("readable", [True, False])
def test_a_version_that_had_fewer_fields_reads_without_them(readable: bool) -> None:
    fact = sample(PetitionReceived)
    event, keys = stored(fact)
    place = orjson.loads(event.state)["f"]["place"]
    del place["point"]
    read = MAPPER.to_domain_event(as_version(event, 1, place=place), keys if readable else {}).fact
    assert isinstance(read, PetitionReceived)
    assert read.place is not None
    assert read.place.point is None
    assert (read.title, read.place.address) == (("title", "address") if readable else (Erased(), Erased()))


@pytest.mark.parametrize("readable", [True, False])
def test_a_version_that_had_other_fields_is_opened_before_it_is_brought_up(readable: bool) -> None:
    fact = sample(MeetingConvened)
    event, _ = stored(fact)
    key = MAPPER.vault.new_key()
    seal = MAPPER.vault.seal
    old = {
        "chair": seal(key, "chair", "高山青"),
        "attendance": [{"name": seal(key, "attendance.name", "水流长"), "unit": None, "present": True}],
    }
    read = MAPPER.to_domain_event(as_version(event, 1, **old), {key.id.hex: key} if readable else {}).fact
    assert isinstance(read, MeetingConvened)
    names = (read.chair.name, read.attendance[0].name)
    assert names == (("高山青", "水流长") if readable else (Erased(), Erased()))
    assert read.people == ()
