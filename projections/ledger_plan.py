"""How the ledger's rows are found: one index drives each query in the order of its page, the rest is checked by row.

Which index depends on what is asked: the number, the due dates, the words of the text, the rarest facet, or plainly
the order itself. It is chosen here and not by the planner; the statements are in ledger_sql.py, what words have of
their own is in ledger_words.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from projections.ledger_facets import FEW, SIZES, Driver, Facet, asked_sizes, driver_of, facets_of
from projections.ledger_rows import LedgerFilter, Order
from projections.ledger_sql import (
    ANY_LEGACY,
    BY_DUE,
    BY_NUMBER,
    BY_TIME,
    FEW_BY,
    OF_FACET,
    OF_WORDS,
    TOGETHER,
    Query,
    midnight,
)
from projections.ledger_words import LATEST, by_facet, by_words, count_by_words, counted, rare
from projections.paging import Cursor
from projections.search_queries import TextQuery
from projections.sight import Sight

_NUMBER = re.compile(r"[A-Z]{2,8}-\d{0,4}(?:-\d{0,12})?", re.ASCII)
_HIGHEST = "\U0010ffff"


def order_of(asked: LedgerFilter) -> Order:
    """The order in which a filter's files come."""
    if _prefix(asked.q):
        return "number"
    return "due" if asked.overdue_on else asked.order


def records(
    conn: Connection[Any], asked: LedgerFilter, sight: Sight, after: Cursor | None, *, limit: int, columns: str
) -> list[DictRow]:
    """The next `limit` rows after a cursor, with these columns of `ledger.rows r`."""
    plan = _planned(Query(conn, columns, limit), asked, sight, after)
    if plan is None:
        return []
    order = order_of(asked)
    if order == "number":
        return _by_number(plan, asked, after)
    if order == "due":
        return _by_due(plan, after)
    if plan.words:
        return by_words(plan.query, plan.words, plan.driver, plan.latest, plan.since)
    if plan.driver:
        return by_facet(plan.query, plan.driver)
    return plan.query.fetch(BY_TIME, "r")


def tally(conn: Connection[Any], asked: LedgerFilter, sight: Sight, cap: int) -> tuple[int, bool]:
    """How many files the filter finds, up to `cap`, and whether that is all of them.

    Of the files under a common facet or word only so many are looked at, so that a count costs about as much as a page.
    """
    plan = _planned(Query(conn, "r.number", cap + 1), asked, sight, None)
    if plan is None:
        return 0, True
    if order_of(asked) != "received" or not (plan.words or plan.driver):
        found = len(records(conn, asked, sight, None, limit=cap + 1, columns="r.number"))
        return min(found, cap), found <= cap
    found, all_seen = (
        count_by_words(plan.query, plan.words, plan.driver, plan.latest, plan.since, cap)
        if plan.words
        else counted(plan.query, OF_FACET, driving=plan.driver)
    )
    return min(found, cap), all_seen and found <= cap


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query with its conditions, and what may drive it: words, or facets. `latest`, `since`: its bounds in time."""

    query: Query
    words: TextQuery | None
    driver: Driver | None
    latest: datetime
    since: datetime | None

    @property
    def few(self) -> Driver | None:
        """What drives it, where that finds few files: these can be put in any order."""
        return self.driver if self.driver and self.driver.few else None


def _planned(query: Query, asked: LedgerFilter, sight: Sight, after: Cursor | None) -> _Plan | None:
    """What drives the query; None where nothing can match. With few files under a facet, words are only checked."""
    query.where(*sight.sql("r"))
    _conditions(query, asked)
    words, facets = _typed(query, asked)
    if words is None and facets is None:
        return None
    order = order_of(asked)
    since = midnight(asked.received_from) if asked.received_from else None
    latest = midnight(asked.received_to + timedelta(1)) if asked.received_to else LATEST
    if since:
        query.key("{t}.ordered_at >= %(received_from)s", received_from=since)
    if asked.received_to:
        query.key("{t}.ordered_at < %(received_until)s", received_until=latest)
    if after and order == "received":
        latest = after.instant()
        query.key("({t}.ordered_at, {t}.number) < (%(at)s, %(after)s)", at=latest, after=after.rest[0])
    driver = _driver(query, facets or [], latest)
    if driver and not driver.few and order == "number":
        driver = replace(driver, few=_few_together(query, driver))
    if words and driver and driver.few:
        query, words = query.with_words(words), None
    return _Plan(query, words, driver, latest, since)


def _conditions(query: Query, asked: LedgerFilter) -> None:
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


def _typed(query: Query, asked: LedgerFilter) -> tuple[TextQuery | None, list[Facet] | None]:
    """What the typed text asks for beside the other facets: a legacy number or words. Both None: nothing can match."""
    typed, facets = (asked.q or "").strip(), list(facets_of(asked))
    if not typed or _prefix(typed):
        return None, facets
    legacy = Facet("legacy", (typed,))
    query.parameters["typed"] = typed
    if query.fetch(ANY_LEGACY, "f"):
        query.where("r.legacy_number = %(typed)s")
        return None, [legacy]
    words = TextQuery.of(typed)
    return words, facets if words else None


def _driver(query: Query, facets: list[Facet], latest: datetime) -> Driver | None:
    """Which facet drives the query; None where none was asked for."""
    if not facets:
        return None
    until = min(latest, datetime.now(UTC))
    query.parameters.update(asked_sizes(facets, until))
    found = query.fetch(SIZES, "f")
    return driver_of(facets, {one["dimension"]: one for one in found}, until)


def _few_together(query: Query, driver: Driver) -> bool:
    """Whether few files stand under all facets together, though many do under each."""
    if not driver.beside:
        return False
    return int(query.fetch(TOGETHER, "f", driving=driver, source=OF_FACET, looked=FEW)[0]["files"]) < FEW


def _prefix(typed: str | None) -> str | None:
    """The beginning of a number, if that is what was typed."""
    plain = (typed or "").strip().upper()
    return plain if _NUMBER.fullmatch(plain) else None


def _by_number(plan: _Plan, asked: LedgerFilter, after: Cursor | None) -> list[DictRow]:
    query = plan.query
    prefix = str(_prefix(asked.q))
    query.own_key("{t}.number >= %(prefix)s AND {t}.number < %(beyond)s", prefix=prefix, beyond=prefix + _HIGHEST)
    if after:
        query.own_key("{t}.number < %(after)s", after=after.rest[0])
    if plan.few:
        return query.fetch(FEW_BY, "r", driving=plan.few, source=OF_FACET, order="r.number", direction="DESC")
    return query.fetch(BY_NUMBER, "r")


def _by_due(plan: _Plan, after: Cursor | None) -> list[DictRow]:
    """Most urgent first. Where no facet finds few files, all that run are walked through: they do not grow in number
    with the years."""
    query, words = plan.query, plan.words
    query.own_key("{t}.due IS NOT NULL AND {t}.handled_at IS NULL")
    if after:
        query.own_key("({t}.due, {t}.number) > (%(due)s, %(after)s)", due=after.day(), after=after.rest[0])
    if plan.few:
        return query.fetch(FEW_BY, "r", driving=plan.few, source=OF_FACET, order="r.due, r.number")
    if words is None:
        return query.fetch(BY_DUE, "r")
    if rare(query, words):
        query.parameters.update(words.parameters())
        return query.fetch(FEW_BY, "r", words=words.condition(), source=OF_WORDS, order="r.due, r.number")
    return query.with_words(words).fetch(BY_DUE, "r")
