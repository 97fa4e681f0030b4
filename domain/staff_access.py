"""What gives a member of staff power or a way in: roles that take two people, passwords and tokens.

Secrets themselves are no part of the events; that somebody was given one, and by whom, is for the committee to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from pydantic import Field

from domain.errors import NotPossibleNow, TwoPeopleNeeded
from domain.kernel import Context, Event
from domain.staff import (
    TWO_PEOPLE,
    AddStaff,
    Asked,
    EndDeputy,
    EndRole,
    GrantRole,
    NameDeputy,
    Staff,
    StaffCommand,
    StaffLeaves,
    check_grant,
    granted,
    invalid_field,
    period_of,
)
from domain.staff_events import (
    AccountUnlocked,
    PasswordGiven,
    RoleAsked,
    RoleGranted,
    RoleRefused,
    TokenIssued,
    TokenRevoked,
)
from domain.vocabulary import Role

TOKEN_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"  # noqa: S105 - a pattern of ids


class AskRole(StaffCommand):
    """Ask for a role that two people must grant: another administrator approves or refuses it."""

    title: ClassVar[str] = "申请授予角色"
    event: ClassVar[type[Event]] = RoleAsked

    role: Role = Field(title="角色")
    unit: str | None = Field(None, title="承办单位", max_length=64)
    since: date = Field(title="起始日")
    until: date | None = Field(None, title="截止日")

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """What could not be granted is not asked for either."""
        if self.role not in TWO_PEOPLE:
            raise invalid_field("role", "该角色可直接授予", "this role is granted at once")
        period = period_of(self.since, self.until)
        check_grant(staff, context, self.role, self.unit, period)
        if any((one.role, one.unit) == (self.role, self.unit) for one in staff.asked):
            raise NotPossibleNow(reason="该角色已申请，待批准", reason_en="the role was asked for already")
        yield RoleAsked(role=self.role, unit=self.unit, since=self.since, until=self.until)


class _Answer(StaffCommand):
    """Base of what the second person says."""

    role: Role = Field(title="角色")
    unit: str | None = Field(None, title="承办单位", max_length=64)

    def asked(self, staff: Staff) -> Asked:
        """What was asked for; NotPossibleNow where nothing was."""
        for one in staff.asked:
            if (one.role, one.unit) == (self.role, self.unit):
                return one
        raise NotPossibleNow(reason="没有待批准的申请", reason_en="nothing was asked for")


class ApproveRole(_Answer):
    """Approve a role that another administrator asked for; nobody approves what they asked, or what they would hold."""

    title: ClassVar[str] = "批准授予角色"
    event: ClassVar[type[Event]] = RoleGranted

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Granted as it was asked for, if that is still possible."""
        asked = self.asked(staff)
        if context.persons & asked.by:
            raise TwoPeopleNeeded
        yield granted(staff, context, asked.role, asked.unit, asked.period)


class RefuseRole(_Answer):
    """Refuse a role that was asked for; who asked may take it back this way."""

    title: ClassVar[str] = "不同意授予角色"
    event: ClassVar[type[Event]] = RoleRefused

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Refused."""
        asked = self.asked(staff)
        yield RoleRefused(role=asked.role, unit=asked.unit)


class GivePassword(StaffCommand):
    """Give a new first password, which the person changes at the next sign-in. The password itself is no event."""

    title: ClassVar[str] = "重置密码"
    event: ClassVar[type[Event]] = PasswordGiven

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Given."""
        yield PasswordGiven()


class UnlockAccount(StaffCommand):
    """Open an account again that was locked after failed tries."""

    title: ClassVar[str] = "解除锁定"
    event: ClassVar[type[Event]] = AccountUnlocked

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Opened."""
        yield AccountUnlocked()


class IssueToken(StaffCommand):
    """Make an API token for the person, under this id."""

    title: ClassVar[str] = "发放令牌"
    event: ClassVar[type[Event]] = TokenIssued

    token: str = Field(title="令牌编号", pattern=TOKEN_ID)

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Issued."""
        yield TokenIssued(token=self.token)


class RevokeToken(StaffCommand):
    """Revoke the API token with this id; also that of somebody who has left."""

    title: ClassVar[str] = "撤销令牌"
    event: ClassVar[type[Event]] = TokenRevoked

    token: str = Field(title="令牌编号", pattern=TOKEN_ID)

    @classmethod
    def standing(cls, staff: Staff) -> None:
        """A way in is always closed."""

    def decide(self, staff: Staff, context: Context) -> Iterator[Event]:
        """Revoked."""
        yield TokenRevoked(token=self.token)


STAFF_STEPS: dict[str, type[StaffCommand]] = {
    "add": AddStaff,
    "grant-role": GrantRole,
    "ask-role": AskRole,
    "approve-role": ApproveRole,
    "refuse-role": RefuseRole,
    "end-role": EndRole,
    "name-deputy": NameDeputy,
    "end-deputy": EndDeputy,
    "leave": StaffLeaves,
}
"""The steps on a member of staff, by their names in the API; what gives a secret has a route of its own."""
