"""Search terms for Chinese text: overlapping pairs of characters find two-character words without a dictionary."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

from domain.masking import narrowed

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
_RUNS = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")


def search_terms(text: str) -> list[str]:
    """The terms under which a text is found: each once, in order of first appearance, at most `MAX_TERMS`.

    Runs of Chinese characters give their pairs (a single character stands for itself), other words themselves.
    """
    return _bounded(text, MAX_TEXT, MAX_TERMS)


def query_terms(query: str) -> list[str]:
    """The terms that a text must all have to be found by a query; empty where the query holds no word."""
    return _bounded(query, MAX_QUERY, MAX_QUERY_TERMS)


def plain(text: str) -> str:
    """Full-width and other variant characters made plain, capitals small: as terms are made, and what is compared."""
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", narrowed(text))
    return text.lower()


def _bounded(text: str, characters: int, terms: int) -> list[str]:
    """The first terms of the first characters; cut again after normalising, which can lengthen a text."""
    found: dict[str, None] = {}
    for run, word in _RUNS.findall(plain(text[:characters])[:characters]):
        if len(run) > 1:
            for place in range(len(run) - 1):
                found[run[place : place + 2]] = None
        else:
            found[run or word[:MAX_WORD]] = None
    return list(islice(found, terms))
