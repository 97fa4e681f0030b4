"""Small facts and makers for the tests of the store; no petition is needed to show what it keeps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

import psycopg

from domain.errors import Stale
from domain.kernel import Actor, Context, Event, Identity, Personal, Value, registered
from domain.rulebook import RulebookContent
from domain.vocabulary import Role
from service.advisory import LOG_LOCK
from service.append import Append, Receipt, Series, StreamWrite
from service.store import Store
from service.vault import Vault

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
MASTER = bytes(range(32))
SERIES = Series("HY", 2026)
WAIT = 60
"""Seconds after which an answer is not coming: how fast a machine is, is no property of the code."""


class Person(Value):
    """Somebody behind a file."""

    id: str
    name: Identity[str] | None = None
    phone: Identity[str] | None = None


class Wish(Value):
    """One demand."""

    category: str
    text: Personal[str]


class Detour(Value):
    """A model that holds models."""

    wishes: tuple[Wish, ...] = ()
    person: Person | None = None


@registered
class Opened(Event):
    """A fact with a personal value in every place where one can stand."""

    TOPIC: ClassVar[str] = "test.opened"

    title: str = "路灯"
    text: Personal[str] | None = None
    words: Personal[tuple[str, ...]] = ()
    people: tuple[Person, ...] = ()
    detour: Detour | None = None


@registered
class Noted(Event):
    """A fact without anybody's data."""

    TOPIC: ClassVar[str] = "test.noted"

    writer: int = 0
    count: int = 0


@registered
class Renamed(Event):
    """A fact whose first version called its field differently."""

    TOPIC: ClassVar[str] = "test.renamed"
    VERSION: ClassVar[int] = 2

    remark: Personal[str]

    @classmethod
    def upcast(cls, state: dict[str, Any], version: int) -> dict[str, Any]:
        """Version 1 had `comment`."""
        return {"remark": state["comment"]}


@registered
class Poisoned(Event):
    """A fact that no database takes: its topic holds a NUL."""

    TOPIC: ClassVar[str] = "test.\0"


def context(command_id: UUID | None = None) -> Context:
    """Somebody at the intake desk, now."""
    return Context(
        actor=Actor(id="s-1", role=Role.INTAKE, unit="desk"),
        now=NOW,
        rulebook=cast(RulebookContent, None),
        rulebook_version=1,
        at=NOW,
        request_id="r-1",
        command_id=command_id or uuid4(),
    )


def step(
    stream: str, after: int, *facts: Event, forget: tuple[str, ...] = (), receipts: tuple[Receipt, ...] = ()
) -> Append:
    """An append to one stream."""
    write = StreamWrite(stream, after, facts or (Noted(),), NOW, forget=forget)
    return Append((write,), context(), receipts=receipts)


def intake(*facts: Event, receipts: tuple[Receipt, ...] = (), series: Series = SERIES) -> Append:
    """An append that makes a new file."""
    return Append((StreamWrite(None, 0, facts or (Noted(),), NOW),), context(), series, receipts)


def receipt(name: str, body: str = "body", *, strict: bool = True, query_code: str | None = "7Q2M-XK4D") -> Receipt:
    """A receipt as a caller makes it."""
    vault = Vault(MASTER)
    return Receipt(vault.blind("receipt", name), vault.blind("body", body), "received", 1, query_code, strict)


@contextmanager
def one_batch(store: Store, url: str) -> Iterator[None]:
    """Whatever is appended inside is taken together: the writer is held up by somebody else's lock until the end."""
    with psycopg.connect(url) as db:
        db.execute("SELECT pg_advisory_xact_lock(%s)", (LOG_LOCK,))
        first = store.append(step(f"gate-{uuid4()}", 0))
        while not first.running():
            pass
        yield


def write_many(url: str, process: int, threads: int, each: int) -> list[str]:
    """In a process of its own: intakes from several threads, every third one refused; the numbers that were given.

    The refused ones carry a stale write beside the new file.
    """
    stale = StreamWrite("never-at-7", 7, (Noted(),), NOW)

    def work(thread: int) -> list[str]:
        numbers = []
        for count in range(each):
            request = intake(Noted(writer=process * 100 + thread, count=count))
            if count % 3 == 2:
                with suppress(Stale):
                    numbers.append(
                        f"not refused: {store.append(replace(request, writes=(*request.writes, stale))).result(60)}"
                    )
            else:
                numbers.append(str(store.append(request).result(60).number))
        return numbers

    with Store(url, Vault(MASTER)) as store, ThreadPoolExecutor(threads) as pool:
        return [number for numbers in pool.map(work, range(threads)) for number in numbers]


def write_the_same(url: str, process: int, count: int) -> list[tuple[str | None, int]]:
    """In a process of its own: the same requests as every other process; which file and position each was told."""
    with Store(url, Vault(MASTER)) as store:
        futures = [store.append(intake(Noted(count=n), receipts=(receipt(f"k{n}"),))) for n in range(count)]
        return [(done.number, done.position) for done in (future.result(60) for future in futures)]


def write_until_killed(url: str, writer: int, told: str) -> None:
    """In a process of its own: new files and steps without end; what was acknowledged goes to the file `told`.

    A line holds the position that was told and which fact it was. It is written after the answer, so that of what a
    killed process had been told at most a line is missing.
    """
    with Store(url, Vault(MASTER), shared=True) as store, Path(told).open("a", buffering=1) as out:
        for turn in itertools.count():
            appends = [intake(Noted(writer=writer, count=turn * 40 + n)) for n in range(36)]
            appends += [step(f"w{writer}-{turn}-{n}", 0, *(Noted(writer=writer, count=-1),) * 5) for n in range(4)]
            futures = [store.append(append) for append in appends]
            for number, future in enumerate(futures):
                done = future.result(60)
                name = next(iter(done.versions))
                out.write(f"{done.position} {name} {done.versions[name]} {number}\n")
