"""待办: what waits on every open file, for which role, unit and person, until when, and who may not do it.

Which event opens and closes which task, and what each task is, is said once, in tasks.py. `files` keeps what a
later task needs to know of its file: units, who worked on it, due dates, and who must not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from psycopg.types.json import Jsonb

from domain.clocks import DueDate
from domain.kernel import Event, Recorded
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.limits import BY_UNIT, stopped_by
from domain.petition.stages import Stage, may_follow, stage_after
from domain.petition.state import people
from domain.petition.working import handled_by, worked_on_by
from domain.vocabulary import Clock, Role
from projections.projection import Projection, Write
from projections.sight import against_columns
from projections.tasks import EVERYTHING, KINDS, For, Kind, change_of

DDL = """
CREATE TABLE {schema}.files (
    number text COLLATE "C" PRIMARY KEY,
    secrecy text NOT NULL,
    against_units text[] NOT NULL,
    against_staff text[] NOT NULL,
    lead text,
    involved text[] NOT NULL DEFAULT '{}',
    signed text[] NOT NULL DEFAULT '{}',
    handled text[] NOT NULL DEFAULT '{}',
    objectors text[] NOT NULL DEFAULT '{}',
    worked text[] NOT NULL DEFAULT '{}',
    hangs boolean NOT NULL DEFAULT false,
    to_publish boolean NOT NULL DEFAULT false,
    not_public boolean NOT NULL GENERATED ALWAYS AS
        (secrecy = 'secret' OR against_units <> '{}' OR against_staff <> '{}') STORED,
    dues jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE {schema}.tasks (
    number text COLLATE "C" NOT NULL,
    task text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    matter text COLLATE "C" NOT NULL,
    person text,
    due date,
    since timestamptz NOT NULL,
    excluded text[] NOT NULL,
    due_order date NOT NULL GENERATED ALWAYS AS (coalesce(due, '9999-12-31'::date)) STORED,
    PRIMARY KEY (number, task, role, unit, matter)
);
CREATE INDEX tasks_for ON {schema}.tasks (role, unit, due_order, number, task, matter);
"""

OPEN_FILE = """
INSERT INTO {schema}.files (number, secrecy, against_units, against_staff)
VALUES (%(number)s, %(secrecy)s, %(against_units)s, %(against_staff)s)
"""
ACCUSE = """
UPDATE {schema}.files SET against_units = %(against_units)s, against_staff = %(against_staff)s WHERE number = %(number)s
"""
CLASSIFY = "UPDATE {schema}.files SET secrecy = %(secrecy)s WHERE number = %(number)s"
HANG = "UPDATE {schema}.files SET hangs = %(hangs)s WHERE number = %(number)s"
COME_TO_PUBLISH = "UPDATE {schema}.files SET to_publish = %(to_publish)s WHERE number = %(number)s"
ASSIGN = """
UPDATE {schema}.files SET lead = %(lead)s, involved = %(involved)s,
    signed = ARRAY(SELECT unnest(signed) INTERSECT SELECT unnest(%(involved)s::text[]) ORDER BY 1)
WHERE number = %(number)s
"""
LEAVE = """
UPDATE {schema}.files SET lead = nullif(lead, %(unit)s), involved = array_remove(involved, %(unit)s),
    signed = array_remove(signed, %(unit)s) WHERE number = %(number)s
"""
SIGN = """
UPDATE {schema}.files SET signed = array_append(array_remove(signed, %(unit)s), %(unit)s) WHERE number = %(number)s
"""
WORK = """
UPDATE {schema}.files SET worked = ARRAY(SELECT unnest(worked) UNION SELECT unnest(%(worked)s::text[]) ORDER BY 1),
    handled = ARRAY(SELECT unnest(handled) UNION SELECT unnest(%(handled)s::text[]) ORDER BY 1)
WHERE number = %(number)s
"""
OBJECT = """
UPDATE {schema}.files SET objectors = ARRAY(SELECT unnest(objectors) UNION SELECT unnest(%(people)s::text[]) ORDER BY 1)
WHERE number = %(number)s
"""
NEW_ROUND = "UPDATE {schema}.files SET objectors = '{}', dues = '{}' WHERE number = %(number)s"
SET_DUES = "UPDATE {schema}.files SET dues = dues || %(dues)s WHERE number = %(number)s"
STOP_CLOCKS = """
UPDATE {schema}.files SET dues = coalesce((
    SELECT jsonb_object_agg(key, value) FROM jsonb_each(dues)
    WHERE NOT (key = ANY(%(clocks)s) OR split_part(key, ':', 1) = ANY(%(clocks)s))), '{}')
WHERE number = %(number)s
"""
RESCHEDULE = """
UPDATE {schema}.tasks SET due = %(due)s
WHERE number = %(number)s AND task = ANY(%(tasks)s) AND (%(of)s::text IS NULL OR unit = %(of)s)
"""

CLOSE = "DELETE FROM {schema}.tasks WHERE number = %(number)s AND task = ANY(%(tasks)s)"
CLOSE_OF: Mapping[str, str] = {
    "file": CLOSE,
    "unit": f"{CLOSE} AND (unit = %(unit)s OR matter = %(unit)s)",
    "matter": f"{CLOSE} AND matter = %(matter)s",
}
CLOSE_ALL = "DELETE FROM {schema}.tasks WHERE number = %(number)s AND task <> 'approve_erasure'"

UNITS: Mapping[For, str] = {
    "office": "VALUES ('')",
    "hanging": "SELECT '' WHERE f.hangs AND f.not_public",
    "unpublishable": """SELECT '' WHERE f.to_publish AND f.not_public AND NOT EXISTS
        (SELECT FROM {schema}.tasks asked WHERE asked.number = f.number AND asked.task = 'decide_waiver')""",
    "unassigned": "SELECT '' WHERE f.lead IS NULL",
    "lead": "SELECT f.lead WHERE f.lead IS NOT NULL",
    "uncontacted": "SELECT f.lead WHERE f.lead IS NOT NULL AND jsonb_exists(f.dues, 'contact')",
    "unsigned": "SELECT unnest(f.involved) EXCEPT SELECT unnest(f.signed)",
    "signed": "SELECT unnest(f.signed)",
    "named": "VALUES (%(unit)s::text)",
}


def _open(task: str, kind: Kind, role: Role) -> str:
    """The statement that opens a task of one kind for one role."""
    due = "%(due)s::date"
    if kind.clock is not None:
        key = f"'{kind.clock}:' || u.unit" if kind.clock in BY_UNIT else f"'{kind.clock}'"
        due = f"(f.dues ->> ({key}))::date"
    excluded = "%(people)s::text[]" if "asker" in kind.barred else "'{}'::text[]"
    person = "%(person)s::text" if kind.named else "NULL::text"
    return f"""
INSERT INTO {{schema}}.tasks (number, task, role, unit, matter, person, due, since, excluded)
SELECT f.number, '{task}', '{role.value}', u.unit, %(matter)s, {person}, {due}, %(since)s, {excluded}
FROM {{schema}}.files f CROSS JOIN LATERAL ({UNITS[kind.unit]}) AS u (unit) WHERE f.number = %(number)s
ON CONFLICT (number, task, role, unit, matter)
DO UPDATE SET person = excluded.person, due = excluded.due, since = excluded.since, excluded = excluded.excluded
"""  # noqa: S608


OPEN = {task: tuple(_open(task, kind, role) for role in kind.roles) for task, kind in KINDS.items()}
UNDER = {clock: [task for task, kind in KINDS.items() if kind.clock is clock] for clock in Clock}


class Worklist(Projection):
    """待办: open tasks."""

    name: ClassVar[str] = "worklist"
    version: ClassVar[int] = 8
    ddl: ClassVar[str] = DDL
    personal: ClassVar[bool] = False

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """First what the event makes known of the file, then the tasks that it closes and opens."""
        yield from _known(recorded)
        change = change_of(recorded.fact)
        parameters = _parameters(recorded) if change.opens or change.closes else {}
        if change is EVERYTHING:
            yield CLOSE_ALL, {"number": recorded.stream}
        elif change.closes:
            yield CLOSE_OF[change.of], {**parameters, "tasks": list(change.closes)}
        for task in change.opens:
            for statement in OPEN[task]:
                yield statement, parameters
        for due in _set(recorded.fact):
            if UNDER[due.clock]:
                changed = {"number": recorded.stream, "due": due.due, "of": due.of, "tasks": UNDER[due.clock]}
                yield RESCHEDULE, changed


def _parameters(recorded: Recorded) -> dict[str, object]:
    """Everything that opening and closing statements may ask of the event."""
    fact, actor = recorded.fact, recorded.actor
    said = vars(fact)  # a model takes long to say that it has no such field
    unit = said.get("unit") or actor.unit or ""
    matter = said.get("id") or said.get("body") if not isinstance(fact, s.ReviewAsked) else None
    if isinstance(fact, r.ErasureAsked | r.DataErased):
        matter = fact.petitioner or "*"
    elif isinstance(fact, h.ReturnAsked):
        matter = unit
    elif isinstance(fact, h.DutyDisputed):
        unit = fact.superior
    return {
        "number": recorded.stream,
        "unit": unit,
        "matter": matter or "",
        "person": said.get("handler") or actor.on_behalf_of or actor.id,
        "people": sorted(people(actor)),
        "due": said.get("deadline") or said.get("until"),
        "since": recorded.occurred_at or recorded.recorded_at,
    }


def _set(fact: Event) -> tuple[DueDate, ...]:
    """The due dates that the event sets."""
    match fact:
        case r.DueDatesSet(due=due) | r.DueDatesRecomputed(due=due):
            return due
        case h.ExtensionGranted(due=one):
            return (one,)
        case _:
            return ()


def _known(recorded: Recorded) -> Iterator[Write]:
    """What the event makes known of the file."""
    fact, number = recorded.fact, {"number": recorded.stream}
    match fact:
        case r.PetitionReceived(against=against):
            yield OPEN_FILE, {**number, "secrecy": fact.secrecy, **against_columns(against)}
        case r.PetitionImported():
            yield OPEN_FILE, {**number, "secrecy": fact.secrecy, **against_columns(())}
        case r.PetitionCorrected(against=against) if against is not None:
            yield ACCUSE, {**number, **against_columns(against)}
        case r.PetitionClassified(secrecy=secrecy):
            yield CLASSIFY, {**number, "secrecy": secrecy}
        case p.ResultPublished() | p.PublicationCorrected() | p.PublicationWithdrawn():
            yield HANG, {**number, "hangs": not isinstance(fact, p.PublicationWithdrawn)}
        case h.Assigned(lead=lead, co_units=co_units):
            yield ASSIGN, {**number, "lead": lead, "involved": [lead, *co_units]}
        case h.ReturnGranted(unit=unit):
            yield LEAVE, {**number, "unit": unit}
        case h.SignedFor(unit=unit):
            yield SIGN, {**number, "unit": unit}
        case c.PetitionReopened():
            yield NEW_ROUND, number
        case _:
            pass
    yield from _worked(recorded)
    stage = stage_after(type(fact))
    if stage is not None and (stage is Stage.PUBLISHING or may_follow(type(fact), Stage.PUBLISHING)):
        yield COME_TO_PUBLISH, {**number, "to_publish": stage is Stage.PUBLISHING}
    if stops := stopped_by(fact):
        yield STOP_CLOCKS, {**number, "clocks": sorted(stops)}
    if dues := {due.key: due.due.isoformat() for due in _set(fact)}:
        yield SET_DUES, {**number, "dues": Jsonb(dues)}


def _worked(recorded: Recorded) -> Iterator[Write]:
    """Who took part in the work, and so may neither judge, publish nor follow up the file."""
    number, worked = {"number": recorded.stream}, worked_on_by(recorded)
    if worked:
        yield WORK, {**number, "worked": sorted(worked), "handled": sorted(handled_by(recorded))}
    if isinstance(recorded.fact, h.ReturnAsked):
        yield OBJECT, {**number, "people": sorted(people(recorded.actor))}
