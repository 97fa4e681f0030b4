"""Sessions of the pages, on the server: the cookie holds 256 random bits, the database their hash.

A session ends after a while without a request, after a day at the latest, when its holder signs out, and everywhere
when the password changes or the holder signs out everywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import ConnectionPool

from service.tokens import hash_of

IDLE, LONGEST = timedelta(minutes=60), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last request is kept: one write a minute, not one for each page."""

FIND = """
SELECT staff, created_at, seen_at, method, coalesce(passwords.must_change, false) AND method = 'password'
  FROM sessions LEFT JOIN passwords USING (staff) WHERE sessions.hash = %s
"""
BEGIN = "INSERT INTO sessions (hash, staff, created_at, seen_at, method) VALUES (%s, %s, %s, %s, %s)"
SEEN = "UPDATE sessions SET seen_at = %s WHERE hash = %s"
END = "DELETE FROM sessions WHERE hash = %s"
END_ALL = "DELETE FROM sessions WHERE staff = %s AND hash IS DISTINCT FROM %s"
DROP_OVER = "DELETE FROM sessions WHERE seen_at < %s OR created_at < %s"


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds. `must_change`: the password was set by somebody else and is to be changed first."""

    hash: bytes
    staff: str
    method: str
    must_change: bool


class Sessions:
    """Begins, finds and ends sessions; thread-safe."""

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]], now: Callable[[], datetime]) -> None:
        """Keep them in the database behind the pool."""
        self._pool = pool
        self._now = now

    def begin(self, staff: str, method: str, old: str = "") -> str:
        """A new session's secret; the `old` one of the same browser ends, so that none is ever carried over."""
        secret, now = secrets.token_urlsafe(32), self._now()
        with self._pool.connection() as connection:
            connection.execute(DROP_OVER, (now - IDLE, now - LONGEST))
            connection.execute(END, (hash_of(old),))
            connection.execute(BEGIN, (hash_of(secret), staff, now, now, method))
        return secret

    def find(self, secret: str) -> Session | None:
        """The session with this secret; None where there is none that still holds."""
        hashed, now = hash_of(secret), self._now()
        with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(FIND, (hashed,), prepare=True).fetchone()
            if row is None:
                return None
            staff, created_at, seen_at, method, must_change = row
            if now - seen_at > IDLE or now - created_at > LONGEST:
                cursor.execute(END, (hashed,))
                return None
            if now - seen_at > SEEN_EVERY:
                cursor.execute(SEEN, (now, hashed))
        return Session(hashed, staff, method, must_change)

    def end(self, session: Session) -> None:
        """Sign out."""
        with self._pool.connection() as connection:
            connection.execute(END, (session.hash,))

    def end_all(self, staff: str, but: Session | None = None) -> None:
        """Sign a member of staff out everywhere, `but` in this session."""
        with self._pool.connection() as connection:
            connection.execute(END_ALL, (staff, but.hash if but else None))
