"""民情办理 with others: co-units report to the lead unit, which answers for all; superior bodies are waited for."""

import pytest

from domain.errors import DemandUnanswered, Invalid, NotPossibleNow, NotYourUnit
from domain.petition.events import handling as h
from domain.petition.events.values import DemandAnswer
from domain.petition.handling_reply import DraftReply, ReportOutcome
from domain.petition.handling_together import AnswerForm, EscalateUpward, RecordSuperiorAnswer, ReportToLead
from domain.vocabulary import OutcomeKind
from tests.happened import (
    BENCH,
    LAMP,
    accepted,
    assigned,
    closed,
    escalated,
    in_handling,
    in_recollecting,
    received,
    reopened,
    signed,
    step,
    suspended,
)
from tests.scenario import Given, Steps, given

OURS = DemandAnswer(demand="d1", outcome=OutcomeKind.RESOLVED, text="已修好", unit="MS")
THEIRS = DemandAnswer(demand="d2", outcome=OutcomeKind.EXPLAINED, text="已列入计划", unit="WY")


def form(answer: DemandAnswer) -> AnswerForm:
    return AnswerForm.model_validate(answer.model_dump(exclude={"unit"}))


def shared(*more: Steps) -> Given:
    """MS leads and answers d1, WY helps and answers d2; both have signed."""
    split = assigned("MS", "WY", demands={"d1": "MS", "d2": "WY"})
    return given(received(demands=(LAMP, BENCH)), accepted(), split, signed(), signed("WY", by="gu"), *more)


REPORTED = step(h.CoUnitReported(unit="WY", text="已查看", answers=(THEIRS,)), by="gu")


def test_a_co_unit_reports_to_the_lead_with_an_answer_for_each_demand_of_its_own() -> None:
    taken = shared().when(ReportToLead(text="已查看", answers=(form(THEIRS),)), by="gu")
    after = taken.then(h.CoUnitReported(unit="WY", text="已查看", answers=(THEIRS,))).petition
    assert after.current.co_reports == {"WY"}
    assert "gu" in after.worked
    assert after.current.answers == ()


@pytest.mark.parametrize(
    ("answers", "error", "loc"),
    [
        ((), DemandUnanswered, ("answers",)),
        ((OURS,), Invalid, ("answers", 0, "demand")),
        ((THEIRS, THEIRS), Invalid, ("answers", 1, "demand")),
    ],
)
def test_it_answers_its_own_demands_and_no_others(answers, error, loc) -> None:
    shared().when(ReportToLead(text="已查看", answers=tuple(map(form, answers))), by="gu").then_refused(error, loc)


def test_a_co_unit_without_a_demand_of_its_own_reports_in_words() -> None:
    file = given(received(), accepted(), assigned("MS", "WY"), signed(), signed("WY", by="gu"))
    file.when(ReportToLead(text="已配合"), by="gu").then(h.CoUnitReported(unit="WY", text="已配合"))


def test_only_a_co_unit_that_has_signed_reports_to_the_lead() -> None:
    report = ReportToLead(text="已查看", answers=(form(THEIRS),))
    shared().when(report, by="chen").then_refused(NotPossibleNow)
    shared().when(report, by="mei").then_refused(NotYourUnit)
    shared(suspended()).when(report, by="gu").then_refused(NotPossibleNow)
    unsigned = given(received(), accepted(), assigned("MS", "WY"), signed())
    unsigned.when(ReportToLead(text="已查看"), by="gu").then_refused(NotPossibleNow)


def test_the_outcome_takes_each_demand_as_its_unit_answered_it() -> None:
    taken = shared(REPORTED).when(ReportOutcome(answers=(form(OURS),)), by="chen")
    taken.then(h.OutcomeReported(unit="MS", answers=(OURS, THEIRS)))


def test_the_lead_is_responsible_and_may_answer_for_another_by_itself() -> None:
    own = THEIRS.model_copy(update={"text": "经核实另行处理", "unit": "MS"})
    taken = shared(REPORTED).when(ReportOutcome(answers=(form(OURS), form(own))), by="chen")
    taken.then(h.OutcomeReported(unit="MS", answers=(OURS, own)))


def test_the_lead_waits_for_co_units_or_says_why_not() -> None:
    own = THEIRS.model_copy(update={"unit": "MS"})
    answers = (form(OURS), form(own))
    shared().when(ReportOutcome(answers=answers), by="chen").then_refused(Invalid, ("without_because",))
    shared().when(ReportOutcome(answers=answers, without_because="协办单位逾期未反馈"), by="chen").then(
        h.OutcomeReported(unit="MS", answers=(OURS, own), without=("WY",), without_because="协办单位逾期未反馈")
    )
    shared().when(ReportOutcome(answers=answers[:1], without_because="急"), by="chen").then_refused(DemandUnanswered)
    needless = shared(REPORTED).when(ReportOutcome(answers=answers[:1], without_because="不必"), by="chen")
    needless.then(h.OutcomeReported(unit="MS", answers=(OURS, THEIRS)))


def test_a_co_unit_that_left_has_reported_nothing() -> None:
    file = shared(REPORTED, assigned("MS"))
    assert (file.petition.current.co_reports, file.petition.current.co_answers) == (set(), {})
    file.when(ReportOutcome(answers=(form(OURS),)), by="chen").then_refused(DemandUnanswered)


def test_in_the_next_round_it_reports_anew() -> None:
    file = given(in_recollecting(), reopened(), assigned("MS", "WY"), signed("WY", by="gu"))
    assert file.petition.current.co_reports == set()
    file.when(ReportToLead(text="复查"), by="gu").then(h.CoUnitReported)
    file.when(DraftReply(text="答复"), by="chen").then_refused(NotPossibleNow)


# Upward


def test_what_exceeds_the_street_goes_to_a_superior_body_and_comes_back_answered() -> None:
    file = given(in_handling())
    sent = file.when(EscalateUpward(body="QZJ", reason="超出权限"), by="chen").then(
        h.EscalatedUpward(body="QZJ", reason="超出权限")
    )
    sent.when(EscalateUpward(body="QZJ", reason="再次"), by="chen").then_refused(Invalid, ("body",))
    sent.when(RecordSuperiorAnswer(body="QMZ", text="同意"), by="chen").then_refused(Invalid, ("body",))
    back = sent.when(RecordSuperiorAnswer(body="QZJ", text="同意"), by="wu")
    assert back.then(h.SuperiorAnswered(body="QZJ", text="同意")).petition.escalated_to == frozenset()
    file.when(RecordSuperiorAnswer(body="QZJ", text="同意"), by="wu").then_refused(NotPossibleNow)


@pytest.mark.parametrize("body", ["XX", "QFY"])
def test_upward_means_upward(body: str) -> None:
    """A court is a body outside the office, not one above it."""
    command = EscalateUpward(body=body, reason="超出权限")
    given(in_handling()).when(command, by="chen").then_refused(Invalid, ("body",))


def test_it_is_waited_for_until_it_is_answered_also_after_the_file_was_closed() -> None:
    file = given(in_handling(), escalated("QZJ"), escalated("QMZ"))
    assert [(one.body, one.answered_at) for one in file.petition.escalations] == [("QZJ", None), ("QMZ", None)]
    late = given(in_recollecting(escalated("QZJ")), closed())
    assert late.petition.escalated_to == {"QZJ"}
    after = late.when(RecordSuperiorAnswer(body="QZJ", text="同意"), by="wu").then(h.SuperiorAnswered).petition
    assert after.escalated_to == frozenset()
    assert after.escalations[0].answered_at is not None
