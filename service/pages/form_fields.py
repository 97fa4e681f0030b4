"""From a command class to the fields of its form: the one renderer. `templates/form.html` draws what this describes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from domain.kernel import SHANGHAI
from domain.rules.content import RulebookContent
from domain.rules.tables import Entry, in_use
from domain.vocabulary import Code
from service.file_view import FileView
from service.pages.form_data import Filled
from service.pages.form_shape import Shape, Sort, shapes
from service.pages.words import Words

SPARE_ROWS = 1
"""Blank rows offered beyond those filled in, so that nobody needs a script to add one."""
SHORT_LIST = 40
"""Up to so many choices are a list to pick from; more are offered while typing."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice."""

    value: str
    label: str


@dataclass(slots=True)
class Field:
    """A field as the template draws it. `parts`: the fields of a group; `rows`: those of each row."""

    name: str
    label: str
    sort: str
    required: bool
    value: Any
    error: str
    help: str
    longest: int | None
    options: list[Option] = field(default_factory=list)
    parts: list[Field] = field(default_factory=list)
    rows: list[list[Field]] = field(default_factory=list)
    pattern: str = ""
    one_file: bool = False
    accept: str = ""
    """Which files may be chosen, as browsers understand it; a telephone then offers its camera for pictures."""
    focus: bool = False
    """Whether typing begins here."""

    @property
    def id(self) -> str:
        """The element's id."""
        return "f-" + re.sub(r"[^A-Za-z0-9]+", "-", self.name)

    @property
    def at_fault(self) -> bool:
        """Whether it, or a field inside it, is wrong."""
        inside = [*self.parts, *(one for row in self.rows for one in row)]
        return bool(self.error) or any(one.at_fault for one in inside)


class Choices:
    """The codes that fields take, with their names: from the rulebook, and from the file where the step is on one."""

    def __init__(self, rulebook: RulebookContent, file: FileView | None = None, more: Mapping[str, Any] | None = None):
        """`more` adds to what is known here: options by the name of the field."""
        self._rulebook = rulebook
        self._file = file
        self._more = dict(more or {})

    def of(self, name: str) -> list[Option]:
        """The options for a field of this name; none where it is free."""
        if name in self._more:
            return [Option(*one) for one in self._more[name]]
        rules, file = self._rulebook, self._file
        match name:
            case "lead" | "co_units" | "unit" | "units" | "proposed_unit" | "against":
                return [Option(one.code, f"{one.name}（{one.code}）") for one in in_use(rules.units)]
            case "category":
                return [Option(one.code, one.name) for one in in_use(rules.categories)]
            case "area" | "grid":
                return [Option(one.code, one.name) for one in in_use(rules.areas)]
            case "window":
                return [Option(one.code, one.name) for one in rules.windows]
            case "body":
                return [Option(one.name, one.name) for one in rules.bodies]
            case "petitioner" if file:
                return [Option(one.id, f"{one.id} {one.name or ''}".strip()) for one in file.petitioners]
            case "demand" if file:
                return [Option(one.id, f"{one.id} {(one.text or '')[:40]}".strip()) for one in file.demands]
            case "question" if file and file.follow_up and file.follow_up.script:
                return [Option(one.code, one.text) for one in file.follow_up.script.questions]
            case "id" if file:
                return [Option(one.id, f"{one.id} {one.deadline or ''}".strip()) for one in self._open_orders(file)]
            case _:
                return []

    @staticmethod
    def _open_orders(file: FileView) -> Iterator[Any]:
        return (one for one in (*file.reminders, *file.orders) if not one.ended)


CLOSED_LISTS = frozenset(
    {"lead", "co_units", "unit", "units", "proposed_unit", "window", "petitioner", "person", "demand", "question", "id"}
)
"""Fields whose options are all there is; others may be typed freely."""


def choosable(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Codes and names of what can be chosen: those given up are not."""
    return [(entry.code, entry.name) for entry in in_use(entries)]


def fields_of(
    model: type[BaseModel],
    filled: Filled,
    choices: Choices,
    words: Words,
    *,
    rows_wanted: str | None = None,
    prefix: str = "",
    leave_out: frozenset[str] = frozenset(),
) -> list[Field]:
    """The fields of a form for a command, holding what was filled in, each with what is wrong with it."""
    made = _Maker(filled.errors, choices, words, rows_wanted)
    return [made.field(s, filled.values.get(s.name), prefix) for s in shapes(model) if s.name not in leave_out]


class _Maker:
    def __init__(self, errors: Mapping[str, str], choices: Choices, words: Words, rows_wanted: str | None) -> None:
        self._errors, self._choices, self._words, self._rows_wanted = errors, choices, words, rows_wanted

    def field(self, shape: Shape, value: Any, prefix: str = "") -> Field:
        path = prefix + shape.name
        made = Field(
            name=path,
            label=self._words.field(shape.own_name, shape.title),
            sort=shape.sort.value,
            required=shape.required,
            value=_shown(shape, value),
            error=self._error(path, shape),
            help=_help(shape, self._words.language),
            longest=shape.longest,
            one_file=shape.one_file,
        )
        if shape.codes is not None:
            made.options = self._choices.of(shape.name) or self._codes(shape)
        elif shape.sort in {Sort.TEXT, Sort.LINES}:
            self._offer(made, shape)
        elif shape.sort is Sort.GROUP and shape.model is not None:
            inner = value or {}
            made.parts = [self.field(one, inner.get(one.name), f"{path}.") for one in shapes(shape.model)]
        elif shape.sort is Sort.ROWS and shape.model is not None:
            made.rows = self._rows(shape, list(value or []), path)
        elif shape.sort is Sort.PAIRS:
            made.rows = self._pairs(shape, dict(value or {}), path)
        return made

    def _codes(self, shape: Shape) -> list[Option]:
        return [Option(code.value, self._words.code(code)) for code in shape.codes or ()]

    def _rows(self, shape: Shape, given: list[Any], path: str) -> list[list[Field]]:
        assert shape.model is not None
        given += [{}] * (SPARE_ROWS + (self._rows_wanted == path))
        kept = given[: shape.most] if shape.most else given
        return [
            [self.field(one, row.get(one.name), f"{path}.{index}.") for one in shapes(shape.model)]
            for index, row in enumerate(kept)
        ]

    def _pairs(self, shape: Shape, given: dict[str, str], path: str) -> list[list[Field]]:
        """A mapping's keys are demands of the file everywhere, its values units or categories."""
        options = self._choices.of("category" if "categor" in shape.name else "unit")
        rows = []
        for index, demand in enumerate(self._choices.of("demand")):
            start = f"{path}.{index}."
            error = self._errors.get(f"{path}.{demand.value}", "")
            key = Field(f"{start}key", demand.label, Sort.HIDDEN.value, False, demand.value, "", "", None)
            value = Field(f"{start}value", demand.label, "choice", False, given.get(demand.value, ""), error, "", None)
            value.options = options
            rows.append([key, value])
        return rows

    def _offer(self, made: Field, shape: Shape) -> None:
        """Offer the codes that a field takes: as a list to choose from, or while typing."""
        made.options = self._choices.of(shape.name)
        if not made.options:
            return
        if shape.sort is Sort.LINES:
            made.sort = "choices" if len(made.options) <= SHORT_LIST else "lines"
        elif shape.name in CLOSED_LISTS:
            made.sort = "choice"
        else:
            made.sort = "typed"

    def _error(self, path: str, shape: Shape) -> str:
        """What is wrong with a field; with one of several plain values, what is wrong with the first that is."""
        if path in self._errors:
            return self._errors[path]
        if shape.sort in {Sort.LINES, Sort.CHOICES, Sort.FILES}:
            return next((text for at, text in self._errors.items() if re.fullmatch(rf"{re.escape(path)}\.\d+", at)), "")
        return ""


HELP: Mapping[str, str] = {
    "occurred_at": "不是现在发生时填写；按北京时间",
    "backdated_because": "补录超过规则手册规定的天数时必填",
    "article": "例如《信访工作条例》第三十一条",
    "attendants": "只写单位和人数，不写居民姓名",
    "point": "WGS 84 坐标，例如 geo:32.0415,118.7678",
}
"""What the form says below a field in Chinese, where the label does not say enough."""
BLANK: Mapping[str, str] = {"person": "不填即为会议的全部个人信息", "petitioner": "不填即为全部"}
"""The same of fields that mean everything when they are left blank."""


def _help(shape: Shape, language: str) -> str:
    if language == "en":
        return shape.help
    return HELP.get(shape.own_name) or ("" if shape.required else BLANK.get(shape.own_name, ""))


def _shown(shape: Shape, value: Any) -> Any:
    """A value as its input takes it; the field's default where there is none."""
    if value is None:
        value = shape.default
    if shape.sort in {Sort.LINES, Sort.CHOICES, Sort.FILES}:
        if isinstance(value, str):
            return [value]
        return [str(one.value if isinstance(one, Code) else one) for one in value or ()]
    if shape.sort in {Sort.GROUP, Sort.ROWS, Sort.PAIRS} or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def unplaced(fields: Sequence[Field], errors: Mapping[str, str]) -> list[str]:
    """What is wrong with the form as a whole: errors that stand beside no field."""
    placed = set(_placed(fields))
    return [text for text in errors.values() if text not in placed]


def _placed(fields: Sequence[Field]) -> Iterator[str]:
    for one in fields:
        yield one.error
        yield from _placed(one.parts)
        for row in one.rows:
            yield from _placed(row)


__all__ = ["Choices", "Field", "Option", "fields_of", "unplaced"]
