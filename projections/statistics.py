"""Statistics: a row for each round of each file, and counters per day, channel and measure that are kept from it.

Each write changes the rows of one file and, in the same statement, adds to the counters what the rows count for now
less what they counted for before. So a correction, an undone link or an extension moves what was counted, and a
figure of any range is a sum over few rows, however many petitions there are. What is counted stands in figures.py.

A protected file (secret, or with accused units or staff) is counted for the committee only (L1 30, 46): whoever may
not see a file must not learn of it from a count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import ClassVar

from domain.clocks import KNOWN_YEARS, DueDate
from domain.kernel import Event, Recorded, day_of
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.vocabulary import Clock, Satisfaction, Secrecy, Solved
from projections import working_days
from projections.figures import MEASURES, Measure
from projections.projection import Projection, Write
from projections.working_days import calendar_writes, calendars_of, changed_between, first_touched, working_day_number

CLOCKS = {Clock.HANDLE: "due_on", Clock.CONTACT: "contact_due_on"}
"""Which due dates matter, and the column each is kept in."""

DDL = (
    """
CREATE TABLE {schema}.rounds (
    number text NOT NULL,
    round integer NOT NULL,
    latest integer NOT NULL,
    channel text NOT NULL,
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
CREATE TABLE {schema}.counters (
    day date NOT NULL,
    channel text NOT NULL,
    protected boolean NOT NULL,
    measure text NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (day, channel, protected, measure)
) WITH (fillfactor = 50);
"""
    + working_days.DDL
)

FILE_COLUMNS = (
    "channel, imported, voided, linked, secret, accused, people, entered_on, received_on, received_at, accepted_on,"
    " accepted_working_day, first_followed_on, history_replied_on, history_replied_at"
)
"""What is the same in every round of a file."""

MOVING = {"channel", "secret", "accused"}
"""Columns that say to which counters a file belongs at all."""

INTO_COUNTERS = """
INSERT INTO {schema}.counters AS kept (day, channel, protected, measure, amount)
SELECT counted.day, row.channel, row.protected, counted.measure, sum(row.sign * counted.amount)
FROM (<rows>) AS row CROSS JOIN LATERAL (VALUES <measures>) AS counted (measure, day, amount, applies)
WHERE counted.applies AND counted.day IS NOT NULL
GROUP BY 1, 2, 3, 4 HAVING sum(row.sign * counted.amount) <> 0
ON CONFLICT (day, channel, protected, measure) DO UPDATE SET amount = kept.amount + excluded.amount
"""
BEGUN = "WITH new AS (INSERT INTO {schema}.rounds (<names>) VALUES (<values>) RETURNING *)"
KEPT = "WITH old AS (SELECT * FROM {schema}.rounds <where>), new AS (<updated> RETURNING *)"
DIFFERENCE = "SELECT 1 AS sign, * FROM new UNION ALL SELECT -1, * FROM old"


def _filled(template: str, **parts: str) -> str:
    """A template with its `<parts>` put in. All of them stand in this code."""
    return re.sub(r"<(\w+)>", lambda found: parts[found[1]], template)


def _counting(rows: str, measures: list[Measure]) -> str:
    """The statement's end that adds to the counters what the rows count for, times their sign."""
    return _filled(INTO_COUNTERS, rows=rows, measures=values_of(measures))


def values_of(measures: Iterable[Measure]) -> str:
    """What a row of `rounds` counts for in each of these measures: code, day, amount, whether it applies; as SQL."""
    return ", ".join(f"('{one.code}', {one.day}, {one.amount}, {one.when})" for one in measures)


def _touched(columns: Collection[str]) -> list[Measure]:
    """The measures whose rule reads one of these columns."""
    return [
        one
        for one in MEASURES.values()
        if not set(columns).isdisjoint(re.findall(r"\w+", f"{one.when} {one.day} {one.amount}"))
    ]


def _begun(columns: Mapping[str, str]) -> str:
    """A statement that begins a file with its first round and counts it."""
    begun = _filled(BEGUN, names=", ".join(columns), values=", ".join(columns.values()))
    return begun + _counting("SELECT 1 AS sign, * FROM new", _touched({"received_on", "people"}))


def _changed(columns: Mapping[str, str], *, of: str = "number = %(number)s", only: str = "true") -> str:
    """A statement that changes the rows of a file (or others) and takes the difference into the counters."""
    where = f"WHERE {of} AND {only}"
    assigned = ", ".join(f"{column} = {value}" for column, value in columns.items())
    updated = _filled("UPDATE {schema}.rounds SET <assigned> <where>", assigned=assigned, where=where)
    moves_all = not MOVING.isdisjoint(columns)
    measures = list(MEASURES.values()) if moves_all else _touched(columns)
    if not measures:
        return updated
    return _filled(KEPT, where=where, updated=updated) + _counting(DIFFERENCE, measures)


def _now(**columns: str) -> dict[str, str]:
    """Values for the file's present round; its other rounds stay as they are."""
    return {name: f"CASE WHEN round = latest THEN {value} ELSE {name} END" for name, value in columns.items()}


DAY = "%(day)s::date"
FIRST_CONTACT = f"LEAST(contacted_on, {DAY})"
PUBLISHED_ROUND = "(SELECT max(o.round) FROM {schema}.rounds o WHERE o.number = %(number)s AND o.published_once)"

BEGIN = _begun(
    {
        "number": "%(number)s",
        "round": "1",
        "latest": "1",
        "channel": "%(channel)s",
        "imported": "%(imported)s",
        "secret": "%(secret)s",
        "accused": "%(accused)s",
        "people": "%(people)s",
        "entered_on": "%(entered_on)s",
        "received_on": DAY,
        "received_at": "%(at)s",
    }
)
RECLASSIFY = _changed({"secret": "%(secret)s"}, only="secret <> %(secret)s")
CORRECT = _changed(
    {
        "channel": "COALESCE(%(channel)s::text, channel)",
        "people": "COALESCE(%(people)s::integer, people)",
        "accused": "COALESCE(%(accused)s::boolean, accused)",
        "received_on": f"COALESCE({DAY}, received_on)",
        "received_at": "COALESCE(%(at)s::timestamptz, received_at)",
    }
)
ACCEPT = _changed({"accepted_on": DAY, "accepted_working_day": "%(working_day)s"})
VOID = _changed({"voided": "true"})
LINK = _changed({"linked": "true"})
UNLINK = _changed({"linked": "false"})
SET_DUE = {column: _changed(_now(**{column: "%(due)s"})) for column in sorted(set(CLOCKS.values()))}
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
COUNT_DAYS_AGAIN = _changed(
    {"handling_days": f"usual_days + {changed_between('accepted_on', 'replied_on')}"},
    of="usual_days IS NOT NULL AND GREATEST(accepted_on, replied_on) >= %(since)s",
)
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
BEGIN_ROUND = _filled(
    "INSERT INTO {schema}.rounds (number, round, latest, <shared>)"
    " SELECT number, latest, latest, <shared> FROM {schema}.rounds WHERE number = %(number)s AND round = 1",
    shared=FILE_COLUMNS,
)


class Statistics(Projection):
    """The figures of the statistics by channel, kept per day."""

    name: ClassVar[str] = "statistics"
    # Working days are stored, so a built-in calendar that knows another year asks for a rebuild.
    version: ClassVar[int] = 20_000 + KNOWN_YEARS[-1]
    ddl: ClassVar[str] = DDL
    independent: ClassVar[bool] = True
    personal: ClassVar[bool] = False

    def concerns_all(self, recorded: Recorded) -> bool:
        """A calendar counts working days of every file again."""
        return bool(calendars_of(recorded.fact))

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """What the event changes in the rows of its file, with the counters."""
        file: dict[str, object] = {"number": recorded.stream}
        dated: dict[str, object] = {**file, "day": recorded.day}
        match recorded.fact:
            case r.PetitionReceived() | r.PetitionImported() as fact:
                yield BEGIN, _beginning(recorded, fact)
            case r.PetitionClassified(secrecy=secrecy):
                yield RECLASSIFY, {**file, "secret": secrecy is Secrecy.SECRET}
            case r.PetitionCorrected() as fact:
                yield from _correction(file, fact)
            case r.PetitionAccepted():
                yield ACCEPT, {**dated, "working_day": _working_day(recorded)}
            case r.NumberVoided():
                yield VOID, file
            case r.DuplicateLinked():
                yield LINK, file
            case r.DuplicateUnlinked():
                yield UNLINK, file
            case r.DueDatesSet(due=due) | r.DueDatesRecomputed(due=due):
                yield from _dues(file, due)
            case h.ExtensionGranted(due=one):
                yield from _dues(file, (one,))
            case h.ResidentContacted(reached=True) | h.HouseholdVisited(reached=True):
                yield CONTACT, dated
            case h.ReplyDelivered():
                yield REPLY, {**dated, "working_day": _working_day(recorded)}
            case h.ReplyImported() if recorded.occurred_at:
                yield IMPORT_REPLY, {**dated, "at": recorded.occurred_at}
            case r.AnsweredAtOnce():
                yield ANSWER_AT_ONCE, dated
            case p.ResultPublished():
                yield PUBLISH, file
            case p.PublicationWaived():
                yield WAIVE, file
            case p.PublicationWithdrawn():
                yield WITHDRAW_PUBLICATION, file
            case p.PublicationCorrected():
                yield CORRECT_PUBLICATION, file
            case s.FollowedUp(solved=solved, satisfaction=satisfaction):
                satisfied = satisfaction in {Satisfaction.SATISFIED, Satisfaction.FAIRLY}
                yield FOLLOW_UP, {**dated, "solved": solved is Solved.SOLVED, "satisfied": satisfied}
            case c.PetitionClosed():
                yield CLOSE, dated
            case c.PetitionReopened(round=number):
                yield COUNT_ROUND, {**file, "round": number}
                yield BEGIN_ROUND, file
            case (
                r.PetitionDeclined()
                | r.PetitionReferred()
                | r.PetitionSteered()
                | r.PetitionWithdrawn()
                | r.PetitionNoLongerAccepted()
            ):
                yield END, dated
            case fact:
                yield from _calendars(fact)


def _beginning(recorded: Recorded, fact: r.PetitionReceived | r.PetitionImported) -> Mapping[str, object]:
    """A new file's first row. An old ledger's file accuses nobody that this office's units would know."""
    return {
        "number": recorded.stream,
        "channel": fact.channel.value,
        "imported": isinstance(fact, r.PetitionImported),
        "secret": fact.secrecy is Secrecy.SECRET,
        "accused": isinstance(fact, r.PetitionReceived) and bool(fact.against),
        "people": fact.people_count,
        "entered_on": day_of(recorded.recorded_at),
        "day": recorded.day,
        "at": recorded.occurred_at,
    }


def _correction(file: Mapping[str, object], fact: r.PetitionCorrected) -> Iterator[Write]:
    """What a correction moves; nothing where it concerns only what is not counted."""
    changed: dict[str, object] = {
        "channel": fact.channel and fact.channel.value,
        "people": fact.people_count,
        "accused": None if fact.against is None else bool(fact.against),
        "day": fact.received_at and day_of(fact.received_at),
        "at": fact.received_at,
    }
    if any(value is not None for value in changed.values()):
        yield CORRECT, {**file, **changed}


def _dues(file: Mapping[str, object], dues: tuple[DueDate, ...]) -> Iterator[Write]:
    """The due days that matter; of two for the same column the later one named."""
    for column, due in {CLOCKS[one.clock]: one.due for one in dues if one.clock in CLOCKS}.items():
        yield SET_DUE[column], {**file, "due": due}


def _calendars(fact: Event) -> Iterator[Write]:
    """What the rulebook's calendars change: the days themselves, and the working days that were counted over them."""
    for year, notice in calendars_of(fact).items():
        yield from calendar_writes(year, notice)
        yield COUNT_DAYS_AGAIN, {"since": first_touched(year)}


def _working_day(recorded: Recorded) -> int:
    """The working-day number of the day on which it happened; only imports are undated."""
    return working_day_number(recorded.day or day_of(recorded.recorded_at))
