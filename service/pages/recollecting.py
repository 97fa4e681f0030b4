"""回访台: whom to call back, and whose opinion to gather again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from domain.errors import Forbidden
from domain.vocabulary import Role
from service.asked.given import PartsOf, ReaderOf
from service.pages.entering import StaffPage
from service.pages.screen import page
from service.pages.waiting import Asked, asked, waiting

router = APIRouter(route_class=StaffPage, include_in_schema=False)
CALLER = frozenset({Role.CALLER})


@router.get("/follow-up")
def desk(request: Request, parts: PartsOf, caller: ReaderOf, wanted: Annotated[Asked, Depends(asked)]) -> Response:
    """What waits for callers; never what one handled oneself."""
    if not caller.roles & CALLER:
        raise Forbidden
    return page(request, "recollecting/desk.html", waiting=waiting(request, parts, caller, wanted, roles=CALLER))
