"""How the ledger's rows are found: one index drives each query in the order of its page, the rest is checked by row.

Which index depends on what is asked: the number, the due dates, the words of the text, the rarest facet, or plainly
the order itself. It is chosen here and not by the planner, whose estimates for several conditions together can be
wrong by a thousand times; subqueries with `OFFSET 0` keep it to the choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import islice
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composable, Composed, Literal

from domain.kernel import SHANGHAI
from projections.ledger_facets import FEW, SIZES, Driver, Facet, asked_sizes, driver_of, facets_of
from projections.ledger_rows import LedgerFilter, Order
from projections.paging import Cursor, Sql
from projections.search_queries import TextQuery, windows
from projections.sight import Sight

COMMON = 600
"""From so many files with the words in a window on, a wider one is not asked for where a facet can drive the query."""
LOOKED_AT = 2000
"""How many files under a facet or a word are looked at for a count."""
RARE = 100
"""Words in fewer of the newer files than this are taken for rare ones."""
LATEST = datetime(9999, 1, 1, tzinfo=UTC)

_NUMBER = re.compile(r"[A-Z]{2,8}-\d{0,4}(?:-\d{0,12})?", re.ASCII)
_HIGHEST = "\U0010ffff"

BY_TIME = SQL("""
SELECT {columns} FROM ledger.rows r WHERE {conditions} AND {keys}
ORDER BY r.ordered_at DESC, r.number DESC LIMIT {limit}""")
BY_NUMBER = SQL("""
SELECT {columns} FROM ledger.rows r WHERE {conditions} AND {keys} ORDER BY r.number DESC LIMIT {limit}""")
BY_DUE = SQL("""
SELECT {columns} FROM ledger.rows r WHERE {conditions} AND {keys} ORDER BY r.due, r.number LIMIT {limit}""")
BY_FACET = SQL("""
SELECT DISTINCT ON (r.ordered_at, r.number) {columns}
FROM {values} AS v (value) CROSS JOIN LATERAL (
    SELECT r.* FROM ledger.facets f {beside}
    CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = f.number AND {conditions} OFFSET 0) r
    WHERE f.dimension = %(facet)s AND f.value = v.value AND {keys}
    ORDER BY f.ordered_at DESC, f.number DESC LIMIT {limit}) r
ORDER BY r.ordered_at DESC, r.number DESC LIMIT {limit}""")
FEW_BY = SQL("""
SELECT DISTINCT ON ({order}) {columns} FROM ({source}) n
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = n.number AND {conditions} AND {keys} OFFSET 0) r
ORDER BY {order} {direction} LIMIT {limit}""")
BY_WORDS = SQL("""
WITH hits AS MATERIALIZED (
    SELECT DISTINCT d.ordered_at, d.number FROM search.documents d WHERE {words} AND {keys}
    ORDER BY d.ordered_at DESC, d.number DESC)
SELECT {columns} FROM hits h
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = h.number AND {conditions} OFFSET 0) r
ORDER BY h.ordered_at DESC, h.number DESC LIMIT {limit}""")
COUNTED = SQL("""
WITH looked AS MATERIALIZED ({source} LIMIT {limit})
SELECT (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM (
    SELECT DISTINCT l.number FROM looked l
    CROSS JOIN LATERAL (SELECT FROM ledger.rows r WHERE r.number = l.number AND {conditions} OFFSET 0) r) one) AS found
""")
OF_FACET = SQL("""SELECT f.number FROM {values} AS v (value)
JOIN ledger.facets f ON f.dimension = %(facet)s AND f.value = v.value {beside} WHERE {keys}""")
OF_WORDS = SQL("SELECT d.number FROM search.documents d WHERE {words} AND {keys}")
HITS = SQL("""
SELECT count(*) AS hits FROM (SELECT FROM search.documents d WHERE {words} AND {keys} LIMIT {common}) few""")
HAS_WORDS = """EXISTS (
    SELECT FROM (SELECT * FROM search.documents d WHERE d.number = r.number OFFSET 0) d WHERE {words})"""
TOGETHER = SQL("SELECT count(*) AS files FROM ({source} LIMIT {limit}) few")
ANY_LEGACY = Composed([SQL("SELECT FROM ledger.facets WHERE dimension = 'legacy' AND value = %(typed)s LIMIT 1")])
PLACE_IN_TIME = SQL("""
SELECT r.ordered_at FROM ledger.rows r WHERE r.ordered_at <= %(latest)s
ORDER BY r.ordered_at DESC, r.number DESC OFFSET {places} LIMIT 1""")


def order_of(asked: LedgerFilter) -> Order:
    """The order in which a filter's files come."""
    if _prefix(asked.q):
        return "number"
    return "due" if asked.overdue_on else asked.order


def records(
    conn: Connection[Any], asked: LedgerFilter, sight: Sight, after: Cursor | None, *, limit: int, columns: str
) -> list[DictRow]:
    """The next `limit` rows after a cursor, with these columns of `ledger.rows r`."""
    plan = _planned(_Query(conn, columns, limit), asked, sight)
    if plan is None:
        return []
    order = order_of(asked)
    if order == "number":
        return _by_number(plan, asked, after)
    if order == "due":
        return _by_due(plan, asked, after)
    _time_keys(plan.query, asked, after)
    if plan.words:
        return _by_words(plan.query, asked, plan.words, plan.driver, after)
    if plan.driver:
        return plan.query.fetch(BY_FACET, "f", driving=plan.driver)
    return plan.query.fetch(BY_TIME, "r")


def tally(conn: Connection[Any], asked: LedgerFilter, sight: Sight, cap: int) -> tuple[int, bool]:
    """How many files the filter finds, up to `cap`, and whether that is all of them.

    Of the files under a common facet or word only so many are looked at, so that a count costs about as much as a page.
    """
    plan = _planned(_Query(conn, "r.number", cap + 1), asked, sight)
    if plan is None:
        return 0, True
    if order_of(asked) != "received" or not (plan.words or plan.driver):
        found = len(records(conn, asked, sight, None, limit=cap + 1, columns="r.number"))
        return min(found, cap), found <= cap
    _time_keys(plan.query, asked, None)
    found, all_seen = (
        _count_by_words(plan.query, asked, plan.words, cap)
        if plan.words
        else _count(plan.query, OF_FACET, "f", driving=plan.driver)
    )
    return min(found, cap), all_seen and found <= cap


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query with its conditions, and what may drive it: words, or facets."""

    query: _Query
    words: TextQuery | None
    driver: Driver | None

    @property
    def few(self) -> Driver | None:
        """What drives it, where that finds few files: these can be put in any order."""
        return self.driver if self.driver and self.driver.few else None


def _planned(query: _Query, asked: LedgerFilter, sight: Sight) -> _Plan | None:
    """What drives the query; None where nothing can match. With few files under a facet, words are only checked."""
    query.where(*sight.sql("r"))
    _conditions(query, asked)
    words, facets = _typed(query, asked)
    if words is None and facets is None:
        return None
    driver = _driver(query, facets or [])
    if driver and not driver.few and order_of(asked) != "received":
        driver = replace(driver, few=_few_together(query, driver))
    if words and driver and driver.few:
        query.where(HAS_WORDS.replace("{words}", words.condition()), words.parameters())
        words = None
    return _Plan(query, words, driver)


class _Query(Sql):
    """Conditions on `ledger.rows r`; those on the key of the order apart, because the driving table serves them."""

    def __init__(self, conn: Connection[Any], columns: str, limit: int) -> None:
        super().__init__()
        self.conn, self.columns, self.limit = conn, columns, limit
        self.keys: list[str] = []
        self.source: SQL | None = None

    def key(self, condition: str, **parameters: object) -> None:
        """Add a condition on the order's key; `{t}` stands for the table that drives the query."""
        self.keys.append(condition)
        self.parameters.update(parameters)

    def fetch(  # noqa: PLR0917 - parts of one statement
        self,
        statement: SQL,
        driver: LiteralString,
        driving: Driver | None = None,
        words: str = "",
        order: LiteralString = "",
        direction: LiteralString = "",
    ) -> list[DictRow]:
        """Run a statement with its parts filled in."""
        if driving:
            self.parameters.update(driving.parameters)
        parts: dict[str, Composable] = {
            "columns": SQL(self.columns),
            "conditions": SQL(str(self)),
            "keys": SQL(" AND ".join(self.keys).replace("{t}", driver) or "true"),
            "limit": Literal(self.limit),
            "words": SQL(words),
            "common": Literal(COMMON),
            "beside": driving.joins() if driving else SQL(""),
            "values": driving.values() if driving else SQL(""),
            "order": SQL(order),
            "direction": SQL(direction),
        }
        # What is few is narrowed down by the rows' own keys.
        own = parts | {"keys": SQL("true")} if statement is FEW_BY else parts
        source = self.source.format(**own) if self.source else SQL("")
        return fetch(self.conn, statement.format(**parts, source=source), self.parameters)


def fetch(conn: Connection[Any], statement: Composed, parameters: dict[str, object]) -> list[DictRow]:
    """Run one query; every query of the ledger goes through here."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def _conditions(query: _Query, asked: LedgerFilter) -> None:
    """What a row must be, beside where it stands in the order."""
    for column in ("channel", "stage", "nature", "round"):
        if (value := getattr(asked, column)) is not None:
            query.where(f"r.{column} = %({column})s", {column: value})
    if asked.units:
        query.where("r.involved && %(units)s", {"units": list(asked.units)})
    if asked.areas:
        query.where("r.area = ANY(%(areas)s)", {"areas": list(asked.areas)})
    if asked.categories:
        query.where("r.category = ANY(%(categories)s)", {"categories": list(asked.categories)})
    if asked.overdue_on:
        query.where(
            "r.due < %(overdue_on)s AND r.due IS NOT NULL AND r.handled_at IS NULL", {"overdue_on": asked.overdue_on}
        )


def _typed(query: _Query, asked: LedgerFilter) -> tuple[TextQuery | None, list[Facet] | None]:
    """What the typed text asks for beside the other facets: a legacy number or words. Both None: nothing can match."""
    typed, facets = (asked.q or "").strip(), list(facets_of(asked))
    if not typed or _prefix(typed):
        return None, facets
    legacy = Facet("legacy", (typed,))
    if fetch(query.conn, ANY_LEGACY, {"typed": typed}):
        query.where("r.legacy_number = %(legacy_number)s", {"legacy_number": typed})
        return None, [legacy]
    words = TextQuery.of(typed)
    return words, facets if words else None


def _driver(query: _Query, facets: list[Facet]) -> Driver | None:
    """Which facet drives the query; None where none was asked for."""
    if not facets:
        return None
    found = fetch(query.conn, Composed([SIZES]), asked_sizes(facets))
    return driver_of(facets, {one["dimension"]: (one["files"], one["full"], float(one["density"])) for one in found})


def _few_together(query: _Query, driver: Driver) -> bool:
    """Whether few files stand under all facets together, though many do under each."""
    if not driver.beside:
        return False
    parts = {"keys": SQL("true"), "beside": driver.joins(), "values": driver.values()}
    statement = TOGETHER.format(source=OF_FACET.format(**parts), limit=Literal(FEW))
    return int(fetch(query.conn, statement, driver.parameters)[0]["files"]) < FEW


def _time_keys(query: _Query, asked: LedgerFilter, after: Cursor | None) -> None:
    """The part of the order by time that the filter and the cursor leave."""
    if after:
        query.key("({t}.ordered_at, {t}.number) < (%(at)s, %(after)s)", at=after.instant(), after=after.rest[0])
    if asked.received_from:
        query.key("{t}.ordered_at >= %(received_from)s", received_from=_midnight(asked.received_from))
    if asked.received_to:
        until = _midnight(asked.received_to + timedelta(days=1))
        query.key("{t}.ordered_at < %(received_until)s", received_until=until)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _prefix(typed: str | None) -> str | None:
    """The beginning of a number, if that is what was typed."""
    plain = (typed or "").strip().upper()
    return plain if _NUMBER.fullmatch(plain) else None


def _by_number(plan: _Plan, asked: LedgerFilter, after: Cursor | None) -> list[DictRow]:
    query = plan.query
    _time_keys(query, asked, None)
    prefix = str(_prefix(asked.q))
    query.key("{t}.number >= %(prefix)s AND {t}.number < %(beyond)s", prefix=prefix, beyond=prefix + _HIGHEST)
    if after:
        query.key("{t}.number < %(after)s", after=after.rest[0])
    if plan.few:
        query.source = OF_FACET
        return query.fetch(FEW_BY, "r", driving=plan.few, order="r.number", direction="DESC")
    return query.fetch(BY_NUMBER, "r")


def _by_due(plan: _Plan, asked: LedgerFilter, after: Cursor | None) -> list[DictRow]:
    query, words = plan.query, plan.words
    _time_keys(query, asked, None)
    query.key("{t}.due IS NOT NULL AND {t}.handled_at IS NULL")
    if after:
        query.key("({t}.due, {t}.number) > (%(due)s, %(after)s)", due=after.day(), after=after.rest[0])
    if plan.few:
        query.source = OF_FACET
        return query.fetch(FEW_BY, "r", driving=plan.few, order="r.due, r.number")
    if words is None:
        return query.fetch(BY_DUE, "r")
    if _rare(query, words):
        query.source = OF_WORDS
        query.parameters.update(words.parameters())
        return query.fetch(FEW_BY, "r", words=words.condition(), order="r.due, r.number")
    query.where(HAS_WORDS.replace("{words}", words.condition()), words.parameters())
    return query.fetch(BY_DUE, "r")


def _rare(query: _Query, words: TextQuery) -> bool:
    """Whether the words stand in few of the newer files, and so likely in few of all."""
    everything = _Query(query.conn, "", RARE)
    for window in islice(_windows(query, LedgerFilter(), None), 2):
        everything.parameters.update(words.parameters(window))
        if everything.fetch(HITS, "d", words=words.condition())[0]["hits"] >= RARE:
            return False
    return True


def _by_words(
    query: _Query, asked: LedgerFilter, words: TextQuery, driver: Driver | None, after: Cursor | None
) -> list[DictRow]:
    """Look back in time in widening windows until the page is full (see search_queries.py).

    Where the words are common and it is the other conditions that leave the page unfilled, the facets drive.
    """
    found: list[DictRow] = []
    for window in _windows(query, asked, after):
        query.parameters.update(words.parameters(window))
        found = query.fetch(BY_WORDS, "d", words=words.condition())
        if len(found) == query.limit:
            break
        if driver and query.fetch(HITS, "d", words=words.condition())[0]["hits"] == COMMON:
            query.where(HAS_WORDS.replace("{words}", words.condition()), words.parameters())
            return query.fetch(BY_FACET, "f", driving=driver)
    return found


def _windows(query: _Query, asked: LedgerFilter, after: Cursor | None) -> Iterator[str]:
    """The windows to look in, back from the cursor or from the last day asked for."""
    since = _midnight(asked.received_from) if asked.received_from else None
    latest = after.instant() if after else _midnight(asked.received_to) + timedelta(1) if asked.received_to else LATEST
    newest = _place_in_time(query, latest, 0)
    if newest is not None:
        yield from windows(newest, partial(_place_in_time, query, latest), since)


def _count(
    query: _Query, source: SQL, driver: LiteralString, driving: Driver | None = None, words: str = ""
) -> tuple[int, bool]:
    """How many of the first files that a source gives meet the conditions, and whether these were all."""
    query.source, query.limit = source, LOOKED_AT
    counted = query.fetch(COUNTED, driver, driving=driving, words=words)[0]
    return counted["found"], counted["looked"] < LOOKED_AT


def _count_by_words(query: _Query, asked: LedgerFilter, words: TextQuery, cap: int) -> tuple[int, bool]:
    """Count in widening windows until there are enough, or more than will be looked at."""
    found, all_seen = 0, True
    for window in _windows(query, asked, None):
        query.parameters.update(words.parameters(window))
        found, all_seen = _count(query, OF_WORDS, "d", words=words.condition())
        if found > cap or not all_seen:
            break
    return found, all_seen


def _place_in_time(query: _Query, latest: datetime, places: int) -> datetime | None:
    """When the file came in that stands so many places behind the newest up to `latest`; None where there is none."""
    found = fetch(query.conn, PLACE_IN_TIME.format(places=Literal(places)), {"latest": latest})
    return found[0]["ordered_at"] if found else None
