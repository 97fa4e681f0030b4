"""类别建议: which category a text may belong to, by the words that it shares with the rulebook's table. A guess.

The measure is plain on purpose, so that a person sees at once whether to trust it: a category scores the share of its
name's pairs of characters that stand in the text (`domain.terms`), and 1 if one of its `words` stands there whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.reasons import Reason
from domain.rules.content import RulebookContent
from domain.rules.tables import Category
from domain.terms import search_terms

LEAST = 0.5
"""From which score on a category is proposed."""
MOST = 3
"""How many are proposed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A category that is proposed: how much of it the text says (0 to 1), and by which words."""

    category: str
    name: str
    score: float
    reason: Reason


def subjects(text: str, rulebook: RulebookContent, most: int = MOST) -> tuple[Subject, ...]:
    """Categories that the text speaks of, best first; of two alike the narrower. Empty where it speaks of none."""
    said = frozenset(search_terms(text))
    found = [one for row in rulebook.categories if row.replaced_by is None for one in _subject(row, text, said)]
    depth = {one.category: len(rulebook.category_chain(one.category)) for one in found}
    found.sort(key=lambda one: (-one.score, -depth[one.category], -len(one.name), one.category))
    return tuple(found[:most])


def _subject(row: Category, text: str, said: frozenset[str]) -> Iterator[Subject]:
    """The category, if the text says enough of it."""
    words = [word for word in row.words if word in text]
    pairs = search_terms(row.name)
    shared = [pair for pair in pairs if pair in said]
    score = 1.0 if words else round(len(shared) / len(pairs), 2) if pairs else 0.0
    if score >= LEAST:
        by = "、".join(words or shared)
        yield Subject(row.code, row.name, score, Reason(f"文中有“{by}”", f"the text says {by}"))
