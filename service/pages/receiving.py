"""受理台: what waits for intake, and a page for each of the six channels with exactly what that channel needs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from domain.errors import DomainError, KeyReused, UnknownPetition
from domain.kernel import SHANGHAI
from domain.petition.intake import ReceivePetition
from domain.vocabulary import Channel, Role
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.drafts import is_draft_id
from service.pages.cookies import address
from service.pages.drafting import (
    INTAKE_FORMS,
    RECEIVING,
    SYMPOSIA,
    Opened,
    address_of_form,
    opened,
    renewed,
    sent_as,
)
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, refused, validated, wants_row
from service.pages.form_fields import unplaced
from service.pages.receiving_fields import Hints, entered, filled_in, hints_for, intake_form
from service.pages.screen import language_of, page, redirect, words_of
from service.pages.steps import take_uploads
from service.pages.waiting import Asked, asked, waiting
from service.parts import Parts
from service.proposing import allowed
from service.qr import svg

router = APIRouter(route_class=StaffPage, include_in_schema=False)
INTAKE = frozenset({Role.INTAKE})
PHOTOS = "source.photos"
USE = "use_category"
"""The button that takes a proposed category over."""


@router.get("/intake")
def desk(request: Request, parts: PartsOf, caller: ReaderOf, wanted: Annotated[Asked, Depends(asked)]) -> Response:
    """The desk: the six channels, what was begun, and what waits for a decision of intake."""
    allowed(caller, ReceivePetition)
    drafts = [
        (one, Channel.SYMPOSIUM if one.form == SYMPOSIA else Channel(one.form.removeprefix(RECEIVING)))
        for one in parts.drafts.listed(caller.staff)
        if one.form in INTAKE_FORMS
    ]
    return page(
        request,
        "receiving/desk.html",
        channels=_channels(parts),
        drafts=[(one, channel, address_of_form(one.form, None, one.id)) for one, channel in drafts],
        waiting=waiting(request, parts, caller, wanted, roles=INTAKE),
    )


@router.get("/intake/receipt/{key}")
def receipt(request: Request, key: Annotated[str, Path(max_length=64)], parts: PartsOf, caller: ReaderOf) -> Response:
    """The paper for the resident: number, query code, QR. Only for who took the petition in."""
    done = parts.desk.answered(caller, key) if is_draft_id(key) else None
    if done is None or done.query_code is None:
        raise UnknownPetition
    public = f"{address(request)}/public/state"
    return page(
        request,
        "receiving/receipt.html",
        done=done,
        office=parts.rulebooks.current().content.office,
        address=public,
        code=svg(f"{public}?number={done.number}"),
        now=parts.now(),
    )


@router.get("/intake/{channel}")
def ask(request: Request, channel: Channel, parts: PartsOf, caller: ReaderOf) -> Response:
    """The form of a channel."""
    allowed(caller, ReceivePetition)
    form = opened(request, parts, caller, RECEIVING + channel)
    rulebook = parts.rulebooks.current().content
    filled = filled_in(form.typed, rulebook) if form.typed is not None else Filled(_begun(channel, caller))
    return _shown(request, channel, parts, form, filled)


@router.post("/intake/{channel}")
def receive(
    *, request: Request, channel: Channel, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf
) -> Response:
    """Take the petition in; the paper for the resident follows."""
    allowed(caller, ReceivePetition)
    form, language = sent_as(sent, RECEIVING + channel), language_of(request)
    filled, rows_wanted = filled_in(sent, parts.rulebooks.current().content), wants_row(sent)
    status = 422
    try:
        _take_files(parts, caller, sent, filled)
        command = None if rows_wanted else validated(ReceivePetition, entered(channel, filled), language)
        if command is not None:
            done = parts.desk.receive(caller, command, request_id=request_id, key=form.id)
            parts.drafts.drop(caller.staff, form.id)
            if parts.desk.answered(caller, form.id) is None:
                told = words_of(request).gettext("此件先前已登记，未重复建档")
                return redirect(request, f"/files/{done.number}", told, "warning")
            request.app.state.metrics.step("receive-petition")
            return redirect(request, f"/intake/receipt/{form.id}")
        if "content" in filled.errors:
            filled.errors.pop("title", None)  # it would have been made from the content
    except KeyReused as error:
        form, status = renewed(form), error.status
        refused(filled, error, language)
    except DomainError as error:
        status = error.status
        refused(filled, error, language)
    status = 200 if rows_wanted else status
    return _shown(request, channel, parts, form, filled, status=status, rows_wanted=rows_wanted)


@router.post("/intake/{channel}/check")
def check(
    *, request: Request, channel: Channel, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf
) -> Response:
    """The same form with what is proposed for it: for who has no script, or presses the button."""
    allowed(caller, ReceivePetition)
    filled = _sketched(sent, parts)
    _take_files(parts, caller, sent, filled)
    hints = hints_for(parts, caller, entered(channel, filled).values, request_id=request_id)
    return _shown(request, channel, parts, sent_as(sent, RECEIVING + channel), filled, hints=hints)


@router.post("/intake/{channel}/proposal")
def propose(
    *, request: Request, channel: Channel, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf
) -> Response:
    """What is proposed, as the part of the page that shows it: asked for by script while somebody types."""
    allowed(caller, ReceivePetition)
    filled = _sketched(sent, parts)
    hints = hints_for(parts, caller, entered(channel, filled).values, request_id=request_id)
    return page(request, "receiving/proposal.html", hints=hints, channel=channel)


def _take_files(parts: Parts, caller: Caller, sent: FormOf, filled: Filled) -> None:
    """Keep the files that came with the form; of photos, when the first was taken, unless somebody says so."""
    taken = take_uploads(parts, caller, ReceivePetition, sent, filled).get(PHOTOS)
    if taken is not None:
        filled.values["source"].setdefault("taken_at", f"{taken.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}")


def _sketched(sent: FormOf, parts: Parts) -> Filled:
    """What is typed so far, with a proposed category that was taken over."""
    filled = filled_in(sent, parts.rulebooks.current().content)
    taken = sent.get(USE)
    if isinstance(taken, str) and taken:
        filled.values["category"] = taken
    return filled


def _channels(parts: Parts) -> list[Channel]:
    """The channels that are open."""
    rules = parts.rulebooks.current().content.channels
    return [channel for channel in Channel if channel in rules and rules[channel].enabled]


def _begun(channel: Channel, caller: Caller) -> dict[str, object]:
    """What a new form begins with."""
    return {"source": {"officer": caller.staff}} if channel is Channel.OFFICER else {}


def _shown(
    request: Request,
    channel: Channel,
    parts: Parts,
    form: Opened,
    filled: Filled,
    *,
    status: int = 200,
    hints: Hints | None = None,
    rows_wanted: str | None = None,
) -> Response:
    made = intake_form(channel, filled, parts.rulebooks.current().content, words_of(request), rows_wanted)
    return page(
        request,
        "receiving/intake.html",
        status=status,
        channel=channel,
        channels=_channels(parts),
        form=form,
        fields=made,
        general=unplaced(made.all, filled.errors),
        hints=hints,
    )
