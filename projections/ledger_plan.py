"""How the ledger's rows are found: one index drives each query in the order of its page, the rest is checked by row.

Which index depends on what is asked: the number, the due dates, the words of the text, the rarest facet, or plainly
the order itself. It is chosen here and not by the planner, whose estimates for several conditions together can be
wrong by a thousand times; subqueries with `OFFSET 0` keep it to the choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composed, Literal

from domain.kernel import SHANGHAI
from projections.ledger_rows import LedgerFilter, Order
from projections.paging import Cursor, Sql
from projections.search_queries import NEAR, TextQuery, windows
from projections.sight import Sight

FEW = 2000
"""Up to so many files under a facet are looked at one by one rather than in the order of another index."""
COMMON = 600
"""From so many files with the words in a window on, a wider one is not asked for where a facet can drive the query."""
LOOKED_AT = 5000
"""How many files under a facet or a word are looked at for a count."""
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
FROM unnest(%(facet_values)s::text[]) AS v (value) CROSS JOIN LATERAL (
    SELECT r.* FROM ledger.facets f
    CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = f.number AND {conditions} OFFSET 0) r
    WHERE f.dimension = %(facet)s AND f.value = v.value AND {keys}
    ORDER BY f.ordered_at DESC, f.number DESC LIMIT {limit}) r
ORDER BY r.ordered_at DESC, r.number DESC LIMIT {limit}""")
FEW_BY_DUE = SQL("""
SELECT DISTINCT ON (r.due, r.number) {columns}
FROM unnest(%(facet_values)s::text[]) AS v (value)
JOIN ledger.facets f ON f.dimension = %(facet)s AND f.value = v.value
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = f.number AND {conditions} AND {keys} OFFSET 0) r
ORDER BY r.due, r.number LIMIT {limit}""")
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
OF_FACET = SQL("""SELECT f.number FROM unnest(%(facet_values)s::text[]) AS v (value)
JOIN ledger.facets f ON f.dimension = %(facet)s AND f.value = v.value WHERE {keys}""")
OF_WORDS = SQL("SELECT d.number FROM search.documents d WHERE {words} AND {keys}")
HITS = SQL("""
SELECT count(*) AS hits FROM (SELECT FROM search.documents d WHERE {words} AND {keys} LIMIT {common}) few""")
HAS_WORDS = "EXISTS (SELECT FROM search.documents d WHERE d.number = r.number AND {words})"
FACET_SIZE = SQL("""
SELECT count(*) AS size FROM (SELECT FROM unnest(%(facet_values)s::text[]) AS v (value)
JOIN ledger.facets f ON f.dimension = %(facet)s AND f.value = v.value LIMIT {limit}) few""")
PLACE_IN_TIME = SQL("""
SELECT r.ordered_at FROM ledger.rows r WHERE r.ordered_at <= %(latest)s
ORDER BY r.ordered_at DESC, r.number DESC OFFSET {places} LIMIT 1""")


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one dimension under which files are found."""

    dimension: str
    values: tuple[str, ...]


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
        return _by_number(plan.query, asked, after)
    if order == "due":
        return _by_due(plan.query, asked, after, plan.rarest if plan.few else None)
    _time_keys(plan.query, asked, after)
    if plan.words:
        return _by_words(plan.query, asked, plan.words, plan.rarest, after)
    if plan.rarest:
        return plan.query.fetch(BY_FACET, "f", facet=plan.rarest)
    return plan.query.fetch(BY_TIME, "r")


def tally(conn: Connection[Any], asked: LedgerFilter, sight: Sight, cap: int) -> tuple[int, bool]:
    """How many files the filter finds, up to `cap`, and whether that is all of them.

    Of the files under a common facet or word only so many are looked at, so that a count costs about as much as a page.
    """
    plan = _planned(_Query(conn, "r.number", cap + 1), asked, sight)
    if plan is None:
        return 0, True
    if order_of(asked) != "received" or not (plan.words or plan.rarest):
        found = len(records(conn, asked, sight, None, limit=cap + 1, columns="r.number"))
        return min(found, cap), found <= cap
    _time_keys(plan.query, asked, None)
    found, all_seen = (
        _count_by_words(plan.query, asked, plan.words, cap)
        if plan.words
        else _count(plan.query, OF_FACET, "f", facet=plan.rarest)
    )
    return min(found, cap), all_seen and found <= cap


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query with its conditions, and what may drive it: words, or the rarest facet (`few`: with few files)."""

    query: _Query
    words: TextQuery | None
    rarest: Facet | None
    few: bool


def _planned(query: _Query, asked: LedgerFilter, sight: Sight) -> _Plan | None:
    """What drives the query; None where nothing can match. With few files under a facet, words are only checked."""
    query.where(*sight.sql("r"))
    _conditions(query, asked)
    words, facets = _typed(query, asked)
    if words is None and facets is None:
        return None
    rarest, few = _rarest(query, facets or [])
    if words and (few or order_of(asked) == "due"):
        query.where(HAS_WORDS.replace("{words}", words.condition()), words.parameters())
        words = None
    return _Plan(query, words, rarest, few)


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

    def fetch(
        self, statement: SQL, driver: LiteralString, facet: Facet | None = None, words: str = ""
    ) -> list[DictRow]:
        """Run a statement with its parts filled in."""
        if facet:
            self.parameters.update(facet=facet.dimension, facet_values=list(facet.values))
        parts = {
            "columns": SQL(self.columns),
            "conditions": SQL(str(self)),
            "keys": SQL(" AND ".join(self.keys).replace("{t}", driver) or "true"),
            "limit": Literal(self.limit),
            "words": SQL(words),
            "common": Literal(COMMON),
        }
        source = self.source.format(**parts) if self.source else SQL("")
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
    typed, facets = (asked.q or "").strip(), list(_facets(asked))
    if not typed or _prefix(typed):
        return None, facets
    legacy = Facet("legacy", (typed,))
    if _size(query, legacy):
        query.where("r.legacy_number = %(legacy_number)s", {"legacy_number": typed})
        return None, [legacy]
    words = TextQuery.of(typed)
    return words, facets if words else None


def _facets(asked: LedgerFilter) -> Iterator[Facet]:
    """The facets that a filter asks for, those that mostly find fewest first."""
    given: dict[str, tuple[str | None, ...]] = {
        "round": (str(asked.round),) if asked.round and asked.round > 1 else (),
        "unit": asked.units,
        "area": asked.areas,
        "category": asked.categories,
        "stage": (asked.stage,),
        "nature": (asked.nature,),
        "channel": (asked.channel,),
    }
    for dimension, values in given.items():
        wanted = tuple(dict.fromkeys(value for value in values if value))
        if wanted:
            yield Facet(dimension, wanted)


def _size(query: _Query, facet: Facet) -> int:
    """How many files stand under a facet, counted up to `FEW`."""
    parameters: dict[str, object] = {"facet": facet.dimension, "facet_values": list(facet.values)}
    return int(fetch(query.conn, FACET_SIZE.format(limit=Literal(FEW)), parameters)[0]["size"])


def _rarest(query: _Query, facets: list[Facet]) -> tuple[Facet | None, bool]:
    """The facet with the fewest files (of several with many the first), and whether they are few."""
    if not facets:
        return None, False
    sizes = [_size(query, facet) for facet in facets]
    least = min(sizes)
    return facets[sizes.index(least)], least < FEW


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


def _by_number(query: _Query, asked: LedgerFilter, after: Cursor | None) -> list[DictRow]:
    _time_keys(query, asked, None)
    prefix = str(_prefix(asked.q))
    query.key("{t}.number >= %(prefix)s AND {t}.number < %(beyond)s", prefix=prefix, beyond=prefix + _HIGHEST)
    if after:
        query.key("{t}.number < %(after)s", after=after.rest[0])
    return query.fetch(BY_NUMBER, "r")


def _by_due(query: _Query, asked: LedgerFilter, after: Cursor | None, few: Facet | None) -> list[DictRow]:
    _time_keys(query, asked, None)
    query.key("{t}.due IS NOT NULL AND {t}.handled_at IS NULL")
    if after:
        query.key("({t}.due, {t}.number) > (%(due)s, %(after)s)", due=after.day(), after=after.rest[0])
    return query.fetch(FEW_BY_DUE, "r", facet=few) if few else query.fetch(BY_DUE, "r")


def _by_words(
    query: _Query, asked: LedgerFilter, words: TextQuery, rarest: Facet | None, after: Cursor | None
) -> list[DictRow]:
    """Look back in time in widening windows until the page is full (see search_queries.py).

    Where the words are common and it is the other conditions that leave the page unfilled, the rarest facet drives.
    """
    found: list[DictRow] = []
    for window in _windows(query, asked, after):
        query.parameters.update(words.parameters(window))
        found = query.fetch(BY_WORDS, "d", words=words.condition())
        if len(found) == query.limit:
            break
        if rarest and query.fetch(HITS, "d", words=words.condition())[0]["hits"] == COMMON:
            query.where(HAS_WORDS.replace("{words}", words.condition()), words.parameters())
            return query.fetch(BY_FACET, "f", facet=rarest)
    return found


def _windows(query: _Query, asked: LedgerFilter, after: Cursor | None) -> Iterator[str]:
    """The windows to look in, back from the cursor or from the last day asked for."""
    since = _midnight(asked.received_from) if asked.received_from else None
    latest = after.instant() if after else _midnight(asked.received_to) + timedelta(1) if asked.received_to else LATEST
    newest = _place_in_time(query, latest, 0)
    if newest is not None:
        yield from windows(newest, _place_in_time(query, latest, NEAR), since)


def _count(
    query: _Query, source: SQL, driver: LiteralString, facet: Facet | None = None, words: str = ""
) -> tuple[int, bool]:
    """How many of the first files that a source gives meet the conditions, and whether these were all."""
    query.source, query.limit = source, LOOKED_AT
    counted = query.fetch(COUNTED, driver, facet=facet, words=words)[0]
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
