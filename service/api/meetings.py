"""社情民意分析会: calling a meeting, every step on it (a route each, made from its command), the meetings, minutes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Response

from domain.meeting import CallMeeting, MeetingCommand
from domain.meeting_steps import STEPS
from projections.file import FileTimeline
from projections.ledger import Ledger
from projections.meetings import Meetings
from projections.meetings_queries import MeetingRow
from service.api.problems import problems
from service.api.signed_in import TOKEN, After, IdempotencyKey, IfMatch, Limit, SignedIn, expected_version
from service.asked.given import API, PartsOf, ReaderOf, RequestId, reached
from service.asked.papers import minutes_paper
from service.meetings import Kept, MeetingView

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], tags=["社情民意分析会 meetings"])
MeetingId = Annotated[str, Path(max_length=64, description="会议编号", examples=["m-0123456789"])]


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """A page of the meetings, the newest first."""

    meetings: list[MeetingRow]
    next_cursor: str | None


def _told(kept: Kept, response: Response) -> Kept:
    response.headers["ETag"] = f'"{kept.version}"'
    if kept.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return kept


@router.post(
    "/meetings",
    status_code=201,
    summary=f"{CallMeeting.title} call-meeting",
    description=inspect.getdoc(CallMeeting),
    responses=problems(403, 413, 415),
    dependencies=[reached(Ledger.name)],
)
def call_meeting(
    *,
    command: CallMeeting,
    response: Response,
    parts: PartsOf,
    caller: ReaderOf,
    request_id: RequestId,
    key: IdempotencyKey = None,
) -> Kept:
    """Call a meeting."""
    return _told(parts.meetings.call(caller, command, request_id=request_id, key=key), response)


@router.get("/meetings", summary="会议目录", responses=problems(403), dependencies=[reached(Meetings.name)])
def read_meetings(parts: PartsOf, caller: ReaderOf, cursor: After = None, limit: Limit = 50) -> MeetingPage:
    """The meetings, the newest first; what was said there is masked."""
    return MeetingPage(*parts.meetings.page(cursor, limit))


@router.get(
    "/meetings/{meeting}",
    summary="会议",
    responses=problems(403, 404),
    dependencies=[reached(Meetings.name, Ledger.name, FileTimeline.name)],
)
def read_meeting(meeting: MeetingId, response: Response, parts: PartsOf, caller: ReaderOf) -> MeetingView:
    """A meeting with as much of its agenda as the caller may know, and what was decided; its ETag is for `If-Match`."""
    view = parts.meetings.view(caller, meeting)
    response.headers["ETag"] = f'"{view.meeting.version}"'
    return view


@router.get(
    "/meetings/{meeting}/minutes",
    summary="会议纪要",
    responses=problems(403, 404),
    dependencies=[reached(Meetings.name, Ledger.name, FileTimeline.name)],
    response_class=Response,
)
def read_minutes(meeting: MeetingId, parts: PartsOf, caller: ReaderOf) -> Response:
    """The minutes as .docx, for intake, approvers, publishers and the committee; files as the caller knows them."""
    return minutes_paper(parts, caller, meeting)


def _route_of(kind: type[MeetingCommand]) -> Callable[..., Kept]:
    """The endpoint of one step. Its annotation says which command the body is."""

    def take(
        *,
        meeting: MeetingId,
        command: MeetingCommand,
        response: Response,
        parts: PartsOf,
        caller: ReaderOf,
        request_id: RequestId,
        if_match: IfMatch = None,
        key: IdempotencyKey = None,
    ) -> Kept:
        expected = expected_version(if_match)
        kept = parts.meetings.take(caller, meeting, command, request_id=request_id, expected=expected, key=key)
        return _told(kept, response)

    take.__annotations__["command"] = kind
    return take


for _step, _kind in STEPS.items():
    _take = _route_of(_kind)
    _take.__name__ = _step.replace("-", "_")
    router.add_api_route(
        f"/meetings/{{meeting}}/{_step}",
        _take,
        methods=["POST"],
        summary=f"{_kind.title} {_step}",
        description=inspect.getdoc(_kind),
        responses=problems(403, 404, 409, 412, 413, 415),
    )
