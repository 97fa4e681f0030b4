"""Being woken when the log grows."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Self

import psycopg
from psycopg.rows import TupleRow

from service.recorder import EVENTS_TABLE, connect


class Listener:
    """Wakes up when somebody appended, in whichever process. A wake-up can be missed: poll as well, by the timeout."""

    def __init__(self, url: str) -> None:
        """Nothing is opened before the first wait."""
        self._url = url
        self._connection: psycopg.Connection[TupleRow] | None = None

    def wait(self, timeout: float, company: float = 0.0) -> bool:
        """Wait up to `timeout` seconds; True when there may be something new, which a lost connection means too.

        Once woken it stays for `company` seconds more: what is announced meanwhile wakes nobody again.

        Raises `psycopg.OperationalError` when the database cannot be reached at all.
        """
        if self._connection is None:
            self._connection = connect(self._url, "listener")
            self._connection.execute(f"LISTEN {EVENTS_TABLE}")
            return True  # what came before LISTEN was in force announced itself to nobody
        try:
            woken = bool(list(self._connection.notifies(timeout=timeout, stop_after=1)))
            if woken and company:
                list(self._connection.notifies(timeout=company))
            return woken
        except psycopg.OperationalError:
            self.close()
            return True

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def __enter__(self) -> Self:
        """Use it as a context manager that closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
