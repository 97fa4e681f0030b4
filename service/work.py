"""Work that has to wait now and then, written once: for callers who may block, and for the event loop, which may not.

A piece of work is a generator. It yields what it waits for, a future or a function that blocks, and gets the result, or
the exception, back in the same place. What it does between two such points it does in one go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar

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
                    found = await asyncio.wrap_future(wanted)
                else:
                    found = await run_in_threadpool(wanted)
            except Exception as error:
                wanted = work.throw(error)
            else:
                wanted = work.send(found)
    except StopIteration as end:
        result: T = end.value
        return result
