"""Finding the ledger's rows by words, by facets, or by both: which of the two drives, and how far back is looked.

Words look back in widening windows until the page is full (search_queries.py), facets walk their lines; each finds what
the other then checks row by row, so what drives must be the rarer of them, or a page is filled from very many rows.
How common both are is asked of the newest files. A single character is found by the index in all pairs that begin with
it, at a cost that grows with the office: so the newest files are looked through first, without the index.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import LiteralString

from psycopg.rows import DictRow
from psycopg.sql import SQL

from projections.ledger_facets import NEAREST, Driver
from projections.ledger_sql import (
    BY_FACET,
    BY_LINES,
    COMMON,
    COUNTED,
    HITS,
    LINES,
    NEWEST,
    NEWEST_LINES,
    OF_FACET,
    OF_WORDS,
    Query,
    place_in_time,
)
from projections.search_queries import FURTHER, NEAR, TextQuery, windows

LOOKED_AT = 1000
"""How many files under a facet or a word are looked at for a count."""
LOOKED_THROUGH = 600
"""How many of the newest files are looked through for a single character."""
RARE = 100
"""Words in fewer of the newer files than this are taken for rare ones."""
RARE_ALONE = 5
"""A character in fewer of the newest `NEAR` files than this is taken for a rare one."""
FEWEST = 2
"""Words in fewer of the nearest files than this will not fill a page from the second window: unless it is the last one,
it is left out."""
WIDENED = 2
"""How often the window for a character is widened before it is asked for: the nearer ones were looked through."""
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than anything that comes in."""


def by_facet(query: Query, driver: Driver) -> list[DictRow]:
    """The newest rows under the facets. Where many stand under each, the newest under the rarest are looked at first.

    As soon as four times as many do not promise half of a page, the lines of all of them are joined.
    """
    if driver.few or not driver.beside:
        return query.fetch(BY_FACET, "f", driving=driver)
    found: list[DictRow] = []
    rest = query
    for mark in driver.marks:
        near, rest = rest.split(mark)
        near.limit = query.limit - len(found)
        found += near.fetch(BY_FACET, "f", driving=driver)
        if len(found) == query.limit:
            return found
        if len(found) * NEAREST < query.limit // 2:
            break
    rest.limit = query.limit - len(found)
    return found + rest.fetch(BY_LINES, "f", driving=driver, source=OF_FACET)


def by_words(
    query: Query, words: TextQuery, driver: Driver | None, latest: datetime, since: datetime | None
) -> list[DictRow]:
    """The newest rows with the words; `driver`: what drives instead where it is rarer. `latest`, `since`: in time."""
    checked = query.with_words(words)
    if words.alone:
        found = checked.fetch(NEWEST, "r", looked=LOOKED_THROUGH)
        if len(found) == query.limit:
            return found
        if driver and not rare(query, words):
            return by_facet(checked, driver)
    found, opened = [], _windows(query, words, latest, since)
    for place, nearest in enumerate(opened):
        window = next(opened, nearest) if place == 1 and not driver and len(found) < FEWEST else nearest
        query.parameters.update(words.parameters(window))
        if driver and not words.alone and _facets_drive(query, words, driver, place, latest):
            return by_facet(checked, driver)
        found = query.fetch(BY_LINES, "d", words=words.condition(), source=OF_WORDS)
        if len(found) == query.limit:
            break
    return found


def _facets_drive(query: Query, words: TextQuery, driver: Driver, place: int, latest: datetime) -> bool:
    """Whether words are not to be asked for in the window at this place, being more common than the facets.

    In the second window both are counted. In the third it is enough that the words are common, for those and the facets
    do not fill a page together; in the last one they are rare.
    """
    if place not in {1, 2}:
        return False
    hits = int(query.fetch(HITS, "d", words=words.condition())[0]["hits"])
    if place > 1:
        return hits == COMMON
    far = place_in_time(query, latest, NEAR * FURTHER)
    return far is not None and query.split(far)[0].fetch(LINES, "f", driving=driver)[0]["lines"] < hits


def rare(query: Query, words: TextQuery) -> bool:
    """Whether the words stand in few of the newer files, and so likely in few of all."""
    everything = Query(query.conn, "r.number", RARE)
    if words.alone:
        return counted(everything.with_words(words), NEWEST_LINES, looked=NEAR)[0] < RARE_ALONE
    for window in islice(_windows(everything, words, LATEST, None), 2):
        everything.parameters.update(words.parameters(window))
        if everything.fetch(HITS, "d", words=words.condition())[0]["hits"] >= RARE:
            return False
    return True


def counted(
    query: Query, source: SQL, *, driving: Driver | None = None, words: str = "", looked: int = LOOKED_AT
) -> tuple[int, bool]:
    """How many of the first files that a source gives meet the conditions, and whether these were all."""
    table: LiteralString = "f" if driving else "d" if words else "r"
    found = query.fetch(COUNTED, table, driving=driving, words=words, source=source, looked=looked)[0]
    return found["found"], found["looked"] < looked


def count_by_words(  # noqa: PLR0917 - as `by_words`
    query: Query, words: TextQuery, driver: Driver | None, latest: datetime, since: datetime | None, cap: int
) -> tuple[int, bool]:
    """Count in widening windows until there are enough, or more than will be looked at; or under the rarer facets."""
    checked = query.with_words(words)
    if words.alone:
        common = not rare(query, words)
        if common and driver:
            return counted(checked, OF_FACET, driving=driver)
        found, all_seen = counted(checked, NEWEST_LINES, looked=LOOKED_THROUGH)
        if all_seen or common:
            return found, all_seen
    found, all_seen = 0, True
    for place, window in enumerate(_windows(query, words, latest, since)):
        query.parameters.update(words.parameters(window))
        if driver and not words.alone and _facets_drive(query, words, driver, place, latest):
            return counted(checked, OF_FACET, driving=driver)
        found, all_seen = counted(query, OF_WORDS, words=words.condition())
        if found > cap or not all_seen:
            break
    return found, all_seen


def _windows(query: Query, words: TextQuery, latest: datetime, since: datetime | None) -> Iterator[str]:
    """The windows to look in, back from the cursor or from the last day asked for."""
    newest = place_in_time(query, latest, 0)
    if newest is not None:
        back = partial(place_in_time, query, latest)
        yield from windows(newest, back, since, narrowest=WIDENED if words.alone else 0)
