"""Every figure of the statistics, once: what is counted, over what, on which day, what is left out, by which rule.

A `Measure` is one count per day, written as SQL over a row of `statistics.rounds`: the projection keeps its counters
by it and the list of files behind a figure is selected by it, so the two can't differ. A `Figure` puts measures into
numerator and denominator; both lie on the same day, that of the denominator's event, so that a rate of a year is made
of the counts of its months. A change of a rule raises its figure's `version` and the projection's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from domain.vocabulary import Code, Unit

JOINT_FROM = 2
"""From how many people on a petition is a joint one (多人共同信访, L1 20) and counts as a batch (批)."""


class Counted(Code):
    """What a figure counts; the three units of counting, and rounds (轮次) of one file. Never mixed in a figure."""

    FILES = Unit.FILES.value, Unit.FILES.zh
    ROUNDS = "rounds", "件次"
    BATCHES = Unit.BATCHES.value, Unit.BATCHES.zh
    PERSONS = Unit.PERSONS.value, Unit.PERSONS.zh


class Reach(Enum):
    """Which days of a measure count, seen from the day on which the figure is read."""

    ALWAYS = "always"
    DUE = "due"  # the day has come
    OVERDUE = "overdue"  # the day has gone by


@dataclass(frozen=True, slots=True)
class Measure:
    """One daily count. `when`, `day` and `amount` are SQL over the columns of `statistics.rounds`."""

    code: str
    when: str
    day: str
    amount: str = "1"
    reach: Reach = Reach.ALWAYS


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


_FIRST = "round = 1 AND NOT voided"
_REGISTERED = f"{_FIRST} AND NOT imported AND received_on IS NOT NULL"
_IMPORTED = f"{_FIRST} AND imported AND received_on IS NOT NULL"
_KNOWN_SINCE = "COALESCE(received_on, entered_on)"
_JOINT = f"people >= {JOINT_FROM}"
_ONCE = "NOT voided AND NOT linked"
_DUE = f"{_ONCE} AND due_on IS NOT NULL AND (ended_on IS NULL OR ended_on > due_on)"
_SETTLED = f"{_ONCE} AND due_on IS NOT NULL AND closed_on IS NOT NULL"
_CLOSED_OR_DUE = "COALESCE(closed_on, due_on)"
_OPEN = "round = latest AND closed_on IS NULL AND ended_on IS NULL"
_LATE = "(replied_on IS NULL OR replied_on > due_on)"
_CONTACT = f"{_ONCE} AND contact_due_on IS NOT NULL AND (ended_on IS NULL OR ended_on > contact_due_on)"
_FOLLOWED = f"{_ONCE} AND followed_on IS NOT NULL"
_FOLLOWED_FILE = f"{_ONCE} AND round = 1 AND first_followed_on IS NOT NULL"
_TO_PUBLISH = (
    f"{_ONCE} AND replied_on IS NOT NULL AND NOT at_once AND NOT waived"
    " AND (published_once OR (round = latest AND ended_on IS NULL))"
)
_REPLIED_FILE = f"{_ONCE} AND round = 1 AND replied_on IS NOT NULL AND handling_days IS NOT NULL"

MEASURES: dict[str, Measure] = {
    measure.code: measure
    for measure in (
        Measure("registered", _REGISTERED, "received_on"),
        Measure("registered_batches", f"{_REGISTERED} AND {_JOINT}", "received_on"),
        Measure("registered_persons", _REGISTERED, "received_on", "people"),
        Measure("imported", _IMPORTED, "received_on"),
        Measure("imported_batches", f"{_IMPORTED} AND {_JOINT}", "received_on"),
        Measure("imported_persons", _IMPORTED, "received_on", "people"),
        Measure("undated", f"{_FIRST} AND received_on IS NULL", _KNOWN_SINCE),
        Measure("voided", "round = 1 AND voided", _KNOWN_SINCE),
        Measure("accepted", f"{_REGISTERED} AND accepted_on IS NOT NULL", "received_on"),
        Measure("duplicates", f"{_REGISTERED} AND linked", "received_on"),
        Measure("due", _DUE, "due_on", reach=Reach.DUE),
        Measure("closed", f"{_DUE} AND closed_on IS NOT NULL", "due_on", reach=Reach.DUE),
        Measure("settled", _SETTLED, _CLOSED_OR_DUE),
        Measure("settled_in_time", f"{_SETTLED} AND replied_on <= due_on", _CLOSED_OR_DUE),
        Measure("overdue_open", f"{_DUE} AND {_OPEN} AND {_LATE}", _CLOSED_OR_DUE, reach=Reach.OVERDUE),
        Measure("contact_due", _CONTACT, "contact_due_on", reach=Reach.DUE),
        Measure(
            "contacted_in_time", f"{_CONTACT} AND contacted_on <= contact_due_on", "contact_due_on", reach=Reach.DUE
        ),
        Measure("follow_ups", _FOLLOWED, "followed_on"),
        Measure("solved", f"{_FOLLOWED} AND solved", "followed_on"),
        Measure("satisfied", f"{_FOLLOWED} AND satisfied", "followed_on"),
        Measure("followed_files", _FOLLOWED_FILE, "first_followed_on"),
        Measure("reopened_files", f"{_FOLLOWED_FILE} AND latest > 1", "first_followed_on"),
        Measure("to_publish", _TO_PUBLISH, "replied_on"),
        Measure("published", f"{_TO_PUBLISH} AND published", "replied_on"),
        Measure("replied_files", _REPLIED_FILE, "replied_on"),
        Measure("handling_days", _REPLIED_FILE, "replied_on", "handling_days"),
    )
}
"""Every daily count, by its code."""

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
            over=Text("办理期限已到的轮次", "rounds whose due day of handling has come"),
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
