"""公示回应: redacted, approved by a second person, published; or waived; withdrawn and corrected later."""

import pytest
from pydantic import ValidationError

from domain.errors import NotApproved, NotPossibleNow, TwoPeopleNeeded, WrongRole, WrongStage
from domain.kernel import Erased
from domain.petition.command import PetitionCommand
from domain.petition.events import exceptions as x
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.publishing import (
    ApprovePublication,
    ApproveWaiver,
    AskWaiver,
    CorrectPublication,
    DraftPublication,
    PublishResult,
    SendBackPublication,
    WithdrawPublication,
)
from domain.petition.publishing_redaction import RedactionForm
from domain.petition.receiving_file import CorrectPetition
from domain.petition.references import mask_identity, people_of, render
from domain.petition.stages import Stage
from domain.vocabulary import Clock, Nature, Outlet, RedactionBasis, RedactionKind, Secrecy, WaiverGround
from tests.happened import (
    BULLETIN,
    accepted,
    approved,
    assigned,
    classified,
    drafted,
    followed_up,
    in_closed,
    in_handling,
    in_publishing,
    in_recollecting,
    in_supervising,
    published,
    received,
    reopened,
    replied,
    reported,
    signed,
    taken_down,
    waived,
)
from tests.scenario import Given, Step, Steps, given

DRAFT = DraftPublication.model_validate({"title": "路灯修复", "text": "路灯已修好。"})
BOARD = PublishResult(outlets=frozenset({Outlet.BOARD}))
WAIVE = AskWaiver(ground=WaiverGround.PRIVACY, reason="涉及家事")
OTHER = "f" * 64
READY: list[Steps] = [in_publishing(), drafted(), approved()]


def answered(first: Step) -> list[Steps]:
    return [in_handling(first), reported(), replied()]


# The draft


def test_what_stands_on_the_boards_is_drafted_first() -> None:
    given(in_publishing()).when(DRAFT, by="sun").then(
        p.PublicationDrafted(title="路灯修复", text="路灯已修好。", salt="salz", digest=BULLETIN, before=BULLETIN)
    )


def public(file: Given, text: str | Erased) -> str:
    """What everybody reads of a published text."""
    return str(render(text, people_of(file.petition.everyone, mask_identity)))


def test_identity_is_masked_as_the_field_masks_it() -> None:
    command = DraftPublication.model_validate(
        {
            "title": "甘棠梨反映的路灯",
            "text": "甘棠梨（13900001234，住幸福路 18 号 2 单元 301 室）反映。物业电话 13811112222。",
            "redactions": [{"kind": "other", "reason": "车位号"}],
        }
    )
    file = given(in_publishing())
    (fact,) = file.when(command, by="sun").facts
    assert isinstance(fact, p.PublicationDrafted)
    assert fact.title == "⟦p1.name⟧反映的路灯"
    text = public(file, fact.text)
    assert "甘某某" in text
    assert "139****1234" in text
    assert "138****2222" in text
    assert not {part for part in ("棠", "13900001234", "13811112222", "301", "18 号") if part in text}
    counted = {(one.kind, one.basis, one.shown): one.count for one in fact.redactions}
    assert counted == {
        (RedactionKind.NAME, RedactionBasis.GIVEN, "⟦p1.name⟧"): 2,
        (RedactionKind.PHONE, RedactionBasis.GIVEN, "⟦p1.phone⟧"): 1,
        (RedactionKind.PHONE, RedactionBasis.DETECTED, "138****2222"): 1,
        (RedactionKind.ADDRESS, RedactionBasis.GIVEN, "⟦p1.address⟧"): 1,
        (RedactionKind.OTHER, RedactionBasis.ADDED, None): 1,
    }
    assert not any(one.kept for one in fact.redactions)


def test_a_name_that_was_corrected_is_masked_too() -> None:
    renamed = CorrectPetition.model_validate({"reason": "笔误", "petitioners": [{"name": "甘棠黎"}]})
    file = given(in_publishing()).when(renamed, by="wu").then(r.PetitionCorrected)
    command = DraftPublication.model_validate({"title": "路灯", "text": "甘棠梨、甘棠黎反映"})
    (fact,) = file.when(command, by="sun").facts
    assert isinstance(fact, p.PublicationDrafted)
    assert public(file, fact.text) == "甘某某、甘某某反映"


def test_only_the_clerk_drafts_and_not_what_they_handled() -> None:
    given(in_publishing()).when(DRAFT, by="li").then_refused(WrongRole)
    file = given(received(), accepted(), assigned(), signed(by="bai"), reported(), replied())
    file.when(DRAFT, by="bai").then_refused(TwoPeopleNeeded)
    file.when(DRAFT, by="tang", standing_in=["bai"]).then(p.PublicationDrafted)


def test_a_deputy_does_not_publish_what_the_principal_handled() -> None:
    file = given(received(), accepted(), assigned(), signed(by="bai"), reported(), replied())
    file.when(DRAFT, by="zhao", standing_in=["bai"]).then_refused(TwoPeopleNeeded)
    file.when(WAIVE, by="zhao", standing_in=["bai"]).then_refused(TwoPeopleNeeded)


# Its approval


def test_the_approval_names_the_digest_of_the_draft() -> None:
    file = given(in_publishing(), drafted())
    file.when(ApprovePublication(digest=BULLETIN), by="tang").then(p.PublicationApproved(digest=BULLETIN))
    file.when(ApprovePublication(digest=OTHER), by="tang").then_refused(NotApproved, ("digest",))
    file.when(ApprovePublication(), by="qin").then(p.PublicationApproved(digest=BULLETIN))


DECISIONS: list[PetitionCommand] = [ApprovePublication(), SendBackPublication(reason="仍可辨认")]


@pytest.mark.parametrize("command", DECISIONS, ids=lambda one: one.title)
def test_a_second_person_decides(command: PetitionCommand) -> None:
    given(in_publishing()).when(command, by="tang").then_refused(NotPossibleNow)
    given(*READY).when(command, by="tang").then_refused(NotPossibleNow)
    file = given(in_publishing(), drafted())
    file.when(command, by="sun").then_refused(TwoPeopleNeeded)
    file.when(command, by="zhao", standing_in=["sun"]).then_refused(TwoPeopleNeeded)
    given(in_publishing(), drafted(by="zhao").instead("sun")).when(command, by="sun").then_refused(TwoPeopleNeeded)
    file.when(command, by="tang").then(command.event)


@pytest.mark.parametrize("command", DECISIONS, ids=lambda one: one.title)
def test_nor_anybody_who_worked_on_the_file(command: PetitionCommand) -> None:
    file = given(received(), accepted(), assigned(), signed(by="bai"), reported(), replied(), drafted())
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)


def test_what_was_sent_back_is_drafted_anew() -> None:
    back = given(in_publishing(), drafted()).when(SendBackPublication(reason="仍可辨认"), by="tang")
    file = back.then(p.PublicationSentBack(digest=BULLETIN, reason="仍可辨认"))
    file.when(ApprovePublication(), by="tang").then_refused(NotPossibleNow)
    file.when(BOARD, by="sun").then_refused(NotApproved)
    file.when(DRAFT, by="sun").then(p.PublicationDrafted)


# Published


def test_the_approved_text_goes_to_the_outlets() -> None:
    file = given(*READY)
    command = PublishResult(outlets=frozenset({Outlet.WECHAT, Outlet.BOARD}))
    outlets = (Outlet.BOARD, Outlet.WECHAT)
    fact = p.ResultPublished(title="路灯修复", text="路灯已修好。", digest=BULLETIN, outlets=outlets)
    after = file.when(command, by="sun").then(fact, r.DueDatesSet).petition
    assert (after.stage, after.outlets) == (Stage.SUPERVISING, outlets)
    assert set(after.due) == {Clock.FOLLOW_UP}
    with pytest.raises(ValidationError):
        PublishResult(outlets=frozenset())


def test_nothing_is_published_without_a_second_persons_approval() -> None:
    given(in_publishing()).when(BOARD, by="sun").then_refused(NotApproved)
    given(in_publishing(), drafted()).when(BOARD, by="sun").then_refused(NotApproved)
    given(in_publishing(), drafted(), approved(), drafted(digest=OTHER)).when(BOARD, by="sun").then_refused(NotApproved)


def test_who_approved_does_not_publish() -> None:
    given(*READY).when(BOARD, by="tang").then_refused(TwoPeopleNeeded)
    given(*READY).when(BOARD, by="zhao", standing_in=["tang"]).then_refused(TwoPeopleNeeded)
    given(in_publishing(), drafted(), approved(by="qin").instead("tang")).when(BOARD, by="tang").then_refused(
        TwoPeopleNeeded
    )


@pytest.mark.parametrize("who", ["bai", "li"])
def test_nobody_publishes_what_they_handled_or_approved(who: str) -> None:
    """`li` approved the reply; lent the publisher's role she still may not."""
    work = signed(by="bai")
    file = given(received(), accepted(), assigned(), work, reported(), replied(), drafted(), approved())
    file.when(BOARD, by=who, standing_in=[] if who == "bai" else ["sun"]).then_refused(TwoPeopleNeeded)


@pytest.mark.parametrize(
    "first",
    [
        received(secrecy=Secrecy.SECRET),
        received(nature=Nature.REPORT, against="CG"),
        received(nature=Nature.COMPLAINT, against="CG"),
    ],
    ids=["secret", "report", "complaint that accuses"],
)
def test_what_must_stay_hidden_is_waived_not_published(first: Step) -> None:
    file = given(*answered(first), drafted(), approved())
    file.when(DRAFT, by="sun").then_refused(NotPossibleNow)
    file.when(BOARD, by="sun").then_refused(NotPossibleNow)
    file.when(WAIVE, by="sun").then(x.WaiverAsked).when(ApproveWaiver(), by="tang").then(
        p.PublicationWaived, r.DueDatesSet
    )


def test_internal_files_and_complaints_may_be_published() -> None:
    for first in (received(secrecy=Secrecy.INTERNAL), received(nature=Nature.COMPLAINT)):
        given(*answered(first), drafted(), approved()).when(BOARD, by="sun").then(p.ResultPublished, r.DueDatesSet)


def test_what_accuses_by_now_is_sent_back_not_approved() -> None:
    accused = CorrectPetition.model_validate({"reason": "补充", "against": ["CG"]})
    file = given(in_publishing(), drafted()).when(accused, by="wu").then(r.PetitionCorrected)
    file.when(ApprovePublication(), by="tang").then_refused(NotPossibleNow)
    file.when(SendBackPublication(reason="涉及单位"), by="tang").then(p.PublicationSentBack)


def test_what_becomes_secret_is_no_longer_put_up() -> None:
    file = given(
        received(), classified(secrecy=Secrecy.SECRET), accepted(), assigned(), signed(), reported(), replied()
    )
    file.when(DRAFT, by="sun").then_refused(NotPossibleNow)


# Waived


def test_publication_is_waived_with_a_ground_and_a_reason_and_the_loop_goes_on() -> None:
    after = (
        given(in_publishing())
        .when(WAIVE, by="sun")
        .then(x.WaiverAsked(ground=WaiverGround.PRIVACY, reason="涉及家事"))
        .when(ApproveWaiver(), by="tang")
        .then(p.PublicationWaived(ground=WaiverGround.PRIVACY, reason="涉及家事"), r.DueDatesSet)
    )
    assert (after.petition.stage, after.petition.waived) == (Stage.SUPERVISING, True)
    assert set(after.petition.due) == {Clock.FOLLOW_UP}
    with pytest.raises(ValidationError):
        AskWaiver.model_validate({"ground": "privacy"})


def test_what_is_published_is_not_waived() -> None:
    given(in_supervising()).when(WAIVE, by="sun").then_refused(WrongStage)


# Withdrawn and corrected


WITHDRAW = WithdrawPublication(reason="内容有误")
PUT_RIGHT = CorrectPublication(reason="日期有误")


@pytest.mark.parametrize("steps", [in_supervising(), in_recollecting(), in_closed()], ids=["3", "4", "closed"])
def test_a_publication_is_taken_down_and_stays_on_record(steps: list[Steps]) -> None:
    file = given(*steps)
    after = file.when(WITHDRAW, by="sun").then(p.PublicationWithdrawn(reason="内容有误")).petition
    assert (after.outlets, after.stage, after.published_digest) == ((), file.petition.stage, BULLETIN)


def test_only_what_hangs_there_is_taken_down_or_corrected() -> None:
    for steps in ([in_publishing()], [in_publishing(), waived()], [in_supervising(), taken_down()]):
        given(*steps).when(WITHDRAW, by="sun").then_refused(NotPossibleNow)
    given(in_supervising(), taken_down()).when(PUT_RIGHT, by="sun").then_refused(NotPossibleNow)
    given(in_supervising(), taken_down()).when(DRAFT, by="sun").then_refused(NotPossibleNow)
    given(in_publishing(), waived()).when(DRAFT, by="sun").then_refused(NotPossibleNow)


def test_a_correction_is_drafted_and_approved_like_the_first_text() -> None:
    file = given(in_supervising())
    file.when(PUT_RIGHT, by="sun").then_refused(NotPossibleNow)
    given(in_supervising(), drafted(digest=OTHER)).when(PUT_RIGHT, by="sun").then_refused(NotApproved)
    ready = given(in_supervising(), drafted(digest=OTHER), approved(digest=OTHER))
    ready.when(PUT_RIGHT, by="tang").then_refused(TwoPeopleNeeded)
    after = ready.when(PUT_RIGHT, by="sun").then(
        p.PublicationCorrected(
            title="路灯修复", text="路灯已修好。", digest=OTHER, outlets=(Outlet.BOARD,), reason="日期有误"
        )
    )
    assert (after.petition.stage, after.petition.published_digest) == (Stage.SUPERVISING, OTHER)
    elsewhere = CorrectPublication(reason="日期有误", outlets=frozenset({Outlet.WEBSITE}))
    assert ready.when(elsewhere, by="sun").then(p.PublicationCorrected).petition.outlets == (Outlet.WEBSITE,)


def test_the_next_round_is_published_anew() -> None:
    """The old approval is worth nothing there, though the old text still hangs."""
    file = given(in_recollecting(), reopened(), reported(), replied())
    assert file.petition.outlets == (Outlet.BOARD,)
    file.when(BOARD, by="sun").then_refused(NotApproved)
    again = given(
        in_publishing(),
        published(),
        followed_up(),
        reopened(),
        reported(),
        replied(),
        drafted(digest=OTHER),
        approved(digest=OTHER),
    )
    again.when(BOARD, by="sun").then(p.ResultPublished, r.DueDatesSet)


def test_a_manual_redaction_has_a_reason() -> None:
    with pytest.raises(ValidationError):
        RedactionForm.model_validate({"kind": "other"})
