"""The ledger: one row per number, filtered, in pages; personal data masked, what one may not see not there."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.errors import Invalid, UnknownCode
from domain.kernel import day_of
from domain.petition.stages import Stage
from domain.rules.content import RulebookContent
from domain.vocabulary import Channel, Nature
from projections.ledger import Ledger
from projections.ledger_queries import count, lines
from projections.ledger_rows import LedgerFilter
from projections.search import Search
from service.api.answers import LedgerAnswer, told
from service.api.problems import problems
from service.api.signed_in import API, TOKEN, WAIT, PartsOf, ReaderOf, SignedIn, reached
from service.api.spans import Day, check_order

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN])

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class LedgerQuery(BaseModel):
    """What can be asked for. An unknown name is refused: a filter that is misspelt must not show everything."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel | None = None
    stage: Stage | None = None
    nature: Nature | None = None
    round: int | None = Field(None, ge=0, le=10_000)
    unit: Code | None = Field(None, description="Lead or co-unit; the units below it count too.")
    area: Code | None = Field(None, description="With everything below it.")
    category: Code | None = Field(None, description="With everything below it.")
    overdue: bool = Field(False, description="Only files whose handling clock has run out.")
    q: str | None = Field(None, max_length=200, description="A number or its beginning, an old number, or words.")
    first: Day | None = Field(None, alias="from", description="Received on this day or later (Asia/Shanghai).")
    last: Day | None = Field(None, alias="to", description="Received on this day or before.")
    order: Annotated[str, StringConstraints(pattern="^(received|due)$")] = "received"
    count: bool = Field(False, description="Also tell how many files there are in all (`total`).")
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)
    after: int | None = Field(None, ge=0, description=WAIT)


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


def filter_of(asked: LedgerQuery, rulebook: RulebookContent, today: date) -> LedgerFilter:
    """The query for the projection: codes with all below them. Raises UnknownCode and Invalid naming the parameter."""
    check_order(asked.first, asked.last)
    if asked.q is not None and "\0" in asked.q:
        raise Invalid(("q",), field="q", reason="不得包含控制字符", reason_en="control characters are not allowed")
    return LedgerFilter(
        channel=asked.channel and asked.channel.value,
        stage=asked.stage and asked.stage.value,
        nature=asked.nature and asked.nature.value,
        round=asked.round,
        units=_units(asked.unit, rulebook),
        areas=_areas(asked.area, rulebook),
        categories=_categories(asked.category, rulebook),
        overdue_on=today if asked.overdue else None,
        received_from=asked.first,
        received_to=asked.last,
        q=asked.q,
        order="due" if asked.order == "due" else "received",
    )


def _units(code: str | None, rulebook: RulebookContent) -> tuple[str, ...]:
    if code is None:
        return ()
    unit = rulebook.unit(code)
    if unit is None:
        raise UnknownCode(("unit",), field="unit")
    return tuple(sorted({code, *rulebook.below(unit.code)}))


def _areas(code: str | None, rulebook: RulebookContent) -> tuple[str, ...]:
    if code is None:
        return ()
    if rulebook.area(code) is None:
        raise UnknownCode(("area",), field="area")
    return tuple(sorted(rulebook.areas_below(code)))


def _categories(code: str | None, rulebook: RulebookContent) -> tuple[str, ...]:
    if code is None:
        return ()
    if rulebook.category(code) is None:
        raise UnknownCode(("category",), field="category")
    return tuple(sorted(rulebook.categories_below(code)))
