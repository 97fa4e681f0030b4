"""Fields for any step on any file, made to fit often enough that the file gets on, and to be wrong now and then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from domain.petition.petition import Petition
from tests.scenario import CAST, MONDAY, shanghai

NUMBERS = ("HY-2026-000001", "HY-2026-000002")
UNITS = ("MS", "WY", "CG", "ZF", "XX")
WORDS = st.sampled_from(["已办理", "甘棠梨说可以", "电话 13900001234", "⟦p1.name⟧", "见附件"])
Draw = Callable[..., Any]


def today(file: Petition, now: date) -> dict[str, st.SearchStrategy[Any]]:
    """Values that fit this file often enough, by the name of the field; a wrong one now and then."""
    demands = [one.id for one in file.demands] + ["d9"]
    people = [one.id for one in file.everyone] + ["p9"]
    near = st.integers(-3, 20).map(lambda days: now + timedelta(days=days))
    return {
        "lead": st.sampled_from(("MS", *UNITS)),
        "co_units": st.sampled_from([(), (), ("WY",), ("MS", "ZF")]),
        "unit": st.sampled_from([*file.units, "XX"]) if file.units else st.sampled_from(UNITS),
        "units": st.just(()) | st.just(("MS", "WY")) | st.just(("MS", "XX")),
        "proposed_unit": st.none() | st.sampled_from(UNITS),
        "handler": st.none() | st.sampled_from(sorted(CAST)),
        "visitors": st.just(("chen",)) | st.just(("zhao", "bai")),
        "demand": st.sampled_from(demands),
        "demands": st.just({}),
        "demand_categories": st.just({}) | st.just({demands[0]: "0104"}),
        "question": st.sampled_from(["CAME", "MORE", "MORE", "XX"]),
        "petitioner": st.sampled_from([*people, None]),
        "category": st.sampled_from(["020102", "020102", "01", None, "99"]),
        "id": st.sampled_from([*file.reminders, *file.orders, "r9"]),
        "about": st.sampled_from([*file.units, *file.orders, *file.letters, None]),
        "letter": st.sampled_from([*file.letters, "reply-2026-9"]),
        "digest": st.none(),
        "body": st.sampled_from(["QZJ", "QFY", *sorted(file.escalated_to)]),
        "principal": st.sampled_from(NUMBERS),
        "concluded_by": st.just("HY-2025-000003"),
        "arises_from": st.none() | st.sampled_from(NUMBERS),
        "attachments": st.just(()) | st.just(("a1",)) | st.just(("zz",)),
        "proof": st.just(()),
        "photos": st.none(),
        "scan": st.none(),
        "against": st.just(()) | st.sampled_from([("CG",), ("mei",), ("MS",)]),
        "occurred_at": st.sampled_from([None] * 9 + [shanghai(now - timedelta(days=days)) for days in (0, 2, 6)]),
        "backdated_because": st.none() | st.just("补录"),
        "received_at": st.none() | st.just(shanghai(MONDAY)),
        "days": st.integers(1, 31),
        "clock": st.sampled_from([*file.due, "handle"]),
        "due": st.sampled_from([*(one.due for one in file.due.values()), now]),
        "year": st.just(2027),
        "held_on": near,
        "until": near,
        "deadline": near,
        "first_day": near,
        "last_day": near,
        "channel": st.just("window"),
        "source": st.none(),
        "place": st.none() | st.just({"area": "A01G1", "address": "甘棠梨家"}),
        "phone": st.none() | st.just("13900001234"),
        "id_number": st.none(),
        "name": st.sampled_from(["甘棠梨", "陆见秋", None]),
        "people_count": st.none(),
        "legacy_number": st.none(),
        **dict.fromkeys(("source_system", "source_id", "meeting", "article", "register_of"), st.just("甲")),
    }


def shaped(annotation: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type, where its name says nothing more."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shaped(parts[0])
    if origin in {Union, UnionType}:
        return st.one_of(*(st.none() if part is type(None) else shaped(part) for part in parts))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is frozenset:
        return st.frozensets(shaped(parts[0]), min_size=1, max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    return {bool: st.booleans(), str: WORDS}[annotation]


def form(draw: Draw, model: type[BaseModel], file: Petition, now: date) -> dict[str, Any]:
    """The fields of a step or of a form inside it."""
    fitting: dict[str, st.SearchStrategy[Any]] = today(file, now)
    filled: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        inner = forms_in(info.annotation)
        if inner is not None:
            value = several(draw, inner, name, file, now)
        else:
            values = fitting[name] if name in fitting else shaped(info.annotation)
            value = draw(values.filter(lambda one: one not in (None, ())) if info.is_required() else values)
        filled[info.alias or name] = value
    return filled


def forms_in(annotation: Any) -> type[BaseModel] | None:
    """The form of which a field holds many, if it does."""
    parts = get_args(annotation)
    if get_origin(annotation) is tuple and isinstance(parts[0], type) and issubclass(parts[0], BaseModel):
        return parts[0]
    found = [forms_in(part) for part in parts] if get_origin(annotation) in {Union, UnionType} else []
    return next(filter(None, found), None)


def several(draw: Draw, inner: type[BaseModel], name: str, file: Petition, now: date) -> list[dict[str, Any]]:
    """Some of a form; of answers, mostly one for every demand of the file."""
    if name == "answers" and "demand" in inner.model_fields and file.demands and draw(st.integers(0, 4)):
        return [{**form(draw, inner, file, now), "demand": one.id} for one in file.demands]
    least, most = {"petitioners": (0, 2), "demands": (1, 1), "answers": (0, 1)}.get(name, (1, 2))
    return [form(draw, inner, file, now) for _ in range(draw(st.integers(least, most)))]
