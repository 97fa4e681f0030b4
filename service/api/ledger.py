"""The ledger: one row per number, filtered, in pages; personal data masked, what one may not see not there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from domain.kernel import day_of
from projections.ledger import Ledger
from projections.ledger_queries import count, lines
from projections.search import Search
from service.api.answers import LedgerAnswer, told
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, PartsOf, ReaderOf, reached
from service.asked.ledger import LedgerQuery, filter_of

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN])


@router.get(
    "/ledger",
    tags=["台账 ledger"],
    summary="台账",
    responses=problems(403),
    dependencies=[reached(Ledger.name, Search.name)],
    response_model=LedgerAnswer,
)
def read_ledger(
    asked: Annotated[LedgerQuery, Query()], response: Response, parts: PartsOf, caller: ReaderOf
) -> Response:
    """The ledger as far as the caller may know of it, newest first; overdue files most overdue first."""
    rulebook, today = parts.rulebooks.current().content, day_of(parts.now())
    wanted = filter_of(asked, rulebook, today)
    with parts.reading() as connection:
        files, more = lines(
            connection, wanted, caller.sight, asked.cursor, asked.limit, as_of=today, calendar=rulebook.calendar
        )
        total = count(connection, wanted, caller.sight) if asked.count else None
    return told({"files": files, "next_cursor": more, "total": total}, response)
