"""会议纪要: the minutes of an analysis meeting as a document: who came, the four parts, what was decided."""

from __future__ import annotations

from collections.abc import Iterable

from docx.document import Document

from domain import meeting_events as m
from domain.kernel import Recorded
from domain.petition.references import people_of
from domain.rules.content import RulebookContent
from domain.vocabulary import AgendaBasis, MeetingPart, Outlet
from projections.masked import masked, shown
from service.docx_kit import CENTRE, HEADING, NUMERALS, heading, new_paper, paragraph, saved, table
from service.meetings import ItemView, MeetingView

BY_HAND = "增补"
NOTHING = "（未记录）"


def minutes(view: MeetingView, history: Iterable[Recorded], rulebook: RulebookContent) -> bytes:
    """The file's bytes. Names of who came are whole; files are named as the reader may know of them, masked."""
    facts = [recorded.fact for recorded in history]
    meeting = view.meeting
    paper = new_paper()
    title = str(next(fact.title for fact in facts if isinstance(fact, m.MeetingCalled)))
    paragraph(paper, f"{title}\n会议纪要", size=20, bold=True, font=HEADING, align=CENTRE)
    held = meeting.held_on or meeting.planned_on
    when = f"{held:%Y年%-m月%-d日}" + ("" if meeting.held_on else "（拟召开）")
    paragraph(paper, f"{rulebook.office.name}　{when}　{meeting.stage.zh}", size=10, align=CENTRE)
    people = people_of(one for fact in facts if isinstance(fact, m.MeetingConvened) for one in fact.people)
    said = {
        fact.part: shown(masked(fact.text), people, ()) for fact in facts if isinstance(fact, m.MeetingPartRecorded)
    }
    numerals = iter(NUMERALS)
    heading(paper, f"{next(numerals)}、参会情况")
    _attendance(paper, facts, rulebook)
    heading(paper, f"{next(numerals)}、议题范围")
    paragraph(paper, _scope(view, rulebook), indent=True)
    for part in MeetingPart:
        heading(paper, f"{next(numerals)}、{part.zh}")
        paragraph(paper, said.get(part, NOTHING), indent=True)
        decided = [item for item in view.items if item.part is part]
        if decided:
            _decided(paper, decided)
    removed = [item for item in view.items if item.removed]
    if removed:
        heading(paper, f"{next(numerals)}、撤下的议题")
        rows = [[item.number, item.title or "", item.removed_because or ""] for item in removed]
        table(paper, ["编号", "事项", "理由"], rows, [3.6, 7.0, 6.0])
    if meeting.summary_state == "published":
        heading(paper, f"{next(numerals)}、公示摘要")
        paragraph(paper, meeting.summary_title or "", bold=True)
        paragraph(paper, meeting.summary_text or "", indent=True)
        outlets = "、".join(Outlet(outlet).zh for outlet in meeting.outlets)
        paragraph(paper, f"公示渠道：{outlets}", size=10)
    return saved(paper, title=f"{title} 会议纪要", author=rulebook.office.name)


def _attendance(paper: Document, facts: Iterable[object], rulebook: RulebookContent) -> None:
    """Who presided, who came, who did not."""
    held = next((fact for fact in facts if isinstance(fact, m.MeetingConvened)), None)
    if held is None:
        paragraph(paper, "会议尚未召开。", indent=True)
        return
    paragraph(paper, f"主持人：{held.chair.name}", indent=True)
    units = {unit.code: unit.name for unit in rulebook.units}
    rows = [
        [str(one.name), units.get(one.unit or "", ""), "到会" if one.present else "缺席"] for one in held.attendance
    ]
    table(paper, ["姓名", "单位", "到会"], rows, [5.0, 8.0, 3.0])


def _scope(view: MeetingView, rulebook: RulebookContent) -> str:
    """The query that drew the agenda up, in words."""
    meeting = view.meeting
    areas = [area.name for code in meeting.areas if (area := rulebook.area(code))]
    categories = [category.name for code in meeting.categories if (category := rulebook.category(code))]
    said = [
        f"{meeting.first:%Y年%-m月%-d日}至{meeting.last:%Y年%-m月%-d日}收到、尚在办理的件",
        f"区域：{'、'.join(areas) or '全部'}",
        f"类别：{'、'.join(categories) or '全部'}",
    ]
    if meeting.repeated:
        said.append("只列重复反映的事项")
    on_it = [item for item in view.items if not item.removed]
    by = {basis: sum(item.basis is basis for item in on_it) for basis in AgendaBasis}
    counted = "、".join(f"{basis.zh}{count}件" for basis, count in by.items() if count)
    by_hand = sum(item.basis is None for item in on_it)
    counted = "、".join(filter(None, (counted, f"{BY_HAND}{by_hand}件" if by_hand else "")))
    return f"{'；'.join(said)}。议题共{len(on_it)}件{f'（{counted}）' if counted else ''}。"


def _decided(paper: Document, items: Iterable[ItemView]) -> None:
    rows = [[item.number, item.title or "", item.decision or ""] for item in items]
    table(paper, ["编号", "事项", "决定"], rows, [3.6, 6.0, 7.0])
