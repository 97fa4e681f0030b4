"""Routes for members of staff: nobody gets in without a token, and nothing of a body is read before that."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import orjson
from fastapi import Depends, Header, Path, Query, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.types import Message, Receive

from domain.errors import BrokenRequest, Forbidden, Invalid, NotSignedIn, TooLarge, UnsupportedMedia
from domain.vocabulary import Role
from service.access import Caller
from service.errors import request_id_of
from service.parts import Parts
from service.uploads import MOST_BYTES

BEARER = HTTPBearer(auto_error=False, description="huiying token create --staff ID")
JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
ETAG = re.compile(r'\s*(?:W/)?"?(\d{1,9})"?\s*')
LONG_NUMBER = re.compile(rb"[0-9]{19}")
LONGEST_TOKEN = 200
API = "/api/v1"
WAIT = "Wait a while until the event at this position shows; `Huiying-Position-Shown` says whether it does."
"""What `after` does, wherever it can be given; how long the while is, is the service's setting."""


Handler = Callable[[Request], Awaitable[Response]]


class SignedIn(APIRoute):
    """A route of a caller with a token. Bodies are JSON of at most the size that the settings allow."""

    most: int | None = None
    """Bytes that a body may have, where that is not the settings' limit."""
    takes_json = True

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        """The handler behind the caller's token and a body that can be read."""
        handle = super().get_route_handler()

        async def signed_in(request: Request) -> Response:
            caller = await parts_of(request).access.recognised(token_of(request.headers))
            request.state.caller, request.state.staff = caller, caller.staff
            if request.method == "POST":
                request = await self._read(request)
            return await handle(request)

        return signed_in

    async def _read(self, request: Request) -> Request:
        """The same request with its body read, and parsed where it is JSON."""
        most = self.most or request.app.state.settings.max_body
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > most:
            raise TooLarge(limit=most)
        sent = await Request(request.scope, limited(request.receive, most)).body()
        return (
            Read(request, sent or b"{}", self._parsed(request, sent)) if self.takes_json else Read(request, sent, None)
        )

    @staticmethod
    def _parsed(request: Request, sent: bytes) -> object:
        """What a JSON body says; nothing sent is an empty object. Raises `UnsupportedMedia`, `BrokenRequest`."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if sent and not JSON.fullmatch(kind):
            raise UnsupportedMedia(known="application/json")
        return parsed(sent or b"{}")


class Uploading(SignedIn):
    """A route whose body is a file as it is."""

    most = MOST_BYTES
    takes_json = False


class Read(Request):
    """A request whose body was read, and parsed where it is JSON."""

    def __init__(self, request: Request, sent: bytes, parsed: object) -> None:
        """Stand for `request`."""
        super().__init__(request.scope, request.receive)
        self._sent, self._parsed = sent, parsed

    async def body(self) -> bytes:
        """The body."""
        return self._sent

    async def json(self) -> object:
        """What the body says."""
        return self._parsed


def parsed(sent: bytes) -> object:
    """JSON as RFC 8259 has it, in UTF-8. Raises `BrokenRequest` naming the place that is wrong, never its content."""
    if not LONG_NUMBER.search(sent):  # which it would round
        with suppress(orjson.JSONDecodeError):  # then the slower one can say what is wrong, and takes a byte order mark
            return orjson.loads(sent)
    try:
        value: object = json.loads(sent.decode("utf-8-sig"), parse_constant=_not_a_number)
    except UnicodeDecodeError as error:
        place = f"{error.start}"
        raise BrokenRequest(reason=f"第{place}字节不是UTF-8", reason_en=f"byte {place} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BrokenRequest(
            reason=f"第{error.lineno}行第{error.colno}列不是有效的JSON",
            reason_en=f"not valid JSON at line {error.lineno} column {error.colno}",
        ) from None
    except RecursionError:
        raise BrokenRequest(reason="JSON嵌套过深", reason_en="the JSON is nested too deeply") from None
    except ValueError:
        raise BrokenRequest(reason="JSON中的数字过长", reason_en="a number in the JSON is too long") from None
    return value


def _not_a_number(name: str) -> NoReturn:
    raise BrokenRequest(reason=f"JSON中不得有{name}", reason_en=f"JSON has no {name}")


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


def token_of(headers: Mapping[str, str]) -> str:
    """The bearer token; NotSignedIn where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= LONGEST_TOKEN:
        raise NotSignedIn
    return token


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


def expected_version(given: str | None) -> int | None:
    """The version in `If-Match`; None for none or `*`. Invalid for what no file's ETag can be."""
    if given is None or given.strip() == "*":
        return None
    match = ETAG.fullmatch(given)
    if match is None:
        raise Invalid(
            ("If-Match",),
            field="If-Match",
            reason='须为卷宗版本，如 "3"（见 ETag）',
            reason_en='must be the version of the file, such as "3" (see its ETag)',
        )
    return int(match[1])


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
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description='The version of the file that you have seen, such as "3".')
]
IDEMPOTENCY_KEY = r"^[\x21-\x7e]{1,200}$"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=IDEMPOTENCY_KEY,
        description="The same key with the same body is carried out once and answered the same.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(max_length=400, alias="cursor", description="`next_cursor` of the page before")]
TOKEN = Security(BEARER)
