"""Each rule of counting by itself, told as what happened and which figure it makes."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from psycopg.rows import dict_row

from domain.clocks import CalendarYear, Holiday
from domain.errors import Invalid
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.vocabulary import Channel, Clock, Satisfaction, Secrecy, Solved
from projections.figure_files import Behind
from projections.figures import Counted
from projections.periods import COMPARED, Period
from projections.sight import Sight
from projections.statistics_queries import cut, reply_time
from tests.projections import histories as a
from tests.projections.counting import (
    FIRST,
    LAST,
    MARCH,
    Connection,
    after,
    behind,
    channels,
    figure,
    fill,
    page,
    total,
    whole_loop,
)


@pytest.fixture
def connection(tables_url: str) -> Iterator[Connection]:
    with psycopg.connect(tables_url, row_factory=dict_row) as opened:
        yield opened
        opened.rollback()


def test_a_file_that_went_round_once(connection: Connection) -> None:
    fill(connection, whole_loop().recorded)
    rates = {code: (one.numerator, one.denominator) for code, one in total(connection).items() if one.denominator}
    assert rates == {
        "acceptance": (1, 1),
        "closing": (1, 1),
        "on_time": (1, 1),
        "response": (1, 1),
        "solution": (1, 1),
        "satisfaction": (1, 1),
        "publication": (1, 1),
        "extension": (0, 1),
        "suspension": (0, 1),
        "duplicate": (0, 1),
        "reopening": (0, 1),
        "mean_time": (3, 1),
    }
    assert total(connection)["mean_time"].value == 3.0


def test_nothing_to_divide_by_is_no_rate(connection: Connection) -> None:
    fill(connection, [])
    assert all(one.value is None for one in total(connection).values())
    assert total(connection)["acceptance"].denominator == 0
    assert total(connection)["registered"].denominator is None


def test_every_channel_counts_in_its_own_row(connection: Connection) -> None:
    made = a.Histories()
    for index, channel in enumerate(Channel):
        made.add(f"HY-{index}", a.JANUARY, a.received(channel))
    made.add("HY-9", a.JANUARY, a.received(Channel.OFFICER))
    fill(connection, made.recorded)
    (table,) = channels(connection, cut(FIRST, LAST, None), LAST, committee=True)
    assert [row.part for row in table.rows] == [*Channel, None]
    assert [row.figures["registered"].numerator for row in table.rows] == [1, 1, 1, 2, 1, 1, 7]


def test_files_batches_and_persons_are_three_counts(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(people=1)).add("HY-2", a.JANUARY, a.received(people=6))
    made.add("HY-3", a.JANUARY, a.imported(people=4))
    fill(connection, made.recorded)
    counted = total(connection)
    assert [counted[code].numerator for code in ("registered", "registered_batches", "registered_persons")] == [2, 1, 7]
    assert [counted[code].numerator for code in ("imported", "imported_batches", "imported_persons")] == [1, 1, 4]
    assert counted["registered_persons"].unit is Counted.PERSONS


def test_corrections_move_the_counts(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(people=2), r.PetitionAccepted())
    moved = r.PetitionCorrected(
        reason="更正",
        channel=Channel.WINDOW,
        source=a.SOURCES[Channel.WINDOW],
        people_count=1,
        received_at=a.noon(MARCH),
    )
    fill(connection, made.add("HY-1", after(3), moved).recorded)
    by_month = channels(connection, cut(FIRST, LAST, "month"), LAST, committee=True)
    rows = [(table.period.first.month, row) for table in by_month for row in table.rows[:-1]]
    counted = [
        (month, row.part, row.figures["acceptance"].numerator, row.figures["registered_batches"].numerator)
        for month, row in rows
        if row.figures["registered"].numerator
    ]
    assert counted == [(3, Channel.WINDOW, 1, 0)]


def test_a_protected_file_is_counted_for_the_committee_only(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(secrecy=Secrecy.SECRET))
    made.add("HY-2", a.JANUARY, a.received(against="u1")).add("HY-3", a.JANUARY, a.received(), r.PetitionAccepted())
    fill(connection, made.recorded)
    assert total(connection, committee=True)["acceptance"].denominator == 3
    assert total(connection, committee=False)["acceptance"].denominator == 1
    assert [one.number for one in behind(connection, "registered", "numerator", committee=False)] == ["HY-3"]

    made.add("HY-1", after(1), a.classified(Secrecy.INTERNAL)).add("HY-3", after(1), a.classified(Secrecy.SECRET))
    fill(connection, made.recorded)
    assert total(connection, committee=False)["acceptance"].denominator == 1
    assert total(connection, committee=False)["acceptance"].numerator == 0
    assert [one.number for one in behind(connection, "registered", "numerator", committee=False)] == ["HY-1"]


def test_a_voided_number_leaves_every_figure_but_its_own(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), a.due_set(Clock.CONTACT, after(1)))
    fill(connection, made.add("HY-1", after(5), r.NumberVoided(reason="误登")).recorded)
    assert {code for code, one in total(connection).items() if one.numerator or one.denominator} == {"voided"}


def test_history_is_no_work_of_this_office(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.imported()).add("HY-1", after(11), h.ReplyImported(text="已办"))
    made.add("HY-2", None, a.imported(), entered=MARCH).add("HY-2", None, h.ReplyImported(text="已办"))
    fill(connection, made.recorded)
    touched = {code for code, one in total(connection).items() if one.numerator or one.denominator}
    assert touched == {"imported", "imported_persons", "undated"}
    assert behind(connection, "undated", "numerator") == [Behind("HY-2", 1, MARCH)]


def test_the_median_time_to_an_imported_reply(connection: Connection) -> None:
    made = a.Histories()
    for index, days in enumerate((3, 11, 40)):
        made.add(f"HY-{index}", a.JANUARY, a.imported()).add(f"HY-{index}", after(days), h.ReplyImported(text="已办"))
    made.add("HY-2", after(60), h.ReplyImported(text="又一次答复"))
    made.add("HY-7", a.JANUARY, a.imported()).add("HY-7", None, h.ReplyImported(text="没有日期"))
    fill(connection, made.recorded)
    told = reply_time(connection, committee=True)
    assert (told.files, told.median_days, told.median_exact_days) == (3, 11.0, 11.0)
    assert reply_time(connection, first=after(12), committee=True).median_days == 40.0
    assert reply_time(connection, channel=Channel.WINDOW, committee=True).median_days is None


def test_a_history_file_taken_up_runs_the_loop(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.imported()).add("HY-1", after(2), a.TAKEN_UP, r.PetitionAccepted())
    made.add("HY-1", after(2), a.due_set(Clock.HANDLE, after(9))).add("HY-1", after(3), a.REPLIED)
    fill(connection, made.recorded)
    assert figure(connection, "acceptance") == (0, 0)
    assert figure(connection, "closing") == (0, 1)
    assert figure(connection, "mean_time") == (1, 1)


def test_overdue_depends_on_the_day_of_reading_only(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)))
    fill(connection, made.recorded)
    assert [figure(connection, "closing", as_of=after(day)) for day in (7, 8, 9)] == [(0, 0), (0, 1), (0, 1)]
    assert [figure(connection, "on_time", as_of=after(day)) for day in (7, 8, 9)] == [(0, 0), (0, 0), (0, 1)]
    assert behind(connection, "on_time", "denominator", as_of=after(8)) == []
    assert behind(connection, "on_time", "denominator", as_of=after(9)) == [Behind("HY-1", 1, after(8))]


def test_an_extension_moves_the_due_day(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)))
    made.add("HY-1", after(7), h.ExtensionGranted(digest="d" * 64, days=30, due=a.due(Clock.HANDLE, after(38))))
    fill(connection, made.recorded)
    assert figure(connection, "on_time", as_of=after(20)) == (0, 0)
    assert figure(connection, "on_time", as_of=after(39)) == (0, 1)


def test_the_reply_ends_the_limit_and_re_collection_closes(connection: Connection) -> None:
    made = whole_loop()
    fill(connection, made.recorded[:-1])
    assert figure(connection, "on_time") == (0, 0)
    assert figure(connection, "closing") == (0, 1)
    late = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)))
    late.add("HY-1", after(9), a.REPLIED, a.PUBLISHED, a.followed_up(), c.PetitionClosed())
    fill(connection, late.recorded)
    assert figure(connection, "on_time") == (0, 1)
    assert figure(connection, "closing") == (1, 1)


def test_a_round_that_ended_otherwise_by_its_due_day_was_not_due(connection: Connection) -> None:
    for day, expected in ((8, (0, 0)), (9, (0, 1))):
        made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted())
        made.add("HY-1", a.JANUARY, a.due_set(Clock.HANDLE, after(8))).add("HY-1", after(day), a.WITHDRAWN)
        fill(connection, made.recorded)
        assert figure(connection, "closing") == expected


def test_a_later_round_has_a_due_day_of_its_own(connection: Connection) -> None:
    made = whole_loop()
    made.add("HY-1", after(20), c.PetitionReopened(round=2, reason="未解决"), a.due_set(Clock.HANDLE, after(23)))
    fill(connection, made.recorded)
    assert figure(connection, "closing") == (1, 2)
    assert figure(connection, "on_time") == (1, 2)
    assert figure(connection, "reopening") == (1, 1)
    made.add("HY-1", after(23), a.REPLIED, a.WAIVED, a.followed_up(Solved.PARTLY, Satisfaction.NO_OPINION))
    fill(connection, made.recorded)
    assert figure(connection, "closing") == (1, 2)
    assert figure(connection, "on_time") == (1, 1)
    assert figure(connection, "reopening") == (1, 1)
    assert figure(connection, "solution") == figure(connection, "satisfaction") == (1, 2)
    assert figure(connection, "publication") == (1, 1)
    assert figure(connection, "mean_time") == (3, 1)


def test_a_round_that_went_into_the_next_one_is_open_no_more(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(1)))
    made.add("HY-1", after(5), a.REPLIED)
    fill(connection, made.recorded)
    assert figure(connection, "on_time") == (0, 1)
    fill(connection, made.add("HY-1", after(9), c.PetitionReopened(round=2, reason="复查撤销")).recorded)
    assert figure(connection, "on_time") == (0, 0)
    assert figure(connection, "closing") == (0, 1)


def test_a_file_is_followed_up_on_the_first_day_it_was(connection: Connection) -> None:
    made = whole_loop()
    made.add("HY-1", after(20), c.PetitionReopened(round=2, reason="未解决"), a.REPLIED, a.WAIVED)
    fill(connection, made.add("HY-1", MARCH, a.followed_up()).recorded)
    assert behind(connection, "reopening", "denominator") == [Behind("HY-1", 1, after(9))]
    assert [one.day for one in behind(connection, "solution", "denominator")] == [after(9), MARCH]


def test_a_contact_entered_late_counts_on_its_day(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), a.due_set(Clock.CONTACT, after(1)))
    made.add("HY-1", after(2), a.contacted()).add("HY-1", after(1), a.contacted())
    fill(connection, made.recorded)
    assert figure(connection, "response") == (1, 1)


def test_not_reached_is_neither_contact_nor_satisfaction(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), a.due_set(Clock.CONTACT, after(1)), r.PetitionAccepted())
    made.add("HY-1", after(1), a.contacted(reached=False), a.visited(reached=False))
    made.add("HY-1", after(2), a.REPLIED, a.PUBLISHED, a.MISSED, a.MISSED)
    fill(connection, made.recorded)
    assert figure(connection, "response") == (0, 1)
    assert figure(connection, "satisfaction") == (0, 0)


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        (Satisfaction.SATISFIED, 1),
        (Satisfaction.FAIRLY, 1),
        (Satisfaction.DISSATISFIED, 0),
        (Satisfaction.NO_OPINION, 0),
    ],
)
def test_what_counts_as_satisfied(connection: Connection, said: Satisfaction, counts: int) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.REPLIED, a.PUBLISHED)
    fill(connection, made.add("HY-1", after(1), a.followed_up(satisfaction=said)).recorded)
    assert figure(connection, "satisfaction") == (counts, 1)


def test_a_publication_taken_down_is_public_no_more_until_put_right(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.REPLIED, a.PUBLISHED)
    fill(connection, made.add("HY-1", after(1), a.TAKEN_DOWN).recorded)
    assert figure(connection, "publication") == (0, 1)
    fill(connection, made.add("HY-1", after(2), a.PUT_RIGHT).recorded)
    assert figure(connection, "publication") == (1, 1)


def test_taking_down_concerns_the_round_that_was_published_last(connection: Connection) -> None:
    made = whole_loop().add("HY-1", after(20), c.PetitionReopened(round=2, reason="未解决"))
    fill(connection, made.add("HY-1", after(21), a.TAKEN_DOWN).recorded)
    assert figure(connection, "publication") == (0, 1)
    made = whole_loop().add("HY-1", after(20), c.PetitionReopened(round=2, reason="未解决"))
    fill(connection, made.add("HY-1", after(22), a.REPLIED, a.PUBLISHED, a.TAKEN_DOWN).recorded)
    assert figure(connection, "publication") == (1, 2)


def test_a_duplicate_counts_once_and_an_undone_link_counts_again(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), a.due_set(Clock.CONTACT, after(1)), a.LINKED)
    fill(connection, made.recorded)
    assert figure(connection, "duplicate") == (1, 1)
    assert figure(connection, "response") == (0, 0)
    fill(connection, made.add("HY-1", after(2), a.UNLINKED).recorded)
    assert figure(connection, "duplicate") == (0, 1)
    assert figure(connection, "response") == (0, 1)


def test_an_answer_at_once_closes_the_file(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), a.due_set(Clock.HANDLE, after(1)), a.ANSWERED_AT_ONCE)
    fill(connection, made.recorded)
    assert figure(connection, "on_time") == (1, 1)
    assert figure(connection, "publication") == (0, 0)
    assert figure(connection, "mean_time") == (0, 0)


def test_working_days_of_an_unknown_year_are_called_provisional(connection: Connection) -> None:
    fill(connection, [])
    known, unknown = channels(connection, cut(FIRST, date(2027, 12, 31), "year"), LAST, committee=True)
    assert not known.total.figures["mean_time"].provisional
    assert unknown.total.figures["mean_time"].provisional
    assert not unknown.total.figures["closing"].provisional


def test_they_are_so_no_longer_once_the_rulebook_has_the_year(connection: Connection) -> None:
    """Accepted on Thursday 2026-12-31 and answered on Monday 2027-01-04, Sunday the 3rd being worked by the notice."""
    made = a.Histories().add("HY-1", date(2026, 12, 31), a.received(), r.PetitionAccepted())
    made.add("HY-1", date(2027, 1, 4), a.REPLIED)
    january = Period(date(2027, 1, 1), date(2027, 1, 31))
    notice = CalendarYear(
        holidays=(Holiday(date=date(2027, 1, 1), name="元旦"),), workdays=(date(2027, 1, 3),), source="通知"
    )
    for recorded, days, provisional in (
        (made.recorded, 1, True),
        ([*made.recorded, a.published(2027, notice, 2)], 2, False),
    ):
        fill(connection, recorded)
        (table,) = channels(connection, [january], LAST, committee=True)
        told = table.total.figures["mean_time"]
        assert (told.numerator, told.denominator, told.provisional) == (days, 1, provisional)


def test_a_month_is_set_against_the_one_before_or_a_year_ago(connection: Connection) -> None:
    made = a.Histories()
    for index, day in enumerate((date(2025, 2, 28), date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28))):
        made.add(f"HY-{index}", a.noon(day), a.received())
    fill(connection, made.recorded)
    (month,) = cut(date(2026, 2, 1), date(2026, 2, 28), "month")
    asked = [month, *(against(month) for against in COMPARED.values())]
    counted = [one.total.figures["registered"].numerator for one in channels(connection, asked, LAST, committee=True)]
    assert dict(zip(["itself", *COMPARED], counted, strict=True)) == {"itself": 2, "previous": 1, "year_before": 1}


def test_too_many_periods_are_refused() -> None:
    with pytest.raises(Invalid):
        cut(date(2000, 1, 1), LAST, "day")


def test_a_cursor_belongs_to_its_list(connection: Connection) -> None:
    fill(connection, whole_loop("HY-1").recorded + whole_loop("HY-2").recorded)
    cursor = page(connection, "closing", "numerator", None)
    assert cursor is not None
    assert page(connection, "closing", "numerator", cursor) is None
    for text in ("", "x", cursor[:-3]):
        with pytest.raises(Invalid):
            page(connection, "closing", "numerator", text)
    with pytest.raises(Invalid):
        page(connection, "closing", "denominator", cursor)


def test_a_count_has_no_denominator(connection: Connection) -> None:
    with pytest.raises(Invalid):
        page(connection, "registered", "denominator", None)


def test_who_is_not_of_the_committee_could_see_every_file_that_their_figures_count() -> None:
    """Files that are not protected accuse nobody and are not secret; so no sight hides one."""
    nobody = Sight(under=frozenset({"u1"}), staff=frozenset({"s9"}))
    for secrecy in (Secrecy.OPEN, Secrecy.INTERNAL):
        assert nobody.sees(against_units=[], against_staff=[], secrecy=secrecy, involved=[])
