"""What operators ask: whether the process is up, whether it can work, and its metrics. None of it tells of files."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from psycopg import Connection
from psycopg_pool import PoolTimeout

from domain.errors import NoRulebook
from projections.catalogue import PROJECTIONS
from service.asked.given import PartsOf
from service.metrics import Metrics
from service.parts import Parts
from service.positions import given_up, states
from service.settings import Settings

PATIENCE = 2.0
"""Seconds for which readiness waits for the database."""

UNREACHABLE = (PoolTimeout, psycopg.Error, PersistenceError)
"""What asking a database that is away raises: its pool, its driver, and the library that keeps the events."""

router = APIRouter(tags=["运行 operations"])


@router.get("/healthz", summary="存活")
async def health() -> dict[str, str]:
    """The process is up and answers."""
    return {"status": "up"}


@router.get("/readyz", summary="就绪", responses={503: {"description": "What is missing"}})
def ready(request: Request, parts: PartsOf) -> JSONResponse:
    """Whether requests can be served: database, schema, rulebook, projections. `missing` names what is not there."""
    missing = list(_missing(parts, request.app.state.settings))
    status = 503 if missing else 200
    return JSONResponse({"status": "not ready" if missing else "ready", "missing": missing}, status)


@router.get("/metrics", summary="指标", response_class=Response)
def metrics(request: Request, parts: PartsOf) -> Response:
    """Metrics for Prometheus; without the positions while the database is away."""
    kept: Metrics = request.app.state.metrics
    kept.waiting.set(parts.store.waiting)
    try:
        with parts.pool.connection(PATIENCE) as connection:
            text = kept.text(parts.store.last_position(), states(connection))
    except UNREACHABLE:
        text = kept.text(None, [])
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _missing(parts: Parts, settings: Settings) -> Iterator[str]:
    """What keeps the service from working, each with where to look."""
    try:
        with parts.pool.connection(PATIENCE) as connection:
            unapplied = _unapplied(connection)
            if unapplied:
                yield f"migrations: {', '.join(unapplied)}"
                return
            yield from _lagging(connection, parts.store.last_position(), settings.max_lag)
        parts.rulebooks.current()
    except UNREACHABLE:
        yield "database"
    except NoRulebook:
        yield "rulebook: huiying rulebook load"


def _unapplied(connection: Connection[Any]) -> list[str]:
    """The scripts that the database has not seen."""
    known = {f.name for f in (files("service") / "schema").iterdir() if f.name.endswith(".sql")}
    return sorted(known - {str(name) for (name,) in connection.execute("SELECT name FROM schema_migrations")})


def _lagging(connection: Connection[Any], last: int, most: int) -> Iterator[str]:
    """Projections that are not built, have stopped, or are too far behind."""
    found = states(connection)
    live = {state.name: state for state in found if state.generation == "live"}
    for name, fresh in given_up(found).items():
        yield f"projection {name}: rebuild stopped at {fresh.error_position} ({fresh.error_topic})"
    for projection in PROJECTIONS:
        state = live.get(projection.name)
        if state is None:
            yield f"projection {projection.name}: not built yet"
        elif state.state == "stopped":
            yield f"projection {projection.name}: stopped at {state.error_position} ({state.error_topic})"
        elif last - state.position > most:
            yield f"projection {projection.name}: {last - state.position} behind"
