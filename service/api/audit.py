"""The audit trail of everything, and who read whose personal data: for the supervision committee."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from domain.errors import Invalid, UnknownPetition
from domain.numbering import as_written
from projections.audit import Audit
from projections.audit_queries import audit
from projections.ledger import Ledger
from projections.paging import Cursor
from service.api.answers import Act, AuditPage, ReadingPage
from service.api.petitions import act_of
from service.api.problems import problems
from service.api.signed_in import TOKEN, After, Limit, SignedIn
from service.asked.audit import AuditQuery, Name
from service.asked.given import API, CommitteeOf, Number, PartsOf, RequestId, reached
from service.asked.spans import Day, check_order
from service.file_view import FileView
from service.readings import ReadingFilter, Reveal, readings

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], tags=["审计 audit"])


@router.get("/audit", summary="审计轨迹", responses=problems(403), dependencies=[reached(Audit.name, Ledger.name)])
def read_audit(asked: Annotated[AuditQuery, Query()], parts: PartsOf, caller: CommitteeOf) -> AuditPage:
    """Who did what when, newest first; for the supervision committee, without what accuses the caller."""
    wanted = asked.filter()
    with parts.reading() as connection:
        found = audit(connection, wanted, caller.sight, _before(asked.cursor, "position"), asked.limit + 1)
    entries = found[: asked.limit]
    more = str(Cursor("position", str(entries[-1].position), ())) if len(found) > asked.limit else None
    return AuditPage(events=[Act(**act_of(entry)) for entry in entries], next_cursor=more)


@router.get("/audit/readings", summary="个人信息查阅记录", responses=problems(403), dependencies=[reached(Ledger.name)])
def read_readings(
    *,
    parts: PartsOf,
    caller: CommitteeOf,
    number: Annotated[str | None, Query(max_length=64)] = None,
    staff: Annotated[Name | None, Query()] = None,
    first: Annotated[Day | None, Query(alias="from", description="Read on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Read on this day or before.")] = None,
    cursor: After = None,
    limit: Limit = 100,
) -> ReadingPage:
    """Who read the personal data of which file, newest first; for the committee, without what accuses the caller."""
    check_order(first, last)
    wanted = ReadingFilter(None if number is None else _number(number), staff, first, last)
    with parts.reading() as connection:
        found = readings(connection, wanted, caller.sight, _before(cursor, "reading"), limit + 1)
    more = str(Cursor("reading", str(found[limit - 1].id), ())) if len(found) > limit else None
    return ReadingPage(readings=found[:limit], next_cursor=more)


def _number(given: str) -> str:
    """The number as it is written; Invalid naming the parameter for what none can be."""
    try:
        return as_written(given)
    except UnknownPetition:
        raise Invalid(
            ("number",),
            field="number",
            reason="须为卷宗编号，如 HY-2026-000001",
            reason_en="must be the number of a file, such as HY-2026-000001",
        ) from None


def _before(text: str | None, order: str) -> int | None:
    """The position in a cursor; Invalid where no page gave it."""
    cursor = Cursor.read(text, order, rest=0)
    return None if cursor is None else cursor.whole()


@router.post("/petitions/{number}/reveal", summary="查看个人信息", responses=problems(403, 404, 409))
def reveal(number: Number, why: Reveal, parts: PartsOf, caller: CommitteeOf, request_id: RequestId) -> FileView:
    """The file with its personal data, for the committee, which says why it looks; logged apart from the file."""
    return parts.papers.reveal(caller, number, why, request_id=request_id)
