"""The file (卷宗) on paper: one page after another in the order of the archive, as its reader may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from domain.kernel import EVENT_TYPES
from domain.petition.events.receiving import LetterIssued
from domain.petition.titles import TITLES
from domain.vocabulary import LetterKind
from projections.file import FileTimeline
from projections.file_queries import Entry, conceals, timeline
from service.asked.given import PartsOf, ReaderOf, RequestId, reached
from service.dossier import PARTS, part_for
from service.pages.entering import StaffPage
from service.pages.screen import page

router = APIRouter(route_class=StaffPage, include_in_schema=False)

FIRST = frozenset({"petition.received", "petition.imported"})
"""What the page shows as the petition itself."""


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


def in_sections(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """The events behind the petition by part of the file, in the order of the archive; see service/dossier.py."""
    found: dict[str, list[Entry]] = {part: [] for part in PARTS}
    for entry in entries:
        if entry.topic not in FIRST:
            event = EVENT_TYPES[entry.topic]
            letter = LetterKind(str(entry.codes["kind"])) if event is LetterIssued else None
            found[part_for(event, letter)].append(entry)
    return [(title, found[part]) for part, title in PARTS.items() if found[part]]
