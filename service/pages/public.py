"""居民网页: send a petition, ask how far it has come, speak, read what hangs in public. For everybody, no account.

The query code travels in forms only, never in an address; what it shows is never kept by a browser or a proxy. The
number may come by the address of the receipt's QR code.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from markupsafe import Markup
from starlette.datastructures import FormData

from domain.errors import DomainError, UnknownPetition, WrongCode
from domain.numbering import as_written
from domain.petition.recollecting import GiveOpinion
from domain.petition.sending import MOST_FILES, SendPetition
from domain.rules.content import RulebookContent
from domain.vocabulary import AreaLevel, Satisfaction, Solved
from projections.bulletin_queries import SHORTEST, notice_of, published
from service import residents
from service.asked.given import PartsOf, RequestId
from service.limiter import Limit
from service.pages.cookies import address
from service.pages.entering import FormOf, Open
from service.pages.form_data import Filled, decoded, refused, uploads, validated
from service.pages.form_fields import Choices, choosable, fields_of, unplaced
from service.pages.screen import language_of, page, words_of
from service.parts import Parts
from service.qr import svg

SENDING = Limit("resident send", 10, timedelta(hours=1))
ASKING = Limit("resident ask", 40, timedelta(minutes=15))
ASKING_NUMBER = Limit("resident ask number", 30, timedelta(minutes=15))
SPEAKING = Limit("resident speak", 10, timedelta(hours=1))
READING = Limit("resident read", 240, timedelta(minutes=5))

STATE = "/public/state"
NEVER_KEPT = {"Cache-Control": "no-store"}
LOOP = ("receiving", "handling", "publishing", "supervising", "recollecting")

router = APIRouter(route_class=Open, include_in_schema=False)


@router.get("/public")
def home(request: Request) -> Response:
    """What can be done here."""
    return page(request, "public.html")


@router.get("/public/send")
def send_page(request: Request, parts: PartsOf) -> Response:
    """The form for a petition."""
    return _sending(request, parts, Filled({}), secrets.token_hex(16))


@router.post("/public/send")
def send(request: Request, parts: PartsOf, form: FormOf, request_id: RequestId) -> Response:
    """Take a petition in; the receipt with number and query code is the answer. Sent again, it is the same one."""
    _allowed(request, parts, SENDING)
    filled, language, key = Filled(decoded(SendPetition, form)), language_of(request), _text(form, "key")
    filled.values.pop("attachments", None)  # files come with the form; no page names any by an id
    sent = validated(SendPetition, filled, language)
    if sent is None:
        return _sending(request, parts, filled, key, status=422)
    try:
        outcome = residents.send(parts, sent, _files(form), key=key, request_id=request_id)
    except DomainError as error:
        if error.status not in {413, 415, 422}:
            raise
        refused(filled, error, language)
        return _sending(request, parts, filled, key, status=error.status)
    code = Markup(svg(address(request) + STATE))  # noqa: S704 - drawn by the service itself
    return page(request, "public_sent.html", status=201, headers=NEVER_KEPT, sent=outcome, code=code)


@router.get(STATE)
def state_page(request: Request, number: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The form that asks for number and query code; the receipt's QR code brings the number along."""
    return page(request, "public_ask.html", number=number.strip(), fault=None)


@router.post(STATE)
def state(request: Request, parts: PartsOf, form: FormOf) -> Response:
    """How far the petition with this number and code has come."""
    number, code = _text(form, "number"), _text(form, "code")
    _allowed(request, parts, ASKING)
    parts.limiter.check(ASKING_NUMBER, number.strip().upper(), parts.now())
    try:
        found = residents.progress(parts, number, code)
    except WrongCode as error:
        told = error.text(language_of(request))
        return page(request, "public_ask.html", status=error.status, headers=NEVER_KEPT, number=number, fault=told)
    return _state(request, found, code)


@router.post("/public/opinion")
def speak(request: Request, parts: PartsOf, form: FormOf, request_id: RequestId) -> Response:
    """Hear the resident; the state page is the answer."""
    number, code = _text(form, "number"), _text(form, "code")
    _allowed(request, parts, ASKING)
    _allowed(request, parts, SPEAKING)
    parts.limiter.check(ASKING_NUMBER, number.strip().upper(), parts.now())
    filled, language = Filled(decoded(GiveOpinion, form)), language_of(request)
    opinion = validated(GiveOpinion, filled, language)
    if opinion is not None:
        try:
            key = _text(form, "key")
            done = residents.speak(parts, number, code, opinion, key=key, request_id=request_id)
            parts.positions.wait_for(done.position, ["file"], request.app.state.settings.wait_seconds)
            return _state(request, residents.progress(parts, number, code), code, heard=True)
        except DomainError as error:
            if error.status not in {409, 422}:
                raise
            refused(filled, error, language)
    return _state(request, residents.progress(parts, number, code), code, filled, status=422)


@router.get("/public/results")
def results(
    request: Request,
    parts: PartsOf,
    q: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """What hangs in public, newest first."""
    _allowed(request, parts, READING)
    typed = q.strip()
    short = 0 < len(typed) < SHORTEST
    with parts.reading() as connection:
        found = published(connection, None if short else typed or None, cursor)
    return page(request, "public_results.html", found=found, q=typed, short=short, later=cursor is not None)


@router.get("/public/results/{number}")
def result(request: Request, parts: PartsOf, number: Annotated[str, Path(max_length=64)]) -> Response:
    """What hangs of one file."""
    _allowed(request, parts, READING)
    with parts.reading() as connection:
        notice = notice_of(connection, as_written(number))
    if notice is None:
        raise UnknownPetition
    return page(request, "public_result.html", notice=notice)


def _allowed(request: Request, parts: Parts, limit: Limit) -> None:
    """Count a try from this address; raises `TooOften`."""
    parts.limiter.check(limit, request.client.host if request.client else "", parts.now())


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip()[:64] if isinstance(value, str) else ""


def _files(form: FormData) -> list[tuple[bytes, str]]:
    """Content and media type of what was chosen."""
    return [
        (one.file.read(), (one.content_type or "").partition(";")[0].strip().lower())
        for one in uploads(form, "attachments")
    ]


def _sending(request: Request, parts: Parts, filled: Filled, key: str, status: int = 200) -> Response:
    rulebook = parts.rulebooks.current().content
    choices = Choices(rulebook, more={"area": _communities(rulebook), "against": choosable(rulebook.units)})
    fields = {one.name: one for one in fields_of(SendPetition, filled, choices, words_of(request))}
    fields["area"].sort = "choice"
    return page(
        request,
        "public_send.html",
        status=status,
        fields=fields,
        general=unplaced(list(fields.values()), filled.errors),
        key=key or secrets.token_hex(16),
        most_files=MOST_FILES,
    )


def _communities(rulebook: RulebookContent) -> list[tuple[str, str]]:
    return choosable(area for area in rulebook.areas if area.level is AreaLevel.COMMUNITY)


def _state(
    request: Request,
    found: residents.Progress,
    code: str,
    filled: Filled | None = None,
    *,
    heard: bool = False,
    status: int = 200,
) -> Response:
    filled = filled or Filled({})
    return page(
        request,
        "public_state.html",
        status=status,
        headers=NEVER_KEPT,
        found=found,
        code=code,
        loop=LOOP,
        said=filled.values,
        faults=filled.errors,
        heard=heard,
        key=secrets.token_hex(16),
        solved=Solved,
        satisfaction=Satisfaction,
    )
