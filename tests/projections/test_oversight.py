"""What the committee looks at: orders with their answers, early ends with their reasons, nothing against themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from domain.errors import Invalid
from domain.kernel import Event
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events import values as v
from domain.vocabulary import (
    ContactMethod,
    DeclineGround,
    Delivery,
    OrderLevel,
    Respondent,
    Solved,
)
from projections.ledger import Ledger
from projections.oversight import EarlyEnd, Oversight
from projections.oversight_queries import early_ends, orders
from projections.sight import Sight
from tests.projections import sample_file as sample
from tests.projections.sample_file import CALLER, CHEN, HANDLER, INTAKE, NUMBER, PUBLISHER, SUPERVISOR, Story
from tests.projections.tables_kit import everything, feed

Db = psycopg.Connection[Any]
ALL = Sight(committee=True)
TODAY = date(2026, 3, 1)


def fed(connection: Db, told: Story) -> None:
    feed(connection, Oversight(), Ledger(), recorded=told.recorded)


def ordered(key: str = "o1", deadline: date = date(2026, 2, 1)) -> s.SupervisionOrdered:
    return s.SupervisionOrdered(
        id=key, unit="u-road", level=OrderLevel.LISTED, deadline=deadline, demand="⟦p1.name⟧的路灯限期修复"
    )


def test_an_order_is_listed_with_its_answer_and_its_end(connection: Db) -> None:
    told = sample.opened().add(SUPERVISOR, ordered())
    fed(connection, told)
    [one] = orders(connection, ALL, TODAY).entries
    assert (one.number, one.id, one.unit, one.level, one.deadline) == (
        NUMBER, "o1", "u-road", OrderLevel.LISTED, date(2026, 2, 1),
    )  # fmt: skip
    assert (one.demand, one.ordered_by, one.answer, one.ended_at) == (
        "陈某某的路灯限期修复",
        "s-supervisor",
        None,
        None,
    )
    assert (one.late(TODAY), one.late(date(2026, 2, 1))) == (True, False)
    fed(connection, told.add(HANDLER, s.SupervisionAnswered(id="o1", text="已安排，联系13700003333")))
    [one] = orders(connection, ALL, TODAY, state="answered").entries
    assert (one.answer, one.answered_at, one.late(TODAY)) == (
        "已安排，联系137****3333", told.recorded[-1].occurred_at, False,
    )  # fmt: skip
    fed(connection, told.add(SUPERVISOR, s.SupervisionEnded(id="o1", text="属实")))
    [one] = orders(connection, ALL, TODAY, state="ended").entries
    assert (one.note, one.ended_at) == ("属实", told.recorded[-1].occurred_at)


def test_orders_are_asked_for_by_state_unit_and_file(connection: Db) -> None:
    told = sample.opened().add(SUPERVISOR, ordered("o1"), ordered("o2", deadline=date(2026, 4, 1)), ordered("o3"))
    told.add(HANDLER, s.SupervisionAnswered(id="o3", text="已办"))
    told.add(SUPERVISOR, s.ReminderSent(id="m1", unit="u-light", reason="抓紧"))
    fed(connection, told)

    def ids(**asked: Any) -> list[str]:
        return [one.id for one in orders(connection, ALL, TODAY, **asked).entries]

    assert ids() == ["o3", "o2", "o1"]
    assert ids(state="open") == ["o3", "o2", "o1"]
    assert ids(state="overdue") == ["o1"]
    assert ids(state="answered") == ["o3"]
    assert ids(state="ended") == []
    assert ids(unit="u-light") == []
    assert ids(number="HY-2026-000009") == []
    assert ids(kind="reminder", unit="u-light") == ["m1"]
    fed(connection, told.add(HANDLER, s.ReminderAnswered(id="m1", text="在办")))
    assert ids(kind="reminder", state="ended") == ["m1"]


def closing(*before: Event, settled: Respondent = Respondent.PETITIONER) -> Story:
    """A file that goes round in one round, with some facts before it is closed."""
    told = sample.replied(sample.opened())
    told.add(CALLER, *before)
    gathered = c.OpinionGathered(respondent=settled, method=ContactMethod.PHONE, settled=True)
    return told.add(CALLER, gathered, c.PetitionClosed(), c.FileArchived(archive_number="A-1"))


SOLVED, UNSOLVED = sample.followed_up(), sample.followed_up(Solved.UNSOLVED)
CLOSINGS: dict[str, tuple[Story, list[EarlyEnd]]] = {
    "in due course": (closing(sample.PUBLISHED, SOLVED), []),
    "waived": (closing(sample.WAIVED, SOLVED), [EarlyEnd.WAIVED]),
    "unsolved": (closing(sample.PUBLISHED, UNSOLVED), [EarlyEnd.UNSOLVED]),
    "unsolved says the resident": (
        closing(sample.PUBLISHED, SOLVED, c.ResidentSpoke(solved=Solved.UNSOLVED)), [EarlyEnd.UNSOLVED],
    ),
    "solved after all": (closing(sample.PUBLISHED, UNSOLVED, c.ResidentSpoke(solved=Solved.SOLVED)), []),
    "only a word": (closing(sample.PUBLISHED, SOLVED, c.ResidentSpoke(text="谢谢")), []),
    "the place": (closing(sample.PUBLISHED, SOLVED, settled=Respondent.PLACE), [EarlyEnd.PLACE]),
}  # fmt: skip


@pytest.mark.parametrize("told, reasons", CLOSINGS.values(), ids=CLOSINGS.keys())
def test_a_closing_tells_why_it_was_early(connection: Db, told: Story, reasons: list[EarlyEnd]) -> None:
    fed(connection, told)
    found = early_ends(connection, ALL, quick=0).entries
    if not reasons:
        # All of it happened on one day, so that it still is a quick one.
        assert [one.reasons for one in found] == [()]
        return
    assert [list(one.reasons) for one in found] == [reasons]
    for reason in EarlyEnd:
        assert bool(early_ends(connection, ALL, reason=reason).entries) is (reason in reasons)


@pytest.mark.parametrize("days, asked, is_quick", [(3, 3, True), (4, 3, False), (10, 99, True), (11, 99, False)])
def test_quick_is_up_to_so_many_days(connection: Db, days: int, asked: int, is_quick: bool) -> None:
    told = sample.replied(sample.opened()).add(PUBLISHER, sample.PUBLISHED).add(CALLER, SOLVED)
    told.at = told.recorded[0].recorded_at + timedelta(days=days, hours=-1)
    fed(connection, told.add(CALLER, sample.SETTLED, c.PetitionClosed()))
    assert bool(early_ends(connection, ALL, quick=asked).entries) is is_quick


DECLINED = r.PetitionDeclined(ground=DeclineGround.COURT, article="L1 23", reason="属法院")
AT_ONCE = r.AnsweredAtOnce(text="已答复", delivery=Delivery.PHONE)


def test_a_file_that_left_the_loop_is_listed_and_one_answered_at_once_is_not(connection: Db) -> None:
    told = Story().add(INTAKE, sample.received(CHEN)).add(INTAKE, DECLINED)
    told.add(INTAKE, sample.received(CHEN), number="HY-2026-000002").add(INTAKE, AT_ONCE, number="HY-2026-000002")
    fed(connection, told)
    [one] = early_ends(connection, ALL).entries
    assert (one.number, one.stage, one.reasons, one.days, one.ended_by) == (
        NUMBER, "declined", (EarlyEnd.LEFT,), 0, "s-intake",
    )  # fmt: skip


def test_a_reopened_file_says_so_and_its_next_end_counts_anew(connection: Db) -> None:
    told = closing(sample.WAIVED, SOLVED).add(CALLER, sample.NOT_SETTLED, c.PetitionReopened(round=2, reason="又坏"))
    told.add(HANDLER, sample.DELIVERED).add(PUBLISHER, sample.PUBLISHED).add(CALLER, SOLVED)
    told.add(CALLER, sample.SETTLED, c.PetitionClosed())
    fed(connection, told)
    found = {one.round: (one.reasons, one.reopened) for one in early_ends(connection, ALL).entries}
    assert found == {1: ((EarlyEnd.WAIVED,), True), 2: ((), False)}


def test_nobody_is_shown_what_accuses_them(connection: Db) -> None:
    against = (v.Accused(staff="zhou", staff_units=()),)
    told = Story().add(INTAKE, sample.received(CHEN, against=against)).add(INTAKE, r.PetitionAccepted())
    told.add(INTAKE, sample.ASSIGNED).add(SUPERVISOR, ordered()).add(INTAKE, r.PetitionWithdrawn(reason="撤回"))
    fed(connection, told)
    for sight, seen in ((ALL, 1), (Sight(committee=True, staff=frozenset({"zhou"})), 0)):
        assert len(orders(connection, sight, TODAY).entries) == len(early_ends(connection, sight).entries) == seen


def test_texts_go_with_the_file_they_belong_to(connection: Db) -> None:
    told = sample.opened().add(SUPERVISOR, ordered()).add(INTAKE, r.PetitionWithdrawn(reason="撤回"))
    fed(connection, told.add(INTAKE, sample.ERASED))
    assert orders(connection, ALL, TODAY).entries[0].demand == "[已删除]"
    assert "路灯" not in everything(connection, "oversight")


def test_pages_meet(connection: Db) -> None:
    told = sample.opened().add(SUPERVISOR, *(ordered(f"o{place}") for place in range(1, 8)))
    fed(connection, told)
    found, cursor = [], None
    while True:
        page = orders(connection, ALL, TODAY, cursor=cursor, limit=3)
        found += [one.id for one in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [f"o{place}" for place in range(7, 0, -1)]
    with pytest.raises(Invalid):
        orders(connection, ALL, TODAY, kind="reminder", cursor=orders(connection, ALL, TODAY, limit=3).next_cursor)
    with pytest.raises(Invalid):
        early_ends(connection, ALL, cursor="bm9uc2Vuc2U")
