"""Finding files that a petition may repeat: by who brought it, and by texts that share words, as far as one may know.

Both ways go by an index and give so many at most; how alike a file really is, is then the domain's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL

from domain.likeness import SameBy, Seen, keys
from domain.terms import search_terms
from projections.ledger_rows import LedgerRow, columns_for, row_of
from projections.likeness import person, placed_keys
from projections.search import indexed
from projections.sight import Sight

MOST = 60
"""How many files of each way are looked at: the newest of one person, and those that share most with the text."""
MOST_OF_KEY = 500
"""How many files of one key are looked at: where thousands say the same by rote, some of them will do."""

FOUND = SQL("""
WITH persons AS MATERIALIZED (
    SELECT found.number, b.by FROM unnest(%(blinds)s::text[], %(bys)s::text[]) AS b (blind, by)
    CROSS JOIN LATERAL (
        SELECT p.number FROM likeness.people p
        WHERE p.blind = b.blind AND NOT p.former AND NOT p.hidden ORDER BY p.number DESC LIMIT {most}) found
), texts AS MATERIALIZED (
    SELECT found.number FROM unnest(%(keys)s::bigint[]) AS k (key)
    CROSS JOIN LATERAL (
        SELECT p.number, p.hidden FROM likeness.parts p WHERE p.keys @> ARRAY[k.key] LIMIT {most_of_key}) found
    WHERE NOT found.hidden GROUP BY found.number ORDER BY count(*) DESC, found.number DESC LIMIT {most}
)
SELECT {columns}, r.area, r.category,
       (SELECT array_agg(DISTINCT p.by) FROM persons p WHERE p.number = r.number) AS same_by,
       (SELECT tsvector_to_array(d.title_terms || d.body_terms) FROM search.documents d
        WHERE d.number = r.number AND d.part = 'petition' AND NOT d.hidden) AS terms
FROM (SELECT number FROM persons UNION SELECT number FROM texts) f JOIN ledger.rows r ON r.number = f.number
WHERE r.received_day BETWEEN %(since)s AND %(until)s AND r.stage <> 'voided' AND r.number <> ALL(%(but)s) AND {sight}
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A petition for which likes are sought: its texts, its people's own values, and the days to look at."""

    title: str
    content: str
    people: tuple[tuple[SameBy, str], ...]
    since: date
    until: date

    @property
    def terms(self) -> frozenset[str]:
        """The terms of its texts, as the search index has them."""
        return frozenset((*search_terms(indexed(self.title)), *search_terms(indexed(self.content))))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be alike: its row of the ledger, and what is compared."""

    row: LedgerRow
    seen: Seen


def candidates(conn: Connection[Any], wanted: Wanted, sight: Sight, but: Collection[str] = ()) -> list[Candidate]:
    """Files that may be alike, `but` these, none that the caller may not know of. The connection must be `blinding`."""
    rule, parameters = sight.sql("r")
    sought = {key for text in (wanted.title, wanted.content) for key in keys(search_terms(indexed(text)))}
    asked = {
        "blinds": [person(by, value) for by, value in wanted.people],
        "bys": [by.value for by, _ in wanted.people],
        "keys": placed_keys(sorted(sought), wanted.since, wanted.until),
        "since": wanted.since,
        "until": wanted.until,
        "but": sorted(but),
    }
    query = FOUND.format(columns=SQL(columns_for(sight)), most=MOST, most_of_key=MOST_OF_KEY, sight=SQL(rule))
    return [_candidate(record) for record in fetch(conn, query, {**parameters, **asked})]


def fetch(conn: Connection[Any], query: Any, parameters: dict[str, object]) -> Iterable[DictRow]:
    """The records of a query."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def _candidate(record: DictRow) -> Candidate:
    person_by = tuple(by for by in SameBy if by.value in (record["same_by"] or ()))
    row = row_of(record)
    return Candidate(row, Seen(row.received_day, frozenset(record["terms"] or ()), row.area, row.category, person_by))
