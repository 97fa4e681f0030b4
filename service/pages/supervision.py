"""监督台: what the supervision committee looks at. Nobody else sees it; nothing here can be changed, orders apart.

Orders are steps on the file and are given there. What accuses the reader is not shown to them either (`Sight`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from domain.kernel import day_of
from domain.petition.titles import TITLES
from domain.vocabulary import STAFF_ROLES, Role
from projections.audit import Audit
from projections.audit_queries import audit
from projections.ledger import Ledger
from projections.ledger_queries import count
from projections.ledger_queries import page as rows_of_page
from projections.ledger_rows import LedgerFilter
from projections.oversight import QUICKEST, EarlyEnd, Oversight
from projections.oversight_queries import QUICK_DAYS, OrderKind, OrderState, early_ends, orders
from projections.paging import Cursor
from service.asked.audit import AuditQuery, Name
from service.asked.given import CommitteeOf, PartsOf, reached
from service.asked.spans import Day, check_order
from service.exporting import exports
from service.ledger_columns import Reading
from service.pages.asking import asked_of
from service.pages.entering import StaffPage
from service.pages.form_fields import choosable
from service.pages.screen import page
from service.pages.words import mark as _say
from service.readings import ReadingFilter, readings

SUPERVISION = "/supervision"
PAGES = (
    ("", _say("概况")),
    ("/overdue", _say("超期件")),
    ("/early", _say("提前办结")),
    ("/orders", _say("督办与催办")),
    ("/audit", _say("审计轨迹")),
    ("/readings", _say("个人信息查阅")),
    ("/exports", _say("台账导出")),
)
LIMIT = 50

router = APIRouter(
    route_class=StaffPage,
    include_in_schema=False,
    dependencies=[reached(Ledger.name, Oversight.name, Audit.name)],
)
Place = Annotated[str | None, Query(max_length=400, alias="cursor")]


class Filter(BaseModel):
    """What the lists of this desk can be asked for; each takes what it knows."""

    model_config = ConfigDict(extra="ignore")

    number: Name | None = None
    staff: Name | None = None
    unit: Name | None = None
    kind: OrderKind = "order"
    state: OrderState | None = None
    reason: EarlyEnd | None = None
    quick: int = QUICK_DAYS
    first: Day | None = None
    last: Day | None = None


def _shown(request: Request, template: str, faults: Sequence[str] = (), **values: Any) -> Response:
    here = request.url.path
    return page(
        request,
        template,
        status=422 if faults else 200,
        pages=[(SUPERVISION + path, title) for path, title in PAGES],
        current=here,
        faults=faults,
        **values,
    )


def _pager(request: Request, following: str | None) -> dict[str, Any]:
    """The addresses of the first and the next page with the same filter."""
    kept = {name: value for name, value in request.query_params.items() if value and name != "cursor"}
    here = request.url.path
    return {
        "first": f"{here}?{urlencode(kept)}" if "cursor" in request.query_params else None,
        "following": f"{here}?{urlencode({**kept, 'cursor': following})}" if following else None,
    }


@router.get(SUPERVISION)
def overview(request: Request, parts: PartsOf, caller: CommitteeOf) -> Response:
    """How much there is of everything, and the newest of it."""
    today = day_of(parts.now())
    with parts.reading() as connection:
        overdue = count(connection, LedgerFilter(overdue_on=today), caller.sight)
        waiting = orders(connection, caller.sight, today, state="open", limit=LIMIT)
        late = orders(connection, caller.sight, today, state="overdue", limit=LIMIT)
        early = early_ends(connection, caller.sight, limit=5)
        read = readings(connection, ReadingFilter(first=today), caller.sight, None, LIMIT + 1)
        acts = audit(connection, AuditQuery(backdated=True).filter(), caller.sight, limit=5)
    return _shown(
        request,
        "supervision.html",
        overdue=overdue,
        waiting=waiting,
        late=late,
        early=early.entries,
        read=read,
        limit=LIMIT,
        backdated=acts,
        titles=TITLES,
        today=today,
    )


@router.get("/supervision/overdue")
def overdue(request: Request, parts: PartsOf, caller: CommitteeOf, cursor: Place = None) -> Response:
    """Files whose handling clock has run out, most overdue first."""
    rulebook, today = parts.rulebooks.current().content, day_of(parts.now())
    wanted = LedgerFilter(overdue_on=today)
    with parts.reading() as connection:
        found = rows_of_page(connection, wanted, caller.sight, cursor, LIMIT)
        total = count(connection, wanted, caller.sight)
    reading = Reading(rulebook, today)
    lines = [(row, reading.overdue(row)) for row in found.rows]
    pager = _pager(request, found.next_cursor)
    return _shown(request, "supervision_overdue.html", lines=lines, total=total, **pager)


@router.get("/supervision/early")
def early(request: Request, parts: PartsOf, caller: CommitteeOf, cursor: Place = None) -> Response:
    """Files that ended without the whole loop, or closed unusually quickly."""
    asked, faults = asked_of(request, Filter)
    with parts.reading() as connection:
        found = early_ends(connection, caller.sight, reason=asked.reason, quick=asked.quick, cursor=cursor, limit=LIMIT)
    return _shown(
        request,
        "supervision_early.html",
        faults,
        asked=asked,
        entries=found.entries,
        reasons=list(EarlyEnd),
        quickest=QUICKEST,
        **_pager(request, found.next_cursor),
    )


@router.get("/supervision/orders")
def orders_page(request: Request, parts: PartsOf, caller: CommitteeOf, cursor: Place = None) -> Response:
    """Supervision orders and reminders with their answers."""
    asked, faults = asked_of(request, Filter)
    today = day_of(parts.now())
    with parts.reading() as connection:
        found = orders(
            connection,
            caller.sight,
            today,
            kind=asked.kind,
            state=asked.state,
            unit=asked.unit,
            number=asked.number,
            cursor=cursor,
            limit=LIMIT,
        )
    return _shown(
        request,
        "supervision_orders.html",
        faults,
        asked=asked,
        entries=found.entries,
        units=choosable(parts.rulebooks.current().content.units),
        today=today,
        states=STATES,
        **_pager(request, found.next_cursor),
    )


STATES: Mapping[OrderState, str] = {
    "open": _say("未办结"),
    "overdue": _say("逾期未反馈"),
    "answered": _say("已反馈待审核"),
    "ended": _say("已办结"),
}


@router.get("/supervision/audit")
def audit_page(request: Request, parts: PartsOf, caller: CommitteeOf) -> Response:
    """Who did what when, on which file, on whose behalf; newest first."""
    asked, faults = asked_of(request, AuditQuery)
    place = Cursor.read(asked.cursor, "position", rest=0)
    with parts.reading() as connection:
        before = place.whole() if place else None
        found = audit(connection, asked.filter(), caller.sight, before, LIMIT + 1)
    more = str(Cursor("position", str(found[LIMIT - 1].position), ())) if len(found) > LIMIT else None
    return _shown(
        request,
        "supervision_audit.html",
        faults,
        asked=asked,
        entries=found[:LIMIT],
        topics=[(topic, title) for topic, title in TITLES.items()],
        roles=[*sorted(STAFF_ROLES), Role.SYSTEM, Role.RESIDENT],
        **_pager(request, more),
    )


@router.get("/supervision/readings")
def readings_page(request: Request, parts: PartsOf, caller: CommitteeOf, cursor: Place = None) -> Response:
    """Who read whose personal data."""
    asked, faults = asked_of(request, Filter)
    check_order(asked.first, asked.last)
    place = Cursor.read(cursor, "reading", rest=0)
    wanted = ReadingFilter(asked.number and asked.number.upper(), asked.staff, asked.first, asked.last)
    with parts.reading() as connection:
        found = readings(connection, wanted, caller.sight, place.whole() if place else None, LIMIT + 1)
    more = str(Cursor("reading", str(found[LIMIT - 1].id), ())) if len(found) > LIMIT else None
    pager = _pager(request, more)
    return _shown(request, "supervision_readings.html", faults, asked=asked, entries=found[:LIMIT], **pager)


@router.get("/supervision/exports")
def exports_page(request: Request, parts: PartsOf, caller: CommitteeOf, cursor: Place = None) -> Response:
    """Who took what out of the ledger."""
    asked, faults = asked_of(request, Filter)
    check_order(asked.first, asked.last)
    place = Cursor.read(cursor, "export", rest=0)
    with parts.reading() as connection:
        found = exports(
            connection,
            staff=asked.staff,
            first=asked.first,
            last=asked.last,
            before=place.whole() if place else None,
            limit=LIMIT + 1,
        )
    more = str(Cursor("export", str(found[LIMIT - 1].id), ())) if len(found) > LIMIT else None
    pager = _pager(request, more)
    return _shown(request, "supervision_exports.html", faults, asked=asked, entries=found[:LIMIT], **pager)
