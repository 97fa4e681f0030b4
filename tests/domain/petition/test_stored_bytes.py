"""What was stored once must load for ever: one stored state of every fact in every version it ever had.

`HUIYING_WRITE_GOLDEN=1 pytest tests/domain/petition/test_stored_bytes.py` writes the states that are missing (a new
fact, a new version). It never rewrites one: whoever changes a stored field raises the VERSION and writes an upcast.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from domain.kernel import EVENT_TYPES, Event
from domain.petition.events.receiving import PetitionReceived
from tests.domain.petition.samples import SOURCES, facts, sample

GOLDEN = Path(__file__).parents[2] / "golden"
Stored = dict[str, Any]


def samples() -> dict[str, Event]:
    """One of every kind of fact, and of the first fact one for each channel, by the name of its golden file."""
    named = {f"{kind.TOPIC}.v{kind.VERSION}": sample(kind) for kind in facts()}
    first = f"{PetitionReceived.TOPIC}.v{PetitionReceived.VERSION}"
    for source in SOURCES[1:]:
        one = sample(source)
        name = f"{first}.{one.model_dump(mode='json')['channel']}"
        named[name] = sample(PetitionReceived, source=one)
    return named


def read(name: str) -> Stored:
    """The stored state in a golden file."""
    stored: Stored = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return stored


def load(stored: Stored) -> Event:
    """The fact in a stored state, brought to the present version."""
    kind = EVENT_TYPES[stored["topic"]]
    state = stored["fact"]
    if stored["version"] != kind.VERSION:
        state = kind.upcast(state, stored["version"])
    return kind.model_validate(state)


def write_missing() -> None:
    """Write the state of every sample that has none yet."""
    GOLDEN.mkdir(exist_ok=True)
    for name, fact in samples().items():
        path = GOLDEN / f"{name}.json"
        if not path.exists():
            state = {"topic": fact.TOPIC, "version": fact.VERSION, "fact": fact.model_dump(mode="json")}
            path.write_text(json.dumps(state, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if os.environ.get("HUIYING_WRITE_GOLDEN"):
    write_missing()

SAMPLES = samples()
STORED = sorted(path.stem for path in GOLDEN.glob("*.json"))


def test_every_topic_has_a_state_of_every_version() -> None:
    kept = {(read(name)["topic"], read(name)["version"]) for name in STORED}
    wanted = {(kind.TOPIC, version) for kind in facts() for version in range(1, kind.VERSION + 1)}
    assert wanted == kept


@pytest.mark.parametrize("name", STORED)
def test_what_was_stored_loads(name: str) -> None:
    assert read(name)["topic"] == load(read(name)).TOPIC


@pytest.mark.parametrize("name", SAMPLES)
def test_the_present_version_is_stored_as_ever(name: str) -> None:
    fact, stored = SAMPLES[name], read(name)
    assert load(stored) == fact
    assert fact.model_dump(mode="json") == stored["fact"], "a stored field changed: raise VERSION and write an upcast"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_state_with_a_field_changed_no_longer_loads(name: str) -> None:
    stored = read(name)
    for field in stored["fact"]:
        state = {**stored["fact"], f"{field}_renamed": stored["fact"][field]}
        del state[field]
        with pytest.raises(ValueError, match=f"{field}_renamed"):
            load({**stored, "fact": state})
