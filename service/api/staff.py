"""Staff, for administrators: the directory, and a route for every step on a member of staff, made from its command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel

from domain.staff import (
    StaffCommand,
)
from domain.staff_access import STAFF_STEPS
from projections.staff import Member, StaffDirectory, directory
from service import accounts
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, AdminOf, PartsOf, RequestId, reached

router = APIRouter(
    prefix=API, route_class=SignedIn, dependencies=[TOKEN], tags=["工作人员 staff"], strict_content_type=False
)

StaffId = Annotated[str, Path(max_length=32, description="人员编号", examples=["s-0123456789"])]


class Done(BaseModel):
    """A step that was taken; `position` is that of its event."""

    staff: str
    position: int


class Secret(BaseModel):
    """A first password or a token's secret, told this once."""

    staff: str
    secret: str


class Directory(BaseModel):
    """Everybody who is or was on the staff, without names."""

    members: list[Member]


def _route_of(kind: type[StaffCommand]) -> Callable[..., Done]:
    """The endpoint of one step. Its annotation says which command the body is."""

    def take(*, staff: StaffId, command: StaffCommand, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> Done:
        position = accounts.take(parts, staff, command, caller=caller, request_id=request_id)
        return Done(staff=staff, position=position)

    take.__annotations__["command"] = kind
    return take


for _step, _kind in STAFF_STEPS.items():
    router.add_api_route(
        f"/staff/{{staff}}/{_step}",
        _route_of(_kind),
        methods=["POST"],
        name=f"staff_{_step}",
        summary=f"{_kind.title} {_step}",
        description=inspect.getdoc(_kind),
        responses=problems(403, 404, 409, 413, 415),
    )


@router.get("/staff", summary="人员与角色", responses=problems(403), dependencies=[reached(StaffDirectory.name)])
def read_staff(parts: PartsOf, caller: AdminOf) -> Directory:
    """Everybody who is or was on the staff, with every role held and everybody they stand in for."""
    with parts.pool.connection() as connection:
        return Directory(members=directory(connection))


@router.post("/staff/{staff}/give-password", summary="重置密码", responses=problems(403, 404, 409))
def give_password(staff: StaffId, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> Secret:
    """A new first password for the pages, which is changed at the next sign-in; all sessions of the person end."""
    return Secret(staff=staff, secret=accounts.give_password(parts, staff, caller=caller, request_id=request_id))


@router.post("/staff/{staff}/unlock-account", summary="解除锁定", responses=problems(403, 404, 409))
def unlock_account(staff: StaffId, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> None:
    """Open an account that was locked after failed tries."""
    accounts.unlock(parts, staff, caller=caller, request_id=request_id)


@router.post("/staff/{staff}/issue-token", summary="发放令牌", responses=problems(403, 404, 409))
def issue_token(staff: StaffId, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> Secret:
    """A new API token."""
    return Secret(staff=staff, secret=accounts.issue_token(parts, staff, caller=caller, request_id=request_id))


@router.post("/tokens/{token}/revoke", summary="撤销令牌", responses=problems(403, 404))
def revoke_token(token: UUID, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> None:
    """Revoke an API token by its id; it holds nowhere within a second."""
    accounts.revoke_token(parts, token, caller=caller, request_id=request_id)
