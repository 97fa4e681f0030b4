"""No query of the ledger scans: a lost index, or a plan that stopped using one, fails here."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from projections import ledger_plan
from projections.ledger import Ledger
from projections.ledger_queries import count, page
from projections.ledger_rows import LedgerFilter
from projections.search import Search
from projections.sight import Sight
from tests.projections.tables_kit import explaining, feed

ALL = Sight(committee=True)
STAFF = Sight(staff=frozenset({"s1"}), units=frozenset({"u-1"}), under=frozenset({"u-1", "u-street"}))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as one:
        yield one


FILES = """
INSERT INTO ledger.rows (number, ordered_at, received_at, received_day, channel, petitioners, people, people_count,
    title, area, category, nature, secrecy, stage, due, handled_at, lead, involved, version, position)
SELECT 'HY-2026-' || lpad(i::text, 6, '0'), at, at, at::date, (ARRAY['web', 'window', 'hotline'])[1 + i % 3],
    '{}', '{}', 1,
    '路灯', 'a-' || i % 40, 'c-' || i % 50, (ARRAY['help', 'consult'])[1 + i % 2], 'open',
    CASE WHEN i % 10 = 0 THEN 'handling' ELSE 'closed' END, at::date + 5, CASE WHEN i % 10 = 0 THEN NULL ELSE at END,
    'u-' || i % 10, ARRAY['u-' || i % 10], 1, i
FROM (SELECT i, timestamptz '2020-01-01' + i * interval '1 hour' AS at FROM generate_series(1, 20000) i) files
"""
FACETS = """
INSERT INTO ledger.facets (number, dimension, value, ordered_at)
SELECT number, dimension, value, ordered_at FROM ledger.rows, LATERAL (VALUES ('channel', channel), ('area', area),
    ('category', category), ('nature', nature), ('stage', stage), ('unit', lead)) f (dimension, value)
"""
DOCUMENTS = """
INSERT INTO search.documents (number, part, ordered_at, title, body, time_terms, title_terms, body_terms)
SELECT number, 'petition', ordered_at, '', '路灯不亮' || repeat(md5(number), 20),
    array_to_tsvector(ARRAY(SELECT '@' || level || '.' || (minute >> 3 * level) FROM generate_series(0, 7) level)),
    '', array_to_tsvector(ARRAY['路灯', '灯不', '不亮', 'n' || position % 5000])
FROM ledger.rows,
    LATERAL (SELECT extract(epoch FROM ordered_at - '1900-01-01 00:00Z'::timestamptz)::bigint / 60) m (minute)
"""


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
    feed(connection, Ledger(), Search(), recorded=[])
    for statement in (FILES, FACETS, DOCUMENTS):
        connection.execute(statement)
    connection.execute("VACUUM ANALYZE")
    plans: list[str] = []

    monkeypatch.setattr(ledger_plan, "fetch", explaining(plans))
    scanning: list[tuple[dict[str, Any], str]] = []
    for asked in ASKED:
        plans.clear()
        for sight in (ALL, STAFF):
            page(connection, LedgerFilter(**asked), sight)
            count(connection, LedgerFilter(**asked), sight, cap=100)
        assert plans
        scanning.extend((asked, line) for line in plans if "Seq Scan" in line)
    assert not scanning
