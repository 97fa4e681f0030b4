"""民情办理, its end: the outcome for every demand; the reply drafted, approved by another person, delivered."""

import pytest

from domain.errors import DemandUnanswered, Invalid, NotApproved, NotPossibleNow, NotYourUnit, TwoPeopleNeeded
from domain.petition.command import PetitionCommand
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.handling_reply import ApproveReply, DeliverReply, DraftReply, ReportOutcome, SendBackReply
from domain.petition.handling_together import AnswerForm
from domain.petition.stages import Stage
from domain.vocabulary import Channel, Clock, Delivery, OutcomeKind, Track
from tests.happened import (
    BENCH,
    LAMP,
    accepted,
    assigned,
    in_handling,
    progressed,
    received,
    reply_approved,
    reply_drafted,
    reported,
    running,
    signed,
    step,
    suspended,
)
from tests.scenario import Steps, given

SMS = Delivery.SMS
DRAFTED: list[Steps] = [in_handling(), reported(), reply_drafted()]


def outcome(*demands: str) -> ReportOutcome:
    answers = (AnswerForm(demand=one, outcome=OutcomeKind.RESOLVED, text="已修好") for one in demands)
    return ReportOutcome(answers=tuple(answers))


# The outcome


def test_every_demand_gets_one_answer() -> None:
    file = given(received(demands=(LAMP, BENCH)), accepted(), assigned(), signed())
    file.when(outcome("d1"), by="chen").then_refused(DemandUnanswered, ("answers",))
    file.when(outcome("d1", "d9"), by="chen").then_refused(Invalid, ("answers", 1, "demand"))
    file.when(outcome("d1", "d1", "d2"), by="chen").then_refused(Invalid, ("answers", 1, "demand"))
    after = file.when(outcome("d2", "d1"), by="chen").then(h.OutcomeReported).petition
    assert after.current.answers == ("d1", "d2"), "in the order of the demands"


def test_the_lead_unit_answers_for_all() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), signed(), signed("WY", by="gu"))
    file.when(outcome("d1"), by="gu").then_refused(NotPossibleNow)
    file.when(outcome("d1").model_copy(update={"without_because": "已口头反馈"}), by="chen").then(h.OutcomeReported)


def test_after_signing_and_not_while_it_is_put_aside() -> None:
    given(received(), accepted(), assigned()).when(outcome("d1"), by="chen").then_refused(NotPossibleNow)
    given(in_handling(), suspended()).when(outcome("d1"), by="chen").then_refused(NotPossibleNow)


# The draft


def test_a_reply_is_drafted_once_every_demand_is_answered() -> None:
    given(in_handling()).when(DraftReply(text="已修好"), by="chen").then_refused(NotPossibleNow)
    taken = given(in_handling(), reported()).when(DraftReply(text="已修好"), by="chen")
    taken.then(h.ReplyDrafted(text="已修好", salt="salz", digest=v.digest_of("salz", "已修好")))


def test_a_unit_that_has_not_signed_drafts_nothing() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), signed(), reported())
    file.when(DraftReply(text="已修好"), by="gu").then_refused(NotPossibleNow)


def test_the_digest_tells_drafts_apart_and_needs_its_salt() -> None:
    assert len({v.digest_of("s", "一"), v.digest_of("s", "二"), v.digest_of("t", "一"), v.digest_of("s\0", "一")}) == 4


# Its approval


def test_the_approval_names_the_digest_of_the_draft() -> None:
    digest = v.digest_of("salz", "路灯已修好。")
    file = given(*DRAFTED)
    file.when(ApproveReply(digest=digest), by="li").then(h.ReplyApproved(digest=digest))
    file.when(ApproveReply(digest="0" * 64), by="li").then_refused(NotApproved, ("digest",))
    file.when(ApproveReply(), by="li").then(h.ReplyApproved(digest=digest))


def test_an_edit_voids_the_approval() -> None:
    file = given(*DRAFTED, reply_approved())
    file.when(DeliverReply(method=SMS), by="chen").then(h.ReplyDelivered)
    edited = file.when(DraftReply(text="改了一个字"), by="chen").then(h.ReplyDrafted)
    edited.when(DeliverReply(method=SMS), by="chen").then_refused(NotApproved)


DECISIONS: list[PetitionCommand] = [ApproveReply(), SendBackReply(reason="表述不清")]


@pytest.mark.parametrize("command", DECISIONS, ids=lambda one: one.title)
def test_nobody_approves_their_own_draft(command: PetitionCommand) -> None:
    file = given(in_handling(), reported(), reply_drafted(by="bai"))
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="hu", standing_in=["bai"]).then(command.event)
    file.when(command, by="qin", standing_in=["bai"]).then_refused(TwoPeopleNeeded)
    given(in_handling(), reported(), reply_drafted(by="gu").instead("bai")).when(command, by="bai").then_refused(
        TwoPeopleNeeded
    )


@pytest.mark.parametrize("command", DECISIONS, ids=lambda one: one.title)
@pytest.mark.parametrize(
    "work",
    [
        [assigned(), signed(by="bai")],
        [assigned(), signed(by="chen", handler="bai")],
        [assigned(), signed(), progressed(by="bai")],
        [assigned(), signed(), step(h.HouseholdVisited(visitors=("bai",), reached=True, text="入户"), by="chen")],
    ],
    ids=["signed", "named", "noted", "visited"],
)
def test_nobody_approves_what_they_worked_on_though_another_drafted_it(
    command: PetitionCommand, work: list[Steps]
) -> None:
    file = given(received(), accepted(), *work, reported(), reply_drafted())
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="li").then(command.event)


def test_who_reported_the_outcome_does_not_approve_the_reply() -> None:
    file = given(in_handling(), reported(by="bai"), reply_drafted())
    file.when(ApproveReply(), by="bai").then_refused(TwoPeopleNeeded)


@pytest.mark.parametrize("command", DECISIONS, ids=lambda one: one.title)
def test_something_must_wait(command: PetitionCommand) -> None:
    given(in_handling(), reported()).when(command, by="li").then_refused(NotPossibleNow)
    given(*DRAFTED, reply_approved()).when(command, by="li").then_refused(NotPossibleNow)


def test_what_was_sent_back_must_be_drafted_anew() -> None:
    back = given(*DRAFTED).when(SendBackReply(reason="表述不清"), by="li").then(h.ReplySentBack)
    back.when(ApproveReply(), by="hu").then_refused(NotPossibleNow)
    back.when(DeliverReply(method=SMS), by="chen").then_refused(NotApproved)
    anew = back.when(DraftReply(text="改后"), by="chen").then(h.ReplyDrafted)
    anew.when(ApproveReply(), by="li").then(h.ReplyApproved)


# Its delivery


def test_delivery_ends_the_handling_and_starts_the_review_clock() -> None:
    """L1 35: from receiving the reply."""
    file = given(
        received(Channel.LETTER_VISIT),
        accepted(),
        assigned(),
        running(Clock.NOTICE, Clock.HANDLE, track=Track.XINFANG),
        signed(),
        reported(),
        reply_drafted(),
        reply_approved(),
    )
    taken = file.when(DeliverReply(method=SMS, proof=("a1",), receipt_note="已签收"), by="chen")
    after = taken.then(h.ReplyDelivered, r.DueDatesSet).petition
    assert after.stage is Stage.PUBLISHING
    assert set(after.due) == {Clock.REVIEW_ASK}
    assert after.current.replied_at == file.now


def test_only_what_was_approved_is_delivered() -> None:
    given(*DRAFTED).when(DeliverReply(method=SMS), by="chen").then_refused(NotApproved)
    given(in_handling(), reported()).when(DeliverReply(method=SMS), by="wu").then_refused(NotApproved)


def test_a_demand_added_meanwhile_is_answered_first() -> None:
    added = step(r.PetitionCorrected(reason="补充", demands=(LAMP, BENCH)), by="wu")
    file = given(*DRAFTED, reply_approved(), added)
    file.when(DeliverReply(method=SMS), by="chen").then_refused(NotPossibleNow)


def test_an_anonymous_reply_is_announced() -> None:
    file = given(in_handling(received(petitioners=())), reported(), reply_drafted(), reply_approved())
    file.when(DeliverReply(method=SMS), by="chen").then_refused(Invalid, ("method",))
    file.when(DeliverReply(method=Delivery.PUBLIC_NOTICE), by="chen").then(h.ReplyDelivered)


def test_delivery_is_by_a_unit_on_the_file_or_intake_with_proof_that_was_uploaded() -> None:
    file = given(*DRAFTED, reply_approved())
    file.when(DeliverReply(method=SMS), by="gu").then_refused(NotYourUnit)
    file.when(DeliverReply(method=SMS, proof=("zz",)), by="wu").then_refused(Invalid, ("proof", 0))
    file.when(DeliverReply(method=SMS), by="wu").then(h.ReplyDelivered)
