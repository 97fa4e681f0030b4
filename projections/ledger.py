"""台账: one row per number, and what the ledger can be filtered by.

`rows` holds every column of the ledger; few of them are indexed, so that a step mostly changes one heap row in place.
`facets` holds one narrow line per value that a file can be found under, in the order of the ledger: one index serves
every filter, also those with many values (the grids of a community, a unit and its sub-units), newest first.
Columns about handling, publication and follow-up speak of the present round; earlier ones stand in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from psycopg.types.json import Jsonb

from domain.clocks import DueDate
from domain.kernel import Event, Recorded, day_of
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.limits import CLOCK_STOPS
from domain.petition.stages import BEGINNINGS, TRANSITIONS, stage_after
from domain.vocabulary import Clock
from projections.masked import masked, masked_people, whom
from projections.paging import UNDATED
from projections.projection import Projection, Write
from projections.sight import against_columns

DDL = """
CREATE TABLE {schema}.rows (
    number text COLLATE "C" PRIMARY KEY,
    ordered_at timestamptz NOT NULL,
    received_at timestamptz,
    received_day date,
    channel text NOT NULL,
    petitioners text[] NOT NULL,
    people jsonb NOT NULL,
    people_count integer NOT NULL,
    title text,
    area text,
    category text,
    nature text NOT NULL,
    urgency text NOT NULL DEFAULT 'normal',
    secrecy text NOT NULL,
    track text,
    lead text,
    co_units text[] NOT NULL DEFAULT '{}',
    involved text[] NOT NULL DEFAULT '{}',
    first_unit text,
    answerable text,
    returns integer NOT NULL DEFAULT 0,
    against_units text[] NOT NULL DEFAULT '{}',
    against_staff text[] NOT NULL DEFAULT '{}',
    accepted_at timestamptz,
    due date,
    due_working boolean NOT NULL DEFAULT false,
    due_provisional boolean NOT NULL DEFAULT false,
    extended_to date,
    handled_at timestamptz,
    replied boolean NOT NULL DEFAULT false,
    replied_at timestamptz,
    publication text,
    published_at timestamptz,
    followed_up_at timestamptz,
    solved text,
    satisfaction text,
    round integer NOT NULL DEFAULT 1,
    stage text NOT NULL,
    closed_at timestamptz,
    suspended_until date,
    principal text COLLATE "C", -- as numbers are: another collation would not find it in its index
    orders integer NOT NULL DEFAULT 0,
    open_orders integer NOT NULL DEFAULT 0,
    reminders integer NOT NULL DEFAULT 0,
    review text,
    review_verdict text,
    archive_number text,
    legacy_number text,
    imported boolean NOT NULL DEFAULT false,
    restricted text[] NOT NULL DEFAULT '{}',
    erased text[] NOT NULL DEFAULT '{}',
    version integer NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 75);
CREATE INDEX rows_newest ON {schema}.rows (ordered_at DESC, number DESC);
CREATE INDEX rows_due ON {schema}.rows (due, number) WHERE due IS NOT NULL AND handled_at IS NULL;
CREATE INDEX rows_principal ON {schema}.rows (principal) WHERE principal IS NOT NULL;
CREATE INDEX rows_accusing ON {schema}.rows (number) WHERE against_staff <> '{}';
CREATE TABLE {schema}.facets (
    number text COLLATE "C" NOT NULL,
    dimension text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    PRIMARY KEY (number, dimension, value)
);
CREATE INDEX facets_newest ON {schema}.facets (dimension, value, ordered_at DESC, number DESC);
CREATE STATISTICS {schema}.facets_values (mcv) ON dimension, value FROM {schema}.facets;
ALTER STATISTICS {schema}.facets_values SET STATISTICS 1000;
"""

INSERT = """
INSERT INTO {schema}.rows (
    number, ordered_at, received_at, received_day, channel, petitioners, people, people_count, title, area, category,
    nature, urgency, secrecy, track, against_units, against_staff, stage, round, legacy_number, imported, version,
    position
) VALUES (
    %(number)s, %(ordered_at)s, %(at)s, %(day)s, %(channel)s, %(petitioners)s, %(people)s, %(people_count)s, %(title)s,
    %(area)s, %(category)s, %(nature)s, %(urgency)s, %(secrecy)s, %(track)s, %(against_units)s, %(against_staff)s,
    %(stage)s, %(round)s, %(legacy_number)s, %(imported)s, %(version)s, %(position)s)
"""
ADD_FACETS = """
INSERT INTO {schema}.facets (number, dimension, value, ordered_at)
SELECT r.number, f.dimension, f.value, r.ordered_at
FROM {schema}.rows r, unnest(%(dimensions)s::text[], %(values)s::text[]) AS f (dimension, value)
WHERE r.number = %(number)s
"""
DROP_FACETS = "DELETE FROM {schema}.facets WHERE number = %(number)s AND dimension = ANY(%(dimensions)s)"
DROP_UNIT = "DELETE FROM {schema}.facets WHERE number = %(number)s AND dimension = 'unit' AND value = %(unit)s"
MOVE_FACETS = "UPDATE {schema}.facets SET ordered_at = %(received_at)s WHERE number = %(number)s"
MOVE_STAGE = "UPDATE {schema}.facets SET value = %(stage)s WHERE number = %(number)s AND dimension = 'stage'"


def _update(assignments: str) -> str:
    """An UPDATE of the file's row that also notes how far the file has come."""
    return f"UPDATE {{schema}}.rows SET {assignments} WHERE number = %(number)s"  # noqa: S608


SEEN = "version = %(version)s, position = %(position)s"

JUST_SEEN = _update(SEEN)
SET_DUE = _update(
    "due = %(due)s, due_working = %(due_working)s, due_provisional = %(due_provisional)s, handled_at = NULL,"
    f" extended_to = CASE WHEN %(extends)s OR extended_to IS NOT NULL THEN %(due)s::date END, {SEEN}"
)
NO_DUE = _update(f"due = NULL, due_provisional = false, extended_to = NULL, {SEEN}")
CORRECT = _update(
    "channel = coalesce(%(channel)s, channel), title = coalesce(%(title)s, title),"
    " people_count = coalesce(%(people_count)s, people_count), petitioners = coalesce(%(petitioners)s, petitioners),"
    " people = people || coalesce(%(people)s::jsonb, '{}'), against_units = coalesce(%(against_units)s, against_units),"
    " against_staff = coalesce(%(against_staff)s, against_staff),"
    " area = CASE WHEN %(place)s THEN %(area)s::text ELSE area END,"
    " received_at = coalesce(%(received_at)s, received_at), received_day = coalesce(%(received_day)s, received_day),"
    f" ordered_at = coalesce(%(received_at)s, ordered_at), {SEEN}"
)
ERASE_PERSON = _update(f"people = people - %(whom)s::text, erased = array_append(erased, %(whom)s), {SEEN}")
ERASE_FILE = _update(f"people = '{{}}', title = NULL, erased = array_append(erased, %(whom)s), {SEEN}")
RESTRICT = _update(f"restricted = array_append(restricted, %(whom)s), {SEEN}")
LIFT = _update(f"restricted = array_remove(restricted, %(whom)s), {SEEN}")

_NEW_ROUND = (
    "round = %(round)s, handled_at = NULL, due = NULL, due_provisional = false, extended_to = NULL, replied = false,"
    " replied_at = NULL, publication = NULL, published_at = NULL, followed_up_at = NULL, solved = NULL,"
    " satisfaction = NULL, closed_at = NULL, archive_number = NULL"
)

ASSIGNMENTS: Mapping[type[Event], str] = {
    r.ImportedPetitionTakenUp: "track = %(track)s, urgency = %(urgency)s, round = 1",
    r.PetitionClassified: "nature = %(nature)s, category = %(category)s, urgency = %(urgency)s,"
    " secrecy = %(secrecy)s, track = %(track)s",
    r.PetitionAccepted: "accepted_at = %(at)s",
    r.AnsweredAtOnce: "replied = true, replied_at = %(at)s",
    r.DuplicateLinked: "principal = %(principal)s",
    r.DuplicateUnlinked: "principal = NULL",
    h.Assigned: "lead = %(lead)s, co_units = %(co_units)s, involved = %(lead)s::text || %(co_units)s::text[],"
    " first_unit = coalesce(first_unit, %(lead)s), answerable = coalesce(answerable, %(lead)s)",
    h.SignedFor: "answerable = CASE WHEN lead = %(unit)s THEN lead ELSE answerable END",
    h.ReturnAsked: "returns = returns + 1",
    h.ReturnGranted: "lead = nullif(lead, %(unit)s), co_units = array_remove(co_units, %(unit)s),"
    " involved = array_remove(involved, %(unit)s)",
    h.SuspensionGranted: "suspended_until = %(until)s",
    h.HandlingResumed: "suspended_until = NULL",
    h.ReplyDelivered: "replied = true, replied_at = %(at)s, suspended_until = NULL",
    h.ReplyImported: "replied = true, replied_at = %(at)s",
    p.ResultPublished: "publication = 'published', published_at = %(at)s",
    p.PublicationWaived: "publication = 'waived'",
    p.PublicationWithdrawn: "publication = 'withdrawn'",
    p.PublicationCorrected: "publication = 'published'",
    s.FollowedUp: "followed_up_at = %(at)s, solved = %(solved)s, satisfaction = %(satisfaction)s",
    s.ReminderSent: "reminders = reminders + 1",
    s.SupervisionOrdered: "orders = orders + 1, open_orders = open_orders + 1",
    s.SupervisionEnded: "open_orders = open_orders - 1",
    s.ReviewAsked: "review = %(kind)s, review_verdict = NULL",
    s.ReviewDecided: "review = %(kind)s, review_verdict = %(verdict)s",
    c.PetitionClosed: "closed_at = %(at)s",
    c.FileArchived: "archive_number = %(archive_number)s",
    c.PetitionReopened: _NEW_ROUND,
}
"""What an event changes in its file's row, beside stage, handling clock and version; other events change only these."""


def _statement(event: type[Event]) -> str:
    """The UPDATE for a kind of event, with what the tables of stages and clocks say of it."""
    changes = [ASSIGNMENTS[event]] if event in ASSIGNMENTS else []
    if stage_after(event) is not None:
        changes.append("stage = %(stage)s")
    if Clock.HANDLE in CLOCK_STOPS.get(event, ()):
        changes.append("handled_at = %(at_or_recorded)s")
    return _update(", ".join((*changes, SEEN)))


STATEMENTS = {event: _statement(event) for event in TRANSITIONS}
SEEING = frozenset(
    {JUST_SEEN, SET_DUE, NO_DUE, CORRECT, ERASE_PERSON, ERASE_FILE, RESTRICT, LIFT, *STATEMENTS.values()}
)
"""Every change of a file's row also says how far the file has been seen."""
_FIELDS = {
    event: tuple(name for name in re.findall(r"%\((\w+)\)s", sql) if name in event.model_fields)
    for event, sql in STATEMENTS.items()
}


class Ledger(Projection):
    """台账: one row per number."""

    name: ClassVar[str] = "ledger"
    version: ClassVar[int] = 6
    ddl: ClassVar[str] = DDL
    by_key: ClassVar[bool] = True

    def condensed(self, writes: Sequence[Write]) -> Sequence[Write]:
        """How far the file has been seen is said once."""
        last = max((place for place, (sql, _) in enumerate(writes) if sql in SEEING), default=0)
        return [one for place, one in enumerate(writes) if one[0] != JUST_SEEN or place == last]

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """One change of the file's row, and of its facets where the event moves the file to other filters."""
        fact = recorded.fact
        if isinstance(fact, r.PetitionReceived | r.PetitionImported):
            yield from _begin(recorded, fact)
        elif isinstance(fact, r.PetitionCorrected):
            yield from _correct(recorded, fact)
        elif isinstance(fact, r.DataErased):
            seen = {**_seen(recorded), "whom": whom(fact.petitioner)}
            yield (ERASE_PERSON if fact.petitioner else ERASE_FILE), seen
        elif isinstance(fact, r.DataRestricted | r.RestrictionLifted):
            restricts = isinstance(fact, r.DataRestricted)
            yield (RESTRICT if restricts else LIFT), {**_seen(recorded), "whom": whom(fact.petitioner)}
        elif isinstance(fact, r.DueDatesSet | r.DueDatesRecomputed | h.ExtensionGranted):
            yield from _due(recorded, fact)
        elif isinstance(fact, r.DueDatesLifted):
            yield (NO_DUE if Clock.HANDLE in fact.clocks else JUST_SEEN), _seen(recorded)
        elif type(fact) in STATEMENTS:
            yield from _step(recorded)


def _seen(recorded: Recorded) -> dict[str, object]:
    return {"number": recorded.stream, "version": recorded.version, "position": recorded.position}


def _step(recorded: Recorded) -> Iterator[Write]:
    """An event that assigns columns from its own fields."""
    fact, event = recorded.fact, type(recorded.fact)
    parameters = _seen(recorded)
    for name in _FIELDS[event]:
        value = getattr(fact, name)
        parameters[name] = list(value) if isinstance(value, tuple) else value
    parameters["at"] = recorded.occurred_at
    parameters["at_or_recorded"] = recorded.occurred_at or recorded.recorded_at
    stage = stage_after(event)
    parameters["stage"] = stage
    yield STATEMENTS[event], parameters
    if stage is not None:
        yield MOVE_STAGE, {"number": recorded.stream, "stage": stage}
    match fact:
        case r.PetitionClassified(nature=nature, category=category):
            yield from _facets(recorded, {"nature": nature, "category": category})
        case r.ImportedPetitionTakenUp():
            yield from _facets(recorded, {"round": None})
        case h.Assigned(lead=lead, co_units=co_units):
            yield from _facets(recorded, {"unit": (lead, *co_units)})
        case h.ReturnGranted(unit=unit):
            yield DROP_UNIT, {"number": recorded.stream, "unit": unit}
        case c.PetitionReopened(round=number):
            yield from _facets(recorded, {"round": str(number)})


def _begin(recorded: Recorded, fact: r.PetitionReceived | r.PetitionImported) -> Iterator[Write]:
    """The file's row, and the first things it can be found under."""
    received = fact if isinstance(fact, r.PetitionReceived) else None
    stage = BEGINNINGS[type(fact)]
    yield (
        INSERT,
        {
            **_seen(recorded),
            **against_columns(received.against if received else ()),
            "at": recorded.occurred_at,
            "day": recorded.day,
            "ordered_at": recorded.occurred_at or UNDATED,
            "channel": fact.channel,
            "petitioners": [petitioner.id for petitioner in fact.petitioners],
            "people": Jsonb(masked_people(fact.petitioners)),
            "people_count": fact.people_count,
            "title": masked(fact.title),
            "area": fact.place.area if fact.place else None,
            "category": fact.category,
            "nature": fact.nature,
            "urgency": received.urgency if received else "normal",
            "secrecy": fact.secrecy,
            "track": received.track if received else None,
            "stage": stage,
            "round": 1 if received else 0,
            "legacy_number": fact.legacy_number,
            "imported": received is None,
        },
    )
    found_under = {
        "channel": fact.channel,
        "stage": stage,
        "nature": fact.nature,
        "category": fact.category,
        "area": fact.place.area if fact.place else None,
        "legacy": fact.legacy_number,
        "round": None if received else "0",
    }
    yield _added(recorded, found_under)


def _correct(recorded: Recorded, fact: r.PetitionCorrected) -> Iterator[Write]:
    """Only what the correction names changes; people and accused are replaced whole."""
    people = fact.petitioners
    accused: dict[str, object] = {"against_units": None, "against_staff": None}
    yield (
        CORRECT,
        {
            **_seen(recorded),
            **(accused if fact.against is None else against_columns(fact.against)),
            "channel": fact.channel,
            "title": masked(fact.title),
            "people_count": fact.people_count,
            "petitioners": None if people is None else [petitioner.id for petitioner in people],
            "people": None if people is None else Jsonb(masked_people(people)),
            "place": fact.place is not None,
            "area": fact.place.area if fact.place else None,
            "received_at": fact.received_at,
            "received_day": day_of(fact.received_at) if fact.received_at else None,
        },
    )
    if fact.channel:
        yield from _facets(recorded, {"channel": fact.channel})
    if fact.place:
        yield from _facets(recorded, {"area": fact.place.area})
    if fact.received_at:
        yield MOVE_FACETS, {"number": recorded.stream, "received_at": fact.received_at}


def _due(recorded: Recorded, fact: r.DueDatesSet | r.DueDatesRecomputed | h.ExtensionGranted) -> Iterator[Write]:
    """The due date of the handling clock; other clocks change nothing here."""
    given: tuple[DueDate, ...] = (fact.due,) if isinstance(fact, h.ExtensionGranted) else fact.due
    handling = next((due for due in given if due.clock is Clock.HANDLE), None)
    if handling is None:
        yield JUST_SEEN, _seen(recorded)
        return
    yield (
        SET_DUE,
        {
            **_seen(recorded),
            "due": handling.due,
            "due_working": handling.working,
            "due_provisional": handling.provisional,
            "extends": isinstance(fact, h.ExtensionGranted),
        },
    )


def _facets(recorded: Recorded, found_under: Mapping[str, str | tuple[str, ...] | None]) -> Iterator[Write]:
    """Put new values in place of whatever the file was found under in these dimensions."""
    yield DROP_FACETS, {"number": recorded.stream, "dimensions": list(found_under)}
    yield _added(recorded, found_under)


def _added(recorded: Recorded, found_under: Mapping[str, str | tuple[str, ...] | None]) -> Write:
    pairs = [
        (dimension, value)
        for dimension, given in found_under.items()
        for value in dict.fromkeys(given if isinstance(given, tuple) else (given,))
        if value
    ]
    return ADD_FACETS, {
        "number": recorded.stream,
        "dimensions": [dimension for dimension, _ in pairs],
        "values": [value for _, value in pairs],
    }
