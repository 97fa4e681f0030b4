"""The work list: what waits for the caller, most urgent first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator

from projections.ledger import Ledger
from projections.tasks import KINDS
from projections.worklist import Worklist
from projections.worklist_queries import Light, TaskFilter, counts, tasks
from service.api.answers import TaskAnswer, Waiting
from service.api.problems import problems
from service.api.signed_in import TOKEN, After, Limit, SignedIn
from service.asked.given import API, PartsOf, ReaderOf, reached
from service.asked.worklist import days_of, grants_of


def _known(task: str) -> str:
    """The name of a kind of task."""
    if task not in KINDS:
        raise ValueError("没有此类待办 / there is no such kind of task")
    return task


TaskKind = Annotated[str, AfterValidator(_known)]


router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN])


@router.get(
    "/worklist",
    tags=["待办 worklist"],
    summary="待办",
    responses=problems(403),
    dependencies=[reached(Worklist.name, Ledger.name)],
)
def read_worklist(
    *,
    request: Request,
    parts: PartsOf,
    caller: ReaderOf,
    own: Annotated[bool, Query(description="Leave out what is named to somebody else.")] = False,
    task: Annotated[list[TaskKind], Query(description="Only these kinds of task.")] = [],  # noqa: B006
    unit: Annotated[str | None, Query(max_length=64, description="Only what waits for this unit.")] = None,
    light: Annotated[Light | None, Query(description="Only what is overdue, due soon, or neither.")] = None,
    count: Annotated[bool, Query(description="Also tell how much waits in all (`counts`).")] = False,
    cursor: After = None,
    limit: Limit = 50,
) -> TaskAnswer:
    """What waits for the caller's roles and units, by due date; nothing that they may not do themselves."""
    sight, rulebook = caller.sight, parts.rulebooks.current().content
    grants = list(grants_of(caller, rulebook))
    days = days_of(parts, request.app.state.settings.due_soon_days)
    wanted = TaskFilter(kinds=task, unit=unit, light=light, days=days)
    with parts.reading() as connection:
        found = tasks(connection, sight, grants, sight.staff, own=own, wanted=wanted, cursor=cursor, limit=limit)
        waiting = counts(connection, sight, grants, sight.staff, days, own=own) if count else None
    return TaskAnswer(tasks=[Waiting.of(task) for task in found.tasks], next_cursor=found.next_cursor, counts=waiting)
