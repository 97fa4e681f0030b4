"""公示栏: what hangs before the public now, one entry for each file that has a publication; nothing else of the file.

An entry comes with the publication and goes with its withdrawal. Texts keep their references to petitioners; who they
are, and whether the file may be shown at all, is asked of the ledger when it is read, so that an erasure, a restriction
or a later secrecy takes effect at once. Words are searched as in search.py, in the order of publication.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from domain.kernel import Recorded
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.terms import search_terms
from projections.masked import published
from projections.projection import Projection, Write
from projections.search import indexed, time_terms

DDL = """
CREATE TABLE {schema}.documents (
    number text COLLATE "C" PRIMARY KEY,
    ordered_at timestamptz NOT NULL,
    corrected_at timestamptz,
    outlets text[] NOT NULL,
    shown_title text NOT NULL,
    shown_text text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    time_terms tsvector NOT NULL,
    title_terms tsvector NOT NULL,
    body_terms tsvector NOT NULL,
    hidden boolean NOT NULL DEFAULT false
);
CREATE INDEX documents_newest ON {schema}.documents (ordered_at DESC, number DESC);
CREATE INDEX documents_terms ON {schema}.documents USING gin ((time_terms || title_terms || body_terms));
"""

HANG = """
INSERT INTO {schema}.documents (number, ordered_at, outlets, shown_title, shown_text, title, body, time_terms,
    title_terms, body_terms)
VALUES (%(number)s, %(at)s, %(outlets)s, %(shown_title)s, %(shown_text)s, %(title)s, %(body)s,
    array_to_tsvector(%(time_terms)s::text[]), array_to_tsvector(%(title_terms)s::text[]),
    array_to_tsvector(%(body_terms)s::text[]))
ON CONFLICT (number) DO UPDATE SET ordered_at = excluded.ordered_at, corrected_at = NULL, outlets = excluded.outlets,
    shown_title = excluded.shown_title, shown_text = excluded.shown_text, title = excluded.title, body = excluded.body,
    time_terms = excluded.time_terms, title_terms = excluded.title_terms, body_terms = excluded.body_terms
"""
CORRECT = """
UPDATE {schema}.documents SET corrected_at = %(at)s, outlets = %(outlets)s, shown_title = %(shown_title)s,
    shown_text = %(shown_text)s, title = %(title)s, body = %(body)s,
    title_terms = array_to_tsvector(%(title_terms)s::text[]), body_terms = array_to_tsvector(%(body_terms)s::text[])
WHERE number = %(number)s
"""
TAKE_DOWN = "DELETE FROM {schema}.documents WHERE number = %(number)s"


class Bulletin(Projection):
    """公示栏: the publications that hang now."""

    name: ClassVar[str] = "bulletin"
    version: ClassVar[int] = 2
    ddl: ClassVar[str] = DDL

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Hang it, put it right, take it down."""
        number = {"number": recorded.stream}
        match recorded.fact:
            case p.ResultPublished() as fact:
                yield from _text(recorded, fact, HANG)
            case p.PublicationCorrected() as fact:
                yield from _text(recorded, fact, CORRECT)
            case p.PublicationWithdrawn() | r.DataErased(petitioner=None):
                yield TAKE_DOWN, number
            case _:
                pass


def _text(recorded: Recorded, fact: p.ResultPublished | p.PublicationCorrected, sql: str) -> Iterator[Write]:
    """The texts to be shown and searched; nothing where they were erased, because then the file's entry goes too."""
    title, text = published(fact.title), published(fact.text)
    if title is None or text is None:
        return
    at = recorded.occurred_at or recorded.recorded_at
    head, body = indexed(title), indexed(text)
    given = {
        "number": recorded.stream,
        "at": at,
        "outlets": list(fact.outlets),
        "shown_title": title,
        "shown_text": text,
        "title": head,
        "body": body,
        "title_terms": search_terms(head),
        "body_terms": search_terms(body),
    }
    yield sql, {**given, "time_terms": time_terms(at)} if sql is HANG else given
