"""Members of staff: who holds which role, for which unit, from when to when, and who stands in for whom.

One stream for each person, `staff:<id>`. Secrets (tokens) are no part of it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from domain.errors import (
    DomainError,
    Invalid,
    NotPossibleNow,
    RolesConflict,
    TwoPeopleNeeded,
    UnknownCode,
    UnknownStaff,
    WrongRole,
)
from domain.kernel import Aggregate, Command, Context, Erased, Event, Grant, Recorded
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

ID_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"
NEEDS_UNIT = frozenset({Role.HANDLER, Role.APPROVER})
"""Roles that are held for a unit; the others may be."""

StaffId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=ID_PATTERN)]
"""The id of a member of staff: a short slug of small letters, digits and dashes."""
TWO_PEOPLE = frozenset({Role.SUPERVISOR, Role.ADMIN})
"""Roles that watch over the others: one administrator asks for such a grant, another one approves it."""


def staff_stream(staff_id: str) -> str:
    """The stream of the person with this id; UnknownStaff where it is no staff id."""
    if not re.fullmatch(ID_PATTERN, staff_id):
        raise UnknownStaff(("staff",))
    return f"staff:{staff_id}"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both included; no end: for good."""

    since: date
    until: date | None

    def __contains__(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.since <= day <= (self.until or date.max)

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return max(self.since, other.since) <= min(self.until or date.max, other.until or date.max)


@dataclass(frozen=True, slots=True)
class Held:
    """A role held for a period."""

    role: Role
    unit: str | None
    period: Period


@dataclass(frozen=True, slots=True)
class Asked:
    """A role that was asked for; `by`: who asked, and for whom they stood in."""

    role: Role
    unit: str | None
    period: Period
    by: frozenset[str]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Standing in for somebody for a period."""

    principal: str
    period: Period


def supervision_mixed(roles: Iterable[Role]) -> bool:
    """Whether supervision meets another role: a supervisor holds none at the same time."""
    held = set(roles)
    return Role.SUPERVISOR in held and len(held) > 1


class Staff(Aggregate):
    """One member of staff: name, roles held and asked for, whom they stand in for, last day (`left`)."""

    def __init__(self, stream: str) -> None:
        """Start before the person was added."""
        super().__init__(stream)
        self.name: str | Erased | None = None
        self.roles: tuple[Held, ...] = ()
        self.asked: tuple[Asked, ...] = ()
        self.stand_ins: tuple[StandIn, ...] = ()
        self.left: date | None = None

    @property
    def staff_id(self) -> str:
        """The person's id."""
        return self.stream.removeprefix("staff:")

    def grants(self, day: date) -> frozenset[Grant]:
        """The roles that the person holds on a day in their own right."""
        if not self._serves(day):
            return frozenset()
        return frozenset(Grant(held.role, held.unit) for held in self.roles if day in held.period)

    def stands_in_for(self, day: date) -> frozenset[str]:
        """The ids of those whom the person may stand in for on a day."""
        if not self._serves(day):
            return frozenset()
        return frozenset(standing.principal for standing in self.stand_ins if day in standing.period)

    def _serves(self, day: date) -> bool:
        """Whether the person is on the staff on a day."""
        return self.name is not None and day <= (self.left or date.max)

    def evolve(self, recorded: Recorded) -> None:
        """Take one fact into the state."""
        match recorded.fact:
            case StaffAdded(name=name):
                self.name = name
            case RoleAsked() as asked:
                by = frozenset(filter(None, (recorded.actor.id, recorded.actor.on_behalf_of)))
                self.asked += (Asked(asked.role, asked.unit, Period(asked.since, asked.until), by),)
            case RoleRefused(role=role, unit=unit):
                self.asked = tuple(one for one in self.asked if (one.role, one.unit) != (role, unit))
            case RoleGranted() as granted:
                self.asked = tuple(one for one in self.asked if (one.role, one.unit) != (granted.role, granted.unit))
                self.roles += (Held(granted.role, granted.unit, Period(granted.since, granted.until)),)
            case RoleEnded() as ended:
                self.roles = tuple(
                    replace(held, period=Period(held.period.since, ended.until))
                    if (held.role, held.unit, held.period.since) == (ended.role, ended.unit, ended.since)
                    else held
                    for held in self.roles
                )
            case DeputyNamed() as named:
                self.stand_ins += (StandIn(named.principal, Period(named.since, named.until)),)
            case DeputyEnded() as ended:
                self.stand_ins = tuple(
                    replace(standing, period=Period(standing.period.since, ended.until))
                    if (standing.principal, standing.period.since) == (ended.principal, ended.since)
                    else standing
                    for standing in self.stand_ins
                )
            case StaffLeft(on=on):
                self.left = on
            case PasswordGiven() | AccountUnlocked() | TokenIssued() | TokenRevoked():
                pass
            case fact:
                raise ValueError(f"{self.stream}: {fact.TOPIC} has no place here")


class StaffCommand(Command):
    """Base of every step on a member of staff: the administrator's, or the system's own (the command line)."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.ADMIN, Role.SYSTEM})
    event: ClassVar[type[Event]]

    @classmethod
    def refusal(cls, staff: Staff, context: Context) -> DomainError | None:
        """Who may do it, and that the person is on the staff."""
        if context.actor.role not in cls.roles:
            roles = sorted(cls.roles)
            return WrongRole(roles="、".join(role.zh for role in roles), roles_en=", ".join(roles))
        return cls.standing(staff)

    @classmethod
    def standing(cls, staff: Staff) -> DomainError | None:
        """What the person's own state says against it."""
        if staff.name is None:
            return UnknownStaff()
        if staff.left is not None:
            return NotPossibleNow(reason="该工作人员已离任", reason_en="this member of staff has left")
        return None

    @abstractmethod
    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """What happens, as facts; raises a DomainError where a field is wrong."""


class AddStaff(StaffCommand):
    """Add a person to the staff. The stream says under which id."""

    title: ClassVar[str] = "添加工作人员"
    event: ClassVar[type[Event]] = StaffAdded

    name: str = Field(title="姓名", min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")

    @classmethod
    def standing(cls, staff: Staff) -> DomainError | None:
        """An id belongs to one person for good."""
        if staff.name is not None:
            return NotPossibleNow(reason="该编号已被使用", reason_en="this staff id is taken")
        return None

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Add the person."""
        staff_stream(staff.staff_id)
        yield StaffAdded(name=self.name)


class GrantRole(StaffCommand):
    """Grant a role, for a unit where the role needs one, from a day to a day (both included)."""

    title: ClassVar[str] = "授予角色"
    event: ClassVar[type[Event]] = RoleGranted

    role: Role = Field(title="角色")
    unit: str | None = Field(None, title="承办单位", max_length=64)
    since: date = Field(title="起始日")
    until: date | None = Field(None, title="截止日")

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Hold the grant against the rulebook's units and the person's other roles.

        A role of `TWO_PEOPLE` is asked for and approved instead; the command line grants it while nobody administers
        the office (service/administration.py).
        """
        fact = granted(staff, context, self.role, self.unit, period_of(self.since, self.until))
        if self.role in TWO_PEOPLE and context.actor.role is not Role.SYSTEM:
            raise NotPossibleNow(
                reason="该角色须由一名管理员申请、另一名管理员批准",
                reason_en="this role is asked for by one administrator and approved by another",
            )
        yield fact


def granted(staff: Staff, context: Context, role: Role, unit: str | None, period: Period) -> RoleGranted:
    """The grant, held against the rulebook and the person's other roles; raises the DomainError that forbids it."""
    if staff.staff_id in context.persons:
        raise TwoPeopleNeeded
    check_grant(staff, context, role, unit, period)
    return RoleGranted(role=role, unit=unit, since=period.since, until=period.until)


def check_grant(staff: Staff, context: Context, role: Role, unit: str | None, period: Period) -> None:
    """Whether the person could hold the role; raises the DomainError that forbids it."""
    if role not in STAFF_ROLES:
        raise invalid_field("role", "该角色不能授予工作人员", "no member of staff holds this role")
    if unit is None and role in NEEDS_UNIT:
        raise invalid_field("unit", "该角色须指定承办单位", "this role needs a unit")
    if unit is not None and context.rulebook.unit(unit) is None:
        raise UnknownCode(("unit",), field="unit")
    beside = [held for held in staff.roles if held.period.overlaps(period)]
    if supervision_mixed((role, *(held.role for held in beside))):
        raise RolesConflict(("role",))
    if any((held.role, held.unit) == (role, unit) for held in beside):
        raise NotPossibleNow(reason="该角色在此期间已授予", reason_en="the role is already held in this period")


class EndRole(StaffCommand):
    """End a role: `until` is its last day; a grant that would begin later never takes effect."""

    title: ClassVar[str] = "解除角色"
    event: ClassVar[type[Event]] = RoleEnded

    role: Role = Field(title="角色")
    unit: str | None = Field(None, title="承办单位", max_length=64)
    until: date = Field(title="最后一日")

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """End every grant of the role that would last longer."""
        lasting = [
            held.period.since
            for held in staff.roles
            if (held.role, held.unit) == (self.role, self.unit) and _lasts(held.period, self.until)
        ]
        if not lasting:
            raise NotPossibleNow(reason="该日之后未担任此角色", reason_en="the role is not held after that day")
        for since in lasting:
            yield RoleEnded(role=self.role, unit=self.unit, since=since, until=self.until)


class NameDeputy(StaffCommand):
    """Let this person stand in for a colleague, from a day to a day (both included)."""

    title: ClassVar[str] = "指定代理人"
    event: ClassVar[type[Event]] = DeputyNamed

    principal: StaffId = Field(title="被代理人")
    since: date = Field(title="起始日")
    until: date = Field(title="截止日")

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Refuse to let somebody stand in for themselves, or twice for the same person on one day."""
        if self.principal == staff.staff_id:
            raise invalid_field("principal", "不能代理本人", "nobody stands in for themselves")
        period = period_of(self.since, self.until)
        if any(one.principal == self.principal and one.period.overlaps(period) for one in staff.stand_ins):
            raise NotPossibleNow(reason="在此期间已是其代理人", reason_en="already the deputy in this period")
        yield DeputyNamed(principal=self.principal, since=self.since, until=self.until)


class EndDeputy(StaffCommand):
    """End standing in for a colleague: `until` is the last day."""

    title: ClassVar[str] = "终止代理"
    event: ClassVar[type[Event]] = DeputyEnded

    principal: StaffId = Field(title="被代理人")
    until: date = Field(title="最后一日")

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """End every period of standing in for that person that would last longer."""
        lasting = [
            one.period.since
            for one in staff.stand_ins
            if one.principal == self.principal and _lasts(one.period, self.until)
        ]
        if not lasting:
            raise NotPossibleNow(reason="该日之后不是其代理人", reason_en="not the deputy after that day")
        for since in lasting:
            yield DeputyEnded(principal=self.principal, since=since, until=self.until)


class StaffLeaves(StaffCommand):
    """A person leaves the staff: after the last day no role of theirs holds."""

    title: ClassVar[str] = "离任"
    event: ClassVar[type[Event]] = StaffLeft

    on: date = Field(title="最后一日")

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """The last day, as stated."""
        yield StaffLeft(on=self.on)


def _lasts(period: Period, day: date) -> bool:
    """Whether a period that has days at all goes on after a day."""
    until = period.until or date.max
    return until > day and until >= period.since


def period_of(since: date, until: date | None) -> Period:
    """The period from a command's fields; Invalid where it ends before it begins."""
    if until is not None and until < since:
        raise invalid_field("until", "截止日不得早于起始日", "must not lie before since")
    return Period(since, until)


def invalid_field(name: str, zh: str, en: str) -> Invalid:
    """A field does not hold what it must."""
    return Invalid((name,), field=name, reason=zh, reason_en=en)
