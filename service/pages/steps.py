"""A page for every step on a file, made from its command like the API's route. What is typed on it is not lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from domain.errors import DomainError, KeyReused, Stale, UnknownPetition
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.petition.exceptions import DecideException
from domain.petition.handling import AssignPetition
from domain.petition.handling_duty import GrantReturn, RefuseReturn
from domain.petition.handling_together import EscalateUpward, RecordSuperiorAnswer
from domain.rules.content import RulebookContent
from domain.vocabulary import STAFF_ROLES, BodyKind, Role
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.errors import request_id_of
from service.file_parts import ExceptionView
from service.file_view import FileView
from service.pages.drafting import Opened, opened, renewed, sent_as, version_seen
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, file_paths, refused, uploads, validated, wants_row
from service.pages.form_fields import Choices, fields_of, unplaced
from service.pages.screen import Names, caller_or_none, language_of, page, redirect, words_of
from service.pages.words import readable
from service.parts import Parts
from service.proposals import RoutingView
from service.uploads import taken_at

router = APIRouter(route_class=StaffPage, include_in_schema=False)
Number = Annotated[str, Path(max_length=64)]
ON_PAGES = {step: kind for step, kind in STEPS.items() if kind.roles & STAFF_ROLES}
"""The steps that a person can take."""
TEMPLATES: Mapping[str, str] = {
    "assign-petition": "handling/assign.html",
    "approve-reply": "handling/approve.html",
    "send-back-reply": "handling/approve.html",
    "grant-extension": "handling/decide.html",
    "refuse-extension": "handling/decide.html",
    "grant-suspension": "handling/decide.html",
    "refuse-suspension": "handling/decide.html",
    "draft-publication": "publishing/draft.html",
    "approve-publication": "publishing/publication.html",
    "send-back-publication": "publishing/publication.html",
    "publish-result": "publishing/publication.html",
    "correct-publication": "publishing/publication.html",
    "withdraw-publication": "publishing/publication.html",
    "follow-up": "recollecting/call.html",
    "miss-follow-up": "recollecting/call.html",
    "recollect": "recollecting/call.html",
    **{step: "exception.html" for step, kind in STEPS.items() if issubclass(kind, DecideException)},
}
"""Steps whose page shows more than the form; any other has the plain one."""
NAMED = frozenset({"principal", "kind", "about", "letter"})
"""Fields that the link to a step may fill in: numbers of files, codes, ids of letters; nothing that a person wrote."""


def title_of(request: Request, kind: type[PetitionCommand]) -> str:
    """What a step is called in the reader's language."""
    return readable(kind.step()) if language_of(request) == "en" else kind.title


def prefilled(kind: type[PetitionCommand], file: FileView, caller: Caller) -> dict[str, Any]:
    """What a step's form begins with, where the file says it already."""
    fields = set(kind.model_fields)
    values: dict[str, Any] = {}
    if "digest" in fields:
        draft = file.publication if kind.step() == "approve-publication" else file.reply
        values["digest"] = draft.digest if draft and kind.step().startswith("approve") else None
    if kind.step() == "draft-reply" and file.reply:
        values["text"] = file.reply.text
    if kind.step() == "draft-publication":
        values |= _for_the_public(file)
    if "answers" in fields:
        values["answers"] = [{"demand": one.id} for one in file.demands]
    if "handler" in fields and Role.HANDLER in caller.roles:
        values["handler"] = caller.staff
    if issubclass(kind, GrantReturn | RefuseReturn) and len(_returning(file)) == 1:
        values["unit"] = _returning(file)[0]
    if "visitors" in fields:
        values["visitors"] = [caller.staff]
    return values


def _for_the_public(file: FileView) -> dict[str, Any]:
    """What a publication is written from: its last draft, otherwise the reply."""
    if file.publication is not None:
        return {"title": file.publication.title, "text": file.publication.text}
    return {"title": file.title, "text": file.reply.text if file.reply else None}


def _routed(routing: RoutingView) -> dict[str, Any]:
    """What an assignment begins with: the units that are proposed."""
    return {
        "lead": routing.lead.unit if routing.lead else None,
        "co_units": [one.unit for one in routing.co_units],
        "demands": {demand: one.unit for demand, one in routing.demands.items()},
    }


def take_uploads(
    parts: Parts, caller: Caller, kind: type[PetitionCommand], form: FormData, filled: Filled
) -> dict[str, datetime]:
    """Keep the files that came with a form, and name them in what was filled in; so none is sent twice.

    Returns when the first of the pictures of each field was taken, where a camera says so: that is not kept with them.
    """
    taken: dict[str, datetime] = {}
    for path in file_paths(kind):
        ids = []
        for upload in uploads(form, path):
            content, media_type = upload.file.read(), (upload.content_type or "").partition(";")[0].lower()
            ids.append(parts.papers.upload(caller, content, media_type))
            at = taken_at(content, media_type)
            if at is not None:
                taken[path] = min(at, taken.get(path, at))
        if not ids:
            continue
        *groups, last = path.split(".")
        inside = filled.values
        for group in groups:
            inside = inside.setdefault(group, {})
        before = inside.get(last)
        inside[last] = ids[0] if before is None and last == "scan" else [*(before or ()), *ids]
    return taken


def shown(
    request: Request,
    kind: type[PetitionCommand],
    file: FileView,
    filled: Filled,
    form: Opened,
    *,
    status: int = 200,
    stale: bool = False,
    rows_wanted: str | None = None,
    **more: Any,
) -> Response:
    """The page of a step: its form, holding what was filled in, and beside it what it is written from."""
    rulebook = request.app.state.parts.rulebooks.current().content
    choices = Choices(rulebook, file, _options(request, kind, file, rulebook))
    fields = fields_of(kind, filled, choices, words_of(request), rows_wanted=rows_wanted)
    first = next((one for one in fields if one.sort != "hidden"), None)
    if first is not None:
        first.focus = not filled.errors
    return page(
        request,
        TEMPLATES.get(kind.step(), "step.html"),
        status=status,
        file=file,
        step=kind.step(),
        title=title_of(request, kind),
        fields=fields,
        general=unplaced(fields, filled.errors),
        form=form,
        stale=stale,
        attempts=rulebook.follow_up_attempts,
        asked=_asked_for(kind, file),
        **{"preview": None, "routing": None, **more},
    )


def _asked_for(kind: type[PetitionCommand], file: FileView) -> ExceptionView | None:
    """The exception on which the step decides, if it is such a step."""
    asking = kind.asking.step() if issubclass(kind, DecideException) else None
    return next((one for one in file.exceptions if one.step == asking), None)


def _options(
    request: Request, kind: type[PetitionCommand], file: FileView, rulebook: RulebookContent
) -> dict[str, list[tuple[str, str]]]:
    """Options that only this step has: handlers of the unit; units that wait to return the file; superior bodies."""
    if "handler" in kind.model_fields:
        return {"handler": _handlers(request, file)}
    if issubclass(kind, GrantReturn | RefuseReturn):
        names = Names(rulebook)
        return {"unit": [(unit, f"{names.unit(unit)}（{unit}）") for unit in _returning(file)]}
    if not issubclass(kind, EscalateUpward | RecordSuperiorAnswer):
        return {}
    return {"body": [(one.code, one.name) for one in rulebook.bodies if one.kind is BodyKind.SUPERIOR]}


def _returning(file: FileView) -> list[str]:
    """The units whose return waits for a decision."""
    return [one.unit for one in file.parts if one.return_asked]


def _handlers(request: Request, file: FileView) -> list[tuple[str, str]]:
    """Who may be named as handler: the staff of the units on the file, of the caller's own where one is."""
    caller, involved = caller_or_none(request), {*file.co_units, *filter(None, [file.lead])}
    assert caller is not None
    units = {grant.unit for grant in caller.grants if grant.unit} & involved or involved
    staff = request.app.state.parts.desk.context(caller, request_id_of(request.scope)).staff_units
    return [(one, one) for one in sorted(staff) if units & staff[one]]


def offered(kind: type[PetitionCommand], number: str, parts: Parts, caller: Caller, *, request_id: str) -> FileView:
    """The file, if the caller may take the step on it now; raises what bars them otherwise."""
    file = parts.desk.view(caller, number, request_id=request_id)
    if kind.step() not in {one.step for one in file.steps}:
        barred = kind.barred(parts.desk.load(caller, number), parts.desk.context(caller, request_id))
        raise barred if isinstance(barred, DomainError) else UnknownPetition
    return file


def _asked(kind: type[PetitionCommand]) -> Callable[..., Response]:
    """The page with a step's form."""

    def ask(request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
        file = offered(kind, number, parts, caller, request_id=request_id)
        form = opened(request, parts, caller, kind.step(), file.number)
        begun = prefilled(kind, file, caller) if form.typed is None else decoded(kind, form.typed)
        if form.typed is not None and "digest" in kind.model_fields:
            begun |= {"digest": prefilled(kind, file, caller)["digest"]}
        for name in NAMED & kind.model_fields.keys() & request.query_params.keys():
            begun.setdefault(name, request.query_params[name][:64])
        if kind is not AssignPetition:
            return shown(request, kind, file, Filled(begun), form)
        routing = parts.proposing.routing(caller, number, request_id=request_id)
        return shown(request, kind, file, Filled({**_routed(routing), **begun}), form, routing=routing)

    return ask


def _taken(kind: type[PetitionCommand]) -> Callable[..., Response]:
    """Take a step by its form."""

    def take(
        *, request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId, sent: FormOf
    ) -> Response:
        filled, language = Filled(decoded(kind, sent)), language_of(request)
        form, status, stale = sent_as(sent, kind.step(), number), 422, False
        rows_wanted = wants_row(sent)
        try:
            take_uploads(parts, caller, kind, sent, filled)
            command = None if rows_wanted else validated(kind, filled, language)
            if command is not None:
                expected = version_seen(sent)
                done = parts.desk.take(caller, number, command, request_id=request_id, expected=expected, key=form.id)
                parts.drafts.drop(caller.staff, form.id)
                request.app.state.metrics.step(kind.step())
                parts.positions.wait_for(done.position, FOLLOWED, request.app.state.settings.wait_seconds)
                return redirect(request, f"/files/{done.number}", f"{title_of(request, kind)}：{done.number}")
        except UnknownPetition:
            raise
        except Stale:
            status, stale = Stale.status, True
        except KeyReused as error:
            status, form = error.status, renewed(form)
            refused(filled, error, language)
        except DomainError as error:
            status = error.status
            refused(filled, error, language)
        file = parts.desk.view(caller, number, request_id=request_id)
        status = 200 if rows_wanted else status
        return shown(request, kind, file, filled, form, status=status, stale=stale, rows_wanted=rows_wanted)

    return take


FOLLOWED = ("ledger", "file", "worklist")
"""What the next page is likely to show."""

for _step, _kind in ON_PAGES.items():
    router.add_api_route(f"/files/{{number}}/{_step}", _asked(_kind), methods=["GET"], name=f"ask {_step}")
    router.add_api_route(f"/files/{{number}}/{_step}", _taken(_kind), methods=["POST"], name=f"take {_step}")
