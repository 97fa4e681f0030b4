"""Search terms for Chinese text: overlapping pairs of characters find two-character words without a dictionary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

MAX_TEXT = 50_000
"""Characters of a text that are searched."""
MAX_TERMS = 20_000
"""Terms kept of one text; with pairs of three bytes a character that stays under PostgreSQL's limit of 1 MB."""
MAX_QUERY = 100
"""Characters of a query that are read."""
MAX_QUERY_TERMS = 32
"""Terms of one query."""
MAX_WORD = 64
"""Characters of one latin word or number that are kept."""

_CJK = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUNS = re.compile(rf"(?P<han>[{_CJK}]+)|(?P<word>[^\W_{_CJK}]+)")


def search_terms(text: str) -> list[str]:
    """The terms under which a text is found: each once, in order of first appearance, at most `MAX_TERMS`.

    Runs of Chinese characters give their pairs (a single character stands for itself), other words themselves.
    """
    return _bounded(text, MAX_TEXT, MAX_TERMS)


def query_terms(query: str) -> list[str]:
    """The terms that a text must all have to be found by a query; empty where the query holds no word."""
    return _bounded(query, MAX_QUERY, MAX_QUERY_TERMS)


def _bounded(text: str, characters: int, terms: int) -> list[str]:
    """The first terms of the first characters; cut again after normalising, which can lengthen a text."""
    plain = unicodedata.normalize("NFKC", text[:characters]).lower()[:characters]
    return list(islice(dict.fromkeys(_terms(plain)), terms))


def _terms(plain: str) -> Iterator[str]:
    """Every term of a normalised text, repeated ones too."""
    for run in _RUNS.finditer(plain):
        characters = run["han"]
        if characters is None:
            yield run["word"][:MAX_WORD]
        elif len(characters) == 1:
            yield characters
        else:
            yield from (characters[place : place + 2] for place in range(len(characters) - 1))
