"""Objections (退单): how often each unit said "not ours", and what came of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from domain.errors import UnknownCode
from projections.ledger import Ledger
from projections.objections import Objections
from projections.objections_queries import Objection, UnitObjections, by_unit, page
from service.api.problems import problems
from service.api.signed_in import TOKEN, After, Limit, SignedIn
from service.asked.given import API, PartsOf, ReaderOf, reached
from service.asked.spans import Day, check_order

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN])

First = Annotated[Day | None, Query(alias="from", description="Asked on this day or later (Asia/Shanghai).")]
Last = Annotated[Day | None, Query(alias="to", description="Asked on this day or before.")]
Unit = Annotated[str | None, Query(max_length=64, description="The unit that objected.")]


class ObjectionAnswer(BaseModel):
    """`units`: counts of all these days, most first; `objections`: a page of them, newest first."""

    units: list[UnitObjections]
    objections: list[Objection]
    next_cursor: str | None


@router.get(
    "/objections",
    tags=["退单 objections"],
    summary="退单统计",
    responses=problems(403),
    dependencies=[reached(Objections.name, Ledger.name)],
)
def read_objections(
    *,
    parts: PartsOf,
    caller: ReaderOf,
    first: First = None,
    last: Last = None,
    unit: Unit = None,
    cursor: After = None,
    limit: Limit = 50,
) -> ObjectionAnswer:
    """Objections on files that the caller may know of (L1 23): counted by unit, and one by one."""
    check_order(first, last)
    if unit is not None and parts.rulebooks.current().content.unit(unit) is None:
        raise UnknownCode(("unit",), field="unit")
    with parts.reading() as connection:
        units = by_unit(connection, caller.sight, first, last)
        found, more = page(connection, caller.sight, unit=unit, since=first, until=last, cursor=cursor, limit=limit)
    return ObjectionAnswer(units=units, objections=found, next_cursor=more)
