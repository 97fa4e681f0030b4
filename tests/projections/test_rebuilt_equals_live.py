"""Tables that were fed event by event hold what a rebuild makes of the same log, also after what was erased is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from domain.kernel import Recorded
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.vocabulary import Channel, ErasureGround
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from tests.projections.comparing import after_erasure, fed, filled, indexes
from tests.projections.histories import JANUARY, Histories, histories, received

MANY = 1000


@pytest.fixture
def connection(tables_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(tables_url) as opened:
        yield opened


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_live_and_rebuilt_tables_are_equal(connection: psycopg.Connection[Any], history: list[Recorded]) -> None:
    """Every projection is fed the same histories: drawing one takes longer than feeding it."""
    try:
        erased = after_erasure(history)
        for projection in PROJECTIONS:
            live = fed(connection, projection, history, 1)
            assert fed(connection, projection, erased, MANY) == live, projection.name
            assert filled(connection, projection, erased, 7) == live, projection.name
    finally:
        connection.rollback()


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_tables_that_were_filled_have_every_index(connection: psycopg.Connection[Any], projection: Projection) -> None:
    made = Histories().add("HY-2026-000001", JANUARY, full((NAMED, OTHER)))
    fed(connection, projection, made.recorded, 1)
    filled(connection, projection, made.recorded, 1)
    assert indexes(connection, f"{projection.name}_next") == indexes(connection, f"{projection.name}_1")


def test_the_planner_knows_what_stands_in_tables_that_were_filled(connection: psycopg.Connection[Any]) -> None:
    made = Histories().add("HY-2026-000001", JANUARY, full((NAMED, OTHER)))
    filled(connection, next(one for one in PROJECTIONS if one.name == "ledger"), made.recorded, 1)
    known = "SELECT tablename FROM pg_stats WHERE schemaname = 'ledger_next' AND attname = 'number'"
    assert {name for (name,) in connection.execute(known)} == {"rows", "facets"}


NAMED = v.Petitioner(id="p1", name="赵小草", phone="13900001111", id_number="110101199003070011", address="幸福路3号")
OTHER = v.Petitioner(id="p2", name="钱大树", phone="13900002222")


def full(petitioners: tuple[v.Petitioner, ...]) -> r.PetitionReceived:
    """A petition with petitioners who are named in its text too."""
    return received(Channel.HOTLINE).model_copy(
        update={
            "petitioners": petitioners,
            "title": "⟦p1.name⟧家门前的路灯不亮",
            "content": "⟦p1.name⟧(⟦p1.phone⟧)说,邻居⟦p2.name⟧也摔倒了,请打13900003333",
            "people_count": 2,
        }
    )


def erased(petitioner: str | None) -> r.DataErased:
    return r.DataErased(petitioner=petitioner, ground=ErasureGround.CONSENT_WITHDRAWN, asked_by="s2")


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
@pytest.mark.parametrize("whose", ["p1", "p2", None])
@pytest.mark.parametrize("corrected", [False, True])
def test_so_they_are_after_a_named_petitioner_was_erased(
    connection: psycopg.Connection[Any], projection: Projection, whose: str | None, corrected: bool
) -> None:
    made = Histories()
    made.add("HY-2026-000001", JANUARY, full((NAMED, OTHER)))
    made.add("HY-2026-000001", JANUARY, r.PetitionAccepted())
    if corrected:
        made.add("HY-2026-000001", JANUARY, r.PetitionCorrected(reason="写错了", title="路灯", petitioners=(OTHER,)))
    made.add("HY-2026-000001", JANUARY, erased(whose))
    made.add("HY-2026-000001", JANUARY, r.PetitionCorrected(reason="⟦p2.name⟧说不对", people_count=3))
    live = fed(connection, projection, made.recorded, 1)
    assert fed(connection, projection, after_erasure(made.recorded), MANY) == live
    if whose is None:
        assert not any(word in repr(live) for word in ("赵", "钱某", "⟦p1", "139"))


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_no_identity_stands_in_any_table(connection: psycopg.Connection[Any], projection: Projection) -> None:
    made = Histories().add("HY-2026-000001", JANUARY, full((NAMED, OTHER)))
    stored = repr(fed(connection, projection, made.recorded, 1))
    for secret in ("赵小草", "13900001111", "110101199003070011", "幸福路3号", "钱大树", "13900002222", "13900003333"):
        assert secret not in stored
