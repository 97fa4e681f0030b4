"""Around every request: its id, its line in the log, its place in the metrics, and an answer when we are at fault."""

from __future__ import annotations

import secrets
import time
from functools import lru_cache

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Answering
from service.logs import places, request_id
from service.metrics import Metrics

NOT_MATCHED = "-"
"""The route of a request that no route matches: its path is the caller's words."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
DOCUMENTATION = ("/docs", "/redoc", "/static-offline")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""What a page may load and where its forms may go: this service, and nothing written inside the page itself."""

ID_HEADER = b"x-request-id"
RawHeaders = list[tuple[bytes, bytes]]
Fixed = tuple[tuple[bytes, bytes], ...]
ALWAYS: Fixed = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
KEPT: Fixed = (*ALWAYS, (b"cache-control", b"public, max-age=604800, immutable"))
FRESH: Fixed = (
    *ALWAYS,
    (b"cache-control", b"no-store"),
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(self), microphone=(), payment=()"),
)
OURS = frozenset({b"x-content-type-options", b"cache-control"})
"""Headers that are told from here, whatever an answer says itself; of the others its own stays."""

log = structlog.get_logger("requests")


class Requests:
    """ASGI application outside of all others. No exception leaves it: the server would log its message."""

    def __init__(self, app: ASGIApp, metrics: Metrics, unexpected: Answering) -> None:
        """`unexpected` answers where an exception left the application and nothing was answered yet."""
        self._app = app
        self._metrics = metrics
        self._unexpected = unexpected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = next((value for name, value in scope["headers"] if name == ID_HEADER), b"")
        one = request_id(given.decode("latin-1")) or secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = one
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _headers(message["headers"], scope["path"], one)
            await send(message)

        tokens = structlog.contextvars.bind_contextvars(request_id=one)
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            log.info("caller_hung_up", route=route_of(scope))
        except Exception as error:
            log.error("request_failed", route=route_of(scope), **places(error))
            if status == 0:
                await self._unexpected(Request(scope), error)(scope, receive, answer)
        finally:
            self._tell(scope, status, time.perf_counter() - started)
            structlog.contextvars.reset_contextvars(**tokens)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        """One line and one observation. Probes are counted, not logged. Status 0: the caller hung up."""
        route, state = route_of(scope), scope["state"]
        self._metrics.observe(route, scope["method"], status, seconds)
        if route not in PROBES:
            log.info(
                "request",
                method=scope["method"][:16],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
                staff=state.get("staff"),
                code=state.get("code"),
            )


def route_of(scope: Scope) -> str:
    """The template of the route, never the address itself."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else NOT_MATCHED


def _headers(said: RawHeaders, path: str, one: str) -> RawHeaders:
    """An answer's headers with the request's id and those that every answer on this path has."""
    more = ALWAYS if path.startswith(DOCUMENTATION) else KEPT if path.startswith("/static/") else FRESH
    replaced, added = _besides(tuple(name for name, _ in said), more)
    kept = [header for header in said if header[0] not in replaced] if replaced else said
    return [*kept, *added, (ID_HEADER, one.encode())]


@lru_cache(maxsize=256)
def _besides(said: tuple[bytes, ...], more: Fixed) -> tuple[frozenset[bytes], Fixed]:
    """Which of the headers that an answer says are replaced, and which are added to the others; a few sorts of both."""
    ours = {name for name, _ in more} & OURS
    kept = {name for name in said if name not in ours}
    return frozenset(ours.intersection(said)), tuple(header for header in more if header[0] not in kept)
