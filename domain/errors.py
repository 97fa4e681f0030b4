"""Everything that can go wrong with a request, in one list: a class each, with HTTP status, code and both languages.

A text may name fields, codes, numbers of files and days. It never carries what a person wrote or who they are.
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A rule said no. `loc` names the field at fault, where one is; `facts` fill the placeholders of the texts."""

    status: ClassVar[int] = 409
    code: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, loc: tuple[str | int, ...] = (), **facts: object) -> None:
        """Say which field is at fault and what the texts need."""
        self.loc = loc
        self.facts = facts
        super().__init__(self.code)

    def text(self, language: str = "zh") -> str:
        """The message in `zh` or `en`."""
        return (self.en if language == "en" else self.zh).format(**self.facts)


class WrongStage(DomainError):
    """The step is not possible where the file stands."""

    code = "wrong_stage"
    zh = "卷宗处于“{stage}”环节，不能进行“{step}”"
    en = "the file is in stage {stage_en}; {step_en} is not possible there"


class NotPossibleNow(DomainError):
    """Something beside the stage forbids the step now."""

    code = "not_possible_now"
    zh = "现在不能进行此步骤：{reason}"
    en = "not possible now: {reason_en}"


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


class NotApproved(DomainError):
    """There is no approval of the text as it stands now."""

    code = "not_approved"
    zh = "当前文稿未经审批（修改后须重新审批）"
    en = "the text as it stands is not approved; an edit voids an approval"


class Stale(DomainError):
    """Somebody else was there first."""

    status = 412
    code = "stale"
    zh = "卷宗已被他人更新，请刷新后再试"
    en = "the file has changed since you read it; read it again"


class UnknownPetition(DomainError):
    """There is no such file, or the caller may not know of it: both answer alike."""

    status = 404
    code = "unknown_petition"
    zh = "没有此编号的卷宗"
    en = "no file has this number"


class WrongCode(DomainError):
    """Number and query code do not belong together; which of the two is wrong is not told."""

    status = 404
    code = "wrong_code"
    zh = "编号或查询码不对，请对照回执再试"
    en = "the number or the query code is wrong; please compare them with your receipt"


class Invalid(DomainError):
    """A field does not hold what it must."""

    status = 422
    code = "invalid"
    zh = "{field}：{reason}"
    en = "{field}: {reason_en}"


class SomeRefused(DomainError):
    """Of many things that go together some cannot be, so that none was done; the fact `each` holds why, with places."""

    status = 422
    code = "some_refused"
    zh = "有{count}处不符合要求，全部未办理"
    en = "{count} mistakes; nothing was done"


class UnknownCode(DomainError):
    """A code is not in the rulebook."""

    status = 422
    code = "unknown_code"
    zh = "{field}：规则手册中没有此代码"
    en = "{field}: the rulebook has no such code"


class InTheFuture(DomainError):
    """A stated time lies ahead."""

    status = 422
    code = "in_the_future"
    zh = "发生时间不得晚于现在"
    en = "occurred_at must not lie in the future"


class BackdatingNeedsReason(DomainError):
    """Further back than the rulebook lets pass without a word."""

    status = 422
    code = "backdating_needs_reason"
    zh = "补录超过{days}天，须填写补录原因"
    en = "more than {days} days back: backdated_because must say why"


class OutOfOrder(DomainError):
    """A stated time lies before the file was received, or before it came into its present stage."""

    status = 422
    code = "out_of_order"
    zh = "发生时间不得早于收到时间，转入下一环节的不得早于进入本环节的时间"
    en = "occurred_at must not lie before the petition was received, nor, for a change of stage, before the last one"


class TooManyRepresentatives(DomainError):
    """L1 20: a joint petition names at most five representatives."""

    status = 422
    code = "too_many_representatives"
    zh = "共同提出的信访事项，代表不得超过5人（《信访工作条例》第二十条）"
    en = "a joint petition names at most 5 representatives (L1 20)"


class DemandUnanswered(DomainError):
    """Every demand needs an answer of its own."""

    status = 422
    code = "demand_unanswered"
    zh = "每项诉求均须答复，缺：{missing}"
    en = "every demand needs an answer; missing: {missing}"


class Restricted(DomainError):
    """The data is restricted (封存): it is kept, not processed."""

    code = "restricted"
    zh = "个人信息已封存"
    en = "the personal data is restricted"


class RetentionRuns(DomainError):
    """Erasing must wait; restriction is what can be done now."""

    code = "retention_runs"
    zh = "卷宗未办结或保存期限未满，只能封存；{until}"
    en = "the file is open or its retention runs: it can only be restricted; {until}"


class DuplicateOfItself(DomainError):
    """A file cannot be linked to itself or in a circle."""

    status = 422
    code = "duplicate_of_itself"
    zh = "不能与自身或其重复件互相关联"
    en = "a file cannot be a duplicate of itself or of its own duplicate"


class KeyReused(DomainError):
    """The same idempotency key, or the same source's own id, came with another body."""

    status = 422
    code = "key_reused"
    zh = "该幂等键或来源编号（留言编号、工单号）已用于内容不同的请求"
    en = "this Idempotency-Key or source id (message_id, work_order_id) was used for a different request"


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


class ForeignForm(DomainError):
    """A form that no page of this service gave out, or one of a session that has ended."""

    status = 403
    code = "foreign_form"
    zh = "表单已失效，请返回上一页、刷新后重新提交"
    en = "this form is no longer valid; go back, reload the page and send it again"


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
