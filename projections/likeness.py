"""重复件: by what a petition that is like another is found: who brought it, and keys of its texts (domain.likeness).

`people` holds a keyed hash of each petitioner's identity number, telephone, and name with address: equal ones are
found, none can be read, and an erased petitioner's rows go. `parts` holds keys of title and content, masked and
without references, which lead to texts that share words; each key carries the stretch of time in which its file came
in, so that a question costs what came in around that time and not what came in over the years.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import ClassVar

from domain.kernel import Erased, Recorded, day_of
from domain.likeness import SameBy, identities, keys
from domain.petition.events import receiving as r
from domain.petition.events.values import Petitioner
from projections.masked import whom
from projections.projection import Blind, Projection, Write
from projections.search import indexed, indexed_terms

PERSON = "person"
"""The purpose of the keyed hashes."""
STRETCH_DAYS = 92
EPOCH = date(1900, 1, 1)
STRETCHES = 4096
"""Stretches that the lower bits of a key can tell apart: a thousand years."""

DDL = """
CREATE TABLE {schema}.files (
    number text COLLATE "C" PRIMARY KEY,
    stretch integer NOT NULL,
    restricted text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE {schema}.parts (
    number text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    keys bigint[] NOT NULL,
    hidden boolean NOT NULL,
    PRIMARY KEY (number, part)
);
CREATE INDEX parts_keys ON {schema}.parts USING gin (keys) WITH (gin_pending_list_limit = 1024);
CREATE TABLE {schema}.people (
    number text COLLATE "C" NOT NULL,
    petitioner text COLLATE "C" NOT NULL,
    by text COLLATE "C" NOT NULL,
    blind text COLLATE "C" NOT NULL,
    former boolean NOT NULL DEFAULT false,
    hidden boolean NOT NULL,
    PRIMARY KEY (number, petitioner, by)
);
CREATE INDEX people_blind ON {schema}.people (blind, number DESC) WHERE NOT former AND NOT hidden;
"""

OPEN = "INSERT INTO {schema}.files (number, stretch) VALUES (%(number)s, %(stretch)s)"
PUT_PART = f"""
INSERT INTO {{schema}}.parts (number, part, keys, hidden)
SELECT f.number, %(part)s, ARRAY(
    SELECT bare * {STRETCHES} + f.stretch FROM unnest(%(keys)s::bigint[]) WITH ORDINALITY AS k (bare, place)
    ORDER BY place), '*' = ANY(f.restricted)
FROM {{schema}}.files f WHERE f.number = %(number)s
ON CONFLICT (number, part) DO UPDATE SET keys = excluded.keys
"""  # noqa: S608
MOVE_FILE = "UPDATE {schema}.files SET stretch = %(stretch)s WHERE number = %(number)s"
MOVE_PARTS = f"""
UPDATE {{schema}}.parts SET keys = ARRAY(
    SELECT key / {STRETCHES} * {STRETCHES} + %(stretch)s::integer
    FROM unnest(keys) WITH ORDINALITY AS k (key, place) ORDER BY place)
WHERE number = %(number)s
"""  # noqa: S608
PUT_PERSON = """
INSERT INTO {schema}.people (number, petitioner, by, blind, hidden)
SELECT f.number, %(petitioner)s, %(by)s, %(blind)s, f.restricted && ARRAY['*', %(petitioner)s]
FROM {schema}.files f WHERE f.number = %(number)s
ON CONFLICT (number, petitioner, by) DO UPDATE SET blind = excluded.blind, former = false, hidden = excluded.hidden
"""
REPLACE_PEOPLE = "UPDATE {schema}.people SET former = true WHERE number = %(number)s"
RESTRICT = "UPDATE {schema}.files SET restricted = array_append(restricted, %(whom)s) WHERE number = %(number)s"
LIFT = "UPDATE {schema}.files SET restricted = array_remove(restricted, %(whom)s) WHERE number = %(number)s"
HIDE_PEOPLE = """
UPDATE {schema}.people p SET hidden = f.restricted && ARRAY['*', p.petitioner]
FROM {schema}.files f WHERE f.number = p.number AND p.number = %(number)s
"""
HIDE_PARTS = """
UPDATE {schema}.parts p SET hidden = '*' = ANY(f.restricted)
FROM {schema}.files f WHERE f.number = p.number AND p.number = %(number)s
"""
FORGET_PEOPLE = "DELETE FROM {schema}.people WHERE number = %(number)s AND %(whom)s IN ('*', petitioner)"
FORGET_PARTS = "DELETE FROM {schema}.parts WHERE number = %(number)s"


class Likeness(Projection):
    """重复件: what likely duplicates are found by."""

    name: ClassVar[str] = "likeness"
    version: ClassVar[int] = 2
    ddl: ClassVar[str] = DDL
    by_key: ClassVar[bool] = True

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Put people and texts under their hashes; take out what is erased, hide what is restricted."""
        number, fact = {"number": recorded.stream}, recorded.fact
        match fact:
            case r.PetitionReceived() | r.PetitionImported():
                yield OPEN, {**number, "stretch": stretch(recorded.day or EPOCH)}
                yield from _texts(recorded.stream, title=fact.title, content=fact.content)
                yield from _people(recorded.stream, fact.petitioners)
            case r.PetitionCorrected():
                yield from _texts(recorded.stream, title=fact.title, content=fact.content)
                if fact.petitioners is not None:
                    yield REPLACE_PEOPLE, number
                    yield from _people(recorded.stream, fact.petitioners)
                if fact.received_at is not None:
                    moved = {**number, "stretch": stretch(day_of(fact.received_at))}
                    yield MOVE_FILE, moved
                    yield MOVE_PARTS, moved
            case r.DataRestricted(petitioner=who) | r.RestrictionLifted(petitioner=who):
                yield RESTRICT if isinstance(fact, r.DataRestricted) else LIFT, {**number, "whom": whom(who)}
                yield HIDE_PEOPLE, number
                yield HIDE_PARTS, number
            case r.DataErased(petitioner=who):
                yield FORGET_PEOPLE, {**number, "whom": whom(who)}
                if who is None:
                    yield FORGET_PARTS, number
            case _:
                pass


def _texts(number: str, **texts: str | Erased | None) -> Iterator[Write]:
    """Keys of the parts that say something; an erased text has none."""
    for part, text in texts.items():
        if isinstance(text, str):
            yield PUT_PART, {"number": number, "part": part, "keys": [*keys(indexed_terms(indexed(text)))]}


def _people(number: str, petitioners: Iterable[Petitioner]) -> Iterator[Write]:
    """A row for everything by which one of them can be known again; an erased value gives none."""
    for one in petitioners:
        for by, value in identities(one):
            yield PUT_PERSON, {"number": number, "petitioner": one.id, "by": by.value, "blind": person(by, value)}


def person(by: SameBy, value: str) -> Blind:
    """What stands for a person's own value in the tables and in a question."""
    return Blind(PERSON, f"{by.value}\n{value}")


def stretch(day: date) -> int:
    """The number of the stretch of time that holds a day."""
    return max(0, (day - EPOCH).days // STRETCH_DAYS)


def placed_keys(bare: Iterable[int], since: date, until: date) -> list[int]:
    """The keys under which a text is found that came in between two days."""
    places = range(stretch(since), stretch(until) + 1)
    return [key * STRETCHES + place for key in bare for place in places]
