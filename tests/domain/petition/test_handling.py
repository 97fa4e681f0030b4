"""民情办理: assigning, signing for, working."""

from datetime import date

import pytest

from domain.errors import Invalid, NotPossibleNow, NotYourUnit, UnknownCode, WrongRole, WrongStage
from domain.petition.command import PetitionCommand
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events.values import Accused, DemandAssignment
from domain.petition.handling import AssignPetition, ContactResident, NameHandler, NoteProgress, SignFor, VisitHousehold
from domain.petition.handling_together import EscalateUpward
from domain.vocabulary import Clock, ContactMethod, Nature
from tests.happened import (
    BENCH,
    LAMP,
    accepted,
    assigned,
    in_handling,
    in_recollecting,
    received,
    reopened,
    return_asked,
    running,
    signed,
)
from tests.scenario import MONDAY, given, shanghai

AFTER_THE_LIMIT = shanghai(date(2026, 11, 24))
"""Five working days from Monday 2026-11-16 are over on Monday 2026-11-23."""


# Assigned


def test_a_file_goes_to_a_lead_unit_and_co_units_each_demand_to_one() -> None:
    file = given(received(demands=(LAMP, BENCH)), accepted())
    command = AssignPetition(lead="MS", co_units=("WY",), demands={"d2": "WY"}, reason="职责所在")
    after = file.when(command, by="wu").then(
        h.Assigned(
            lead="MS",
            co_units=("WY",),
            demands=(DemandAssignment(demand="d1", unit="MS"), DemandAssignment(demand="d2", unit="WY")),
            reason="职责所在",
        ),
        r.DueDatesSet,
    )
    assert after.petition.lead == "MS"
    assert after.petition.units == {"MS", "WY"}
    assert set(after.petition.due) == {"sign:MS", "object:MS", "sign:WY", "object:WY"}


@pytest.mark.parametrize(
    "command, error, loc",
    [
        (AssignPetition(lead="XX"), UnknownCode, ("lead",)),
        (AssignPetition(lead="MS", co_units=("XX",)), UnknownCode, ("co_units", 0)),
        (AssignPetition(lead="MS", co_units=("WY", "WY")), Invalid, ("co_units", 1)),
        (AssignPetition(lead="MS", co_units=("MS",)), Invalid, ("co_units", 0)),
        (AssignPetition(lead="MS", demands={"d9": "MS"}), Invalid, ("demands", "d9")),
        (AssignPetition(lead="MS", demands={"d1": "WY"}), Invalid, ("demands", "d1")),
    ],
)
def test_units_and_demands_must_be_there_once(
    command: AssignPetition, error: type[Invalid], loc: tuple[str | int, ...]
) -> None:
    given(received(), accepted()).when(command, by="wu").then_refused(error, loc)


@pytest.mark.parametrize("unit", ["CG", "ZF", "HW"])
def test_nothing_goes_to_the_accused_unit_nor_to_one_below_it(unit: str) -> None:
    """L1 30."""
    file = given(received(against="CG", nature=Nature.REPORT), accepted())
    file.when(AssignPetition(lead=unit), by="wu").then_refused(Invalid, ("lead",))
    file.when(AssignPetition(lead="JW", co_units=(unit,)), by="wu").then_refused(Invalid, ("co_units", 0))
    file.when(AssignPetition(lead="JW"), by="wu").then(h.Assigned, r.DueDatesSet)


def test_nothing_goes_to_the_unit_of_accused_staff() -> None:
    file = given(received(against=Accused(staff="mei", staff_units=("ZF",))), accepted())
    file.when(AssignPetition(lead="ZF"), by="wu").then_refused(Invalid, ("lead",))


def test_only_intake_assigns() -> None:
    given(received(), accepted()).when(AssignPetition(lead="MS"), by="li").then_refused(WrongRole)
    given(received()).when(AssignPetition(lead="MS"), by="wu").then_refused(WrongStage)


def test_assigning_again_resets_no_clock_of_a_unit_that_had_it_already() -> None:
    file = given(received(), accepted(), assigned("MS"), running(Clock.SIGN, Clock.OBJECT, Clock.HANDLE))
    file.when(AssignPetition(lead="MS"), by="wu", at=AFTER_THE_LIMIT).then(h.Assigned)
    again = file.when(AssignPetition(lead="WY", co_units=("MS",)), by="wu", at=AFTER_THE_LIMIT)
    after = again.then(h.Assigned, r.DueDatesSet).petition
    assert after.due[Clock.HANDLE] == file.petition.due[Clock.HANDLE]
    assert after.due["sign:MS"] == file.petition.due["sign:MS"]
    assert after.due["sign:WY"].start == date(2026, 11, 24)
    left = file.when(AssignPetition(lead="WY"), by="wu").then(h.Assigned, r.DueDatesSet).petition
    assert not {"sign:MS", "object:MS"} & set(left.due)


def test_a_unit_that_leaves_the_file_signs_anew_when_it_comes_back() -> None:
    file = given(in_handling(), assigned("WY"), assigned("MS"))
    assert file.petition.current.signed == {}
    assert given(in_handling(), assigned("WY", "MS")).petition.current.signed == {"MS": "chen"}


# Signed for


def test_who_signs_does_the_work() -> None:
    file = given(received(), accepted(), assigned(), running(Clock.SIGN))
    after = file.when(SignFor(), by="chen").then(h.SignedFor(unit="MS", handler="chen")).petition
    assert "sign:MS" not in after.due
    assert after.worked == {"chen"}


def test_or_whom_they_name_from_their_unit() -> None:
    file = given(received(), accepted(), assigned())
    after = file.when(SignFor(handler="chang"), by="chen").then(h.SignedFor(unit="MS", handler="chang"))
    assert after.petition.worked == {"chen", "chang"}
    for stranger in ("gu", "nobody", "wu"):
        file.when(SignFor(handler=stranger), by="chen").then_refused(Invalid, ("handler",))


def test_accused_staff_are_not_named() -> None:
    file = given(received(against=Accused(staff="chang")), accepted(), assigned())
    file.when(SignFor(handler="chang"), by="chen").then_refused(Invalid, ("handler",))


def test_a_unit_signs_once_and_not_while_it_wants_to_return_it() -> None:
    given(in_handling()).when(SignFor(), by="chang").then_refused(NotPossibleNow)
    given(received(), accepted(), assigned(), return_asked()).when(SignFor(), by="chang").then_refused(NotPossibleNow)


def test_the_work_goes_to_another_person() -> None:
    after = given(in_handling()).when(NameHandler(handler="chang"), by="chen")
    assert after.then(h.HandlerNamed(unit="MS", handler="chang")).petition.current.signed == {"MS": "chang"}
    given(in_handling()).when(NameHandler(handler="gu"), by="chen").then_refused(Invalid, ("handler",))
    given(received(), accepted(), assigned()).when(NameHandler(handler="chang"), by="chen").then_refused(NotPossibleNow)


@pytest.mark.parametrize("head", ["li", "hu"])
def test_a_head_names_somebody_of_the_lead_unit(head: str) -> None:
    """Also the head of a unit above it: the file stays with the lead unit."""
    taken = given(in_handling()).when(NameHandler(handler="chang"), by=head)
    taken.then(h.HandlerNamed(unit="MS", handler="chang"))
    given(in_handling()).when(NameHandler(handler="hu"), by=head).then_refused(Invalid, ("handler",))


# Work


WORK: list[PetitionCommand] = [
    NoteProgress(text="已到现场查看"),
    VisitHousehold(visitors=("chen", "gu"), text="入户了解"),
    EscalateUpward(body="QZJ", reason="超出街道权限"),
]


@pytest.mark.parametrize("command", WORK, ids=lambda one: one.title)
def test_a_unit_works_on_what_it_signed_for(command: PetitionCommand) -> None:
    given(received(), accepted(), assigned()).when(command, by="chen").then_refused(NotPossibleNow)
    given(in_handling()).when(command, by="gu").then_refused(NotYourUnit)
    after = given(in_handling()).when(command, by="chang").then(command.event).petition
    assert after.current.handlers >= {"chen", "chang"}


def test_visitors_worked_on_the_file() -> None:
    taken = given(in_handling()).when(VisitHousehold(visitors=("gu", "zhao"), text="入户"), by="chen")
    assert taken.then(h.HouseholdVisited).petition.worked == {"chen", "gu", "zhao"}


@pytest.mark.parametrize("reached", [True, False])
def test_only_who_was_reached_stops_the_contact_clock(reached: bool) -> None:
    file = given(received(), running(Clock.CONTACT))
    command = ContactResident(method=ContactMethod.PHONE, reached=reached, text="通话记录")
    after = file.when(command, by="wu").then(
        h.ResidentContacted(method=ContactMethod.PHONE, reached=reached, text="通话记录")
    )
    assert (Clock.CONTACT in after.petition.due) is not reached
    visit = VisitHousehold(visitors=("chen",), reached=reached, text="上门")
    visited = given(in_handling(), running(Clock.CONTACT)).when(visit, by="chen").then(h.HouseholdVisited)
    assert (Clock.CONTACT in visited.petition.due) is not reached


def test_who_has_the_file_goes_on_with_it_in_the_next_round() -> None:
    file = given(in_recollecting(), reopened())
    assert file.petition.current.signed == {"MS": "chen"}
    assert file.petition.current.handlers == {"chen"}
    file.when(NoteProgress(text="重新查看"), by="chen").then(h.ProgressNoted)
    assert file.petition.accepted_at is not None
    assert file.petition.received_at == shanghai(MONDAY)


def test_signing_is_the_co_units_too() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), signed())
    file.when(NoteProgress(text="协办"), by="gu").then_refused(NotPossibleNow)
    file.when(SignFor(), by="gu").then(h.SignedFor(unit="WY", handler="gu"))
