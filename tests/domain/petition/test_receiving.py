"""民情受理: what is decided about a petition before anybody works on it, every way to end it, what runs beside."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.errors import Invalid, NotPossibleNow, NotYourUnit, UnknownCode, WrongStage
from domain.kernel import Event
from domain.petition.command import PetitionCommand
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.receiving import (
    AcceptPetition,
    AddAttachments,
    AnswerAtOnce,
    CheckIdentity,
    ClassifyPetition,
    RecordMeetingDecision,
    ReferPetition,
    RefuseFurther,
    SteerToProcedure,
    TakeUpImported,
    WithdrawPetition,
)
from domain.petition.stages import Stage
from domain.vocabulary import (
    Channel,
    Clock,
    ContactMethod,
    Delivery,
    MeetingPart,
    Nature,
    Procedure,
    Secrecy,
    Track,
    Urgency,
)
from tests.happened import (
    BENCH,
    LAMP,
    PERSON,
    accepted,
    assigned,
    due,
    imported,
    in_closed,
    in_handling,
    received,
    running,
    step,
    voided,
    withdrawn,
)
from tests.scenario import MONDAY, When, given, shanghai


def clocks(taken: When) -> dict[Clock, date]:
    """The due dates that a step set."""
    return {due.clock: due.due for fact in taken.facts if isinstance(fact, r.DueDatesSet) for due in fact.due}


# Classified


def test_classifying_decides_the_track() -> None:
    command = ClassifyPetition(nature=Nature.REPORT, category="10", urgency=Urgency.URGENT, secrecy=Secrecy.SECRET)
    given(received(), running(Clock.CONTACT)).when(command, by="wu").then(
        r.PetitionClassified(
            nature=Nature.REPORT,
            category="10",
            urgency=Urgency.URGENT,
            secrecy=Secrecy.SECRET,
            track=Track.XINFANG,
        ),
        r.DueDatesSet(due=(due(Clock.NOTICE, track=Track.XINFANG),)),
    )


def test_classifying_leaves_running_clocks_alone() -> None:
    contacted = step(h.ResidentContacted(method=ContactMethod.PHONE, reached=True), by="chen")
    file = given(in_handling(), running(Clock.HANDLE), contacted)
    after = file.when(ClassifyPetition(nature=Nature.CONSULT, category="10"), by="wu").then(r.PetitionClassified)
    assert after.petition.due == file.petition.due


def test_a_limit_that_the_petition_has_no_longer_ends_on_record() -> None:
    """60 days only for 申诉求决 (L1 34): what turns out to be a suggestion is studied without them (L1 29)."""
    accepted_letter = [received(Channel.LETTER_VISIT), accepted(), running(Clock.HANDLE, track=Track.XINFANG)]
    file = given(*accepted_letter)
    command = ClassifyPetition(nature=Nature.SUGGESTION, category="10")
    after = file.when(command, by="wu").then(r.PetitionClassified, r.DueDatesLifted(clocks=(Clock.HANDLE,)))
    assert not after.petition.due
    back = ClassifyPetition(nature=Nature.COMPLAINT, category="10")
    again = after.when(back, by="wu", at=shanghai(MONDAY + timedelta(days=9))).then(r.PetitionClassified, r.DueDatesSet)
    assert again.petition.due[Clock.HANDLE] == file.petition.due[Clock.HANDLE].model_copy(
        update={"started_at": again.petition.accepted_at}
    )


def test_demands_get_categories_of_their_own() -> None:
    file = given(received(demands=(LAMP, BENCH)), running(Clock.CONTACT))
    command = ClassifyPetition(nature=Nature.HELP, category="02", demand_categories={"d2": "0104"})
    after = file.when(command, by="wu").then(r.PetitionClassified)
    assert after.petition.demands == (LAMP, BENCH.model_copy(update={"category": "0104"}))


def test_classifying_knows_codes_and_demands() -> None:
    file = given(received())
    file.when(ClassifyPetition(nature=Nature.HELP, category="99"), by="wu").then_refused(UnknownCode, ("category",))
    odd = ClassifyPetition(nature=Nature.HELP, category="02", demand_categories={"d9": "0104"})
    file.when(odd, by="wu").then_refused(Invalid, ("demand_categories", "d9"))
    odd = ClassifyPetition(nature=Nature.HELP, category="02", demand_categories={"d1": "99"})
    file.when(odd, by="wu").then_refused(UnknownCode, ("demand_categories", "d1"))


# Accepted


def test_acceptance_is_told_in_writing() -> None:
    file = given(received())
    file.when(AcceptPetition(), by="wu").then_refused(Invalid, ("notice",))
    file.when(AcceptPetition(notice=Delivery.SMS), by="wu").then(r.PetitionAccepted(notice=Delivery.SMS), r.DueDatesSet)


def test_unless_the_address_is_unclear() -> None:
    """L1 23."""
    command = AcceptPetition(notice_waived_because="住址不清")
    unclear = v.Petitioner(id="p1", name="甘棠梨")
    file = given(received(petitioners=(unclear,)))
    file.when(command, by="wu").then(r.PetitionAccepted(notice_waived_because="住址不清"), r.DueDatesSet)
    file.when(AcceptPetition(), by="wu").then_refused(Invalid, ("notice",))
    given(received()).when(command, by="wu").then_refused(Invalid, ("notice_waived_because",))


def test_nobody_is_told_of_an_anonymous_petition() -> None:
    given(received(petitioners=())).when(AcceptPetition(), by="wu").then(r.PetitionAccepted, r.DueDatesSet)


def test_a_claim_on_the_xinfang_track_runs_sixty_days_from_acceptance() -> None:
    """L1 31(6), 34: from acceptance, not from receipt. 60 days from 2026-11-22 are over on 2027-01-21."""
    file = given(received(Channel.LETTER_VISIT), running(Clock.NOTICE, track=Track.XINFANG))
    sunday = shanghai(date(2026, 11, 22), 12)
    taken = file.when(AcceptPetition(notice=Delivery.POST), by="wu", at=sunday)
    assert clocks(taken) == {Clock.HANDLE: date(2027, 1, 21)}
    assert set(taken.then(r.PetitionAccepted, r.DueDatesSet).petition.due) == {Clock.HANDLE}


@pytest.mark.parametrize("nature", [Nature.SUGGESTION, Nature.REPORT])
def test_neither_suggestions_nor_reports_get_sixty_days(nature: Nature) -> None:
    """L1 29, 30: the 60 days are for claims only."""
    file = given(received(Channel.LETTER_VISIT, nature=nature))
    file.when(AcceptPetition(notice=Delivery.POST), by="wu").then(r.PetitionAccepted)


@pytest.mark.parametrize("nature, due", [(Nature.CONSULT, date(2026, 11, 17)), (Nature.HELP, date(2026, 11, 23))])
def test_a_work_order_runs_by_nature_in_working_days(nature: Nature, due: date) -> None:
    file = given(received(Channel.WINDOW, nature=nature))
    assert clocks(file.when(AcceptPetition(notice=Delivery.SMS), by="wu")) == {Clock.HANDLE: due}


# Ends


REASON = "经审查"
ENDS: list[tuple[PetitionCommand, Event, Stage]] = [
    (
        ReferPetition(body="QFY", reason=REASON, notice=Delivery.POST),
        r.PetitionReferred(body="QFY", reason=REASON, notice=Delivery.POST),
        Stage.REFERRED,
    ),
    (
        SteerToProcedure(procedure=Procedure.LITIGATION, reason=REASON, notice=Delivery.POST),
        r.PetitionSteered(procedure=Procedure.LITIGATION, reason=REASON, notice=Delivery.POST),
        Stage.STEERED,
    ),
    (
        RefuseFurther(reason=REASON, concluded_by="HY-2025-000003", notice=Delivery.POST),
        r.PetitionNoLongerAccepted(reason=REASON, concluded_by="HY-2025-000003", notice=Delivery.POST),
        Stage.NO_LONGER_ACCEPTED,
    ),
    (WithdrawPetition(reason=REASON), r.PetitionWithdrawn(reason=REASON), Stage.WITHDRAWN),
]


@pytest.mark.parametrize("command, fact, stage", ENDS, ids=lambda one: getattr(one, "title", ""))
def test_a_petition_can_end_before_it_is_handled(command: PetitionCommand, fact: Event, stage: Stage) -> None:
    file = given(received(), running(Clock.NOTICE, track=Track.XINFANG), running(Clock.CONTACT))
    after = file.when(command, by="wu").then(fact).petition
    assert (after.stage, after.due) == (stage, {})
    assert after.ended_at == file.now


@pytest.mark.parametrize("command", [one[0] for one in ENDS], ids=lambda one: one.title)
def test_what_is_closed_does_not_end_otherwise(command: PetitionCommand) -> None:
    given(in_closed()).when(command, by="wu").then_refused(WrongStage)


def test_only_a_known_petitioner_takes_something_back() -> None:
    given(received(petitioners=())).when(WithdrawPetition(reason=REASON), by="wu").then_refused(NotPossibleNow)


def test_a_petition_is_taken_back_while_it_goes_round() -> None:
    given(in_handling()).when(WithdrawPetition(reason=REASON), by="wu").then(r.PetitionWithdrawn)
    given(received(), withdrawn()).when(WithdrawPetition(reason=REASON), by="wu").then_refused(WrongStage)


def test_a_voided_number_takes_nothing_more_but_the_protection_of_data() -> None:
    file = given(received(), voided())
    file.when(AddAttachments(attachments=("a1",)), by="wu").then_refused(WrongStage)
    assert file.petition.stage is Stage.VOIDED


@pytest.mark.parametrize("nature", [Nature.CONSULT, Nature.THANKS])
def test_consultations_and_thanks_may_be_answered_at_once(nature: Nature) -> None:
    file = given(received(nature=nature, demands=(v.Demand(id="d1", nature=nature, text="问"),)))
    after = file.when(AnswerAtOnce(text="已当场答复"), by="wu").then(
        r.AnsweredAtOnce(text="已当场答复", delivery=Delivery.IN_PERSON)
    )
    assert after.petition.stage is Stage.ANSWERED


def test_nothing_else_may_not_even_one_demand() -> None:
    given(received()).when(AnswerAtOnce(text="已答复"), by="wu").then_refused(NotPossibleNow)
    mixed = received(nature=Nature.CONSULT, demands=(BENCH.model_copy(update={"nature": Nature.CONSULT}), LAMP))
    given(mixed).when(AnswerAtOnce(text="已答复"), by="wu").then_refused(NotPossibleNow)


# Imported files


def test_an_imported_file_that_is_not_over_can_be_taken_up() -> None:
    file = given(imported(petitioners=(PERSON,)))
    after = (
        file.when(TakeUpImported(reason="仍未解决"), by="wu").then(r.ImportedPetitionTakenUp, r.DueDatesSet).petition
    )
    assert (after.stage, after.round, after.track) == (Stage.RECEIVING, 1, Track.XINFANG)
    assert (after.received_at, after.ended_at) == (file.now, None)
    assert {due.start for due in after.due.values()} == {MONDAY}


# Beside the stages


MEETING = RecordMeetingDecision(
    meeting="十一月分析会", held_on=MONDAY, part=MeetingPart.COLLATED, decision="并入路灯整治"
)


def test_what_an_analysis_meeting_decides_is_an_event_on_the_petition() -> None:
    fact = r.MeetingDecided(meeting="十一月分析会", held_on=MONDAY, part=MeetingPart.COLLATED, decision="并入路灯整治")
    given(in_handling()).when(MEETING, by="wu").then(fact)
    given(in_closed()).when(MEETING, by="wu").then_refused(WrongStage)


def test_a_meeting_was_not_held_tomorrow() -> None:
    tomorrow = MEETING.model_copy(update={"held_on": MONDAY + timedelta(days=1)})
    given(in_handling()).when(tomorrow, by="wu").then_refused(Invalid, ("held_on",))


def test_attachments_are_added_by_intake_and_by_units_on_the_file() -> None:
    command = AddAttachments(attachments=("a1", "a2"))
    after = given(in_handling()).when(command, by="chen").then(r.AttachmentsAdded).petition
    assert set(after.attachments) == {"a1", "a2"}
    given(in_handling()).when(command, by="gu").then_refused(NotYourUnit)
    given(in_closed()).when(command, by="wu").then(r.AttachmentsAdded)
    given(in_handling()).when(AddAttachments(attachments=("zz",)), by="wu").then_refused(Invalid, ("attachments", 0))


def test_of_an_identity_check_only_the_verdict_is_kept() -> None:
    command = CheckIdentity(petitioner="p1", register_of="公安", matches=True)
    given(in_handling()).when(command, by="chen").then(
        r.IdentityChecked(petitioner="p1", register_of="公安", matches=True)
    )
    assert set(r.IdentityChecked.model_fields) == {"petitioner", "register_of", "matches"}
    stranger = CheckIdentity(petitioner="p9", register_of="公安", matches=True)
    given(in_handling()).when(stranger, by="chen").then_refused(Invalid, ("petitioner",))
    given(received(), accepted(), assigned("WY")).when(command, by="chen").then_refused(NotYourUnit)


def test_a_ground_for_the_end_stays_with_the_file() -> None:
    """An ended file is not started again under its number by any step of intake."""
    ended = given(received(), step(ENDS[0][1], by="wu"))
    for command in (AcceptPetition(notice=Delivery.SMS), TakeUpImported(reason="重新办理"), ENDS[1][0]):
        ended.when(command, by="wu").then_refused(WrongStage)


def test_no_longer_accepted_needs_a_re_review_that_was_decided() -> None:
    """L1 36."""
    refuse = RefuseFurther(reason=REASON, concluded_by="hy-2025-000003")
    assert refuse.concluded_by == "HY-2025-000003"
    again = given(received()).petition
    with pytest.raises(Invalid):
        refuse.execute_beside(given(in_closed(), number="HY-2025-000003").petition, again)
    with pytest.raises(ValidationError):
        RefuseFurther(reason=REASON, concluded_by="第三号")


def test_a_limit_is_not_dodged_by_classifying_late() -> None:
    file = given(received(nature=Nature.SUGGESTION, channel=Channel.WEB), accepted())
    command = ClassifyPetition(nature=Nature.COMPLAINT, category="01")
    after = file.when(command, by="wu", at=shanghai(MONDAY + timedelta(days=9))).then(
        r.PetitionClassified, r.DueDatesSet
    )
    assert after.petition.due[Clock.HANDLE].start == MONDAY
