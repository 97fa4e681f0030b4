"""Who may not: roles, units, a second person, and signing in."""

from __future__ import annotations

from domain.errors.base import DomainError


class WrongRole(DomainError):
    """The caller holds none of the roles that may take the step."""

    status = 403
    code = "wrong_role"
    zh = "此步骤须由{roles}办理"
    en = "this step is for {roles_en}"


class NotYourUnit(DomainError):
    """The file is not with the caller's unit."""

    status = 403
    code = "not_your_unit"
    zh = "此件不由您所在单位承办"
    en = "this file is not with your unit"


class TwoPeopleNeeded(DomainError):
    """Nobody approves, publishes or follows up their own work."""

    status = 403
    code = "two_people_needed"
    zh = "须由另一人办理：不得审批、公示或回访本人经办的事项"
    en = "another person must do this: nobody approves, publishes or follows up their own work"


class RolesConflict(DomainError):
    """A supervisor holds no other role at the same time."""

    code = "roles_conflict"
    zh = "监督委员会成员不得同时担任其他角色"
    en = "a supervisor may hold no other role at the same time"


class NotSignedIn(DomainError):
    """No valid token."""

    status = 401
    code = "not_signed_in"
    zh = "请提供有效的访问令牌"
    en = "a valid bearer token is required"


class WrongPassword(DomainError):
    """Signing in failed; which of the possible reasons it was is not told."""

    status = 403
    code = "wrong_password"
    zh = "人员编号或密码不正确，或账号已暂时锁定"
    en = "staff id or password is wrong, or the account is locked for a while"


class ProviderRefused(DomainError):
    """Signing in through the office's identity provider failed; the log says at which step."""

    status = 403
    code = "provider_refused"
    zh = "统一身份登录未成功，请重试；仍不成功请联系管理员"
    en = "signing in through your office's account failed; try again, or ask an administrator"


class WeakPassword(DomainError):
    """A new password that the rules refuse."""

    status = 422
    code = "weak_password"
    zh = "新密码不合要求：{reason}"
    en = "this password is not strong enough: {reason_en}"


class TooOften(DomainError):
    """Too many tries in a short time."""

    status = 429
    code = "too_often"
    zh = "操作过于频繁，请{seconds}秒后再试"
    en = "too many tries; wait {seconds} seconds"


class Forbidden(DomainError):
    """The caller may not see this."""

    status = 403
    code = "forbidden"
    zh = "无权查看"
    en = "you may not see this"


class UnknownStaff(DomainError):
    """No such member of staff."""

    status = 404
    code = "unknown_staff"
    zh = "没有此工作人员"
    en = "no such member of staff"
