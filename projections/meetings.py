"""社情民意分析会: the meetings with their agendas, and which event of a file holds what was decided about it.

What was decided stands in the file alone, in the event that the same command made; it is read from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from psycopg.types.json import Jsonb

from domain import meeting_events as m
from domain.kernel import Recorded
from domain.meeting import OF_MEETINGS
from domain.petition.events.receiving import MeetingDecided
from domain.vocabulary import MeetingStage
from projections.masked import masked, masked_people, published
from projections.projection import Projection, Write

DDL = """
CREATE TABLE {schema}.meetings (
    id text PRIMARY KEY,
    title text,
    called_at timestamptz NOT NULL,
    planned_on date NOT NULL,
    first date NOT NULL,
    last date NOT NULL,
    areas text[] NOT NULL,
    categories text[] NOT NULL,
    repeated boolean NOT NULL,
    stage text NOT NULL,
    held_on date,
    came integer,
    asked integer,
    parts jsonb NOT NULL DEFAULT '{}',
    people jsonb NOT NULL DEFAULT '{}',
    summary_title text,
    summary_text text,
    summary_digest text,
    summary_state text,
    outlets text[] NOT NULL DEFAULT '{}',
    version integer NOT NULL
);
CREATE INDEX ON {schema}.meetings (called_at DESC, id DESC);
CREATE TABLE {schema}.items (
    meeting text NOT NULL,
    number text NOT NULL,
    place integer NOT NULL,
    basis text,
    alike integer NOT NULL DEFAULT 1,
    reason text,
    removed_because text,
    removed boolean NOT NULL DEFAULT false,
    part text,
    command_id uuid,
    PRIMARY KEY (meeting, number)
);
CREATE INDEX ON {schema}.items (number);
CREATE TABLE {schema}.decisions (
    command_id uuid NOT NULL,
    number text NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (command_id, number)
);
"""

CALL = """
INSERT INTO {schema}.meetings
    (id, title, called_at, planned_on, first, last, areas, categories, repeated, stage, version)
VALUES (%(id)s, %(title)s, %(at)s, %(planned_on)s, %(first)s, %(last)s, %(areas)s, %(categories)s, %(repeated)s,
    %(stage)s, %(version)s)
"""
PUT_ON = """
INSERT INTO {schema}.items (meeting, number, place, basis, alike, reason)
VALUES (%(id)s, %(number)s, %(place)s, %(basis)s, %(alike)s, %(reason)s)
    ON CONFLICT (meeting, number) DO UPDATE SET place = excluded.place, basis = excluded.basis, alike = excluded.alike,
    reason = excluded.reason, removed = false, removed_because = NULL
"""
TAKE_OFF = """
UPDATE {schema}.items SET removed = true, removed_because = %(reason)s WHERE meeting = %(id)s AND number = %(number)s
"""
DECIDE = """
UPDATE {schema}.items SET part = %(part)s, command_id = %(command)s WHERE meeting = %(id)s AND number = %(number)s
"""
KEEP_DECISION = """
INSERT INTO {schema}.decisions (command_id, number, version) VALUES (%(command)s, %(number)s, %(version)s)
"""


def _update(assignments: str) -> str:
    """A change of the meeting's row."""
    return f"UPDATE {{schema}}.meetings SET {assignments}, version = %(version)s WHERE id = %(id)s"  # noqa: S608


SEE = _update("id = id")
CONVENE = _update("stage = %(stage)s, held_on = %(held_on)s, came = %(came)s, asked = %(asked)s, people = %(people)s")
RECORD = _update("parts = parts || %(part)s::jsonb")
CLOSE = _update("stage = %(stage)s")
DRAFT = _update(
    "summary_title = %(title)s, summary_text = %(text)s, summary_digest = %(digest)s, summary_state = 'drafted'"
)
APPROVE = _update("summary_state = 'approved'")
SEND_BACK = _update("summary_state = 'sent_back'")
FORGET_PERSON = _update("people = people || jsonb_build_object(%(person)s::text, '{}'::jsonb)")
FORGET = _update("""title = NULL,
    parts = coalesce((SELECT jsonb_object_agg(key, NULL::text) FROM jsonb_each(parts)), '{}'),
    people = coalesce((SELECT jsonb_object_agg(key, '{}'::jsonb) FROM jsonb_each(people)), '{}'),
    summary_title = NULL, summary_text = NULL""")
FORGET_ITEMS = "UPDATE {schema}.items SET reason = NULL, removed_because = NULL WHERE meeting = %(id)s"
PUBLISH = _update("summary_state = 'published', outlets = %(outlets)s")


class Meetings(Projection):
    """Analysis meetings."""

    name: ClassVar[str] = "meetings"
    version: ClassVar[int] = 2
    ddl: ClassVar[str] = DDL

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """What the event changes in the meeting's row and agenda."""
        seen = {"id": recorded.stream.removeprefix(OF_MEETINGS), "version": recorded.version}
        match recorded.fact:
            case MeetingDecided():
                decided = {"command": recorded.command_id, "number": recorded.stream, "version": recorded.version}
                yield KEEP_DECISION, decided
            case m.MeetingCalled() as fact:
                yield CALL, {**seen, **_called(fact), "at": recorded.recorded_at}
                for place, item in enumerate(fact.items, 1):
                    about = {"number": item.number, "basis": item.basis.value, "alike": item.alike, "reason": None}
                    yield PUT_ON, {**seen, **about, "place": place}
            case m.AgendaItemAdded(number=number, reason=reason):
                about = {"number": number, "basis": None, "alike": 1, "reason": masked(reason)}
                yield PUT_ON, {**seen, **about, "place": 1000 + recorded.version}
                yield SEE, seen
            case m.AgendaItemRemoved(number=number, reason=reason):
                yield TAKE_OFF, {**seen, "number": number, "reason": masked(reason)}
                yield SEE, seen
            case m.MeetingConvened(held_on=held_on, attendance=attendance) as fact:
                came, people = sum(one.present for one in attendance), Jsonb(masked_people(fact.people))
                told = {"held_on": held_on, "came": came, "asked": len(attendance), "people": people}
                yield CONVENE, {**seen, **told, "stage": MeetingStage.CONVENED.value}
            case m.MeetingPartRecorded(part=part, text=text):
                yield RECORD, {**seen, "part": Jsonb({part.value: masked(text)})}
            case m.ItemsDecided(items=items):
                for one in items:
                    yield (
                        DECIDE,
                        {**seen, "number": one.number, "part": one.part.value, "command": recorded.command_id},
                    )
                yield SEE, seen
            case m.MeetingClosed():
                yield CLOSE, {**seen, "stage": MeetingStage.CLOSED.value}
            case m.SummaryDrafted(title=title, text=text, digest=digest):
                yield DRAFT, {**seen, "title": published(title), "text": published(text), "digest": digest}
            case m.MeetingDataErased(person=None):
                yield FORGET, seen
                yield FORGET_ITEMS, seen
            case m.MeetingDataErased(person=person):
                yield FORGET_PERSON, {**seen, "person": person}
            case m.MeetingErasureAsked():
                yield SEE, seen
            case m.SummaryApproved():
                yield APPROVE, seen
            case m.SummarySentBack():
                yield SEND_BACK, seen
            case m.SummaryPublished(outlets=outlets):
                yield PUBLISH, {**seen, "outlets": [outlet.value for outlet in outlets]}


def _called(fact: m.MeetingCalled) -> dict[str, object]:
    return {
        "title": masked(fact.title),
        "planned_on": fact.planned_on,
        "first": fact.first,
        "last": fact.last,
        "areas": list(fact.areas),
        "categories": list(fact.categories),
        "repeated": fact.repeated,
        "stage": MeetingStage.CALLED.value,
    }
