"""A command as a form sees it: one reading of a model's annotations, for decoding and for drawing alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from domain.petition.references import FreeText
from domain.vocabulary import Code

FILES = frozenset({"attachments", "proof", "photos", "scan"})
"""Fields that name uploaded files."""
HIDDEN = frozenset({"digest"})
"""Fields that a page fills in itself."""
LONG_TEXT = 1000
"""A text that may be longer than this is written into several lines."""


class Sort(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    PROSE = "prose"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    CHOICE = "choice"
    CHOICES = "choices"
    TICK = "tick"
    YES_NO = "yes_no"
    LINES = "lines"
    GROUP = "group"
    ROWS = "rows"
    PAIRS = "pairs"
    FILES = "files"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Shape:
    """A field: its name in the request, what it is called, how it is filled in."""

    name: str
    title: str | None
    sort: Sort
    required: bool
    default: Any
    help: str
    longest: int | None
    model: type[BaseModel] | None = None
    codes: type[Code] | None = None
    most: int | None = None
    own_name: str = ""
    """The attribute's name, where the request calls it otherwise."""
    one_file: bool = False


@cache
def shapes(model: type[BaseModel]) -> tuple[Shape, ...]:
    """The fields of a model in their order."""
    return tuple(_shape(name, info) for name, info in model.model_fields.items())


def _shape(name: str, info: FieldInfo) -> Shape:
    annotation = _plain(info.annotation)
    marks = [*info.metadata, *_marks(info.annotation)]
    sort, model, codes = _sort(info.alias or name, annotation, marks, info)
    lengths = [mark for mark in marks if isinstance(mark, MaxLen) or getattr(mark, "max_length", None)]
    longest = min((_length(mark) for mark in lengths), default=None)
    many = sort in {Sort.ROWS, Sort.LINES, Sort.FILES, Sort.PAIRS, Sort.CHOICES}
    default = None if info.default is PydanticUndefined else info.default
    return Shape(
        name=info.alias or name,
        title=info.title,
        sort=sort,
        required=info.is_required(),
        default=default,
        help=info.description or "",
        longest=None if many else longest,
        model=model,
        codes=codes,
        most=longest if many else None,
        own_name=name,
        one_file=sort is Sort.FILES and annotation is str,
    )


def _sort(
    name: str, annotation: Any, marks: list[Any], info: FieldInfo
) -> tuple[Sort, type[BaseModel] | None, type[Code] | None]:
    origin, inner = get_origin(annotation), [_plain(part) for part in get_args(annotation)]
    if name in HIDDEN:
        return Sort.HIDDEN, None, None
    if name in FILES:
        return Sort.FILES, None, None
    if origin in {tuple, frozenset, list, set}:
        if _is(inner[0], BaseModel):
            return Sort.ROWS, inner[0], None
        return (Sort.CHOICES, None, inner[0]) if _is(inner[0], Code) else (Sort.LINES, None, None)
    if origin is dict:
        return Sort.PAIRS, None, None
    if _is(annotation, BaseModel):
        return Sort.GROUP, annotation, None
    if _is(annotation, Code):
        return Sort.CHOICE, None, annotation
    if annotation is bool:
        return (Sort.TICK if info.default is False else Sort.YES_NO), None, None
    plain = {int: Sort.NUMBER, float: Sort.NUMBER, date: Sort.DAY, datetime: Sort.MOMENT}.get(annotation)
    if plain is not None:
        return plain, None, None
    if origin is Literal:
        return Sort.TEXT, None, None
    free = any(isinstance(mark, FreeText) for mark in marks)
    long = max((_length(mark) for mark in marks if _length(mark)), default=0) > LONG_TEXT
    return (Sort.PROSE if free and long else Sort.TEXT), None, None


def _is(annotation: Any, kind: type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, kind)


def _plain(annotation: Any) -> Any:
    """An annotation without what is around it: marks, and None as the alternative."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in {Union, UnionType}:
            rest = [part for part in get_args(annotation) if part is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _marks(annotation: Any) -> list[Any]:
    """What stands beside the type in an annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        return [*marks, *_marks(inner)]
    if origin in {Union, UnionType}:
        return [mark for part in get_args(annotation) for mark in _marks(part)]
    return []


def _length(mark: Any) -> int:
    return getattr(mark, "max_length", None) or 0
