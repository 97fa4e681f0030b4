"""Objections by unit: what came of each, counted once, none of a hidden file."""

from typing import Any

import pytest
from psycopg import Connection

from domain.errors import Invalid
from domain.petition.events.handling import DutyDecided
from domain.vocabulary import Secrecy
from projections.ledger import Ledger
from projections.objections import Objections, ObjectionState
from projections.objections_queries import by_unit, page
from projections.sight import Sight
from tests.happened import accepted, assigned, disputed, received, return_asked, return_granted, return_refused, step
from tests.projections.tables_kit import feed, live_and_rebuilt
from tests.scenario import MONDAY, Steps, history

ALL = Sight(committee=True)
BEGUN: list[Steps] = [received(), accepted(), assigned("MS")]
DECIDED = step(DutyDecided(unit="MS", superior="HY", reason="属职责"), by="hu")


def states(connection: Connection[Any], *steps: Steps) -> list[tuple[str, int, ObjectionState]]:
    feed(connection, Ledger(), Objections(), recorded=history(*BEGUN, *steps))
    found, more = page(connection, ALL)
    assert more is None
    return [(one.unit, one.time, one.state) for one in reversed(found)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([return_asked()], [("MS", 1, ObjectionState.WAITING)]),
        ([return_asked(), return_granted()], [("MS", 1, ObjectionState.GRANTED)]),
        ([return_asked(), return_refused()], [("MS", 1, ObjectionState.REFUSED)]),
        ([return_asked(), assigned("WY")], [("MS", 1, ObjectionState.MOVED)]),
        ([return_asked(), return_refused(), disputed("MS", "WY")], [("MS", 1, ObjectionState.DISPUTED)]),
        (
            [return_asked(), return_refused(), disputed("MS", "WY"), DECIDED, assigned("MS")],
            [("MS", 1, ObjectionState.OVERRULED)],
        ),
        (
            [
                return_asked(),
                return_granted(),
                assigned("WY"),
                return_asked("WY", by="gu"),
                disputed("WY", "MS"),
                DECIDED,
            ],
            [("MS", 1, ObjectionState.GRANTED), ("WY", 1, ObjectionState.UPHELD)],
        ),
        (
            [return_asked(), return_granted(), assigned("MS"), return_asked()],
            [("MS", 1, ObjectionState.GRANTED), ("MS", 2, ObjectionState.WAITING)],
        ),
    ],
)
def test_what_came_of_an_objection(connection: Connection[Any], steps: list[Steps], expected: object) -> None:
    assert states(connection, *steps) == expected


def test_objections_are_counted_by_unit(connection: Connection[Any]) -> None:
    twice = history(*BEGUN, return_asked(), return_granted(), assigned("MS"), return_asked())
    once = history(*BEGUN, return_asked(), return_refused(), number="HY-2026-000002", position=100)
    other = history(
        received(), accepted(), assigned("WY"), return_asked("WY", by="gu"), number="HY-2026-000003", position=200
    )
    feed(connection, Ledger(), Objections(), recorded=[*twice, *once, *other])
    units = {one.unit: one for one in by_unit(connection, ALL, None, None)}
    assert list(units) == ["MS", "WY"]
    assert (units["MS"].objections, units["MS"].files) == (3, 2)
    assert units["MS"].states == {
        ObjectionState.GRANTED: 1,
        ObjectionState.REFUSED: 1,
        ObjectionState.WAITING: 1,
    }
    assert by_unit(connection, ALL, MONDAY, MONDAY) == list(units.values())
    assert by_unit(connection, ALL, None, MONDAY.replace(day=1)) == []


def test_pages_follow_each_other(connection: Connection[Any]) -> None:
    recorded = [
        one
        for k in range(3)
        for one in history(*BEGUN, return_asked(), number=f"HY-2026-00000{k + 1}", position=100 * k)
    ]
    feed(connection, Ledger(), Objections(), recorded=recorded)
    numbers, cursor = [], None
    while True:
        found, cursor = page(connection, ALL, unit="MS", cursor=cursor, limit=1)
        numbers += [one.number for one in found]
        if cursor is None:
            break
    assert numbers == ["HY-2026-000003", "HY-2026-000002", "HY-2026-000001"]
    assert page(connection, ALL, unit="WY") == ([], None)
    with pytest.raises(Invalid):
        page(connection, ALL, cursor="bm9uc2Vuc2U")


def test_objections_on_hidden_files_are_neither_shown_nor_counted(connection: Connection[Any]) -> None:
    secret = history(received(secrecy=Secrecy.SECRET), accepted(), assigned("MS"), return_asked(), return_granted())
    feed(connection, Ledger(), Objections(), recorded=secret)
    for sight, seen in ((Sight(staff=frozenset({"s"})), 0), (Sight(staff=frozenset({"s"}), office=True), 1)):
        assert len(page(connection, sight)[0]) == len(by_unit(connection, sight, None, None)) == seen


def test_rebuilt_equals_live(connection: Connection[Any]) -> None:
    recorded = history(*BEGUN, return_asked(), return_refused(), disputed("MS", "WY"), DECIDED, assigned("MS"))
    live, rebuilt = live_and_rebuilt(connection, Objections(), recorded)
    assert live == rebuilt
