"""From what people call things to the codes of the rulebook: a category, an area, a window by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from domain.rules.content import RulebookContent


class Named(Protocol):
    """An entry of the rulebook."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def name(self) -> str:
        """What it is called."""


class Shared(Exception):
    """Several entries have this name; `count` says how many."""

    def __init__(self, count: int) -> None:
        """Keep the count."""
        self.count = count
        super().__init__()


def code_of(field: str, typed: str, rulebook: RulebookContent) -> str:
    """The code that was meant where a field takes one: a name becomes its code, anything else stays as it was typed.

    Raises `Shared` for a name that says none of several.
    """
    tables: Mapping[str, Sequence[Named]] = {
        "category": rulebook.categories,
        "area": rulebook.areas,
        "grid": rulebook.areas,
        "window": rulebook.windows,
    }
    found = [
        one.code for one in tables.get(field, ()) if one.name == typed and getattr(one, "replaced_by", None) is None
    ]
    if len(found) > 1 and typed not in found:
        raise Shared(len(found))
    return found[0] if found else typed


def coded(values: Any, rulebook: RulebookContent) -> Any:
    """The same values of a form, names in fields of codes as codes; a name that several share stays, to be refused."""
    if isinstance(values, list):
        return [coded(one, rulebook) for one in values]
    if not isinstance(values, dict):
        return values
    return {
        name: _meant(name, one, rulebook) if isinstance(one, str) else coded(one, rulebook)
        for name, one in values.items()
    }


def _meant(field: str, typed: str, rulebook: RulebookContent) -> str:
    try:
        return code_of(field, typed, rulebook)
    except Shared:
        return typed
