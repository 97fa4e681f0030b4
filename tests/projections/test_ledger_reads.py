"""Pages of a ledger of 20,000: whatever drives the query, the right files come, and few pages of tables are read."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import dict_row

from projections import ledger_facets, ledger_sql, ledger_words, search_queries
from projections.ledger_queries import count, page
from projections.ledger_rows import LedgerFilter
from projections.sight import Sight
from tests.conftest import new_database
from tests.projections.many_files import counted
from tests.projections.many_petitions import ledger_of_many

ALL = Sight(committee=True)
PAGE = 20
ASKED: tuple[tuple[dict[str, Any], int], ...] = (
    ({}, 60),
    ({"channel": "web"}, 150),
    ({"channel": "web", "nature": "help"}, 600),
    ({"channel": "web", "nature": "help", "units": ("u-3",)}, 5000),
    ({"stage": "handling", "units": ("u-3",)}, 4000),
    ({"stage": "handling", "channel": "web"}, 400),
    ({"areas": ("a-1", "a-2"), "nature": "help"}, 4000),
    ({"nature": "help", "received_from": date(2021, 3, 1), "received_to": date(2021, 3, 31)}, 800),
    ({"order": "due", "stage": "closed", "nature": "consult"}, 2500),
    ({"order": "due", "channel": "web"}, 500),
    ({"q": "路灯"}, 800),
    ({"q": "鹦鹉"}, 800),
    ({"q": "鹦鹉", "received_to": date(2020, 2, 10)}, 800),
    ({"q": "灯不亮"}, 800),
    ({"q": "路"}, 400),
    ({"q": "井"}, 1200),
    ({"q": "鹦"}, 4000),
    ({"q": "路", "channel": "web", "nature": "help"}, 800),
    ({"q": "鹦", "channel": "web"}, 4000),
    ({"q": "井盖", "channel": "web", "nature": "help"}, 2500),
    ({"q": "井盖", "stage": "handling", "units": ("u-3",)}, 6000),
    ({"q": "鹦鹉", "channel": "web", "nature": "help"}, 2000),
    ({"q": "路灯", "order": "due"}, 400),
    ({"q": "鹦", "order": "due"}, 4000),
    ({"q": "井", "order": "due", "nature": "help"}, 4000),
)
"""What is asked for, and how many pages of tables and indexes may be read for a page of 20. A row that is looked up
costs three, and up to a thousand are looked at where that promises a page."""
HOLDS = """
SELECT r.number, r.due, r.handled_at FROM ledger.rows r JOIN search.documents d USING (number)
 WHERE d.body_terms @@ %(words)s::tsquery AND {where} ORDER BY {order}"""
TERMS = {
    "路灯": "路灯",
    "鹦鹉": "鹦鹉",
    "灯不亮": "灯不&不亮",
    "井盖": "井盖",
    "路": "路:*",
    "井": "井:*",
    "鹦": "鹦:*",
}
CLAUSES = {
    "channel": "r.channel = %(channel)s", "stage": "r.stage = %(stage)s", "nature": "r.nature = %(nature)s",
    "units": "r.lead = ANY(%(units)s)", "areas": "r.area = ANY(%(areas)s)",
    "received_from": "r.received_day >= %(received_from)s", "received_to": "r.received_day <= %(received_to)s",
    "order": "r.due IS NOT NULL AND r.handled_at IS NULL",
}  # fmt: skip


@pytest.fixture(scope="module")
def connection(postgres_url: str, migrated_template: str) -> Iterator[Connection[Any]]:
    with (
        new_database(postgres_url, migrated_template) as url,
        psycopg.connect(url, autocommit=True, row_factory=dict_row) as one,
    ):
        one.execute("SET timezone = 'Asia/Shanghai'")
        ledger_of_many(one)
        yield one


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few is very few, and every window is small: so all ways of answering are taken."""
    monkeypatch.setattr(ledger_facets, "FEW", 40)
    monkeypatch.setattr(ledger_sql, "COMMON", 30)
    monkeypatch.setattr(ledger_words, "LOOKED_THROUGH", 50)
    monkeypatch.setattr(search_queries, "NEAR", 25)
    monkeypatch.setattr(search_queries, "PLACES", 500)


def first_pages(connection: Connection[Any], asked: dict[str, Any]) -> list[str]:
    first = page(connection, LedgerFilter(**asked), ALL, limit=PAGE)
    second = page(connection, LedgerFilter(**asked), ALL, first.next_cursor, PAGE).rows if first.next_cursor else ()
    return [row.number for row in (*first.rows, *second)]


def fitting(connection: Connection[Any], asked: dict[str, Any]) -> list[str]:
    where = " AND ".join(CLAUSES[name] for name in asked if name != "q") or "true"
    order = "r.due, r.number" if "order" in asked else "r.ordered_at DESC, r.number DESC"
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}
    words = {"words": TERMS[asked["q"]] if "q" in asked else "路灯"}
    found = connection.execute(HOLDS.format(where=where, order=order).encode(), {**values, **words}).fetchall()
    return [one["number"] for one in found]


@pytest.mark.parametrize(("asked", "most"), ASKED, ids=str)
def test_the_right_files_come_from_few_pages(connection: Connection[Any], asked: dict[str, Any], most: int) -> None:
    assert first_pages(connection, asked) == fitting(connection, asked)[: 2 * PAGE]
    with counted(connection) as read:
        page(connection, LedgerFilter(**asked), ALL, limit=PAGE)
    assert read[0] < most


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("asked", [asked for asked, _ in ASKED], ids=str)
def test_the_right_files_come_whatever_drives(connection: Connection[Any], asked: dict[str, Any]) -> None:
    assert first_pages(connection, asked) == fitting(connection, asked)[: 2 * PAGE]


@pytest.mark.parametrize("asked", [asked for asked, _ in ASKED], ids=str)
def test_a_count_is_right_or_says_that_there_are_more(connection: Connection[Any], asked: dict[str, Any]) -> None:
    whole = len(fitting(connection, asked))
    found = count(connection, LedgerFilter(**asked), ALL, cap=100)
    assert found.files == whole if found.exact else found.files <= whole
    assert found.exact or found.files > 0
