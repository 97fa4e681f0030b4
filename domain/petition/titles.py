"""What every recorded fact is called on screens and in the audit trail, by topic, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Title(NamedTuple):
    """The name of a step in Chinese and in English."""

    zh: str
    en: str


RECEIVING = {
    "petition.received": Title("登记", "received"),
    "petition.imported": Title("历史件导入", "imported"),
    "petition.imported_taken_up": Title("历史件转入办理", "imported file taken up"),
    "petition.due_dates_set": Title("设定期限", "due dates set"),
    "petition.due_dates_recomputed": Title("重算期限", "due dates recomputed"),
    "petition.due_dates_lifted": Title("期限终止", "due dates lifted"),
    "petition.classified": Title("分类", "classified"),
    "petition.accepted": Title("受理", "accepted"),
    "petition.decline_asked": Title("提请不予受理", "declining asked for"),
    "petition.decline_refused": Title("不同意不予受理", "declining refused"),
    "petition.notice_waiver_asked": Title("申请免予告知", "waiver of the notice asked for"),
    "petition.notice_waived": Title("同意免予告知", "notice waived"),
    "petition.notice_waiver_refused": Title("不同意免予告知", "waiver of the notice refused"),
    "petition.voiding_asked": Title("申请作废编号", "voiding asked for"),
    "petition.voiding_refused": Title("不同意作废编号", "voiding refused"),
    "petition.declined": Title("不予受理", "declined"),
    "petition.referred": Title("转送", "referred"),
    "petition.answered_at_once": Title("即时答复", "answered at once"),
    "petition.steered": Title("导入法定程序", "steered to a statutory procedure"),
    "petition.withdrawn": Title("撤回", "withdrawn"),
    "petition.no_longer_accepted": Title("不再受理", "no longer accepted"),
    "petition.number_voided": Title("编号作废", "number voided"),
    "petition.corrected": Title("更正", "corrected"),
    "petition.duplicate_linked": Title("关联重复件", "linked as a duplicate"),
    "petition.duplicate_adopted": Title("并入重复件", "duplicate adopted"),
    "petition.duplicate_unlinked": Title("解除重复关联", "unlinked as a duplicate"),
    "petition.duplicate_released": Title("移出重复件", "duplicate released"),
    "petition.meeting_decided": Title("社情民意分析会议定", "decided by an analysis meeting"),
    "petition.attachments_added": Title("补充附件", "attachments added"),
    "petition.letter_issued": Title("出具文书", "letter issued"),
    "petition.letter_served": Title("文书送达", "letter served"),
    "petition.identity_checked": Title("比对核查", "identity checked"),
    "petition.data_restricted": Title("个人信息封存", "personal data restricted"),
    "petition.restriction_lifted": Title("解除封存", "restriction lifted"),
    "petition.erasure_asked": Title("申请删除个人信息", "erasure asked for"),
    "petition.data_erased": Title("个人信息删除", "personal data erased"),
}

HANDLING = {
    "petition.assigned": Title("派单", "assigned"),
    "petition.signed_for": Title("签收", "signed for"),
    "petition.handler_named": Title("更换承办人", "handler named"),
    "petition.return_asked": Title("申请退单", "return asked for"),
    "petition.return_granted": Title("同意退单", "return granted"),
    "petition.return_refused": Title("不同意退单", "return refused"),
    "petition.duty_disputed": Title("提请裁定职责", "duty disputed"),
    "petition.duty_decided": Title("裁定职责", "duty decided"),
    "petition.resident_contacted": Title("联系当事人", "resident contacted"),
    "petition.progress_noted": Title("办理进展", "progress noted"),
    "petition.household_visited": Title("入户走访", "household visited"),
    "petition.extension_asked": Title("申请延期", "extension asked for"),
    "petition.extension_granted": Title("批准延期", "extension granted"),
    "petition.extension_refused": Title("不批准延期", "extension refused"),
    "petition.suspension_asked": Title("申请挂起", "suspension asked for"),
    "petition.suspension_granted": Title("批准挂起", "suspension granted"),
    "petition.suspension_refused": Title("不批准挂起", "suspension refused"),
    "petition.handling_resumed": Title("恢复办理", "handling resumed"),
    "petition.escalated_upward": Title("向上延伸", "escalated upward"),
    "petition.superior_answered": Title("上级答复", "superior body answered"),
    "petition.co_unit_reported": Title("协办反馈", "co-unit reported"),
    "petition.outcome_reported": Title("办理结果", "outcome reported"),
    "petition.reply_drafted": Title("答复意见拟稿", "reply drafted"),
    "petition.reply_approved": Title("答复意见审批通过", "reply approved"),
    "petition.reply_sent_back": Title("答复意见退回修改", "reply sent back"),
    "petition.reply_delivered": Title("答复送达", "reply delivered"),
    "petition.reply_imported": Title("历史答复导入", "reply imported"),
}

PUBLISHING = {
    "petition.publication_drafted": Title("公示拟稿", "publication drafted"),
    "petition.publication_approved": Title("公示审核通过", "publication approved"),
    "petition.publication_sent_back": Title("公示退回修改", "publication sent back"),
    "petition.result_published": Title("公示结果", "result published"),
    "petition.waiver_asked": Title("申请不公示", "waiver of publication asked for"),
    "petition.waiver_refused": Title("不同意不公示", "waiver of publication refused"),
    "petition.publication_waived": Title("不公示", "publication waived"),
    "petition.publication_withdrawn": Title("撤回公示", "publication withdrawn"),
    "petition.publication_corrected": Title("更正公示", "publication corrected"),
}

SUPERVISING = {
    "petition.follow_up_missed": Title("回访未联系上", "follow-up missed"),
    "petition.followed_up": Title("回访", "followed up"),
    "petition.reminder_sent": Title("催办", "reminder sent"),
    "petition.reminder_answered": Title("催办反馈", "reminder answered"),
    "petition.supervision_ordered": Title("督办", "supervision ordered"),
    "petition.supervision_answered": Title("督办反馈", "supervision order answered"),
    "petition.supervision_ended": Title("督办办结", "supervision order ended"),
    "petition.review_asked": Title("申请复查复核", "review asked for"),
    "petition.hearing_held": Title("听证", "hearing held"),
    "petition.review_decided": Title("复查复核意见", "review decided"),
}

RECOLLECTING = {
    "petition.opinion_gathered": Title("再收集意见", "opinion gathered"),
    "petition.resident_spoke": Title("居民意见", "the resident spoke"),
    "petition.closed": Title("办结", "closed"),
    "petition.archived": Title("归档", "archived"),
    "petition.reopened": Title("重办", "reopened"),
}

BESIDE = {
    "rulebook.adopted": Title("规则手册颁布", "rulebook adopted"),
    "rulebook.calendar_published": Title("放假安排公布", "calendar published"),
    "staff.added": Title("添加工作人员", "staff added"),
    "staff.role_granted": Title("授予角色", "role granted"),
    "staff.role_ended": Title("解除角色", "role ended"),
    "staff.deputy_named": Title("指定代理人", "deputy named"),
    "staff.deputy_ended": Title("终止代理", "deputy ended"),
    "staff.left": Title("离任", "left the staff"),
    "letters.numbered": Title("文书编号", "letter numbered"),
    "staff.role_asked": Title("申请授予角色", "role asked for"),
    "staff.role_refused": Title("不同意授予角色", "role refused"),
    "staff.password_given": Title("重置密码", "new first password given"),
    "staff.account_unlocked": Title("解除锁定", "account unlocked"),
    "staff.token_issued": Title("发放令牌", "API token issued"),
    "staff.token_revoked": Title("撤销令牌", "API token revoked"),
    "meeting.called": Title("召集分析会", "analysis meeting called"),
    "meeting.item_added": Title("增补议题", "agenda item added"),
    "meeting.item_removed": Title("撤下议题", "agenda item removed"),
    "meeting.convened": Title("分析会召开", "analysis meeting held"),
    "meeting.part_recorded": Title("分析会记录", "part of the meeting recorded"),
    "meeting.items_decided": Title("分析会议决", "items decided"),
    "meeting.closed": Title("分析会结束", "meeting closed"),
    "meeting.summary_drafted": Title("拟写会议摘要", "summary drafted"),
    "meeting.summary_approved": Title("批准会议摘要", "summary approved"),
    "meeting.summary_sent_back": Title("退回会议摘要", "summary sent back"),
    "meeting.summary_published": Title("公示会议摘要", "summary published"),
    "meeting.erasure_asked": Title("申请删除会议个人信息", "erasure asked for"),
    "meeting.data_erased": Title("会议个人信息删除", "personal data erased"),
    "receipt.issued": Title("请求回执", "receipt issued"),
}

TITLES: Mapping[str, Title] = MappingProxyType(RECEIVING | HANDLING | PUBLISHING | SUPERVISING | RECOLLECTING | BESIDE)
"""The title of every topic that can be stored."""
