"""One step on several files that were ticked in a list: the same form for all, and what came of it on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from domain.petition.command import PetitionCommand
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.drafts import new_draft_id
from service.pages.drafting import Opened, sent_as
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, validated, wants_row
from service.pages.form_fields import Choices, fields_of, unplaced
from service.pages.screen import language_of, page, words_of
from service.pages.steps import FOLLOWED, title_of
from service.proposing import allowed
from service.several import MOST_AT_ONCE, SEVERAL, FileResult, taking_several
from service.work import finished

router = APIRouter(route_class=StaffPage, include_in_schema=False)
NUMBER = "number"
Numbers = Annotated[list[str], Query(max_length=MOST_AT_ONCE)]


def _asked(kind: type[PetitionCommand]) -> Callable[..., Response]:
    """The page with a step's form for several files."""

    def ask(request: Request, caller: ReaderOf, number: Numbers = []) -> Response:  # noqa: B006
        allowed(caller, kind)
        return _shown(request, kind, number, Filled({}), Opened(new_draft_id(), kind.step()))

    return ask


def _taken(kind: type[PetitionCommand]) -> Callable[..., Response]:
    """Take a step on several files by one form."""

    def take(request: Request, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf) -> Response:
        allowed(caller, kind)
        numbers = [one for one in sent.getlist(NUMBER) if isinstance(one, str)][:MOST_AT_ONCE]
        filled, form, rows_wanted = Filled(decoded(kind, sent)), sent_as(sent, kind.step()), wants_row(sent)
        command = None if rows_wanted else validated(kind, filled, language_of(request))
        if command is None:
            status = 200 if rows_wanted else 422
            return _shown(request, kind, numbers, filled, form, status=status, rows_wanted=rows_wanted)
        work = taking_several(parts.desk, caller, numbers, command, request_id=request_id, key=form.id)
        results: list[FileResult] = finished(work)
        done = [one.outcome for one in results if one.outcome is not None]
        for _ in done:
            request.app.state.metrics.step(kind.step())
        if done:
            last = max(outcome.position for outcome in done)
            parts.positions.wait_for(last, FOLLOWED, request.app.state.settings.wait_seconds)
        return page(
            request,
            "handling/several_done.html",
            title=title_of(request, kind),
            results=[(one, one.error.text(language_of(request)) if one.error else "") for one in results],
            done=len(done),
        )

    return take


def _shown(
    request: Request,
    kind: type[PetitionCommand],
    numbers: list[str],
    filled: Filled,
    form: Opened,
    *,
    status: int = 200,
    rows_wanted: str | None = None,
) -> Response:
    choices = Choices(request.app.state.parts.rulebooks.current().content)
    fields = fields_of(kind, filled, choices, words_of(request), rows_wanted=rows_wanted)
    return page(
        request,
        "handling/several.html",
        status=status,
        step=kind.step(),
        title=title_of(request, kind),
        numbers=numbers,
        fields=fields,
        general=unplaced(fields, filled.errors),
        form=form,
    )


for _step, _kind in SEVERAL.items():
    router.add_api_route(f"/several/{_step}", _asked(_kind), methods=["GET"], name=f"ask several {_step}")
    router.add_api_route(f"/several/{_step}", _taken(_kind), methods=["POST"], name=f"take several {_step}")
