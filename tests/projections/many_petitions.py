"""Twenty thousand petitions in the ledger and its search, in SQL: common and rare values, words and characters.

A third came by each channel, half are of each nature, a tenth is being handled and not answered. 路灯 is in every text,
井盖 in every seventh, 鹦鹉 in every 501st.
"""

from typing import Any

from psycopg import Connection

from projections.ledger import Ledger
from projections.search import Search
from tests.projections.tables_kit import feed

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
    '', array_to_tsvector(ARRAY['路灯', '灯不', '不亮', 'n' || position % 5000]
        || CASE WHEN position % 7 = 0 THEN '{井盖}' ELSE '{}' END::text[]
        || CASE WHEN position % 501 = 0 THEN '{鹦鹉}' ELSE '{}' END::text[])
FROM ledger.rows,
    LATERAL (SELECT extract(epoch FROM ordered_at - '1900-01-01 00:00Z'::timestamptz)::bigint / 60) m (minute)
"""


def ledger_of_many(connection: Connection[Any]) -> None:
    """Make the tables, fill them, and let the database know what is in them."""
    feed(connection, Ledger(), Search(), recorded=[])
    for statement in (FILES, FACETS, DOCUMENTS):
        connection.execute(statement)
    connection.execute("VACUUM ANALYZE")
