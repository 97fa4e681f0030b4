"""Whether files at hand are still as they stand, and who reads them, asked and entered for many readers at once.

A file that this process has seen need not be read again if no event has come since. One thread asks that for everybody
who waits, in one statement, and enters in the same transaction the readings of those files that are still so: a reading
of personal data is on disk before the data is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any

import psycopg
from psycopg import Connection

from domain.kernel import stream_id
from service.readings import Reader
from service.recorder import connect

MOST = 256
"""How many are asked about in one statement."""

ASK = """
WITH asked AS (
    SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::timestamptz[], %b::text[], %b::text[], %b::text[],
        %b::text[], %b::text[])
        WITH ORDINALITY AS a (id, version, number, read_at, staff, role, unit, on_behalf_of, request_id, place)
), still AS MATERIALIZED (
    SELECT a.* FROM asked a WHERE NOT EXISTS (
        SELECT FROM stored_events e WHERE e.originator_id = a.id AND e.originator_version = a.version + 1)
), entered AS (
    INSERT INTO personal_reads (read_at, staff, role, unit, on_behalf_of, number, request_id)
    SELECT read_at, staff, role, unit, on_behalf_of, number, request_id FROM still WHERE staff IS NOT NULL
)
SELECT place FROM still
"""


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a file still has this version; if so its `reader`, if there is one, is entered."""

    number: str
    version: int
    reader: Reader | None
    still: Future[bool]


class Fresh:
    """Answers from one thread, on a connection of its own. A lost database fails those who wait: they read the file."""

    def __init__(self, url: str) -> None:
        """`url` is the database's; nothing is opened before somebody asks."""
        self._url = url
        self._asked: deque[Question] = deque()
        self._change = Condition()
        self._closing = False
        self._thread: Thread | None = None

    def ask(self, number: str, version: int, reader: Reader | None) -> Future[bool]:
        """A future that tells whether the file still has this version; if so the reader has been entered."""
        question = Question(number, version, reader, Future())
        with self._change:
            if self._closing:
                raise RuntimeError("closed")
            if self._thread is None:
                self._thread = Thread(target=self._answer, name="fresh", daemon=True)
                self._thread.start()
            self._asked.append(question)
            self._change.notify()
        return question.still

    def close(self) -> None:
        """Answer who is waiting, then stop."""
        with self._change:
            self._closing = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join()

    def _answer(self) -> None:
        connection: Connection[Any] | None = None
        while questions := self._next():
            try:
                if connection is None or connection.closed:
                    connection = connect(self._url, "fresh")
                still = _still(connection, questions)
            except psycopg.Error as error:
                if connection is not None:
                    connection.close()
                for question in questions:
                    question.still.set_exception(error)
            else:
                for place, question in enumerate(questions, 1):
                    question.still.set_result(place in still)
        if connection is not None:
            connection.close()

    def _next(self) -> list[Question]:
        """Those who wait, as far as they still do; none when it is time to end."""
        found: list[Question] = []
        while not found:
            with self._change:
                self._change.wait_for(lambda: self._asked or self._closing)
                if not self._asked:
                    return []
                waiting = [self._asked.popleft() for _ in range(min(MOST, len(self._asked)))]
            found = [one for one in waiting if one.still.set_running_or_notify_cancel()]
        return found


def _still(connection: Connection[Any], questions: Sequence[Question]) -> set[int]:
    """The places, counted from 1, of those whose file still has its version."""
    nobody = (None,) * 6
    readers = [one.reader.columns() if one.reader else nobody for one in questions]
    columns = [
        [stream_id(one.number) for one in questions],
        [one.version for one in questions],
        [one.number for one in questions],
        *(list(column) for column in zip(*readers, strict=True)),
    ]
    return {place for (place,) in connection.execute(ASK, columns, prepare=True, binary=True)}
