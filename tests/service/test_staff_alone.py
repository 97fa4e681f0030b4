"""What the command line grants alone: what takes two people only while nobody administers the office."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import NotPossibleNow, RolesConflict, TwoPeopleNeeded
from domain.kernel import day_of
from domain.staff import AddStaff, EndRole, GrantRole
from domain.staff_access import ApproveRole
from domain.vocabulary import Role
from service.administration import administered, adopt_sample, grant_or_ask, staff_steps
from service.parts import Parts, opened
from service.settings import Settings
from tests.conftest import new_database
from tests.service.api_kit import SINCE, Office
from tests.service.test_cli_papers import run


@pytest.fixture
def parts(postgres_url: str, migrated_template: str, tmp_path: Path) -> Iterator[Parts]:
    """An office with a rulebook and nobody in it."""
    with new_database(postgres_url, migrated_template) as url:
        with opened(url, Settings(data_dir=tmp_path, database_url=url)) as found:
            adopt_sample(found)
            yield found


def granted(parts: Parts, name: str, role: Role) -> bool:
    """Make somebody of this role by the command line; whether they hold it now."""
    asked = grant_or_ask(parts, name, GrantRole(role=role, since=SINCE), AddStaff(name="某人"))
    held = role in parts.access.of_staff(name, "").roles
    assert held != asked
    return held


def test_the_first_ones_have_nobody_to_ask(parts: Parts) -> None:
    assert not administered(parts)
    assert granted(parts, "watcher", Role.SUPERVISOR)
    assert not administered(parts)
    assert granted(parts, "first", Role.ADMIN)
    assert administered(parts)


def test_once_somebody_administers_they_approve(parts: Parts) -> None:
    assert granted(parts, "first", Role.ADMIN)
    assert granted(parts, "clerk", Role.INTAKE), "other roles are granted as before"
    for name, role in {"second": Role.ADMIN, "watcher": Role.SUPERVISOR}.items():
        assert not granted(parts, name, role)
        with pytest.raises(NotPossibleNow):
            staff_steps(parts, name, GrantRole(role=role, since=SINCE))
        with pytest.raises(TwoPeopleNeeded):
            staff_steps(parts, name, ApproveRole(role=role))
        staff_steps(parts, name, ApproveRole(role=role), caller=parts.access.of_staff("first", ""))
        assert parts.access.of_staff(name, "").roles == {role}


def test_what_cannot_be_held_is_not_asked_for_and_nobody_is_added(parts: Parts) -> None:
    assert granted(parts, "first", Role.ADMIN)
    assert granted(parts, "clerk", Role.INTAKE)
    with pytest.raises(RolesConflict):
        grant_or_ask(parts, "clerk", GrantRole(role=Role.SUPERVISOR, since=SINCE))
    steps = AddStaff(name="某人"), GrantRole(role=Role.CALLER, since=SINCE)
    with pytest.raises(RolesConflict):
        grant_or_ask(parts, "both", GrantRole(role=Role.SUPERVISOR, since=SINCE), *steps)
    assert parts.store.version_of("staff:both") == 0


def test_when_the_last_administrator_is_gone_the_command_line_makes_the_next(parts: Parts) -> None:
    assert granted(parts, "first", Role.ADMIN)
    yesterday = day_of(parts.now()).replace(year=2020)
    staff_steps(parts, "first", EndRole(role=Role.ADMIN, until=yesterday))
    assert not administered(parts)
    assert granted(parts, "second", Role.ADMIN)


def test_the_command_says_that_it_only_asked(office: Office) -> None:
    done = run(office, "staff", "add", "--name", "某人", "--role", "supervisor", "--id", "cli-watcher")
    assert done.exit_code == 0, done.output
    assert "cli-watcher" in done.stdout.splitlines(), "beside what the office's own runner says there"
    assert "an administrator has approved it" in done.stderr
    assert office.parts.access.of_staff("cli-watcher", "").roles == frozenset()
    approved = office.post("admin", "/staff/cli-watcher/approve-role", {"role": "supervisor"})
    assert office.ok(approved)["staff"] == "cli-watcher"
    assert office.parts.access.of_staff("cli-watcher", "").roles == {Role.SUPERVISOR}
    trail = office.ok(office.get("supervisor", "/audit", stream="staff:cli-watcher", after=approved.json()["position"]))
    assert [(one["topic"], one["actor"]) for one in trail["events"]] == [
        ("staff.role_granted", "admin"),
        ("staff.role_asked", "system"),
        ("staff.added", "system"),
    ]
    other = run(office, "staff", "grant", "cli-watcher", "--role", "admin")
    assert isinstance(other.exception, RolesConflict)
