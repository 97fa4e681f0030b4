"""A year of a street, tick by tick, from real petitions: every clock, reminder and order at the right instant.

`HUIYING_SIMULATED=2106` lives through it with all petitions there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.kernel import Recorded
from tests.conftest import new_database
from tests.service.time_kit import timed_office
from tests.simulation.oracle import due_of, expected, limit_of, told
from tests.simulation.street import FIRST, HOW_MANY, LAST, REAL, Street, letters

pytestmark = pytest.mark.skipif(not REAL.exists(), reason="the real petitions are not on this machine")

CHANCE = {"digest", "before", "salt", "query_code_digest", "text", "title", "content", "petitioners"}
"""What random text goes into, and what holds people."""


@dataclass(frozen=True, slots=True)
class Year:
    """What a year left behind: each file's events, and what the service did on it."""

    files: dict[str, list[Recorded]]
    by_system: dict[str, list[tuple[str, str, Any]]]


def lived(server: str, template: str, folder: Path, count: int) -> Year:
    with (
        new_database(server, template) as url,
        timed_office(url, folder / uuid4().hex, f"{FIRST}T07:00") as office,
    ):
        numbers = Street(office).year(letters(count))
        return Year(
            {number: office.parts.store.history(number) for number in numbers},
            {number: office.by_system(number) for number in numbers},
        )


@pytest.fixture(scope="module")
def year(postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Year:
    return lived(postgres_url, migrated_template, tmp_path_factory.mktemp("year"), HOW_MANY)


def test_every_reminder_and_order_came_at_its_instant_and_no_other(year: Year) -> None:
    assert len(year.files) == HOW_MANY
    for number, history in year.files.items():
        done = sorted(year.by_system[number], key=lambda entry: (entry[2], entry[0], entry[1]))
        assert done == expected(history), number


def test_the_year_had_everything_in_it(year: Year) -> None:
    """A simulation in which nothing is ever late, or nobody ever falls through, would show nothing."""
    kinds = {(kind, about.partition(":")[0]) for done in year.by_system.values() for kind, about, _ in done}
    reminded = {about for kind, about in kinds if kind == "reminder_sent"}
    assert reminded >= {"notice", "sign", "contact", "handle", "follow_up", "follow_up today", "order"}
    assert {about for kind, about in kinds if kind == "supervision_ordered"} >= {"handle"}
    topics = {one.fact.TOPIC for history in year.files.values() for one in history}
    assert {
        "petition.extension_granted",
        "petition.suspension_granted",
        "petition.return_granted",
        "petition.reopened",
        "petition.publication_waived",
        "petition.due_dates_recomputed",
        "petition.closed",
    } <= topics


def test_every_clock_ended_on_the_day_that_the_field_says(year: Year) -> None:
    for number, history in year.files.items():
        file = told(history)
        for clock in file.all:
            assert not clock.provisional or clock.until is not None, number
            if clock.provisional:
                continue  # it ran out before the year's calendar was known
            assert clock.due == due_of(clock.start, clock.days, working=clock.working), (number, clock)
        extended = sum(one.fact.days for one in history if one.fact.TOPIC == "petition.extension_granted")  # type: ignore[attr-defined]
        for clock in file.all:
            if clock.clock == "order":
                continue
            limits = [limit_of(file, clock.clock, again=again) for again in (False, True)]
            assert (clock.days, clock.working) in limits or (
                clock.clock == "handle" and (clock.days - extended, clock.working) in limits
            ), (number, clock)


def test_nothing_is_provisional_that_the_published_year_settles(year: Year) -> None:
    for history in year.files.values():
        assert all(not clock.provisional or clock.due.year > LAST.year + 1 for clock in told(history).running.values())


def plain(year: Year) -> list[tuple[object, ...]]:
    return [
        (one.stream, one.version, one.fact.TOPIC, one.actor, one.occurred_at, one.recorded_at, one.fact.model_dump(
            mode="json", exclude=CHANCE))
        for history in year.files.values()
        for one in history
    ]  # fmt: skip


def test_the_same_run_twice_gives_the_same_events(
    year: Year, postgres_url: str, migrated_template: str, tmp_path: Path
) -> None:
    """Numbers, times, people and facts; only what chance and sealing put in differs."""
    assert plain(lived(postgres_url, migrated_template, tmp_path, HOW_MANY)) == plain(year)
