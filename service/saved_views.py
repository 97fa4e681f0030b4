"""Filters of the ledger that a member of staff keeps under a name: their own, for nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.errors import Invalid
from domain.petition.command import PERSONAL_NUMBER
from service.exporting import LedgerTable

MOST_VIEWS = 50
LONGEST_NAME = 40

SAVE = """
INSERT INTO saved_views (staff, name, asked, saved_at)
SELECT %(staff)s, %(name)s, %(asked)s, %(at)s
 WHERE (SELECT count(*) FROM saved_views WHERE staff = %(staff)s AND name <> %(name)s) < %(most)s
ON CONFLICT (staff, name) DO UPDATE SET asked = excluded.asked, saved_at = excluded.saved_at
RETURNING name
"""
SAVED = "SELECT name, asked FROM saved_views WHERE staff = %s ORDER BY name"
FORGET = "DELETE FROM saved_views WHERE staff = %s AND name = %s"


@dataclass(frozen=True, slots=True)
class SavedView:
    """A filter with its columns under a name, as parameters of the ledger's address."""

    name: str
    asked: Mapping[str, Any]


def save(connection: Connection[Any], staff: str, name: str, asked: LedgerTable, now: datetime) -> None:
    """Keep the filter under this name, in the place of one that had it. Typed words are not kept.

    Raises `Invalid` for a name that is none, or when there are too many.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or PERSONAL_NUMBER.search(name):
        raise Invalid(
            ("name",),
            field="name",
            reason=f"1至{LONGEST_NAME}个字，不得填写电话或证件号码",
            reason_en=f"1 to {LONGEST_NAME} characters, no telephone or identity number",
        )
    given = {"staff": staff, "name": name, "asked": Jsonb(asked.kept()), "at": now, "most": MOST_VIEWS}
    if connection.execute(SAVE, given).fetchone() is None:
        raise Invalid(
            ("name",),
            field="name",
            reason=f"最多保存{MOST_VIEWS}个，请先删除不用的",
            reason_en=f"at most {MOST_VIEWS} are kept; delete one first",
        )


def saved(connection: Connection[Any], staff: str) -> list[SavedView]:
    """What this member of staff has kept, by name."""
    with connection.cursor(row_factory=class_row(SavedView)) as cursor:
        return cursor.execute(SAVED, (staff,)).fetchall()


def forget(connection: Connection[Any], staff: str, name: str) -> None:
    """Delete one's own filter of this name; nothing happens where there is none."""
    connection.execute(FORGET, (staff, name))
