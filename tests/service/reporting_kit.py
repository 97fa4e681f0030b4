"""Two years of an invented street, and the parts that a report is made from."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from psycopg import Connection

from domain.kernel import Recorded
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.vocabulary import Channel, Clock, Nature, Satisfaction, Secrecy, Solved
from projections.ledger import Ledger
from service.parts import Parts
from tests.domain.rulebook_sample import SAMPLE
from tests.projections import histories as a
from tests.projections.counting import STATISTICS
from tests.projections.tables_kit import feed

FIRST = date(2025, 1, 1)
TODAY = date(2026, 11, 25)
NATURES = (Nature.HELP, Nature.COMPLAINT, Nature.CONSULT, Nature.SUGGESTION)
CATEGORIES = ("0101", "010102", "0202", "03", "0401", "05", "0801", None)
AREAS = ("A01", "A01G1", "A02G1B01", "A03", "A04G1", "A05", "A06", "A", None)
UNITS = ("ZF", "HW", "WY", "MS", "S01", "S02")


def two_years(files: int) -> list[Recorded]:
    """The events of that many files, the same each time."""
    made, chance = a.Histories(), Random(20261125)
    for number in range(1, files + 1):
        _one(made, chance, f"HY-2025-{number:06}")
    return made.recorded


def _one(made: a.Histories, chance: Random, number: str) -> None:
    day = FIRST + timedelta(days=chance.randrange((TODAY - FIRST).days - 20))
    channel = chance.choices(list(Channel), weights=[8, 3, 10, 5, 4, 2])[0]
    secrecy = Secrecy.SECRET if chance.random() < 0.03 else Secrecy.OPEN
    people = 1 if chance.random() < 0.85 else chance.randrange(2, 30)
    begun = a.received(
        channel,
        people=people,
        secrecy=secrecy,
        against="ZF" if chance.random() < 0.03 else None,
        nature=chance.choice(NATURES),
        category=chance.choice(CATEGORIES),
        area=chance.choice(AREAS),
    )
    made.add(number, day, begun, a.due_set(Clock.CONTACT, day + timedelta(days=1)))
    if chance.random() < 0.05:
        made.add(number, day, a.LINKED)
        return
    if chance.random() < 0.08:
        made.add(number, day, a.REFERRED)
        return
    unit = chance.choice(UNITS)
    made.add(number, day, r.PetitionAccepted(), a.due_set(Clock.HANDLE, day + timedelta(days=7)), a.assigned(unit))
    if chance.random() < 0.1:
        made.add(number, day + timedelta(days=1), a.objected(unit))
        if chance.random() < 0.5:
            made.add(number, day + timedelta(days=2), h.ReturnGranted(unit=unit), a.assigned(chance.choice(UNITS)))
    if chance.random() < 0.8:
        made.add(number, day + timedelta(days=1), a.contacted())
    if chance.random() < 0.08:
        return
    replied = day + timedelta(days=chance.randrange(1, 11))
    made.add(number, replied, a.REPLIED, a.WAIVED if chance.random() < 0.1 else a.PUBLISHED)
    solved = chance.random() < 0.8
    said = a.followed_up(Solved.SOLVED if solved else Solved.UNSOLVED, chance.choice(list(Satisfaction)))
    made.add(number, replied + timedelta(days=3), said)
    if solved:
        made.add(number, replied + timedelta(days=4), c.PetitionClosed())
    else:
        made.add(number, replied + timedelta(days=4), c.PetitionReopened(round=2, reason="未解决"))


def parts_with(connection: Connection[Any], history: list[Recorded], today: date = TODAY) -> Parts:
    """What a report needs of the service, on tables that hold this history."""
    feed(connection, STATISTICS, Ledger(), recorded=history)

    @contextmanager
    def reading() -> Iterator[Connection[Any]]:
        yield connection

    rulebooks = SimpleNamespace(current=lambda: SimpleNamespace(content=SAMPLE, version=1))
    return cast(Parts, SimpleNamespace(now=lambda: a.noon(today), rulebooks=rulebooks, reading=reading))
