"""How the interpreter runs where a process works through very many requests or events."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COLLECTIONS = (50_000, 20, 100)
"""Objects made before the youngest are looked through, and how many such rounds before the older ones are."""
THREADS_TURN = 0.001
"""Seconds that an event loop, or who works out a batch, may keep the thread that writes waiting for its turn to run."""


def settle() -> None:
    """Run so from now on: for a process that does nothing else all its life.

    Requests and batches leave no cycles behind worth looking for after every 700 objects, the interpreter's habit. What
    is there now stays for ever: no collection needs to walk it again.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)
    sys.setswitchinterval(THREADS_TURN)


@contextmanager
def settled() -> Iterator[None]:
    """Run so for the time of the block, in whichever process; nothing changes in one that runs so anyway."""
    thresholds, turn = gc.get_threshold(), sys.getswitchinterval()
    if thresholds == COLLECTIONS:
        yield
        return
    settle()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(turn)
        gc.unfreeze()
