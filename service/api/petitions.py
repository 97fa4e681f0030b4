"""Petitions: taking them in, every step on them (one route each, made from its command), the file, its audit trail."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from domain.petition.command import PetitionCommand
from domain.petition.commands import STEMS, STEPS, ReceivePetition
from domain.vocabulary import STAFF_ROLES
from projections.audit import Audit
from projections.audit_queries import AuditEntry, trail
from projections.file import FileTimeline
from projections.file_queries import conceals, timeline
from projections.paging import Cursor
from service.api.answers import FileAct, Received, Taken, Trail, Uploaded
from service.api.carrying import Carrying
from service.api.examples import EXAMPLES
from service.api.problems import problems
from service.api.signed_in import TOKEN, After, IdempotencyKey, IfMatch, Limit, SignedIn, Uploading, expected_version
from service.asked.given import API, Number, PartsOf, ReaderOf, RequestId, reached
from service.desk import Desk
from service.downloads import handed_out
from service.errors import request_id_of
from service.file_view import FileView
from service.outcome import Outcome
from service.work import awaited

REPLAYED = "Idempotent-Replayed"

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], strict_content_type=False)
uploads = APIRouter(prefix=API, route_class=Uploading, dependencies=[TOKEN])
TAKEN, RECEIVED = tuple(Taken.model_fields), tuple(Received.model_fields)


def example_of(step: str) -> Any:
    """The body's example, as the documentation shows it."""
    return Body(openapi_examples={step: {"value": EXAMPLES[step]}})


def _told(request: Request, outcome: Outcome, step: str, status: int, names: Sequence[str], **headers: str) -> Response:
    """The answer to a step, with what its model names; the ETag is the file's version."""
    headers["ETag"] = f'"{outcome.version}"'
    if outcome.replayed:
        headers[REPLAYED] = "true"
    else:
        request.app.state.metrics.step(step)
    return Response(orjson.dumps({name: getattr(outcome, name) for name in names}), status, headers, "application/json")


async def receive(
    *,
    command: Annotated[ReceivePetition, example_of("receive-petition")],
    request: Request,
    caller: ReaderOf,
    key: IdempotencyKey = None,
) -> Response:
    """Take a petition in."""
    desk: Desk = request.app.state.parts.desk
    outcome = await awaited(desk.receiving(caller, command, request_id=request_id_of(request.scope), key=key))
    location = f"{request.scope['path']}/{outcome.number}"
    return _told(request, outcome, "receive-petition", 201, RECEIVED, Location=location)


def _route_of(step: str, kind: type[PetitionCommand]) -> Callable[..., Awaitable[Response]]:
    """The endpoint of one step. Its annotation says which command the body is."""

    async def take(
        *,
        number: Number,
        command: PetitionCommand,
        request: Request,
        caller: ReaderOf,
        if_match: IfMatch = None,
        key: IdempotencyKey = None,
    ) -> Response:
        desk: Desk = request.app.state.parts.desk
        expected, one = expected_version(if_match), request_id_of(request.scope)
        outcome = await awaited(desk.taking(caller, number, command, request_id=one, expected=expected, key=key))
        return _told(request, outcome, step, 200, TAKEN)

    take.__name__ = step.replace("-", "_")
    take.__annotations__["command"] = Annotated[kind, example_of(step)]
    return take


def _described(kind: type[PetitionCommand]) -> str:
    """The command's own words, and who may give it."""
    roles = "、".join(f"{role.zh} (`{role}`)" for role in sorted(kind.roles & STAFF_ROLES))
    own = "；限承办单位 (only the file's own unit)" if kind.own_unit else ""
    return f"{inspect.getdoc(kind)}\n\n办理角色 roles: {roles}{own}"


ROUTED = {step: kind for step, kind in STEPS.items() if kind.roles & STAFF_ROLES}
"""The steps that a member of staff can take."""

router.add_api_route(
    "/petitions",
    receive,
    methods=["POST"],
    status_code=201,
    response_model=Received,
    summary=f"{ReceivePetition.title} receive-petition",
    description=inspect.getdoc(ReceivePetition),
    tags=["民情受理 receiving"],
    responses=problems(403, 413, 415),
    route_class_override=Carrying,
)
for _step, _kind in ROUTED.items():
    _stem = _kind.__module__.rpartition(".")[2].partition("_")[0]
    router.add_api_route(
        f"/petitions/{{number}}/{_step}",
        _route_of(_step, _kind),
        methods=["POST"],
        response_model=Taken,
        summary=f"{_kind.title} {_step}",
        description=_described(_kind),
        tags=[f"{STEMS[_stem]} {_stem}"],
        responses=problems(403, 404, 409, 412, 413, 415),
        route_class_override=Carrying,
    )


@router.get(
    "/petitions/{number}", tags=["卷宗 files"], summary="卷宗", responses=problems(403, 404), response_model=FileView
)
async def read_file(number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
    """The file as the caller may see it, with the steps that they may take now. Its ETag goes into `If-Match`.

    Whoever works on the file sees personal data in full, which is logged for the committee; others see it masked.
    """
    view = await awaited(parts.desk.viewing.view(caller, number, request_id=request_id))
    return Response(view.__pydantic_serializer__.to_json(view), 200, {"ETag": f'"{view.version}"'}, "application/json")


@router.get(
    "/petitions/{number}/events",
    tags=["卷宗 files"],
    summary="卷宗办理轨迹",
    responses=problems(403, 404),
    dependencies=[reached(Audit.name, FileTimeline.name)],
)
def read_events(number: Number, parts: PartsOf, caller: ReaderOf, cursor: After = None, limit: Limit = 100) -> Trail:
    """The audit trail of one file, in order."""
    petition = parts.desk.load(caller, number)
    after = Cursor.read(cursor, "version", rest=0)
    version = 0 if after is None else after.whole()
    with parts.reading() as connection:
        entries = trail(connection, petition.number, version, limit + 1)
        said = {entry.version: entry for entry in timeline(connection, petition.number, version, limit)}
    known = parts.desk.known(caller, {number for entry in said.values() for number in entry.named})
    events = []
    for entry in entries[:limit]:
        told = said.get(entry.version)
        if told is not None and conceals(entry.topic, told.named, known):
            continue
        facts = told.naming_only(known) if told else {}
        events.append(FileAct(**act_of(entry), facts=facts, texts=told.texts if told else {}))
    more = str(Cursor("version", str(entries[limit - 1].version), ())) if len(entries) > limit else None
    return Trail(number=petition.number, events=events, next_cursor=more)


def act_of(entry: AuditEntry) -> dict[str, Any]:
    """An entry of the audit trail as it is answered."""
    plain = {name: getattr(entry, name) for name in AuditEntry.__slots__}
    return {**plain, "title": entry.title._asdict()}


@uploads.post(
    "/attachments",
    status_code=201,
    tags=["卷宗 files"],
    summary="上传附件",
    responses=problems(403, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload(request: Request, parts: PartsOf, caller: ReaderOf) -> Uploaded:
    """Upload a file of 10 MiB at most; its type is the request's `Content-Type`. Steps name it by the id."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await request.body()
    return Uploaded(id=await run_in_threadpool(parts.papers.upload, caller, content, kind))


@router.get(
    "/petitions/{number}/attachments/{attachment}",
    tags=["卷宗 files"],
    summary="下载附件",
    responses=problems(403, 404),
    response_class=Response,
)
def read_attachment(
    number: Number,
    attachment: Annotated[str, Path(max_length=64)],
    parts: PartsOf,
    caller: ReaderOf,
    request_id: RequestId,
) -> Response:
    """An attached file, for who may read the file's personal data; the reading is logged for the committee."""
    found, content = parts.papers.attachment(caller, number, attachment, request_id=request_id)
    return handed_out(content, found.media_type, found.id)
