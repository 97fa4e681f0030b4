"""The audit trail over 30,000 steps: every question is answered right, and from few pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import dict_row

from projections.audit import Audit
from projections.audit_queries import AuditFilter, audit
from projections.ledger import Ledger
from projections.sight import Sight
from projections.statistics import Statistics
from projections.worklist import Worklist
from tests.conftest import new_database
from tests.projections.many_files import FILES, counted
from tests.projections.tables_kit import feed

ALL = Sight(committee=True)
COMMITTEE = Sight(committee=True, staff=frozenset({"s1"}))
PAGE = 20
MOST_READ = 500
"""Pages. Twenty steps cost 63, each kind that fits three or four more; one of the indexes has 200, the table 600."""
SINCE, UNTIL = datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 1, 8, tzinfo=UTC)
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"actor": "s-1"},
    {"topic": "topic-1"},
    {"role": "role-1"},
    {"unit": "u-1"},
    {"on_behalf_of": "s-1"},
    {"backdated": True},
    {"backdated": False},
    {"stream": "HY-2026-000077"},
    {"stream": "HY-2026-000077", "role": "role-2"},
    {"topic": "topic-1", "role": "role-1"},
    {"topic": "topic-1", "role": "role-2"},
    {"actor": "s-11", "unit": "u-1", "role": "role-5"},
    {"backdated": True, "topic": "topic-20"},
    {"recorded_from": SINCE, "recorded_to": UNTIL},
    {"recorded_from": SINCE, "recorded_to": UNTIL, "role": "role-3"},
    {"recorded_to": SINCE, "topic": "topic-3", "unit": "u-3"},
    {"occurred_from": SINCE, "occurred_to": UNTIL},
    {"occurred_from": SINCE, "occurred_to": UNTIL, "role": "role-3", "topic": "topic-9"},
    {"occurred_from": SINCE, "occurred_to": UNTIL, "recorded_from": UNTIL},
    {"occurred_from": UNTIL},
)


@pytest.fixture(scope="module")
def steps(postgres_url: str, migrated_template: str) -> Iterator[Connection[Any]]:
    with (
        new_database(postgres_url, migrated_template) as url,
        psycopg.connect(url, autocommit=True, row_factory=dict_row) as one,
    ):
        feed(one, Ledger(), Statistics(), Worklist(), Audit(), recorded=[])
        one.execute(FILES.encode())
        one.execute("UPDATE ledger.rows SET against_staff = '{s1}' WHERE position BETWEEN 9500 AND 9990")
        one.execute("VACUUM ANALYZE")
        yield one


@pytest.fixture(scope="module")
def everything(steps: Connection[Any]) -> list[dict[str, Any]]:
    return steps.execute("SELECT * FROM audit.events ORDER BY recorded_at DESC, position DESC").fetchall()


def fits(step: dict[str, Any], name: str, value: Any) -> bool:
    side, _, bound = name.rpartition("_")
    if bound == "from":
        return bool(step[f"{side}_at"] >= value)
    return bool(step[f"{side}_at"] < value if bound == "to" else step[name] == value)


@pytest.mark.parametrize("asked", ASKED, ids=lambda one: " ".join(one) or "all")
def test_whatever_is_asked_is_found_in_few_pages(
    steps: Connection[Any], everything: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    fitting = [one["position"] for one in everything if all(fits(one, *condition) for condition in asked.items())]
    with counted(steps) as read:
        first = [one.position for one in audit(steps, AuditFilter(**asked), ALL, limit=PAGE)]
    assert read[0] < MOST_READ
    second = audit(steps, AuditFilter(**asked), ALL, before=first[-1], limit=PAGE) if first else []
    assert first + [one.position for one in second] == fitting[: 2 * PAGE]


def test_what_is_hidden_is_stepped_over(steps: Connection[Any]) -> None:
    """The 500 files before the newest ten accuse the caller: a page begins above them and goes on below."""
    found = audit(steps, AuditFilter(), COMMITTEE, limit=100)
    numbers = [int(one.stream[-6:]) for one in found]
    assert (
        numbers == sorted((i for i in [*range(9991, 10001), *range(9400, 9500)] for _ in range(3)), reverse=True)[:100]
    )
