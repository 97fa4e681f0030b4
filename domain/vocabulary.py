"""The field's closed vocabularies: every code that is stored, with the Chinese word that every screen shows.

The codes are part of stored events: they may be added to, never renamed. Source: 《信访工作条例》(2022) and
the practice of sub-district offices; see ops/glossary.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A stored code with its Chinese title (`.zh`)."""

    zh: str

    def __new__(cls, value: str, zh: str = "") -> Self:
        """Make a member from its stored value and its Chinese title."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        return member


class Channel(Code):
    """The six channels (六途径) through which a petition arrives."""

    WEB = "web", "网络平台"
    LETTER_VISIT = "letter_visit", "来信来访"
    HOTLINE = "hotline", "服务专线"
    OFFICER = "officer", "民情信息员"
    WINDOW = "window", "一站式窗口"
    SYMPOSIUM = "symposium", "座谈会"


class Role(Code):
    """What a member of staff may do; held per unit, from a date to a date."""

    INTAKE = "intake", "受理员"
    HANDLER = "handler", "承办人"
    APPROVER = "approver", "分管领导"
    PUBLISHER = "publisher", "公示员"
    CALLER = "caller", "回访员"
    SUPERVISOR = "supervisor", "社区监督委员会"
    ADMIN = "admin", "管理员"
    SYSTEM = "system", "系统"
    RESIDENT = "resident", "居民"


STAFF_ROLES = frozenset(Role) - {Role.SYSTEM, Role.RESIDENT}
"""Roles that a member of staff can hold. A resident acts by number and query code, the system by itself."""


class Nature(Code):
    """性质: what kind of wish it is. Never mixed with the category (subject)."""

    CONSULT = "consult", "咨询"
    HELP = "help", "求助"
    COMPLAINT = "complaint", "投诉"
    REPORT = "report", "举报"
    SUGGESTION = "suggestion", "建议"
    THANKS = "thanks", "感谢"
    OTHER = "other", "其他"


class PetitionKind(Code):
    """The three kinds of the 信访 track (L1 17) that a nature maps to."""

    OPINION = "opinion", "建议意见"
    ACCUSATION = "accusation", "检举控告"
    CLAIM = "claim", "申诉求决"


class Track(Code):
    """Which table of limits a file runs on."""

    XINFANG = "xinfang", "信访"
    WORK_ORDER = "work_order", "工单"
    STREET = "street", "街道自办"


class Urgency(Code):
    """How soon it must be dealt with."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
    CRITICAL = "critical", "特急"


class Secrecy(Code):
    """Who may know of the file at all."""

    OPEN = "open", "公开"
    INTERNAL = "internal", "内部"
    SECRET = "secret", "保密"


class PetitionerKind(Code):
    """In which capacity a person stands behind a petition (L1 20: at most five representatives)."""

    PETITIONER = "petitioner", "信访人"
    REPRESENTATIVE = "representative", "代表"
    AGENT = "agent", "代理人"


class Outlet(Code):
    """Where a result is published."""

    BOARD = "board", "公示栏"
    AFFAIRS_GROUP = "affairs_group", "事务公开群"
    WECHAT = "wechat", "微信公众号"
    WEBSITE = "website", "网站"
    MEETING = "meeting", "居民会议"


class Delivery(Code):
    """How a notice or a reply reached the petitioner (送达方式)."""

    IN_PERSON = "in_person", "当面送达"
    POST = "post", "邮寄送达"
    SMS = "sms", "短信告知"
    PHONE = "phone", "电话告知"
    ONLINE = "online", "网上送达"
    PUBLIC_NOTICE = "public_notice", "公告送达"


class DeclineGround(Code):
    """Legal grounds for not accepting a petition (不予受理)."""

    COURT = "court", "属于审判机关职权范围"
    PROCURATORATE = "procuratorate", "属于检察机关职权范围"
    CONGRESS = "congress", "属于人大职权范围"
    STATUTORY = "statutory", "依法应当通过法定途径解决"
    IN_PROGRESS = "in_progress", "已受理或正在办理"
    CONCLUDED = "concluded", "复核终结后以同一事实和理由提出"
    NOT_A_PETITION = "not_a_petition", "不属于信访事项"
    UNCLEAR = "unclear", "诉求或事实不清且无法补正"


class Procedure(Code):
    """Statutory procedures a petitioner is steered to (L1 31)."""

    LITIGATION = "litigation", "诉讼"
    ARBITRATION = "arbitration", "仲裁"
    RECONSIDERATION = "reconsideration", "行政复议"


class WaiverGround(Code):
    """Why a result is not published (不公示)."""

    SECRECY = "secrecy", "涉密"
    PRIVACY = "privacy", "涉及个人隐私"
    REPORTER = "reporter", "保护检举人"
    SECURITY = "security", "涉及公共安全"
    PETITIONER_ASKED = "petitioner_asked", "当事人要求"


class Satisfaction(Code):
    """What the resident says of the handling at follow-up."""

    SATISFIED = "satisfied", "满意"
    FAIRLY = "fairly", "基本满意"
    DISSATISFIED = "dissatisfied", "不满意"
    NO_OPINION = "no_opinion", "未评价"


class Solved(Code):
    """Whether the resident says that the matter is solved."""

    SOLVED = "solved", "已解决"
    PARTLY = "partly", "部分解决"
    UNSOLVED = "unsolved", "未解决"


class Respondent(Code):
    """Who was asked: the petitioner, or the place where the petitioner is anonymous or cannot be reached."""

    PETITIONER = "petitioner", "当事人"
    PLACE = "place", "所在地居民"


class ContactMethod(Code):
    """How a resident was contacted."""

    PHONE = "phone", "电话"
    VISIT = "visit", "上门"
    ONLINE = "online", "网络"
    LETTER = "letter", "书面"
    MEETING = "meeting", "会议"


class OrderLevel(Code):
    """Levels of a supervision order (督办)."""

    ROUTINE = "routine", "日常督办"
    LISTED = "listed", "挂牌督办"
    SUMMONED = "summoned", "约谈督办"


class ReviewKind(Code):
    """复查 (L1 35) and 复核 (L1 36)."""

    REVIEW = "review", "复查"
    RE_REVIEW = "re_review", "复核"


class ReviewVerdict(Code):
    """What a review decides about the reply."""

    UPHELD = "upheld", "维持"
    CHANGED = "changed", "变更"
    REVOKED = "revoked", "撤销重办"


class OutcomeKind(Code):
    """What came of one demand (诉求)."""

    RESOLVED = "resolved", "已办结"
    PARTLY_RESOLVED = "partly_resolved", "部分办结"
    EXPLAINED = "explained", "解释说明"
    PLANNED = "planned", "列入计划"
    NOT_SUPPORTED = "not_supported", "不予支持"


class MeetingPart(Code):
    """The four parts of an analysis meeting (社情民意分析会)."""

    SCREENED = "screened", "筛选"
    CLASSIFIED = "classified", "分类"
    COLLATED = "collated", "梳理"
    SUMMED_UP = "summed_up", "汇总"


class MeetingStage(Code):
    """Where an analysis meeting stands."""

    CALLED = "called", "拟召开"
    CONVENED = "convened", "已召开"
    CLOSED = "closed", "已结束"


class AgendaBasis(Code):
    """Why a petition stands on the agenda of a meeting."""

    QUERY = "query", "按条件列入"
    DUPLICATES = "duplicates", "有重复件"
    SAME_MATTER = "same_matter", "同类同地"


class ErasureGround(Code):
    """Grounds of 《个人信息保护法》 47 for deleting personal data."""

    PURPOSE_ACHIEVED = "purpose_achieved", "处理目的已实现、无法实现或不再必要"
    RETENTION_EXPIRED = "retention_expired", "保存期限已届满"
    CONSENT_WITHDRAWN = "consent_withdrawn", "个人撤回同意"
    UNLAWFUL = "unlawful", "违反法律、行政法规或约定处理"


class LetterKind(Code):
    """The letters that an office prints (domain: 文书)."""

    ACCEPTANCE = "acceptance", "受理告知书"
    DECLINE = "decline", "不予受理告知书"
    REFERRAL = "referral", "转送函"
    ASSIGNMENT = "assignment", "交办单"
    EXTENSION = "extension", "延期告知书"
    REPLY = "reply", "答复意见书"
    ORDER = "order", "督办单"
    FOLLOW_UP = "follow_up", "回访记录"
    SERVICE = "service", "送达回证"


class RevealGround(Code):
    """Why the committee looks at a file's personal data, which it reads masked otherwise."""

    COMPLAINT = "complaint", "核查对办理的投诉"
    LEAK = "leak", "核查个人信息泄露"
    CONTACT = "contact", "直接核实当事人意见"
    AUDIT = "audit", "抽查办理真实性"
    SUPERIOR = "superior", "上级机关要求"


class RedactionKind(Code):
    """What was taken out of a text before publication (脱敏)."""

    NAME = "name", "姓名"
    PHONE = "phone", "电话"
    ID_NUMBER = "id_number", "身份证号"
    ADDRESS = "address", "住址"
    BANK_CARD = "bank_card", "银行卡号"
    PLATE = "plate", "车牌号"
    EMAIL = "email", "电子邮箱"
    OTHER = "other", "其他"


class RedactionBasis(Code):
    """Why something is taken out of a text, the strongest reason first."""

    ADDED = "added", "人工添加"
    GIVEN = "given", "登记信息"
    MENTIONED = "mentioned", "原文提及"
    DETECTED = "detected", "自动识别"


class Clock(Code):
    """The clocks that run on a file; each is started and stopped by events of its own (see clocks in the rulebook)."""

    NOTICE = "notice", "受理告知"
    SIGN = "sign", "签收"
    OBJECT = "object", "退单异议"
    CONTACT = "contact", "首次联系"
    HANDLE = "handle", "办理"
    FOLLOW_UP = "follow_up", "回访"
    REVIEW_ASK = "review_ask", "申请复查"
    REVIEW = "review", "复查"
    RE_REVIEW_ASK = "re_review_ask", "申请复核"
    RE_REVIEW = "re_review", "复核"
    ORDER = "order", "督办"


class Unit(Code):
    """The three units of counting; a figure never mixes them."""

    FILES = "files", "件"
    BATCHES = "batches", "批"
    PERSONS = "persons", "人次"


class DueShift(Code):
    """What becomes of a limit in calendar days whose last day is a day off (《民法典》 203)."""

    REST_DAY = "rest_day", "逢休息日或节假日顺延"
    HOLIDAY = "holiday", "仅逢节假日放假期间顺延"
    NEVER = "never", "不顺延"


class UnitKind(Code):
    """What sort of unit of the sub-district a handling unit is."""

    STREET = "street", "街道"
    OFFICE = "office", "科室"
    CENTRE = "centre", "中心"
    STATION = "station", "站所"
    DISCIPLINE = "discipline", "纪检监察"
    POLICE = "police", "警务"
    CLINIC = "clinic", "法律诊所"
    COMMUNITY = "community", "社区"


class Share(Code):
    """What part of the work on a file a unit has."""

    LEAD = "lead", "主办"
    CO_UNIT = "co_unit", "协办"


class AreaLevel(Code):
    """The four levels of the area tree, from the top down."""

    STREET = "street", "街道"
    COMMUNITY = "community", "社区"
    GRID = "grid", "网格"
    BUILDING = "building", "楼栋"


class BodyKind(Code):
    """A body outside the sub-district: one it reports up to (向上延伸), or one it refers to (转送)."""

    SUPERIOR = "superior", "上级机关"
    OUTSIDE = "outside", "其他机关单位"
