"""What the service does by itself about clocks: whom it reminds, what it may order, what it counts again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.errors import Invalid, NotPossibleNow, WrongRole
from domain.petition.command import PetitionCommand
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.supervising_orders import AnswerReminder, AnswerSupervision
from domain.petition.supervising_overdue import (
    DUTIES,
    OrderOverdue,
    RaiseSupervision,
    RecomputeDueDates,
    RemindOfClock,
    level_of,
)
from domain.vocabulary import Channel, Clock, Delivery, Nature, OrderLevel, Role, Track
from tests.domain.rulebook_sample import SAMPLE
from tests.domain.test_clocks import NOTICE_2027
from tests.happened import (
    accepted,
    assigned,
    due,
    in_handling,
    in_recollecting,
    in_supervising,
    received,
    review_asked,
    running,
    step,
)
from tests.scenario import CAST, Given, Steps, context, flat, given, history, shanghai

HANDLING: list[Steps] = [in_handling(), running(Clock.HANDLE)]
"""Due on Monday 2026-11-23, five working days after the 16th."""
DUE = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
ORDER_DAY = date(2026, 12, 1)
"""Five working days after the reminder's day."""
REMIND = RemindOfClock(clock="handle", due=DUE)
ORDER = OrderOverdue(clock="handle", due=DUE)


def reminded(clock: str, day: date, *, overdue: bool = True, unit: str | None = "MS") -> Steps:
    role = None if unit else Role.INTAKE
    fact = s.ReminderSent(id="r1", unit=unit, role=role, reason="催办", clock=clock, due=day, overdue=overdue)
    return step(fact, by="system")


# Reminders


def test_the_unit_is_reminded_the_next_working_day_and_once() -> None:
    file = given(*HANDLING)
    file.when(REMIND, by="system", at=shanghai(DUE, 23)).then_refused(NotPossibleNow)
    after = file.when(REMIND, by="system", at=shanghai(TUESDAY, 0)).then(s.ReminderSent)
    (fact,) = (one.fact for one in after.recorded if isinstance(one.fact, s.ReminderSent))
    assert (fact.unit, fact.role, fact.clock, fact.due, fact.overdue) == ("MS", None, "handle", DUE, True)
    assert after.petition.due == file.petition.due, "a reminder touches no clock"
    after.when(REMIND, by="system", at=shanghai(ORDER_DAY)).then_refused(NotPossibleNow)
    after.when(AnswerReminder(id="r1", text="已安排"), by="chen").then(s.ReminderAnswered)


def test_not_on_a_day_of_rest() -> None:
    """Accepted on Friday 2026-09-18: due on the 24th, then Mid-Autumn until Sunday, so Monday the 28th."""
    friday = date(2026, 9, 18)
    file = given([one.on(friday) for one in flat(in_handling())], running(Clock.HANDLE, start=friday))
    command = RemindOfClock(clock="handle", due=date(2026, 9, 24))
    for day in (25, 26, 27):
        file.when(command, by="system", at=shanghai(date(2026, 9, day))).then_refused(NotPossibleNow)
    file.when(command, by="system", at=shanghai(date(2026, 9, 28))).then(s.ReminderSent)


def test_each_unit_is_reminded_of_its_own_signature() -> None:
    file = given(received(), accepted(), assigned("MS"), running(Clock.SIGN))
    command = RemindOfClock(clock="sign:MS", due=due(Clock.SIGN).due)
    after = file.when(command, by="system", at=shanghai(date(2026, 11, 18))).then(s.ReminderSent)
    assert after.petition.reminders["r1"].unit == "MS"
    gone = RemindOfClock(clock="sign:WY", due=due(Clock.SIGN).due)
    file.when(gone, by="system", at=shanghai(date(2026, 11, 18))).then_refused(Invalid, ("clock",))


def test_what_no_unit_has_is_the_desks() -> None:
    """A letter that nobody decided on: the intake desk is reminded, and answers."""
    file = given(received(Channel.LETTER_VISIT), running(Clock.NOTICE, track=Track.XINFANG))
    notice = file.petition.due["notice"].due
    at = shanghai(notice + timedelta(days=1))
    after = file.when(RemindOfClock(clock="notice", due=notice), by="system", at=at).then(s.ReminderSent)
    assert (after.petition.reminders["r1"].unit, after.petition.reminders["r1"].role) == (None, Role.INTAKE)
    assert after.offers(AnswerReminder, "wu")
    assert not after.offers(AnswerReminder, "zhao")
    after.when(AnswerReminder(id="r1", text="今日决定"), by="wu").then(s.ReminderAnswered)


def test_a_follow_up_is_announced_on_its_day_and_reminded_of_after_it() -> None:
    file = given(in_supervising(), running(Clock.FOLLOW_UP))
    day = file.petition.due["follow_up"].due
    announce = RemindOfClock(clock="follow_up", due=day, overdue=False)
    file.when(announce, by="system", at=shanghai(day - timedelta(days=1))).then_refused(NotPossibleNow)
    after = file.when(announce, by="system", at=shanghai(day)).then(s.ReminderSent)
    assert after.petition.reminders["r1"].role is Role.CALLER
    after.when(announce, by="system", at=shanghai(day)).then_refused(NotPossibleNow)
    late = shanghai(day + timedelta(days=1))
    after.when(RemindOfClock(clock="follow_up", due=day), by="system", at=late).then(s.ReminderSent)
    after.when(AnswerReminder(id="r1", text="今日回访"), by="zhao").then(s.ReminderAnswered)
    early = RemindOfClock(clock="handle", due=DUE, overdue=False)
    given(*HANDLING).when(early, by="system", at=shanghai(DUE)).then_refused(Invalid, ("overdue",))


def test_nobody_is_reminded_of_their_own_right() -> None:
    """To object (L1 23) and to ask for a review (L1 35, 36): these lapse."""
    assert set(Clock) - set(DUTIES) == {Clock.OBJECT, Clock.REVIEW_ASK, Clock.RE_REVIEW_ASK}
    file = given(received(), accepted(), assigned(), running(Clock.OBJECT))
    command = RemindOfClock(clock="object:MS", due=due(Clock.OBJECT).due)
    file.when(command, by="system", at=shanghai(ORDER_DAY)).then_refused(Invalid, ("clock",))


def test_a_linked_duplicate_owes_its_petitioner_the_notice_and_nothing_else() -> None:
    link = step(r.DuplicateLinked(principal="HY-2026-000009", reason="同一路灯"), by="wu")
    late = shanghai(date(2027, 1, 4))
    given(*HANDLING, link).when(REMIND, by="system", at=late).then_refused(Invalid, ("clock",))
    letter = given(received(Channel.LETTER_VISIT), running(Clock.NOTICE, track=Track.XINFANG), link)
    notice = RemindOfClock(clock="notice", due=letter.petition.due["notice"].due)
    letter.when(notice, by="system", at=late).then(s.ReminderSent)


def test_a_moved_due_date_is_another_one() -> None:
    """Reminded, then extended: the old reminder stands, and the new date has one of its own."""
    longer = SAMPLE.recount(due(Clock.HANDLE), version=1, more=5)
    extended = step(h.ExtensionGranted(digest="d" * 64, days=5, due=longer, notice=Delivery.SMS), by="li")
    file = given(*HANDLING, reminded("handle", DUE), extended)
    file.when(REMIND, by="system", at=shanghai(ORDER_DAY)).then_refused(Invalid, ("clock",))
    again = RemindOfClock(clock="handle", due=longer.due)
    file.when(again, by="system", at=shanghai(ORDER_DAY)).then(s.ReminderSent)


# Orders


def test_an_order_follows_five_working_days_after_the_reminders_day() -> None:
    file = given(*HANDLING, reminded("handle", DUE))
    file.when(ORDER, by="system", at=shanghai(date(2026, 11, 30), 23)).then_refused(NotPossibleNow)
    after = file.when(ORDER, by="system", at=shanghai(ORDER_DAY)).then(s.SupervisionOrdered, r.DueDatesSet)
    order = after.petition.orders["o1"]
    assert (order.unit, order.level, order.deadline) == ("MS", OrderLevel.ROUTINE, date(2026, 12, 8))
    assert after.petition.due["order:o1"].due == order.deadline
    assert after.petition.due["handle"] == file.petition.due["handle"]
    after.when(ORDER, by="system", at=shanghai(ORDER_DAY)).then_refused(NotPossibleNow)
    after.when(AnswerSupervision(id="o1", text="已安排"), by="chen").then(s.SupervisionAnswered)


def test_an_order_about_what_no_unit_has_goes_to_the_street_itself() -> None:
    file = given(received(), accepted(), running(Clock.HANDLE), reminded("handle", DUE, unit=None))
    after = file.when(ORDER, by="system", at=shanghai(ORDER_DAY)).then(s.SupervisionOrdered, r.DueDatesSet)
    assert after.petition.orders["o1"].unit == SAMPLE.street_unit == "HY"


def test_no_order_goes_to_a_unit_that_the_file_accuses() -> None:
    """L1 30: where the street itself is accused, what no unit was given is the committee's to order."""
    first = received(nature=Nature.REPORT, against="HY")
    file = given(first, accepted(), running(Clock.HANDLE), reminded("handle", DUE, unit=None))
    file.when(ORDER, by="system", at=shanghai(ORDER_DAY)).then_refused(NotPossibleNow)


def test_the_service_orders_only_what_the_rules_name() -> None:
    """An order that stays unanswered, and a review, are left to the committee; every person is refused these steps."""
    late = shanghai(date(2027, 3, 1))
    ordered = step(
        s.SupervisionOrdered(id="o1", unit="MS", level=OrderLevel.ROUTINE, deadline=DUE, demand="办"), by="zhou"
    )
    file = given(in_handling(), ordered, running(Clock.ORDER))
    again = OrderOverdue(clock="order:o1", due=file.petition.due["order:o1"].due)
    file.when(again, by="system", at=late).then_refused(Invalid, ("clock",))
    file.when(RemindOfClock(clock=again.clock, due=again.due), by="system", at=late).then(s.ReminderSent)
    review = given(in_recollecting(), review_asked(), running(Clock.REVIEW, track=Track.XINFANG))
    command = OrderOverdue(clock="review", due=review.petition.due["review"].due)
    review.when(command, by="system", at=late).then_refused(Invalid, ("clock",))
    for who in sorted(CAST.keys() - {"system"}):
        given(*HANDLING).when(REMIND, by=who, at=late).then_refused(WrongRole)
        given(*HANDLING).when(ORDER, by=who, at=late).then_refused(WrongRole)


def failed(rounds: int) -> list[Steps]:
    """A file that came back to handling so often."""
    reopened = step(c.PetitionReopened(round=rounds + 1, reason="未解决"), by="zhao")
    return [in_recollecting(), reopened, running(Clock.HANDLE)]


@pytest.mark.parametrize(
    ("rounds", "level"),
    [(0, "routine"), (2, "routine"), (3, "listed"), (5, "listed"), (6, "summoned"), (30, "summoned")],
)
def test_three_failed_rounds_raise_the_level(rounds: int, level: str) -> None:
    assert level_of(rounds, SAMPLE) == level
    file = given(*failed(rounds)) if rounds else given(*HANDLING)
    if level == "routine":
        file.when(RaiseSupervision(), by="system").then_refused(NotPossibleNow)
        return
    after = file.when(RaiseSupervision(), by="system").then(s.SupervisionOrdered, r.DueDatesSet)
    assert after.petition.orders["o1"].level == level
    after.when(RaiseSupervision(), by="system").then_refused(NotPossibleNow)


def test_the_committees_own_higher_order_need_not_be_raised() -> None:
    ordered = step(
        s.SupervisionOrdered(id="o1", unit="MS", level=OrderLevel.LISTED, deadline=DUE, demand="办"), by="zhou"
    )
    given(*failed(3), ordered).when(RaiseSupervision(), by="system").then_refused(NotPossibleNow)
    given(*failed(6), ordered).when(RaiseSupervision(), by="system").then(s.SupervisionOrdered, r.DueDatesSet)


# Counting again


def in_january(*steps: Steps) -> Given:
    return Given(history(*steps), "HY-2026-000001")


def published(command: PetitionCommand, file: Given, version: int = 2) -> tuple[r.DueDatesRecomputed, Given]:
    """Take the step under a rulebook that has the calendar of 2027."""
    with_2027 = SAMPLE.with_calendar(2027, NOTICE_2027)
    world = context("system", now=file.now)._replace(rulebook=with_2027, rulebook_version=version)
    taken = command.execute(file.petition, world)
    (fact,) = taken.facts
    assert isinstance(fact, r.DueDatesRecomputed)
    after = history(step(fact, by="system"), number="x")[0]
    recorded = [*file.recorded, replace(after, stream=file.petition.number, version=file.petition.version + 1)]
    return fact, Given(recorded, file.petition.number)


AGAIN = RecomputeDueDates(year=2027)


def test_due_dates_that_reach_into_a_published_year_are_counted_again() -> None:
    """60 days from Monday 2026-11-16 are Friday 2027-01-15; from the 22nd, 2027-01-21, which the notice takes off."""
    sunday = date(2026, 11, 22)
    file = in_january(
        [one.on(sunday) for one in flat(in_handling(received(Channel.LETTER_VISIT)))],
        running(Clock.HANDLE, start=sunday, track=Track.XINFANG),
        running(Clock.SIGN, start=sunday),
    )
    before = file.petition.due
    assert before["handle"].provisional
    fact, after = published(AGAIN, file)
    (moved,) = fact.due
    assert (moved.due, moved.provisional, moved.start, moved.days) == (date(2027, 1, 22), False, sunday, 60)
    assert moved.rulebook_version == 2
    assert after.petition.due["sign:MS"] == before["sign:MS"], "what ends before is left alone"


def test_a_date_that_does_not_change_is_settled_all_the_same() -> None:
    file = in_january(in_handling(received(Channel.LETTER_VISIT)), running(Clock.HANDLE, track=Track.XINFANG))
    fact, after = published(AGAIN, file)
    assert (fact.due[0].due, fact.due[0].provisional) == (file.petition.due["handle"].due, False)
    with pytest.raises(NotPossibleNow):
        published(AGAIN, after)


def test_without_a_calendar_nothing_is_counted_again() -> None:
    file = given(in_handling(), running(Clock.HANDLE, track=Track.XINFANG))
    file.when(AGAIN, by="system").then_refused(Invalid, ("year",))
    file.when(AGAIN, by="feng").then_refused(WrongRole)


def test_the_committees_own_deadline_is_nobodys_to_count() -> None:
    own = due(Clock.ORDER).model_copy(update={"calendar": "", "due": date(2027, 2, 1), "working": False})
    file = in_january(in_handling(), step(r.DueDatesSet(due=(own,)), by="zhou"))
    with pytest.raises(NotPossibleNow):
        published(AGAIN, file)
