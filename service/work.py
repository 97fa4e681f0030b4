"""Work that has to wait now and then, written once: for callers who may block, and for the event loop, which may not.

A piece of work is a generator. It yields what it waits for, a future or a function that blocks, and gets the result, or
the exception, back in the same place. What it does between two such points it does in one go.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")

Wanted = Future[Any] | Callable[[], Any]
Work = Generator[Wanted, Any, T]


def finished(work: Work[T]) -> T:
    """Do the work in this thread, waiting where it waits."""
    try:
        wanted = next(work)
        while True:
            try:
                found = wanted.result() if isinstance(wanted, Future) else wanted()
            except Exception as error:
                wanted = work.throw(error)
            else:
                wanted = work.send(found)
    except StopIteration as end:
        result: T = end.value
        return result


async def awaited(work: Work[T]) -> T:
    """Do the work on the event loop; what blocks goes to a thread. Who cancels it cancels the future it waits for."""
    try:
        wanted = next(work)
        while True:
            try:
                if isinstance(wanted, Future):
                    found = await _result(wanted)
                else:
                    found = await run_in_threadpool(wanted)
            except Exception as error:
                wanted = work.throw(error)
            else:
                wanted = work.send(found)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        work.close()  # at once: what it holds, others wait for


class Wakening:
    """Tells an event loop of futures that other threads finished: those that come together wake it once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing was finished yet."""
        self._loop = loop
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._called = False

    def done(self, waiter: asyncio.Future[None], _: Future[Any]) -> None:
        """From any thread: the waiter's future is finished."""
        self._waiters.append(waiter)
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._called = False  # before looking: who comes later calls again
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)


_WAKENINGS: WeakKeyDictionary[asyncio.AbstractEventLoop, Wakening] = WeakKeyDictionary()


async def _result(future: Future[T]) -> T:
    """The result of a future that another thread finishes."""
    loop = asyncio.get_running_loop()
    wakening = _WAKENINGS.get(loop)
    if wakening is None:
        wakening = _WAKENINGS[loop] = Wakening(loop)
    waiter: asyncio.Future[None] = loop.create_future()
    future.add_done_callback(partial(wakening.done, waiter))
    try:
        await waiter
    except asyncio.CancelledError:
        future.cancel()
        raise
    return future.result()
