"""Search: what is found by words, what is not, and how far back each question looks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection

from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.vocabulary import Nature
from projections.ledger import Ledger
from projections.ledger_queries import page
from projections.ledger_rows import LedgerFilter
from projections.paging import UNDATED
from projections.search import LEVELS, Search, stretch, time_terms
from projections.search_queries import STRETCHES, TextQuery, windows
from projections.sight import Sight
from tests.projections import sample_file as sample
from tests.projections.histories import JANUARY, noon
from tests.projections.sample_file import INTAKE, Story
from tests.projections.tables_kit import everything, feed, live_and_rebuilt

ALL = Sight(committee=True)


def found(connection: Connection[Any], story: Story, q: str) -> bool:
    feed(connection, Ledger(), Search(), recorded=story.recorded)
    return bool(page(connection, LedgerFilter(q=q), ALL).rows)


@pytest.mark.parametrize(
    "q", ["路灯", "路灯坏了", "邻居", "反映路灯", "更换灯泡", "已修复", "路灯 邻居", "１号 路灯", "邻"]
)
def test_words_of_every_part_are_found(connection: Connection[Any], q: str) -> None:
    story = sample.replied(sample.opened())
    correction = r.PetitionCorrected(reason="更正", content="1号路灯坏了，邻居反映路灯不亮")
    assert found(connection, story.add(INTAKE, correction) if "１" in q else story, q)


@pytest.mark.parametrize(
    "q", ["陈小芳", "小芳", "1380000", "13700003333", "刘大明", "盐", "灯路", "路灯邻居", "%", "_"]
)
def test_people_and_what_is_not_there_are_not_found(connection: Connection[Any], q: str) -> None:
    assert not found(connection, sample.replied(sample.opened()), q)


def test_pairs_that_stand_apart_are_no_word(connection: Connection[Any]) -> None:
    story = Story().add(INTAKE, sample.received(content="动产登记，不动的财产"))
    assert not found(connection, story, "不动产登记")
    assert found(connection, story, "动产登记")


def test_a_correction_changes_what_is_found(connection: Connection[Any]) -> None:
    demands = (v.Demand(id="d1", nature=Nature.HELP, text="清运垃圾"),)
    correction = r.PetitionCorrected(
        reason="更正", title="垃圾成堆", demands=demands, received_at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    story = sample.opened().add(INTAKE, correction)
    assert found(connection, story, "垃圾成堆")
    assert found(connection, story, "清运垃圾")
    assert not found(connection, story, "修路灯")
    assert {time for (time,) in connection.execute("SELECT DISTINCT ordered_at FROM search.documents")} == {
        datetime(2025, 1, 1, tzinfo=UTC)
    }


def test_a_file_erased_as_a_whole_is_not_found_and_its_words_are_gone(connection: Connection[Any]) -> None:
    assert found(connection, sample.opened(), "路灯")
    assert not found(connection, sample.opened().add(INTAKE, sample.ERASED), "路灯")
    assert connection.execute("SELECT count(*) FROM search.documents").fetchone() == (0,)


def test_a_file_restricted_as_a_whole_is_not_found_until_that_is_lifted(connection: Connection[Any]) -> None:
    story = sample.opened().add(INTAKE, sample.RESTRICTED)
    assert not found(connection, story, "路灯")
    assert found(connection, story.add(INTAKE, r.RestrictionLifted(reason="误操作")), "路灯")


def test_a_restricted_file_stays_out_whatever_is_added(connection: Connection[Any]) -> None:
    assert not found(connection, sample.replied(sample.opened().add(INTAKE, sample.RESTRICTED)), "路灯")


def test_nothing_given_in_plain_is_stored(connection: Connection[Any]) -> None:
    feed(connection, Search(), recorded=sample.full().recorded)
    stored = everything(connection, "search")
    assert not [secret for secret in sample.SECRETS if secret in stored]


@pytest.mark.parametrize("end", [sample.ERASED_CHEN, sample.ERASED])
def test_rebuilt_equals_live_after_an_erasure(connection: Connection[Any], end: r.DataErased) -> None:
    story = (
        sample.full().add(INTAKE, r.PetitionCorrected(reason="更正", title="路灯", content="又坏了")).add(INTAKE, end)
    )
    later = story.add(INTAKE, r.PetitionCorrected(reason="更正", title="新标题"))
    live, rebuilt = live_and_rebuilt(connection, Search(), later.recorded)
    assert rebuilt == live


def town(connection: Connection[Any]) -> None:
    """Three hundred files over ten years; every one speaks of lamps, one in fifty of rubbish."""
    story = Story()
    for index in range(300):
        text = "垃圾无人清运" if index % 50 == 0 else "路灯不亮"
        at = noon(JANUARY - timedelta(days=12 * index))
        fact = sample.received(title=text, content=f"小区{text}")
        story.add(INTAKE, fact, number=f"HY-2026-{1000 - index:06}", at=at)
    feed(connection, Ledger(), Search(), recorded=story.recorded)


@pytest.mark.parametrize(("q", "total"), [("小区", 300), ("路灯", 294), ("垃圾", 6), ("无人清运", 6)])
def test_every_page_is_newest_first_and_none_is_lost(
    connection: Connection[Any], q: str, total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.search_queries.NEAR", 2)
    town(connection)
    numbers: list[str] = []
    cursor: str | None = None
    while True:
        part = page(connection, LedgerFilter(q=q), ALL, cursor, 7)
        numbers.extend(row.number for row in part.rows)
        if not (cursor := part.next_cursor):
            break
    assert len(numbers) == total
    assert numbers == sorted(set(numbers), reverse=True)


moments = st.timedeltas(timedelta(days=50 * 365), timedelta(days=190 * 365)).map(lambda since: UNDATED + since)


@given(newest=moments, back=st.timedeltas(timedelta(0), timedelta(days=3000)), at=moments, bounded=st.booleans())
def test_windows_widen_until_they_hold_everything(
    newest: datetime, back: timedelta, at: datetime, bounded: bool
) -> None:
    since = newest - back * 3 if bounded else None
    places = iter((back, back * 2, back * 16))
    asked = list(windows(newest, lambda _: newest - next(places), since))
    mine = set(time_terms(at))
    inside = [not window or bool(mine & set(window.strip("()").replace("'", "").split(" | "))) for window in asked]
    assert inside == sorted(inside)
    if (since or UNDATED) <= at <= newest:
        assert inside[-1]
    if newest - back <= at <= newest and (since is None or at >= since):
        assert inside[0]
    longest = stretch(LEVELS - 1, newest)  # so many of the longest stretches lie before it at all
    assert all(window.count("|") <= max(STRETCHES, longest) for window in asked)


def test_a_query_without_a_word_asks_nothing() -> None:
    assert TextQuery.of("？！ %") is None
