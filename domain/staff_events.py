"""What happens to a member of staff, as facts. That a secret was given is one; the secret is no part of it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from domain.kernel import Event, Personal, registered
from domain.vocabulary import Role


@registered
class StaffAdded(Event):
    """任职: a person joined the staff."""

    TOPIC: ClassVar[str] = "staff.added"

    name: Personal[str]


@registered
class RoleGranted(Event):
    """授予角色: the person holds the role from a day to a day, both included; no end: until it is ended."""

    TOPIC: ClassVar[str] = "staff.role_granted"

    role: Role
    unit: str | None
    since: date
    until: date | None


@registered
class RoleEnded(Event):
    """解除角色: `until` is the last day of the grant that began on `since`; before `since`, it never takes effect."""

    TOPIC: ClassVar[str] = "staff.role_ended"

    role: Role
    unit: str | None
    since: date
    until: date


@registered
class DeputyNamed(Event):
    """代理: the person may stand in for the principal from a day to a day, both included."""

    TOPIC: ClassVar[str] = "staff.deputy_named"

    principal: str
    since: date
    until: date


@registered
class DeputyEnded(Event):
    """终止代理: `until` is the last day of standing in that began on `since`."""

    TOPIC: ClassVar[str] = "staff.deputy_ended"

    principal: str
    since: date
    until: date


@registered
class StaffLeft(Event):
    """离任: `on` is the last day."""

    TOPIC: ClassVar[str] = "staff.left"

    on: date


@registered
class RoleAsked(Event):
    """申请授予角色: a role that two people must grant was asked for by the first of them; nothing is held yet."""

    TOPIC: ClassVar[str] = "staff.role_asked"

    role: Role
    unit: str | None
    since: date
    until: date | None


@registered
class RoleRefused(Event):
    """不同意授予角色: the second person refused what was asked for."""

    TOPIC: ClassVar[str] = "staff.role_refused"

    role: Role
    unit: str | None


@registered
class PasswordGiven(Event):
    """重置密码: the person was given a new first password, which they must change; a lock was lifted with it."""

    TOPIC: ClassVar[str] = "staff.password_given"


@registered
class AccountUnlocked(Event):
    """解除锁定: the account, locked after failed tries, was opened again."""

    TOPIC: ClassVar[str] = "staff.account_unlocked"


@registered
class TokenIssued(Event):
    """发放令牌: an API token was made for the person; `token` is its id, never the secret."""

    TOPIC: ClassVar[str] = "staff.token_issued"

    token: str


@registered
class TokenRevoked(Event):
    """撤销令牌: the token with this id holds no more."""

    TOPIC: ClassVar[str] = "staff.token_revoked"

    token: str
