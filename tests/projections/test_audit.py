"""The audit trail and the staff directory, from the store through the runner to what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pkgutil import walk_packages
from typing import cast
from uuid import UUID, uuid4

import psycopg
import pytest

import domain
from domain.kernel import EVENT_TYPES, Actor, Context, Event
from domain.petition.events.handling import Assigned, ProgressNoted
from domain.petition.events.recollecting import FileArchived
from domain.petition.events.supervising import FollowUpMissed
from domain.petition.titles import TITLES
from domain.rulebook import RulebookContent
from domain.staff_events import DeputyEnded, DeputyNamed, RoleEnded, RoleGranted, StaffAdded, StaffLeft
from domain.vocabulary import ContactMethod, Role
from projections.audit import Audit
from projections.audit_queries import AuditFilter, audit, trail
from projections.sight import Sight
from projections.staff import Deputyship, HeldRole, Member, StaffDirectory, directory, staff_units
from service.append import Append, StreamWrite
from service.rebuild import rebuild
from service.store import Store
from service.vault import Vault
from tests.conftest import new_database

ALL = Sight(committee=True)
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(days=3)
SECRET = "住在幸福路的赵小草"
Db = psycopg.Connection[tuple[object, ...]]

LI = Actor(id="li", role=Role.HANDLER, unit="repairs")
WANG = Actor(id="wang", role=Role.APPROVER, unit="repairs", on_behalf_of="zhao")
SYSTEM = Actor(id="system", role=Role.SYSTEM)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url, Vault(bytes(32))) as opened:
        yield opened


def act(
    store: Store,
    stream: str,
    after: int,
    *facts: Event,
    by: Actor = LI,
    at: datetime = NOW,
    occurred: datetime | None = NOW,
    because: str | None = None,
) -> UUID:
    """Record what somebody did; the command's id."""
    context = Context(
        actor=by,
        now=at,
        rulebook=cast(RulebookContent, None),
        rulebook_version=1,
        at=at,
        request_id="r-7",
        command_id=uuid4(),
    )
    write = StreamWrite(stream, after, facts, occurred, because)
    store.append(Append((write,), context)).result(30)
    return context.command_id


@pytest.fixture(scope="module")
def acts(postgres_url: str, migrated_template: str) -> Iterator[Db]:
    """Two files and a member of staff with some history, and the audit trail of it: only looked at."""
    with new_database(postgres_url, migrated_template) as url:
        with Store(url, Vault(bytes(32))) as store:
            act(store, "HY-2026-000001", 0, Assigned(lead="repairs"), ProgressNoted(text=SECRET))
            act(store, "HY-2026-000002", 0, FileArchived(archive_number="A-1"), by=WANG)
            act(store, "staff:li", 0, StaffAdded(name="李平安"), by=SYSTEM)
            missed = FollowUpMissed(method=ContactMethod.PHONE, attempt=1)
            act(store, "HY-2026-000001", 2, missed, at=NOW + timedelta(hours=1), occurred=EARLIER, because=SECRET)
            rebuild(url, store, [Audit()])
        with psycopg.connect(url) as connection:
            yield connection


def test_the_trail_of_a_file_tells_who_did_what_when(acts: Db) -> None:
    steps = trail(acts, "HY-2026-000001")
    assert [(step.version, step.title.zh) for step in steps] == [(1, "派单"), (2, "办理进展"), (3, "回访未联系上")]
    assert {(step.actor, step.role, step.unit) for step in steps} == {("li", "handler", "repairs")}
    assert steps[0].command_id == steps[1].command_id != steps[2].command_id
    assert [(step.occurred_at, step.backdated) for step in steps] == [(NOW, False), (NOW, False), (EARLIER, True)]
    assert steps[2].recorded_at == NOW + timedelta(hours=1)
    assert steps[0].request_id == "r-7"


def test_a_long_trail_comes_in_pages(acts: Db) -> None:
    first = trail(acts, "HY-2026-000001", limit=2)
    rest = trail(acts, "HY-2026-000001", after=first[-1].version, limit=2)
    assert [step.version for step in [*first, *rest]] == [1, 2, 3]
    assert trail(acts, "HY-2026-999999") == []


@pytest.mark.parametrize(
    "wanted, streams",
    [
        (AuditFilter(), ["HY-2026-000001", "staff:li", "HY-2026-000002", "HY-2026-000001", "HY-2026-000001"]),
        (AuditFilter(actor="wang"), ["HY-2026-000002"]),
        (AuditFilter(on_behalf_of="zhao"), ["HY-2026-000002"]),
        (AuditFilter(role="system"), ["staff:li"]),
        (AuditFilter(unit="repairs", actor="wang"), ["HY-2026-000002"]),
        (AuditFilter(unit="elsewhere"), []),
        (AuditFilter(backdated=True), ["HY-2026-000001"]),
        (AuditFilter(topic="petition.assigned"), ["HY-2026-000001"]),
        (AuditFilter(stream="HY-2026-000001", actor="wang"), []),
        (AuditFilter(recorded_from=NOW + timedelta(hours=1)), ["HY-2026-000001"]),
        (AuditFilter(recorded_to=NOW), []),
        (AuditFilter(occurred_from=EARLIER, occurred_to=NOW), ["HY-2026-000001"]),
    ],
)
def test_the_audit_can_be_asked_from_every_side(acts: Db, wanted: AuditFilter, streams: list[str]) -> None:
    assert [step.stream for step in audit(acts, wanted, ALL)] == streams


def test_the_audit_comes_newest_first_in_pages_that_meet(acts: Db) -> None:
    whole = audit(acts, AuditFilter(), ALL)
    first = audit(acts, AuditFilter(), ALL, limit=2)
    rest = audit(acts, AuditFilter(), ALL, before=first[-1].position)
    assert [*first, *rest] == whole
    assert [step.position for step in whole] == sorted((step.position for step in whole), reverse=True)


def test_nothing_that_anybody_wrote_stands_in_it(acts: Db) -> None:
    everything = acts.execute("SELECT events::text FROM audit.events").fetchall()
    assert len(everything) == 5
    assert SECRET not in repr(everything)
    assert "李平安" not in repr(everything)


def test_an_undated_step_stays_undated(database_url: str, store: Store) -> None:
    act(store, "HY-2026-000003", 0, FileArchived(archive_number="A-2"), occurred=None)
    rebuild(database_url, store, [Audit()])
    with psycopg.connect(database_url) as connection:
        assert [step.occurred_at for step in trail(connection, "HY-2026-000003")] == [None]


def test_every_fact_has_a_title() -> None:
    for module in walk_packages(domain.__path__, "domain."):
        import_module(module.name)
    ours = {topic for topic, kind in EVENT_TYPES.items() if kind.__module__.startswith("domain.")}
    assert ours == set(TITLES)
    assert all(title.zh and title.en for title in TITLES.values())
    assert len({title.zh for title in TITLES.values()}) == len(TITLES)


def test_the_directory_follows_grants_deputies_and_leaving(database_url: str, store: Store) -> None:
    since, later, end = date(2026, 1, 1), date(2026, 6, 1), date(2026, 12, 31)
    act(
        store,
        "staff:li",
        0,
        StaffAdded(name="李平安"),
        RoleGranted(role=Role.HANDLER, unit="repairs", since=since, until=None),
        RoleGranted(role=Role.CALLER, unit=None, since=since, until=end),
        RoleEnded(role=Role.HANDLER, unit="repairs", since=since, until=later),
        DeputyNamed(principal="wang", since=since, until=end),
        DeputyEnded(principal="wang", since=since, until=later),
    )
    act(
        store,
        "staff:wang",
        0,
        StaffAdded(name="王长安"),
        RoleGranted(role=Role.APPROVER, unit="repairs", since=since, until=None),
        StaffLeft(on=later),
    )
    rebuild(database_url, store, [StaffDirectory()])
    with psycopg.connect(database_url) as connection:
        assert directory(connection) == [
            Member(
                "li",
                None,
                (HeldRole("caller", None, since, end), HeldRole("handler", "repairs", since, later)),
                (Deputyship("wang", since, later),),
            ),
            Member("wang", later, (HeldRole("approver", "repairs", since, None),), ()),
        ]
        both = {"li": frozenset({"repairs"}), "wang": frozenset({"repairs"})}
        assert staff_units(connection, later) == both
        nowhere = dict.fromkeys(both, frozenset[str]())
        assert staff_units(connection, later + timedelta(days=1)) == nowhere
        assert staff_units(connection, since - timedelta(days=1)) == nowhere
        assert "安" not in repr(connection.execute("SELECT m::text FROM staff.members m").fetchall())


def test_a_grant_taken_back_before_it_began_can_be_made_again(database_url: str, store: Store) -> None:
    since = date(2026, 6, 1)
    granted = RoleGranted(role=Role.HANDLER, unit="repairs", since=since, until=None)
    ended = RoleEnded(role=Role.HANDLER, unit="repairs", since=since, until=since - timedelta(days=1))
    act(store, "staff:li", 0, StaffAdded(name="李平安"), granted, ended, granted)
    rebuild(database_url, store, [StaffDirectory()])
    with psycopg.connect(database_url) as connection:
        assert staff_units(connection, since) == {"li": frozenset({"repairs"})}
