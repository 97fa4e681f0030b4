"""A text that is written for one row, as one statement for many rows at once.

Carried out for row after row, a change costs several times what it does to its table. A text that names its row by
parameters is turned into one over a set of rows, here `given_row`; no two of them may touch the same row of a table
(`Projection` says why they do not). Texts of another shape stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

GIVEN = "given_row"
"""The row of parameters that a statement reads."""

BY_KEY = """
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off; SET jit = off
"""
"""For sessions that carry out such statements: a plan that was made while a table was empty is still used when it has
grown, and must look rows up by key. Servers before version 18 take a scan that is switched off for so expensive that
they would compile the statement."""

WORD = re.compile(r"""'(?:[^']|'')*' | "[^"]*" | [()] | \w+""", re.VERBOSE)
VALUES = re.compile(
    r"""(?P<into>INSERT\ INTO\ [^()]+\([^()]+\))\s* VALUES\s*\((?P<values>.*?)\)\s* (?P<unless>ON\ CONFLICT\b.*)?""",
    re.DOTALL | re.VERBOSE,
)
CHANGE = re.compile(r"(?:UPDATE|DELETE FROM) (?P<table>\S+(?: (?!SET\b|WHERE\b|USING\b)\w+)?)\s+")


def over(statement: str, rows: str) -> str | None:
    """The statement over all of `rows`, a FROM item named `given_row`, which it reads; None where it has no shape.

    Whether the server takes it is not known: a text may say what has another meaning in a set.
    """
    text = statement.strip()
    if plain := VALUES.fullmatch(text):
        return f"{plain['into']} SELECT {plain['values']} FROM {rows} {plain['unless'] or ''}"  # noqa: S608 - a text of this code
    if text.startswith("INSERT"):
        return _inserting(text, rows)
    return _changing(text, rows)


@cache
def repeats(sql: str) -> bool:
    """Whether the text may go with several rows of one stream: what it inserts asks for nothing that is there."""
    return bool(VALUES.fullmatch(sql.strip())) and "SELECT" not in sql and "DO UPDATE" not in sql


def _inserting(text: str, rows: str) -> str | None:
    """What is selected for each row, and inserted together."""
    words = dict(reversed([*_words(text)]))
    begins, ends = words.get("SELECT"), words.get("CONFLICT")
    if begins is None:
        return None
    end = len(text) if ends is None else text.rindex("ON", 0, ends)
    made = f"SELECT made.* FROM {rows} {_each(text[begins:end], 'made')}"  # noqa: S608 - a text of this code
    return f"{text[:begins]}{made} {text[end:]}"


def _changing(text: str, rows: str) -> str | None:
    """A change of the rows that the text says WHERE, found one after the other and changed together."""
    head, places = CHANGE.match(text), [place for word, place in _words(text) if word == "WHERE"]
    if head is None or len(places) != 1 or any(word in {"FROM", "USING"} for word, _ in _before(text, head, places[0])):
        return None
    table, where = head["table"], places[0]
    name = table.split(".")[-1].split()[-1]
    found = _each(f"SELECT {name}.ctid AS place FROM {table} {text[where:]}", "found")  # noqa: S608 - a text of this code
    joins = "USING" if text.startswith("DELETE") else "FROM"
    return f"{text[:where]}{joins} {rows} {found} WHERE {name}.ctid = found.place"


def _before(text: str, head: re.Match[str], where: int) -> Iterator[tuple[str, int]]:
    """The words between what is changed and WHERE; but for the FROM of a comparison."""
    last = ""
    for word, place in _words(text):
        if head.end() <= place < where and last != "DISTINCT":
            yield word, place
        last = word


def _each(query: str, name: str) -> str:
    """The query for each row. OFFSET keeps the planner from looking at a small table from the other side."""
    return f"CROSS JOIN LATERAL ({query} OFFSET 0) AS {name}"


def _words(text: str) -> Iterator[tuple[str, int]]:
    """The words outside of brackets and quotes, in capitals, each with its place."""
    depth = 0
    for found in WORD.finditer(text):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif not depth:
            yield found[0].upper(), found.start()
