"""Every figure of the statistics, once: what is counted, over what, on which day, what is left out, by which rule.

A `Figure` puts measures (measures.py) into numerator and denominator; both lie on the same day, that of the
denominator's event, so that a rate of a year is made of the counts of its months. A change of a rule raises its
figure's `version` and the projection's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from domain.vocabulary import Code, Unit
from projections.measures import JOINT_FROM


class Counted(Code):
    """What a figure counts: the three units of counting, rounds (轮次) of one file, assignments. Never mixed."""

    FILES = Unit.FILES.value, Unit.FILES.zh
    ROUNDS = "rounds", "件次"
    ASSIGNMENTS = "assignments", "单次"
    BATCHES = Unit.BATCHES.value, Unit.BATCHES.zh
    PERSONS = Unit.PERSONS.value, Unit.PERSONS.zh


class Text(NamedTuple):
    """Both languages of a text."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is shown. `denominator` is empty for plain counts; `over` and `dated` say why it is as it is."""

    code: str
    title: Text
    counted: Counted
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    what: Text
    over: Text | None
    dated: Text
    excludes: tuple[Text, ...]
    version: int = 1
    working_days: bool = False

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole; the others are counts, and a mean of working days."""
        return bool(self.denominator) and not self.working_days


_VOIDED = Text("作废的编号", "voided numbers")
_HISTORY = Text(
    "历史件（含其后转入办理的）：登记与受理不在本系统发生",
    "imported files, also if taken up later: they were registered elsewhere",
)
_DUPLICATES = Text(
    "已关联的重复件：由主件一并办理，只计一次", "linked duplicates: the principal file handles the matter for both"
)
_ENDED = Text(
    "到期日当日或之前以其他方式终结的（转送、撤回、不予受理、不再受理、导入法定程序）",
    "rounds that ended otherwise (referred, withdrawn, declined, no longer accepted, steered) by their due day",
)
_NOT_YET = Text("统计日尚未到期的", "what is not yet due on the day of reading")
_MISSED = Text("未联系上的回访：不算有效回访，更不算满意", "attempts that reached nobody: not valid, never satisfied")
_BY_RECEIPT = Text("按登记日统计：分母为登记", "by the day of receipt, the denominator's event")
_BY_DUE = Text("按办理到期日统计：分母为到期", "by the due day of handling, the denominator's event")
_BY_FOLLOW_UP = Text("按回访日统计：分母为有效回访", "by the day of the follow-up, the denominator's event")
_BY_REPLY = Text("按答复送达日统计：分母自答复起成立", "by the day of the reply, from which the denominator counts")
_ALL_REGISTERED = Text("登记件数", "files registered")
_BY_CLOSING = Text(
    "已办结的按办结日统计，逾期未办结的按到期日统计：分母由两者构成",
    "what was closed by its closing day, what is overdue by its due day: the denominator's two events",
)
_NO_LIMIT = Text("没有办理期限的（如建议意见，L1 29）", "what has no limit for handling, such as suggestions (L1 29)")
_BY_ASSIGNMENT = Text("按派单日统计：分母为派单", "by the day of the assignment, the denominator's event")
_DUE = Text("办理期限已到的轮次", "rounds whose due day of handling has come")
_EACH_UNIT = Text(
    "同一轮次内再次派给同一单位的：每轮每单位计一次", "the same round assigned to the same unit again: it counts once"
)
_VALID = Text("有效回访件次（联系上当事人或所在地居民）", "rounds followed up: the petitioner or the place was reached")


def _plain(code: str, title: Text, counted: Counted, what: Text, *excludes: Text, dated: Text = _BY_RECEIPT) -> Figure:
    """A count without a denominator, made of the measure of the same code."""
    return Figure(code, title, counted, (code,), (), what, None, dated, excludes)


_JOINT_TEXT = Text(f"{JOINT_FROM}人以上共同提出的信访事项", f"petitions of {JOINT_FROM} people or more")
_PEOPLE_TEXT = Text("信访事项涉及的人次", "people behind the petitions, once for each petition")
_TAKEN_OVER = Text("从旧台账转入的件", "files taken over from an old ledger")

FIGURES: dict[str, Figure] = {
    figure.code: figure
    for figure in (
        _plain("registered", Text("登记件数", "registered files"), Counted.FILES, _ALL_REGISTERED, _VOIDED, _HISTORY),
        _plain(
            "registered_batches",
            Text("登记批次", "registered batches"),
            Counted.BATCHES,
            _JOINT_TEXT,
            _VOIDED,
            _HISTORY,
        ),
        _plain(
            "registered_persons",
            Text("登记人次", "registered persons"),
            Counted.PERSONS,
            _PEOPLE_TEXT,
            _VOIDED,
            _HISTORY,
        ),
        _plain(
            "matters",
            Text("登记事项数", "registered matters"),
            Counted.FILES,
            Text(
                "登记件中除去已关联的重复件，一事一计",
                "registered files without linked duplicates: one a matter",
            ),
            _VOIDED,
            _HISTORY,
            Text("已关联的重复件（解除关联后重新计入）", "linked duplicates, until they are unlinked"),
        ),
        _plain("imported", Text("历史件数", "imported files"), Counted.FILES, _TAKEN_OVER),
        _plain("imported_batches", Text("历史批次", "imported batches"), Counted.BATCHES, _JOINT_TEXT),
        _plain("imported_persons", Text("历史人次", "imported persons"), Counted.PERSONS, _PEOPLE_TEXT),
        _plain(
            "undated",
            Text("无日期历史件", "undated files"),
            Counted.FILES,
            Text("旧台账未载明收到日期的件", "imported files whose day of receipt nobody stated"),
            dated=Text("按转入日统计：收到日期不详，不计入任何其他指标", "by the day of import; in no other figure"),
        ),
        _plain(
            "voided",
            Text("作废编号", "voided numbers"),
            Counted.FILES,
            Text("登记后作废的编号", "numbers given and voided"),
        ),
        Figure(
            code="acceptance",
            title=Text("受理率", "acceptance rate"),
            counted=Counted.FILES,
            numerator=("accepted",),
            denominator=("registered",),
            what=Text("其中已受理的件数", "files accepted, of those"),
            over=_ALL_REGISTERED,
            dated=_BY_RECEIPT,
            excludes=(_VOIDED, _HISTORY),
        ),
        Figure(
            code="closing",
            title=Text("办结率", "closing rate"),
            counted=Counted.ROUNDS,
            numerator=("closed",),
            denominator=("due",),
            what=Text(
                "其中已办结的轮次（经再收集确认，或即时答复）",
                "rounds closed (settled at re-collection, or answered at once), of those",
            ),
            over=_DUE,
            dated=_BY_DUE,
            excludes=(_ENDED, _NO_LIMIT, _DUPLICATES, _VOIDED, _NOT_YET),
        ),
        Figure(
            code="on_time",
            title=Text("按期办结率", "on-time rate"),
            counted=Counted.ROUNDS,
            numerator=("settled_in_time",),
            denominator=("settled", "overdue_open"),
            what=Text(
                "已办结且答复于到期日当日或之前送达的轮次（办理期限至答复送达为止，L1 34）",
                "rounds closed whose reply was delivered by the due day, which is where the limit ends (L1 34)",
            ),
            over=Text(
                "已办结的轮次，加逾期答复或逾期未答复且仍未办结的轮次",
                "rounds closed, and rounds still open whose due day went by without a reply",
            ),
            dated=_BY_CLOSING,
            excludes=(
                _ENDED,
                _DUPLICATES,
                _VOIDED,
                _NO_LIMIT,
                Text("按期答复、尚未办结的轮次", "rounds answered in time that are not closed yet"),
                Text("未办结即进入下一轮的轮次", "rounds that went into the next one without being closed"),
            ),
        ),
        Figure(
            code="response",
            title=Text("响应率", "response rate"),
            counted=Counted.ROUNDS,
            numerator=("contacted_in_time",),
            denominator=("contact_due",),
            what=Text(
                "首次联系期限内联系上居民的轮次（以联系、走访、答复中最早者为准；未联系上不算）",
                "rounds in which the resident was reached by the due day: contact, visit or reply, the earliest",
            ),
            over=Text("首次联系期限已到的轮次", "rounds whose due day of the first contact has come"),
            dated=Text(
                "按首次联系到期日统计：分母为到期", "by the due day of the first contact, the denominator's event"
            ),
            excludes=(_ENDED, _DUPLICATES, _VOIDED, _NOT_YET),
        ),
        Figure(
            code="solution",
            title=Text("解决率", "solution rate"),
            counted=Counted.ROUNDS,
            numerator=("solved",),
            denominator=("follow_ups",),
            what=Text("回访答“已解决”的（部分解决不算）", "answered “solved” (partly solved is not)"),
            over=_VALID,
            dated=_BY_FOLLOW_UP,
            excludes=(_MISSED, _DUPLICATES),
        ),
        Figure(
            code="satisfaction",
            title=Text("满意率", "satisfaction"),
            counted=Counted.ROUNDS,
            numerator=("satisfied",),
            denominator=("follow_ups",),
            what=Text(
                "回访答“满意”或“基本满意”的（未评价不算）", "satisfied or fairly satisfied (no opinion is neither)"
            ),
            over=_VALID,
            dated=_BY_FOLLOW_UP,
            excludes=(_MISSED, _DUPLICATES),
        ),
        Figure(
            code="publication",
            title=Text("公开率", "publication rate"),
            counted=Counted.ROUNDS,
            numerator=("published",),
            denominator=("to_publish",),
            what=Text("其中已公示且未撤回的", "published and not withdrawn, of those"),
            over=Text("答复已送达、应当公示的轮次", "rounds replied to, whose result is due to be published"),
            dated=_BY_REPLY,
            excludes=(
                Text("依规定不公示的", "rounds whose publication was waived"),
                Text("即时答复的", "files answered at once"),
                Text("公示前撤回或进入下一轮的", "rounds withdrawn or gone into the next one before publication"),
                _DUPLICATES,
            ),
        ),
        Figure(
            code="extension",
            title=Text("延期率", "extension rate"),
            counted=Counted.ROUNDS,
            numerator=("due_extended",),
            denominator=("due",),
            what=Text("其中经批准延期的轮次", "rounds whose limit was extended, of those"),
            over=_DUE,
            dated=_BY_DUE,
            excludes=(_ENDED, _NO_LIMIT, _DUPLICATES, _VOIDED, _NOT_YET),
        ),
        Figure(
            code="suspension",
            title=Text("挂起率", "suspension rate"),
            counted=Counted.ROUNDS,
            numerator=("due_suspended",),
            denominator=("due",),
            what=Text("其中经批准挂起过的轮次", "rounds that were suspended, of those"),
            over=_DUE,
            dated=_BY_DUE,
            excludes=(_ENDED, _NO_LIMIT, _DUPLICATES, _VOIDED, _NOT_YET),
        ),
        Figure(
            code="objection",
            title=Text("退单率", "objection rate"),
            counted=Counted.ASSIGNMENTS,
            numerator=("objections",),
            denominator=("assignments",),
            what=Text("其中承办单位提出退单异议的", "assignments that the unit objected to, of those"),
            over=Text("派单次数（主办、协办各计一次）", "assignments, to a lead or a co-unit"),
            dated=_BY_ASSIGNMENT,
            excludes=(_EACH_UNIT, _DUPLICATES),
        ),
        Figure(
            code="objection_upheld",
            title=Text("退单成立率", "upheld objections"),
            counted=Counted.ASSIGNMENTS,
            numerator=("objections_upheld",),
            denominator=("objections",),
            what=Text("其中同意退单的", "objections that were agreed to, of those"),
            over=Text("提出退单异议的派单次数", "assignments that the unit objected to"),
            dated=_BY_ASSIGNMENT,
            excludes=(_EACH_UNIT, _DUPLICATES),
        ),
        Figure(
            code="duplicate",
            title=Text("重复率", "duplicate rate"),
            counted=Counted.FILES,
            numerator=("duplicates",),
            denominator=("registered",),
            what=Text(
                "其中关联为重复件的件数（已解除的不算）", "files linked as duplicates and not unlinked, of those"
            ),
            over=_ALL_REGISTERED,
            dated=_BY_RECEIPT,
            excludes=(_VOIDED, _HISTORY),
        ),
        Figure(
            code="reopening",
            title=Text("重办率", "reopening rate"),
            counted=Counted.FILES,
            numerator=("reopened_files",),
            denominator=("followed_files",),
            what=Text("其中进入第二轮及以后的件数", "files that went into a second round or a later one, of those"),
            over=Text("已回访的件数，每件一次", "files followed up, each once"),
            dated=Text(
                "按首次有效回访日统计：每件只计一次", "by the day of the first follow-up, so that a file counts once"
            ),
            excludes=(_MISSED, _DUPLICATES),
        ),
        Figure(
            code="mean_time",
            title=Text("平均办理时长", "mean handling time"),
            counted=Counted.FILES,
            numerator=("handling_days",),
            denominator=("replied_files",),
            what=Text(
                "自受理至首次答复送达的工作日合计（受理当日不计；未公布放假安排的年份只除去周末和法定节日）",
                "working days from acceptance to the first reply; the day of acceptance is not counted, and in a year"
                " without a published calendar make-up days are unknown",
            ),
            over=Text("首次答复已送达的件数", "files whose first reply was delivered"),
            dated=_BY_REPLY,
            excludes=(_DUPLICATES, Text("未经受理的（即时答复）", "files never accepted (answered at once)")),
            working_days=True,
        ),
    )
}
"""Every figure of the statistics, by its code, in the order in which they are shown."""
