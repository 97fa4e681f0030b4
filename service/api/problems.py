"""Which errors a route can answer, for the documentation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from service.api.answers import Problem

ALWAYS = (401, 422, 503)
NAME = Problem.__name__


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem details of these statuses, and of those that every route can answer."""
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{NAME}"}}}
    told = sorted({*ALWAYS, *statuses})
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in told}


def document(app: FastAPI) -> None:
    """Enter what a problem is into the application's documentation."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        schema["components"]["schemas"].setdefault(NAME, Problem.model_json_schema())
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
