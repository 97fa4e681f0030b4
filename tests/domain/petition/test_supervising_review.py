"""跟踪监督, the review chain: 复查 and 复核, within 30 days each, hearings not counted (L1 35, 36)."""

from datetime import date, timedelta

import pytest

from domain.errors import Invalid, NotPossibleNow, NotYourUnit, TwoPeopleNeeded, WrongRole, WrongStage
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.handling import NoteProgress
from domain.petition.receiving import RefuseFurther
from domain.petition.stages import Stage
from domain.petition.supervising_review import AskReview, DecideReview, HoldHearing
from domain.vocabulary import Channel, Clock, Delivery, ReviewKind, ReviewVerdict, Track
from tests.happened import (
    accepted,
    assigned,
    closed,
    followed_up,
    in_handling,
    published,
    received,
    reopened,
    replied,
    reported,
    review_asked,
    review_decided,
    running,
    signed,
    withdrawn,
)
from tests.scenario import MONDAY, Given, Steps, given, shanghai

REVIEW, RE_REVIEW = ReviewKind.REVIEW, ReviewKind.RE_REVIEW
ASK = AskReview(kind=REVIEW, body="澄湖区人民政府", reason="不服答复意见")
ASK_AGAIN = AskReview(kind=RE_REVIEW, body="市人民政府", reason="不服复查意见")

ANSWERED: list[Steps] = [
    in_handling(received(Channel.LETTER_VISIT)),
    reported(),
    replied(),
    running(Clock.REVIEW_ASK, track=Track.XINFANG),
]
"""On the 信访 track, the reply delivered on 2026-11-16: a review may be asked until 2026-12-16."""


def decide(kind: ReviewKind = REVIEW, verdict: ReviewVerdict = ReviewVerdict.UPHELD) -> DecideReview:
    return DecideReview(kind=kind, verdict=verdict, text="复查意见", delivery=Delivery.POST)


def hearing(first: date, last: date) -> HoldHearing:
    return HoldHearing(kind=REVIEW, first_day=first, last_day=last)


def asked() -> Given:
    """A review was asked, to be decided by 2026-12-16."""
    return given(*ANSWERED, review_asked(), running(Clock.REVIEW, track=Track.XINFANG))


# Asked


def test_only_somebody_can_ask_for_a_review() -> None:
    nobody: list[Steps] = [in_handling(received(Channel.LETTER_VISIT, petitioners=())), reported(), replied()]
    given(*nobody).when(ASK, by="wu").then_refused(NotPossibleNow)


@pytest.mark.parametrize("verdict", ReviewVerdict)
def test_only_a_re_review_that_stands_concludes_a_matter(verdict: ReviewVerdict) -> None:
    """L1 36: the same facts and grounds are no longer accepted, unless the reply was revoked."""
    chain = [review_asked(), review_decided(), review_asked(RE_REVIEW), review_decided(RE_REVIEW, verdict)]
    concluded = given(*ANSWERED, *chain, number="HY-2025-000003").petition
    refuse = RefuseFurther(reason="同一事实和理由", concluded_by="HY-2025-000003")
    again = given(received()).petition
    if verdict is ReviewVerdict.REVOKED:
        with pytest.raises(Invalid):
            refuse.execute_beside(concluded, again)
    else:
        assert refuse.execute_beside(concluded, again) == ()


def test_a_review_is_asked_of_a_delivered_reply() -> None:
    taken = given(*ANSWERED).when(ASK, by="wu")
    after = taken.then(s.ReviewAsked(kind=REVIEW, body="澄湖区人民政府", reason="不服答复意见"), r.DueDatesSet).petition
    assert set(after.due) == {Clock.REVIEW}
    assert after.due[Clock.REVIEW].due == date(2026, 12, 16)
    given(in_handling()).when(ASK, by="wu").then_refused(NotPossibleNow)
    given(received()).when(ASK, by="wu").then_refused(WrongStage)
    given(in_handling(), withdrawn()).when(ASK, by="wu").then_refused(WrongStage)
    given(*ANSWERED).when(ASK, by="zhou").then_refused(WrongRole)


def test_within_thirty_days_by_the_day_in_shanghai() -> None:
    """L1 35. The last day is 2026-12-16; the evening of the 15th in UTC is the 16th in Shanghai already."""
    file = given(*ANSWERED)
    file.when(ASK, by="wu", at=shanghai(date(2026, 12, 16), 23, 59)).then(s.ReviewAsked, r.DueDatesSet)
    file.when(ASK, by="wu", at=shanghai(date(2026, 12, 17), 0, 1)).then_refused(Invalid, ("kind",))


def test_what_was_asked_in_time_may_be_entered_later() -> None:
    stated = AskReview(
        kind=REVIEW,
        body="澄湖区人民政府",
        reason="不服答复意见",
        occurred_at=shanghai(date(2026, 12, 10)),
        backdated_because="邮寄",
    )
    given(*ANSWERED).when(stated, by="wu", at=shanghai(date(2026, 12, 20))).then(s.ReviewAsked, r.DueDatesSet)


def test_a_review_is_asked_once_and_a_re_review_after_its_decision() -> None:
    asked().when(ASK, by="wu").then_refused(Invalid, ("kind",))
    given(*ANSWERED).when(ASK_AGAIN, by="wu").then_refused(Invalid, ("kind",))
    asked().when(ASK_AGAIN, by="wu").then_refused(Invalid, ("kind",))
    decided = asked().when(decide(), by="xu").then(s.ReviewDecided, r.DueDatesSet)
    assert set(decided.petition.due) == {Clock.RE_REVIEW_ASK}
    again = decided.when(ASK_AGAIN, by="wu").then(s.ReviewAsked, r.DueDatesSet)
    assert set(again.petition.due) == {Clock.RE_REVIEW}


def test_after_the_re_review_the_chain_ends() -> None:
    """L1 36."""
    whole = [review_asked(), review_decided(), review_asked(RE_REVIEW), review_decided(RE_REVIEW)]
    file = given(*ANSWERED, whole)
    for command in (ASK, ASK_AGAIN):
        file.when(command, by="wu").then_refused(NotPossibleNow)


def test_what_was_concluded_is_no_longer_accepted() -> None:
    """L1 36: a new petition on the same facts and grounds; the concluded file is named."""
    again = RefuseFurther(reason="同一事实和理由", concluded_by="HY-2025-000003", notice=Delivery.POST)
    after = given(received()).when(again, by="wu").then(r.PetitionNoLongerAccepted).petition
    assert after.stage is Stage.NO_LONGER_ACCEPTED


def test_a_review_may_be_asked_after_closing_and_leaves_the_file_closed() -> None:
    file = given(*ANSWERED, published(), followed_up(), closed())
    after = file.when(ASK, by="wu").then(s.ReviewAsked, r.DueDatesSet).petition
    assert after.stage is Stage.CLOSED


# Decided


def test_nobody_reviews_their_own_work() -> None:
    work: list[Steps] = [received(), accepted(), assigned(), signed(by="bai"), reported(), replied(), review_asked()]
    file = given(*work)
    file.when(decide(), by="bai").then_refused(TwoPeopleNeeded)
    file.when(decide(), by="gu", standing_in=["bai"]).then_refused(TwoPeopleNeeded)
    file.when(hearing(MONDAY, MONDAY), by="bai").then_refused(TwoPeopleNeeded)
    file.when(decide(), by="xu").then(s.ReviewDecided)


def test_of_our_approvers_only_a_superior_of_the_unit_that_answered_reviews() -> None:
    """L1 35, 36: the unit above reviews, one above that re-reviews; MS answered, HY stands above it."""
    for command in (decide(), hearing(MONDAY, MONDAY)):
        for who in ("li", "qin", "kong"):
            asked().when(command, by=who).then_refused(NotYourUnit)
            assert not asked().offers(type(command), who)
        assert asked().offers(type(command), "hu")
    reviewed = asked().when(decide(), by="hu").then(s.ReviewDecided, r.DueDatesSet)
    again = reviewed.when(ASK_AGAIN, by="wu").then(s.ReviewAsked, r.DueDatesSet)
    again.when(decide(RE_REVIEW), by="hu").then_refused(NotYourUnit)
    again.when(decide(RE_REVIEW), by="xu").then(s.ReviewDecided)


def test_only_an_open_review_is_decided() -> None:
    given(*ANSWERED).when(decide(), by="xu").then_refused(NotPossibleNow)
    asked().when(decide(RE_REVIEW), by="xu").then_refused(Invalid, ("kind",))
    given(*ANSWERED, review_asked(), review_decided()).when(decide(), by="xu").then_refused(NotPossibleNow)


@pytest.mark.parametrize("verdict", [ReviewVerdict.UPHELD, ReviewVerdict.CHANGED])
def test_a_decision_stops_its_clock_and_starts_the_next(verdict: ReviewVerdict) -> None:
    after = asked().when(decide(verdict=verdict), by="xu").then(s.ReviewDecided, r.DueDatesSet).petition
    assert set(after.due) == {Clock.RE_REVIEW_ASK}
    assert (after.stage, after.round) == (Stage.PUBLISHING, 1)


def test_a_re_review_starts_no_further_clock() -> None:
    file = given(*ANSWERED, review_asked(), review_decided(), review_asked(RE_REVIEW))
    file.when(decide(RE_REVIEW), by="xu").then(s.ReviewDecided)


def test_a_revoked_reply_sends_the_same_file_round_again() -> None:
    taken = asked().when(decide(verdict=ReviewVerdict.REVOKED), by="xu")
    after = taken.then(s.ReviewDecided, r.DueDatesSet, c.PetitionReopened, r.DueDatesSet)
    assert (after.petition.stage, after.petition.round) == (Stage.HANDLING, 2)
    assert Clock.HANDLE in after.petition.due
    after.when(NoteProgress(text="重新办理"), by="chen").then(NoteProgress.event)


def test_the_new_reply_can_be_reviewed_anew() -> None:
    """What was revoked is gone; the petitioner has 30 days from the new reply (L1 35)."""
    revoked = review_decided(verdict=ReviewVerdict.REVOKED)
    file = given(*ANSWERED, review_asked(), revoked, reopened()[1:], reported(), replied())
    file.when(ASK, by="wu").then(s.ReviewAsked, r.DueDatesSet)


def test_a_review_of_an_older_reply_does_not_stop_the_round_that_runs() -> None:
    """The file was reopened while the review ran: it is being handled again already."""
    file = given(*ANSWERED, published(), review_asked(), followed_up(), reopened())
    after = file.when(decide(verdict=ReviewVerdict.REVOKED), by="xu").then(s.ReviewDecided, r.DueDatesSet).petition
    assert (after.stage, after.round) == (Stage.HANDLING, 2)


# Hearings


def test_the_days_of_a_hearing_do_not_count() -> None:
    """L1 36: three days more from the same start; 2026-12-19 is a Saturday, so Monday."""
    last = MONDAY + timedelta(days=9)
    taken = asked().when(hearing(last - timedelta(days=2), last), by="xu", at=shanghai(last, 12))
    after = taken.then(s.HearingHeld, r.DueDatesSet).petition
    assert (after.due[Clock.REVIEW].start, after.due[Clock.REVIEW].days) == (MONDAY, 33)
    assert after.due[Clock.REVIEW].due == date(2026, 12, 21)
    assert after.reviews[REVIEW].hearing_days == 3


def test_a_hearing_lies_between_the_asking_and_today() -> None:
    file = asked()
    before, tomorrow = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
    file.when(hearing(before, MONDAY), by="xu").then_refused(Invalid, ("first_day",))
    file.when(hearing(MONDAY, tomorrow), by="xu").then_refused(Invalid, ("last_day",))
    file.when(hearing(tomorrow, MONDAY), by="xu", at=shanghai(tomorrow)).then_refused(Invalid, ("last_day",))
    file.when(hearing(MONDAY, MONDAY), by="xu").then(s.HearingHeld, r.DueDatesSet)
    given(*ANSWERED).when(hearing(MONDAY, MONDAY), by="xu").then_refused(NotPossibleNow)


def test_a_day_of_hearing_is_taken_off_once() -> None:
    """Entered a second time, or overlapping, the same days would lengthen the limit twice."""
    last = MONDAY + timedelta(days=6)
    file = asked().when(hearing(last - timedelta(days=2), last), by="xu", at=shanghai(last, 12))
    after = file.then(s.HearingHeld, r.DueDatesSet)
    week = shanghai(last + timedelta(days=7))
    after.when(hearing(last, last + timedelta(days=1)), by="xu", at=week).then_refused(Invalid, ("first_day",))
    again = after.when(hearing(last + timedelta(days=1), last + timedelta(days=2)), by="xu", at=week)
    assert again.then(s.HearingHeld, r.DueDatesSet).petition.reviews[REVIEW].hearing_days == 5


def test_without_a_limit_a_hearing_is_only_recorded() -> None:
    file = given(in_handling(), reported(), replied(), review_asked())
    file.when(hearing(MONDAY, MONDAY), by="xu").then(s.HearingHeld)
