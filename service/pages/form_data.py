"""From an HTML form to what a command is validated from: the one decoder.

Nested fields are named by their path, `place.area`, `petitioners.0.name`; lists of plain values repeat their name.
What was left blank is not there; rows that are blank altogether are dropped, and the rest numbered anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from domain.errors import DomainError
from service.errors import Loc, dotted, faults_of, known_part
from service.pages.form_shape import Shape, Sort, shapes

MOST_ROWS = 100
ADD = "add"
"""The submit button that asks for another row of the field that is its value, and changes nothing else."""

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Filled:
    """A form as it was filled in: the values as sent (for showing them again), and what is wrong, by field's path."""

    values: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


def decoded(model: type[BaseModel], form: FormData, prefix: str = "") -> dict[str, Any]:
    """What the form says for a model's fields, as pydantic takes it."""
    values: dict[str, Any] = {}
    for shape in shapes(model):
        found = _value(shape, form, prefix + shape.name)
        if found is not None:
            values[shape.name] = found
    return values


def _value(shape: Shape, form: FormData, path: str) -> Any:
    """One field; None where it was left blank."""
    match shape.sort:
        case Sort.GROUP:
            assert shape.model is not None
            return decoded(shape.model, form, f"{path}.") or None
        case Sort.ROWS:
            assert shape.model is not None
            rows = (decoded(shape.model, form, f"{path}.{index}.") for index in _indices(form, path))
            return [row for row in rows if _says_something(shape.model, row)] or None
        case Sort.PAIRS:
            pairs = ((_text(form, f"{path}.{i}.key"), _text(form, f"{path}.{i}.value")) for i in _indices(form, path))
            return {key: value for key, value in pairs if key and value} or None
        case Sort.LINES | Sort.CHOICES | Sort.FILES:
            several = [text for text in map(_stripped, form.getlist(path)) if text]
            return (several[0] if shape.one_file else several) if several else None
        case Sort.TICK:
            return _text(form, path) == "true" or None
        case _:
            return _text(form, path) or None


def _says_something(model: type[BaseModel], row: Mapping[str, Any]) -> bool:
    """Whether somebody filled a row in: a choice that the page had made before does not count."""
    chosen = {Sort.CHOICE, Sort.YES_NO}
    preset = {shape.name for shape in shapes(model) if shape.sort in chosen and not shape.required}
    return bool(set(row) - preset)


def _indices(form: FormData, path: str) -> Iterator[int]:
    """The numbers of the rows that were sent, in order."""
    start = f"{path}."
    found = {name[len(start) :].partition(".")[0] for name in form if name.startswith(start)}
    yield from sorted({int(one) for one in found if one.isascii() and one.isdecimal() and int(one[:4]) < MOST_ROWS})


def _text(form: FormData, path: str) -> str:
    return _stripped(form.get(path))


def _stripped(value: object) -> str:
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def uploads(form: FormData, path: str) -> list[UploadFile]:
    """The files that were chosen for a field."""
    return [one for one in form.getlist(path) if isinstance(one, UploadFile) and one.filename]


def file_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The paths of a model's fields that name uploaded files."""
    for shape in shapes(model):
        if shape.sort is Sort.FILES:
            yield prefix + shape.name
        elif shape.sort is Sort.GROUP and shape.model is not None:
            yield from file_paths(shape.model, f"{prefix}{shape.name}.")


def validated(model: type[M], filled: Filled, language: str) -> M | None:
    """The command from what was filled in; None where fields are wrong, which `filled.errors` then tells."""
    try:
        return model.model_validate(filled.values)
    except ValidationError as error:
        for fault in faults_of([dict(one) for one in error.errors()]):
            filled.errors.setdefault(dotted(fault.loc), fault.text[language == "en"])
        return None


def refused(filled: Filled, error: DomainError, language: str) -> None:
    """Note what a rule said against the form, beside its field where it names one."""
    loc: Loc = known_part(error.loc)
    if "field" in error.facts:
        error.facts["field"] = dotted(loc)
    reason = error.facts.get("reason_en" if language == "en" else "reason")
    beside = str(reason) if loc and "field" in error.facts and reason else error.text(language)
    for colon in ("：", ": "):  # it stands beside its field: the path says nothing to a reader
        beside = beside.removeprefix(f"{dotted(loc)}{colon}")
    filled.errors.setdefault(dotted(loc), beside)


def wants_row(form: FormData) -> str | None:
    """The path of the field for which another row is asked; None where the form is to be carried out."""
    asked = form.get(ADD)
    return asked if isinstance(asked, str) and asked else None
