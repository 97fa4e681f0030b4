"""退单: every time a unit said "not ours", and what came of it; counted by unit (L1 23)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from domain.kernel import Event, Recorded
from domain.petition.events import handling as h
from domain.vocabulary import Code
from projections.projection import Projection, Write


class ObjectionState(Code):
    """What came of an objection."""

    WAITING = "waiting", "待审核"
    GRANTED = "granted", "同意退单"
    REFUSED = "refused", "不同意退单"
    DISPUTED = "disputed", "待裁定"
    OVERRULED = "overruled", "裁定由本单位承办"
    UPHELD = "upheld", "裁定由其他单位承办"
    MOVED = "moved", "审核前已改派"


DDL = """
CREATE TABLE {schema}.objections (
    position bigint PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    proposed_unit text,
    time integer NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_on date NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    decided_at timestamptz,
    decided_by text
);
CREATE INDEX objections_of ON {schema}.objections (number);
CREATE INDEX objections_by_day ON {schema}.objections (asked_on, unit);
CREATE INDEX objections_by_unit ON {schema}.objections (unit, position DESC);
"""
ASK = """
INSERT INTO {schema}.objections (position, number, unit, proposed_unit, time, asked_at, asked_on)
VALUES (%(position)s, %(number)s, %(unit)s, %(proposed_unit)s,
    1 + (SELECT count(*) FROM {schema}.objections o WHERE o.number = %(number)s AND o.unit = %(unit)s),
    %(at)s, (%(at)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date)
"""
"""`time`: 1 for the first time that this unit objects on this file."""
DECIDE = """
UPDATE {schema}.objections SET state = %(state)s, decided_at = %(at)s, decided_by = %(by)s
WHERE number = %(number)s AND unit = %(unit)s AND state = 'waiting'
"""
DISPUTE = """
UPDATE {schema}.objections SET state = 'disputed'
WHERE number = %(number)s AND unit = ANY(%(units)s) AND state IN ('waiting', 'refused')
"""
JUDGE = """
UPDATE {schema}.objections SET state = CASE WHEN unit = %(unit)s THEN 'overruled' ELSE 'upheld' END,
    decided_at = %(at)s, decided_by = %(by)s
WHERE number = %(number)s AND state = 'disputed'
"""
MOVE = """
UPDATE {schema}.objections SET state = 'moved', decided_at = %(at)s, decided_by = %(by)s
WHERE number = %(number)s AND state = 'waiting'
"""
DECISIONS: Mapping[type[Event], ObjectionState] = {
    h.ReturnGranted: ObjectionState.GRANTED,
    h.ReturnRefused: ObjectionState.REFUSED,
}


class Objections(Projection):
    """退单: objections by unit, and what came of each."""

    name: ClassVar[str] = "objections"
    version: ClassVar[int] = 1
    ddl: ClassVar[str] = DDL
    personal: ClassVar[bool] = False

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """A row for each objection; decisions, disputes and re-assignments say what came of it."""
        at = recorded.occurred_at or recorded.recorded_at
        done = {"number": recorded.stream, "at": at, "by": recorded.actor.on_behalf_of or recorded.actor.id}
        match recorded.fact:
            case h.ReturnAsked(unit=unit, proposed_unit=proposed):
                yield ASK, {**done, "position": recorded.position, "unit": unit, "proposed_unit": proposed}
            case h.ReturnGranted(unit=unit) | h.ReturnRefused(unit=unit) as fact:
                yield DECIDE, {**done, "unit": unit, "state": DECISIONS[type(fact)]}
            case h.DutyDisputed(units=units):
                yield DISPUTE, {"number": recorded.stream, "units": list(units)}
            case h.DutyDecided(unit=unit):
                yield JUDGE, {**done, "unit": unit}
            case h.Assigned():
                yield MOVE, done
            case _:
                pass
