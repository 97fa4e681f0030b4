"""民情办理, whose duty it is: returns and who decides on them, disputes, the first unit that stays answerable."""

from datetime import date

import pytest

from domain.errors import Invalid, NotPossibleNow, NotYourUnit, TwoPeopleNeeded, UnknownCode, WrongRole
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events.values import DemandAssignment
from domain.petition.handling import AssignPetition, ContactResident, NoteProgress, SignFor
from domain.petition.handling_duty import AskReturn, DecideDuty, DisputeDuty, GrantReturn, RefuseReturn
from domain.petition.supervising_orders import AnswerReminder, SendReminder
from domain.vocabulary import Clock, Nature
from tests.happened import (
    BENCH,
    LAMP,
    accepted,
    assigned,
    disputed,
    in_handling,
    received,
    reminded,
    return_asked,
    return_granted,
    return_refused,
    running,
    signed,
)
from tests.scenario import CAST, Steps, given, shanghai

AFTER_THE_LIMIT = shanghai(date(2026, 11, 24))
"""Five working days from Monday 2026-11-16 are over on Monday 2026-11-23."""


# Returned


def test_a_unit_says_not_ours_and_every_other_clock_goes_on() -> None:
    file = given(received(), accepted(), assigned(), running(Clock.SIGN, Clock.OBJECT, Clock.HANDLE))
    taken = file.when(AskReturn(reason="不属我单位", proposed_unit="WY"), by="chen")
    after = taken.then(h.ReturnAsked(unit="MS", reason="不属我单位", proposed_unit="WY")).petition
    assert after.due == file.petition.due
    odd = AskReturn(reason="不属我单位", proposed_unit="XX")
    file.when(odd, by="chen").then_refused(UnknownCode, ("proposed_unit",))


def test_it_says_so_once_and_within_five_working_days() -> None:
    """L1 23."""
    given(in_handling(), return_asked()).when(AskReturn(reason="不属"), by="chen").then_refused(NotPossibleNow)
    file = given(received(), accepted(), assigned(), running(Clock.OBJECT))
    file.when(AskReturn(reason="不属"), by="chen", at=shanghai(date(2026, 11, 23), 23)).then(h.ReturnAsked)
    file.when(AskReturn(reason="不属"), by="chen", at=AFTER_THE_LIMIT).then_refused(NotPossibleNow)


def test_the_sender_has_to_agree() -> None:
    file = given(in_handling(), running(Clock.HANDLE), return_asked())
    after = file.when(GrantReturn(unit="MS"), by="wu").then(h.ReturnGranted(unit="MS")).petition
    assert (after.lead, after.current.signed, after.return_asked) == (None, {}, {})
    assert after.due == file.petition.due
    kept = file.when(RefuseReturn(unit="MS", reason="属职责范围"), by="wu")
    assert kept.then(h.ReturnRefused(unit="MS", reason="属职责范围")).petition.lead == "MS"


@pytest.mark.parametrize("command", [GrantReturn(unit="MS"), RefuseReturn(unit="MS", reason="属职责")])
def test_never_the_unit_itself(command: PetitionCommand) -> None:
    given(in_handling()).when(command, by="wu").then_refused(NotPossibleNow)
    given(in_handling(), return_asked()).when(command, by="chen").then_refused(WrongRole)
    given(in_handling(), return_asked(by="bai")).when(command, by="bai").then_refused(TwoPeopleNeeded)
    given(in_handling(), return_asked(by="chen").instead("bai")).when(command, by="bai").then_refused(TwoPeopleNeeded)


def test_each_return_is_decided_by_somebody_else_than_who_asked_for_it() -> None:
    file = given(
        received(), accepted(), assigned("WY", "MS"), return_asked("MS", by="bai"), return_asked("WY", by="gu")
    )
    file.when(GrantReturn(unit="WY"), by="bai").then(h.ReturnGranted(unit="WY"))
    file.when(GrantReturn(unit="MS"), by="bai").then_refused(TwoPeopleNeeded)
    file.when(GrantReturn(unit="CG"), by="wu").then_refused(Invalid, ("unit",))


def test_a_returned_file_is_assigned_anew() -> None:
    file = given(in_handling(), return_granted())
    file.when(NoteProgress(text="仍在办"), by="chen").then_refused(NotYourUnit)
    file.when(AssignPetition(lead="WY"), by="wu").then(h.Assigned, r.DueDatesSet)


# Counted


def test_every_return_is_counted_and_one_refused_is_not_asked_again() -> None:
    file = given(received(), accepted(), assigned(), return_asked(), return_refused())
    assert (file.petition.duty.returns, file.petition.current.return_refused) == (1, {"MS"})
    file.when(AskReturn(reason="仍不属"), by="chen").then_refused(NotPossibleNow)
    again = given(received(), accepted(), assigned(), return_asked(), return_refused(), assigned("WY"), assigned())
    assert again.when(AskReturn(reason="仍不属"), by="chen").then(h.ReturnAsked).petition.duty.returns == 2


# Disputed


DISPUTED: list[Steps] = [received(), accepted(), assigned(), return_asked(), return_refused()]
"""MS said "not ours", and the sender did not agree."""


def test_a_unit_refused_puts_it_before_the_common_superior() -> None:
    file = given(*DISPUTED, running(Clock.SIGN, Clock.OBJECT, Clock.HANDLE))
    taken = file.when(DisputeDuty(units=("MS", "WY"), reason="各执一词"), by="chen")
    after = taken.then(h.DutyDisputed(units=("MS", "WY"), superior="HY", reason="各执一词")).petition
    assert after.due == file.petition.due
    assert after.duty.dispute is not None
    assert after.duty.dispute.superior == "HY"


def test_the_units_are_those_that_objected_and_were_proposed_if_nobody_names_them() -> None:
    base: list[Steps] = [received(), accepted(), assigned("ZF"), return_asked("ZF", by="mei", proposed="CG")]
    given(*base).when(DisputeDuty(reason="争议"), by="wu").then(
        h.DutyDisputed(units=("ZF", "CG"), superior="HY", reason="争议")
    )
    left: list[Steps] = [*base, return_granted("ZF"), assigned("MS"), return_asked("MS")]
    given(*left).when(DisputeDuty(reason="争议"), by="wu").then(
        h.DutyDisputed(units=("ZF", "MS", "CG"), superior="HY", reason="争议")
    )


def test_who_is_of_the_same_office_below_is_judged_by_that_office() -> None:
    file = given(received(), accepted(), assigned("ZF"), return_asked("ZF", by="mei", proposed="HW"))
    file.when(DisputeDuty(reason="争议"), by="wu").then(
        h.DutyDisputed(units=("ZF", "HW"), superior="CG", reason="争议")
    )


def test_a_dispute_needs_somebody_who_objected_and_a_common_superior() -> None:
    given(in_handling()).when(DisputeDuty(reason="争议"), by="wu").then_refused(NotPossibleNow)
    given(received(), accepted(), assigned(), return_asked()).when(DisputeDuty(reason="争议"), by="chen").then_refused(
        NotPossibleNow
    )
    file = given(*DISPUTED)
    file.when(DisputeDuty(reason="争议"), by="wu").then_refused(Invalid, ("units",))
    file.when(DisputeDuty(units=("MS", "JW"), reason="争议"), by="wu").then_refused(Invalid, ("units",))
    file.when(DisputeDuty(units=("MS", "XX"), reason="争议"), by="wu").then_refused(UnknownCode, ("units", 1))
    file.when(DisputeDuty(units=("WY", "ZF"), reason="争议"), by="chen").then_refused(Invalid, ("units",))
    file.when(DisputeDuty(units=("MS", "WY"), reason="争议"), by="gu").then_refused(NotYourUnit)


def test_while_it_is_disputed_nobody_else_decides_whose_it_is() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), return_asked("WY", by="gu"), disputed("MS", "ZF"))
    for command in (AssignPetition(lead="ZF"), GrantReturn(unit="WY"), RefuseReturn(unit="WY", reason="属职责")):
        file.when(command, by="wu").then_refused(NotPossibleNow)
    file.when(DisputeDuty(units=("MS", "WY"), reason="争议"), by="wu").then_refused(NotPossibleNow)
    file.when(SignFor(), by="chen").then(h.SignedFor)


def test_the_common_superior_decides_and_it_is_assigned() -> None:
    file = given(
        received(demands=(LAMP, BENCH)), accepted(), assigned(), return_asked(), return_refused(), disputed("MS", "WY")
    )
    decided = file.when(DecideDuty(unit="WY", co_units=("MS",), reason="物业设施"), by="hu")
    after = decided.then(
        h.DutyDecided(unit="WY", superior="HY", reason="物业设施"),
        h.Assigned(
            lead="WY",
            co_units=("MS",),
            demands=(DemandAssignment(demand="d1", unit="WY"), DemandAssignment(demand="d2", unit="WY")),
        ),
        r.DueDatesSet,
    )
    assert after.petition.duty.dispute is None
    assert after.petition.lead == "WY"
    after.when(AskReturn(reason="不服裁定"), by="gu").then_refused(NotPossibleNow)
    after.when(AskReturn(reason="不应协办"), by="chen").then(h.ReturnAsked)


def test_only_the_head_of_the_common_superior_decides() -> None:
    file = given(*DISPUTED, disputed("MS", "WY"))
    deciders = {who for who in CAST if file.offers(DecideDuty, who)}
    assert deciders == {"hu"}
    below = given(received(), accepted(), assigned("ZF"), disputed("ZF", "HW"))
    assert {who for who in CAST if below.offers(DecideDuty, who)} == {"hu", "kong"}
    below.when(DecideDuty(unit="MS", reason="非本办"), by="kong").then_refused(Invalid, ("unit",))
    file.when(DecideDuty(unit="WY", co_units=("WY",), reason="重复"), by="hu").then_refused(Invalid, ("co_units",))
    given(*DISPUTED).when(DecideDuty(unit="WY", reason="无争议"), by="hu").then_refused(NotPossibleNow)


def test_who_raised_it_does_not_decide_it() -> None:
    file = given(*DISPUTED, disputed("MS", "WY", by="wu").instead("hu"))
    file.when(DecideDuty(unit="WY", reason="自裁"), by="hu").then_refused(TwoPeopleNeeded)


@pytest.mark.parametrize("refused", [True, False])
def test_who_objected_for_a_unit_does_not_decide_it_as_the_head_above(refused: bool) -> None:
    """`mei` said "not ours" for ZF, standing in for the head of the office; another head decides."""
    objected = return_asked("ZF", by="mei").instead("hu")
    answer = [return_refused("ZF")] if refused else []
    file = given(received(), accepted(), assigned("ZF"), objected, *answer, disputed("ZF", "MS"))
    file.when(DecideDuty(unit="MS", reason="自裁"), by="hu").then_refused(TwoPeopleNeeded)
    file.when(DecideDuty(unit="MS", reason="自裁"), by="mei", standing_in=["hu"]).then_refused(TwoPeopleNeeded)


def test_nobody_is_decided_to_have_what_accuses_them() -> None:
    file = given(received(against="WY", nature=Nature.COMPLAINT), accepted(), assigned(), disputed("MS", "CG"))
    file.when(DecideDuty(unit="WY", reason="不行"), by="hu").then_refused(Invalid, ("unit",))


# 首接负责: answerable until another unit has signed


def test_the_first_unit_stays_answerable_until_another_has_signed() -> None:
    moments: list[tuple[list[Steps], str | None]] = [
        ([received(), accepted()], None),
        ([received(), accepted(), assigned()], "MS"),
        ([received(), accepted(), assigned(), return_asked(), return_granted()], "MS"),
        ([received(), accepted(), assigned(), return_asked(), return_granted(), assigned("WY")], "MS"),
        ([in_handling(), assigned("WY", "MS"), signed("WY", by="gu")], "WY"),
        ([received(), accepted(), assigned("MS", "WY"), signed("WY", by="gu")], "MS"),
    ]
    for steps, answerable in moments:
        duty = given(*steps).petition.duty
        assert (duty.answerable, duty.first_unit) == (answerable, answerable and "MS")


def test_who_is_answerable_is_reminded_answers_and_talks_to_the_resident() -> None:
    file = given(in_handling(), return_asked(), return_granted())
    assert file.petition.responsible == {"MS"}
    assert file.petition.units == set()
    file.when(ContactResident(reached=True), by="chen").then(h.ResidentContacted)
    after = file.when(SendReminder(reason="尚无单位接手"), by="wu").then(STEPS["send-reminder"].event)
    assert after.petition.reminders["r1"].unit == "MS"
    after.when(AnswerReminder(id="r1", text="已协调"), by="chen").then(STEPS["answer-reminder"].event)
    file.when(NoteProgress(text="仍在办"), by="chen").then_refused(NotYourUnit)


def test_who_is_not_answerable_any_more_is_out() -> None:
    file = given(in_handling(), reminded(), return_asked(), return_granted(), assigned("WY"), signed("WY", by="gu"))
    file.when(ContactResident(reached=True), by="chen").then_refused(NotYourUnit)
    file.when(SendReminder(unit="MS", reason="催"), by="wu").then_refused(Invalid, ("unit",))
