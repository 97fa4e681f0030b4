"""Errors as callers get them: problem details (RFC 9457) in Chinese or English, for everything that can go wrong.

What was sent never comes back: of a wrong value only its field is named, of an unknown field not even that, since
what stands in the place of a field's name may be anything. In a rulebook, which is no person's, places have its codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from http import HTTPStatus
from typing import Any, get_args

import psycopg
import structlog
from eventsourcing import persistence
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolClosed, PoolTimeout
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from domain.errors import (
    BrokenRequest,
    Busy,
    DomainError,
    NoSuchAddress,
    NotSignedIn,
    TooLarge,
    Unexpected,
    WrongMethod,
)
from domain.petition.commands import STEPS, ReceivePetition
from domain.rulebook import AdoptRulebook, BadRulebook, PublishCalendar
from service.messages import Text, message

RETRY_SECONDS = 1
Loc = tuple[str | int, ...]
ORIGINS = frozenset({"body", "query", "path", "header"})

log = structlog.get_logger(__name__)


class InvalidRequest(DomainError):
    """One or more fields do not hold what they must; `Fault` says of each what would be right."""

    status = 422
    code = "invalid"
    zh = "{zh}"
    en = "{en}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field."""

    loc: Loc
    text: Text


def language_of(headers: Mapping[str, str], default: str = "zh") -> str:
    """`zh` or `en`, whichever `Accept-Language` puts first; the default where it names neither."""
    best, chosen = 0.0, default
    for part in headers.get("accept-language", "")[:500].split(","):
        match = re.fullmatch(r"\s*(zh|en)(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", part, re.IGNORECASE)
        weight = float(match[2] or 1) if match else 0.0
        if match and weight > best:
            best, chosen = weight, match[1].lower()
    return chosen


def problem(
    error: DomainError,
    language: str,
    request_id: str,
    *,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for an error, as `application/problem+json`.

    `errors` lists the fields at fault, each as `{loc, message}`: `loc` is the path inside the body, or the name of the
    parameter or header.
    """
    told = dict(headers or {})
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        told["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, NotSignedIn):
        told["WWW-Authenticate"] = "Bearer"
    body = problem_body(error, language, request_id, faults=faults)
    return JSONResponse(body, error.status, told | {"Content-Language": language}, "application/problem+json")


def problem_body(error: DomainError, language: str, request_id: str, *, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    """What is told of an error, without the answer around it: one that concerns one file of several stands inside."""
    loc = known_part(error.loc)
    if "field" in error.facts:
        error.facts["field"] = dotted(loc)
    detail = error.text(language)
    errors = [{"loc": list(one.loc), "message": one.text[language == "en"]} for one in faults]
    if loc and not errors:
        errors = [{"loc": list(loc), "message": detail}]
    return {
        "type": f"urn:huiying:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": detail,
        "errors": errors,
        "request_id": request_id,
    }


def faults_of(errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """The faults in pydantic's errors, without anything that was sent."""
    return [fault for error in errors for fault in _faults(error)]


def _faults(error: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults in one error: where the tables of a rulebook do not agree, each place of its own."""
    fault, cause = _fault(error), error.get("ctx", {}).get("error")
    if isinstance(cause, BadRulebook):
        for one in cause.problems:
            yield Fault(fault.loc, Text(f"{one.path}：{one.zh}", f"{one.path}: {one.en}"))
    else:
        yield fault


def _fault(error: Mapping[str, Any]) -> Fault:
    """One error. A validator that speaks of the whole model names its field at the start of its text."""
    loc: Loc = error["loc"]
    if loc and loc[0] in ORIGINS:
        loc = loc[1:]
    hint = ""
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(loc[-1])[:64], sorted(field_names()), n=1, cutoff=0.75)
        loc, hint = loc[:-1], near[0] if near else ""
    text = message(error, hint)
    named = re.match(r"([a-z_]+): ", text.zh)
    if named and not loc:
        loc, text = (named[1],), Text(text.zh[named.end() :], text.en.removeprefix(named[0]))
    return Fault(known_part(loc), text)


def known_part(loc: Loc) -> Loc:
    """A path with `*` for a key that the caller made up: below the first part only known names of fields stay."""
    rest = (part if isinstance(part, int) or part in field_names() else "*" for part in loc[1:] if part != "[key]")
    return (*loc[:1], *rest)


def dotted(loc: Loc) -> str:
    """A path as it is written in a text."""
    return ".".join(map(str, loc))


@cache
def field_names() -> frozenset[str]:
    """The name of every field that a command can have, as callers know it."""
    names: set[str] = set()
    for command in (*STEPS.values(), ReceivePetition, AdoptRulebook, PublishCalendar):
        _collect(command, names)
    return frozenset(names)


def _collect(annotation: object, names: set[str]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            names.add(info.alias or name)
            _collect(info.annotation, names)
    for part in get_args(annotation):
        _collect(part, names)


def request_id_of(scope: Scope) -> str:
    """The id under which the log knows the request."""
    return str(scope.get("state", {}).get("request_id", ""))


def _answer(request: Request, error: DomainError, **more: Any) -> Response:
    """The problem, in the caller's language."""
    scope = request.scope
    return problem(error, language_of(request.headers, request.app.state.language), request_id_of(scope), **more)


def on_domain_error(request: Request, error: Exception) -> Response:
    """A rule said no."""
    assert isinstance(error, DomainError)
    request.scope["state"]["code"] = error.code
    each = error.facts.get("each", ())
    assert isinstance(each, tuple)
    return _answer(
        request, error, faults=[Fault(known_part(one.loc), Text(one.text("zh"), one.text("en"))) for one in each]
    )


def on_invalid(request: Request, error: Exception) -> Response:
    """Fields do not hold what they must."""
    assert isinstance(error, RequestValidationError)
    faults = faults_of(error.errors())
    first = faults[0]
    field = dotted(first.loc)
    more_zh, more_en = (f"（共{len(faults)}处）", f" ({len(faults)} errors)") if len(faults) > 1 else ("", "")
    told = InvalidRequest(
        zh=f"{field}：{first.text.zh}{more_zh}" if field else first.text.zh + more_zh,
        en=f"{field}: {first.text.en}{more_en}" if field else first.text.en + more_en,
    )
    request.scope["state"]["code"] = told.code
    return _answer(request, told, faults=faults)


def on_http_error(request: Request, error: Exception) -> Response:
    """The framework itself said no."""
    assert isinstance(error, HTTPException)
    known: dict[int, DomainError] = {
        404: NoSuchAddress(),
        405: WrongMethod(),
        413: TooLarge(limit=request.app.state.settings.max_body),
    }
    told = known.get(error.status_code) or BrokenRequest(reason="格式错误", reason_en="it is malformed")
    request.scope["state"]["code"] = told.code
    return _answer(request, told, headers=error.headers)


def on_no_database(request: Request, error: Exception) -> Response:
    """The database is away, or a projection's tables are not there yet: the caller may try again."""
    log.error("database_unavailable", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
    request.scope["state"]["code"] = Busy.code
    return _answer(request, Busy())


def on_unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours. `service.api.requests` logs where it happened, which nobody else is told."""
    return _answer(request, Unexpected())


Answering = Callable[[Request, Exception], Response]

HANDLERS: Mapping[type[Exception], Answering] = {
    Exception: on_unexpected,
    DomainError: on_domain_error,
    RequestValidationError: on_invalid,
    HTTPException: on_http_error,
    PoolTimeout: on_no_database,
    PoolClosed: on_no_database,
    psycopg.OperationalError: on_no_database,
    psycopg.InterfaceError: on_no_database,
    persistence.OperationalError: on_no_database,
    persistence.InterfaceError: on_no_database,
    psycopg.errors.UndefinedTable: on_no_database,
    psycopg.errors.InvalidSchemaName: on_no_database,
}
"""What answers which exception. Whatever is not named is a mistake of ours."""
