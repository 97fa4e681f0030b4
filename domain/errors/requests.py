"""What is wrong with a request itself, with what it carries or asks for, or with the service."""

from __future__ import annotations

from domain.errors.base import DomainError


class Stale(DomainError):
    """Somebody else was there first."""

    status = 412
    code = "stale"
    zh = "卷宗已被他人更新，请刷新后再试"
    en = "the file has changed since you read it; read it again"


class KeyReused(DomainError):
    """The same idempotency key, or the same source's own id, came with another body."""

    status = 422
    code = "key_reused"
    zh = "该幂等键或来源编号（留言编号、工单号）已用于内容不同的请求"
    en = "this Idempotency-Key or source id (message_id, work_order_id) was used for a different request"


class ForeignForm(DomainError):
    """A form that no page of this service gave out, or one of a session that has ended."""

    status = 403
    code = "foreign_form"
    zh = "表单已失效，请返回上一页、刷新后重新提交"
    en = "this form is no longer valid; go back, reload the page and send it again"


class NoRulebook(DomainError):
    """Nothing can be decided before a rulebook is loaded."""

    status = 503
    code = "no_rulebook"
    zh = "尚未导入规则手册（huiying rulebook load）"
    en = "no rulebook is loaded yet (huiying rulebook load)"


class UnsupportedMedia(DomainError):
    """A type that is not taken, or content that is not of the type it claims to be."""

    status = 415
    code = "unsupported_media"
    zh = "不支持此类型，或内容与类型不符；可用：{known}"
    en = "this type is not taken, or the content is not of it; taken are: {known}"


class Unfit(DomainError):
    """A file of a type that is taken, whose content cannot be."""

    status = 415
    code = "unfit"
    zh = "无法接收此文件：{reason}"
    en = "this file cannot be taken: {reason_en}"


class UnknownAttachment(DomainError):
    """The file has no such attachment."""

    status = 404
    code = "unknown_attachment"
    zh = "没有此附件"
    en = "no such attachment"


class UnknownLetter(DomainError):
    """The file has no such letter, or what it said was erased."""

    status = 404
    code = "unknown_letter"
    zh = "没有此文书，或其内容已删除"
    en = "no such letter, or its content was erased"


class BrokenTemplate(DomainError):
    """A template of the office cannot be filled in; nothing was issued."""

    status = 500
    code = "broken_template"
    zh = "文书模板“{template}”有误（“{place}”处）：{reason}"
    en = "the template “{template}” is broken at “{place}”: {reason}"


class Busy(DomainError):
    """Too much is waiting; try again shortly."""

    status = 503
    code = "busy"
    zh = "系统繁忙，请稍后重试"
    en = "the service is busy; try again shortly"


class BrokenRequest(DomainError):
    """What was sent cannot be read at all."""

    status = 400
    code = "broken_request"
    zh = "请求内容无法读取：{reason}"
    en = "the request cannot be read: {reason_en}"


class TooLarge(DomainError):
    """More was sent than is taken."""

    status = 413
    code = "too_large"
    zh = "请求内容过大，最多 {limit} 字节"
    en = "the request is too large; at most {limit} bytes are taken"


class NoSuchAddress(DomainError):
    """Nothing answers at this address."""

    status = 404
    code = "no_such_address"
    zh = "没有此地址"
    en = "there is nothing at this address"


class WrongMethod(DomainError):
    """The address is there, but not for this method."""

    status = 405
    code = "wrong_method"
    zh = "此地址不支持该请求方法"
    en = "this address does not take this method"


class Unexpected(DomainError):
    """A mistake of the service itself; the request id finds it in the log."""

    status = 500
    code = "unexpected"
    zh = "系统内部错误，请将请求编号告知管理员"
    en = "something went wrong inside the service; give the request id to the administrator"
