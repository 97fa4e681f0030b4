"""跟踪监督: follow-up by somebody else; reminders and orders; review and re-review."""

from datetime import timedelta

import pytest

from domain.errors import Invalid, NotPossibleNow, NotYourUnit, TwoPeopleNeeded, UnknownCode, WrongRole, WrongStage
from domain.petition.command import PetitionCommand
from domain.petition.events import receiving as r
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.petition.stages import Stage
from domain.petition.supervising import DemandFollowUpForm, FollowUp, MissFollowUp, ScriptAnswerForm
from domain.petition.supervising_orders import (
    AnswerReminder,
    AnswerSupervision,
    EndSupervision,
    OrderSupervision,
    SendReminder,
)
from domain.rulebook import RulebookContent
from domain.vocabulary import (
    Clock,
    ContactMethod,
    OrderLevel,
    Respondent,
    Satisfaction,
    Solved,
)
from tests.domain.rulebook_sample import edited
from tests.happened import (
    BENCH,
    LAMP,
    accepted,
    assigned,
    in_closed,
    in_handling,
    in_publishing,
    in_recollecting,
    in_supervising,
    missed,
    ordered,
    published,
    received,
    reminded,
    reopened,
    replied,
    reported,
    running,
    signed,
)
from tests.scenario import MONDAY, Steps, context, given

HAPPY = FollowUp(solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED)
LONG_ENOUGH = timedelta(hours=5)
"""More than lies between two attempts by the sample rulebook."""
PLACE = FollowUp(respondent=Respondent.PLACE, solved=Solved.SOLVED, satisfaction=Satisfaction.FAIRLY)


def anonymous() -> list[Steps]:
    return [in_handling(received(petitioners=())), reported(), replied(), published()]


# Follow-up


def test_the_resident_says_whether_it_is_solved() -> None:
    file = given(in_supervising(), running(Clock.FOLLOW_UP))
    after = file.when(HAPPY, by="zhao").then(
        s.FollowedUp(
            respondent=Respondent.PETITIONER,
            method=ContactMethod.PHONE,
            solved=Solved.SOLVED,
            satisfaction=Satisfaction.SATISFIED,
        )
    )
    assert after.petition.stage is Stage.RECOLLECTING
    assert Clock.FOLLOW_UP not in after.petition.due


@pytest.mark.parametrize("command", [HAPPY, MissFollowUp()], ids=lambda one: one.title)
def test_nobody_follows_up_their_own_work(command: PetitionCommand) -> None:
    own: list[Steps] = [received(), accepted(), assigned(), signed(by="bai"), reported(), replied(), published()]
    file = given(*own)
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="gu", standing_in=["bai"]).then_refused(TwoPeopleNeeded)
    file.when(command, by="chen", standing_in=["zhao"]).then_refused(TwoPeopleNeeded)
    file.when(command, by="li", standing_in=["zhao"]).then_refused(TwoPeopleNeeded)
    file.when(command, by="zhao").then(command.event)


def test_not_before_it_was_published_or_waived() -> None:
    for steps in (in_handling(), in_publishing()):
        given(*steps).when(HAPPY, by="zhao").then_refused(WrongStage)


def test_every_demand_is_followed_up_by_its_id() -> None:
    both: list[Steps] = [in_handling(received(demands=(LAMP, BENCH))), reported("d1", "d2"), replied(), published()]
    file = given(*both)
    forms = (
        DemandFollowUpForm(demand="d1", solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED),
        DemandFollowUpForm(demand="d2", solved=Solved.UNSOLVED),
    )
    partly = FollowUp(solved=Solved.PARTLY, satisfaction=Satisfaction.FAIRLY, demands=forms)
    (fact,) = file.when(partly, by="zhao").facts
    assert isinstance(fact, s.FollowedUp)
    assert fact.demands == (
        v.DemandFollowUp(demand="d1", solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED),
        v.DemandFollowUp(demand="d2", solved=Solved.UNSOLVED, satisfaction=Satisfaction.NO_OPINION),
    )
    rosy = FollowUp(solved=Solved.SOLVED, satisfaction=Satisfaction.SATISFIED, demands=forms)
    file.when(rosy, by="zhao").then_refused(Invalid, ("solved",))
    odd = FollowUp(
        solved=Solved.PARTLY,
        satisfaction=Satisfaction.FAIRLY,
        demands=(DemandFollowUpForm(demand="d9", solved=Solved.SOLVED),),
    )
    file.when(odd, by="zhao").then_refused(Invalid, ("demands", 0, "demand"))


def test_an_attempt_that_reached_nobody_is_never_a_follow_up() -> None:
    file = given(in_supervising(), missed(1))
    again = file.when(MissFollowUp(), by="zhao", at=file.now + LONG_ENOUGH)
    after = again.then(s.FollowUpMissed(method=ContactMethod.PHONE, attempt=2)).petition
    assert (after.stage, after.current.follow_up_solved) == (Stage.SUPERVISING, None)


def test_calling_three_times_in_a_row_is_trying_once() -> None:
    """The sample rulebook: four hours between two attempts."""
    file = given(in_supervising(), missed(1))
    last = file.petition.current.missed_at
    assert last is not None
    for hours, counts in ((0, False), (3.9, False), (4, True), (30, True)):
        tried = file.when(MissFollowUp(), by="zhao", at=last + timedelta(hours=hours))
        if counts:
            tried.then(s.FollowUpMissed)
        else:
            assert "4" in tried.then_refused(NotPossibleNow).text("zh")
    assert not file.offers(MissFollowUp, "zhao")
    late = file.when(MissFollowUp(occurred_at=last + timedelta(hours=1)), by="zhao", at=last + timedelta(hours=9))
    late.then_refused(NotPossibleNow)
    both = file.when(MissFollowUp(occurred_at=last + timedelta(hours=5)), by="zhao", at=last + timedelta(hours=9))
    both.then(s.FollowUpMissed)


def test_a_new_round_tries_anew() -> None:
    file = given(in_recollecting(), missed(2), reopened())
    assert (file.petition.current.attempts_missed, file.petition.current.missed_at) == (0, None)


def answers(**given_: str) -> tuple[ScriptAnswerForm, ...]:
    return tuple(ScriptAnswerForm(question=code, answer=answer) for code, answer in given_.items())


def test_the_answers_to_the_script_stand_with_the_words_that_were_asked() -> None:
    command = HAPPY.model_copy(update={"answers": answers(CAME="上过门", MORE="甘棠梨说都好")})
    (fact,) = given(in_supervising()).when(command, by="zhao").facts
    assert isinstance(fact, s.FollowedUp)
    assert fact.answers == (
        v.ScriptAnswer(question="CAME", asked="工作人员是否与您联系或上门", answer="上过门"),
        v.ScriptAnswer(question="MORE", asked="还有什么没有解决，或别的意见", answer="⟦p1.name⟧说都好"),
    )


@pytest.mark.parametrize(
    ("forms", "loc"),
    [
        (answers(CLEAR="清楚"), ("answers", 0, "question")),
        (answers(MORE="好") + answers(MORE="好"), ("answers", 1, "question")),
        (answers(CAME="不知道"), ("answers", 0, "answer")),
    ],
)
def test_only_questions_of_the_script_are_answered_and_only_by_its_choices(
    forms: tuple[ScriptAnswerForm, ...], loc: tuple[str | int, ...]
) -> None:
    command = HAPPY.model_copy(update={"answers": forms})
    given(in_supervising()).when(command, by="zhao").then_refused(Invalid, loc)


def test_what_the_script_must_ask_is_asked() -> None:
    toml = edited(('code = "CAME", text', 'code = "CAME", required = true, text'))
    file = given(in_supervising())
    world = context("zhao", now=file.now)._replace(rulebook=RulebookContent.from_toml(toml))
    with pytest.raises(Invalid) as refused:
        HAPPY.execute(file.petition, world)
    assert "工作人员是否与您联系或上门" in refused.value.text("zh")
    HAPPY.model_copy(update={"answers": answers(CAME="没有")}).execute(file.petition, world)


def test_the_place_is_asked_after_enough_attempts() -> None:
    """The sample rulebook: three."""
    for tries in (0, 1, 2):
        given(in_supervising(), missed(tries)).when(PLACE, by="zhao").then_refused(Invalid, ("respondent",))
    tried = given(in_supervising(), missed(3))
    tried.when(PLACE, by="zhao").then(s.FollowedUp)
    tried.when(MissFollowUp(), by="zhao").then_refused(NotPossibleNow)
    tried.when(HAPPY, by="zhao").then(s.FollowedUp)


def test_for_an_anonymous_petition_the_place_is_asked_at_once() -> None:
    file = given(*anonymous())
    file.when(PLACE, by="zhao").then(s.FollowedUp)
    file.when(HAPPY, by="zhao").then_refused(Invalid, ("respondent",))
    file.when(MissFollowUp(), by="zhao").then_refused(NotPossibleNow)


def test_who_is_not_reached_again_is_replaced_by_the_place_too() -> None:
    file = given(in_recollecting(), missed(2))
    after = file.when(MissFollowUp(), by="zhao", at=file.now + LONG_ENOUGH).then(s.FollowUpMissed)
    assert (after.petition.stage, after.petition.current.attempts_missed) == (Stage.RECOLLECTING, 3)


# Reminders and orders


@pytest.mark.parametrize("who", ["wu", "zhou", "system"])
def test_a_unit_is_reminded(who: str) -> None:
    file = given(in_handling(), reminded("r1"))
    after = file.when(SendReminder(reason="请抓紧"), by=who)
    after.then(s.ReminderSent(id="r2", unit="MS", reason="请抓紧"))


def test_only_a_unit_on_the_file_is_reminded_or_ordered() -> None:
    file = given(in_handling())
    deadline = MONDAY + timedelta(days=3)
    for unit, error in (("WY", Invalid), ("XX", UnknownCode)):
        file.when(SendReminder(unit=unit, reason="请抓紧"), by="wu").then_refused(error, ("unit",))
        order = OrderSupervision(unit=unit, deadline=deadline, demand="限期")
        file.when(order, by="zhou").then_refused(error, ("unit",))
    given(received()).when(SendReminder(reason="请抓紧"), by="wu").then_refused(Invalid, ("unit",))


def test_the_unit_answers_the_reminder_once() -> None:
    file = given(in_handling(), reminded())
    answer = AnswerReminder(id="r1", text="已安排")
    after = file.when(answer, by="chen").then(s.ReminderAnswered(id="r1", text="已安排"))
    after.when(answer, by="chen").then_refused(NotPossibleNow)
    file.when(AnswerReminder(id="r9", text="已安排"), by="chen").then_refused(Invalid, ("id",))
    given(in_handling()).when(answer, by="chen").then_refused(NotPossibleNow)


def test_another_units_reminder_is_not_answered() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), reminded("r1", "WY"))
    file.when(AnswerReminder(id="r1", text="已安排"), by="chen").then_refused(NotPossibleNow)
    both = given(received(), accepted(), assigned("MS", "WY"), reminded("r1", "WY"), reminded("r2", "MS"))
    both.when(AnswerReminder(id="r1", text="已安排"), by="chen").then_refused(Invalid, ("id",))
    file.when(AnswerReminder(id="r1", text="已安排"), by="gu").then(s.ReminderAnswered)
    given(in_handling(), reminded()).when(AnswerReminder(id="r1", text="已安排"), by="gu").then_refused(NotYourUnit)


@pytest.mark.parametrize("level", OrderLevel)
def test_the_committee_orders_with_a_deadline(level: OrderLevel) -> None:
    file = given(in_handling())
    deadline = MONDAY + timedelta(days=3)
    taken = file.when(OrderSupervision(level=level, deadline=deadline, demand="限期办结"), by="zhou")
    after = taken.then(
        s.SupervisionOrdered(id="o1", unit="MS", level=level, deadline=deadline, demand="限期办结"), r.DueDatesSet
    ).petition
    assert after.due["order:o1"].due == deadline
    assert after.orders["o1"].level is level


@pytest.mark.parametrize("steps", [in_handling(), in_publishing(), in_supervising(), in_recollecting()])
def test_orders_run_beside_every_stage_of_the_loop(steps: list[Steps]) -> None:
    order = OrderSupervision(deadline=MONDAY + timedelta(days=3), demand="限期")
    given(*steps).when(order, by="zhou").then(s.SupervisionOrdered, r.DueDatesSet)
    given(*steps).when(order, by="wu").then_refused(WrongRole)


def test_a_deadline_lies_ahead_and_the_file_is_open() -> None:
    late = OrderSupervision(deadline=MONDAY, demand="限期")
    given(in_handling()).when(late, by="zhou").then_refused(Invalid, ("deadline",))
    order = OrderSupervision(deadline=MONDAY + timedelta(days=3), demand="限期")
    given(in_closed()).when(order, by="zhou").then_refused(WrongStage)


def test_the_unit_answers_and_the_committee_ends_it() -> None:
    file = given(in_handling(), ordered(), running(Clock.ORDER, by="zhou"))
    answer = AnswerSupervision(id="o1", text="已整改")
    answered = file.when(answer, by="li").then(s.SupervisionAnswered(id="o1", text="已整改"))
    assert "order:o1" not in answered.petition.due
    answered.when(answer, by="li").then_refused(NotPossibleNow)
    ended = answered.when(EndSupervision(id="o1", text="同意"), by="zhou").then(
        s.SupervisionEnded(id="o1", text="同意")
    )
    ended.when(EndSupervision(id="o1"), by="zhou").then_refused(NotPossibleNow)
    file.when(EndSupervision(id="o9"), by="zhou").then_refused(Invalid, ("id",))
    file.when(AnswerSupervision(id="o9", text="已整改"), by="chen").then_refused(Invalid, ("id",))
    file.when(EndSupervision(id="o1"), by="li").then_refused(WrongRole)


def test_a_lifted_order_is_not_overdue() -> None:
    file = given(in_handling(), ordered(), running(Clock.ORDER, by="zhou"))
    lifted = file.when(EndSupervision(id="o1", text="误下"), by="zhou").then(s.SupervisionEnded)
    assert "order:o1" not in lifted.petition.due


def test_an_order_without_an_answer_is_ended_only_with_a_reason() -> None:
    file = given(in_handling(), ordered())
    file.when(EndSupervision(id="o1"), by="zhou").then_refused(Invalid, ("text",))
    answered = file.when(AnswerSupervision(id="o1", text="已整改"), by="chen").then(s.SupervisionAnswered)
    answered.when(EndSupervision(id="o1"), by="zhou").then(s.SupervisionEnded(id="o1"))


def test_without_a_deadline_an_order_runs_as_the_rulebook_says() -> None:
    taken = given(in_handling()).when(OrderSupervision(demand="限期办结"), by="zhou")
    ordered, clock = taken.facts
    assert isinstance(ordered, s.SupervisionOrdered)
    assert isinstance(clock, r.DueDatesSet)
    assert (ordered.deadline, clock.due[0].rule) == (clock.due[0].due, "街道督办规定（督办单另定期限的从其规定）")
