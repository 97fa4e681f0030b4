"""What can be asked of the ledger: by the interface, by the pages, by exports."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.errors import Invalid, UnknownCode
from domain.petition.stages import Stage
from domain.rules.content import RulebookContent
from domain.vocabulary import Channel, Nature
from projections.ledger_rows import LedgerFilter
from service.asked.given import WAIT
from service.asked.spans import Day, check_order

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
