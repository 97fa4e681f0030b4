"""Asking the search index: a query as SQL over `search.documents`, and how far back to look for a page.

The condition on a row is in `TextQuery`; `windows` gives the stretches of time to ask for one after the other, newest
first, each reaching sixteen times further back than the one before, the last without a limit. Where a word is common
the first stretches fill the page from a few hundred rows; where it is rare the last one finds few rows at all. So no
query reads all rows of a common word, which a plain "match, sort by time, limit" would do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.terms import MAX_QUERY, plain, query_terms
from projections.paging import UNDATED
from projections.search import LEVELS, stretch, time_term

MATCHES = "(d.time_terms || d.title_terms || d.body_terms) @@ %(text_query)s::tsquery"
"""As in the index `documents_terms`."""
IN_ROW = "(d.title_terms || d.body_terms) @@ %(row_query)s::tsquery"
IN_PART = "(d.title_terms @@ %(row_query)s::tsquery OR d.body_terms @@ %(row_query)s::tsquery)"
"""For a single term: without putting the row's terms together first."""
RECHECKED = 3
"""From how many characters on a word is looked for in the text itself: its pairs may stand apart from each other."""
NEAR = 250
"""How many files back in the ledger the first stretch reaches."""
STRETCHES = 9
"""At most this many stretches of one length make a window."""
FURTHER = 16
PLACES = 8000
"""Up to so many places are counted, which takes the longer the more there are; further back the pace is the same."""
WIDENINGS = 3
"""How often a window is widened before the last one asks for everything."""


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What somebody typed, as terms for the index and words to look for in the text."""

    terms: tuple[str, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, typed: str) -> TextQuery | None:
        """The query; None where it holds no word, so that nothing can be found by it."""
        terms = tuple(query_terms(typed))
        words = re.split(r"[\W_]+", plain(typed[:MAX_QUERY]))
        return cls(terms, tuple(word for word in dict.fromkeys(words) if len(word) >= RECHECKED)) if terms else None

    @property
    def alone(self) -> bool:
        """Whether it is one character, which the index finds in all pairs that begin with it: slowly where common."""
        return len(self.terms) == 1 and _is_alone(self.terms[0])

    def condition(self) -> str:
        """The condition on a row `d` of documents, with parameters from `parameters`."""
        return self._and(MATCHES)

    def row_condition(self) -> str:
        """The same where the row is at hand already, in no window."""
        return self._and(IN_PART if len(self.terms) == 1 else IN_ROW)

    def _and(self, matches: str) -> str:
        found = (f"(d.title LIKE %(word_{at})s OR d.body LIKE %(word_{at})s)" for at in range(len(self.words)))
        return " AND ".join((matches, "NOT d.hidden", *found))

    def parameters(self, window: str = "") -> dict[str, object]:
        """Parameters of `condition`, in a window from `windows` if one is given, and of `row_condition`."""
        query = " & ".join(map(_lexeme, self.terms))
        words = {f"word_{at}": f"%{word}%" for at, word in enumerate(self.words)}
        return {"text_query": f"{query} & {window}" if window else query, "row_query": query, **words}


def windows(
    newest: datetime, back: Callable[[int], datetime | None], since: datetime | None = None, *, narrowest: int = 0
) -> Iterator[str]:
    """Parts of a query that limit it to files up to `newest`, each going further back; the last one holds all.

    `back` tells when the file came in that stands so many places before the newest; None where there are fewer files.
    By places and not by time alone, because hundreds may come in within a minute. Nothing before `since` is asked for.
    `narrowest`: how often the first one is widened already.
    """
    end = max(since or UNDATED, UNDATED)
    for widened in range(narrowest, WIDENINGS):
        places = NEAR * FURTHER**widened
        far = back(min(places, PLACES))
        if far is None:
            break
        far = newest - (newest - far) * max(1, places // PLACES)
        if far <= end:
            break
        yield _stretches(far, newest)
    yield _stretches(min(end, newest), newest) if since else ""


def _stretches(since: datetime, until: datetime) -> str:
    """The query for all stretches from one instant to another, of the shortest length that takes few enough."""
    for level in range(LEVELS):
        first, last = stretch(level, since), stretch(level, until)
        if last - first < STRETCHES or level == LEVELS - 1:
            break
    return "(" + " | ".join(_quoted(time_term(level, number)) for number in range(first, last + 1)) + ")"


def _lexeme(term: str) -> str:
    """A term of a query. A single Chinese character also finds the pairs that begin with it."""
    return _quoted(term) + (":*" if _is_alone(term) else "")


def _is_alone(term: str) -> bool:
    return len(term) == 1 and not term.isascii()


def _quoted(term: str) -> str:
    doubled = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
