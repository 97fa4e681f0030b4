"""Around every request: its id, its line in the log, its place in the metrics, and an answer when we are at fault."""

from __future__ import annotations

import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Unexpected
from service.errors import language_of, problem
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

log = structlog.get_logger("requests")


class Requests:
    """ASGI middleware, outside of all others. No exception leaves it: the server would log its message."""

    def __init__(self, app: ASGIApp, metrics: Metrics, language: str) -> None:
        """`language` is that of answers to who names none."""
        self._app = app
        self._metrics = metrics
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, headers = time.perf_counter(), Headers(scope=scope)
        one = request_id(headers.get("x-request-id")) or uuid4().hex
        scope.setdefault("state", {})["request_id"] = one
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), scope["path"], one)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=one):
            try:
                await self._app(scope, receive, answer)
            except ClientDisconnect:
                log.info("caller_hung_up", route=route_of(scope))
            except Exception as error:
                log.error("request_failed", route=route_of(scope), **places(error))
                if status == 0:
                    told = problem(Unexpected(), language_of(headers, self._language), one)
                    await told(scope, receive, answer)
            finally:
                self._tell(scope, status, time.perf_counter() - started)

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


def _add_headers(headers: MutableHeaders, path: str, one: str) -> None:
    headers["X-Request-Id"] = one
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    if path.startswith("/static/"):
        headers["Cache-Control"] = "public, max-age=604800, immutable"
    elif not path.startswith(DOCUMENTATION):
        headers["Cache-Control"] = "no-store"
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(self), microphone=(), payment=()")
