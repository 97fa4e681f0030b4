"""Getting the batches of a rebuild ready before the database asks for them: read, decoded, worked out, made documents.

The log is cut into spans of positions. Whoever is free, a thread of this process or the helper (service/helper.py),
takes the next one; they come out in order, and no more are under way than memory should hold. What cannot be got ready
is left out: the rebuild itself then looks into that span.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import NamedTuple, Protocol

import psycopg
from psycopg.adapt import AdaptersMap

from projections.projection import Projection, blinding
from projections.writing import Documents, documents
from service.feed import Log, ahead
from service.mapper import Unreadable

OWN, HELPERS = 2, 2
"""Spans that this process, and the helper, work on at a time: while one is being read, the other is worked out."""
AHEAD = 8
"""Spans that may be under way or ready."""


class Span(NamedTuple):
    """Positions behind `after`, up to `upto`."""

    after: int
    upto: int


Made = Mapping[str, Documents]
"""By projection what a span writes; without those whose writes could not be made."""
Hand = Callable[[Span], Made]
"""Somebody who makes a span; raises `Lost` where nothing more can be expected of them."""


class Lost(Exception):
    """A hand has gone; another one takes over."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is made of the events; `filling`: for tables where what can wait is left for the end."""

    projections: Sequence[Projection]
    filling: bool

    def hand(self, log: Log) -> Hand:
        """Somebody who makes spans of this log here, in any thread."""
        says = AdaptersMap(psycopg.adapters)
        blinding(says, log.blind)
        readable = any(projection.personal for projection in self.projections)

        def make(span: Span) -> Made:
            try:
                batch = log.notifications(span.after, span.upto - span.after, readable=readable)
            except Unreadable:
                return {}
            within = [recorded for recorded in batch if recorded.position <= span.upto]
            ready = ahead(self.projections, "next", within, filling=self.filling)
            made = {name: documents(says, groups) for name, groups in ready.items()}
            return {name: found for name, found in made.items() if found is not None}

        return make


class Helping(Protocol):
    """Whoever may send more hands."""

    def begin(self, join: Callable[[Hand], None]) -> None:
        """Call `join` with each hand, once it can make spans."""
        ...

    def end(self) -> None:
        """Take the hands away; those at work raise `Lost`."""
        ...


class _Hands:
    """Those who are free."""

    def __init__(self, own: Hand) -> None:
        self._free: SimpleQueue[Hand | None] = SimpleQueue()
        self._dismissed = False
        for _ in range(OWN):
            self._free.put(own)

    def join(self, hand: Hand) -> None:
        self._free.put(hand)

    def make(self, span: Span) -> Made:
        while not self._dismissed and (hand := self._free.get()) is not None:
            try:
                made = hand(span)
            except Lost:
                continue
            except BaseException:
                self._free.put(hand)
                raise
            self._free.put(hand)
            return made
        raise CancelledError

    def dismiss(self) -> None:
        self._dismissed = True
        for _ in range(OWN + HELPERS):
            self._free.put(None)


@contextmanager
def ready_ahead(spans: Iterator[Span], own: Hand, helping: Helping | None) -> Iterator[Iterator[tuple[Span, Made]]]:
    """The spans in order with what they write, made ahead for as long as the block takes.

    Going on raises what an own hand raised, such as `psycopg.OperationalError`.
    """
    hands = _Hands(own)
    with ThreadPoolExecutor(OWN + HELPERS, "ready") as pool:
        try:
            if helping is not None:
                helping.begin(hands.join)
            yield _in_order(pool, hands, spans)
        finally:
            hands.dismiss()
            if helping is not None:
                helping.end()
            pool.shutdown(cancel_futures=True)


def _in_order(pool: ThreadPoolExecutor, hands: _Hands, spans: Iterator[Span]) -> Iterator[tuple[Span, Made]]:
    under_way: deque[tuple[Span, Future[Made]]] = deque()
    for span in spans:
        under_way.append((span, pool.submit(hands.make, span)))
        if len(under_way) >= AHEAD:
            first, making = under_way.popleft()
            yield first, making.result()
    while under_way:
        first, making = under_way.popleft()
        yield first, making.result()
