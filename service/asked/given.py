"""What routes are given, of the interface and of the pages alike: the working parts, who asks, the request's id."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from domain.errors import Forbidden, Invalid, TooLarge
from domain.vocabulary import Role
from service.access import Caller
from service.errors import request_id_of
from service.parts import Parts

API = "/api/v1"
WAIT = "Wait a while until the event at this position shows; `Huiying-Position-Shown` says whether it does."
"""What `after` does, wherever it can be given; how long the while is, is the service's setting."""


def limited(receive: Receive, most: int) -> Receive:
    """Receive until it is too much, whatever length was announced."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLarge(limit=most)
        return message

    return limited


def parts_of(request: Request) -> Parts:
    """The process's working parts."""
    parts: Parts = request.app.state.parts
    return parts


async def given_parts(request: Request) -> Parts:
    """The same as a dependency: asynchronous like all that wait for nothing, since others are sent to a thread."""
    return parts_of(request)


async def caller_of(request: Request) -> Caller:
    """Who asks."""
    caller: Caller = request.state.caller
    return caller


async def reader_of(request: Request) -> Caller:
    """Who asks, if they may see files: who only administers accounts and rulebook may not."""
    caller = await caller_of(request)
    if not caller.reads_files:
        raise Forbidden
    return caller


async def committee_of(request: Request) -> Caller:
    """Who asks, if they are of the supervision committee."""
    caller = await caller_of(request)
    if Role.SUPERVISOR not in caller.roles:
        raise Forbidden
    return caller


async def admin_of(request: Request) -> Caller:
    """Who asks, if they administer accounts and the rulebook."""
    caller = await caller_of(request)
    if Role.ADMIN not in caller.roles:
        raise Forbidden
    return caller


async def id_of(request: Request) -> str:
    """The request's id."""
    return request_id_of(request.scope)


def reached(*projections: str) -> Any:
    """A dependency that waits until these projections show the event at the position in `after`."""

    async def wait(
        request: Request,
        response: Response,
        after: Annotated[int | None, Query(ge=0, description=WAIT)] = None,
    ) -> None:
        if after is not None:
            await run_in_threadpool(shown, request, response, after)

    def shown(request: Request, response: Response, after: int) -> None:
        parts, settings = parts_of(request), request.app.state.settings
        if after > parts.store.last_position():
            raise Invalid(
                ("after",), field="after", reason="尚无此位置的事件", reason_en="there is no event at this position yet"
            )
        is_shown = parts.positions.wait_for(after, projections, settings.wait_seconds)
        response.headers["Huiying-Position-Shown"] = "true" if is_shown else "false"

    return Depends(wait)


PartsOf = Annotated[Parts, Depends(given_parts)]
CallerOf = Annotated[Caller, Depends(caller_of)]
ReaderOf = Annotated[Caller, Depends(reader_of)]
CommitteeOf = Annotated[Caller, Depends(committee_of)]
AdminOf = Annotated[Caller, Depends(admin_of)]
RequestId = Annotated[str, Depends(id_of)]
LONGEST_NUMBER = 64
Number = Annotated[str, Path(max_length=LONGEST_NUMBER, description="卷宗编号", examples=["HY-2026-000001"])]
