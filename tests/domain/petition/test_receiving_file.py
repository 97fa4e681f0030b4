"""民情受理, the file itself: corrections, duplicate links, restricting and erasing personal data."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.errors import (
    DuplicateOfItself,
    Invalid,
    NotPossibleNow,
    RetentionRuns,
    TooManyRepresentatives,
    TwoPeopleNeeded,
    UnknownCode,
    WrongRole,
    WrongStage,
)
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.receiving_file import (
    ApproveErasure,
    AskErasure,
    CorrectPetition,
    LiftRestriction,
    LinkDuplicate,
    RestrictData,
    UnlinkDuplicate,
    check_retention,
    forgets,
)
from domain.rulebook import RulebookContent
from domain.vocabulary import Channel, Clock, ErasureGround, Nature
from tests.domain.rulebook_sample import edited
from tests.happened import (
    LAMP,
    PERSON,
    accepted,
    imported,
    in_closed,
    in_handling,
    received,
    running,
    step,
    voided,
    withdrawn,
)
from tests.scenario import NUMBER, Given, Step, When, context, given

OTHER = "HY-2026-000002"
OVER = ErasureGround.RETENTION_EXPIRED
UNLAWFUL = ErasureGround.UNLAWFUL


def correct(file: Given, **fields: Any) -> When:
    return file.when(CorrectPetition.model_validate({"reason": "登记有误", **fields}), by="wu")


# Corrections


def test_a_correction_is_added_and_holds_only_what_is_different() -> None:
    file = given(received())
    after = correct(file, title="路灯与长椅").then(r.PetitionCorrected(reason="登记有误", title="路灯与长椅")).petition
    assert (after.title, after.content) == ("路灯与长椅", file.petition.content)
    assert after.version == file.petition.version + 1


def test_a_correction_corrects_something() -> None:
    with pytest.raises(ValidationError, match="reason"):
        CorrectPetition(reason="登记有误")


def test_the_channel_is_corrected_with_its_source() -> None:
    after = correct(given(received(Channel.WINDOW)), channel="hotline", source={"work_order_id": "W9"}).then(
        r.PetitionCorrected
    )
    assert (after.petition.channel, after.petition.source) == (Channel.HOTLINE, v.HotlineSource(work_order_id="W9"))
    wrong = correct(given(received(Channel.WINDOW)), source={"work_order_id": "W9"})
    wrong.then_refused(Invalid, ("source", "work_order_id"))


def test_corrected_people_get_ids_of_their_own() -> None:
    """A key never changes hands, and nobody who was on the file is lost to an erasure."""
    once = correct(given(received()), petitioners=[{"name": "陆见秋"}, {"name": "石上青"}]).then(r.PetitionCorrected)
    assert [one.id for one in once.petition.petitioners] == ["p2", "p3"]
    twice = correct(once, petitioners=[{"name": "陆见秋"}]).then(r.PetitionCorrected)
    assert [one.id for one in twice.petition.petitioners] == ["p4"]
    assert [one.id for one in twice.petition.everyone] == ["p4", "p2", "p3", "p1"]
    assert correct(twice, petitioners=[]).then(r.PetitionCorrected).petition.anonymous


def test_corrected_people_are_held_against_the_law_too() -> None:
    speakers = [{"name": f"代表{n}", "kind": "representative"} for n in "甲乙丙丁戊己"]
    correct(given(received()), petitioners=speakers).then_refused(TooManyRepresentatives, ("petitioners",))


def test_demands_are_replaced_whole_and_keep_their_ids_by_place() -> None:
    after = correct(given(in_handling()), demands=[{"text": "修路灯"}, {"text": "添长椅", "nature": "suggestion"}])
    assert after.then(r.PetitionCorrected).petition.demands == (
        v.Demand(id="d1", nature=Nature.HELP, category="020102", text="修路灯"),
        v.Demand(id="d2", nature=Nature.SUGGESTION, category="020102", text="添长椅"),
    )


@pytest.mark.parametrize(
    "fields, error, loc",
    [
        ({"demands": [{"text": "一", "category": "99"}]}, UnknownCode, ("demands", 0, "category")),
        ({"against": ["nobody"]}, Invalid, ("against", 0)),
        ({"place": {"area": "Z9"}}, UnknownCode, ("place", "area")),
        ({"received_at": "2026-11-17T00:00:00"}, Invalid, ("received_at",)),
    ],
)
def test_corrections_are_checked_like_what_they_correct(
    fields: dict[str, Any], error: type[Exception], loc: tuple[str | int, ...]
) -> None:
    correct(given(received()), **fields).then_refused(error, loc)  # type: ignore[arg-type]


def test_everything_but_a_voided_file_can_be_corrected() -> None:
    for steps in ([imported()], in_closed(), [received(), withdrawn()]):
        correct(given(*steps), title="改正").then(r.PetitionCorrected)
    correct(given(received(), voided()), title="改正").then_refused(WrongStage)


# Duplicates


LINK = LinkDuplicate(principal=OTHER, reason="同一路灯")
UNLINK = UnlinkDuplicate(principal=OTHER, reason="并非同一路灯")
LINKED = step(r.DuplicateLinked(principal=OTHER, reason="同一路灯"), by="wu")
ADOPTED = step(r.DuplicateAdopted(duplicate=NUMBER), by="wu")


def test_a_link_stands_on_both_files_and_deletes_neither() -> None:
    file, other = given(in_handling()), given(received(), number=OTHER)
    after = file.when(LINK, by="wu").then(r.DuplicateLinked(principal=OTHER, reason="同一路灯")).petition
    assert LINK.execute_beside(other.petition, file.petition) == (r.DuplicateAdopted(duplicate=NUMBER),)
    assert (after.duplicate_of, after.stage) == (OTHER, file.petition.stage)
    assert LINK.beside == UNLINK.beside == "principal"


def test_a_link_can_be_undone_on_both_files() -> None:
    file, other = given(received(), LINKED), given(received(), ADOPTED, number=OTHER)
    assert other.petition.duplicates == {NUMBER}
    after = file.when(UNLINK, by="wu").then(r.DuplicateUnlinked(principal=OTHER, reason="并非同一路灯")).petition
    assert after.duplicate_of is None
    released = UNLINK.execute_beside(other.petition, file.petition)
    assert released == (r.DuplicateReleased(duplicate=NUMBER),)
    assert given(received(), ADOPTED, step(*released, by="wu"), number=OTHER).petition.duplicates == set()


def test_no_file_repeats_itself_or_what_repeats_it() -> None:
    itself = LinkDuplicate(principal=NUMBER, reason="同一")
    given(received()).when(itself, by="wu").then_refused(DuplicateOfItself, ("principal",))
    given(received(), LINKED).when(LINK, by="wu").then_refused(NotPossibleNow)
    given(received(), ADOPTED).when(LINK, by="wu").then_refused(NotPossibleNow)
    repeats_another = given(received(), LINKED, number="HY-2026-000003").petition
    with pytest.raises(DuplicateOfItself):
        LINK.execute_beside(repeats_another, given(received()).petition)


def test_a_voided_file_takes_no_link() -> None:
    with pytest.raises(WrongStage):
        LINK.execute_beside(given(received(), voided(), number=OTHER).petition, given(received()).petition)


def test_only_what_is_linked_is_unlinked() -> None:
    given(received()).when(UNLINK, by="wu").then_refused(NotPossibleNow)
    elsewhere = UnlinkDuplicate(principal="HY-2026-000009", reason="错误")
    given(received(), LINKED).when(elsewhere, by="wu").then_refused(Invalid, ("principal",))


# Restricting and erasing


def asked(by: str = "xu", petitioner: str | None = None, ground: ErasureGround = OVER) -> Step:
    return step(r.ErasureAsked(petitioner=petitioner, ground=ground, reason="本人申请"), by=by)


@pytest.mark.parametrize("target", [None, "p1"])
def test_erasing_takes_two_people(target: str | None) -> None:
    ask = AskErasure(petitioner=target, ground=OVER, reason="本人申请")
    file = given(in_closed()).when(ask, by="xu").then(r.ErasureAsked(petitioner=target, ground=OVER, reason="本人申请"))
    approve = ApproveErasure(petitioner=target)
    file.when(approve, by="xu").then_refused(TwoPeopleNeeded)
    file.when(approve, by="wu", standing_in=["xu"]).then(r.DataErased)
    taken = file.when(approve, by="li")
    after = taken.then(r.DataErased(petitioner=target, ground=OVER, asked_by="xu")).petition
    assert after.erased == {target}
    assert after.erasure_asked == {}
    assert forgets(taken.facts) == (target or "*",)


def test_a_stand_in_is_no_second_person() -> None:
    file = given(in_closed(), asked("wu").instead("xu"))
    for who in ("wu", "xu"):
        file.when(ApproveErasure(), by=who).then_refused(TwoPeopleNeeded)
    file.when(ApproveErasure(), by="sun", standing_in=["xu"]).then_refused(TwoPeopleNeeded)


def test_who_asked_for_one_may_approve_what_another_asked() -> None:
    both = (PERSON, v.Petitioner(id="p2", name="陆见秋"))
    file = given(received(petitioners=both), withdrawn(), asked("wu", "p1"), asked("xu", "p2"))
    file.when(ApproveErasure(petitioner="p2"), by="wu").then(r.DataErased)
    file.when(ApproveErasure(petitioner="p1"), by="wu").then_refused(TwoPeopleNeeded)


def test_one_persons_request_does_not_erase_the_matter_of_all() -> None:
    both = (PERSON, v.Petitioner(id="p2", name="陆见秋"))
    file = given(received(petitioners=both), withdrawn(), asked("xu", "p1"))
    file.when(ApproveErasure(petitioner=None), by="li").then_refused(Invalid, ("petitioner",))
    file.when(ApproveErasure(petitioner="p2"), by="li").then_refused(Invalid, ("petitioner",))
    file.when(ApproveErasure(petitioner="p1"), by="li").then(r.DataErased)


def test_who_was_corrected_away_can_still_be_erased() -> None:
    file = correct(given(received()), petitioners=[{"name": "陆见秋"}]).then(r.PetitionCorrected)
    file.when(AskErasure(petitioner="p1", ground=UNLAWFUL, reason="本人申请"), by="xu").then(r.ErasureAsked)
    file.when(AskErasure(petitioner="p3", ground=OVER, reason="本人申请"), by="xu").then_refused(
        Invalid, ("petitioner",)
    )


def test_an_open_file_is_only_restricted() -> None:
    file = given(in_handling(), asked("xu", "p1"))
    file.when(ApproveErasure(petitioner="p1"), by="li").then_refused(RetentionRuns)
    restrict = RestrictData(petitioner="p1", ground=OVER, reason="本人申请")
    after = file.when(restrict, by="wu").then(r.DataRestricted(petitioner="p1", ground=OVER, reason="本人申请"))
    assert after.petition.restricted == {"p1"}


def test_unless_it_was_processed_unlawfully() -> None:
    file = given(in_handling(), asked("xu", "p1", UNLAWFUL))
    file.when(ApproveErasure(petitioner="p1"), by="li").then(r.DataErased)


def test_a_closed_file_waits_for_its_retention() -> None:
    keeps = RulebookContent.from_toml(edited(("retention_days = 0", "retention_days = 30")))
    file = given(in_closed())
    for days, runs in ((29, True), (30, False)):
        world = context("li", now=file.now + timedelta(days=days))._replace(rulebook=keeps)
        if runs:
            with pytest.raises(RetentionRuns):
                check_retention(file.petition, world)
        else:
            check_retention(file.petition, world)


def test_what_is_gone_is_not_erased_again() -> None:
    gone = step(r.DataErased(petitioner=None, ground=OVER, asked_by="xu"), by="li")
    file = given(in_closed(), gone)
    for command in (
        AskErasure(ground=OVER, reason="再次"),
        AskErasure(petitioner="p1", ground=OVER, reason="再次"),
        RestrictData(petitioner="p1", ground=OVER, reason="再次"),
    ):
        file.when(command, by="xu").then_refused(NotPossibleNow)


def test_what_was_asked_for_one_waits_no_more_when_all_is_gone() -> None:
    gone = step(r.DataErased(petitioner=None, ground=OVER, asked_by="xu"), by="li")
    file = given(in_closed(), asked(petitioner="p1"), asked(), gone)
    file.when(ApproveErasure(petitioner="p1"), by="li").then_refused(NotPossibleNow)


def test_nothing_is_approved_that_nobody_asked_for() -> None:
    given(in_closed()).when(ApproveErasure(), by="li").then_refused(NotPossibleNow)


@pytest.mark.parametrize("who", ["chen", "sun", "zhao", "zhou"])
def test_erasing_is_not_everybodys(who: str) -> None:
    given(in_closed()).when(AskErasure(ground=OVER, reason="申请"), by=who).then_refused(WrongRole)


def test_the_case_stands_after_an_erasure() -> None:
    before = given(in_closed()).petition
    after = given(in_closed(), asked(), step(r.DataErased(ground=OVER, asked_by="xu"), by="li")).petition
    assert (after.stage, after.round, after.people_count, len(after.demands)) == (
        before.stage,
        before.round,
        before.people_count,
        len([LAMP]),
    )


def test_a_corrected_day_of_receipt_counts_anew_what_runs_from_it() -> None:
    file = given(received(), running(Clock.CONTACT))
    after = correct(file, received_at="2026-11-13T10:00:00").then(r.PetitionCorrected, r.DueDatesSet).petition
    assert after.due[Clock.CONTACT].start == date(2026, 11, 13)
    told = given(received(), accepted())
    correct(told, received_at="2026-11-13T10:00:00").then(r.PetitionCorrected)


def test_a_restriction_can_be_lifted() -> None:
    restrict = RestrictData(petitioner="p1", ground=OVER, reason="本人申请")
    file = given(received()).when(restrict, by="wu").then(r.DataRestricted)
    file.when(restrict, by="wu").then_refused(NotPossibleNow)
    file.when(LiftRestriction(reason="误操作"), by="wu").then_refused(Invalid, loc=("petitioner",))
    lifted = file.when(LiftRestriction(petitioner="p1", reason="误操作"), by="wu").then(r.RestrictionLifted)
    assert not lifted.petition.restricted
    lifted.when(LiftRestriction(petitioner="p1", reason="误操作"), by="wu").then_refused(NotPossibleNow)


def test_as_many_people_as_are_named() -> None:
    people = [{"name": "甘棠黎"}, {"name": "云外山"}]
    correct(given(received()), petitioners=people, people_count=1).then_refused(Invalid, loc=("people_count",))


def test_who_handles_the_file_must_leave_it_before_it_is_accused() -> None:
    file = given(in_handling())
    correct(file, against=["MS"]).then_refused(Invalid, loc=("against",))
    correct(file, against=["HW"]).then(r.PetitionCorrected)
