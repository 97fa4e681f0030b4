"""例外审批: declining, a waived notice, a voided number, a waived publication: one person asks, another decides."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from domain.errors import Invalid, NotPossibleNow, TwoPeopleNeeded, WrongRole, WrongStage
from domain.kernel import Erased, Event
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.petition.events import exceptions as x
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.exceptions import AskException, DecideException
from domain.petition.publishing import ApproveWaiver, AskWaiver, RefuseWaiver
from domain.petition.receiving import AcceptPetition
from domain.petition.receiving_exceptions import (
    ApproveDecline,
    ApproveNoticeWaiver,
    ApproveVoiding,
    AskDecline,
    AskNoticeWaiver,
    AskVoiding,
    RefuseDecline,
    RefuseNoticeWaiver,
    RefuseVoiding,
)
from domain.petition.stages import Stage
from domain.petition.taking import ASKED, DECIDED
from domain.vocabulary import Clock, DeclineGround, Delivery, Track, WaiverGround
from tests.happened import (
    accepted,
    assigned,
    decline_asked,
    in_handling,
    in_publishing,
    notice_waiver_asked,
    received,
    replied,
    reported,
    running,
    signed,
    step,
    voiding_asked,
    waiver_asked,
)
from tests.scenario import Step, Steps, given

REASON = "经审查"
ARTICLE = "《信访工作条例》第三十一条"


@dataclass(frozen=True)
class Case:
    """An exception: where it can be, how it is asked for and decided, by whom, and what comes of it."""

    before: list[Steps]
    ask: AskException
    asked: Callable[..., Step]
    approve: DecideException
    refuse: DecideException
    asker: str
    second: tuple[str, ...]
    nobodys: tuple[str, ...]
    granted: tuple[type[Event], ...]
    stage: Stage


INTAKE_SECOND, INTAKE_NOBODYS = ("xu", "li", "hu"), ("chen", "sun", "zhao", "zhou", "feng")
CASES = [
    Case(
        [received()],
        AskDecline(ground=DeclineGround.COURT, article=ARTICLE, reason=REASON, notice=Delivery.POST),
        decline_asked,
        ApproveDecline(),
        RefuseDecline(reason=REASON),
        "wu",
        INTAKE_SECOND,
        INTAKE_NOBODYS,
        (r.PetitionDeclined,),
        Stage.DECLINED,
    ),
    Case(
        [received()],
        AskNoticeWaiver(reason=REASON),
        notice_waiver_asked,
        ApproveNoticeWaiver(),
        RefuseNoticeWaiver(reason=REASON),
        "wu",
        INTAKE_SECOND,
        INTAKE_NOBODYS,
        (x.NoticeWaived,),
        Stage.RECEIVING,
    ),
    Case(
        [received()],
        AskVoiding(reason=REASON),
        voiding_asked,
        ApproveVoiding(),
        RefuseVoiding(reason=REASON),
        "wu",
        INTAKE_SECOND,
        INTAKE_NOBODYS,
        (r.NumberVoided,),
        Stage.VOIDED,
    ),
    Case(
        in_publishing(),
        AskWaiver(ground=WaiverGround.PRIVACY, reason=REASON),
        waiver_asked,
        ApproveWaiver(),
        RefuseWaiver(reason=REASON),
        "sun",
        ("tang", "hu"),
        ("wu", "chen", "zhao", "zhou", "feng"),
        (p.PublicationWaived, r.DueDatesSet),
        Stage.SUPERVISING,
    ),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda one: one.ask.title)


def test_every_exception_is_tried_here() -> None:
    asking = {kind for kind in STEPS.values() if issubclass(kind, AskException)}
    deciding = {kind for kind in STEPS.values() if issubclass(kind, DecideException)}
    assert {type(case.ask) for case in CASES} == asking
    assert {type(one) for case in CASES for one in (case.approve, case.refuse)} == deciding
    assert {kind.event for kind in asking} == ASKED
    assert {kind.event: kind.asking.event for kind in deciding} == DECIDED


@every_case
def test_one_asks_and_another_person_approves(case: Case) -> None:
    file = given(*case.before)
    stage, due = file.petition.stage, file.petition.due
    waiting = file.when(case.ask, by=case.asker).then(case.ask.event)
    assert (waiting.petition.stage, waiting.petition.due) == (stage, due)
    for who in case.second:
        after = waiting.when(case.approve, by=who).then(*case.granted).petition
        assert (after.stage, after.exceptions) == (case.stage, {})


@every_case
def test_or_refuses_with_a_reason_and_it_can_be_asked_anew(case: Case) -> None:
    waiting = given(*case.before, case.asked())
    after = waiting.when(case.refuse, by=case.second[0]).then(type(case.refuse).event)
    assert (after.petition.stage, after.petition.exceptions) == (waiting.petition.stage, {})
    after.when(case.approve, by=case.second[0]).then_refused(NotPossibleNow)
    after.when(case.ask, by=case.asker).then(case.ask.event)
    with pytest.raises(ValidationError):
        type(case.refuse).model_validate({})


@every_case
@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_never_the_asker_nor_their_deputy_nor_another_role(case: Case, decision: str) -> None:
    command: PetitionCommand = getattr(case, decision)
    given(*case.before).when(command, by=case.second[0]).then_refused(NotPossibleNow)
    waiting = given(*case.before, case.asked())
    waiting.when(command, by=case.asker).then_refused(TwoPeopleNeeded)
    waiting.when(command, by="song", standing_in=[case.asker]).then_refused(TwoPeopleNeeded)
    by_deputy = given(*case.before, case.asked(by="song").instead(case.asker))
    by_deputy.when(command, by=case.asker).then_refused(TwoPeopleNeeded)
    waiting.when(command, by="bai").then(*(case.granted if decision == "approve" else [command.event]))
    for who in case.nobodys:
        waiting.when(command, by=who).then_refused(WrongRole)


@every_case
def test_one_of_a_kind_waits_at_a_time(case: Case) -> None:
    given(*case.before, case.asked()).when(case.ask, by=case.asker).then_refused(NotPossibleNow)


@every_case
def test_what_waits_ends_with_its_stage(case: Case) -> None:
    onward = accepted() if case.stage is not Stage.SUPERVISING else step(r.PetitionWithdrawn(reason=REASON), by="wu")
    file = given(*case.before, case.asked(), onward)
    assert file.petition.exceptions == {}
    for command in (case.approve, case.ask):
        who = case.second[0] if command is case.approve else case.asker
        file.when(command, by=who).then_refused(WrongStage)


@every_case
def test_words_that_were_erased_meanwhile_are_not_taken_over(case: Case) -> None:
    facts = case.asked().facts
    gone = [one.model_copy(update={"reason": Erased()}) for one in facts]
    waiting = given(*case.before, step(*gone, by=case.asker))
    if type(case.approve) is not ApproveNoticeWaiver:
        waiting.when(case.approve, by=case.second[0]).then_refused(NotPossibleNow)
    waiting.when(case.refuse, by=case.second[0]).then(type(case.refuse).event)


# Declined 不予受理


def test_it_is_declined_exactly_as_proposed_and_every_clock_ends() -> None:
    file = given(received(), running(Clock.NOTICE, track=Track.XINFANG), running(Clock.CONTACT), decline_asked())
    after = file.when(ApproveDecline(), by="xu").then(
        r.PetitionDeclined(ground=DeclineGround.COURT, article=ARTICLE, reason="已由法院受理", notice=Delivery.POST)
    )
    assert after.petition.due == {}
    assert after.petition.ended_at == file.now


def test_a_refusal_names_a_legal_ground_and_its_article() -> None:
    with pytest.raises(ValidationError) as caught:
        AskDecline.model_validate({"reason": "不归我们管"})
    assert {error["loc"][0] for error in caught.value.errors()} == {"ground", "article"}


def test_a_refusal_is_told_in_writing_or_the_second_person_agrees_that_it_is_not() -> None:
    silent = AskDecline(ground=DeclineGround.COURT, article=ARTICLE, reason=REASON)
    given(received()).when(silent, by="wu").then_refused(Invalid, loc=("notice",))
    given(received(petitioners=())).when(silent, by="wu").then(x.DeclineAsked)
    told = silent.model_copy(update={"notice_waived_because": "地址不清"})
    declined = given(received()).when(told, by="wu").then(x.DeclineAsked).when(ApproveDecline(), by="xu").facts[0]
    assert isinstance(declined, r.PetitionDeclined)
    assert declined.notice_waived_because == "地址不清"


def test_nobody_declines_what_is_handled() -> None:
    given(in_handling()).when(CASES[0].ask, by="wu").then_refused(WrongStage)


# The notice 告知


def test_without_a_notice_it_is_accepted_only_once_a_second_person_agreed() -> None:
    silent = AcceptPetition()
    waiting = given(received(), notice_waiver_asked())
    waiting.when(silent, by="wu").then_refused(Invalid, ("notice",))
    waived = waiting.when(ApproveNoticeWaiver(), by="xu").then(x.NoticeWaived)
    waived.when(silent, by="wu").then(r.PetitionAccepted(), r.DueDatesSet)
    waived.when(AskNoticeWaiver(reason=REASON), by="wu").then_refused(NotPossibleNow)


def test_where_name_or_address_is_unclear_the_law_waives_it_already() -> None:
    """L1 23."""
    for people in ((), (v.Petitioner(id="p1", name="甘棠梨"),), (v.Petitioner(id="p1", phone="13900001234"),)):
        file = given(received(petitioners=people))
        file.when(AskNoticeWaiver(reason=REASON), by="wu").then_refused(NotPossibleNow)
        file.when(AcceptPetition(notice_waived_because="住址不清"), by="wu").then(r.PetitionAccepted, r.DueDatesSet)


# Not published 不公示


def test_who_handled_the_file_neither_asks_nor_agrees_that_it_stays_unpublished() -> None:
    handled: list[Steps] = [received(), accepted(), assigned(), signed(by="bai"), reported(), replied()]
    given(*handled).when(CASES[3].ask, by="bai").then_refused(TwoPeopleNeeded)
    for decision in (ApproveWaiver(), RefuseWaiver(reason=REASON)):
        given(*handled, waiver_asked()).when(decision, by="bai").then_refused(TwoPeopleNeeded)
        given(*handled, waiver_asked()).when(decision, by="zhao", standing_in=["bai"]).then_refused(TwoPeopleNeeded)
