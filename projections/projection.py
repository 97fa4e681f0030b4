"""What a projection is: tables of its own, and a function from a recorded event to the SQL that keeps them.

A projection knows no other projection and reads no tables but its own. It can be thrown away and rebuilt while the
service runs, so everything it stores must follow from the events alone, erased ones included: no `now()`, no
sequence, no random value, no number that needs a personal value. Its tables live in a PostgreSQL schema with its
name; every SQL text writes `{schema}` for it, because a rebuild fills a schema of another name and swaps at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any, ClassVar

from psycopg import Connection, Error, postgres
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.sql import SQL, Identifier

from domain.kernel import Recorded
from projections.sets import BY_KEY, repeats
from projections.writing import Groups, make_ready, write

Write = tuple[str, Mapping[str, object]]
"""SQL with `{schema}` and `%(name)s` placeholders, and its parameters.

Use module constants for the SQL: a batch sends equal texts together. Parameters are what psycopg adapts; wrap JSON
in `psycopg.types.json.Jsonb`, pass codes as `str`, lists for arrays.
"""


@dataclass(frozen=True, slots=True)
class Blind:
    """A personal value as a parameter: the database gets its keyed hash, by which equal values are found, never itself.

    Only a connection that was `blinding` takes one; who feeds projections lends it the key.
    """

    purpose: str
    value: str = field(repr=False)


def feeding(connection: Connection[Any], blind: Callable[[str, str], str]) -> None:
    """Prepare a connection that writes batches, and nothing else: rows are lost together with their position or not at
    all, and are looked up by key.
    """
    blinding(connection, blind)
    connection.execute("SET synchronous_commit = off")
    connection.execute(BY_KEY)


def blinding(context: AdaptContext, blind: Callable[[str, str], str]) -> None:
    """Let a connection, or whatever adapts, take `Blind` parameters; `blind(purpose, value)` gives the keyed hash."""

    class BlindDumper(Dumper):
        oid = postgres.types["text"].oid

        def dump(self, obj: Blind) -> bytes:
            return blind(obj.purpose, obj.value).encode()

    context.adapters.register_dumper(Blind, BlindDumper)


class Projection(ABC):
    """One set of tables made from events.

    `name`: name of the schema. `version`: raise it whenever tables or rules change; the runner then rebuilds. `ddl`:
    CREATE TABLE / INDEX statements; every table has a primary key (a check names differing rows by it).
    Writes that come from different streams touch different rows, or insert one that may be there already: equal SQL of
    a batch goes together across streams; the order within a stream is kept.
    `personal`: False if `writes` reads no personal value; a rebuild then reads no key.

    For a rebuild, which fills the tables from nothing (projections/filling.py): `by_key`: True if writes look rows up
    by their primary keys alone, so that other indexes can wait. `filling`: texts that stand in for others in the
    meantime, `settle`: what makes up for it once all rows are there. `silent`: by table, the condition of rows that say
    nothing, which small batches leave behind more often than large ones, and filling never.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    ddl: ClassVar[str]
    personal: ClassVar[bool] = True
    by_key: ClassVar[bool] = False
    filling: ClassVar[Mapping[str, str]] = MappingProxyType({})
    settle: ClassVar[tuple[str, ...]] = ()
    silent: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def concerns_all(self, recorded: Recorded) -> bool:
        """Whether the event writes to rows of other streams too: it is taken in by itself, between those around it."""
        return False

    def around(self, groups: Groups) -> tuple[Groups, Groups]:
        """Writes that go before and after those of a batch: for what is worked out once from all that it changed.

        A rebuild that fills tables leaves them out, and `settle` makes up for it.
        """
        return (), ()

    def condensed(self, writes: Sequence[Write]) -> Sequence[Write]:
        """A stream's writes in a batch without those that a later one of them says again."""
        return writes

    @abstractmethod
    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """The SQL that takes this event into the tables; nothing for events that do not matter here."""


class Poisoned(Exception):
    """A projection cannot take an event. Names projection, position, topic and a code; never what the event says."""

    def __init__(self, projection: str, position: int, topic: str, cause: BaseException) -> None:
        """Keep what may be told: of the cause only its kind, as its message may quote contents."""
        self.projection = projection
        self.position = position
        self.topic = topic
        self.code = cause_code(cause)
        super().__init__(f"projection {projection} stopped at position {position} ({topic}): {self.code}")


def cause_code(cause: BaseException) -> str:
    """What kind of error it is and where, without its message: SQLSTATE and constraint, or class, file and line."""
    name = type(cause).__name__
    if isinstance(cause, Error) and cause.sqlstate:
        return " ".join(filter(None, (name, cause.sqlstate, cause.diag.constraint_name)))
    frames = extract_tb(cause.__traceback__)
    return f"{name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else name


@lru_cache(maxsize=4096)
def placed(sql: str, schema: str) -> str:
    """The SQL with its `{schema}` filled in. Both come from this code base, never from a user."""
    return sql.replace("{schema}", f'"{schema}"')


def create(connection: Connection[object], projection: Projection, schema: str) -> None:
    """Make the projection's empty tables in `schema`, throwing away what stood there under this name."""
    connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
    connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    connection.execute(placed(projection.ddl, schema))


def grouped(projection: Projection, batch: Iterable[Recorded]) -> list[tuple[str, list[Mapping[str, object]]]]:
    """The writes of a batch, equal SQL of different streams put together; the order within each stream is kept.

    A group has one row of a stream, or several where the text only inserts. Raises `Poisoned` when `writes` fails.
    """
    lanes: dict[str, list[Write]] = {}
    for recorded in batch:
        try:
            writes = [*projection.writes(recorded)]
        except Exception as error:
            raise Poisoned(projection.name, recorded.position, recorded.fact.TOPIC, error) from None
        if writes:
            lanes.setdefault(recorded.stream, []).extend(writes)
    return _merged([*projection.condensed(lane)] for lane in lanes.values())


def _merged(lanes: Iterable[list[Write]]) -> list[tuple[str, list[Mapping[str, object]]]]:
    """Lanes of writes as one: next comes whichever text most is waiting behind (majority merge, Jiang and Li 1995)."""
    groups: list[tuple[str, list[Mapping[str, object]]]] = []
    waiting: dict[str, list[list[Write]]] = {}
    for lane in lanes:
        lane.reverse()
        waiting.setdefault(lane[-1][0], []).append(lane)
    while waiting:
        sql = max(waiting, key=lambda one: sum(map(len, waiting[one]))) if len(waiting) > 1 else next(iter(waiting))
        rows: list[Mapping[str, object]] = []
        many = repeats(sql)
        for lane in waiting.pop(sql):
            rows.append(lane.pop()[1])
            while many and lane and lane[-1][0] == sql:
                rows.append(lane.pop()[1])
            if lane:
                waiting.setdefault(lane[-1][0], []).append(lane)
        groups.append((sql, rows))
    return groups


def placed_writes(projection: Projection, schema: str, batch: Iterable[Recorded], *, filling: bool = False) -> Groups:
    """The writes of a batch for the tables in `schema`. Raises `Poisoned` when `writes` fails.

    `filling`: those of a rebuild that leaves for the end what can wait.
    """
    found: list[tuple[str, Sequence[Mapping[str, object]]]] = []
    for part in _parts(projection, batch):
        groups = grouped(projection, part)
        before, after = ((), ()) if filling else projection.around(groups)
        found += [*before, *groups, *after]
    texts = projection.filling if filling else {}
    return [(placed(texts.get(sql, sql), schema), rows) for sql, rows in found]


def _parts(projection: Projection, batch: Iterable[Recorded]) -> Iterator[Sequence[Recorded]]:
    """The batch in parts: what concerns all is one by itself."""
    for alone, part in groupby(batch, projection.concerns_all):
        together = list(part)
        yield from ([one] for one in together) if alone else [together]


def apply(connection: Connection[object], projection: Projection, schema: str, batch: Iterable[Recorded]) -> None:
    """Take a batch into the projection's tables in `schema`, inside the caller's transaction if there is one.

    Raises `Poisoned` when `writes` fails, `psycopg.Error` when the database refuses.
    """
    groups = placed_writes(projection, schema, batch)
    make_ready(connection, groups)
    write(connection, groups)
