"""民情再收集: settled closes and archives; not settled sends the same file round again, and nobody can block that."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain.errors import Invalid, NotPossibleNow, TwoPeopleNeeded, WrongRole, WrongStage
from domain.kernel import Actor
from domain.petition.commands import STEPS
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.handling import AssignPetition
from domain.petition.intake import ReceivePetition
from domain.petition.recollecting import MOST_OPINIONS, GiveOpinion, Recollect
from domain.petition.stages import Stage
from domain.vocabulary import Channel, Clock, ContactMethod, Nature, Respondent, Role, Satisfaction, Solved
from tests.happened import (
    accepted,
    assigned,
    closed,
    followed_up,
    in_closed,
    in_handling,
    in_publishing,
    in_recollecting,
    in_supervising,
    missed,
    published,
    received,
    reopened,
    replied,
    reported,
    signed,
    step,
    waived,
)
from tests.scenario import NUMBER, Steps, given

SETTLED = Recollect(settled=True)
NOT_SETTLED = Recollect(settled=False, text="又坏了")


def test_what_is_settled_is_closed_and_archived() -> None:
    file = given(in_recollecting())
    after = file.when(Recollect(settled=True, summary="已修复"), by="zhao").then(
        c.OpinionGathered(respondent=Respondent.PETITIONER, method=ContactMethod.PHONE, settled=True),
        c.PetitionClosed(summary="已修复"),
        c.FileArchived(archive_number=f"{NUMBER}-R1"),
    )
    assert (after.petition.stage, after.petition.archive_number) == (Stage.CLOSED, f"{NUMBER}-R1")
    assert after.petition.ended_at == file.now


@pytest.mark.parametrize("steps", [in_handling(), in_publishing(), in_supervising()], ids=["2", "3", "4"])
def test_nothing_is_closed_before_it_was_published_and_followed_up(steps: list[Steps]) -> None:
    given(*steps).when(SETTLED, by="zhao").then_refused(WrongStage)


def test_a_waiver_stands_for_the_publication() -> None:
    file = given(in_publishing(), waived(), followed_up())
    file.when(SETTLED, by="zhao").then(c.OpinionGathered, c.PetitionClosed, c.FileArchived)


def test_what_is_not_settled_goes_round_again_under_its_number() -> None:
    file = given(in_recollecting())
    after = file.when(NOT_SETTLED, by="zhao").then(
        c.OpinionGathered, c.PetitionReopened(round=2, reason="又坏了"), r.DueDatesSet
    )
    petition = after.petition
    assert (petition.number, petition.stage, petition.round) == (NUMBER, Stage.HANDLING, 2)
    assert (petition.publication, petition.waived, petition.current.reply) == (None, False, None)
    assert len(petition.rounds) == 2
    assert petition.rounds[0].follow_up_solved == Solved.SOLVED


def test_a_round_after_the_first_is_handled_in_three_working_days() -> None:
    facts = given(in_recollecting()).when(NOT_SETTLED, by="zhao").facts
    clocks = facts[2]
    assert isinstance(clocks, r.DueDatesSet)
    assert [(due.clock, due.days, due.working, due.due) for due in clocks.due] == [
        (Clock.HANDLE, 3, True, date(2026, 11, 19))
    ]


def test_on_the_xinfang_track_it_has_sixty_days_again() -> None:
    file = given(
        in_handling(received(Channel.LETTER_VISIT)), reported(), replied(), published(), followed_up(Solved.UNSOLVED)
    )
    clocks = file.when(NOT_SETTLED, by="zhao").facts[2]
    assert isinstance(clocks, r.DueDatesSet)
    assert [due.days for due in clocks.due] == [60]


def test_the_second_round_is_published_and_followed_up_again_before_it_closes() -> None:
    again: list[Steps] = [in_recollecting(), reopened(), reported(), replied()]
    given(*again).when(SETTLED, by="zhao").then_refused(WrongStage)
    whole = given(*again, waived(), followed_up())
    after = whole.when(SETTLED, by="zhao").then(
        c.OpinionGathered, c.PetitionClosed, c.FileArchived(archive_number=f"{NUMBER}-R2")
    )
    assert after.petition.round == 2


def test_a_closed_file_is_reopened_the_same_way() -> None:
    after = given(in_closed()).when(NOT_SETTLED, by="wu").then(c.OpinionGathered, c.PetitionReopened, r.DueDatesSet)
    assert (after.petition.ended_at, after.petition.archive_number) == (None, None)
    after.when(AssignPetition(lead="WY"), by="wu").then(h.Assigned, r.DueDatesSet)


def test_a_closed_file_that_is_still_settled_stays_closed() -> None:
    after = given(in_closed()).when(SETTLED, by="zhao").then(c.OpinionGathered).petition
    assert (after.stage, after.round) == (Stage.CLOSED, 1)


def test_something_new_is_on_record_and_becomes_a_petition_that_names_this_one() -> None:
    new = Recollect(settled=True, new_matter="长椅坏了")
    opinion = given(in_recollecting()).when(new, by="zhao").facts[0]
    assert isinstance(opinion, c.OpinionGathered)
    assert opinion.new_matter == "长椅坏了"
    arising = ReceivePetition.model_validate(
        {"channel": "officer", "nature": "help", "title": "长椅", "content": "长椅坏了", "arises_from": NUMBER}
    )
    after = given(number="HY-2026-000002").when(arising, by="wu").then(r.PetitionReceived, r.DueDatesSet)
    assert after.petition.arises_from == NUMBER


def test_nobody_says_of_their_own_work_that_it_is_settled() -> None:
    work: list[Steps] = [
        received(),
        accepted(),
        assigned(),
        signed(by="bai"),
        reported(),
        replied(),
        published(),
        followed_up(),
    ]
    for command in (SETTLED, NOT_SETTLED):
        given(*work).when(command, by="bai").then_refused(TwoPeopleNeeded)
        given(*work).when(command, by="chen", standing_in=["zhao"]).then_refused(TwoPeopleNeeded)
        given(*work).when(command, by="gu", standing_in=["bai"]).then_refused(TwoPeopleNeeded)


def test_who_worked_in_an_earlier_round_does_not_say_so_either() -> None:
    first: list[Steps] = [
        received(),
        accepted(),
        assigned(),
        signed(by="bai"),
        reported(),
        replied(),
        published(),
        followed_up(),
    ]
    later: list[Steps] = [reopened(), assigned("WY"), signed("WY", by="gu"), reported(unit="WY", by="gu"), replied()]
    file = given(*first, later, published(), followed_up())
    file.when(SETTLED, by="bai").then_refused(TwoPeopleNeeded)


@pytest.mark.parametrize("who", ["chen", "li", "sun", "zhou", "feng"])
def test_it_is_asked_by_callers_and_intake(who: str) -> None:
    """Another handler of no part in it may not either: the role is missing."""
    given(in_recollecting()).when(SETTLED, by=who).then_refused(WrongRole)


def test_reasons_are_told_where_they_matter() -> None:
    given(in_recollecting()).when(Recollect(settled=False), by="zhao").then_refused(Invalid, ("text",))
    unsolved = given(in_supervising(), followed_up(Solved.UNSOLVED))
    unsolved.when(SETTLED, by="zhao").then_refused(Invalid, ("text",))
    unsolved.when(Recollect(settled=True, text="后来修好了"), by="zhao").then(
        c.OpinionGathered, c.PetitionClosed, c.FileArchived
    )
    with pytest.raises(ValidationError):
        Recollect.model_validate({})


def test_the_place_is_asked_where_the_petitioner_is_anonymous_or_was_not_reached() -> None:
    place = Recollect(respondent=Respondent.PLACE, settled=True)
    given(in_recollecting()).when(place, by="zhao").then_refused(Invalid, ("respondent",))
    tried = given(in_recollecting(), missed(3))
    tried.when(place, by="zhao").then(c.OpinionGathered, c.PetitionClosed, c.FileArchived)
    nobody: list[Steps] = [in_handling(received(petitioners=())), reported(), replied(), published(), followed_up()]
    given(*nobody).when(SETTLED, by="zhao").then_refused(Invalid, ("respondent",))
    given(*nobody).when(place, by="zhao").then(c.OpinionGathered, c.PetitionClosed, c.FileArchived)


def test_not_settled_is_heard_from_whoever_says_it() -> None:
    """Reopening waits for no number of attempts."""
    for respondent in Respondent:
        taken = given(in_recollecting()).when(
            Recollect(respondent=respondent, settled=False, text="仍未解决"), by="zhao"
        )
        assert c.PetitionReopened in map(type, taken.facts)


def test_a_file_goes_round_as_often_as_it_takes() -> None:
    steps: list[Steps] = [in_recollecting()]
    for number in range(2, 6):
        steps += [reopened(number), reported(), replied(), published(), followed_up()]
    file = given(*steps, closed())
    assert (file.petition.round, len(file.petition.rounds)) == (5, 5)
    assert [one.replied_at is not None for one in file.petition.rounds] == [True] * 5


UNSOLVED = GiveOpinion(solved=Solved.UNSOLVED, text="还是漏水")


@pytest.mark.parametrize(
    "steps", [in_publishing(), in_supervising(), in_recollecting(), in_closed()], ids=["3", "4", "5", "closed"]
)
def test_a_resident_says_that_it_is_not_solved_and_nothing_moves(steps: list[Steps]) -> None:
    before = given(*steps)
    after = before.when(UNSOLVED, by="resident").then(c.ResidentSpoke(solved=Solved.UNSOLVED, text="还是漏水"))
    assert (after.petition.stage, after.petition.round) == (before.petition.stage, before.petition.round)
    assert after.recorded[-1].actor == Actor(id="resident", role=Role.RESIDENT)


def test_what_the_resident_calls_unsolved_is_settled_only_with_words_for_it() -> None:
    after = given(in_recollecting()).when(UNSOLVED, by="resident").then(c.ResidentSpoke)
    after.when(SETTLED, by="zhao").then_refused(Invalid, ("text",))
    said = Recollect(settled=True, text="已现场核实，当事人确认修复")
    after.when(said, by="zhao").then(c.OpinionGathered, c.PetitionClosed, c.FileArchived)
    content = after.when(GiveOpinion(solved=Solved.SOLVED), by="resident").then(c.ResidentSpoke)
    content.when(SETTLED, by="zhao").then(c.OpinionGathered, c.PetitionClosed, c.FileArchived)


def test_a_closed_file_goes_round_again_once_a_caller_has_heard_the_resident() -> None:
    after = given(in_closed()).when(UNSOLVED, by="resident").then(c.ResidentSpoke)
    again = after.when(NOT_SETTLED, by="zhao").then(c.OpinionGathered, c.PetitionReopened, r.DueDatesSet)
    assert not again.petition.current.unsolved


def test_before_a_reply_a_resident_writes_but_does_not_rate() -> None:
    file = given(*in_handling())
    file.when(GiveOpinion(text="补充：晚上更严重"), by="resident").then(c.ResidentSpoke)
    for early in (UNSOLVED, GiveOpinion(satisfaction=Satisfaction.SATISFIED)):
        file.when(early, by="resident").then_refused(Invalid, ("solved",))
    file.when(GiveOpinion(), by="resident").then_refused(Invalid, ("text",))


def test_residents_are_heard_so_often_and_not_without_end() -> None:
    file = given(in_closed(), [step(c.ResidentSpoke(text="在吗"), by="resident")] * MOST_OPINIONS)
    file.when(UNSOLVED, by="resident").then_refused(NotPossibleNow)


@pytest.mark.parametrize("who", ["wu", "chen", "zhao", "zhou", "feng", "bai", "system"])
def test_nobody_speaks_for_the_resident(who: str) -> None:
    given(in_closed()).when(UNSOLVED, by=who).then_refused(WrongRole)


def test_a_resident_takes_no_other_step() -> None:
    for name, kind in STEPS.items():
        if kind is not GiveOpinion:
            assert not given(in_recollecting()).offers(kind, "resident"), name


def test_residents_send_through_the_web_channel_only() -> None:
    def sent(channel: Channel) -> ReceivePetition:
        return ReceivePetition(channel=channel, nature=Nature.HELP, title="路灯不亮", content="修一下")

    given().when(sent(Channel.WEB), by="resident").then(r.PetitionReceived)
    given().when(sent(Channel.WINDOW), by="resident").then_refused(Invalid, ("channel",))
