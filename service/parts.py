"""The working parts of one process on one database, put together in one place and closed in order."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row, tuple_row
from psycopg_pool import ConnectionPool

from service.access import Access
from service.desk import Desk
from service.drafts import Drafts
from service.fresh import Fresh
from service.letters import Letters, Templates
from service.limiter import Limiter
from service.meetings import Meetings
from service.papers import Papers
from service.positions import Positions
from service.proposing import Proposing
from service.rulebooks import Rulebooks
from service.sessions import Sessions
from service.settings import Settings
from service.store import Store
from service.symposium import Symposia
from service.vault import Vault

POOL_PATIENCE = 5.0
"""Seconds for which a request waits for a free connection before it is told to come back."""


def utc_now() -> datetime:
    """The only clock of the service."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a process works with. All of it is thread-safe."""

    url: str
    store: Store
    pool: ConnectionPool[Connection[TupleRow]]
    rulebooks: Rulebooks
    access: Access
    desk: Desk
    papers: Papers
    drafts: Drafts
    meetings: Meetings
    symposia: Symposia
    proposing: Proposing
    positions: Positions
    sessions: Sessions
    limiter: Limiter
    now: Callable[[], datetime]

    @contextmanager
    def reading(self) -> Iterator[Connection[DictRow]]:
        """A connection for the queries of the projections, whose rows come as dictionaries.

        Each query is a transaction of its own: to begin and to end one around them would be two more round trips.
        """
        with self.pool.connection() as connection:
            connection.row_factory = dict_row  # type: ignore[assignment]
            connection.autocommit = True
            try:
                yield connection  # type: ignore[misc]
            finally:
                connection.row_factory = tuple_row
                if not connection.closed:
                    connection.autocommit = False


def _planned_anew(connection: Connection[TupleRow]) -> None:
    """Queries of a page take milliseconds; compiling one of them, where the planner errs, takes a hundred.

    A plan that was made for any values is a wrong one for a rare filter: each query is planned for its own. Helpers
    take longer to start than a page's query takes, and what they do is taken from other pages.
    """
    connection.execute(
        "SET jit = off; SET plan_cache_mode = force_custom_plan; SET max_parallel_workers_per_gather = 0"
    )
    connection.commit()


def _alive(connection: Connection[TupleRow]) -> None:
    """Ask the server whether it is there, but only where something came from it while nobody asked: mostly its end."""
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    if waiting.poll(0):
        ConnectionPool.check_connection(connection)


@contextmanager
def opened(url: str, settings: Settings, now: Callable[[], datetime] = utc_now) -> Iterator[Parts]:
    """The parts on the migrated database at `url`, until the block ends; then what was being written is written.

    Raises what `Store` and `Settings.read_master_key` raise.
    """
    vault = Vault(settings.read_master_key())
    pool = ConnectionPool(
        url,
        kwargs={"application_name": "huiying reader"},
        min_size=1,
        max_size=settings.connections,
        timeout=POOL_PATIENCE,
        check=_alive,
        configure=_planned_anew,
        open=False,
    )
    fresh = Fresh(url)
    with (
        Store(url, vault, readers=settings.connections, shared=settings.workers > 1) as store,
        pool,
        Positions(url) as positions,
        closing(fresh),
    ):
        rulebooks = Rulebooks(store)
        access = Access(store, pool, rulebooks, now)
        letters = Letters(
            store, pool, Templates(settings.letters_dir or settings.data_dir / "letters"), settings.letter_prefix
        )
        desk = Desk(
            letters=letters,
            store=store,
            vault=vault,
            pool=pool,
            access=access,
            rulebooks=rulebooks,
            fresh=fresh,
            now=now,
        )
        papers = Papers(desk=desk, store=store, letters=letters, vault=vault, pool=pool)
        drafts = Drafts(pool, vault, now)
        sessions, limiter = Sessions(pool, now), Limiter(pool, vault)
        yield Parts(
            url=url,
            store=store,
            pool=pool,
            rulebooks=rulebooks,
            access=access,
            desk=desk,
            papers=papers,
            drafts=drafts,
            symposia=Symposia(store=store, vault=vault, desk=desk),
            meetings=Meetings(store=store, vault=vault, pool=pool, desk=desk),
            proposing=Proposing(desk, pool, vault.blind),
            positions=positions,
            sessions=sessions,
            limiter=limiter,
            now=now,
        )
