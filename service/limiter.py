"""How often somebody may try something: an allowance that refills steadily, shared by all processes of the service.

It stands in the database, because a limit per worker would be as many limits as there are workers, and one that a
restart forgets is none. The table is not logged: after a crash everybody has their allowance again. Who tries is kept
as a keyed hash only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.errors import TooOften
from service.vault import Vault

TRY = """
INSERT INTO rate_limits AS known (what, who, until) VALUES (%(what)s, %(who)s, %(now)s + %(each)s)
    ON CONFLICT (what, who) DO UPDATE SET until = greatest(known.until, %(now)s) + %(each)s
 WHERE greatest(known.until, %(now)s) + %(each)s <= %(now)s + %(whole)s
"""
UNTIL = "SELECT until FROM rate_limits WHERE what = %s AND who = %s"
FORGET = "DELETE FROM rate_limits WHERE until < %s"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` at once, refilled evenly over `period`. `what` names it."""

    what: str
    times: int
    period: timedelta


class Limiter:
    """Counts tries; thread-safe."""

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]], vault: Vault) -> None:
        """Count in the database behind the pool."""
        self._pool = pool
        self._vault = vault

    def check(self, limit: Limit, who: str, now: datetime) -> None:
        """Count a try of `who` (an address, an account); raises `TooOften` with the seconds to wait."""
        each = limit.period / limit.times
        wanted = {"what": limit.what, "who": self._blind(limit, who), "now": now, "each": each, "whole": limit.period}
        with self._pool.connection() as connection:
            if connection.execute(TRY, wanted).rowcount == 1:
                return
            row = connection.execute(UNTIL, (limit.what, wanted["who"])).fetchone()
        wait = row[0] + each - limit.period - now if row else each
        raise TooOften(seconds=max(1, round(wait.total_seconds())))

    def forget(self, now: datetime) -> None:
        """Drop what is whole again."""
        with self._pool.connection() as connection:
            connection.execute(FORGET, (now,))

    def _blind(self, limit: Limit, who: str) -> str:
        return self._vault.blind(f"limit {limit.what}", who)
