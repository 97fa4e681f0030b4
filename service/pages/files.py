"""卷宗: the file as a page, with its timeline, why each date is due, and exactly the steps that may be taken now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from domain.kernel import EVENT_TYPES
from domain.petition.commands import STEMS, STEPS, PetitionCommand, ReceivePetition
from domain.petition.receiving_file import LinkDuplicate
from domain.petition.titles import TITLES
from domain.vocabulary import Code
from projections.file import FileTimeline
from projections.file_queries import Entry, conceals, timeline
from projections.worklist_queries import Light
from service.access import Caller
from service.asked.given import PartsOf, ReaderOf, RequestId
from service.asked.worklist import days_of
from service.downloads import as_download, handed_out
from service.duplicates import DuplicateProposal
from service.file_view import DueView, FileView, StepView
from service.pages.entering import StaffPage
from service.pages.form_shape import shapes
from service.pages.screen import Names, page, words_of
from service.pages.words import Words
from service.pages.words import mark as _say
from service.parts import Parts

router = APIRouter(route_class=StaffPage, include_in_schema=False)
Number = Annotated[str, Path(max_length=64)]

ONWARD = frozenset({
    "classify-petition", "accept-petition", "assign-petition", "sign-for", "grant-return", "refuse-return",
    "report-outcome", "draft-reply", "approve-reply", "send-back-reply", "deliver-reply", "grant-extension",
    "refuse-extension", "grant-suspension", "refuse-suspension", "resume-handling", "draft-publication",
    "approve-publication", "send-back-publication", "publish-result", "follow-up", "recollect", "answer-reminder",
    "answer-supervision", "end-supervision", "decide-review", "contact-resident", "report-to-lead", "decide-duty",
    "approve-erasure", "approve-decline", "refuse-decline", "approve-notice-waiver", "refuse-notice-waiver",
    "approve-voiding", "refuse-voiding", "approve-waiver", "refuse-waiver",
})  # fmt: skip
"""The steps that carry a file on, or answer what waits; all others are taken as they are needed."""
TOLD = (
    "channel", "lead", "co_units", "unit", "proposed_unit", "handler", "method", "notice", "delivery", "reached",
    "days", "until", "ground", "article", "procedure", "body", "outlets", "solved", "satisfaction", "settled",
    "attempt", "level", "deadline", "kind", "verdict", "principal", "duplicate", "round", "archive_number",
)  # fmt: skip
"""Plain fields of events that the timeline tells, in this order."""


OWN_LABELS: Mapping[str, str] = {
    "answers": _say("办理结果"),
    "archive_number": _say("档案号"),
    "attempt": _say("第几次"),
    "duplicate": _say("重复件"),
    "principal": _say("主件"),
    "round": _say("轮次"),
}
"""Fields of events that no form fills in, or that forms call otherwise."""
UNITS = frozenset({"lead", "co_units", "unit", "proposed_unit"})
QUIET = frozenset({"petition.due_dates_set"})
"""Facts that only follow from another of the same moment."""


@dataclass(frozen=True, slots=True)
class Group:
    """Steps of one part of the loop."""

    stem: str
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A due date under its light."""

    view: DueView
    light: Light
    days: int


@dataclass(frozen=True, slots=True)
class Moment:
    """An event as the timeline tells it: codes in words, then what was written, masked; each with its label."""

    entry: Entry
    title: str
    at: datetime
    said: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, str], ...]


@router.get("/files/{number}")
def file_page(
    *,
    request: Request,
    number: Number,
    parts: PartsOf,
    caller: ReaderOf,
    request_id: RequestId,
    after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """The file as the caller may see it."""
    if after is not None:
        parts.positions.wait_for(after, [FileTimeline.name], request.app.state.settings.wait_seconds)
    return shown(request, parts, caller, parts.desk.view(caller, number, request_id=request_id), request_id)


def shown(request: Request, parts: Parts, caller: Caller, file: FileView, request_id: str) -> Response:
    """The page of a file as somebody sees it."""
    days = days_of(parts, request.app.state.settings.due_soon_days)
    return page(
        request,
        "handling/file.html",
        file=file,
        onward=[step for step in file.steps if step.step in ONWARD],
        groups=list(_groups(file)),
        letters=parts.papers.letters(caller, file.number),
        possible={one.step for one in file.steps},
        alike=_alike(parts, caller, file, request_id),
        dues=[Due(due, days.light(due.due), _left(due.due, days.today)) for due in file.due],
        moments=list(_moments(request, parts, caller, file)),
        drafts={kept.form: kept for kept in parts.drafts.listed(caller.staff) if kept.number == file.number},
    )


@router.get("/files/{number}/attachments/{attachment}")
def attachment(
    number: Number, attachment: Annotated[str, Path(max_length=64)], parts: PartsOf, caller: ReaderOf, one: RequestId
) -> Response:
    """An attached file, to be saved; the reading is logged for the committee."""
    found, content = parts.papers.attachment(caller, number, attachment, request_id=one)
    return handed_out(content, found.media_type, found.id)


@router.get("/files/{number}/letters/{letter}")
def letter(
    number: Number, letter: Annotated[str, Path(max_length=64)], parts: PartsOf, caller: ReaderOf, one: RequestId
) -> Response:
    """An issued letter, to be printed; the reading is logged for the committee."""
    return as_download(parts.papers.letter(caller, number, letter, request_id=one), letter)


@router.get("/files/{number}/dossier")
def dossier(number: Number, parts: PartsOf, caller: ReaderOf, one: RequestId) -> Response:
    """The whole file as a document, in archive order; a reading of personal data is logged for the committee."""
    return as_download(parts.papers.dossier(caller, number, request_id=one), number)


def stem_of(step: str) -> str:
    """The part of the loop that a step belongs to."""
    return STEPS[step].__module__.rpartition(".")[2].partition("_")[0]


def _groups(file: FileView) -> Iterator[Group]:
    """The steps beside those that carry the file on, by part of the loop."""
    for stem in STEMS:
        steps = tuple(one for one in file.steps if one.step not in ONWARD and stem_of(one.step) == stem)
        if steps:
            yield Group(stem, steps)


def _alike(parts: Parts, caller: Caller, file: FileView, request_id: str) -> list[DuplicateProposal]:
    """Files that this one may repeat, for who may link it now."""
    if LinkDuplicate.step() not in {one.step for one in file.steps}:
        return []
    return parts.proposing.duplicates_of(caller, file.number, request_id=request_id).duplicates[:5]


def _left(due: date, today: date) -> int:
    return (due - today).days


def _moments(request: Request, parts: Parts, caller: Caller, file: FileView) -> Iterator[Moment]:
    """What happened, the last first; numbers of files that the caller may not know of are left out."""
    with parts.reading() as connection:
        entries = timeline(connection, file.number)
    known = parts.desk.known(caller, {number for entry in entries for number in entry.named})
    words, names = words_of(request), Names(parts.rulebooks.current().content)
    for entry in reversed(entries):
        if entry.topic in QUIET or conceals(entry.topic, entry.named, known):
            continue
        title, codes = TITLES[entry.topic], entry.naming_only(known)
        yield Moment(
            entry,
            title.en if words.language == "en" else title.zh,
            entry.occurred_at or entry.recorded_at,
            tuple(
                (_label(name, words), _told(entry.topic, name, codes[name], words, names))
                for name in TOLD
                if codes.get(name) not in (None, [])
            ),
            tuple((_label(_part(path), words), text) for path, text in entry.texts.items()),
        )


def _told(topic: str, name: str, value: object, words: Words, names: Names) -> str:
    """A plain field of an event in words: the title of a code, the name of a unit, yes or no."""
    if isinstance(value, list):
        return "、".join(_told(topic, name, one, words, names) for one in value)
    if isinstance(value, bool):
        return words.gettext("是") if value else words.gettext("否")
    if name in UNITS:
        return names.unit(str(value))
    code = _code_of(topic, name)
    return words.code(code(str(value))) if code is not None else str(value)


@cache
def _code_of(topic: str, name: str) -> type[Code] | None:
    """The vocabulary that a field of an event takes its codes from."""
    shape = next((one for one in shapes(EVENT_TYPES[topic]) if one.name == name), None)
    return shape.codes if shape else None


def _label(name: str, words: Words) -> str:
    """What a field is called: by itself, or on the forms that fill it in; the text of an event needs no name."""
    if name == "text":
        return ""
    own = OWN_LABELS.get(name)
    return words.gettext(own) if own else words.field(name, _titles().get(name, name))


def _part(path: str) -> str:
    """What a text inside an event is called by: one of a list by the list, any other by its own field."""
    parts = path.split(".")
    return parts[0] if any(part.isdecimal() for part in parts) else parts[-1]


@cache
def _titles() -> Mapping[str, str]:
    titles: dict[str, str] = {}
    commands: tuple[type[PetitionCommand], ...] = (ReceivePetition, *STEPS.values())
    for command in commands:
        for name, info in command.model_fields.items():
            titles.setdefault(info.alias or name, info.title or name)
    return titles
