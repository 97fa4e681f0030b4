"""No query of the ledger scans: a lost index, or a plan that stopped using one, fails here."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from projections import ledger_sql
from projections.ledger_queries import count, page
from projections.ledger_rows import LedgerFilter
from projections.sight import Sight
from tests.projections.many_petitions import ledger_of_many
from tests.projections.tables_kit import explaining

ALL = Sight(committee=True)
STAFF = Sight(staff=frozenset({"s1"}), units=frozenset({"u-1"}), under=frozenset({"u-1", "u-street"}))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as one:
        yield one


ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"channel": "web"},
    {"stage": "handling"},
    {"stage": "handling", "channel": "web", "nature": "help"},
    {"areas": ("a-1", "a-2", "a-3")},
    {"categories": ("c-1", "c-2"), "units": ("u-1",)},
    {"units": ("u-1", "u-2")},
    {"received_from": date(2021, 1, 1), "received_to": date(2021, 1, 31)},
    {"received_from": date(2021, 1, 1), "received_to": date(2021, 1, 31), "channel": "web"},
    {"round": 2},
    {"order": "due"},
    {"overdue_on": date(2021, 1, 1)},
    {"overdue_on": date(2021, 1, 1), "units": ("u-0",)},
    {"overdue_on": date(2021, 1, 1), "areas": ("a-10",)},
    {"q": "HY-2026-0001"},
    {"q": "旧-1"},
    {"q": "路灯"},
    {"q": "灯不亮"},
    {"q": "n77"},
    {"q": "路灯", "channel": "web"},
    {"q": "路灯", "areas": ("a-1",)},
)


def test_no_query_of_the_ledger_scans(connection: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ledger_of_many(connection)
    plans: list[str] = []

    monkeypatch.setattr(ledger_sql, "fetch", explaining(plans))
    scanning: list[tuple[dict[str, Any], str]] = []
    for asked in ASKED:
        plans.clear()
        for sight in (ALL, STAFF):
            page(connection, LedgerFilter(**asked), sight)
            count(connection, LedgerFilter(**asked), sight, cap=100)
        assert plans
        scanning.extend((asked, line) for line in plans if "Seq Scan" in line)
    assert not scanning
