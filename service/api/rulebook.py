"""The rulebook and the years' calendars, for administrators: what holds, what held, what differs, what holds next."""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from domain.clocks import CalendarYear
from domain.errors import NoSuchAddress
from domain.rulebook import AdoptRulebook, PublishCalendar, RulebookContent, differences
from service.administration import (
    Version,
    adopt_rulebook,
    publish_calendar,
    rulebook_versions,
    try_rulebook,
)
from service.api.problems import problems
from service.api.signed_in import TOKEN, IfMatch, SignedIn, expected_version
from service.asked.given import API, AdminOf, PartsOf, RequestId
from service.parts import Parts

MOST_BYTES = 2 * 1024 * 1024
"""Bytes of a rulebook, which may be more than other bodies have."""


class Administering(SignedIn):
    """A route whose body may be a whole rulebook."""

    most = MOST_BYTES


router = APIRouter(prefix=API, route_class=Administering, dependencies=[TOKEN], tags=["规则手册 rulebook"])
Number = Annotated[int | None, Query(ge=1, le=10**9)]


class VersionLine(BaseModel):
    """A version: who brought it about, when, and why; of a calendar the note is the year that it is for."""

    version: int
    recorded_at: datetime
    by: str
    note: str


class RulebookVersion(VersionLine):
    """A version with all that it says."""

    content: RulebookContent


class Versions(BaseModel):
    """Every version, the newest first."""

    versions: list[VersionLine]


class Difference(BaseModel):
    """What stands at a place in two versions; null where one has nothing there."""

    path: str
    old: Any
    new: Any


class Differences(BaseModel):
    """What differs between two versions."""

    old: int
    new: int
    differences: list[Difference]


class Adopted(BaseModel):
    """What became of a rulebook: the version in force after it, and how it differs from the one in force before."""

    version: int
    adopted: bool
    differences: list[Difference]


class Published(BaseModel):
    """The version of the rulebook that a calendar made."""

    version: int


class Calendars(BaseModel):
    """The notices that were published, by year."""

    calendars: dict[int, CalendarYear]


@router.get("/rulebook", summary="规则手册", responses=problems(403, 404))
def read_rulebook(response: Response, parts: PartsOf, caller: AdminOf, version: Number = None) -> RulebookVersion:
    """The rulebook in force, or an earlier version of it; its ETag is for `If-Match`."""
    found = _version(parts, version)
    response.headers["ETag"] = f'"{found.number}"'
    return RulebookVersion(**_line(found), content=found.content)


@router.get("/rulebook/versions", summary="规则手册各版", responses=problems(403))
def read_versions(parts: PartsOf, caller: AdminOf) -> Versions:
    """Every version, without what it says."""
    return Versions(versions=[VersionLine(**_line(one)) for one in rulebook_versions(parts)])


@router.get("/rulebook/differences", summary="两版差异", responses=problems(403, 404))
def read_differences(parts: PartsOf, caller: AdminOf, old: Number = None, new: Number = None) -> Differences:
    """What differs between two versions: by default between the one in force and the one before it."""
    after = _version(parts, new)
    before = _version(parts, old or max(after.number - 1, 1))
    return Differences(old=before.number, new=after.number, differences=_differences(before.content, after.content))


@router.post(
    "/rulebook",
    status_code=201,
    summary=f"{AdoptRulebook.title} adopt-rulebook",
    description=inspect.getdoc(AdoptRulebook),
    responses=problems(403, 409, 412, 413, 415),
)
def adopt(
    *,
    command: AdoptRulebook,
    response: Response,
    parts: PartsOf,
    caller: AdminOf,
    request_id: RequestId,
    dry_run: Annotated[bool, Query(description="Say what would differ, or what is wrong, and change nothing.")] = False,
    if_match: IfMatch = None,
) -> Adopted:
    """Put a content in force as the next version."""
    expected, before = expected_version(if_match), parts.rulebooks.current()
    if dry_run:
        response.status_code = 200
        try_rulebook(parts, command.content)
        version = before.version
    else:
        version = adopt_rulebook(
            parts, command.content, command.note, caller=caller, request_id=request_id, expected=expected
        )
    response.headers["ETag"] = f'"{version}"'
    changes = _differences(before.content, command.content)
    return Adopted(version=version, adopted=not dry_run, differences=changes)


@router.get("/calendars", summary="放假安排", responses=problems(403))
def read_calendars(parts: PartsOf, caller: AdminOf) -> Calendars:
    """The notices of the years that were published with the rulebook."""
    return Calendars(calendars=parts.rulebooks.current().content.calendars)


@router.post(
    "/calendars",
    status_code=201,
    summary=f"{PublishCalendar.title} publish-calendar",
    description=inspect.getdoc(PublishCalendar),
    responses=problems(403, 409, 413, 415),
)
def publish(command: PublishCalendar, parts: PartsOf, caller: AdminOf, request_id: RequestId) -> Published:
    """Enter a year's notice; the next tick counts the due dates anew that reach into it."""
    version = publish_calendar(parts, command.year, command.calendar, caller=caller, request_id=request_id)
    return Published(version=version)


def _version(parts: Parts, number: int | None) -> Version:
    """A version, by default the one in force; `NoSuchAddress` where there is none."""
    versions = rulebook_versions(parts)
    found = next((one for one in versions if number in {None, one.number}), None)
    if found is None:
        raise NoSuchAddress
    return found


def _line(version: Version) -> dict[str, Any]:
    """What a version says of itself."""
    return {
        "version": version.number,
        "recorded_at": version.recorded_at,
        "by": version.by,
        "note": version.note,
    }


def _differences(old: RulebookContent, new: RulebookContent) -> list[Difference]:
    return [Difference(path=path, old=before, new=after) for path, before, after in differences(old, new)]
