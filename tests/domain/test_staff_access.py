"""Roles that two people grant: one administrator asks, another approves; and ways in, which leave a trace."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.errors import Invalid, NotPossibleNow, RolesConflict, TwoPeopleNeeded, UnknownStaff, WrongRole
from domain.kernel import Actor, Context, Event, stamp
from domain.staff import TWO_PEOPLE, GrantRole, Staff, StaffCommand, staff_stream
from domain.staff_access import (
    ApproveRole,
    AskRole,
    GivePassword,
    IssueToken,
    RefuseRole,
    RevokeToken,
    UnlockAccount,
)
from domain.staff_events import (
    AccountUnlocked,
    PasswordGiven,
    RoleAsked,
    RoleGranted,
    RoleRefused,
    StaffAdded,
    StaffLeft,
    TokenIssued,
    TokenRevoked,
)
from domain.vocabulary import STAFF_ROLES, Role
from tests.domain.test_staff import ADDED, context, day

TOKEN = str(UUID(int=7))


class Person:
    """A member of staff to whom things happen, each by somebody."""

    def __init__(self, *facts: Event, by: str = "admin") -> None:
        self.staff = Staff(staff_stream("zhao"))
        self.happen(*facts, by=by)

    def happen(self, *facts: Event, by: str = "admin", behalf: str | None = None) -> None:
        one = acting(by, behalf)
        self.staff.fold(
            stamp(facts, stream=self.staff.stream, after=self.staff.version, context=one, occurred_at=one.now)
        )

    def when(self, command: StaffCommand, by: str = "admin", behalf: str | None = None) -> tuple[Event, ...]:
        refused = type(command).refusal(self.staff, acting(by, behalf))
        if refused is not None:
            raise refused
        return tuple(command.decide(self.staff, acting(by, behalf)))


def acting(by: str, behalf: str | None = None, role: Role = Role.ADMIN) -> Context:
    return context(role)._replace(actor=Actor(id=by, role=role, on_behalf_of=behalf))


def asked(role: Role = Role.SUPERVISOR) -> RoleAsked:
    return RoleAsked(role=role, unit=None, since=day("01-01"), until=None)


def asking(role: Role = Role.SUPERVISOR) -> AskRole:
    return AskRole(role=role, since=day("01-01"))


@pytest.mark.parametrize("role", sorted(TWO_PEOPLE))
def test_one_asks_and_another_approves(role: Role) -> None:
    person = Person(ADDED)
    assert person.when(asking(role)) == (asked(role),)
    person.happen(asked(role))
    assert person.staff.grants(day("06-01")) == frozenset()
    granted = RoleGranted(role=role, unit=None, since=day("01-01"), until=None)
    assert person.when(ApproveRole(role=role), by="admin-2") == (granted,)
    person.happen(granted, by="admin-2")
    assert {one.role for one in person.staff.grants(day("06-01"))} == {role}
    assert person.staff.asked == ()


@pytest.mark.parametrize("role", sorted(TWO_PEOPLE))
def test_no_administrator_grants_such_a_role_alone(role: Role) -> None:
    with pytest.raises(NotPossibleNow):
        Person(ADDED).when(GrantRole(role=role, since=day("01-01")))
    first = GrantRole(role=role, since=day("01-01"))
    assert tuple(first.decide(Person(ADDED).staff, acting("system", role=Role.SYSTEM)))


def test_nobody_approves_what_they_asked_for_in_whosever_name() -> None:
    person = Person(ADDED)
    person.happen(asked(), by="admin", behalf="admin-3")
    for by, behalf in (("admin", None), ("admin-3", None), ("admin-2", "admin"), ("admin-2", "admin-3")):
        with pytest.raises(TwoPeopleNeeded):
            person.when(ApproveRole(role=Role.SUPERVISOR), by=by, behalf=behalf)
    assert person.when(ApproveRole(role=Role.SUPERVISOR), by="admin-2")


def test_nobody_grants_a_role_to_themselves() -> None:
    person = Person(ADDED, asked(Role.ADMIN))
    with pytest.raises(TwoPeopleNeeded):
        person.when(ApproveRole(role=Role.ADMIN), by="zhao")
    with pytest.raises(TwoPeopleNeeded):
        person.when(GrantRole(role=Role.INTAKE, since=day("01-01")), by="zhao")


@pytest.mark.parametrize("role", sorted(STAFF_ROLES - TWO_PEOPLE))
def test_other_roles_are_granted_at_once(role: Role) -> None:
    with pytest.raises(Invalid):
        Person(ADDED).when(asking(role))


def test_what_could_not_be_granted_is_neither_asked_for_nor_approved() -> None:
    held = RoleGranted(role=Role.INTAKE, unit=None, since=day("01-01"), until=None)
    with pytest.raises(RolesConflict):
        Person(ADDED, held).when(asking())
    with pytest.raises(RolesConflict):
        Person(ADDED, asked(), held).when(ApproveRole(role=Role.SUPERVISOR), by="admin-2")
    with pytest.raises(NotPossibleNow):
        Person(ADDED, asked()).when(asking())


def test_what_was_refused_or_never_asked_cannot_be_approved() -> None:
    person = Person(ADDED)
    with pytest.raises(NotPossibleNow):
        person.when(ApproveRole(role=Role.SUPERVISOR), by="admin-2")
    person.happen(asked())
    assert person.when(RefuseRole(role=Role.SUPERVISOR)) == (RoleRefused(role=Role.SUPERVISOR, unit=None),)
    person.happen(RoleRefused(role=Role.SUPERVISOR, unit=None))
    with pytest.raises(NotPossibleNow):
        person.when(ApproveRole(role=Role.SUPERVISOR), by="admin-2")


WAYS_IN: list[tuple[StaffCommand, Event]] = [
    (GivePassword(), PasswordGiven()),
    (UnlockAccount(), AccountUnlocked()),
    (IssueToken(token=TOKEN), TokenIssued(token=TOKEN)),
    (RevokeToken(token=TOKEN), TokenRevoked(token=TOKEN)),
]


@pytest.mark.parametrize("command, fact", WAYS_IN, ids=lambda one: type(one).__name__)
def test_a_way_in_leaves_a_trace(command: StaffCommand, fact: Event) -> None:
    person = Person(ADDED)
    assert person.when(command) == (fact,)
    person.happen(fact)
    assert isinstance(type(command).refusal(person.staff, acting("li", role=Role.INTAKE)), WrongRole)
    if not isinstance(command, RevokeToken):
        with pytest.raises(UnknownStaff):
            Person().when(command)
        with pytest.raises(NotPossibleNow):
            Person(ADDED, StaffLeft(on=day("01-01"))).when(command)


def test_the_token_of_somebody_who_left_can_be_revoked() -> None:
    left = Person(StaffAdded(name="赵小禾"), StaffLeft(on=day("01-01")))
    assert left.when(RevokeToken(token=TOKEN)) == (TokenRevoked(token=TOKEN),)


@pytest.mark.parametrize("token", ["", "hy_secret", "x" * 36])
def test_a_token_is_named_by_its_id(token: str) -> None:
    with pytest.raises(ValidationError):
        IssueToken(token=token)
