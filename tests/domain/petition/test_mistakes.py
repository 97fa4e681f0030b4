"""The mistakes of naive software in this field, each tried out on the domain."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.errors import DomainError, TwoPeopleNeeded
from domain.kernel import Event, Recorded
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.handling import AssignPetition, VisitHousehold
from domain.petition.handling_duty import GrantReturn
from domain.petition.handling_reply import ApproveReply
from domain.petition.handling_time import GrantExtension, GrantSuspension, ResumeHandling
from domain.petition.intake import ReceivePetition
from domain.petition.petition import Petition
from domain.petition.publishing import ApprovePublication, ApproveWaiver, PublishResult, SendBackPublication
from domain.petition.receiving import AcceptPetition, RefuseFurther, SteerToProcedure, WithdrawPetition
from domain.petition.receiving_file import LinkDuplicate
from domain.petition.recollecting import Recollect
from domain.petition.stages import TRANSITIONS, Stage
from domain.petition.supervising import FollowUp
from domain.vocabulary import (
    Channel,
    Clock,
    ContactMethod,
    Delivery,
    Nature,
    Outlet,
    Procedure,
    Satisfaction,
    Solved,
    Track,
)
from tests.happened import (
    PERSON,
    accepted,
    approved,
    assigned,
    delivered,
    drafted,
    in_closed,
    in_handling,
    in_publishing,
    in_supervising,
    published,
    received,
    reopened,
    replied,
    reply_approved,
    reply_drafted,
    reported,
    return_asked,
    running,
    signed,
    step,
    suspended,
    waiver_asked,
)
from tests.scenario import CAST, MONDAY, NUMBER, Step, Steps, context, given, history, shanghai

SETTLED = Recollect(settled=True)


def test_closing_before_publication_and_follow_up() -> None:
    """Only one fact closes, it follows only re-collection, and that follows only the follow-up of what was put up."""
    closing = {kind: row.may_follow for kind, row in TRANSITIONS.items() if row.leads_to is Stage.CLOSED}
    assert closing == {c.PetitionClosed: {Stage.RECOLLECTING}}
    into = {Stage.RECOLLECTING: Stage.SUPERVISING, Stage.SUPERVISING: Stage.PUBLISHING}
    for stage, before in into.items():
        assert {row.may_follow for row in TRANSITIONS.values() if row.leads_to is stage} == {frozenset({before})}
    for steps in ([received()], in_handling(), in_publishing(), in_supervising()):
        assert not given(*steps).offers(Recollect, "zhao")


def test_one_clock_for_everything() -> None:
    """Receipt, acceptance, assignment, delivery and publication each start clocks of their own."""
    starts = {
        Clock.NOTICE: given().when(
            ReceivePetition.model_validate(
                {
                    "channel": "letter_visit",
                    "nature": "help",
                    "title": "路灯",
                    "content": "不亮",
                    "petitioners": [{"name": "甘棠梨", "phone": "13900001234"}],
                }
            ),
            by="wu",
        ),
        Clock.HANDLE: given(received(Channel.LETTER_VISIT)).when(AcceptPetition(notice=Delivery.POST), by="wu"),
        Clock.SIGN: given(received(), accepted()).when(AssignPetition(lead="MS"), by="wu"),
        Clock.FOLLOW_UP: given(in_publishing(), drafted(), approved()).when(
            PublishResult(outlets=frozenset({Outlet.BOARD})), by="sun"
        ),
    }
    for clock, taken in starts.items():
        started = {due.clock for fact in taken.facts if isinstance(fact, r.DueDatesSet) for due in fact.due}
        assert clock in started
        assert not started & (starts.keys() - {clock})


def test_sixty_days_on_suggestions() -> None:
    file = given(received(Channel.LETTER_VISIT, nature=Nature.SUGGESTION))
    after = file.when(AcceptPetition(notice=Delivery.POST), by="wu").then(r.PetitionAccepted)
    assert Clock.HANDLE not in after.petition.due


def test_ignoring_make_up_days() -> None:
    """Accepted on 2026-09-18: Sunday the 20th is worked, so five working days are over on the 24th."""
    friday = date(2026, 9, 18)
    file = given(received(Channel.HOTLINE).on(friday))
    clocks = file.when(AcceptPetition(notice=Delivery.PHONE), by="wu").facts[1]
    assert isinstance(clocks, r.DueDatesSet)
    assert (clocks.due[0].days, clocks.due[0].working, clocks.due[0].due) == (5, True, date(2026, 9, 24))
    assert not clocks.due[0].provisional


def test_silently_computing_a_year_without_a_calendar() -> None:
    december = date(2026, 12, 30)
    file = given(received(Channel.HOTLINE).on(december))
    clocks = file.when(AcceptPetition(notice=Delivery.PHONE), by="wu").facts[1]
    assert isinstance(clocks, r.DueDatesSet)
    assert clocks.due[0].provisional
    assert clocks.due[0].calendar
    assert clocks.due[0].rule


def test_editing_history() -> None:
    """A fact cannot be changed, and a file's versions have no gap and no second of one."""
    one, two, *_ = history(in_handling())
    with pytest.raises(Exception, match="frozen"):
        one.fact.title = "别的标题"  # type: ignore[attr-defined]
    for broken in ([two], [one, one]):
        with pytest.raises(ValueError, match=NUMBER):
            Petition(NUMBER).fold(broken)
    assert {row.leads_to for kind, row in TRANSITIONS.items() if kind is r.PetitionCorrected} == {None}


def test_leaking_the_petitioner_through_routing() -> None:
    """Neither the accused unit, nor one below it, nor a deputy from there can be given or even find the file."""
    file = given(received(against="CG", nature=Nature.REPORT), accepted())
    for unit in ("CG", "ZF", "HW"):
        assert file.when(AssignPetition(lead=unit), by="wu").refusal is not None
    for who in ("kong", "mei"):
        world = context("chen", now=file.now, standing_in=[who])
        found = {kind.barred(file.petition, world) for kind in STEPS.values()}
        assert {getattr(one, "code", None) for one in found} == {"unknown_petition"}


def test_no_error_repeats_what_was_sent() -> None:
    for kind in (AssignPetition, GrantReturn):
        fields = {"lead": "gantangli"} if kind is AssignPetition else {"unit": "gantangli"}
        refusal = given(in_handling(), return_asked()).when(kind.model_validate(fields), by="wu").refusal
        assert refusal is not None
        assert "gantangli" not in refusal.text("zh") + refusal.text("en") + str(refusal) + repr(refusal)


def test_merging_duplicates_by_deleting_or_counting_them_twice() -> None:
    """Both files stand with their numbers and demands; the link is a fact on each."""
    link = LinkDuplicate(principal="HY-2026-000002", reason="同一路灯")
    file, other = given(in_handling()), given(received(), number="HY-2026-000002")
    after = file.when(link, by="wu").then(r.DuplicateLinked).petition
    assert (after.stage, after.demands, after.petitioners) == (Stage.HANDLING, file.petition.demands, (PERSON,))
    assert link.execute_beside(other.petition, file.petition) == (r.DuplicateAdopted(duplicate=NUMBER),)


def test_the_handler_closing_calling_back_and_scoring_their_own_case() -> None:
    """`bai` holds every role; having handled the file she does nothing of that, by herself or through a deputy."""
    handled: list[Steps] = [received(), accepted(), assigned(), signed(by="bai"), reported(by="bai")]
    content = FollowUp(solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED)
    tries = {
        ApproveReply(): [*handled, reply_drafted()],
        PublishResult(outlets=frozenset({Outlet.BOARD})): [*handled, replied(), drafted(), approved()],
        content: [*handled, replied(), published()],
        SETTLED: [*handled, replied(), published(), step(sampled_follow_up(), by="zhao")],
    }
    for command, steps in tries.items():
        given(*steps).when(command, by="bai").then_refused(TwoPeopleNeeded)
        given(*steps).when(command, by="mei", standing_in=["bai"]).then_refused(TwoPeopleNeeded)


@pytest.mark.parametrize(
    "command",
    [
        WithdrawPetition(reason="当事人撤回"),
        SteerToProcedure(procedure=Procedure.LITIGATION, reason="应诉讼", notice=Delivery.POST),
        RefuseFurther(reason="同一事实和理由", concluded_by="HY-2025-000003"),
    ],
    ids=lambda one: one.step(),
)
def test_the_handler_ending_their_own_case_by_another_door(command: PetitionCommand) -> None:
    """Nor does she, holding the intake desk's role too, say that the petitioner took it back or that it is not ours."""
    file = given(received(), accepted(), assigned(), signed(by="bai"))
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="wu", standing_in=["bai"]).then(command.event)
    contacted = step(h.ResidentContacted(method=ContactMethod.PHONE, reached=True), by="wu")
    given(received(), contacted).when(command, by="wu").then(command.event)


def sampled_follow_up() -> Event:
    (fact,) = (
        given(in_supervising())
        .when(FollowUp(solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED), by="zhao")
        .facts
    )
    return fact


def test_returns_and_extensions_that_reset_the_clock() -> None:
    """Whatever happens to a file while it is handled, its handling clock starts where it started."""
    week = shanghai(MONDAY + timedelta(days=7))
    base: list[Steps] = [in_handling(received(Channel.LETTER_VISIT)), running(Clock.HANDLE, track=Track.XINFANG)]
    started = given(*base).petition.due[Clock.HANDLE]
    asked = step(h.ExtensionAsked(days=10, reason="协调", salt="salz", digest="d" * 64), by="chen")
    aside = step(h.SuspensionAsked(until=MONDAY + timedelta(days=30), reason="鉴定"), by="chen")
    tries = [
        given(*base, return_asked()).when(GrantReturn(unit="MS"), by="wu", at=week),
        given(*base, step(h.ReturnGranted(unit="MS"), by="wu")).when(AssignPetition(lead="WY"), by="wu", at=week),
        given(*base, aside).when(GrantSuspension(), by="li", at=week),
        given(*base, suspended()).when(ResumeHandling(), by="chen", at=week),
    ]
    for taken in tries:
        after = taken.then(*map(type, taken.facts)).petition
        assert after.due[Clock.HANDLE] == started
    longer = given(*base, asked).when(GrantExtension(notice=Delivery.POST), by="li", at=week)
    due = longer.then(h.ExtensionGranted).petition.due[Clock.HANDLE]
    assert (due.start, due.days) == (started.start, started.days + 10)


def test_no_review_chain() -> None:
    reviewing = {"ask-review", "hold-hearing", "decide-review", "refuse-further"}
    assert reviewing <= set(STEPS)
    assert given(in_closed()).offers(STEPS["ask-review"], "wu")
    assert {s.ReviewAsked, s.HearingHeld, s.ReviewDecided} <= set(TRANSITIONS)


def test_every_act_names_its_person_role_and_both_times() -> None:
    """The audit trail is the events themselves."""
    taken = given(received()).when(AcceptPetition(notice=Delivery.SMS), by="bai")
    for one in taken.recorded:
        assert isinstance(one, Recorded)
        assert (one.actor.id, one.actor.role) == ("bai", "intake")
        assert one.occurred_at is not None
        assert one.recorded_at.utcoffset() == timedelta(0)
        assert one.request_id
        assert one.command_id.int


@pytest.mark.parametrize("who", sorted(CAST))
def test_a_refusal_can_be_told_in_both_languages(who: str) -> None:
    """Whatever stands against a step, on any kind of file: its texts have all they need."""
    for steps in ([received()], in_handling(), in_publishing(), in_supervising(), in_closed()):
        file = given(*steps)
        for kind in STEPS.values():
            found = kind.barred(file.petition, context(who, now=file.now))
            if isinstance(found, DomainError):
                assert "{" not in found.text("zh") + found.text("en")


def test_a_code_is_nobodys_telephone() -> None:
    with pytest.raises(ValidationError):
        AssignPetition(lead="13900001234")
    with pytest.raises(ValidationError):
        VisitHousehold(visitors=("11010519491231002X",), text="走访")


@pytest.mark.parametrize(
    "work",
    [
        step(h.ProgressNoted(text="已到现场"), by="bai"),
        step(h.ExtensionAsked(days=3, reason="协调", salt="salz", digest="d" * 64), by="bai"),
        step(h.SuspensionAsked(until=MONDAY + timedelta(days=9), reason="鉴定"), by="bai"),
        step(h.SignedFor(unit="MS", handler="chen"), by="bai"),
        step(h.HandlerNamed(unit="MS", handler="bai"), by="li"),
        step(h.HouseholdVisited(visitors=("bai",), reached=True, text="走访"), by="chen"),
    ],
    ids=lambda one: one.facts[0].TOPIC,
)
def test_whoever_worked_in_any_round_judges_nothing_of_the_file(work: Step) -> None:
    """There is one definition of having worked on a file, and a later round does not wash it off."""
    first: list[Steps] = [in_handling(), work, reported(), replied()]
    later: list[Steps] = [*first, published(), step(sampled_follow_up(), by="zhao"), reopened(), reported()]
    tries: dict[PetitionCommand, list[Steps]] = {
        ApprovePublication(): [*first, drafted()],
        ApproveWaiver(): [*first, waiver_asked()],
        ApproveReply(): [*later, reply_drafted()],
        SendBackPublication(reason="仍可辨认"): [*later, replied(), drafted()],
        GrantSuspension(): [*later, step(h.SuspensionAsked(until=MONDAY + timedelta(days=9), reason="鉴"), by="chen")],
    }
    for command, steps in tries.items():
        given(*steps).when(command, by="bai").then_refused(TwoPeopleNeeded)
        assert not given(*steps).offers(type(command), "bai")


def test_who_delivers_a_reply_has_worked_on_it_but_who_approved_it_or_named_the_handler_has_not() -> None:
    by_intake: list[Steps] = [in_handling(), reported(), reply_drafted(), reply_approved(), delivered(by="bai")]
    given(*by_intake, drafted()).when(ApprovePublication(), by="bai").then_refused(TwoPeopleNeeded)
    named = step(h.HandlerNamed(unit="MS", handler="chang"), by="li")
    given(in_handling(), named, reported(), reply_drafted()).when(ApproveReply(), by="li").then(h.ReplyApproved)
    file = given(in_handling(), reported(), replied(), drafted())
    file.when(ApprovePublication(), by="li").then(p.PublicationApproved)
