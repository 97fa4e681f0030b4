"""File locks between commands on one data folder; the kernel drops them with the process that holds them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.embedded.errors import DatabaseUnavailable

POLL_SECONDS = 0.02


@contextmanager
def locked(path: Path, *, shared: bool = False, patience: float | None = None) -> Iterator[None]:
    """Holds the lock on `path`, waiting at most `patience` seconds (None: for ever).

    Raises `DatabaseUnavailable` when the wait was in vain or the file belongs to another user.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise DatabaseUnavailable(f"{path} belongs to another user; run this command as that user") from None
    try:
        _acquire(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, path, patience)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, kind: int, path: Path, patience: float | None) -> None:
    deadline = None if patience is None else time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline is not None and time.monotonic() > deadline:
                raise DatabaseUnavailable(f"another command keeps the database of {path.parent} busy") from None
            time.sleep(POLL_SECONDS)
        else:
            return
