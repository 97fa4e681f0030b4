"""民情办理, its time: extension and suspension. One asks, another decides, and no clock is ever reset."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.errors import Invalid, NotApproved, NotPossibleNow, NotYourUnit, TwoPeopleNeeded
from domain.petition.command import PetitionCommand
from domain.petition.events import handling as h
from domain.petition.events.values import digest_of
from domain.petition.handling_time import (
    AskExtension,
    AskSuspension,
    GrantExtension,
    GrantSuspension,
    RefuseExtension,
    RefuseSuspension,
    ResumeHandling,
)
from domain.vocabulary import Channel, Clock, Delivery, Track
from tests.happened import (
    accepted,
    assigned,
    due,
    followed_up,
    in_handling,
    published,
    received,
    reopened,
    replied,
    reported,
    running,
    signed,
    step,
    suspended,
)
from tests.scenario import MONDAY, Step, Steps, flat, given, shanghai

ASK = AskExtension(days=20, reason="需区里协调")
UNTIL = MONDAY + timedelta(days=10)
PUT_ASIDE = AskSuspension(until=UNTIL, reason="等待鉴定")
TOLD = Delivery.POST


def asked(days: int = 20, *, by: str = "chen") -> Step:
    return step(h.ExtensionAsked(days=days, reason="需区里协调", salt="salz", digest="d" * 64), by=by)


def put_aside(*, by: str = "chen") -> Step:
    return step(h.SuspensionAsked(until=UNTIL, reason="等待鉴定"), by=by)


def granted(days: int) -> Step:
    longer = due(Clock.HANDLE, track=Track.XINFANG)
    return step(h.ExtensionGranted(digest="d" * 64, days=days, due=longer, notice=TOLD), by="li")


XINFANG: list[Steps] = [in_handling(received(Channel.LETTER_VISIT)), running(Clock.HANDLE, track=Track.XINFANG)]


# Extension


def test_a_handler_asks_for_more_time() -> None:
    after = (
        given(*XINFANG)
        .when(ASK, by="chen")
        .then(h.ExtensionAsked(days=20, reason="需区里协调", salt="salz", digest=digest_of("salz", "20\n需区里协调")))
        .petition
    )
    assert after.due == given(*XINFANG).petition.due
    assert after.extension_asked is not None
    assert after.extension_asked.by == {"chen"}


def test_only_where_a_clock_runs_and_the_unit_has_signed_and_once_at_a_time() -> None:
    given(in_handling()).when(ASK, by="chen").then_refused(NotPossibleNow)
    given(*XINFANG, asked()).when(ASK, by="chen").then_refused(NotPossibleNow)
    unsigned = given(received(), accepted(), assigned(), running(Clock.HANDLE))
    unsigned.when(ASK, by="chen").then_refused(NotPossibleNow)
    given(*XINFANG).when(ASK, by="gu").then_refused(NotYourUnit)


def test_thirty_days_more_in_all_are_the_most() -> None:
    """L1 34."""
    longest = AskExtension(days=30, reason="理由")
    given(*XINFANG).when(longest, by="chen").then(h.ExtensionAsked)
    too_long = AskExtension(days=31, reason="理由")
    given(*XINFANG).when(too_long, by="chen").then_refused(Invalid, ("days",))
    error = given(*XINFANG, granted(20)).when(longest, by="chen").then_refused(Invalid, ("days",))
    assert "10" in error.text("en")
    with pytest.raises(ValidationError):
        AskExtension(days=0, reason="理由")


def test_a_complex_work_order_takes_fifteen_working_days_at_most() -> None:
    """Help on a work order: five days, and so ten more at most; each from the clock's start."""
    file = given(in_handling(), running(Clock.HANDLE))
    file.when(AskExtension(days=11, reason="理由"), by="chen").then_refused(Invalid, ("days",))
    longer = (
        file.when(AskExtension(days=10, reason="理由"), by="chen")
        .then(h.ExtensionAsked)
        .when(GrantExtension(notice=TOLD), by="li")
        .then(h.ExtensionGranted)
    )
    due_date = longer.petition.due[Clock.HANDLE]
    assert (due_date.start, due_date.days, due_date.due) == (MONDAY, 15, date(2026, 12, 7))
    longer.when(AskExtension(days=1, reason="理由"), by="chen").then_refused(Invalid, ("days",))


def test_the_head_grants_it_from_the_clocks_own_start() -> None:
    """60 + 20 days from Monday 2026-11-16, not from the day of the approval; 2027-02-04 is a Thursday."""
    file = given(*XINFANG, asked())
    late = shanghai(date(2027, 1, 4))
    (fact,) = file.when(GrantExtension(notice=TOLD), by="li", at=late).facts
    assert isinstance(fact, h.ExtensionGranted)
    assert (fact.days, fact.notice, fact.due.start, fact.due.days) == (20, TOLD, MONDAY, 80)
    assert fact.due.due == date(2027, 2, 4)
    assert fact.due.provisional
    after = file.when(GrantExtension(notice=TOLD), by="li").then(h.ExtensionGranted).petition
    assert (after.extension_asked, after.extension_days) == (None, 20)
    assert after.due[Clock.HANDLE].due == date(2027, 2, 4)


def test_the_petitioner_is_told_why() -> None:
    """L1 34; an anonymous one cannot be."""
    given(*XINFANG, asked()).when(GrantExtension(), by="li").then_refused(Invalid, ("notice",))
    anonymous = in_handling(received(petitioners=()))
    given(anonymous, running(Clock.HANDLE), asked()).when(GrantExtension(), by="li").then(h.ExtensionGranted)


def test_a_refused_extension_changes_nothing() -> None:
    file = given(*XINFANG, asked())
    after = file.when(RefuseExtension(reason="理由不足"), by="hu").then(h.ExtensionRefused(reason="理由不足")).petition
    assert (after.extension_asked, after.extension_days, after.due) == (None, 0, file.petition.due)


EXTENDING: list[PetitionCommand] = [GrantExtension(notice=TOLD), RefuseExtension(reason="理由不足")]
SUSPENDING: list[PetitionCommand] = [GrantSuspension(), RefuseSuspension(reason="理由不足")]


@pytest.mark.parametrize("command", EXTENDING, ids=lambda one: one.title)
def test_an_extension_is_decided_by_another_person_who_heads_the_lead_unit(command: PetitionCommand) -> None:
    given(*XINFANG).when(command, by="li").then_refused(NotPossibleNow)
    file = given(*XINFANG, asked(by="bai"))
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="qin").then_refused(NotYourUnit)
    file.when(command, by="qin", standing_in=["bai"]).then_refused(TwoPeopleNeeded)
    given(*XINFANG, asked(by="gu").instead("bai")).when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="hu").then(command.event)


def test_what_is_late_cannot_be_made_punctual_by_an_extension() -> None:
    """Due on Monday 2026-11-23. Asked on that day it may be granted later; asked afterwards it is refused."""
    file = given(in_handling(), running(Clock.HANDLE))
    ask, last = AskExtension(days=5, reason="理由"), date(2026, 11, 23)
    waiting = file.when(ask, by="chen", at=shanghai(last, 23)).then(h.ExtensionAsked)
    waiting.when(GrantExtension(notice=TOLD), by="li", at=shanghai(last + timedelta(days=1))).then(h.ExtensionGranted)
    file.when(ask, by="chen", at=shanghai(last + timedelta(days=1))).then_refused(NotPossibleNow)


@pytest.mark.parametrize("command", [*EXTENDING, *SUSPENDING], ids=lambda one: one.title)
def test_who_does_the_work_decides_on_no_more_time_for_it_whoever_asked(command: PetitionCommand) -> None:
    waits = asked(by="chang") if command in EXTENDING else put_aside(by="chang")
    own: list[Steps] = [received(Channel.LETTER_VISIT), accepted(), assigned(), signed(by="bai")]
    file = given(*own, running(Clock.HANDLE, track=Track.XINFANG), waits)
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="li").then(command.event)


def test_the_next_round_has_an_extension_of_its_own() -> None:
    file = given(
        *XINFANG, granted(30), reported(), replied(), published(), followed_up(), reopened(), running(Clock.HANDLE)
    )
    assert file.petition.extension_days == 0
    file.when(AskExtension(days=30, reason="理由"), by="chen").then(h.ExtensionAsked)


# Suspension


def test_work_is_put_aside_with_a_reason_and_a_day() -> None:
    file = given(*XINFANG)
    waiting = file.when(PUT_ASIDE, by="chen").then(h.SuspensionAsked(until=UNTIL, reason="等待鉴定"))
    assert not waiting.petition.suspended
    after = waiting.when(GrantSuspension(), by="li").then(h.SuspensionGranted(until=UNTIL)).petition
    assert after.suspended
    assert after.due == file.petition.due, "the clocks run on"


def test_not_until_yesterday_not_twice_and_only_by_who_signed() -> None:
    yesterday = AskSuspension(until=MONDAY, reason="等待鉴定")
    given(in_handling()).when(yesterday, by="chen").then_refused(Invalid, ("until",))
    given(in_handling(), put_aside()).when(PUT_ASIDE, by="chen").then_refused(NotPossibleNow)
    given(in_handling(), suspended()).when(PUT_ASIDE, by="chen").then_refused(NotPossibleNow)
    given(received(), accepted(), assigned()).when(PUT_ASIDE, by="chen").then_refused(NotPossibleNow)


@pytest.mark.parametrize("command", SUSPENDING, ids=lambda one: one.title)
def test_a_suspension_is_decided_by_another_person_who_heads_the_lead_unit(command: PetitionCommand) -> None:
    given(in_handling()).when(command, by="li").then_refused(NotPossibleNow)
    file = given(in_handling(), put_aside(by="bai"))
    file.when(command, by="bai").then_refused(TwoPeopleNeeded)
    file.when(command, by="qin").then_refused(NotYourUnit)
    given(in_handling(), put_aside(by="gu").instead("bai")).when(command, by="bai").then_refused(TwoPeopleNeeded)
    assert file.when(command, by="hu").then(command.event).petition.suspension_asked is None


def test_the_days_for_which_it_was_put_aside_are_counted() -> None:
    """From Monday to Thursday, and later once more until the reply: three days and two."""
    resumed = step(h.HandlingResumed(), by="chen")
    file = given(
        in_handling(),
        suspended(),
        resumed.on(MONDAY + timedelta(days=3)),
        suspended().on(MONDAY + timedelta(days=7)),
        reported(),
        [one.on(MONDAY + timedelta(days=9)) for one in flat(replied())],
    )
    assert (file.petition.suspended, file.petition.suspended_days) == (False, 5)


def test_work_is_taken_up_again() -> None:
    given(in_handling()).when(ResumeHandling(), by="chen").then_refused(NotPossibleNow)
    for who in ("chen", "li", "hu"):
        after = given(in_handling(), suspended()).when(ResumeHandling(reason="鉴定已出"), by=who)
        assert not after.then(h.HandlingResumed(reason="鉴定已出")).petition.suspended


def test_a_delivered_reply_ends_whatever_waited() -> None:
    after = given(*XINFANG, reported(), suspended(), asked(), put_aside(), replied()).petition
    assert (after.suspended, after.suspension_asked, after.extension_asked) == (False, None, None)


def test_an_approval_names_what_was_asked_for() -> None:
    file = given(*XINFANG, asked())
    file.when(GrantExtension(notice=TOLD, digest="e" * 64), by="li").then_refused(NotApproved, loc=("digest",))
    file.when(GrantExtension(notice=TOLD, digest="d" * 64), by="li").then(h.ExtensionGranted)
