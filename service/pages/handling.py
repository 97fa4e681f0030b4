"""办理台: what waits for my unit, and what waits for my approval, by due date with a light."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from domain.errors import Forbidden
from domain.vocabulary import Role
from projections.tasks import KINDS
from service.asked.given import PartsOf, ReaderOf
from service.pages.entering import StaffPage
from service.pages.screen import page
from service.pages.waiting import Asked, asked, waiting

router = APIRouter(route_class=StaffPage, include_in_schema=False)
HANDLER, APPROVER = frozenset({Role.HANDLER}), frozenset({Role.APPROVER})
APPROVED = tuple(task for task, kind in KINDS.items() if Role.APPROVER in kind.roles)


@router.get("/handling")
def desk(request: Request, parts: PartsOf, caller: ReaderOf, wanted: Annotated[Asked, Depends(asked)]) -> Response:
    """What waits for the caller's units; whoever only approves is taken to what waits for approval."""
    if not caller.roles & (HANDLER | APPROVER):
        raise Forbidden
    role = HANDLER if caller.roles & HANDLER else APPROVER
    return _page(request, parts, caller, wanted, role)


@router.get("/handling/approvals")
def approvals(request: Request, parts: PartsOf, caller: ReaderOf, wanted: Annotated[Asked, Depends(asked)]) -> Response:
    """What waits for the caller's approval: replies, extensions, suspensions, publications, erasures."""
    if not caller.roles & APPROVER:
        raise Forbidden
    return _page(request, parts, caller, wanted, APPROVER)


def _page(request: Request, parts: PartsOf, caller: ReaderOf, wanted: Asked, role: frozenset[Role]) -> Response:
    return page(
        request,
        "handling/desk.html",
        approving=role is APPROVER,
        both=bool(caller.roles & HANDLER and caller.roles & APPROVER),
        waiting=waiting(request, parts, caller, wanted, roles=role),
    )
