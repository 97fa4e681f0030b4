"""Likely duplicates: who is found by whom, what is hidden or erased, and that no question scans."""

from datetime import date, timedelta
from typing import Any

import pytest
from psycopg import Connection

from domain.kernel import Event, Recorded
from domain.likeness import SameBy, identities
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.vocabulary import Channel, ErasureGround, Secrecy
from projections import likeness_queries
from projections.ledger import Ledger
from projections.likeness import Likeness
from projections.likeness_queries import Wanted, candidates
from projections.search import Search
from projections.sight import Sight
from tests.projections.histories import JANUARY, Histories, noon, received
from tests.projections.tables_kit import everything, explaining, feed, live_and_rebuilt

NUMBER, OTHER = "HY-2026-000001", "HY-2026-000002"
ALL = Sight(committee=True)
NOISE = "石榴园1号楼前连续三晚夜间施工，噪声很大，老人孩子无法入睡"
PERSON = v.Petitioner(id="p1", name="甘棠梨", phone="13900001234", id_number="11010519491231002X", address="幸福路3号")
NEIGHBOUR = v.Petitioner(id="p2", name="陆见秋", phone="13900005678")


def petition(*people: v.Petitioner, text: str = NOISE, **more: Any) -> r.PetitionReceived:
    update = {"petitioners": people, "title": "夜间施工", "content": text, "people_count": max(1, len(people))}
    return received(Channel.WEB, **more).model_copy(update=update)


def wanted(*people: v.Petitioner, text: str = "", day: date = JANUARY) -> Wanted:
    persons = tuple(one for person in people for one in identities(person))
    return Wanted(title="", content=text, people=persons, since=day - timedelta(days=180), until=day)


def found(
    connection: Connection[Any], asked: Wanted, sight: Sight = ALL, but: tuple[str, ...] = ()
) -> dict[str, set[SameBy]]:
    return {one.row.number: set(one.seen.person) for one in candidates(connection, asked, sight, but)}


def after(connection: Connection[Any], *facts: Event, day: date = JANUARY) -> list[Recorded]:
    made = Histories().add(NUMBER, day, *facts)
    feed(connection, Ledger(), Search(), Likeness(), recorded=made.recorded)
    return made.recorded


def test_who_brought_it_finds_it(connection: Connection[Any]) -> None:
    after(connection, petition(PERSON, NEIGHBOUR, text="路灯不亮"))
    assert found(connection, wanted(PERSON)) == {NUMBER: set(SameBy)}
    assert found(connection, wanted(NEIGHBOUR)) == {NUMBER: {SameBy.PHONE}}
    assert found(connection, wanted(v.Petitioner(id="p1", phone="13900009999"))) == {}


def test_words_find_it_without_its_people(connection: Connection[Any]) -> None:
    after(connection, petition(PERSON))
    (one,) = candidates(connection, wanted(text=f"{NOISE}，望制止"), ALL)
    assert (one.row.number, one.seen.person, one.row.petitioner) == (NUMBER, (), "甘某某")
    assert "夜间" in one.seen.terms
    assert found(connection, wanted(text="三单元楼道灯坏了一周")) == {}
    assert found(connection, wanted(text=NOISE), but=(NUMBER,)) == {}


@pytest.mark.parametrize(("days", "there"), [(0, True), (100, True), (180, True), (181, False), (-1, False)])
def test_only_what_came_in_around_the_time_is_found(connection: Connection[Any], days: int, there: bool) -> None:
    after(connection, petition(PERSON))
    for asked in (
        wanted(PERSON, day=JANUARY + timedelta(days=days)),
        wanted(text=NOISE, day=JANUARY + timedelta(days=days)),
    ):
        assert bool(found(connection, asked)) == there


def test_a_corrected_day_moves_it(connection: Connection[Any]) -> None:
    moved = r.PetitionCorrected(reason="登记有误", received_at=noon(date(2025, 1, 6)))
    after(connection, petition(PERSON), moved)
    assert found(connection, wanted(text=NOISE)) == found(connection, wanted(PERSON)) == {}
    assert found(connection, wanted(text=NOISE, day=date(2025, 2, 1))) == {NUMBER: set()}


def test_corrections_replace_people_and_texts(connection: Connection[Any]) -> None:
    new = r.PetitionCorrected(reason="登记有误", petitioners=(NEIGHBOUR,), content="三单元楼道灯坏了一周，看不见台阶")
    after(connection, petition(PERSON), new)
    assert found(connection, wanted(PERSON)) == {}
    assert found(connection, wanted(NEIGHBOUR)) == {NUMBER: {SameBy.PHONE}}
    assert found(connection, wanted(text="三单元楼道灯坏了一周，看不见台阶")) == {NUMBER: set()}


def test_a_voided_number_is_not_found(connection: Connection[Any]) -> None:
    after(connection, petition(PERSON), r.NumberVoided(reason="误登记"))
    assert found(connection, wanted(PERSON, text=NOISE)) == {}


@pytest.mark.parametrize("whose", ["p1", None])
def test_restricted_data_is_not_processed(connection: Connection[Any], whose: str | None) -> None:
    sealed = r.DataRestricted(petitioner=whose, ground=ErasureGround.CONSENT_WITHDRAWN, reason="本人要求")
    lifted = r.RestrictionLifted(petitioner=whose, reason="撤回")
    for facts, by_person in ((sealed,), False), ((sealed, lifted), True):
        after(connection, petition(PERSON, NEIGHBOUR), *facts)
        assert (NUMBER in found(connection, wanted(PERSON))) == by_person
        assert (NUMBER in found(connection, wanted(NEIGHBOUR))) == (by_person or whose is not None)
        assert (NUMBER in found(connection, wanted(text=NOISE))) == (by_person or whose is not None)


@pytest.mark.parametrize("whose", ["p1", None])
def test_an_erased_person_is_found_no_more(connection: Connection[Any], whose: str | None) -> None:
    gone = r.DataErased(petitioner=whose, ground=ErasureGround.UNLAWFUL, asked_by="s2")
    history = after(connection, petition(PERSON, NEIGHBOUR), gone)
    assert found(connection, wanted(PERSON)) == {}
    assert bool(found(connection, wanted(NEIGHBOUR))) == (whose is not None)
    assert bool(found(connection, wanted(text=NOISE))) == (whose is not None)
    live, rebuilt = live_and_rebuilt(connection, Likeness(), history)
    assert live == rebuilt
    assert len(live["people"]) == (1 if whose else 0)


def test_no_person_can_be_read_in_the_tables(connection: Connection[Any]) -> None:
    after(connection, petition(PERSON))
    stored = everything(connection, "likeness")
    for secret in ("甘棠梨", "13900001234", "11010519491231002", "幸福路"):
        assert secret not in stored


@pytest.mark.parametrize(
    ("sight", "there"),
    [
        (ALL, True),
        (Sight(staff=frozenset({"s1"}), office=True), True),
        (Sight(staff=frozenset({"s1"})), False),
        (Sight(staff=frozenset({"s1"}), under=frozenset({"ZF"}), office=True), False),
    ],
)
def test_what_one_may_not_know_of_is_not_proposed(connection: Connection[Any], sight: Sight, there: bool) -> None:
    after(connection, petition(PERSON, secrecy=Secrecy.SECRET, against="ZF"))
    for asked in (wanted(PERSON), wanted(text=NOISE)):
        assert bool(found(connection, asked, sight)) == there


FILES = """
INSERT INTO ledger.rows (number, ordered_at, received_at, received_day, channel, petitioners, people, people_count,
    title, nature, secrecy, stage, version, position)
SELECT 'HY-2026-' || lpad(i::text, 6, '0'), at, at, at::date, 'web', '{}', '{}', 1, '路灯', 'help', 'open', 'closed', 1,
    i
FROM (SELECT i, timestamptz '2024-01-01' + i * interval '1 hour' AS at FROM generate_series(1, 20000) i) files
"""
DOCUMENTS = """
INSERT INTO search.documents (number, part, ordered_at, title, body, time_terms, title_terms, body_terms)
SELECT number, 'petition', ordered_at, '', '路灯不亮', '', '', array_to_tsvector(ARRAY['路灯', '灯不', '不亮'])
FROM ledger.rows
"""
PARTS = """
INSERT INTO likeness.parts (number, part, keys, hidden)
SELECT number, part, ARRAY(SELECT (position * 31 + k) % 4000 * 4096 + (received_day - date '1900-01-01') / 92
    FROM generate_series(1, 20) k), false
FROM ledger.rows, unnest(ARRAY['title', 'content']) AS p (part)
"""
PEOPLE = """
INSERT INTO likeness.people (number, petitioner, by, blind, hidden)
SELECT number, 'p1', 'phone', md5((position % 5000)::text), false FROM ledger.rows
"""


def test_no_question_scans(connection: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    feed(connection, Ledger(), Search(), Likeness(), recorded=[])
    for statement in (FILES, DOCUMENTS, PARTS, PEOPLE):
        connection.execute(statement)
    connection.execute("ANALYZE")
    plans: list[str] = []

    monkeypatch.setattr(likeness_queries, "fetch", explaining(plans))
    staff = Sight(staff=frozenset({"s1"}), units=frozenset({"u-1"}), under=frozenset({"u-1", "u-street"}))
    for sight in (ALL, staff):
        for asked in (wanted(PERSON, text=NOISE), wanted(PERSON), wanted(text=NOISE)):
            candidates(connection, asked, sight)
    assert plans
    assert not [line for line in plans if "Seq Scan" in line]
