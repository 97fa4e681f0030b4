"""One step on several files at once: a route for each step that makes sense so, made from its command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field

from domain.petition.command import FileNumber, PetitionCommand
from service.api.answers import Problem, Taken
from service.api.examples import EXAMPLES
from service.api.problems import problems
from service.api.signed_in import TOKEN, IdempotencyKey, SignedIn
from service.asked.given import API, ReaderOf
from service.desk import Desk
from service.errors import language_of, problem_body, request_id_of
from service.several import MOST_AT_ONCE, SEVERAL, FileResult, taking_several
from service.work import awaited

C = TypeVar("C", bound=PetitionCommand)

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], strict_content_type=False)


class Several(BaseModel, Generic[C]):
    """Which files, and the step as it would be sent for one of them."""

    model_config = ConfigDict(extra="forbid")

    numbers: list[FileNumber] = Field(title="卷宗编号", min_length=1, max_length=MOST_AT_ONCE)
    command: C = Field(title="步骤")


class TakenOnFile(BaseModel):
    """What came of the step on one file: `taken`, or the `problem` that forbids it there."""

    number: str
    taken: Taken | None
    problem: Problem | None


class SeveralTaken(BaseModel):
    """An answer for each file, in the order in which they were named."""

    results: list[TakenOnFile]


def _route_of(step: str, kind: type[PetitionCommand]) -> Callable[..., Awaitable[SeveralTaken]]:
    """The endpoint of one step on several files. Its annotation says which command the body holds."""

    async def take(
        *, asked: Several[PetitionCommand], request: Request, caller: ReaderOf, key: IdempotencyKey = None
    ) -> SeveralTaken:
        desk: Desk = request.app.state.parts.desk
        request_id = request_id_of(request.scope)
        work = taking_several(desk, caller, asked.numbers, asked.command, request_id=request_id, key=key)
        results = await awaited(work)
        for one in results:
            if one.outcome is not None and not one.outcome.replayed:
                request.app.state.metrics.step(step)
        language = language_of(request.headers, request.app.state.language)
        return SeveralTaken(results=[_told(one, language, request_id) for one in results])

    take.__name__ = f"several_{step.replace('-', '_')}"
    example: Any = {"numbers": ["HY-2026-000001", "HY-2026-000002"], "command": EXAMPLES[step]}
    take.__annotations__["asked"] = Annotated[
        Several[kind],  # type: ignore[valid-type]
        Body(openapi_examples={step: {"value": example}}),
    ]
    return take


def _told(result: FileResult, language: str, request_id: str) -> TakenOnFile:
    outcome, error = result.outcome, result.error
    taken = Taken(**{name: getattr(outcome, name) for name in Taken.model_fields}) if outcome else None
    told = Problem(**problem_body(error, language, request_id)) if error else None
    return TakenOnFile(number=result.number, taken=taken, problem=told)


for _step, _kind in SEVERAL.items():
    router.add_api_route(
        f"/several/{_step}",
        _route_of(_step, _kind),
        methods=["POST"],
        response_model=SeveralTaken,
        summary=f"{_kind.title}（多件） {_step}",
        description=f"The step on up to {MOST_AT_ONCE} files; it succeeds or fails on each of them by itself.",
        tags=["多件办理 several"],
        responses=problems(403, 413, 415),
    )
