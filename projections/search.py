"""Full-text search on masked Chinese text: pairs of characters under a GIN index, without a dictionary.

A file has up to four parts (petition, demands, outcome, reply), so that a new reply leaves the words of the petition in
the index alone; all words of a query must stand in one part. References to petitioners are left out: nobody is found
by name here.

Newest first with a limit must not get slower with the years, and GIN knows no order. So every part also carries time
terms: the stretch of time in which the file came in, at lengths of 1, 8, 64 … minutes. A query asks for its words
together with the newest few stretches, and goes further back only where these did not fill the page (see
search_queries.py); GIN intersects a rare term with a common one by skipping, so a question costs what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from domain.kernel import Erased, Recorded
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events.values import Demand
from domain.petition.references import without_references
from domain.terms import MAX_TEXT, plain, search_terms
from projections.masked import masked
from projections.paging import UNDATED
from projections.projection import Projection, Write

LEVELS = 8
"""Lengths of time terms: 8 ** 0 to 8 ** 7 minutes (four years)."""

DDL = """
CREATE TABLE {schema}.files (
    number text COLLATE "C" PRIMARY KEY,
    ordered_at timestamptz NOT NULL,
    time_terms tsvector NOT NULL,
    restricted boolean NOT NULL DEFAULT false
);
CREATE TABLE {schema}.documents (
    number text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    time_terms tsvector NOT NULL,
    title_terms tsvector NOT NULL,
    body_terms tsvector NOT NULL,
    hidden boolean NOT NULL DEFAULT false,
    PRIMARY KEY (number, part)
);
CREATE INDEX documents_terms ON {schema}.documents USING gin ((time_terms || title_terms || body_terms))
    WITH (gin_pending_list_limit = 1024);
"""

OPEN = """
INSERT INTO {schema}.files (number, ordered_at, time_terms)
VALUES (%(number)s, %(ordered_at)s, array_to_tsvector(%(time_terms)s::text[]))
"""
PUT = """
INSERT INTO {schema}.documents (number, part, ordered_at, title, body, time_terms, title_terms, body_terms, hidden)
SELECT f.number, %(part)s, f.ordered_at, %(title)s, %(body)s, f.time_terms,
       array_to_tsvector(%(title_terms)s::text[]), array_to_tsvector(%(body_terms)s::text[]), f.restricted
FROM {schema}.files f WHERE f.number = %(number)s
ON CONFLICT (number, part) DO UPDATE SET title = excluded.title, body = excluded.body,
    title_terms = excluded.title_terms, body_terms = excluded.body_terms
"""
RETITLE = """
UPDATE {schema}.documents SET title = %(text)s, title_terms = array_to_tsvector(%(terms)s::text[])
WHERE number = %(number)s AND part = 'petition'
"""
REWRITE = """
UPDATE {schema}.documents SET body = %(text)s, body_terms = array_to_tsvector(%(terms)s::text[])
WHERE number = %(number)s AND part = 'petition'
"""
MOVE_FILE = """
UPDATE {schema}.files SET ordered_at = %(ordered_at)s, time_terms = array_to_tsvector(%(time_terms)s::text[])
WHERE number = %(number)s
"""
MOVE_DOCUMENTS = """
UPDATE {schema}.documents SET ordered_at = %(ordered_at)s, time_terms = array_to_tsvector(%(time_terms)s::text[])
WHERE number = %(number)s
"""
RESTRICT = "UPDATE {schema}.files SET restricted = %(restricted)s WHERE number = %(number)s"
HIDE = "UPDATE {schema}.documents SET hidden = %(restricted)s WHERE number = %(number)s"
FORGET = "DELETE FROM {schema}.documents WHERE number = %(number)s"
FORGET_DEMANDS = f"{FORGET} AND part = 'demands'"


class Search(Projection):
    """全文检索: what can be found by words."""

    name: ClassVar[str] = "search"
    version: ClassVar[int] = 1
    ddl: ClassVar[str] = DDL
    by_key: ClassVar[bool] = True

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Put a part's masked words in the index; take out a file that is erased, hide a restricted one."""
        number, fact = recorded.stream, recorded.fact
        match fact:
            case r.PetitionReceived() | r.PetitionImported():
                yield OPEN, {"number": number, **_time(recorded.occurred_at or UNDATED)}
                yield from _put(number, "petition", fact.content, title=fact.title)
                if any(demand.text != fact.content for demand in fact.demands):
                    yield from _put_demands(number, fact.demands)
            case r.PetitionClassified(demands=demands) if demands:
                yield from _put_demands(number, demands)
            case r.PetitionCorrected():
                yield from _correct(number, fact)
            case h.OutcomeReported(answers=answers):
                yield from _put(number, "outcome", *(answer.text for answer in answers))
            case h.ReplyDrafted(text=text) | h.ReplyImported(text=text) | r.AnsweredAtOnce(text=text):
                yield from _put(number, "reply", text)
            case r.DataRestricted(petitioner=None) | r.RestrictionLifted(petitioner=None) as one:
                restricted = {"number": number, "restricted": isinstance(one, r.DataRestricted)}
                yield RESTRICT, restricted
                yield HIDE, restricted
            case r.DataErased(petitioner=None):
                yield FORGET, {"number": number}
            case _:
                pass


def _put(number: str, part: str, *texts: str | Erased, title: str | Erased = "") -> Iterator[Write]:
    """A part of a file; nothing where one of its texts was erased, because then all of them were."""
    if isinstance(title, Erased) or any(isinstance(text, Erased) for text in texts):
        return
    head, body = indexed(title), "\n".join(map(indexed, texts))
    parameters = {"number": number, "part": part, "title": head, "body": body}
    yield PUT, {**parameters, "title_terms": indexed_terms(head), "body_terms": indexed_terms(body)}


def _put_demands(number: str, demands: tuple[Demand, ...]) -> Iterator[Write]:
    yield from _put(number, "demands", *(demand.text for demand in demands))


def _correct(number: str, fact: r.PetitionCorrected) -> Iterator[Write]:
    """Words of a corrected title, content or demand; a corrected time moves the file."""
    for sql, text in ((RETITLE, fact.title), (REWRITE, fact.content)):
        if isinstance(text, str):
            words = indexed(text)
            yield sql, {"number": number, "text": words, "terms": search_terms(words)}
    if fact.demands is not None:
        yield FORGET_DEMANDS, {"number": number}
        yield from _put_demands(number, fact.demands)
    if fact.received_at is not None:
        moved = {"number": number, **_time(fact.received_at)}
        yield MOVE_FILE, moved
        yield MOVE_DOCUMENTS, moved


def _time(ordered_at: datetime) -> dict[str, object]:
    return {"ordered_at": ordered_at, "time_terms": time_terms(ordered_at)}


def indexed(text: str | Erased) -> str:
    """A text as it is searched: masked, without references, variant characters and capitals made plain."""
    return plain(without_references(masked(text) or ""))[:MAX_TEXT]


@lru_cache(maxsize=256)
def indexed_terms(text: str) -> list[str]:
    """The terms of a text that is `indexed` already; likeness asks for those of the same batch. Not to be changed."""
    return search_terms(text)


def time_terms(moment: datetime) -> list[str]:
    """The stretches of time that hold an instant, one of each length."""
    minutes = stretch(0, moment)
    return [time_term(level, minutes >> 3 * level) for level in range(LEVELS)]


def time_term(level: int, number: int) -> str:
    """The term of one stretch. No word of a text begins with `@`."""
    return f"@{level}.{number}"


def stretch(level: int, moment: datetime) -> int:
    """The number of the stretch of 8 ** level minutes that holds an instant, counted from 1900."""
    return int((moment - UNDATED).total_seconds()) // 60 >> 3 * level
