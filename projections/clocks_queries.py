"""Reading the running clocks: what waits for the service to act, and what a published calendar touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

PAGE = 1000

WAITING = """
SELECT number, key, due, ordered, announced, reminded_of IS NOT DISTINCT FROM due AS is_reminded,
       ordered_of IS NOT DISTINCT FROM due AS is_ordered, announced_of IS NOT DISTINCT FROM due AS is_announced
  FROM clocks.running
 WHERE waiting AND due <= %(day)s AND (due, number, key) > (%(due)s, %(number)s, %(key)s)
 ORDER BY due, number, key LIMIT %(limit)s
"""
FAILED = """
SELECT number, failed, level FROM clocks.files WHERE open AND failed >= %(least)s ORDER BY failed, number
"""
STALE = """
SELECT number, r.stale AS year, max(k.version) AS version
  FROM clocks.running r JOIN clocks.calendars k ON k.year = r.stale
 WHERE r.stale IS NOT NULL GROUP BY r.stale, number ORDER BY r.stale, number
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A clock whose due date has come and about which something is still to be done or will be.

    `ordered` and `announced` say whether an order follows if it stays overdue, and whether its day is announced; the
    others what was done about this very due date.
    """

    number: str
    key: str
    due: date
    ordered: bool
    announced: bool
    is_reminded: bool
    is_ordered: bool
    is_announced: bool


@dataclass(frozen=True, slots=True)
class Failing:
    """A file in the loop with failed rounds, and the highest level (0: the lowest, or none) that an order had."""

    number: str
    failed: int
    level: int


@dataclass(frozen=True, slots=True)
class Stale:
    """A file with due dates that the calendar of `year`, in the rulebook since `version`, touches."""

    number: str
    year: int
    version: int


def waiting(connection: Connection[Any], day: date) -> Iterator[Waiting]:
    """Clocks that were due on `day` or before, by due date, read in pages."""
    after: dict[str, object] = {"due": date.min, "number": "", "key": ""}
    while True:
        with connection.cursor(row_factory=class_row(Waiting)) as cursor:
            page = cursor.execute(WAITING, {**after, "day": day, "limit": PAGE}).fetchall()
        yield from page
        if len(page) < PAGE:
            return
        after = {"due": page[-1].due, "number": page[-1].number, "key": page[-1].key}


def failing(connection: Connection[Any], least: int) -> list[Failing]:
    """Files in the loop of which at least so many rounds have failed."""
    with connection.cursor(row_factory=class_row(Failing)) as cursor:
        return cursor.execute(FAILED, {"least": least}).fetchall()


def stale(connection: Connection[Any]) -> list[Stale]:
    """Files whose due dates are to be counted again, by year."""
    with connection.cursor(row_factory=class_row(Stale)) as cursor:
        return cursor.execute(STALE).fetchall()
