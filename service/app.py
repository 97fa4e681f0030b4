"""The web application: routes, what stands around them, and what they work with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.staticfiles import StaticFiles

from service.api import (
    audit,
    health,
    ledger,
    letters,
    meetings,
    objections,
    petitions,
    proposals,
    publishing,
    reports,
    rulebook,
    several,
    staff,
    statistics,
    symposium,
    worklist,
)
from service.api.carrying import ShortWay
from service.api.forwarded import Forwarded
from service.api.problems import document
from service.api.requests import Requests
from service.errors import HANDLERS, Answering
from service.metrics import Metrics
from service.pages.catalogue import ROUTERS
from service.pages.problem import on_pages
from service.pages.screen import STATIC
from service.parts import opened
from service.settings import Settings

DESCRIPTION = """民情受理 → 民情办理 → 公示回应 → 跟踪监督 → 民情再收集，一号一档。

* 令牌 token: `Authorization: Bearer …` (`huiying token create --staff ID`)
* 版本 version: `ETag` → `If-Match`；幂等 repeat safely: `Idempotency-Key`
* 读己之写 read your own write: `?after=` the `position` of an answer
* 错误 errors: `application/problem+json`，`Accept-Language: zh` 或 `en`
"""
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
"""The framework's own would record addresses and exceptions; ours is service/logs.py and service/metrics.py."""


def create_app(settings: Settings) -> FastAPI:
    """The application on the migrated database at `settings.database_url`; it opens what it needs when it starts.

    Projections are fed by a runner, which is another process's work (or a test's).
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with opened(settings.database_url, settings) as parts:
            app.state.parts = parts
            yield
        metrics.close()

    handlers: Mapping[type[Exception], Answering] = {kind: on_pages(answer) for kind, answer in HANDLERS.items()}
    app = FastAPIOffline(
        title="回应 Huiying",
        version=version("huiying"),
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        exception_handlers=handlers,
        telemetry=NO_TELEMETRY,
    )
    app.state.settings, app.state.metrics, app.state.language = settings, metrics, settings.language
    api = (
        petitions,
        several,
        symposium,
        proposals,
        publishing,
        letters,
        meetings,
        ledger,
        worklist,
        objections,
        statistics,
        reports,
        audit,
        staff,
        rulebook,
    )
    for part in (*api, health):
        app.include_router(part.router)
    app.include_router(petitions.uploads)
    for pages in ROUTERS:
        app.include_router(pages)
    app.state.pages = frozenset(getattr(route, "path", "") for pages in ROUTERS for route in pages.routes)
    app.mount("/static", StaticFiles(directory=STATIC))
    document(app)
    short = ShortWay(app, app.build_middleware_stack(), petitions.router.routes, handlers)
    requests = Requests(short, metrics, handlers[Exception])
    app.middleware_stack = Forwarded(requests, settings.proxies)
    return app
