"""The whole file (卷宗) in archive order (domain: file): what each part holds, told in the field's words.

Every event of the file stands in exactly one part. Personal data comes from the events and is shown as this reader may
read it; other files are named only where the reader may know of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pydantic import BaseModel

from domain.clocks import DueDate
from domain.derivation import explain
from domain.kernel import SHANGHAI, Attachment, Context, Erased, Event, Recorded, Seal, day_of, personal_fields
from domain.letters import chinese_day
from domain.petition.events import exceptions as x
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events.values import Petitioner, Redaction
from domain.petition.petition import Petition
from domain.petition.titles import TITLES
from domain.vocabulary import Code, LetterKind
from projections.file_queries import NUMBERS
from service.file_view import Words

PARTS: Mapping[str, str] = {
    "summary": "结案摘要",
    "petition": "民情原件及附件",
    "notices": "告知文书",
    "handling": "办理记录",
    "reply": "答复意见及送达",
    "publication": "公示及脱敏记录",
    "follow_ups": "回访记录",
    "supervision": "督办记录",
    "review": "复查复核",
    "recollection": "再收集与归档",
    "notes": "备考",
}
"""The parts behind cover and contents, in order."""

BY_MODULE = {
    r.__name__: "petition",
    h.__name__: "handling",
    p.__name__: "publication",
    s.__name__: "supervision",
    c.__name__: "recollection",
}
BY_EVENT: Mapping[type[Event], str] = {
    **dict.fromkeys(
        (
            r.PetitionAccepted, r.PetitionDeclined, r.PetitionReferred, r.AnsweredAtOnce, r.PetitionSteered,
            r.PetitionNoLongerAccepted, h.ExtensionGranted, x.DeclineAsked, x.DeclineRefused, x.NoticeWaiverAsked,
            x.NoticeWaived, x.NoticeWaiverRefused,
        ),
        "notices",
    ),
    **dict.fromkeys(
        (h.ReplyDrafted, h.ReplyApproved, h.ReplySentBack, h.ReplyDelivered, h.ReplyImported, r.LetterServed), "reply"
    ),
    **dict.fromkeys((s.FollowUpMissed, s.FollowedUp, c.ResidentSpoke), "follow_ups"),
    **dict.fromkeys((s.ReviewAsked, s.HearingHeld, s.ReviewDecided), "review"),
    **dict.fromkeys(
        (
            r.DueDatesSet, r.DueDatesRecomputed, r.DuplicateLinked, r.DuplicateAdopted, r.DuplicateUnlinked,
            r.DuplicateReleased, r.MeetingDecided, r.DataRestricted, r.RestrictionLifted, r.ErasureAsked,
            r.DataErased, r.NumberVoided, x.VoidingAsked, x.VoidingRefused,
        ),
        "notes",
    ),
    **dict.fromkeys((x.WaiverAsked, x.WaiverRefused), "publication"),
}  # fmt: skip
"""Where an event stands that does not stand where its stem does."""
BY_LETTER = {
    LetterKind.REPLY: "reply",
    LetterKind.SERVICE: "reply",
    LetterKind.ASSIGNMENT: "handling",
    LetterKind.FOLLOW_UP: "follow_ups",
    LetterKind.ORDER: "supervision",
}

LABELS: Mapping[str, str] = {
    "about": "事由", "address": "住址", "against": "被反映对象",
    "answers": "各诉求结果", "attendants": "参加人员", "archive_number": "档号", "area": "地点",
    "arises_from": "来源卷宗", "article": "法律依据", "attachments": "附件", "attempt": "第几次", "basis": "方式",
    "before": "脱敏前摘要",
    "body": "机关", "call_time": "来电时间", "category": "类别", "channel": "途径", "co_units": "协办",
    "concluded_by": "终结卷宗", "content": "内容", "count": "处数", "days": "天数", "deadline": "期限",
    "decision": "决定", "delivery": "送达方式", "demand": "诉求", "demands": "诉求", "digest": "文稿摘要",
    "document_number": "文号", "due": "期限", "duplicate": "重复件", "first_day": "首日", "form": "形式",
    "grid": "网格", "ground": "依据", "handler": "承办人", "held_on": "召开日期", "id_number": "证件号码",
    "kept": "保留显示", "kind": "类型", "last_day": "末日", "lead": "主办", "legacy_number": "原编号",
    "letter": "文书", "level": "级别", "matches": "比对一致", "meeting": "会议", "message_id": "留言编号",
    "method": "方式", "name": "姓名", "nature": "性质", "new_matter": "新反映事项", "note": "备注",
    "notice": "告知方式", "notice_waived_because": "未告知原因", "officer": "信息员", "outcome": "结果",
    "outlets": "公示渠道", "part": "环节", "patrol": "巡访", "people_count": "人数", "petitioner": "信访人",
    "petitioners": "信访人", "phone": "电话", "photos": "照片", "place": "地点", "point": "坐标", "principal": "主件",
    "procedure": "程序", "proof": "送达凭证", "proposed_unit": "建议单位", "reached": "是否联系上",
    "reason": "理由", "receipt": "回执", "receipt_note": "送达说明", "received_at": "收到时间",
    "received_by": "签收人", "redactions": "脱敏记录", "register_of": "比对部门", "replied_by": "答复人",
    "respondent": "对象", "round": "轮次", "satisfaction": "满意程度", "scan": "扫描件", "secrecy": "密级",
    "settled": "是否解决", "shown": "显示为", "site": "网站", "solved": "是否解决", "source": "来源",
    "staff": "工作人员", "summary": "摘要", "taken_at": "拍摄时间", "text": "内容", "title": "标题", "track": "轨道",
    "unit": "单位", "until": "截止", "urgency": "紧急程度", "venue": "会场", "verdict": "结论",
    "visit_record": "来访记录", "visitors": "走访人", "window": "窗口", "work_order_id": "工单号",
}  # fmt: skip
"""What a field is called on paper; a plain field without a name here is for machines and stays out."""
UNITS = frozenset({"lead", "co_units", "unit", "proposed_unit"})
STAFF = frozenset({"handler", "visitors", "officer", "staff", "replied_by"})
DIGESTS = frozenset({"digest", "before"})
DIGEST_SHOWN = 16
"""Characters of a digest that stand on paper: enough to tell one draft from another."""
TO_MACHINES = frozenset({"id", "salt", "template", "query_code_digest"})

Names = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Telling:
    """How this reader is told things: texts, names of staff, of units and areas, numbers of files they may know of.

    `public`: what is told was written for the boards.
    """

    words: Words
    context: Context
    staff: Names
    known: Collection[str]
    public: bool = False

    def text(self, text: str | Erased | None) -> str:
        """A text of the file; in what is for the public, people are masked to everybody."""
        return (self.words.as_public(text) if self.public else self.words.text(text)) or ""

    def of(self, name: str, value: object, sealed: bool) -> str:
        """A value of a field in words; empty where there is nothing to tell."""
        if value is None or (name in NUMBERS and value not in self.known):
            return ""
        if isinstance(value, Erased) or (sealed and isinstance(value, str)):
            return self.text(value)
        if isinstance(value, tuple | list | frozenset):
            between = "\n" if any(isinstance(one, BaseModel) for one in value) else "、"
            return between.join(filter(None, (self.of(name, one, sealed) for one in value)))
        if isinstance(value, DueDate):
            return explain(value, self.context.rulebook.calendar)
        if isinstance(value, Attachment):
            return f"{value.id}（{value.media_type}，{value.size}字节，SHA-256 {value.digest[:16]}…）"
        return self._plain(name, value)

    def _plain(self, name: str, value: object) -> str:
        rulebook = self.context.rulebook
        match value:
            case Petitioner():
                return self._person(value)
            case Redaction():
                shown = "删去" if value.shown is None else f"“{self.text(value.shown)}”"
                how = "保留" if value.kept else "" if value.shown is None else "改为"
                return f"{value.kind.zh}{how}{shown}{value.count}处（{self.text(value.reason)}）"
            case BaseModel():
                return "；".join(self.lines(value))
            case Code():
                return value.zh
            case bool():
                return "是" if value else "否"
            case datetime():
                return moment(value)
            case date():
                return chinese_day(value)
        code = str(value)
        if name in DIGESTS:
            return f"{code[:DIGEST_SHOWN]}…"
        if name in UNITS and (unit := rulebook.unit(code)):
            return unit.name
        if name == "area" and (area := rulebook.area(code)):
            return area.name
        if name == "category" and (category := rulebook.category(code)):
            return category.name
        if name == "body" and (body := rulebook.body(code)):
            return body.name
        return self.staff(code) if name in STAFF else code

    def _person(self, one: Petitioner) -> str:
        shown = self.words.person(one)
        told = (shown.name, shown.phone, shown.id_number, shown.address)
        return f"{one.kind.zh}{one.id}：{'，'.join(filter(None, told)) or '（未留姓名）'}"

    def lines(self, model: BaseModel) -> Iterator[str]:
        """A line for each field of a fact, or of a model in it, that has something to tell."""
        tree = personal_fields(type(model))
        for name in type(model).model_fields:
            sealed = isinstance(tree.get(name), Seal)
            label = LABELS.get(name, "内容" if sealed else "")
            if label and name not in TO_MACHINES and (told := self.of(name, getattr(model, name), sealed)):
                yield f"{label}：{told}"


def moment(at: datetime) -> str:
    """An instant in Shanghai, to the minute."""
    local = at.astimezone(SHANGHAI)
    return f"{chinese_day(local.date())}{local:%H:%M}"


def part_of(fact: Event) -> str:
    """The part of the file in which an event stands."""
    return part_for(type(fact), fact.kind if isinstance(fact, r.LetterIssued) else None)


def part_for(event: type[Event], letter: LetterKind | None) -> str:
    """The part for events of a type; `letter`: the kind of one that was issued."""
    if event is r.LetterIssued:
        return "notices" if letter is None else BY_LETTER.get(letter, "notices")
    return BY_EVENT.get(event) or BY_MODULE[event.__module__]


def dossier(
    history: Sequence[Recorded],
    petition: Petition,
    context: Context,
    *,
    known: Collection[str],
    staff: Names,
) -> dict[str, object]:
    """The values of the template of the whole file, for who may read its personal data."""
    telling = Telling(Words(petition, full=True), context, staff, known)
    records: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    records["summary"].append(_summary(history, petition, telling))
    for recorded in history:
        part = part_of(recorded.fact)
        records[part].append(_record(recorded, replace(telling, public=part == "publication")))
    people = [telling.of("petitioners", one, sealed=False) for one in petition.petitioners]
    units = (petition.lead, *petition.co_units)
    days = context.rulebook.retention_days
    return {
        "office": context.rulebook.office.name,
        "file": petition.number,
        "archive": petition.archive_number or "（未归档）",
        "subject": telling.text(petition.title) or "",
        "people": people or ["匿名"],
        "channel": petition.channel.zh,
        "nature": petition.nature.zh,
        "units": "、".join(telling.of("unit", unit, sealed=False) for unit in units if unit) or "—",
        "received": _day(petition.received_at),
        "ended": _day(petition.ended_at) if petition.ended_at else "今（未办结）",
        "round": str(petition.round),
        "secrecy": petition.secrecy.zh,
        "kept": f"办结后{days}日" if days else "按本单位档案保管期限表",
        "day": chinese_day(context.today),
        "count": str(len(history)),
        "sections": [
            {
                "place": str(place),
                "title": title,
                "count": str(len(records[part])),
                "since": records[part][0]["since"] if records[part] else "—",
                "records": records[part],
            }
            for place, (part, title) in enumerate(PARTS.items(), start=1)
        ],
    }


def _day(at: datetime | None) -> str:
    return chinese_day(day_of(at)) if at else ""


def _record(recorded: Recorded, telling: Telling) -> dict[str, object]:
    """What one event says: when, what, who, and its lines; a text of several paragraphs keeps them."""
    at, actor = recorded.occurred_at, recorded.actor
    lines = [] if isinstance(recorded.fact, r.LetterIssued) else list(telling.lines(recorded.fact))
    if isinstance(recorded.fact, r.LetterIssued):
        lines = [f"{recorded.fact.kind.zh}：{recorded.fact.document_number}（内容摘要 {recorded.fact.digest[:16]}…）"]
    if recorded.backdated_because:
        lines.append(f"补录原因：{telling.text(recorded.backdated_because)}（录入 {moment(recorded.recorded_at)}）")
    who = "、".join(filter(None, (telling.staff(actor.id), actor.role.zh if actor.role else "")))
    return {
        "day": moment(at) if at else "日期不详",
        "since": _day(at) or "不详",
        "head": TITLES[recorded.fact.TOPIC].zh,
        "who": who,
        "lines": [paragraph for line in lines for paragraph in line.splitlines() if paragraph.strip()],
    }


def _summary(history: Sequence[Recorded], petition: Petition, telling: Telling) -> dict[str, object]:
    """The closing summary: how the file went, in a few lines, and the words in which it was closed."""
    closed = [one.fact.summary for one in history if isinstance(one.fact, c.PetitionClosed)]
    replied = [one for one in history if isinstance(one.fact, h.ReplyDelivered)]
    due = petition.due.get("handle")
    told = (
        ("环节", petition.stage.zh if petition.stage else ""),
        ("受理", _day(petition.accepted_at)),
        ("答复", "、".join(_day(one.occurred_at) for one in replied)),
        ("办理期限", chinese_day(due.due) if due else ""),
        ("公示", "、".join(outlet.zh for outlet in petition.outlets) or ("不公示" if petition.waived else "")),
        ("督办", f"{len(petition.orders)}次" if petition.orders else ""),
        ("办结摘要", telling.text(closed[-1]) if closed else ""),
    )
    ended = petition.ended_at
    return {
        "day": moment(ended) if ended else "未办结",
        "since": _day(ended) or "未办结",
        "head": telling.text(petition.title) or "",
        "who": "",
        "lines": [
            paragraph for label, value in told if value for paragraph in f"{label}：{value}".splitlines() if paragraph
        ],
    }
