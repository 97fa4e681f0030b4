"""How the free text of a file refers to its petitioners, so that erasing a person reaches every text at once.

Free text is sealed under the file's key, a person's identity under their own. Where a text holds a petitioner's
name, telephone, identity number or address, it is stored with a reference instead, `⟦p1.name⟧`, or `⟦p1.name:1:3⟧`
for a part of it; whoever may read the person's data gets the exact words back, everybody else the masked form, and
once the person's key is gone nobody gets anything. Projections store text with its references and render it when
they are asked (《个人信息保护法》 47).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import is_
from typing import Any, TypeVar, get_args

from pydantic import BaseModel

from domain.kernel import Erased
from domain.masking import compact, fold, mask_address, mask_id_number, mask_phone, without_gaps
from domain.names import mask_name
from domain.petition.events.values import Petitioner
from domain.redaction import Known

REFERENCE = re.compile(r"⟦(p\d+)\.(name|phone|id_number|address)(?::(\d+):(\d+))?⟧")
FIELDS = ("id_number", "phone", "address", "name")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)")
SHORTEST = {"name": 2, "phone": 7, "id_number": 6, "address": 4}

People = Mapping[str, Mapping[str, str]]
"""Identity values by petitioner id and field; what is missing was erased."""

Wordings = dict[str, str]
"""The reference that stands for each telling wording, which is folded and without gaps."""

M = TypeVar("M", bound=BaseModel)


class FreeText:
    """Marks a command's field as free text in which references replace identity."""


def refer(text: str, petitioners: Iterable[Petitioner]) -> str:
    """Replace what the text says of these petitioners by references, the longest wording first.

    Of two persons with the same words the first is meant.
    Width, case, and gaps between characters don't matter: `139 0000 0000` is as telling as `13900000000`.
    """
    return _referred(text, _wordings(petitioners))


def _referred(text: str, wordings: Wordings) -> str:
    text = typed(text)
    for first, end, token in reversed(_found(text, wordings)):
        text = text[:first] + token + text[end:]
    return text


def typed(text: str) -> str:
    """A text as a person may type it: the brackets of references are ours."""
    return text.replace("⟦", "[").replace("⟧", "]")


def references(text: str, petitioners: Iterable[Petitioner]) -> list[tuple[int, int, str]]:
    """Where a text names these petitioners, in order: start, end, and the reference that stands for the words."""
    return _found(text, _wordings(petitioners))


def _wordings(petitioners: Iterable[Petitioner]) -> Wordings:
    """Everything that gives these people away, with the reference that stands for it."""
    return dict(reversed(_targets(petitioners)))


def _found(text: str, wordings: Wordings) -> list[tuple[int, int, str]]:
    if not wordings:
        return []
    folded = fold(text)
    dense = without_gaps(folded)
    found = [words for words in wordings if words in dense]
    if not found:
        return []
    places = [place for place, character in enumerate(folded) if without_gaps(character)]
    spans: list[tuple[int, int, str]] = []
    taken: set[int] = set()
    for words in sorted(found, key=len, reverse=True):
        for start in _occurrences(dense, words):
            if taken.isdisjoint(range(start, start + len(words))):
                taken.update(range(start, start + len(words)))
                spans.append((places[start], places[start + len(words) - 1] + 1, wordings[words]))
    return sorted(spans)


def _occurrences(dense: str, words: str) -> Iterable[int]:
    """Where the words stand by themselves: a number inside a longer one is another number."""
    start = dense.find(words)
    while start >= 0:
        around = dense[start - 1 : start], dense[start + len(words) : start + len(words) + 1]
        edges = words[0], words[-1]
        if not any(_runs_on(edge, beside) for edge, beside in zip(edges, around, strict=True)):
            yield start
        start = dense.find(words, start + 1)


def _runs_on(edge: str, beside: str) -> bool:
    """Whether two neighbouring characters make one longer number or Latin word."""
    return beside.isascii() and beside.isalnum() and edge.isascii() and edge.isdigit() == beside.isdigit()


def _targets(petitioners: Iterable[Petitioner]) -> list[tuple[str, str]]:
    """Every wording that gives a petitioner away, folded and without gaps, with the reference that stands for it."""
    targets: list[tuple[str, str]] = []
    for petitioner in petitioners:
        for field in FIELDS:
            value = getattr(petitioner, field)
            if not isinstance(value, str):
                continue
            wordings = [(value, f"⟦{petitioner.id}.{field}⟧")]
            wordings += [(value[at:], f"⟦{petitioner.id}.{field}:{at}:{len(value)}⟧") for at in _tails(field, value)]
            for wording, token in wordings:
                targets += [(words, token) for words in _forms(field, wording) if len(words) >= SHORTEST[field]]
    return targets


def _forms(field: str, wording: str) -> tuple[str, ...]:
    """The ways in which one wording is written, folded and without gaps: a telephone with and without its country."""
    words = compact(wording)
    if field == "phone":
        words = _COUNTRY.sub("", words)
        return f"+86{words}", f"0086{words}", f"86{words}", words
    if field == "address":
        return words.rstrip("室号户房"), words
    return (words,)


def _tails(field: str, value: str) -> Iterable[int]:
    """Where telling tails of a value begin: the given name, and a home address from each number in it."""
    if field == "name" and 3 <= len(value) <= 4 and value.isalpha() and not value.isascii():
        yield len(value) - 2
    if field == "address":
        starts = [match.start() for match in re.finditer(r"\d+", value)]
        yield from (start for start in starts if 0 < start <= len(value) - SHORTEST["address"])


def render(text: str | Erased | None, people: People, gone: str = "[已删除]") -> str | None:
    """The text with its references filled from `people`: real values for who may see them, masked ones for others.

    A part of a value (`:1:3`) is cut out of a value of the same length only; a masked one is shown whole.
    """
    if text is None or isinstance(text, Erased):
        return None if text is None else str(text)

    def fill(match: re.Match[str]) -> str:
        value = people.get(match[1], {}).get(match[2])
        if value is None:
            return gone
        if match[3] is not None and len(value) == int(match[4]) and "*" not in value and "某" not in value:
            return value[int(match[3]) : int(match[4])]
        return value

    return REFERENCE.sub(fill, text)


def people_of(
    petitioners: Iterable[Petitioner], mask: Callable[[str, str], str] | None = None
) -> dict[str, dict[str, str]]:
    """What `render` fills in: each petitioner's values that are still there, through `mask(field, value)` if given."""
    return {
        petitioner.id: {
            field: mask(field, value) if mask else value
            for field in FIELDS
            if isinstance(value := getattr(petitioner, field), str)
        }
        for petitioner in petitioners
    }


def known_of(petitioners: Iterable[Petitioner]) -> Known:
    """What was given of these persons, for masking what no reference caught: a telephone in Chinese numerals, say."""
    given: dict[str, list[str]] = {field: [] for field in FIELDS}
    for one in petitioners:
        for field in FIELDS:
            if isinstance(value := getattr(one, field), str):
                given[field].append(value)
    return Known(
        names=tuple(given["name"]),
        phones=tuple(given["phone"]),
        id_numbers=tuple(given["id_number"]),
        addresses=tuple(given["address"]),
    )


def without_references(text: str) -> str:
    """The text with a space for every reference: what search may index."""
    return REFERENCE.sub(" ", text)


def referring(model: M, petitioners: Iterable[Petitioner]) -> M:
    """A copy of a command in which every free-text field, nested ones included, refers instead of naming."""
    return _referring(model, _wordings(petitioners))


def _referring(model: M, wordings: Wordings) -> M:
    changes: dict[str, Any] = {}
    for name in _with_free_text(type(model)):
        value = getattr(model, name)
        changed = value
        if isinstance(value, str):
            changed = _referred(value, wordings)
        elif isinstance(value, BaseModel):
            changed = _referring(value, wordings)
        elif isinstance(value, tuple):
            each = tuple(_referring(item, wordings) for item in value)
            changed = value if all(map(is_, each, value)) else each
        if changed is not value:
            changes[name] = changed
    return model.model_copy(update=changes) if changes else model


@cache
def _with_free_text(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that are marked as free text, and those that hold models which have some."""
    fields = model.model_fields.items()
    return tuple(name for name, info in fields if _has_free_text((*info.metadata, info.annotation)))


def _has_free_text(parts: Iterable[object]) -> bool:
    """Whether there is a mark among the parts of an annotation or, of an optional one or a tuple, inside them."""
    return any(
        isinstance(part, FreeText)
        or (isinstance(part, type) and issubclass(part, BaseModel) and bool(_with_free_text(part)))
        or _has_free_text(get_args(part))
        for part in parts
    )


MASKS: Mapping[str, Callable[[str], str]] = {
    "name": mask_name,
    "phone": mask_phone,
    "id_number": mask_id_number,
    "address": mask_address,
}


def mask_identity(field: str, value: str) -> str:
    """The masked form of one identity field of a petitioner."""
    return MASKS[field](value)
