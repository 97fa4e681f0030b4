"""Analysis meetings: what may be done when, by whom, and what each step leaves behind. All persons are invented."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain import meeting_events as m
from domain.errors import DomainError, Invalid, NoSuchAddress, NotApproved, NotPossibleNow, TwoPeopleNeeded, WrongRole
from domain.kernel import Event, stamp
from domain.meeting import (
    AddAgendaItem,
    CallMeeting,
    CloseMeeting,
    ConveneMeeting,
    DecideItems,
    Meeting,
    MeetingCommand,
    RecordPart,
    RemoveAgendaItem,
    meeting_stream,
)
from domain.meeting_summary import ApproveSummary, DraftSummary, PublishSummary, SendBackSummary
from domain.petition.events import values as v
from domain.petition.petition import Petition
from domain.vocabulary import AgendaBasis, MeetingPart, MeetingStage, Outlet, Secrecy
from tests.projections import histories as a
from tests.scenario import MONDAY, context, shanghai

STREAM = "meeting:m-0123456789"
NOW = shanghai(MONDAY)
CALLED = m.MeetingCalled(
    title="十一月分析会",
    planned_on=MONDAY,
    first=date(2026, 10, 1),
    last=date(2026, 10, 31),
    items=(m.AgendaItem(number="HY-2026-000001", basis=AgendaBasis.QUERY),),
)
GAO, SHUI = m.Attendee(id="p1", name="高主任"), m.Attendee(id="p2", name="水流长", present=False)
HELD = m.MeetingConvened(held_on=MONDAY, chair=m.Person(id="p1", name="高主任"), attendance=(GAO, SHUI))
PARTS = tuple(m.MeetingPartRecorded(part=part, text="讨论情况") for part in MeetingPart)
DECIDED = m.ItemsDecided(items=(m.Decided(number="HY-2026-000001", part=MeetingPart.COLLATED),))
OVER = (CALLED, HELD, *PARTS, DECIDED, m.MeetingClosed())


def files(**changes: Any) -> dict[str, Petition]:
    made = a.Histories().add("HY-2026-000001", a.JANUARY, a.received(**changes))
    made.add("HY-2026-000002", a.JANUARY, a.received(**changes))
    return made.files


def after(*facts: Event, by: str = "wu") -> Meeting:
    world = context(by, now=NOW - timedelta(hours=1))
    return Meeting(STREAM).fold(stamp(facts, stream=STREAM, after=0, context=world, occurred_at=world.now))


def taken(
    command: MeetingCommand, meeting: Meeting, by: str = "wu", on: dict[str, Petition] | None = None
) -> list[Event]:
    acting = command.barred(meeting, context(by, now=NOW))
    if isinstance(acting, DomainError):
        raise acting
    return list(command.decide(meeting, acting, files() if on is None else on))


def decisions(*numbers: str) -> DecideItems:
    return DecideItems.model_validate(
        {"decisions": [{"number": one, "part": "summed_up", "decision": "整治"} for one in numbers]}
    )


def drafted(text: str = "路灯问题已列入整治。", by: str = "sun") -> Meeting:
    meeting = after(*OVER)
    facts = taken(DraftSummary(title="分析会摘要", text=text), meeting, by)
    return meeting.fold(
        stamp(facts, stream=STREAM, after=meeting.version, context=context(by, now=NOW), occurred_at=NOW)
    )


def test_a_meeting_goes_its_way() -> None:
    meeting = after(*OVER)
    assert (meeting.stage, meeting.parts) == (MeetingStage.CLOSED, set(MeetingPart))
    assert meeting.items == {"HY-2026-000001": MeetingPart.COLLATED}


def test_the_agenda_is_added_to_and_taken_from_with_a_reason() -> None:
    added = taken(AddAgendaItem(number="hy-2026-000002", reason="群众关注"), after(CALLED))
    assert added == [m.AgendaItemAdded(number="HY-2026-000002", reason="群众关注")]
    removed = taken(RemoveAgendaItem(number="HY-2026-000001", reason="已办结"), after(CALLED))
    assert removed == [m.AgendaItemRemoved(number="HY-2026-000001", reason="已办结")]
    with pytest.raises(NotPossibleNow):
        taken(AddAgendaItem(number="HY-2026-000001", reason="重复"), after(CALLED))
    with pytest.raises(Invalid):
        taken(RemoveAgendaItem(number="HY-2026-000002", reason="不在其中"), after(CALLED))
    with pytest.raises(ValidationError):
        RemoveAgendaItem(number="HY-2026-000001", reason=" ")


@pytest.mark.parametrize("changes", [{"secrecy": Secrecy.SECRET}, {"against": "ZF"}])
def test_a_protected_file_is_talked_about_at_no_meeting(changes: dict[str, Any]) -> None:
    with pytest.raises(NotPossibleNow):
        taken(AddAgendaItem(number="HY-2026-000002", reason="关注"), after(CALLED), on=files(**changes))
    decide = decisions("HY-2026-000001")
    with pytest.raises(Invalid):
        taken(decide, after(CALLED, HELD), on=files(**changes))


def test_a_file_that_is_over_comes_on_no_agenda() -> None:
    made = a.Histories().add("HY-2026-000002", a.JANUARY, a.received(), a.WITHDRAWN)
    with pytest.raises(NotPossibleNow):
        taken(AddAgendaItem(number="HY-2026-000002", reason="关注"), after(CALLED), on=made.files)


def test_decisions_are_for_the_agenda_once_each() -> None:
    assert taken(decisions("HY-2026-000001"), after(CALLED, HELD)) == [
        m.ItemsDecided(items=(m.Decided(number="HY-2026-000001", part=MeetingPart.SUMMED_UP),))
    ]
    for numbers in (("HY-2026-000002",), ("HY-2026-000001", "HY-2026-000001")):
        with pytest.raises(Invalid):
            taken(decisions(*numbers), after(CALLED, HELD))
    with pytest.raises(Invalid):
        taken(decisions("HY-2026-000001"), after(CALLED, HELD, DECIDED))
    with pytest.raises(NotPossibleNow):
        taken(decisions("HY-2026-000001"), after(CALLED))
    with pytest.raises(NotPossibleNow):
        taken(RemoveAgendaItem(number="HY-2026-000001", reason="撤"), after(CALLED, HELD, DECIDED))


def test_what_a_meeting_decides_becomes_the_files_own_step() -> None:
    meeting = after(CALLED, HELD)
    decide = decisions("HY-2026-000001")
    ((number, step),) = decide.steps(meeting)
    assert (number, step.meeting, step.held_on, step.decision) == ("HY-2026-000001", "十一月分析会", MONDAY, "整治")


def test_it_is_over_when_all_four_parts_are_recorded_and_every_item_is_decided() -> None:
    for missing in range(4):
        with pytest.raises(NotPossibleNow):
            taken(CloseMeeting(), after(CALLED, HELD, *PARTS[:missing], *PARTS[missing + 1 :], DECIDED))
    with pytest.raises(NotPossibleNow):
        taken(CloseMeeting(), after(CALLED, HELD, *PARTS))
    assert taken(CloseMeeting(), after(CALLED, HELD, *PARTS, DECIDED)) == [m.MeetingClosed()]


def test_who_came_is_entered_when_it_was_held() -> None:
    given = {"held_on": MONDAY, "chair": "高主任", "attendance": [{"name": "高主任", "unit": "ZF"}]}
    (held,) = taken(ConveneMeeting.model_validate(given), after(CALLED))
    assert held == m.MeetingConvened(
        held_on=MONDAY,
        chair=m.Person(id="p1", name="高主任"),
        attendance=(m.Attendee(id="p1", name="高主任", unit="ZF"),),
    )
    (other,) = taken(ConveneMeeting.model_validate({**given, "chair": "水主任"}), after(CALLED))
    assert isinstance(other, m.MeetingConvened)
    assert [(one.id, one.name) for one in other.people] == [("p1", "高主任"), ("p2", "水主任")]
    for change in (
        {"held_on": MONDAY + timedelta(days=1)},
        {"attendance": [{"name": "高主任", "present": False}]},
        {"attendance": [{"name": "高主任", "unit": "XX"}]},
    ):
        with pytest.raises(DomainError):
            taken(ConveneMeeting.model_validate({**given, **change}), after(CALLED))
    with pytest.raises(NotPossibleNow):
        taken(ConveneMeeting.model_validate(given), after(CALLED, HELD))


def test_the_summary_takes_two_people_and_names_the_text_that_was_approved() -> None:
    meeting = drafted()
    with pytest.raises(TwoPeopleNeeded):
        taken(ApproveSummary(), meeting, "sun")
    with pytest.raises(NotApproved):
        taken(PublishSummary(outlets=frozenset({Outlet.BOARD})), meeting, "tang")
    with pytest.raises(NotApproved):
        taken(ApproveSummary(digest="0" * 64), meeting, "tang")
    (approved,) = taken(ApproveSummary(), meeting, "tang")
    world = context("tang", now=NOW)
    meeting.fold(stamp([approved], stream=STREAM, after=meeting.version, context=world, occurred_at=NOW))
    with pytest.raises(TwoPeopleNeeded):
        taken(PublishSummary(outlets=frozenset({Outlet.BOARD})), meeting, "tang")
    (out,) = taken(PublishSummary(outlets=frozenset({Outlet.BOARD})), meeting, "sun")
    assert meeting.summary is not None
    assert out == m.SummaryPublished(digest=meeting.summary.digest, outlets=(Outlet.BOARD,))
    with pytest.raises(NotPossibleNow):
        taken(SendBackSummary(reason="改"), meeting, "li")


def test_the_summary_says_nobodys_name_or_number() -> None:
    given = a.received().model_copy(update={"petitioners": (v.Petitioner(id="p1", name="欧阳试之"),)})
    made = a.Histories().add("HY-2026-000001", a.JANUARY, given)
    command = DraftSummary(title="欧阳试之反映的路灯", text="欧阳试之（13877770042）反映的路灯已列入整治。")
    (draft,) = taken(command, after(*OVER), "sun", on=made.files)
    assert isinstance(draft, m.SummaryDrafted)
    assert not any(secret in f"{draft.title}{draft.text}" for secret in ("欧阳试之", "13877770042"))
    assert {one.kind for one in draft.redactions} == {"name", "phone"}


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (RecordPart(part=MeetingPart.SCREENED, text="欧阳试之（13877770042）反映路灯"), (CALLED, HELD)),
        (AddAgendaItem(number="HY-2026-000002", reason="欧阳试之（13877770042）反映路灯"), (CALLED,)),
        (RemoveAgendaItem(number="HY-2026-000001", reason="欧阳试之（13877770042）反映路灯"), (CALLED,)),
    ],
    ids=lambda one: getattr(one, "title", ""),
)
def test_the_meetings_own_stream_keeps_nobodys_name_or_number(
    command: MeetingCommand, facts: tuple[Event, ...]
) -> None:
    """It is sealed under the meeting's key: an erasure on the file would not reach it."""
    given = a.received().model_copy(update={"petitioners": (v.Petitioner(id="p1", name="欧阳试之"),)})
    made = a.Histories().add("HY-2026-000001", a.JANUARY, given).add("HY-2026-000002", a.JANUARY, given)
    (fact,) = taken(command, after(*facts), on=made.files)
    assert not any(secret in repr(fact) for secret in ("欧阳试之", "13877770042"))
    assert "反映路灯" in repr(fact)


@pytest.mark.parametrize(
    ("command", "facts", "by"),
    [
        (RecordPart(part=MeetingPart.SCREENED, text="讨论"), (CALLED, HELD), "li"),
        (AddAgendaItem(number="HY-2026-000002", reason="关注"), (CALLED,), "zhou"),
        (DraftSummary(title="摘要", text="内容"), OVER, "wu"),
        (ApproveSummary(), OVER, "wu"),
    ],
)
def test_each_step_has_its_role(command: MeetingCommand, facts: tuple[Event, ...], by: str) -> None:
    with pytest.raises(WrongRole):
        taken(command, after(*facts), by)


def test_a_range_has_days_and_an_id_is_one() -> None:
    with pytest.raises(ValidationError):
        CallMeeting.model_validate({"title": "会", "planned_on": MONDAY, "from": MONDAY, "to": date(2026, 1, 1)})
    for text in ("m-1", "HY-2026-000001", "m-0123456789x"):
        with pytest.raises(NoSuchAddress):
            meeting_stream(text)
