"""Commands by the short way: from the server straight to the endpoint, past middleware, routing and dependencies.

What the framework does for a request costs several times what a command does. A request that brings a readable body
which fits its command needs none of that. Everything else, and every mistake, goes the framework's way, which ends at
the same endpoint or says what is wrong (ADR 0027).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_type_hints

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import DomainError
from domain.petition.command import PetitionCommand
from service.api.signed_in import IDEMPOTENCY_KEY, SignedIn, expected_version, parsed, token_of
from service.asked.given import LONGEST_NUMBER, parts_of, reader_of
from service.errors import Answering

KEY = re.compile(IDEMPOTENCY_KEY)
NAMES = {
    name.encode(): name for name in ("authorization", "content-type", "content-length", "if-match", "idempotency-key")
}


class Carrying(SignedIn):
    """A route whose endpoint takes `command`, `request`, `caller`, what the path holds, and maybe `if_match` and `key`.

    It is the framework's way; `ShortWay` leads to the same endpoint.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        """Note what the endpoint takes."""
        super().__init__(*given, **named)
        self.command: type[PetitionCommand] = get_type_hints(self.endpoint)["command"]
        self.takes = frozenset(inspect.signature(self.endpoint).parameters)


class ShortWay:
    """ASGI application in front of the framework's."""

    def __init__(
        self, app: FastAPI, beyond: ASGIApp, routes: Iterable[object], handlers: Mapping[type[Exception], Answering]
    ) -> None:
        """`beyond` is the framework's way; of the routes those that carry out commands go the short one."""
        self._app, self._beyond, self._handlers = app, beyond, handlers
        self._routes = {route.path: route for route in routes if isinstance(route, Carrying)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on as it came."""
        found = self._found(scope)
        if found is None:
            await self._beyond(scope, receive, send)
            return
        route, path = found
        taken: list[Message] = []
        request = Request(scope, receive)
        scope["app"], scope["route"] = self._app, route
        try:
            given = await self._given(route, request, taken)
        except (ValidationError, Unfit):
            await self._beyond(scope, _again(taken, receive), send)
            return
        response = await self._answer(route, request, {**given, **path})
        await response(scope, receive, send)

    def _found(self, scope: Scope) -> tuple[Carrying, Mapping[str, str]] | None:
        """The route of a request that may go the short way, and what stands in its path."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        whole: str = scope["path"]
        if (route := self._routes.get(whole)) is not None:
            return route, {}
        rest, _, step = whole.rpartition("/")
        collection, _, number = rest.rpartition("/")
        route = self._routes.get(f"{collection}/{{number}}/{step}")
        return None if route is None or not 0 < len(number) <= LONGEST_NUMBER else (route, {"number": number})

    async def _given(self, route: Carrying, request: Request, taken: list[Message]) -> Mapping[str, Any]:
        """Caller, command and headers; raises `Unfit` or `ValidationError` where the framework has to look at it."""
        headers = _read(request.scope)
        access = parts_of(request).access
        try:
            caller = await access.recognised(token_of(headers))
            request.state.caller, request.state.staff = caller, caller.staff
            caller = await reader_of(request)
            given: dict[str, Any] = {"caller": caller, **dict(_stated(headers, route.takes))}
            body = await _body(request, headers, taken)
            return {**given, "command": route.command.model_validate(parsed(body))}
        except DomainError:
            raise Unfit from None

    async def _answer(self, route: Carrying, request: Request, given: Mapping[str, Any]) -> Response:
        """What the endpoint says; what it raises is answered as the framework would."""
        try:
            answer: Response = await route.endpoint(request=request, **given)
        except Exception as error:
            kind = next(kind for kind in type(error).__mro__ if kind in self._handlers)
            if kind is Exception:
                raise
            return self._handlers[kind](request, error)
        return answer


class Unfit(Exception):
    """The short way is not for this request."""


def _read(scope: Scope) -> Mapping[str, str]:
    """The headers that matter here, by name; of several the first."""
    return {NAMES[name]: value.decode("latin-1") for name, value in reversed(scope["headers"]) if name in NAMES}


def _stated(headers: Mapping[str, str], takes: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """The headers that the endpoint takes."""
    if "if_match" in takes and (version := headers.get("if-match")) is not None:
        expected_version(version)
        yield "if_match", version
    if "key" in takes and (key := headers.get("idempotency-key")) is not None:
        if not KEY.fullmatch(key):
            raise Unfit
        yield "key", key


async def _body(request: Request, headers: Mapping[str, str], taken: list[Message]) -> bytes:
    """The body of a request that says it is JSON and how long; `taken` keeps the messages that it came in."""
    length = headers.get("content-length", "")
    if (
        headers.get("content-type", "").partition(";")[0] != "application/json"
        or not length.isdecimal()
        or int(length[:20]) > request.app.state.settings.max_body
    ):
        raise Unfit
    while True:
        message = await request.receive()
        taken.append(message)
        if message["type"] != "http.request":
            raise Unfit
        if not message.get("more_body"):
            return b"".join(one.get("body", b"") for one in taken) if len(taken) > 1 else message.get("body", b"")


def _again(taken: list[Message], receive: Receive) -> Receive:
    """Receive what was taken once more, then what comes."""
    left = iter(taken)

    async def again() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return again if taken else receive
