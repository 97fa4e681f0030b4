"""公示台: what is to be written, approved and published, what hangs; and a draft seen original beside redacted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from domain.errors import DomainError, Forbidden
from domain.petition.publishing import DraftPublication
from domain.petition.publishing_redaction import Preview, Removal
from domain.petition.references import typed
from domain.vocabulary import RedactionBasis, Role
from projections.bulletin_queries import published
from projections.tasks import ON_THE_BOARDS
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.pages.drafting import sent_as
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, refused, wants_row
from service.pages.screen import language_of, page
from service.pages.steps import Number, offered, shown
from service.pages.waiting import Asked, CursorOf, asked, waiting
from service.parts import Parts

router = APIRouter(route_class=StaffPage, include_in_schema=False)
AT_WORK = frozenset({Role.PUBLISHER, Role.APPROVER})
DRAFT = "/files/{number}/draft-publication"
TAKE_BACK = "take_back"
"""The button that takes a find back; its reason is then asked for."""
SHOWN_NOTICES = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a draft: as it was typed, as the public reads it, and what was found there, if anything."""

    typed: str
    shown: str
    found: Removal | None = None

    @property
    def may_stay(self) -> bool:
        """Whether a person may take it back: never what was given with the petition, nor their own removal."""
        return self.found is not None and self.found.basis not in {RedactionBasis.GIVEN, RedactionBasis.ADDED}


@dataclass(frozen=True, slots=True)
class Beside:
    """Original and redacted draft, piece by piece."""

    title: Sequence[Piece]
    text: Sequence[Piece]

    @property
    def found(self) -> list[Piece]:
        """The places at which something was found, each wording once."""
        every = [piece for piece in (*self.title, *self.text) if piece.found is not None]
        return list({(piece.typed, piece.shown): piece for piece in every}.values())


@router.get("/publication")
def desk(
    *,
    request: Request,
    parts: PartsOf,
    caller: ReaderOf,
    wanted: Annotated[Asked, Depends(asked)],
    notices: Annotated[CursorOf, Query()] = None,
) -> Response:
    """What waits for publishers and approvers of publications, and what hangs."""
    if not caller.roles & AT_WORK:
        raise Forbidden
    # First of all: it is what waits until the caller's own step shows.
    waits = waiting(request, parts, caller, wanted, roles=AT_WORK, kinds=ON_THE_BOARDS)
    with parts.reading() as connection:
        hanging = published(connection, cursor=notices, limit=SHOWN_NOTICES)
    known = parts.desk.known(caller, [one.number for one in hanging.notices])
    return page(
        request,
        "publishing/desk.html",
        waiting=waits,
        notices=[one for one in hanging.notices if one.number in known],
        publishes=Role.PUBLISHER in caller.roles,
        first="/publication" if notices else None,
        next=f"/publication?{urlencode({'notices': hanging.next_cursor})}" if hanging.next_cursor else None,
    )


@router.post(f"{DRAFT}/check")
def check(
    *, request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf
) -> Response:
    """The same form with its preview: for who has no script, presses the button, or takes a find back."""
    file = offered(DraftPublication, number, parts, caller, request_id=request_id)
    filled, back = Filled(decoded(DraftPublication, sent)), sent.get(TAKE_BACK)
    if isinstance(back, str) and back:
        filled.values.setdefault("taken_back", []).append({"words": back})
    found = _previewed(parts, caller, number, filled, language=language_of(request), request_id=request_id)
    form = sent_as(sent, DraftPublication.step(), file.number)
    return shown(request, DraftPublication, file, filled, form, rows_wanted=wants_row(sent), preview=found)


@router.post(f"{DRAFT}/preview")
def preview(
    *, request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf
) -> Response:
    """The preview as the part of the page that shows it: asked for by script while somebody types."""
    file = offered(DraftPublication, number, parts, caller, request_id=request_id)
    filled, language = Filled(decoded(DraftPublication, sent)), language_of(request)
    found = _previewed(parts, caller, number, filled, language=language, request_id=request_id)
    return page(request, "publishing/preview.html", file=file, preview=found)


def _previewed(
    parts: Parts, caller: Caller, number: str, filled: Filled, *, language: str, request_id: str
) -> Beside | None:
    """What redaction makes of what is typed so far; None while title or text is missing. Faults stand in `filled`."""
    try:
        draft = DraftPublication.model_validate(_whole(filled.values))
    except ValidationError:
        return None
    try:
        found = parts.papers.preview(caller, number, draft, request_id=request_id)
    except DomainError as error:
        refused(filled, error, language)
        return None
    return Beside(list(_pieces(typed(draft.subject), "title", found)), list(_pieces(typed(draft.text), "text", found)))


def _whole(values: dict[str, Any]) -> dict[str, Any]:
    """A draft's fields without rows that are only begun."""
    needed = {"redactions": ("reason",), "taken_back": ("words", "reason")}
    rows = {
        name: [row for row in values.get(name) or [] if all(row.get(part) for part in parts)]
        for name, parts in needed.items()
    }
    return {**values, **rows}


def _pieces(whole: str, part: str, preview: Preview) -> Iterator[Piece]:
    """A title or a text in pieces: between what was found, and what was found."""
    last = 0
    for one in preview.removals:
        if one.part != part:
            continue
        if one.start > last:
            yield Piece(whole[last : one.start], whole[last : one.start])
        yield Piece(whole[one.start : one.end], one.shown, one)
        last = one.end
    if last < len(whole):
        yield Piece(whole[last:], whole[last:])
