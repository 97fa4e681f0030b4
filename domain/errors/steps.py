"""What the rules of the field refuse on a file: its stage, its dates, its codes, its people."""

from __future__ import annotations

from domain.errors.base import DomainError


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


class NotApproved(DomainError):
    """There is no approval of the text as it stands now."""

    code = "not_approved"
    zh = "当前文稿未经审批（修改后须重新审批）"
    en = "the text as it stands is not approved; an edit voids an approval"


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
