"""Staff: roles with periods, deputies, and that supervision meets no other role. All persons are invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import DomainError, Invalid, NotPossibleNow, RolesConflict, UnknownCode, UnknownStaff, WrongRole
from domain.kernel import EVENT_TYPES, Actor, Context, Event, Grant, Seal, personal_fields, stamp
from domain.rulebook import RulebookContent
from domain.staff import (
    AddStaff,
    EndDeputy,
    EndRole,
    GrantRole,
    NameDeputy,
    Staff,
    StaffCommand,
    StaffLeaves,
    staff_stream,
)
from domain.staff_events import (
    AccountUnlocked,
    DeputyEnded,
    DeputyNamed,
    PasswordGiven,
    RoleAsked,
    RoleEnded,
    RoleGranted,
    RoleRefused,
    StaffAdded,
    StaffLeft,
    TokenIssued,
    TokenRevoked,
)
from domain.vocabulary import STAFF_ROLES, Role

NOW = datetime(2026, 9, 18, 2, 0, tzinfo=UTC)
ADDED = StaffAdded(name="赵小禾")


@cache
def rulebook() -> RulebookContent:
    return RulebookContent.from_toml((Path(__file__).parents[2] / "ops/samples/rulebook.toml").read_text("utf-8"))


def context(role: Role | None) -> Context:
    return Context(
        actor=Actor(id="admin", role=role),
        now=NOW,
        at=NOW,
        rulebook=rulebook(),
        rulebook_version=1,
        request_id="r",
        command_id=UUID(int=1),
    )


def unit(place: int = 1) -> str:
    return rulebook().units[place].code


@dataclass
class Scenario:
    """A person with a history, and what a command makes of it."""

    staff: Staff

    def when(self, command: StaffCommand, role: Role | None = Role.ADMIN) -> Outcome:
        refused = type(command).refusal(self.staff, context(role))
        if refused is not None:
            return Outcome(refused, ())
        try:
            return Outcome(None, tuple(command.decide(self.staff, context(role))))
        except DomainError as error:
            return Outcome(error, ())


@dataclass
class Outcome:
    """What a command led to."""

    refused: DomainError | None
    facts: tuple[Event, ...]

    def then(self, *facts: Event) -> None:
        assert self.refused is None
        assert self.facts == facts

    def then_refused(self, error: type[DomainError], *loc: str) -> None:
        assert type(self.refused) is error
        assert self.refused.loc == loc
        assert self.refused.text("zh")
        assert self.refused.text("en")


def given(*facts: Event, staff_id: str = "zhao") -> Scenario:
    staff = Staff(staff_stream(staff_id))
    history = stamp(facts, stream=staff.stream, after=0, context=context(Role.ADMIN), occurred_at=NOW)
    return Scenario(staff.fold(history))


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def granted(role: Role, since: str = "01-01", until: str | None = None, unit: str | None = None) -> RoleGranted:
    return RoleGranted(role=role, unit=unit, since=day(since), until=day(until) if until else None)


def test_a_person_is_added_under_a_name_that_is_sealed():
    given().when(AddStaff(name=" 赵小禾 ")).then(ADDED)
    assert personal_fields(StaffAdded) == {"name": Seal.FILE}


def test_an_id_belongs_to_one_person():
    given(ADDED).when(AddStaff(name="钱小麦")).then_refused(NotPossibleNow)


@pytest.mark.parametrize("name", ["", "   ", "赵\0", "赵" * 101])
def test_a_name_is_a_line_of_text(name):
    with pytest.raises(ValidationError):
        AddStaff(name=name)


@pytest.mark.parametrize("staff_id", ["", "Zhao", "赵", "-a", "a b", "a/b", "a" * 33, "a\n"])
def test_an_id_is_a_short_slug(staff_id):
    with pytest.raises(UnknownStaff):
        staff_stream(staff_id)


COMMANDS = [
    GrantRole(role=Role.INTAKE, since=day("01-01")),
    EndRole(role=Role.INTAKE, until=day("01-01")),
    NameDeputy(principal="qian", since=day("01-01"), until=day("01-31")),
    EndDeputy(principal="qian", until=day("01-01")),
    StaffLeaves(on=day("01-01")),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_nothing_is_done_to_who_is_not_there_or_has_left(command):
    given().when(command).then_refused(UnknownStaff)
    given(ADDED, StaffLeft(on=day("01-01"))).when(command).then_refused(NotPossibleNow)


@pytest.mark.parametrize("command", [AddStaff(name="赵小禾"), *COMMANDS], ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("role", [None, *(role for role in Role if role not in {Role.ADMIN, Role.SYSTEM})])
def test_only_the_administrator_and_the_system_may(command, role):
    given(ADDED).when(command, role).then_refused(WrongRole)


def test_the_system_may_as_well():
    given().when(AddStaff(name="赵小禾"), Role.SYSTEM).then(ADDED)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES - {Role.HANDLER, Role.APPROVER}))
def test_a_role_is_granted(role):
    given(ADDED).when(GrantRole(role=role, since=day("01-01")), Role.SYSTEM).then(granted(role))


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER])
def test_handlers_and_approvers_need_a_unit(role):
    given(ADDED).when(GrantRole(role=role, since=day("01-01"))).then_refused(Invalid, "unit")
    given(ADDED).when(GrantRole(role=role, unit=unit(), since=day("01-01"))).then(granted(role, unit=unit()))


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER, Role.INTAKE])
def test_a_unit_must_be_in_the_rulebook(role):
    given(ADDED).when(GrantRole(role=role, unit="none", since=day("01-01"))).then_refused(UnknownCode, "unit")


@pytest.mark.parametrize("role", sorted(set(Role) - STAFF_ROLES))
def test_the_systems_and_the_residents_role_are_not_for_staff(role):
    given(ADDED).when(GrantRole(role=role, since=day("01-01"))).then_refused(Invalid, "role")


def test_a_period_does_not_end_before_it_begins():
    one_day = GrantRole(role=Role.INTAKE, since=day("01-02"), until=day("01-02"))
    given(ADDED).when(one_day).then(granted(Role.INTAKE, "01-02", "01-02"))
    backwards = GrantRole(role=Role.INTAKE, since=day("01-02"), until=day("01-01"))
    given(ADDED).when(backwards).then_refused(Invalid, "until")
    deputy = NameDeputy(principal="qian", since=day("01-02"), until=day("01-01"))
    given(ADDED).when(deputy).then_refused(Invalid, "until")


@pytest.mark.parametrize("other", sorted(STAFF_ROLES - {Role.SUPERVISOR}))
def test_a_supervisor_holds_no_other_role_at_the_same_time(other):
    place = unit()
    supervise = GrantRole(role=Role.SUPERVISOR, since=day("06-30"))
    serve = GrantRole(role=other, unit=place, since=day("06-30"))
    given(ADDED, granted(other, until="06-30", unit=place)).when(supervise).then_refused(RolesConflict, "role")
    given(ADDED, granted(Role.SUPERVISOR, until="06-30")).when(serve).then_refused(RolesConflict, "role")
    given(ADDED, granted(other, until="06-29", unit=place)).when(supervise, Role.SYSTEM).then(
        granted(Role.SUPERVISOR, "06-30")
    )
    given(ADDED, granted(Role.SUPERVISOR, until="06-29")).when(serve, Role.SYSTEM).then(
        granted(other, "06-30", unit=place)
    )


def test_a_supervisor_of_the_future_blocks_a_role_without_end():
    command = GrantRole(role=Role.CALLER, since=day("01-01"))
    given(ADDED, granted(Role.SUPERVISOR, "12-01")).when(command).then_refused(RolesConflict, "role")


def test_several_roles_stand_beside_each_other_but_the_same_one_only_once():
    held = given(ADDED, granted(Role.HANDLER, unit=unit(1)))
    since = day("02-01")
    held.when(GrantRole(role=Role.HANDLER, unit=unit(2), since=since)).then(
        granted(Role.HANDLER, "02-01", unit=unit(2))
    )
    held.when(GrantRole(role=Role.HANDLER, unit=unit(1), since=since)).then_refused(NotPossibleNow)


def test_grants_are_those_of_the_day():
    staff = given(ADDED, granted(Role.INTAKE, "02-01", "02-28"), granted(Role.HANDLER, "02-28", unit=unit())).staff
    assert staff.grants(day("01-31")) == frozenset()
    assert staff.grants(day("02-01")) == {Grant(Role.INTAKE)}
    assert staff.grants(day("02-28")) == {Grant(Role.INTAKE), Grant(Role.HANDLER, unit())}
    assert staff.grants(day("03-01")) == {Grant(Role.HANDLER, unit())}


def test_a_role_is_ended_on_its_last_day():
    held = given(ADDED, granted(Role.INTAKE, "02-01"), granted(Role.CALLER, "02-01"))
    ended = RoleEnded(role=Role.INTAKE, unit=None, since=day("02-01"), until=day("03-01"))
    held.when(EndRole(role=Role.INTAKE, until=day("03-01"))).then(ended)
    after = given(ADDED, granted(Role.INTAKE, "02-01"), granted(Role.CALLER, "02-01"), ended)
    assert after.staff.grants(day("03-01")) == {Grant(Role.INTAKE), Grant(Role.CALLER)}
    assert after.staff.grants(day("03-02")) == {Grant(Role.CALLER)}
    after.when(EndRole(role=Role.INTAKE, until=day("03-01"))).then_refused(NotPossibleNow)


def test_a_role_that_is_not_held_cannot_be_ended():
    held = given(ADDED, granted(Role.HANDLER, unit=unit(1)))
    held.when(EndRole(role=Role.HANDLER, unit=unit(2), until=day("03-01"))).then_refused(NotPossibleNow)
    held.when(EndRole(role=Role.INTAKE, until=day("03-01"))).then_refused(NotPossibleNow)


def test_a_grant_of_the_future_is_taken_back_and_leaves_room():
    future = granted(Role.SUPERVISOR, "12-01")
    taken_back = RoleEnded(role=Role.SUPERVISOR, unit=None, since=day("12-01"), until=day("09-18"))
    given(ADDED, future).when(EndRole(role=Role.SUPERVISOR, until=day("09-18"))).then(taken_back)
    after = given(ADDED, future, taken_back)
    assert after.staff.grants(day("12-01")) == frozenset()
    after.when(GrantRole(role=Role.CALLER, since=day("01-01"))).then(granted(Role.CALLER))
    after.when(EndRole(role=Role.SUPERVISOR, until=day("09-18"))).then_refused(NotPossibleNow)


def test_a_deputy_stands_in_for_a_period():
    named = DeputyNamed(principal="qian", since=day("02-01"), until=day("02-28"))
    given(ADDED).when(NameDeputy(principal="qian", since=day("02-01"), until=day("02-28"))).then(named)
    staff = given(ADDED, named).staff
    assert staff.stands_in_for(day("01-31")) == frozenset()
    assert staff.stands_in_for(day("02-01")) == {"qian"}
    assert staff.stands_in_for(day("02-28")) == {"qian"}
    assert staff.stands_in_for(day("03-01")) == frozenset()


def test_nobody_stands_in_for_themselves():
    command = NameDeputy(principal="zhao", since=day("02-01"), until=day("02-28"))
    given(ADDED, staff_id="zhao").when(command).then_refused(Invalid, "principal")


def test_a_deputy_is_named_once_for_a_day():
    named = DeputyNamed(principal="qian", since=day("02-01"), until=day("02-28"))
    again = NameDeputy(principal="qian", since=day("02-28"), until=day("03-31"))
    given(ADDED, named).when(again).then_refused(NotPossibleNow)


def test_standing_in_is_ended():
    named = DeputyNamed(principal="qian", since=day("02-01"), until=day("02-28"))
    ended = DeputyEnded(principal="qian", since=day("02-01"), until=day("02-10"))
    given(ADDED, named).when(EndDeputy(principal="qian", until=day("02-10"))).then(ended)
    after = given(ADDED, named, ended)
    assert after.staff.stands_in_for(day("02-10")) == {"qian"}
    assert after.staff.stands_in_for(day("02-11")) == frozenset()
    after.when(EndDeputy(principal="qian", until=day("02-10"))).then_refused(NotPossibleNow)
    after.when(EndDeputy(principal="sun", until=day("02-01"))).then_refused(NotPossibleNow)


def test_who_left_holds_nothing_after_the_last_day():
    given(ADDED).when(StaffLeaves(on=day("02-10"))).then(StaffLeft(on=day("02-10")))
    named = DeputyNamed(principal="qian", since=day("02-01"), until=day("02-28"))
    staff = given(ADDED, granted(Role.INTAKE), named, StaffLeft(on=day("02-10"))).staff
    assert staff.grants(day("02-10")) == {Grant(Role.INTAKE)}
    assert staff.stands_in_for(day("02-10")) == {"qian"}
    assert staff.grants(day("02-11")) == frozenset()
    assert staff.stands_in_for(day("02-11")) == frozenset()


def test_topics_are_frozen():
    mine = {topic: cls for topic, cls in EVENT_TYPES.items() if topic.startswith("staff.")}
    assert mine == {
        "staff.added": StaffAdded,
        "staff.role_granted": RoleGranted,
        "staff.role_ended": RoleEnded,
        "staff.deputy_named": DeputyNamed,
        "staff.deputy_ended": DeputyEnded,
        "staff.left": StaffLeft,
        "staff.role_asked": RoleAsked,
        "staff.role_refused": RoleRefused,
        "staff.password_given": PasswordGiven,
        "staff.account_unlocked": AccountUnlocked,
        "staff.token_issued": TokenIssued,
        "staff.token_revoked": TokenRevoked,
    }


DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 10))
ROLES = st.sampled_from([Role.SUPERVISOR, Role.INTAKE, Role.CALLER])
STEPS = st.one_of(
    st.builds(GrantRole, role=ROLES, since=DAYS, until=st.none() | DAYS),
    st.builds(EndRole, role=ROLES, until=DAYS),
)


@for_all(st.lists(STEPS, max_size=12))
def test_on_no_day_does_a_supervisor_hold_another_role_whatever_was_tried(steps):
    facts: list[Event] = [ADDED]
    for step in steps:
        facts.extend(given(*facts).when(step, Role.SYSTEM).facts)
    staff = given(*facts).staff
    for offset in range(60):
        roles = {grant.role for grant in staff.grants(date.fromordinal(date(2026, 1, 1).toordinal() + offset))}
        assert roles == {Role.SUPERVISOR} or Role.SUPERVISOR not in roles
