"""One fact of every kind, made from its class alone: every field filled, always with the same value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

import domain.meeting_steps
import domain.petition.commands
import domain.receipt
import domain.staff  # noqa: F401
from domain.clocks import CalendarYear, Holiday
from domain.kernel import EVENT_TYPES, Erased, Event, Value
from domain.petition.events import values as v
from domain.rulebook import RulebookContent

M = TypeVar("M", bound=BaseModel)

SMALL_RULEBOOK = """
limits = [
  { clock = "handle", natures = ["help"], urgencies = ["urgent"], days = 2, working = true, rule = "时限表" },
  { clock = "handle", days = 5, working = true, rule = "时限表" },
  { clock = "notice", days = 15, working = false, rule = "L1 23" },
  { clock = "sign", days = 1, working = true, rule = "时限表" },
  { clock = "object", days = 5, working = true, rule = "L1 23" },
  { clock = "contact", days = 1, working = true, rule = "时限表" },
  { clock = "follow_up", days = 5, working = true, rule = "时限表" },
  { clock = "review_ask", days = 30, working = false, rule = "L1 35" },
  { clock = "review", days = 30, working = false, rule = "L1 35" },
  { clock = "re_review_ask", days = 30, working = false, rule = "L1 36" },
  { clock = "re_review", days = 30, working = false, rule = "L1 36" },
  { clock = "order", days = 5, working = true, rule = "时限表" },
]
tracks = [{ track = "work_order" }]
units = [{ code = "HY", name = "禾源街道办事处", kind = "street", duties = ["01"], takes_reports = true }]
areas = [{ code = "A", name = "禾源街道", level = "street", unit = "HY" }]
categories = [{ code = "01", name = "市容环境" }]
windows = [{ code = "W1", name = "综合窗口", unit = "HY" }]
bodies = [{ code = "QXF", name = "澄湖区信访局", kind = "superior" }]
[office]
code = "HY"
name = "禾源街道办事处"
district = "澄湖区"
[nature_kinds]
consult = "opinion"
help = "claim"
complaint = "claim"
report = "accusation"
suggestion = "opinion"
thanks = "opinion"
other = "claim"
[channels]
web = { enabled = true }
letter_visit = { enabled = true }
hotline = { enabled = true }
officer = { enabled = true }
window = { enabled = true }
symposium = { enabled = false }
"""

MORNING = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
PLAIN: dict[object, Callable[[str], object]] = {
    str: lambda name: name,
    int: lambda _: 1,
    bool: lambda _: True,
    date: lambda _: date(2026, 11, 16),
    datetime: lambda _: MORNING,
    AwareDatetime: lambda _: MORNING,
}
"""How a field of a simple type is filled, from its name."""

WHOLE: dict[type[BaseModel], Callable[[], BaseModel]] = {
    RulebookContent: lambda: RulebookContent.from_toml(SMALL_RULEBOOK),
    CalendarYear: lambda: CalendarYear(
        holidays=(Holiday(date=date(2027, 1, 1), name="元旦"),), workdays=(date(2027, 1, 3),), source="通知"
    ),
}
"""Models whose parts must agree with each other."""


def facts() -> list[type[Event]]:
    """Every kind of fact that the product stores, by topic; what a test registered for itself is left out."""
    return [EVENT_TYPES[topic] for topic in sorted(EVENT_TYPES) if EVENT_TYPES[topic].__module__.startswith("domain.")]


def sample(model: type[M], **given: object) -> M:
    """An instance with every field filled, but for those given."""
    if model in WHOLE:
        return model.model_validate(WHOLE[model]())
    filled = {name: _fill(info.annotation, name) for name, info in model.model_fields.items() if name not in given}
    return model(**{**filled, **given})


def _fill(annotation: Any, name: str) -> object:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _fill(parts[0], name)
    if origin is Literal:
        return parts[0]
    if origin in {Union, UnionType}:
        return _fill(next(part for part in parts if part not in {type(None), Erased}), name)
    if origin is tuple:
        return (_fill(parts[0], name),)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return sample(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    return PLAIN[annotation](name)


SOURCES: tuple[type[Value], ...] = (
    v.WebSource,
    v.LetterVisitSource,
    v.HotlineSource,
    v.OfficerSource,
    v.WindowSource,
    v.SymposiumSource,
)
"""What each channel carries; the first is what `sample` fills in."""
