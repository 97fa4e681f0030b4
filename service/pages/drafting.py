"""Forms that lose nothing: each has an id of its own, under which it is kept as a draft and sent only once.

With script the draft is saved while typing (static/desk.js); without, by the form's button.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse

from domain.errors import UnknownPetition
from domain.petition.commands import STEPS
from domain.vocabulary import Channel
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf
from service.drafts import Draft, is_draft_id, new_draft_id
from service.pages.cookies import CSRF_FIELD, csrf_token
from service.pages.entering import FormOf, StaffPage
from service.pages.screen import redirect, words_of
from service.parts import Parts

ID, VERSION, NAME, NUMBER = "key", "version", "_form", "_number"
"""Hidden fields of every form that is kept: its id, the file's version, which form it is, on which file."""
NOT_KEPT = frozenset({CSRF_FIELD, ID, NAME, NUMBER, VERSION})
RECEIVING = "intake-"
"""How the names of the intake forms begin; the channel follows. Every other form has the name of its step."""
SYMPOSIA = f"{RECEIVING}symposia"
"""The form for all that one symposium raised."""
INTAKE_FORMS = frozenset({SYMPOSIA, *(RECEIVING + channel for channel in Channel)})

router = APIRouter(route_class=StaffPage, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A form that is open. `typed`: what stood in it when it was last kept, at `saved_at`."""

    id: str
    name: str
    number: str | None = None
    typed: FormData | None = None
    saved_at: datetime | None = None


def opened(request: Request, parts: Parts, caller: Caller, name: str, number: str | None = None) -> Opened:
    """The form as it is opened: a kept one that the address names or that is the last on this file, or a new one."""
    asked = request.query_params.get("draft", "")
    kept = parts.drafts.find(caller.staff, asked) if is_draft_id(asked) else None
    if kept is not None and (kept.form, kept.number) != (name, number):
        kept = None
    if kept is None and number is not None:
        kept = parts.drafts.latest(caller.staff, name, number)
    return _again(kept) if kept is not None else Opened(new_draft_id(), name, number)


def _again(kept: Draft) -> Opened:
    typed = FormData([(name, text) for name, text in kept.fields])
    return Opened(kept.id, kept.form, kept.number, typed, kept.saved_at)


def sent_as(form: FormData, name: str, number: str | None = None) -> Opened:
    """The form as it came back; one without a proper id is a new one."""
    given = form.get(ID)
    own = given if isinstance(given, str) and is_draft_id(given) else new_draft_id()
    return Opened(own, name, number, form)


def version_seen(form: FormData) -> int | None:
    """The version that whoever sent the form had before them; None where the form does not say."""
    version = str(form.get(VERSION, ""))
    return int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None


def renewed(form: Opened) -> Opened:
    """The same form under another id: the old one was sent already, with something else in it."""
    return replace(form, id=new_draft_id())


def address_of_form(form: str, number: str | None, draft_id: str) -> str:
    """Where a kept form is opened again."""
    if form.startswith(RECEIVING):
        return f"/intake/{form.removeprefix(RECEIVING)}?draft={draft_id}"
    return f"/files/{quote(number or '')}/{form}?draft={draft_id}"


@router.post("/drafts")
def keep(request: Request, form: FormOf, parts: PartsOf, caller: ReaderOf) -> Response:
    """Keep what stands in a form. A script is told when; otherwise the form opens again, as it was."""
    kept = _named(form, parts, caller)
    fields = [(name, text) for name, text in form.multi_items() if name not in NOT_KEPT and isinstance(text, str)]
    now = parts.drafts.save(caller.staff, kept.id, kept.name, fields, number=kept.number)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"saved_at": now.isoformat()})
    told = words_of(request).gettext("草稿已保存")
    if any(isinstance(one, UploadFile) and one.filename for one in form.values()):
        told = words_of(request).gettext("草稿已保存；所选文件不在草稿中，发送前请重新选择")
    return redirect(request, address_of_form(kept.name, kept.number, kept.id), told)


@router.post("/drafts/discard")
def discard(request: Request, form: FormOf, parts: PartsOf, caller: ReaderOf) -> Response:
    """Forget a draft, and open its form anew."""
    kept = _named(form, parts, caller)
    parts.drafts.drop(caller.staff, kept.id)
    there = address_of_form(kept.name, kept.number, kept.id).partition("?")[0]
    return redirect(request, there, words_of(request).gettext("草稿已删除"))


@router.get("/drafts/token")
def token(request: Request) -> Response:
    """The token for forms, for a page that stayed open while its reader signed in again."""
    return JSONResponse({"csrf": csrf_token(request)})


def _named(form: FormData, parts: Parts, caller: Caller) -> Opened:
    """Which form was sent; a file that it names must exist for the caller. Raises `UnknownPetition` otherwise."""
    name, number = (str(form.get(field) or "") for field in (NAME, NUMBER))
    if name in INTAKE_FORMS:
        return sent_as(form, name)
    if name not in STEPS:
        raise UnknownPetition
    return sent_as(form, name, parts.desk.load(caller, number).number)
