"""The statements that find the ledger's rows, and a query put together from their parts.

Each is driven by one index in the order of its page; subqueries with `OFFSET 0` keep the planner to that, whose
estimates for several conditions together can be wrong by a thousand times.
"""

from __future__ import annotations

from copy import copy
from datetime import date, datetime, time
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composable, Composed, Literal

from domain.kernel import SHANGHAI
from projections.ledger_facets import Driver
from projections.paging import Sql
from projections.search_queries import TextQuery

COMMON = 600
"""From so many documents with the words on they are common: no more are counted."""

BY_TIME = SQL("""
SELECT {columns} FROM ledger.rows r WHERE {conditions} AND {keys}
ORDER BY r.ordered_at DESC, r.number DESC LIMIT {limit}""")
NEWEST = SQL("""
SELECT {columns} FROM (
    SELECT * FROM ledger.rows r WHERE {keys} ORDER BY r.ordered_at DESC, r.number DESC LIMIT {looked}) r
WHERE {conditions} ORDER BY r.ordered_at DESC, r.number DESC LIMIT {limit}""")
BY_NUMBER = SQL("""
SELECT {columns} FROM ledger.rows r WHERE {conditions} AND {keys} ORDER BY r.number DESC LIMIT {limit}""")
BY_DUE = SQL("""
SELECT {columns} FROM ledger.rows r WHERE {conditions} AND {keys} ORDER BY r.due, r.number LIMIT {limit}""")
BY_FACET = SQL("""
SELECT DISTINCT ON (r.ordered_at, r.number) {columns}
FROM {values} AS v (value) CROSS JOIN LATERAL (
    SELECT r.* FROM ledger.facets f
    CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = f.number AND {conditions} OFFSET 0) r
    WHERE f.dimension = %(facet)s AND f.value = v.value AND {keys}
    ORDER BY f.ordered_at DESC, f.number DESC LIMIT {limit}) r
ORDER BY r.ordered_at DESC, r.number DESC LIMIT {limit}""")
BY_LINES = SQL("""
SELECT {columns} FROM (SELECT DISTINCT s.ordered_at, s.number FROM ({source}) s
    ORDER BY s.ordered_at DESC, s.number DESC OFFSET 0) l
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = l.number AND {conditions} OFFSET 0) r
ORDER BY l.ordered_at DESC, l.number DESC LIMIT {limit}""")
"""For what stands under several facets, or holds the words: only the lines are sorted, then rows looked up in order."""
FEW_BY = SQL("""
SELECT DISTINCT ON ({order}) {columns} FROM ({source}) n
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = n.number AND {conditions} AND {own} OFFSET 0) r
ORDER BY {order} {direction} LIMIT {limit}""")
COUNTED = SQL("""
WITH looked AS MATERIALIZED ({source} LIMIT {looked})
SELECT (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM (
    SELECT DISTINCT l.number FROM looked l
    CROSS JOIN LATERAL (SELECT FROM ledger.rows r WHERE r.number = l.number AND {conditions} OFFSET 0) r) one) AS found
""")
OF_FACET = SQL("""SELECT f.ordered_at, f.number FROM {values} AS v (value)
JOIN ledger.facets f ON f.dimension = %(facet)s AND f.value = v.value {beside} WHERE {source_keys}""")
OF_WORDS = SQL("SELECT d.ordered_at, d.number FROM search.documents d WHERE {words} AND {source_keys}")
NEWEST_LINES = SQL("""SELECT r.ordered_at, r.number FROM ledger.rows r WHERE {keys}
ORDER BY r.ordered_at DESC, r.number DESC""")
HITS = SQL("""
SELECT count(*) AS hits FROM (SELECT FROM search.documents d WHERE {words} AND {keys} LIMIT {common}) few""")
LINES = SQL("""
SELECT count(*) AS lines FROM (SELECT FROM {values} AS v (value)
    JOIN ledger.facets f ON f.dimension = %(facet)s AND f.value = v.value WHERE {keys} LIMIT {common}) few""")
TOGETHER = SQL("SELECT count(*) AS files FROM ({source} LIMIT {looked}) few")
PLACE_IN_TIME = SQL("""
SELECT r.ordered_at FROM ledger.rows r WHERE r.ordered_at <= %(latest)s
ORDER BY r.ordered_at DESC, r.number DESC OFFSET {places} LIMIT 1""")
ANY_LEGACY = SQL("SELECT FROM ledger.facets WHERE dimension = 'legacy' AND value = %(typed)s LIMIT 1")
HAS_WORDS = """EXISTS (
    SELECT FROM (SELECT * FROM search.documents d WHERE d.number = r.number OFFSET 0) d WHERE {words})"""


class Query(Sql):
    """Conditions on `ledger.rows r`; those on the key of an order apart, because the driving table serves them.

    `keys` bound the order by time, whatever drives; `own` is the part of another order, of the rows themselves.
    """

    def __init__(self, conn: Connection[Any], columns: str, limit: int) -> None:
        """A query for so many rows with these columns."""
        super().__init__()
        self.conn, self.columns, self.limit = conn, columns, limit
        self.keys: list[str] = []
        self.own: list[str] = []

    def key(self, condition: str, **parameters: object) -> None:
        """Add a condition on the order by time; `{t}` stands for the table that drives the query."""
        self.keys.append(condition)
        self.parameters.update(parameters)

    def own_key(self, condition: str, **parameters: object) -> None:
        """Add a condition on the rows' own order."""
        self.own.append(condition)
        self.parameters.update(parameters)

    def split(self, at: datetime) -> tuple[Query, Query]:
        """The query for what came in since then, and that for what came in before."""
        near, far = self._copied(), self._copied()
        mark = f"mark_{len(self.keys)}"
        near.key(f"{{t}}.ordered_at >= %({mark})s", **{mark: at})
        far.key(f"{{t}}.ordered_at < %({mark})s", **{mark: at})
        return near, far

    def with_words(self, words: TextQuery) -> Query:
        """The same query, whose files must hold the words too, to be checked row by row."""
        other = self._copied()
        other.where(HAS_WORDS.replace("{words}", words.row_condition()), words.parameters())
        return other

    def _copied(self) -> Query:
        other = copy(self)
        other.keys, other.own, other.conditions = list(self.keys), list(self.own), list(self.conditions)
        other.parameters = dict(self.parameters)
        return other

    def fetch(  # noqa: PLR0917 - parts of one statement
        self,
        statement: SQL,
        driver: LiteralString,
        driving: Driver | None = None,
        words: str = "",
        source: SQL | None = None,
        order: LiteralString = "",
        direction: LiteralString = "",
        looked: int = 0,
    ) -> list[DictRow]:
        """Run a statement with its parts filled in. `source`: a statement within it, whose table has the keys."""
        if driving:
            self.parameters.update(driving.parameters)
        parts: dict[str, Composable] = {
            "columns": SQL(self.columns),
            "conditions": SQL(str(self)),
            "keys": self._bounds(driver, self.keys if source else [*self.keys, *self.own]),
            "own": self._bounds("r", [*self.keys, *self.own]),
            "source_keys": self._bounds("f" if driving else "d", self.keys),
            "limit": Literal(self.limit),
            "looked": Literal(looked),
            "words": SQL(words),
            "common": Literal(COMMON),
            "beside": driving.joins() if driving else SQL(""),
            "values": driving.values() if driving else SQL(""),
            "order": SQL(order),
            "direction": SQL(direction),
        }
        within = source.format(**parts) if source else SQL("")
        return fetch(self.conn, statement.format(**parts, source=within), self.parameters)

    @staticmethod
    def _bounds(table: LiteralString, keys: list[str]) -> SQL:
        return SQL(" AND ".join(keys).replace("{t}", table) or "true")


def fetch(conn: Connection[Any], statement: Composed, parameters: dict[str, object]) -> list[DictRow]:
    """Run one query; every query of the ledger goes through here."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def place_in_time(query: Query, latest: datetime, places: int) -> datetime | None:
    """When the file came in that stands so many places behind the newest up to `latest`; None where there is none."""
    found = fetch(query.conn, PLACE_IN_TIME.format(places=Literal(places)), {"latest": latest})
    return found[0]["ordered_at"] if found else None


def midnight(day: date) -> datetime:
    """When a day begins in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)
