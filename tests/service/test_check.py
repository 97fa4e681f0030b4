"""The check finds nothing where all is well, and whatever was made wrong by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast
from uuid import uuid4

import psycopg
import pytest

from domain.kernel import Actor, Context, Event
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.rulebook import RulebookContent
from domain.staff_events import RoleGranted, StaffAdded
from domain.vocabulary import Role
from projections.catalogue import PROJECTIONS
from service.append import Append, Series, StreamWrite
from service.check import Difference, check
from service.rebuild import rebuild
from service.store import Store
from service.vault import Vault
from tests.projections.histories import JANUARY, imported, noon, received

NOW = noon(JANUARY)
FIRST, SECOND = "HY-2026-000001", "HY-2026-000002"


def context() -> Context:
    return Context(
        actor=Actor(id="s-1", role=Role.INTAKE),
        now=NOW,
        rulebook=cast(RulebookContent, None),
        rulebook_version=1,
        at=NOW,
        request_id="r-1",
        command_id=uuid4(),
    )


def begin(store: Store, *facts: Event) -> str | None:
    write = StreamWrite(None, 0, facts, NOW)
    return store.append(Append((write,), context(), Series("HY", 2026))).result(30).number


def go_on(store: Store, stream: str, after: int, *facts: Event) -> None:
    store.append(Append((StreamWrite(stream, after, facts, NOW),), context())).result(30)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url, Vault(bytes(32))) as opened:
        yield opened


@pytest.fixture
def filled(database_url: str, store: Store) -> Store:
    """Two files and a member of staff, with all projections built."""
    assert begin(store, received(), r.PetitionAccepted()) == FIRST
    assert begin(store, imported(), h.ReplyImported(text="已办")) == SECOND
    go_on(store, FIRST, 2, h.Assigned(lead="u1"))
    go_on(
        store,
        "staff:li",
        0,
        StaffAdded(name="李平安"),
        RoleGranted(role=Role.CALLER, unit=None, since=JANUARY, until=None),
    )
    rebuild(database_url, store, PROJECTIONS)
    return store


def checked(url: str, store: Store) -> list[Difference]:
    with psycopg.connect(url, autocommit=True) as connection:
        return check(store, connection)


def change(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(sql).rowcount > 0


def test_all_is_well(database_url: str, filled: Store) -> None:
    told: list[tuple[str, int, int]] = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert check(filled, connection, progress=lambda *part: told.append(part)) == []
        leftovers = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%\\_check'").fetchall()
    assert leftovers == []
    assert told == [("events", filled.last_position(), filled.last_position()), ("files", 2, 2)]


def test_projections_that_lag_behind_are_compared_where_they_stand(database_url: str, filled: Store) -> None:
    go_on(filled, FIRST, 3, h.ProgressNoted(text="换灯"))
    assert checked(database_url, filled) == []


def test_an_empty_log_is_well_once_tables_are_there(database_url: str, store: Store) -> None:
    assert {one.problem for one in checked(database_url, store)} == {"is not built yet"}
    rebuild(database_url, store, PROJECTIONS)
    assert checked(database_url, store) == []


@pytest.mark.parametrize(
    "sql, expected",
    [
        (
            "UPDATE ledger.rows SET stage = 'closed' WHERE number = 'HY-2026-000001'",
            {("ledger.rows", FIRST, "differs"), ("file", FIRST, "ledger has")},
        ),
        ("DELETE FROM audit.events WHERE topic = 'petition.assigned'", {("audit.events", "5", "is missing")}),
        (
            "INSERT INTO staff.members (staff) VALUES ('nobody')",
            {("staff.members", "nobody", "should not be there")},
        ),
        (
            "UPDATE number_series SET next = 4",
            {("series", "HY-2026-000003", "was given to no file")},
        ),
        ("UPDATE number_series SET next = 2", {("series", SECOND, "is beyond the counter")}),
        (
            "UPDATE runner.projections SET state = 'stopped', error_position = 5 WHERE name = 'audit'",
            {("projection", "audit", "stopped at position 5")},
        ),
        (
            "UPDATE runner.projections SET version = 77 WHERE name = 'audit'",
            {("projection", "audit", "is of version 77")},
        ),
        (
            "UPDATE stored_events SET originator_version = 4 WHERE topic = 'petition.assigned'",
            {
                ("stream", FIRST, "version 4 follows 2"),
                ("audit.events", "5", "differs"),
                ("ledger.rows", FIRST, "differs"),
                ("file", FIRST, "does not fold"),
            },
        ),
        (
            "UPDATE stored_events SET topic = 'petition.unheard_of' WHERE topic = 'petition.assigned'",
            {("log", "5", "cannot be read")},
        ),
    ],
)
def test_what_was_made_wrong_is_found(
    database_url: str, filled: Store, sql: str, expected: set[tuple[str, str, str]]
) -> None:
    change(database_url, sql)
    found = checked(database_url, filled)
    for where, key, problem in expected:
        assert [one for one in found if (one.where, one.key) == (where, key) and one.problem.startswith(problem)]


def test_findings_name_no_contents(database_url: str, filled: Store) -> None:
    change(database_url, "UPDATE ledger.rows SET title = '张三丰的电话' WHERE number = 'HY-2026-000001'")
    found = checked(database_url, filled)
    assert [str(one) for one in found] == ["ledger.rows HY-2026-000001: differs"]
