"""A process that helps a rebuild: `python -m service.helper PARENT DESCRIPTOR...`, started by the rebuild itself.

Python works on one processor at a time. The helper reads the same log over connections of its own and sends back what
a span writes as finished documents; it writes nothing. What it needs to know comes over the sockets at the
descriptors, the master key too, never by command line or environment. It is killed when its parent dies, and ends
when the sockets close. If it does not come up, or goes, the rebuild only takes longer.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from threading import Thread

import structlog

from domain.kernel import EVENT_TYPES
from service.embedded.child import die_with
from service.feed import Log
from service.readying import HELPERS, Hand, Lost, Made, Span, Work
from service.settling import settle
from service.store import Store
from service.vault import Vault

PATIENCE = 60.0
"""Seconds that a span may take before nothing more is expected of the helper."""


class Helper:
    """The process, seen from the rebuild. It dies with the thread that begins it."""

    def __init__(self, told: bytes) -> None:
        """Start nothing yet; see `helper`."""
        self._told = told
        self._waiting: list[Thread] = []
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, join: Callable[[Hand], None]) -> None:
        """Start it, without waiting: its hands join when it is ready."""
        with ExitStack() as theirs, suppress(OSError):
            pairs = [Pipe() for _ in range(HELPERS)]
            for _, end in pairs:
                theirs.callback(end.close)
            descriptors = [end.fileno() for _, end in pairs]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service.helper", str(os.getpid()), *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback could quote what events say
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C reaches the rebuild alone
            )
            self._waiting = [
                Thread(target=self._introduce, args=(channel, join), name="helper") for channel, _ in pairs
            ]
            for thread in self._waiting:
                thread.start()

    def end(self) -> None:
        """Kill it: all it does is read."""
        if self._process is None:
            return
        code = self._process.poll()
        if code is not None:
            structlog.get_logger("rebuild").warning("rebuild_helper_lost", code=code)
        self._process.kill()
        self._process.wait()
        for thread in self._waiting:
            thread.join()

    def _introduce(self, channel: Connection, join: Callable[[Hand], None]) -> None:
        with suppress(EOFError, OSError):
            channel.send_bytes(self._told)
            channel.recv()
            join(lambda span: _asked(channel, span))


def helper(url: str, log: Log, work: Work) -> Helper | None:
    """One for this work; None where another process could not find a projection's class, or has no processor."""
    if len(os.sched_getaffinity(0)) < 2:
        return None
    events = sorted({kind.__module__ for kind in EVENT_TYPES.values()})
    try:
        return Helper(pickle.dumps((events, url, log.master_key, pickle.dumps(work))))
    except (pickle.PicklingError, AttributeError):
        return None


def _asked(channel: Connection, span: Span) -> Made:
    with suppress(EOFError, OSError):
        channel.send(span)
        if channel.poll(PATIENCE):
            made: Made = channel.recv()
            return made
    raise Lost


def _serve(channel: Connection, hand: Hand) -> None:
    """Make what is asked for; whatever goes wrong, the rebuild finds out for itself."""
    with channel, suppress(Exception):
        channel.send(None)
        while True:
            span: Span = channel.recv()
            channel.send(hand(span))


def main(arguments: list[str]) -> None:
    """Help until the sockets close."""
    parent, *descriptors = map(int, arguments)
    die_with(parent, signal.SIGKILL)
    gc.disable()  # while what is needed is being loaded, all of which stays
    channels = [Connection(descriptor) for descriptor in descriptors]
    told = [channel.recv_bytes() for channel in channels]
    events, url, master_key, pickled = pickle.loads(told[0])  # noqa: S301 - from our own parent
    for module in events:  # every kind that the parent knows: whoever does not know one cannot read past it
        import_module(module)
    work: Work = pickle.loads(pickled)  # noqa: S301
    with Store(url, Vault(master_key), readers=HELPERS) as store:
        hand = work.hand(store)
        gc.enable()
        settle()
        serving = [Thread(target=_serve, args=(channel, hand), name="serve") for channel in channels]
        for thread in serving:
            thread.start()
        for thread in serving:
            thread.join()


if __name__ == "__main__":
    main(sys.argv[1:])
