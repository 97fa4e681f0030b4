"""Routes for members of staff: nobody gets in without a token, and nothing of a body is read before that."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Annotated, NoReturn

import orjson
from fastapi import Header, Query, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from domain.errors import BrokenRequest, Invalid, NotSignedIn, TooLarge, UnsupportedMedia
from service.asked.given import limited, parts_of
from service.uploads import MOST_BYTES

BEARER = HTTPBearer(auto_error=False, description="huiying token create --staff ID")
JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
ETAG = re.compile(r'\s*(?:W/)?"?(\d{1,9})"?\s*')
LONG_NUMBER = re.compile(rb"[0-9]{19}")
LONGEST_TOKEN = 200


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


def token_of(headers: Mapping[str, str]) -> str:
    """The bearer token; NotSignedIn where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= LONGEST_TOKEN:
        raise NotSignedIn
    return token


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
