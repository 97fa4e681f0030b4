"""Erasing at a meeting: two people, a name or everything, not before its time, and not from the texts alone."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import pytest

from domain import meeting_events as m
from domain.errors import Invalid, NotPossibleNow, TwoPeopleNeeded, WrongRole
from domain.kernel import Erased, Event, stamp
from domain.meeting import Meeting, MeetingCommand, RecordPart
from domain.meeting_erasure import ApproveMeetingErasure, AskMeetingErasure, forgets_of_meeting
from domain.vocabulary import ErasureGround, MeetingPart
from tests.domain.test_meeting import CALLED, HELD, NOW, OVER, STREAM, after, taken
from tests.scenario import context

WITHDRAWN, UNLAWFUL = ErasureGround.CONSENT_WITHDRAWN, ErasureGround.UNLAWFUL


def then(meeting: Meeting, command: MeetingCommand, by: str) -> list[Event]:
    """Take the step, and have the meeting know of it."""
    facts = taken(command, meeting, by)
    world = context(by, now=NOW)
    meeting.fold(stamp(facts, stream=STREAM, after=meeting.version, context=world, occurred_at=NOW))
    return facts


def asked(person: str | None = "p1", ground: ErasureGround = WITHDRAWN) -> AskMeetingErasure:
    return AskMeetingErasure(person=person, ground=ground, reason="本人要求")


@pytest.mark.parametrize("person", ["p1", None])
def test_one_asks_and_another_approves(person: str | None) -> None:
    meeting = after(*OVER)
    assert then(meeting, asked(person), "wu") == [
        m.MeetingErasureAsked(person=person, ground=WITHDRAWN, reason="本人要求")
    ]
    approve = ApproveMeetingErasure(person=person)
    for by, error in {"wu": TwoPeopleNeeded, "sun": WrongRole, "zhou": WrongRole}.items():
        with pytest.raises(error):
            taken(approve, meeting, by)
    facts = then(meeting, approve, "li")
    assert facts == [m.MeetingDataErased(person=person, ground=WITHDRAWN, asked_by="wu")]
    assert forgets_of_meeting(facts) == (person or "*",)
    with pytest.raises(NotPossibleNow):
        taken(asked(person), meeting, "wu")
    with pytest.raises(NotPossibleNow):
        taken(approve, meeting, "li")


def test_what_was_asked_for_one_waits_no_more_when_all_is_gone() -> None:
    meeting = after(*OVER)
    for person in ("p1", None):
        then(meeting, asked(person), "wu")
    then(meeting, ApproveMeetingErasure(), "li")
    with pytest.raises(NotPossibleNow):
        taken(ApproveMeetingErasure(person="p1"), meeting, "li")


def test_nothing_is_approved_that_nobody_asked_for() -> None:
    meeting = after(*OVER)
    with pytest.raises(NotPossibleNow):
        taken(ApproveMeetingErasure(person="p1"), meeting, "li")
    then(meeting, asked("p1"), "wu")
    with pytest.raises(Invalid):
        taken(ApproveMeetingErasure(person="p2"), meeting, "li")
    with pytest.raises(Invalid):
        taken(asked("p9"), meeting, "wu")


def test_before_the_meeting_is_over_only_what_was_unlawful_goes() -> None:
    for ground, gone in {WITHDRAWN: set(), UNLAWFUL: {"p2"}}.items():
        meeting = after(CALLED, HELD)
        then(meeting, asked("p2", ground), "wu")
        with nullcontext() if gone else pytest.raises(NotPossibleNow):
            then(meeting, ApproveMeetingErasure(person="p2"), "xu")
        assert meeting.erased == gone


@pytest.mark.parametrize(("days", "refused"), [(29, True), (30, False)])
def test_retention_runs_from_the_day_of_the_meeting(days: int, refused: bool) -> None:
    meeting = after(*OVER)
    then(meeting, asked(), "wu")
    acting = context("xu", now=NOW + timedelta(days=days))
    acting = acting._replace(rulebook=acting.rulebook.model_copy(update={"retention_days": 30}))
    with pytest.raises(NotPossibleNow) if refused else nullcontext():
        assert list(ApproveMeetingErasure(person="p1").decide(meeting, acting, {}))


def test_what_is_recorded_refers_to_who_was_there() -> None:
    (fact,) = taken(RecordPart(part=MeetingPart.SCREENED, text="高主任⟦p9.name⟧说：水流长来函。"), after(CALLED, HELD))
    assert fact == m.MeetingPartRecorded(part=MeetingPart.SCREENED, text="⟦p1.name⟧[p9.name]说：⟦p2.name⟧来函。")


def test_an_older_meetings_people_go_with_the_whole_meeting_only() -> None:
    state = {
        "held_on": "2026-11-16",
        "chair": "高主任",
        "attendance": [{"name": "水流长", "unit": None, "present": True}],
    }
    held = m.MeetingConvened.model_validate(m.MeetingConvened.upcast(state, 1))
    meeting = after(CALLED, held)
    assert held.chair.name == "高主任"
    assert meeting.people == ()
    with pytest.raises(Invalid):
        taken(asked("p1"), meeting, "wu")
    assert taken(asked(None), meeting, "wu")


def test_an_erased_person_is_named_as_erased() -> None:
    gone = m.Person(id="p1", name=Erased())
    meeting = after(CALLED, HELD.model_copy(update={"chair": gone, "attendance": ()}))
    assert [str(one.name) for one in meeting.people] == ["[已删除]"]
