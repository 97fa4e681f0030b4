"""监督台 · 查看个人信息: the committee reads masked data; where it looks at the persons themselves, it says why."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from domain.petition.petition import Petition
from service.asked.given import CommitteeOf, Number, PartsOf, RequestId
from service.pages.entering import FormOf, StaffPage
from service.pages.files import shown
from service.pages.form_data import Filled, decoded, validated
from service.pages.form_fields import Choices, fields_of, unplaced
from service.pages.screen import language_of, page, words_of
from service.parts import Parts
from service.readings import Reveal

router = APIRouter(route_class=StaffPage, include_in_schema=False)


@router.get("/files/{number}/reveal")
def ask(request: Request, number: Number, parts: PartsOf, caller: CommitteeOf) -> Response:
    """The form for the reason."""
    return _asked(request, parts, parts.desk.load(caller, number), Filled({}))


@router.post("/files/{number}/reveal")
def reveal(
    *, request: Request, number: Number, parts: PartsOf, caller: CommitteeOf, request_id: RequestId, form: FormOf
) -> Response:
    """The file with its personal data, this once: a later look gives its own reason."""
    filled = Filled(decoded(Reveal, form))
    why = validated(Reveal, filled, language_of(request))
    if why is None:
        return _asked(request, parts, parts.desk.load(caller, number), filled, 422)
    file = parts.papers.reveal(caller, number, why, request_id=request_id)
    return shown(request, parts, caller, file, request_id)


def _asked(request: Request, parts: Parts, petition: Petition, filled: Filled, status: int = 200) -> Response:
    fields = fields_of(Reveal, filled, Choices(parts.rulebooks.current().content), words_of(request))
    return page(
        request,
        "revealing.html",
        status=status,
        number=petition.number,
        fields=fields,
        general=unplaced(fields, filled.errors),
    )
