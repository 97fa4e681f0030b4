"""The rows that statistics are counted from, and the SQL that changes them: a row for each round of each file, and one
for each unit that got one. None of it counts (counters.py does, batch by batch), but for what concerns files of old.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.vocabulary import Clock
from projections import working_days
from projections.counters import counters_ddl, counting_by_itself, filled, updated
from projections.measures import Table
from projections.working_days import changed_between

CLOCKS = {Clock.HANDLE: "due_on", Clock.CONTACT: "contact_due_on"}
"""Which due dates matter, and the column each is kept in."""

DDL = (
    """
CREATE TABLE {schema}.rounds (
    number text NOT NULL,
    round integer NOT NULL,
    latest integer NOT NULL,
    channel text NOT NULL,
    area text,
    category text,
    nature text NOT NULL,
    unit text,
    imported boolean NOT NULL,
    voided boolean NOT NULL DEFAULT false,
    linked boolean NOT NULL DEFAULT false,
    secret boolean NOT NULL,
    accused boolean NOT NULL,
    protected boolean NOT NULL GENERATED ALWAYS AS (secret OR accused) STORED,
    people integer NOT NULL,
    entered_on date NOT NULL,
    received_on date,
    received_at timestamptz,
    accepted_on date,
    accepted_working_day integer,
    first_followed_on date,
    history_replied_on date,
    history_replied_at timestamptz,
    due_on date,
    contact_due_on date,
    contacted_on date,
    replied_on date,
    usual_days integer,
    handling_days integer,
    at_once boolean NOT NULL DEFAULT false,
    waived boolean NOT NULL DEFAULT false,
    published boolean NOT NULL DEFAULT false,
    published_once boolean NOT NULL DEFAULT false,
    followed_on date,
    solved boolean NOT NULL DEFAULT false,
    satisfied boolean NOT NULL DEFAULT false,
    closed_on date,
    ended_on date,
    extended boolean NOT NULL DEFAULT false,
    suspended boolean NOT NULL DEFAULT false,
    PRIMARY KEY (number, round)
) WITH (fillfactor = 80);
CREATE INDEX ON {schema}.rounds (received_on, number, round) WHERE round = 1;
CREATE INDEX ON {schema}.rounds (COALESCE(received_on, entered_on), number, round) WHERE voided OR received_on IS NULL;
CREATE INDEX ON {schema}.rounds (first_followed_on, number, round) WHERE round = 1 AND first_followed_on IS NOT NULL;
CREATE INDEX ON {schema}.rounds (due_on, number, round) WHERE due_on IS NOT NULL;
CREATE INDEX ON {schema}.rounds (COALESCE(closed_on, due_on), number, round) WHERE due_on IS NOT NULL;
CREATE INDEX ON {schema}.rounds (contact_due_on, number, round) WHERE contact_due_on IS NOT NULL;
CREATE INDEX ON {schema}.rounds (replied_on, number, round) WHERE replied_on IS NOT NULL;
CREATE INDEX ON {schema}.rounds (followed_on, number, round) WHERE followed_on IS NOT NULL;
CREATE INDEX ON {schema}.rounds (history_replied_on) WHERE history_replied_on IS NOT NULL;
CREATE TABLE {schema}.assignments (
    number text NOT NULL,
    round integer NOT NULL,
    unit text NOT NULL,
    channel text NOT NULL,
    area text,
    category text,
    nature text NOT NULL,
    linked boolean NOT NULL,
    secret boolean NOT NULL,
    accused boolean NOT NULL,
    protected boolean NOT NULL GENERATED ALWAYS AS (secret OR accused) STORED,
    assigned_on date,
    objected boolean NOT NULL DEFAULT false,
    upheld boolean NOT NULL DEFAULT false,
    PRIMARY KEY (number, round, unit)
) WITH (fillfactor = 80);
CREATE INDEX ON {schema}.assignments (assigned_on, number, round, unit);
"""
    + counters_ddl({"rounds": "number, round", "assignments": "number, round, unit"})
    + working_days.DDL
)

FILE_COLUMNS = (
    "channel, area, category, nature, unit, imported, voided, linked, secret, accused, people, entered_on, received_on,"
    " received_at, accepted_on, accepted_working_day, first_followed_on, history_replied_on, history_replied_at"
)
"""What a round takes over from the one before: what is the same in every round of a file, and the lead unit."""


def _now(**columns: str) -> dict[str, str]:
    """Values for the file's present round; its other rounds stay as they are."""
    return {name: f"CASE WHEN round = latest THEN {value} ELSE {name} END" for name, value in columns.items()}


OF_FILE = ("channel", "area", "category", "nature", "linked", "secret", "accused")
"""What an assignment keeps of its file."""


def _changed(columns: Mapping[str, str], *, only: str = "true", of: Table = "rounds") -> str:
    """A statement that changes rows of a file."""
    return updated(columns, rows=f"number = %(number)s AND {only}", of=of)


def _everywhere(columns: Mapping[str, str], *, only: str = "true") -> tuple[str, str]:
    """Statements that change a file's rounds and, as far as they keep it, its assignments."""
    of_file = {name: value for name, value in columns.items() if name in OF_FILE}
    return _changed(columns, only=only), _changed(of_file, only=only, of="assignments")


DAY = "%(day)s::date"
FIRST_CONTACT = f"LEAST(contacted_on, {DAY})"
PUBLISHED_ROUND = "(SELECT max(o.round) FROM {schema}.rounds o WHERE o.number = %(number)s AND o.published_once)"

NEWEST_ASSIGNMENT = (
    "unit = %(unit)s AND round = (SELECT max(o.round) FROM {schema}.assignments o WHERE o.number = %(number)s"
    " AND o.unit = %(unit)s)"
)

BEGIN = f"""
INSERT INTO {{schema}}.rounds (number, round, latest, channel, area, category, nature, imported, secret, accused,
    people, entered_on, received_on, received_at)
VALUES (%(number)s, 1, 1, %(channel)s, %(area)s, %(category)s, %(nature)s, %(imported)s, %(secret)s, %(accused)s,
    %(people)s, %(entered_on)s, {DAY}, %(at)s)
"""  # noqa: S608 - all of it stands in this code
RECLASSIFY = _everywhere(
    {"secret": "%(secret)s", "nature": "%(nature)s", "category": "%(category)s"},
    only="(secret, nature, category) IS DISTINCT FROM (%(secret)s, %(nature)s::text, %(category)s::text)",
)
CORRECT = _everywhere(
    {
        "channel": "COALESCE(%(channel)s::text, channel)",
        "area": "CASE WHEN %(place)s::boolean THEN %(area)s::text ELSE area END",
        "people": "COALESCE(%(people)s::integer, people)",
        "accused": "COALESCE(%(accused)s::boolean, accused)",
        "received_on": f"COALESCE({DAY}, received_on)",
        "received_at": "COALESCE(%(at)s::timestamptz, received_at)",
    }
)
ACCEPT = _changed({"accepted_on": DAY, "accepted_working_day": "%(working_day)s"})
VOID = _changed({"voided": "true"})
LINK = _everywhere({"linked": "true"})
UNLINK = _everywhere({"linked": "false"})
SET_DUE = {column: _changed(_now(**{column: "%(due)s::date"})) for column in sorted(set(CLOCKS.values()))}
EXTEND = _changed(_now(extended="true"))
SUSPEND = _changed(_now(suspended="true"))
ASSIGN = _changed(_now(unit="%(unit)s"))
BEGIN_ASSIGNMENT = filled(
    "INSERT INTO {schema}.assignments (number, round, unit, assigned_on, <shared>)"
    " SELECT number, round, %(unit)s, <day>, <shared> FROM {schema}.rounds"
    " WHERE number = %(number)s AND round = latest ON CONFLICT DO NOTHING",
    shared=", ".join(OF_FILE),
    day=DAY,
)
OBJECT = _changed({"objected": "true"}, only=NEWEST_ASSIGNMENT, of="assignments")
UPHOLD = _changed({"upheld": "true"}, only=NEWEST_ASSIGNMENT, of="assignments")
TAKE_BACK = _changed(_now(unit="NULLIF(unit, %(unit)s)"))
CONTACT = _changed(_now(contacted_on=FIRST_CONTACT))
USUAL_DAYS = "%(working_day)s::integer - accepted_working_day"
REPLY = _changed(
    _now(
        contacted_on=FIRST_CONTACT,
        replied_on=DAY,
        usual_days=USUAL_DAYS,
        handling_days=f"{USUAL_DAYS} + {changed_between('accepted_on', DAY)}",
    )
)
COUNTED_OVER = "usual_days IS NOT NULL AND GREATEST(accepted_on, replied_on) >= %(since)s"
CHANGE_DAYS = updated(
    {"handling_days": f"usual_days + {changed_between('accepted_on', 'replied_on')}"}, rows=COUNTED_OVER, of="rounds"
)
COUNT_DAYS_AGAIN = counting_by_itself(CHANGE_DAYS, rows=COUNTED_OVER, of="rounds")
ANSWER_AT_ONCE = _changed(_now(contacted_on=FIRST_CONTACT, replied_on=DAY, closed_on=DAY, at_once="true"))
IMPORT_REPLY = _changed({"history_replied_on": DAY, "history_replied_at": "%(at)s"}, only="history_replied_at IS NULL")
PUBLISH = _changed(_now(published="true", published_once="true"))
WAIVE = _changed(_now(waived="true"))
WITHDRAW_PUBLICATION = _changed({"published": f"published AND round <> {PUBLISHED_ROUND}"}, only="published")
CORRECT_PUBLICATION = _changed(
    {"published": f"published OR round = {PUBLISHED_ROUND}"}, only="published_once AND NOT published"
)
FOLLOW_UP = _changed(
    {
        "first_followed_on": f"LEAST(first_followed_on, {DAY})",
        **_now(followed_on=DAY, solved="%(solved)s", satisfied="%(satisfied)s"),
    }
)
CLOSE = _changed(_now(closed_on=DAY))
END = _changed(_now(ended_on=DAY))
COUNT_ROUND = _changed({"latest": "%(round)s"})
BEGIN_ROUND = filled(
    "INSERT INTO {schema}.rounds (number, round, latest, <shared>) SELECT number, latest, latest, <shared>"
    " FROM {schema}.rounds WHERE number = %(number)s ORDER BY round DESC LIMIT 1",
    shared=FILE_COLUMNS,
)
