"""分析会: the meetings, one meeting with its agenda and what may be done now, every step by its form, the minutes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from domain.errors import DomainError, NoSuchAddress
from domain.kernel import day_of
from domain.meeting import CallMeeting, CloseMeeting, Meeting, MeetingCommand
from domain.meeting_erasure import ApproveMeetingErasure, AskMeetingErasure
from domain.meeting_steps import STEPS
from domain.vocabulary import ErasureGround, MeetingPart, MeetingStage
from projections.file import FileTimeline
from projections.ledger import Ledger
from projections.meetings import Meetings
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.asked.papers import minutes_paper
from service.meetings import Kept, MeetingView
from service.pages.drafting import ID, version_seen
from service.pages.entering import FormOf, StaffPage
from service.pages.form_data import Filled, decoded, refused, validated, wants_row
from service.pages.form_fields import Choices, choosable, fields_of, unplaced
from service.pages.screen import language_of, page, redirect, words_of
from service.pages.words import Words
from service.pages.words import mark as _say
from service.parts import Parts

router = APIRouter(route_class=StaffPage, include_in_schema=False)
MeetingId = Annotated[str, Path(max_length=64)]

HOME = "/meetings"
ON_PAGE = 50
SHOWN_BY = (Meetings.name, Ledger.name, FileTimeline.name)
PERIOD = timedelta(days=30)
"""How far back a new meeting looks, unless somebody says otherwise."""
OF_AN_ITEM = frozenset({"decide-items", "remove-agenda-item"})
OF_A_PART = frozenset({"record-part"})
"""Steps that stand beside what they are about, not among the buttons."""
ERASURES = (AskMeetingErasure.step(), ApproveMeetingErasure.step())
"""Steps that are offered after all others."""
ToErase = tuple[str, str, ErasureGround | None]
"""Whose data is to be erased, who asked, on which ground."""
ALL_OF_IT = _say("会议全部个人信息")


@router.get(HOME)
def meetings(
    request: Request, parts: PartsOf, caller: ReaderOf, cursor: Annotated[str | None, Query(max_length=400)] = None
) -> Response:
    """The meetings, the newest first."""
    listed, following = parts.meetings.page(cursor, ON_PAGE)
    return page(
        request,
        "meetings/list.html",
        meetings=listed,
        calls=bool(caller.roles & CallMeeting.roles),
        first=HOME if cursor else None,
        next=f"{HOME}?cursor={following}" if following else None,
    )


@router.get(f"{HOME}/call-meeting")
def ask_call(request: Request, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
    """The form for a new meeting."""
    parts.meetings.may_call(caller, request_id=request_id)
    today = day_of(parts.now())
    begun = {"planned_on": today, "from": today - PERIOD, "to": today}
    return _calling(request, parts, Filled(begun), secrets.token_hex(16))


@router.post(f"{HOME}/call-meeting")
def call(request: Request, parts: PartsOf, caller: ReaderOf, request_id: RequestId, form: FormOf) -> Response:
    """Call a meeting; its agenda is what the query finds."""
    parts.meetings.may_call(caller, request_id=request_id)
    filled, key, status = Filled(decoded(CallMeeting, form)), str(form.get(ID) or ""), 422
    command = validated(CallMeeting, filled, language_of(request))
    if command is not None:
        try:
            kept = parts.meetings.call(caller, command, request_id=request_id, key=key or None)
            return _seen(request, parts, kept, CallMeeting.step())
        except DomainError as error:
            refused(filled, error, language_of(request))
            status = error.status
    return _calling(request, parts, filled, key, status=status)


@router.get(f"{HOME}/{{meeting}}")
def meeting(request: Request, meeting: MeetingId, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
    """One meeting as the caller may know it."""
    view = parts.meetings.view(caller, meeting)
    barred = parts.meetings.barred(caller, meeting, request_id=request_id)
    possible = [step for step, why in barred.items() if why is None]
    lacking = barred[CloseMeeting.step()] if view.meeting.stage is MeetingStage.CONVENED else None
    return page(
        request,
        "meetings/meeting.html",
        meeting=view.meeting,
        items=view.items,
        possible=possible,
        steps=[
            (step, _title(request, step))
            for step in sorted(possible, key=ERASURES.__contains__)
            if step not in OF_AN_ITEM | OF_A_PART
        ],
        lacking=lacking.text(language_of(request)) if lacking and caller.roles & CloseMeeting.roles else None,
        all_parts=list(MeetingPart),
        minutes=caller.draws_reports,
    )


@router.get(f"{HOME}/{{meeting}}/minutes")
def minutes(meeting: MeetingId, parts: PartsOf, caller: ReaderOf) -> Response:
    """The minutes, as the interface gives them."""
    return minutes_paper(parts, caller, meeting)


def _asked(step: str, kind: type[MeetingCommand]) -> Callable[..., Response]:
    """The page with the form of a step on a meeting."""

    def ask(request: Request, meeting: MeetingId, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> Response:
        view = parts.meetings.view(caller, meeting)
        why = parts.meetings.barred(caller, meeting, request_id=request_id)[step]
        if why is not None:
            raise why
        begun = _begun(kind, view, request.query_params, day_of(parts.now()))
        return _form(request, parts, caller, view, step, filled=Filled(begun))

    return ask


def _taken(step: str, kind: type[MeetingCommand]) -> Callable[..., Response]:
    """Take a step on a meeting by its form."""

    def take(
        *, request: Request, meeting: MeetingId, parts: PartsOf, caller: ReaderOf, request_id: RequestId, form: FormOf
    ) -> Response:
        filled, language, status = Filled(decoded(kind, form)), language_of(request), 422
        rows_wanted = wants_row(form)
        command = None if rows_wanted else validated(kind, filled, language)
        if command is not None:
            expected = version_seen(form)
            try:
                kept = parts.meetings.take(caller, meeting, command, request_id=request_id, expected=expected)
                return _seen(request, parts, kept, step)
            except NoSuchAddress:
                raise
            except DomainError as error:
                refused(filled, error, language)
                status = error.status
        view = parts.meetings.view(caller, meeting)
        status = 200 if rows_wanted else status
        return _form(request, parts, caller, view, step, filled=filled, status=status, rows_wanted=rows_wanted)

    return take


def _begun(kind: type[MeetingCommand], view: MeetingView, asked: Mapping[str, str], today: date) -> dict[str, Any]:
    """What a step's form begins with: what the link named, and what the meeting says already."""
    values: dict[str, Any] = {}
    number = asked.get("number", "")[:64]
    if "decisions" in kind.model_fields and number:
        values["decisions"] = [{"number": number}]
    for name in {"number", "part"} & kind.model_fields.keys() & asked.keys():
        values[name] = asked[name][:64]
    if "held_on" in kind.model_fields:
        values["held_on"] = min(view.meeting.planned_on, today)
    if "digest" in kind.model_fields:
        values["digest"] = view.meeting.summary_digest
    return values


def _form(
    request: Request,
    parts: Parts,
    caller: Caller,
    view: MeetingView,
    step: str,
    *,
    filled: Filled,
    status: int = 200,
    rows_wanted: str | None = None,
) -> Response:
    undecided = [(one.number, one.title or one.number) for one in view.items if not one.removed and one.part is None]
    own = {"number": undecided} if step in OF_AN_ITEM else {}
    asked: list[ToErase] = []
    if step in ERASURES:
        asked, own["person"] = _erasable(parts.meetings.as_it_stands(caller, view.meeting.id), words_of(request))
    choices = Choices(parts.rulebooks.current().content, more=own)
    fields = fields_of(STEPS[step], filled, choices, words_of(request), rows_wanted=rows_wanted)
    return page(
        request,
        "meetings/step.html",
        status=status,
        meeting=view.meeting,
        items=view.items,
        asked=asked,
        all_parts=list(MeetingPart),
        step=step,
        title=_title(request, step),
        fields=fields,
        general=unplaced(fields, filled.errors),
    )


def _erasable(meeting: Meeting, words: Words) -> tuple[list[ToErase], list[tuple[str, str]]]:
    """What was asked to be erased, and whose name can be."""
    names: dict[str | None, str] = {one.id: str(one.name) for one in meeting.people}
    asked = [
        (names.get(person, words.gettext(ALL_OF_IT)), one.asker, one.ground)
        for person, one in meeting.erasure_asked.items()
    ]
    return asked, [(one.id, f"{one.id} {one.name}") for one in meeting.people if one.id not in meeting.erased]


def _calling(request: Request, parts: Parts, filled: Filled, key: str, *, status: int = 200) -> Response:
    rulebook = parts.rulebooks.current().content
    choices = Choices(
        rulebook,
        more={
            "areas": choosable(rulebook.areas),
            "categories": choosable(rulebook.categories),
        },
    )
    fields = fields_of(CallMeeting, filled, choices, words_of(request))
    return page(
        request,
        "meetings/call.html",
        status=status,
        title=_title(request, CallMeeting.step()),
        fields=fields,
        general=unplaced(fields, filled.errors),
        key=key,
    )


def _seen(request: Request, parts: Parts, kept: Kept, step: str) -> Response:
    """The meeting's page, once it shows what was done."""
    parts.positions.wait_for(kept.position, SHOWN_BY, request.app.state.settings.wait_seconds)
    return redirect(request, f"{HOME}/{kept.id}", _title(request, step))


def _title(request: Request, step: str) -> str:
    """What a step is called in the reader's language."""
    kind = STEPS.get(step, CallMeeting)
    return words_of(request).field(step, kind.title)


for _step, _kind in STEPS.items():
    router.add_api_route(f"{HOME}/{{meeting}}/{_step}", _asked(_step, _kind), methods=["GET"], name=f"ask {_step}")
    router.add_api_route(f"{HOME}/{{meeting}}/{_step}", _taken(_step, _kind), methods=["POST"], name=f"take {_step}")
