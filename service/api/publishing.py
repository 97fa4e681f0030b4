"""公示回应: what redaction (脱敏) would make of a draft, before it is one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from domain.petition.commands import STEMS
from domain.petition.publishing import DraftPublication
from domain.petition.publishing_redaction import Removal
from domain.petition.references import typed
from service.api.answers import Redacted, RedactionPreview, Removed
from service.api.petitions import example_of
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, Number, PartsOf, ReaderOf, RequestId

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], strict_content_type=False)


@router.post(
    "/petitions/{number}/redaction-preview",
    tags=[f"{STEMS['publishing']} publishing"],
    summary="脱敏预览 redaction-preview",
    responses=problems(403, 404, 409, 413, 415),
)
def preview(
    *,
    number: Number,
    command: Annotated[DraftPublication, example_of("draft-publication")],
    parts: PartsOf,
    caller: ReaderOf,
    request_id: RequestId,
) -> RedactionPreview:
    """What the public would read of this draft, and every place at which it differs from what was typed.

    Takes the body of `draft-publication` and changes nothing. For who may take that step now; each preview is logged
    for the committee, since it tells which words are somebody's data.
    """
    found = parts.papers.preview(caller, number, command, request_id=request_id)
    return RedactionPreview(
        title=Redacted(original=typed(command.subject), redacted=found.title),
        text=Redacted(original=typed(command.text), redacted=found.text),
        removals=[_told(one, command) for one in found.removals],
    )


def _told(one: Removal, command: DraftPublication) -> Removed:
    whole = typed(command.subject if one.part == "title" else command.text)
    return Removed(
        part=one.part,
        kind=one.kind,
        kind_title=one.kind.zh,
        basis=one.basis,
        basis_title=one.basis.zh,
        start=one.start,
        end=one.end,
        words=whole[one.start : one.end],
        shown=one.shown,
        kept=one.kept,
        reason=one.reason,
    )
