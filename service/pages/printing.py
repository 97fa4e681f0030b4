"""The file (卷宗) on paper: one page after another in the order of the archive, as its reader may see it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from domain.petition.titles import TITLES
from projections.file import FileTimeline
from projections.file_queries import Entry, conceals, timeline
from service.api.signed_in import PartsOf, ReaderOf, RequestId, reached
from service.pages.entering import StaffPage
from service.pages.screen import page
from service.pages.words import mark as _say

router = APIRouter(route_class=StaffPage, include_in_schema=False)

SECTIONS: tuple[tuple[str, frozenset[str]], ...] = (
    (_say("告知与决定"), frozenset({"accepted", "declined", "referred", "answered_at_once", "steered", "withdrawn"})),
    (_say("办理记录"), frozenset({
        "assigned", "signed_for", "handler_named", "return_asked", "return_granted", "return_refused",
        "resident_contacted", "progress_noted", "household_visited", "extension_asked", "extension_granted",
        "extension_refused", "suspension_asked", "suspension_granted", "suspension_refused", "handling_resumed",
        "escalated_upward", "superior_answered", "outcome_reported", "meeting_decided",
    })),
    (_say("答复与送达"), frozenset({
        "reply_drafted", "reply_approved", "reply_sent_back", "reply_delivered", "reply_imported",
    })),
    (_say("公示与脱敏"), frozenset({
        "publication_drafted", "publication_approved", "publication_sent_back", "result_published",
        "publication_waived", "publication_withdrawn", "publication_corrected",
    })),
    (_say("回访"), frozenset({"follow_up_missed", "followed_up"})),
    (_say("催办与督办"), frozenset({
        "reminder_sent", "reminder_answered", "supervision_ordered", "supervision_answered", "supervision_ended",
    })),
    (_say("复查复核"), frozenset({"review_asked", "hearing_held", "review_decided"})),
    (_say("再收集"), frozenset({"resident_spoke", "opinion_gathered", "closed", "archived", "reopened"})),
)  # fmt: skip
"""The parts of a file behind the petition itself, in the order of the archive, with the events that each holds."""
REST = _say("备考")


@router.get("/files/{number}/print", dependencies=[reached(FileTimeline.name)])
def file_on_paper(
    request: Request, number: Annotated[str, Path(max_length=64)], parts: PartsOf, caller: ReaderOf, one: RequestId
) -> Response:
    """The whole file to print. Whoever works on it gets personal data in full, which is logged; others masked."""
    file = parts.desk.view(caller, number, request_id=one)
    with parts.reading() as connection:
        entries = timeline(connection, file.number)
    known = parts.desk.known(caller, {number for entry in entries for number in entry.named})
    entries = [entry for entry in entries if not conceals(entry.topic, entry.named, known)]
    return page(
        request, "file_print.html", file=file, sections=in_sections(entries), titles=TITLES, printed=parts.now()
    )


def in_sections(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    """The events behind the petition by part of the archive; what belongs to none stands in the notes."""
    known = {f"petition.{name}" for _, names in SECTIONS for name in names}
    begun = {"petition.received", "petition.imported"}
    found = [(title, [e for e in entries if e.topic.removeprefix("petition.") in names]) for title, names in SECTIONS]
    rest = [entry for entry in entries if entry.topic not in known | begun]
    return [(title, some) for title, some in [*found, (REST, rest)] if some]
