"""Drafts (草稿): what somebody typed on a form and did not send, so that a closed browser loses nothing.

Every opened form has an id of its own, so that two tabs do not write over each other; it also serves as the key that
makes a form sent twice one step. A draft is sealed under a key of its own, only who typed it reads it, and it ends when
the form is sent, after two weeks, or with an erasure on its file (service/schema/0010_drafts.sql).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from domain.errors import TooLarge
from domain.kernel import stream_id
from service.vault import Vault

KEPT = timedelta(days=14)
MOST_BYTES = 2 * 1024 * 1024
MOST_KEPT = 100
"""How many drafts one person has; the oldest goes first."""
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""An id of letters only is never taken for somebody's telephone or id number."""
ID = re.compile("[a-p]{32}")
FIELD = "fields"

Fields = Sequence[tuple[str, str]]
"""Names and values in the order of the form; a name may come several times."""

SAVE = """
INSERT INTO drafts (id, staff, form, number, stream, saved_at, key_id, wrapped, sealed)
VALUES (%(id)s, %(staff)s, %(form)s, %(number)s, %(stream)s, %(now)s, %(key_id)s, %(wrapped)s, %(sealed)s)
ON CONFLICT (id) DO UPDATE SET saved_at = excluded.saved_at, key_id = excluded.key_id, wrapped = excluded.wrapped,
    sealed = excluded.sealed
WHERE drafts.staff = excluded.staff AND drafts.form = excluded.form AND drafts.number = excluded.number
"""
CLEAR = """
DELETE FROM drafts WHERE saved_at < %(expired)s OR id IN (
    SELECT id FROM drafts WHERE staff = %(staff)s ORDER BY saved_at DESC, id OFFSET %(most)s)
"""
FIND = """
SELECT id, form, number, saved_at, key_id, wrapped, sealed FROM drafts
WHERE staff = %(staff)s AND saved_at >= %(expired)s AND id = %(id)s
"""
LATEST = """
SELECT id, form, number, saved_at, key_id, wrapped, sealed FROM drafts
WHERE staff = %(staff)s AND saved_at >= %(expired)s AND form = %(form)s AND number = %(number)s
ORDER BY saved_at DESC, id LIMIT 1
"""
LISTED = """
SELECT id, form, number, saved_at FROM drafts WHERE staff = %(staff)s AND saved_at >= %(expired)s
ORDER BY saved_at DESC, id
"""
DROP = "DELETE FROM drafts WHERE id = %s AND staff = %s"


@dataclass(frozen=True, slots=True)
class Kept:
    """That there is a draft: of which form, on which file (None: of a petition that has no number yet)."""

    id: str
    form: str
    number: str | None
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Draft(Kept):
    """A draft with what was typed."""

    fields: tuple[tuple[str, str], ...] = field(repr=False)


class Drafts:
    """Keeps drafts; thread-safe."""

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]], vault: Vault, now: Callable[[], datetime]) -> None:
        """Take what it works with."""
        self._pool = pool
        self._vault = vault
        self._now = now

    def save(self, staff: str, draft_id: str, form: str, fields: Fields, *, number: str | None = None) -> datetime:
        """Keep what was typed, in place of what this form had before; returns when.

        Raises `TooLarge` over 2 MiB. What stands under another person's id or another form's stays as it is.
        """
        plain: Any = [list(pair) for pair in fields]
        if len(orjson.dumps(plain)) > MOST_BYTES:
            raise TooLarge(limit=MOST_BYTES)
        key, now = self._vault.new_key(), self._now()
        row = {
            "id": draft_id,
            "staff": staff,
            "form": form,
            "number": number or "",
            "stream": stream_id(number) if number else None,
            "now": now,
            "key_id": key.id,
            "wrapped": self._vault.wrap(key),
            "sealed": Jsonb(self._vault.seal(key, FIELD, plain)),
        }
        with self._pool.connection() as connection:
            connection.execute(SAVE, row)
            connection.execute(CLEAR, {"staff": staff, "expired": now - KEPT, "most": MOST_KEPT})
        return now

    def find(self, staff: str, draft_id: str) -> Draft | None:
        """The person's draft with this id; None where there is none."""
        return self._one(FIND, staff, {"id": draft_id})

    def latest(self, staff: str, form: str, number: str | None = None) -> Draft | None:
        """What the person last typed on this form about this file; None where there is nothing."""
        return self._one(LATEST, staff, {"form": form, "number": number or ""})

    def listed(self, staff: str) -> list[Kept]:
        """The person's drafts, the last one first."""
        with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(LISTED, {"staff": staff, "expired": self._now() - KEPT}).fetchall()
        return [Kept(name, form, number or None, saved_at) for name, form, number, saved_at in rows]

    def drop(self, staff: str, draft_id: str) -> None:
        """Forget the person's draft: it was sent, or they don't want it."""
        with self._pool.connection() as connection:
            connection.execute(DROP, (draft_id, staff))

    def _one(self, query: str, staff: str, asked: dict[str, object]) -> Draft | None:
        with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(query, {**asked, "staff": staff, "expired": self._now() - KEPT}).fetchone()
        if row is None:
            return None
        name, form, number, saved_at, key_id, wrapped, sealed = row
        opened = self._vault.open(self._vault.unwrap(key_id, wrapped), FIELD, sealed)
        assert isinstance(opened, list)
        pairs = tuple((str(pair[0]), str(pair[1])) for pair in opened if isinstance(pair, list))
        return Draft(name, form, number or None, saved_at, pairs)


def new_draft_id() -> str:
    """The id of a form that is being opened."""
    return secrets.token_hex(16).translate(LETTERS)


def is_draft_id(text: str) -> bool:
    """Whether a form may have given this id."""
    return ID.fullmatch(text) is not None
