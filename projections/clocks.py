"""期限: every clock that runs on a file, so that what is late, and what a new calendar changes, is found by index.

The service's own work (service/tick.py) reads it. What it finds here it only proposes: the file itself decides, so a
table that is behind costs a refused step and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar

from psycopg.types.json import Jsonb

from domain.clocks import CalendarYear, DueDate
from domain.kernel import Recorded
from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.limits import BY_UNIT, stopped_by
from domain.petition.stages import LOOP, stage_after
from domain.petition.supervising_overdue import DUTIES, LEVELS, STILL_DUE
from projections.projection import Projection, Write
from projections.working_days import calendars_of

DDL = """
CREATE TABLE {schema}.running (
    number text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    clock text NOT NULL,
    of text,
    start date NOT NULL,
    due date NOT NULL,
    version integer NOT NULL,
    provisional boolean NOT NULL,
    counted boolean NOT NULL,
    stale integer,
    duty boolean NOT NULL,
    ordered boolean NOT NULL,
    announced boolean NOT NULL,
    reminded_of date,
    ordered_of date,
    announced_of date,
    linked boolean NOT NULL DEFAULT false,
    waiting boolean NOT NULL GENERATED ALWAYS AS (duty AND NOT linked AND (
        reminded_of IS DISTINCT FROM due
        OR (ordered AND ordered_of IS DISTINCT FROM due)
        OR (announced AND announced_of IS DISTINCT FROM due))) STORED,
    PRIMARY KEY (number, key)
);
CREATE INDEX running_waiting ON {schema}.running (due, number, key) WHERE waiting;
CREATE INDEX running_stale ON {schema}.running (stale, number) WHERE stale IS NOT NULL;
CREATE INDEX running_counted ON {schema}.running (due) WHERE counted;
CREATE TABLE {schema}.files (
    number text COLLATE "C" PRIMARY KEY,
    failed integer NOT NULL DEFAULT 0,
    level integer NOT NULL DEFAULT 0,
    linked boolean NOT NULL DEFAULT false,
    open boolean NOT NULL DEFAULT true
);
CREATE INDEX files_failed ON {schema}.files (failed, number) WHERE open AND failed > 0;
CREATE TABLE {schema}.calendars (
    year integer PRIMARY KEY,
    begins date NOT NULL,
    version integer NOT NULL,
    notice jsonb NOT NULL
);
"""

OPEN = "INSERT INTO {schema}.files (number) VALUES (%(number)s) ON CONFLICT DO NOTHING"
SET = """
INSERT INTO {schema}.running
    (number, key, clock, of, start, due, version, provisional, counted, stale, duty, ordered, announced, linked)
SELECT %(number)s, %(key)s, %(clock)s, %(of)s, %(start)s, %(due)s, %(version)s, %(provisional)s, %(counted)s,
    (SELECT min(k.year) FROM {schema}.calendars k WHERE %(counted)s AND k.version > %(version)s
        AND %(start)s < make_date(k.year, 12, 31) AND %(due)s >= k.begins),
    %(duty)s, %(ordered)s, %(announced)s, f.linked AND NOT %(still_due)s
FROM {schema}.files f WHERE f.number = %(number)s
ON CONFLICT (number, key) DO UPDATE SET start = excluded.start, due = excluded.due, version = excluded.version,
    provisional = excluded.provisional, counted = excluded.counted, stale = excluded.stale
"""
STOP = "DELETE FROM {schema}.running WHERE number = %(number)s AND (key = ANY(%(clocks)s) OR clock = ANY(%(clocks)s))"
LEAVE = """
DELETE FROM {schema}.running WHERE number = %(number)s AND clock = ANY(%(clocks)s)
    AND (of = ANY(%(units)s)) IS NOT TRUE
"""
REMINDED = "UPDATE {schema}.running SET reminded_of = %(due)s WHERE number = %(number)s AND key = %(key)s"
ANNOUNCED = "UPDATE {schema}.running SET announced_of = %(due)s WHERE number = %(number)s AND key = %(key)s"
ORDERED = "UPDATE {schema}.running SET ordered_of = %(due)s WHERE number = %(number)s AND key = %(key)s"
RAISED = "UPDATE {schema}.files SET level = greatest(level, %(level)s) WHERE number = %(number)s"
FAILED = "UPDATE {schema}.files SET failed = %(failed)s, open = true WHERE number = %(number)s"
ENDED = "UPDATE {schema}.files SET open = %(open)s WHERE number = %(number)s AND open <> %(open)s"
LINK_FILE = "UPDATE {schema}.files SET linked = %(linked)s WHERE number = %(number)s"
LINK = "UPDATE {schema}.running SET linked = %(linked)s WHERE number = %(number)s AND clock <> ALL(%(still_due)s)"
PUBLISH = """
INSERT INTO {schema}.calendars AS known (year, begins, version, notice)
VALUES (%(year)s, %(begins)s, %(version)s, %(notice)s)
ON CONFLICT (year) DO UPDATE SET begins = excluded.begins, version = excluded.version, notice = excluded.notice
    WHERE known.notice <> excluded.notice
"""
TOUCH = """
UPDATE {schema}.running r SET stale = least(r.stale, k.year) FROM {schema}.calendars k
WHERE k.year = %(year)s AND r.counted AND r.due >= k.begins AND r.start < make_date(k.year, 12, 31)
    AND r.version < k.version
"""


class Clocks(Projection):
    """期限: running clocks with what was done about each, failed rounds, and published calendars."""

    name: ClassVar[str] = "clocks"
    version: ClassVar[int] = 1
    ddl: ClassVar[str] = DDL
    personal: ClassVar[bool] = False

    def concerns_all(self, recorded: Recorded) -> bool:
        """A calendar touches clocks of every file."""
        return bool(calendars_of(recorded.fact))

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Stop clocks, then start or set them; then what was done about them."""
        fact, number = recorded.fact, {"number": recorded.stream}
        if isinstance(fact, r.PetitionReceived | r.PetitionImported):
            yield OPEN, number
        if stops := stopped_by(fact):
            yield STOP, {**number, "clocks": sorted(stops)}
        stage = stage_after(type(fact))
        if stage is not None:
            yield ENDED, {**number, "open": stage in LOOP}
        match fact:
            case r.DueDatesSet(due=dues) | r.DueDatesRecomputed(due=dues):
                for one in dues:
                    yield SET, {**number, **_columns(one)}
            case h.ExtensionGranted(due=one):
                yield SET, {**number, **_columns(one)}
            case h.Assigned(lead=lead, co_units=co_units):
                yield LEAVE, {**number, "clocks": sorted(BY_UNIT), "units": [lead, *co_units]}
            case s.ReminderSent(clock=str(key), due=date() as due, overdue=overdue):
                yield (REMINDED if overdue else ANNOUNCED), {**number, "key": key, "due": due}
            case s.SupervisionOrdered(level=level, clock=clock, due=due):
                yield RAISED, {**number, "level": LEVELS.index(level)}
                if clock is not None:
                    yield ORDERED, {**number, "key": clock, "due": due}
            case c.PetitionReopened(round=round_):
                yield FAILED, {**number, "failed": round_ - 1}
            case r.DuplicateLinked() | r.DuplicateUnlinked():
                linked = {**number, "linked": isinstance(fact, r.DuplicateLinked), "still_due": sorted(STILL_DUE)}
                yield LINK_FILE, linked
                yield LINK, linked
            case _:
                for year, notice in calendars_of(fact).items():
                    yield PUBLISH, _published(year, notice, recorded.version)
                    yield TOUCH, {"year": year}


def _columns(due: DueDate) -> Mapping[str, object]:
    """A running clock's row: `counted` is False for a deadline that the committee set by itself."""
    duty = DUTIES.get(due.clock)
    return {
        "key": due.key,
        "clock": due.clock.value,
        "of": due.of,
        "start": due.start,
        "due": due.due,
        "version": due.rulebook_version,
        "provisional": due.provisional,
        "counted": bool(due.calendar),
        "duty": duty is not None,
        "ordered": duty is not None and duty.ordered,
        "announced": duty is not None and duty.announced,
        "still_due": due.clock in STILL_DUE,
    }


def _published(year: int, notice: CalendarYear, version: int) -> Mapping[str, object]:
    """A year's notice and the first version of the rulebook that has it."""
    return {
        "year": year,
        "begins": notice.begins(year),
        "version": version,
        "notice": Jsonb(notice.model_dump(mode="json")),
    }
