"""The file as a page, and a page for every step on it, made from its command like the API's route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from domain.errors import DomainError, Stale, UnknownPetition
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.vocabulary import STAFF_ROLES, Role
from service.access import Caller
from service.api.signed_in import PartsOf, ReaderOf, RequestId
from service.file_view import FileView
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, file_paths, refused, uploads, validated, wants_row
from service.pages.form_fields import Choices, fields_of, unplaced
from service.pages.screen import language_of, page, redirect, words_of
from service.pages.words import readable
from service.parts import Parts

router = APIRouter(route_class=StaffPage, include_in_schema=False)
Number = Annotated[str, Path(max_length=64)]
ON_PAGES = {step: kind for step, kind in STEPS.items() if kind.roles & STAFF_ROLES}
"""The steps that a person can take."""
LONGEST_KEY = 64


@router.get("/files/{number}")
def file_page(request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
    """The file as the caller may see it, with the steps that they may take now."""
    return page(request, "file.html", file=parts.desk.view(caller, number, request_id=request_id))


@router.get("/files/{number}/attachments/{attachment}")
def attachment(
    number: Number, attachment: Annotated[str, Path(max_length=64)], parts: PartsOf, caller: ReaderOf, one: RequestId
) -> Response:
    """An attached file, to be saved; the reading is logged for the committee."""
    found, content = parts.papers.attachment(caller, number, attachment, request_id=one)
    headers = {"Content-Disposition": f'attachment; filename="{found.id}"', "Content-Security-Policy": "sandbox"}
    return Response(content, media_type=found.media_type, headers=headers)


def title_of(request: Request, kind: type[PetitionCommand]) -> str:
    """What a step is called in the reader's language."""
    return readable(kind.step()) if language_of(request) == "en" else kind.title


def prefilled(kind: type[PetitionCommand], file: FileView, caller: Caller) -> dict[str, Any]:
    """What a step's form begins with, where the file says it already."""
    draft = {"approve-reply": file.reply, "draft-reply": file.reply}.get(kind.step())
    if kind.step() in {"approve-publication", "draft-publication"}:
        draft = file.publication
    fields = set(kind.model_fields)
    values: dict[str, Any] = {}
    if draft is not None and "digest" in fields:
        values["digest"] = draft.digest
    elif draft is not None:
        values |= {"title": draft.title, "text": draft.text}
    if "answers" in fields:
        values["answers"] = [{"demand": one.id} for one in file.demands]
    if "handler" in fields and Role.HANDLER in caller.roles:
        values["handler"] = caller.staff
    if "visitors" in fields:
        values["visitors"] = [caller.staff]
    return values


def take_uploads(parts: Parts, caller: Caller, kind: type[PetitionCommand], form: FormData, filled: Filled) -> None:
    """Keep the files that came with a form, and name them in what was filled in; so none is sent twice."""
    for path in file_paths(kind):
        ids = []
        for upload in uploads(form, path):
            content = upload.file.read()
            ids.append(parts.papers.upload(caller, content, (upload.content_type or "").partition(";")[0].lower()))
        if not ids:
            continue
        *groups, last = path.split(".")
        inside = filled.values
        for group in groups:
            inside = inside.setdefault(group, {})
        before = inside.get(last)
        inside[last] = ids[0] if before is None and last == "scan" else [*(before or ()), *ids]


def _shown(
    request: Request,
    kind: type[PetitionCommand],
    file: FileView,
    filled: Filled,
    parts: Parts,
    *,
    key: str = "",
    status: int = 200,
    stale: bool = False,
    rows_wanted: str | None = None,
) -> Response:
    choices = Choices(parts.rulebooks.current().content, file)
    fields = fields_of(kind, filled, choices, words_of(request), rows_wanted=rows_wanted)
    return page(
        request,
        "step.html",
        status=status,
        file=file,
        step=kind.step(),
        title=title_of(request, kind),
        fields=fields,
        general=unplaced(fields, filled.errors),
        key=key or uuid4().hex,
        stale=stale,
    )


def _asked(kind: type[PetitionCommand]) -> Callable[..., Response]:
    """The page with a step's form."""

    def ask(request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
        file = parts.desk.view(caller, number, request_id=request_id)
        if kind.step() not in {one.step for one in file.steps}:
            context = parts.desk.context(caller, request_id)
            barred = kind.barred(parts.desk.load(caller, number), context)
            raise barred if isinstance(barred, DomainError) else UnknownPetition
        return _shown(request, kind, file, Filled(prefilled(kind, file, caller)), parts)

    return ask


def _taken(kind: type[PetitionCommand]) -> Callable[..., Response]:
    """Take a step by its form."""

    def take(
        *, request: Request, number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId, form: FormOf
    ) -> Response:
        filled, language = Filled(decoded(kind, form)), language_of(request)
        key, status, stale = str(form.get("key", ""))[:LONGEST_KEY], 422, False
        rows_wanted = wants_row(form)
        try:
            take_uploads(parts, caller, kind, form, filled)
            command = None if rows_wanted else validated(kind, filled, language)
            if command is not None:
                version = str(form.get("version", ""))
                expected = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None
                done = parts.desk.take(
                    caller, number, command, request_id=request_id, expected=expected, key=key or None
                )
                request.app.state.metrics.steps.labels(kind.step()).inc()
                parts.positions.wait_for(done.position, FOLLOWED, request.app.state.settings.wait_seconds)
                return redirect(request, f"/files/{done.number}", f"{title_of(request, kind)}：{done.number}")
        except UnknownPetition:
            raise
        except Stale:
            status, stale = Stale.status, True
        except DomainError as error:
            status = error.status
            refused(filled, error, language)
        file = parts.desk.view(caller, number, request_id=request_id)
        status = 200 if rows_wanted else status
        return _shown(request, kind, file, filled, parts, key=key, status=status, stale=stale, rows_wanted=rows_wanted)

    return take


FOLLOWED = ("ledger", "file", "worklist")
"""What the next page is likely to show."""

for _step, _kind in ON_PAGES.items():
    router.add_api_route(f"/files/{{number}}/{_step}", _asked(_kind), methods=["GET"], name=f"ask {_step}")
    router.add_api_route(f"/files/{{number}}/{_step}", _taken(_kind), methods=["POST"], name=f"take {_step}")
