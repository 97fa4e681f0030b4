"""受理台, a symposium: the meeting, and the table of what it raised; all of it is registered at once, or nothing is.

The fields have the names of their places in the command, so that what is wrong stands where it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.errors import DomainError, SomeRefused
from domain.petition.intake import ReceivePetition
from domain.petition.symposium import RaiseAtSymposium
from domain.rules.content import RulebookContent
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.importing import titled
from service.naming import coded
from service.outcome import Outcome
from service.pages.drafting import SYMPOSIA, Opened, opened, sent_as
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, refused, validated, wants_row
from service.pages.form_fields import Choices, Field, fields_of, unplaced
from service.pages.screen import language_of, page, words_of
from service.pages.words import Words
from service.pages.words import mark as _say
from service.parts import Parts
from service.proposing import allowed

router = APIRouter(route_class=StaffPage, include_in_schema=False)
PAGE = "/intake/symposia"
TABLE = "petitions"
OF_A_ROW = (
    "content", "title", "nature", "category", "place.area", "place.address", "petitioners.0.name",
    "petitioners.0.phone",
)  # fmt: skip
"""What the table asks of each petition; whatever else there is to say is said on its file."""
SHARED = ("nature", "area")
"""What may be said once for all that leave it blank."""
ROWS_AT_ONCE = 5
"""How many blank rows are offered, at first and whenever more are asked for."""


@router.get(PAGE)
def ask(request: Request, parts: PartsOf, caller: ReaderOf) -> Response:
    """The form: the meeting, and blank rows."""
    allowed(caller, ReceivePetition)
    form = opened(request, parts, caller, SYMPOSIA)
    filled = Filled(decoded(RaiseAtSymposium, form.typed) if form.typed is not None else {})
    return _shown(request, parts, form, filled, _shared(form.typed), more=not filled.values)


@router.post(f"{PAGE}/check")
def look_through(request: Request, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf) -> Response:
    """Say what would come of it, and register nothing."""
    allowed(caller, ReceivePetition)
    form, filled, command = _read(request, parts, sent)
    there: int | None = None
    if command is not None:
        try:
            there = parts.symposia.try_receive(caller, command, request_id=request_id)
        except DomainError as error:
            _refuse(filled, error, language_of(request))
    count = None if command is None or there is None else len(command.petitions) - there
    status = 200 if count is not None else 422
    return _shown(request, parts, form, filled, _shared(sent), status=status, fit=count, there=there or 0)


@router.post(PAGE)
def receive(request: Request, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf) -> Response:
    """Register all of it; sent again, it answers as the first time."""
    allowed(caller, ReceivePetition)
    if wants_row(sent):
        filled = Filled(decoded(RaiseAtSymposium, sent))
        return _shown(request, parts, sent_as(sent, SYMPOSIA), filled, _shared(sent), more=True)
    form, filled, command = _read(request, parts, sent)
    status = 422
    if command is not None:
        try:
            made = parts.symposia.receive(caller, command, request_id=request_id)
            parts.drafts.drop(caller.staff, form.id)
            new = sum(not one.replayed for one in made)
            request.app.state.metrics.steps.labels("receive-petition").inc(new)
            return _registered(request, command, made)
        except DomainError as error:
            status = error.status
            _refuse(filled, error, language_of(request))
    return _shown(request, parts, form, filled, _shared(sent), status=status)


def _read(request: Request, parts: Parts, sent: FormOf) -> tuple[Opened, Filled, RaiseAtSymposium | None]:
    """The form, what stands in it, and the command where all of it fits."""
    rulebook = parts.rulebooks.current().content
    filled = Filled(coded(decoded(RaiseAtSymposium, sent), rulebook))
    whole = Filled(_completed(filled.values, coded(_shared(sent), rulebook)), filled.errors)
    command = validated(RaiseAtSymposium, whole, language_of(request))
    for at, row in enumerate(whole.values.get(TABLE, ())):
        if not row["content"]:
            filled.errors.pop(f"{TABLE}.{at}.title", None)  # it would have been made from the content
    return sent_as(sent, SYMPOSIA), filled, command


def _completed(values: dict[str, Any], shared: dict[str, str]) -> dict[str, Any]:
    """The same with what holds for all rows where a row says nothing else, and titles made from contents."""
    rows = []
    for row in values.get(TABLE) or []:
        title, content = titled(row.get("title", ""), row.get("content", ""))
        whole = {**row, "title": title, "content": content, "channel": "symposium"}
        if shared["nature"]:
            whole.setdefault("nature", shared["nature"])
        if shared["area"] and not (row.get("place") or {}).get("area"):
            whole["place"] = {**(row.get("place") or {}), "area": shared["area"]}
        rows.append(whole)
    return {**values, TABLE: rows} if rows else values


def _shared(sent: FormOf | None) -> dict[str, str]:
    """What was said once for all rows."""
    return {name: str(sent.get(name) or "").strip() if sent is not None else "" for name in SHARED}


def _refuse(filled: Filled, error: DomainError, language: str) -> None:
    """Note everything that stands against the list, each where it stands."""
    each = error.facts["each"] if isinstance(error, SomeRefused) else (error,)
    assert isinstance(each, tuple)
    for one in each:
        refused(filled, one, language)


def _registered(request: Request, command: RaiseAtSymposium, made: list[Outcome]) -> Response:
    """The numbers and query codes, to be printed: they are shown here only."""
    return page(
        request,
        "receiving/symposium_done.html",
        meeting=command.meeting,
        held_on=command.held_on,
        rows=list(zip(command.petitions, made, strict=True)),
        new=sum(not one.replayed for one in made),
    )


def _shown(
    request: Request,
    parts: Parts,
    form: Opened,
    filled: Filled,
    shared: dict[str, str],
    *,
    status: int = 200,
    more: bool = False,
    fit: int | None = None,
    there: int = 0,
) -> Response:
    """The form, holding what was filled in; `fit`: how many of its rows would be registered, once that was asked."""
    values = dict(filled.values)
    if more:
        values[TABLE] = [*(values.get(TABLE) or []), *({} for _ in range(ROWS_AT_ONCE - 1))]
    rulebook = parts.rulebooks.current().content
    choices = Choices(rulebook)
    words = words_of(request)
    made = fields_of(RaiseAtSymposium, Filled(values, filled.errors), choices, words)
    table = next(one for one in made if one.name == TABLE)
    table.rows = [_of_a_row(row, place, words) for place, row in enumerate(table.rows)]
    return page(
        request,
        "receiving/symposium.html",
        status=status,
        form=form,
        meeting=[one for one in made if one is not table],
        shared=_for_all(table, shared, rulebook, words.gettext("（各行另填的除外）")),
        table=table,
        fields=made,
        general=unplaced(made, filled.errors),
        fit=fit,
        there=there,
    )


def _of_a_row(row: list[Field], place: int, words: Words) -> list[Field]:
    """The fields of one row that the table asks for, in its order; one at fault says of which row it is."""
    flat = {one.name: one for one in _flat(row)}
    asked = [flat[f"{TABLE}.{place}.{name}"] for name in OF_A_ROW]
    for one in asked:
        one.required = one.name.endswith(".content")
        if one.error:
            one.label += words.gettext(_say("（第%(n)s件）")) % {"n": place + 1}
    return asked


def _flat(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields with all that stand inside them."""
    for one in fields:
        yield one
        yield from _flat(chain(one.parts, *one.rows))


def _for_all(table: Field, shared: dict[str, str], rulebook: RulebookContent, but: str) -> list[Field]:
    """The fields that hold for all rows, made as those of a row are."""
    first = {one.name.rpartition(".")[2]: one for one in table.rows[0]}
    made = []
    for name in SHARED:
        one = first[name]
        made.append(
            Field(name, f"{one.label}{but}", one.sort, False, shared[name], "", "", one.longest, list(one.options))
        )
    return made
