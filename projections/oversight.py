"""监督: what the committee looks at beside the audit trail: orders and reminders with their answers, and early ends.

Closing before publication and follow-up is impossible. What can end early is told here, as reasons with each end: a
file that left the loop (declined, referred, withdrawn, …), one closed though its publication was waived, though the
last word on it was "unsolved", or by asking the place instead of the petitioner; and how many days it took.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from domain.kernel import Recorded
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.stages import LOOP, Stage, stage_after
from domain.vocabulary import Code, Respondent, Solved
from projections.masked import masked
from projections.projection import Projection, Write

QUICKEST = 10
"""Up to how many days from receipt to end the committee may ask for as "unusually quick"; the index serves no more."""


EARLY = f"(reasons <> '{{}}' OR stage = 'closed' AND days <= {QUICKEST})"
"""Ends that can be asked for, as the index has them."""


class EarlyEnd(Code):
    """Why an end is shown to the committee. One answered at once, as the rulebook allows, came to its due end."""

    WAIVED = "waived", "未经公示（不公示）"
    UNSOLVED = "unsolved", "称未解决仍归档"
    PLACE = "place", "未征询到本人"
    LEFT = "left", "未走完闭环"


DDL = f"""
CREATE TABLE {{schema}}.orders (
    number text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    unit text,
    role text,
    level text,
    deadline date,
    demand text,
    ordered_at timestamptz NOT NULL,
    ordered_by text NOT NULL,
    answer text,
    answered_at timestamptz,
    note text,
    ended_at timestamptz,
    position bigint NOT NULL,
    PRIMARY KEY (number, kind, id)
);
CREATE INDEX orders_newest ON {{schema}}.orders (kind, position DESC);
CREATE INDEX orders_open ON {{schema}}.orders (kind, position DESC) WHERE ended_at IS NULL;
CREATE TABLE {{schema}}.files (
    number text COLLATE "C" PRIMARY KEY,
    received_at timestamptz NOT NULL,
    round integer NOT NULL DEFAULT 1,
    reasons text[] NOT NULL DEFAULT '{{}}'
) WITH (fillfactor = 80);
CREATE TABLE {{schema}}.ends (
    number text COLLATE "C" NOT NULL,
    round integer NOT NULL,
    stage text NOT NULL,
    reasons text[] NOT NULL,
    days integer NOT NULL,
    ended_at timestamptz NOT NULL,
    ended_by text NOT NULL,
    position bigint NOT NULL,
    reopened boolean NOT NULL DEFAULT false,
    PRIMARY KEY (number, round)
);
CREATE INDEX ends_early ON {{schema}}.ends (position DESC) WHERE {EARLY};
"""

ORDER = """
INSERT INTO {schema}.orders (number, kind, id, unit, role, level, deadline, demand, ordered_at, ordered_by, position)
VALUES (%(number)s, %(kind)s, %(id)s, %(unit)s, %(role)s, %(level)s, %(deadline)s, %(demand)s, %(at)s, %(by)s,
    %(position)s)
"""
ANSWER = """
UPDATE {schema}.orders SET answer = %(text)s, answered_at = %(at)s, ended_at = coalesce(%(ended_at)s, ended_at)
WHERE number = %(number)s AND kind = %(kind)s AND id = %(id)s
"""
END_ORDER = """
UPDATE {schema}.orders SET note = %(text)s, ended_at = %(at)s
WHERE number = %(number)s AND kind = 'order' AND id = %(id)s
"""
OPEN = "INSERT INTO {schema}.files (number, received_at, round) VALUES (%(number)s, %(at)s, %(round)s)"
RECEIVED = "UPDATE {schema}.files SET received_at = %(at)s WHERE number = %(number)s"
NEW_ROUND = "UPDATE {schema}.files SET round = %(round)s, reasons = ARRAY[]::text[] WHERE number = %(number)s"
NOTE = """
UPDATE {schema}.files SET reasons = array_remove(reasons, %(reason)s) || CASE WHEN %(holds)s
    THEN ARRAY[%(reason)s::text] ELSE ARRAY[]::text[] END
WHERE number = %(number)s
"""
END = """
INSERT INTO {schema}.ends (number, round, stage, reasons, days, ended_at, ended_by, position)
SELECT f.number, f.round, %(stage)s, CASE WHEN %(left)s THEN ARRAY['left'] ELSE f.reasons END,
    (%(at)s AT TIME ZONE 'Asia/Shanghai')::date - (f.received_at AT TIME ZONE 'Asia/Shanghai')::date, %(at)s, %(by)s,
    %(position)s
FROM {schema}.files f WHERE f.number = %(number)s
ON CONFLICT (number, round) DO UPDATE SET stage = excluded.stage, reasons = excluded.reasons, days = excluded.days,
    ended_at = excluded.ended_at, ended_by = excluded.ended_by, position = excluded.position, reopened = false
"""
REOPENED = "UPDATE {schema}.ends SET reopened = true WHERE number = %(number)s AND NOT reopened"
FORGET = """
UPDATE {schema}.orders SET demand = NULL, answer = NULL, note = NULL WHERE number = %(number)s
"""


class Oversight(Projection):
    """监督: orders, reminders, early ends."""

    name: ClassVar[str] = "oversight"
    version: ClassVar[int] = 2
    ddl: ClassVar[str] = DDL

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Orders with their answers; what makes an end early, and the end."""
        yield from _orders(recorded)
        yield from _reasons(recorded)
        yield from _end(recorded)


def _known(recorded: Recorded) -> dict[str, object]:
    return {
        "number": recorded.stream,
        "at": recorded.occurred_at or recorded.recorded_at,
        "by": recorded.actor.id,
        "position": recorded.position,
    }


def _orders(recorded: Recorded) -> Iterator[Write]:
    known = _known(recorded)
    match recorded.fact:
        case s.SupervisionOrdered(id=key, unit=unit, level=level, deadline=deadline, demand=demand):
            own = {"kind": "order", "id": key, "unit": unit, "role": None, "level": level, "deadline": deadline}
            yield ORDER, {**known, **own, "demand": masked(demand)}
        case s.ReminderSent(id=key, unit=unit, role=role, reason=reason):
            own = {"kind": "reminder", "id": key, "unit": unit, "role": role, "level": None, "deadline": None}
            yield ORDER, {**known, **own, "demand": masked(reason)}
        case s.SupervisionAnswered(id=key, text=text):
            yield ANSWER, {**known, "kind": "order", "id": key, "text": masked(text), "ended_at": None}
        case s.ReminderAnswered(id=key, text=text):
            yield ANSWER, {**known, "kind": "reminder", "id": key, "text": masked(text), "ended_at": known["at"]}
        case s.SupervisionEnded(id=key, text=text):
            yield END_ORDER, {**known, "id": key, "text": masked(text)}
        case r.DataErased(petitioner=None):
            yield FORGET, known
        case _:
            pass


def _reasons(recorded: Recorded) -> Iterator[Write]:
    """What is known of the file so far that would make its end an early one."""
    known = _known(recorded)
    match recorded.fact:
        case r.PetitionReceived():
            yield OPEN, {**known, "round": 1}
        case r.PetitionImported():
            yield OPEN, {**known, "round": 0}
        case r.ImportedPetitionTakenUp():
            yield RECEIVED, known
            yield NEW_ROUND, {**known, "round": 1}
        case r.PetitionCorrected(received_at=at) if at is not None:
            yield RECEIVED, {**known, "at": at}
        case p.PublicationWaived():
            yield NOTE, {**known, "reason": EarlyEnd.WAIVED, "holds": True}
        case p.ResultPublished():
            yield NOTE, {**known, "reason": EarlyEnd.WAIVED, "holds": False}
        case s.FollowedUp(solved=solved) | c.ResidentSpoke(solved=solved) if solved is not None:
            yield NOTE, {**known, "reason": EarlyEnd.UNSOLVED, "holds": solved is Solved.UNSOLVED}
        case c.OpinionGathered(respondent=respondent):
            yield NOTE, {**known, "reason": EarlyEnd.PLACE, "holds": respondent is Respondent.PLACE}
        case c.PetitionReopened(round=number):
            yield REOPENED, known
            yield NEW_ROUND, {**known, "round": number}
        case _:
            pass


def _end(recorded: Recorded) -> Iterator[Write]:
    """An end of the file: closed after the whole loop, or one of the other ends."""
    stage = stage_after(type(recorded.fact))
    if stage is None or stage in LOOP or stage is Stage.IMPORTED:
        return
    yield END, {**_known(recorded), "stage": stage, "left": stage not in {Stage.CLOSED, Stage.ANSWERED}}
