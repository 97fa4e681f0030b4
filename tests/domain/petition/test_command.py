"""What every step shares: roles, units, deputies, stages, times, references instead of names."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from domain.errors import (
    BackdatingNeedsReason,
    InTheFuture,
    Invalid,
    NotYourUnit,
    OutOfOrder,
    UnknownPetition,
    WrongRole,
    WrongStage,
)
from domain.kernel import Actor, Grant
from domain.petition.commands import STEPS, ReceivePetition
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import values as v
from domain.petition.handling import AssignPetition, ContactResident, NoteProgress, SignFor
from domain.petition.handling_reply import ApproveReply
from domain.petition.receiving import AcceptPetition, ClassifyPetition, WithdrawPetition
from domain.petition.receiving_file import CorrectPetition
from domain.petition.receiving_letters import IssueOrder
from domain.petition.recollecting import Recollect
from domain.petition.references import people_of, render
from domain.petition.supervising_orders import OrderSupervision, SendReminder
from domain.rulebook import RulebookContent
from domain.vocabulary import Delivery, Nature, Role
from tests.domain.rulebook_sample import edited
from tests.happened import (
    PERSON,
    accepted,
    assigned,
    in_handling,
    in_recollecting,
    received,
    reply_drafted,
    reported,
    signed,
    withdrawn,
)
from tests.scenario import MONDAY, context, given, shanghai

ACCEPT = AcceptPetition(notice=Delivery.SMS)


# Roles and units


@pytest.mark.parametrize("who", ["chen", "li", "sun", "zhao", "zhou", "feng", "system"])
def test_a_step_is_for_its_roles_only(who: str) -> None:
    given(received()).when(ACCEPT, by=who).then_refused(WrongRole)


def test_the_supervisor_neither_decides_nor_handles() -> None:
    """domain.md §1: only reminders and orders are theirs, and their orders on paper."""
    theirs = {name for name, step in STEPS.items() if Role.SUPERVISOR in step.roles}
    assert theirs == {"send-reminder", "order-supervision", "end-supervision", "issue-order"}


def test_the_administrator_takes_no_step_on_a_file() -> None:
    assert not [name for name, step in STEPS.items() if Role.ADMIN in step.roles]


def test_a_handler_works_for_units_on_the_file_only() -> None:
    file = given(received(), accepted(), assigned("MS"))
    file.when(SignFor(), by="gu").then_refused(NotYourUnit)
    given(received(), accepted(), assigned("MS", "WY")).when(SignFor(), by="gu").then(
        h.SignedFor(unit="WY", handler="gu")
    )


@pytest.mark.parametrize("who", ["li", "hu"])
def test_the_head_of_the_lead_unit_or_of_one_above_it_approves(who: str) -> None:
    given(in_handling(), reported(), reply_drafted()).when(ApproveReply(), by=who).then(h.ReplyApproved)


@pytest.mark.parametrize("who", ["qin", "kong"])
def test_no_other_head_approves_not_even_of_a_co_unit(who: str) -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), signed(), reported(), reply_drafted())
    file.when(ApproveReply(), by=who).then_refused(NotYourUnit)


def test_the_role_that_fits_is_the_one_on_record() -> None:
    taken = given(in_handling()).when(NoteProgress(text="已查看"), by="bai").taken
    assert taken is not None
    assert taken.context.actor == Actor(id="bai", role=Role.HANDLER, unit="MS")


def test_the_wrong_stage_is_told_by_name() -> None:
    error = given(received(), accepted()).when(ACCEPT, by="wu").then_refused(WrongStage)
    assert "民情办理" in error.text("zh")


def test_a_file_that_is_over_or_not_there_is_not_worked_on() -> None:
    classify = ClassifyPetition(nature=Nature.HELP, category="020102")
    given(received(), withdrawn()).when(classify, by="wu").then_refused(WrongStage)
    given().when(classify, by="wu").then_refused(WrongStage)


# Deputies


def test_a_deputy_acts_for_the_principal_and_both_are_on_record() -> None:
    taken = given(received(), accepted(), assigned()).when(SignFor(), by="gu", standing_in=["chen"])
    assert taken.facts == (h.SignedFor(unit="MS", handler="chen"),)
    assert taken.recorded[0].actor == Actor(id="gu", role=Role.HANDLER, unit="MS", on_behalf_of="chen")


def test_somebody_with_the_role_acts_in_their_own_right() -> None:
    taken = given(received(), accepted(), assigned()).when(SignFor(), by="chang", standing_in=["chen"])
    assert taken.facts == (h.SignedFor(unit="MS", handler="chang"),)
    assert taken.recorded[0].actor.on_behalf_of is None


def test_a_step_refused_in_ones_own_right_may_be_open_to_the_deputy() -> None:
    """qin heads another unit; standing in for li she may approve, and the record names both."""
    file = given(in_handling(), reported(), reply_drafted())
    taken = file.when(ApproveReply(), by="qin", standing_in=["li"])
    assert taken.facts
    assert taken.recorded[0].actor.on_behalf_of == "li"


# Who is accused


@pytest.mark.parametrize("who", ["kong", "mei"])
def test_the_accused_unit_and_all_below_it_are_told_that_there_is_no_file(who: str) -> None:
    file = given(received(against="CG", nature=Nature.REPORT), accepted(), assigned("MS"))
    for kind in STEPS.values():
        assert isinstance(kind.barred(file.petition, context(who, now=file.now)), UnknownPetition)


def test_the_unit_above_the_accused_one_still_sees_it() -> None:
    file = given(received(against="ZF"), accepted(), assigned("MS"), signed(), reported(), reply_drafted())
    file.when(ApproveReply(), by="hu").then(h.ReplyApproved)


def test_accusing_the_street_office_hides_it_from_every_unit_below() -> None:
    file = given(received(against="HY"), accepted())
    for who in ("chen", "gu", "li", "hu", "kong"):
        file.when(ContactResident(reached=True), by=who).then_refused(UnknownPetition)


def test_accused_staff_are_told_that_there_is_no_file() -> None:
    by_name = v.Accused(staff="wu", staff_units=())
    file = given(received(against=by_name, by="xu"))
    file.when(ACCEPT, by="wu").then_refused(UnknownPetition)
    file.when(ACCEPT, by="xu").then(r.PetitionAccepted, r.DueDatesSet)


def test_the_unit_of_accused_staff_is_told_so_too() -> None:
    by_name = v.Accused(staff="mei", staff_units=("ZF",))
    given(received(against=by_name), accepted()).when(SignFor(), by="mei").then_refused(UnknownPetition)


def test_who_stands_in_for_the_accused_is_told_so_too() -> None:
    file = given(received(against=v.Accused(staff="wu"), by="xu"))
    file.when(ACCEPT, by="xu", standing_in=["wu"]).then_refused(UnknownPetition)
    file = given(received(against="CG"), accepted(), assigned("MS"))
    file.when(SignFor(), by="chen", standing_in=["mei"]).then_refused(UnknownPetition)


def test_the_committee_sees_it() -> None:
    file = given(received(against="CG", nature=Nature.REPORT), accepted(), assigned("MS"))
    assert file.offers(OrderSupervision, "zhou")
    file.when(SendReminder(reason="请抓紧"), by="zhou").then(STEPS["send-reminder"].event)


def test_an_accusation_added_later_hides_the_file_from_then_on() -> None:
    file = given(received(), accepted(), assigned("MS", "ZF"))
    assert file.offers(SignFor, "mei")
    left = file.when(AssignPetition(lead="MS"), by="wu").then(h.Assigned)
    after = left.when(CorrectPetition(reason="补充被反映单位", against=("CG",)), by="wu").then(r.PetitionCorrected)
    after.when(SignFor(), by="mei").then_refused(UnknownPetition)


def test_a_new_code_for_the_unit_opens_no_way_around() -> None:
    renamed = RulebookContent.from_toml(
        edited(
            (
                '{ code = "HW",',
                '{ code = "ZF2", name = "综合执法队", kind = "station", superior = "CG" },\n  { code = "HW",',
            ),
            (
                'superior = "CG", duties = ["0103", "0202", "0402"] }',
                'superior = "CG", duties = ["0103", "0202", "0402"], replaced_by = "ZF2" }',
            ),
        )
    )
    for accused, unit in (("ZF", "ZF2"), ("ZF2", "ZF")):
        file = given(received(against=accused))
        grants = frozenset({Grant(Role.HANDLER, unit)})
        world = context("mei", now=file.now)._replace(rulebook=renamed, grants=grants)
        assert isinstance(SignFor.barred(file.petition, world), UnknownPetition)


# When it happened


def test_it_happened_now_where_nothing_is_said() -> None:
    file = given(received())
    taken = file.when(ACCEPT, by="wu").taken
    assert taken is not None
    assert taken.occurred_at == file.now


def test_a_time_without_an_offset_is_shanghais() -> None:
    stated = AcceptPetition.model_validate({"notice": "sms", "occurred_at": "2026-11-16T10:00:00"})
    taken = given(received()).when(stated, by="wu", at=shanghai(MONDAY, 12)).taken
    assert taken is not None
    assert taken.occurred_at == shanghai(MONDAY, 10)


def test_nothing_happens_in_the_future() -> None:
    file = given(received())
    ahead = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now + timedelta(minutes=6))
    file.when(ahead, by="wu").then_refused(InTheFuture, loc=("occurred_at",))
    skewed = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now + timedelta(minutes=4))
    file.when(skewed, by="wu").then(r.PetitionAccepted, r.DueDatesSet)


def test_nothing_happens_before_the_petition_came_in() -> None:
    before = AcceptPetition(notice=Delivery.SMS, occurred_at=shanghai(MONDAY, 8))
    given(received()).when(before, by="wu").then_refused(OutOfOrder, loc=("occurred_at",))


def test_long_ago_needs_a_reason() -> None:
    """The sample rulebook lets three days pass without a word."""
    file = given(received())
    late = file.now + timedelta(days=4)
    silent = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now)
    error = file.when(silent, by="wu", at=late).then_refused(BackdatingNeedsReason, loc=("backdated_because",))
    assert "3" in error.text("en")
    told = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now, backdated_because="停电，事后补录")
    taken = file.when(told, by="wu", at=late)
    assert {one.backdated_because for one in taken.recorded} == {"停电，事后补录"}
    assert {one.occurred_at for one in taken.recorded} == {file.now}
    assert {one.recorded_at for one in taken.recorded} == {late}


def test_three_days_ago_needs_none() -> None:
    file = given(received())
    stated = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now)
    file.when(stated, by="wu", at=file.now + timedelta(days=3)).then(r.PetitionAccepted, r.DueDatesSet)


def test_clocks_count_from_when_it_happened() -> None:
    file = given(received())
    told = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now, backdated_because="补录")
    clocks = file.when(told, by="wu", at=file.now + timedelta(days=9)).facts[1]
    assert isinstance(clocks, r.DueDatesSet)
    assert clocks.due[0].start == MONDAY


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "2026-13-01T00:00:00"])
def test_impossible_times_are_refused_by_shape(stated: str) -> None:
    with pytest.raises(ValidationError):
        AcceptPetition.model_validate({"notice": "sms", "occurred_at": stated})


# Shapes


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a\x1bb", "字" * 20_001])
def test_texts_are_there_printable_and_not_endless(text: str) -> None:
    with pytest.raises(ValidationError):
        NoteProgress(text=text)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="approve"):
        NoteProgress.model_validate({"text": "已查看", "approve": True})


def test_errors_of_shape_name_the_field() -> None:
    with pytest.raises(ValidationError) as caught:
        ReceivePetition.model_validate({"channel": "pigeon", "nature": "help", "title": "t", "content": "c"})
    assert [error["loc"] for error in caught.value.errors()] == [("channel",)]


# References instead of names


def test_free_text_refers_to_petitioners_instead_of_naming_them() -> None:
    text = "甘棠梨（13900001234）说路灯不亮"
    fact = given(in_handling()).when(NoteProgress(text=text), by="chen").facts[0]
    assert isinstance(fact, h.ProgressNoted)
    assert fact.text == "⟦p1.name⟧（⟦p1.phone⟧）说路灯不亮"
    assert render(fact.text, people_of((PERSON,))) == text


def test_optional_free_text_refers_too() -> None:
    gathered = Recollect(settled=True, text="甘棠梨说好了", summary="甘棠梨满意")
    opinion, ended, _ = given(in_recollecting()).when(gathered, by="zhao").facts
    assert isinstance(opinion, c.OpinionGathered)
    assert isinstance(ended, c.PetitionClosed)
    assert (opinion.text, ended.summary) == ("⟦p1.name⟧说好了", "⟦p1.name⟧满意")


def test_the_reason_for_backdating_refers_too() -> None:
    file = given(received())
    told = AcceptPetition(notice=Delivery.SMS, occurred_at=file.now, backdated_because="甘棠梨当日来过")
    recorded = file.when(told, by="wu", at=file.now + timedelta(days=9)).recorded
    assert recorded[0].backdated_because == "⟦p1.name⟧当日来过"


def test_nobody_writes_a_reference_by_hand() -> None:
    fact = given(in_handling()).when(NoteProgress(text="⟦p9.name⟧"), by="chen").facts[0]
    assert isinstance(fact, h.ProgressNoted)
    assert fact.text == "[p9.name]"


def test_a_name_that_was_corrected_still_leads_to_the_person() -> None:
    """The wrong name stays in old events, so new text that has it must not stand in the clear either."""
    renamed = CorrectPetition.model_validate(
        {"reason": "甘棠梨实为甘棠黎", "petitioners": [{"name": "甘棠黎", "phone": "13900001234"}]}
    )
    taken = given(in_handling()).when(renamed, by="wu")
    fact = taken.facts[0]
    assert isinstance(fact, r.PetitionCorrected)
    assert fact.reason == "⟦p1.name⟧实为⟦p2.name⟧"
    after = taken.then(r.PetitionCorrected)
    assert [one.id for one in after.petition.everyone] == ["p2", "p1"]
    noted = after.when(NoteProgress(text="甘棠梨（13900001234）即甘棠黎"), by="chen").facts[0]
    assert isinstance(noted, h.ProgressNoted)
    assert noted.text == "⟦p1.name⟧（⟦p2.phone⟧）即⟦p2.name⟧"


# The catalogue


def test_every_step_has_its_name_title_and_words() -> None:
    """An event is one step's, but for letters: the committee issues its orders by a step of its own."""
    taken_by_people = [step.event for step in STEPS.values() if step.roles != {Role.SYSTEM} and step is not IssueOrder]
    assert len(taken_by_people) == len(set(taken_by_people))
    for name, step in STEPS.items():
        assert step.step() == name
        assert step.title
        assert step.__doc__
        assert step.roles
        assert step.__name__ != name


def test_unknown_units_and_codes_name_their_field() -> None:
    refused = given(received(), accepted()).when(AssignPetition(lead="XX"), by="wu")
    assert refused.refusal is not None
    assert refused.refusal.loc == ("lead",)
    assert refused.refusal.text("en").startswith("lead")


def test_an_attachment_must_have_been_uploaded() -> None:
    file = given(in_handling())
    file.when(NoteProgress(text="见照片", attachments=("a1", "zz")), by="chen").then_refused(
        Invalid, ("attachments", 1)
    )
    file.when(NoteProgress(text="见照片", attachments=("a1",)), by="chen").then(h.ProgressNoted)


def test_a_stage_is_not_left_before_it_was_entered() -> None:
    file = given(received(), accepted().on(MONDAY + timedelta(days=2)))
    early = shanghai(MONDAY + timedelta(days=1), 12)
    reason = "当面表示撤回"
    file.when(WithdrawPetition(reason=reason, occurred_at=early), by="wu").then_refused(OutOfOrder)
    file.when(ContactResident(reached=True, occurred_at=early), by="wu").then(h.ResidentContacted)


def test_an_accused_member_of_the_committee_sees_nothing_of_it() -> None:
    accused = received(against=v.Accused(staff="zhou"))
    order = OrderSupervision(deadline=MONDAY + timedelta(days=9), demand="限期答复")
    file = given(accused, accepted(), assigned())
    file.when(order, by="zhou").then_refused(UnknownPetition)
