"""Reading the bulletin (公示栏), for everybody: pages by keyset, search by words, one file's own publication.

What may no longer be shown is left out when it is read: a restricted file, one that was classified as secret since, and
a report that accuses (L1 30, 46).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row, scalar_row
from psycopg.sql import SQL, Literal

from projections.masked import shown
from projections.paging import Cursor, Sql
from projections.search_queries import TextQuery, windows

MOST = 50
SHORTEST = 2
"""From how many characters on words are looked for: a single one is everywhere."""

FOR_THE_PUBLIC = """r.secrecy <> 'secret' AND NOT '*' = ANY(r.restricted)
    AND r.against_units = '{}' AND r.against_staff = '{}'"""

PAGE = SQL("""
WITH hits AS MATERIALIZED (SELECT d.* FROM bulletin.documents d WHERE {conditions})
SELECT h.number, h.ordered_at, h.corrected_at, h.outlets, h.shown_title, h.shown_text, r.people, r.restricted
FROM hits h JOIN ledger.rows r ON r.number = h.number WHERE {public}
ORDER BY h.ordered_at DESC, h.number DESC LIMIT {limit}""")
NEWEST = SQL("""
SELECT d.number, d.ordered_at, d.corrected_at, d.outlets, d.shown_title, d.shown_text, r.people, r.restricted
FROM bulletin.documents d
CROSS JOIN LATERAL (SELECT * FROM ledger.rows r WHERE r.number = d.number AND {public} OFFSET 0) r
WHERE {conditions} ORDER BY d.ordered_at DESC, d.number DESC LIMIT {limit}""")
PLACE = SQL("""SELECT d.ordered_at FROM bulletin.documents d WHERE d.ordered_at <= %(latest)s
ORDER BY d.ordered_at DESC, d.number DESC OFFSET {places} LIMIT 1""")


@dataclass(frozen=True, slots=True)
class Notice:
    """What hangs of one file: redacted, petitioners masked. `corrected_at`: when it was last put right."""

    number: str
    title: str
    text: str
    published_at: datetime
    corrected_at: datetime | None
    outlets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulletinPage:
    """Some notices, newest first, and the cursor for the next page; None on the last."""

    notices: tuple[Notice, ...]
    next_cursor: str | None


def published(
    conn: Connection[Any], typed: str | None = None, cursor: str | None = None, limit: int = 20
) -> BulletinPage:
    """What hangs now, newest first, with these words if any. Raises Invalid for a cursor that was never given."""
    limit = max(1, min(limit, MOST))
    after = Cursor.read(cursor, "published")
    query = Sql()
    if after:
        key = {"at": after.instant(), "after": after.rest[0]}
        query.where("(d.ordered_at, d.number) < (%(at)s, %(after)s)", key)
    words = TextQuery.of(typed) if typed else None
    if typed and words is None:
        return BulletinPage((), None)
    found = _by_words(conn, query, words, after, limit + 1) if words else _fetch(conn, NEWEST, query, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    more = str(Cursor("published", last["ordered_at"].isoformat(), (last["number"],))) if last else None
    return BulletinPage(tuple(map(_notice, found[:limit])), more)


def notice_of(conn: Connection[Any], number: str) -> Notice | None:
    """What hangs of this file; None where nothing does, or nothing may."""
    query = Sql()
    query.where("d.number = %(number)s", {"number": number})
    return next(map(_notice, _fetch(conn, NEWEST, query, 1)), None)


def _by_words(conn: Connection[Any], query: Sql, words: TextQuery, after: Cursor | None, limit: int) -> list[DictRow]:
    """Look back in widening windows until the page is full."""
    found: list[DictRow] = []
    query.where(words.condition())
    for window in _windows(conn, after):
        query.parameters.update(words.parameters(window))
        found = _fetch(conn, PAGE, query, limit)
        if len(found) == limit:
            break
    return found


def _windows(conn: Connection[Any], after: Cursor | None) -> Iterator[str]:
    """The windows to look in, back from the cursor."""
    latest = after.instant() if after else "infinity"
    newest = _place_in_time(conn, latest, 0)
    if newest is not None:
        yield from windows(newest, partial(_place_in_time, conn, latest))


def _place_in_time(conn: Connection[Any], latest: datetime | str, places: int) -> datetime | None:
    """When the notice was published that stands so many places behind the newest up to `latest`."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(PLACE.format(places=Literal(places)), {"latest": latest}).fetchone()


def _fetch(conn: Connection[Any], statement: SQL, query: Sql, limit: int) -> list[DictRow]:
    parts = {"conditions": SQL(str(query)), "public": SQL(FOR_THE_PUBLIC), "limit": Literal(limit)}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.format(**parts), query.parameters).fetchall()


def _notice(row: DictRow) -> Notice:
    return Notice(
        number=row["number"],
        title=shown(row["shown_title"], row["people"], row["restricted"]),
        text=shown(row["shown_text"], row["people"], row["restricted"]),
        published_at=row["ordered_at"],
        corrected_at=row["corrected_at"],
        outlets=tuple(row["outlets"]),
    )
