"""Statistics: a row for each round of each file and for each unit that got one, and counters per day kept from them.

Each write changes the rows of one file and, in the same statement, adds to the counters what the rows count for now
less what they counted for before (counters.py). So a correction, an undone link or an extension moves what was counted,
and a figure of any range is a sum over few rows, however many petitions there are. What is counted: measures.py.

A protected file (secret, or with accused units or staff) is counted for the committee only (L1 30, 46): whoever may
not see a file must not learn of it from a count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar

from domain.clocks import KNOWN_YEARS
from domain.kernel import Event, Recorded, day_of
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.vocabulary import Clock, Satisfaction, Secrecy, Solved
from projections import working_days
from projections.counters import COUNTS_NOTHING, UNCOUNTED, begun, changed, counted_anew, counters_ddl, filled
from projections.measures import TABLES
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
    + counters_ddl()
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


def _everywhere(columns: Mapping[str, str], *, only: str = "true") -> tuple[str, str]:
    """Statements that change a file's rounds and, as far as they keep it, its assignments."""
    kept = {name: value for name, value in columns.items() if name in OF_FILE}
    return changed(columns, only=only), changed(kept, only=only, of="assignments")


DAY = "%(day)s::date"
FIRST_CONTACT = f"LEAST(contacted_on, {DAY})"
PUBLISHED_ROUND = "(SELECT max(o.round) FROM {schema}.rounds o WHERE o.number = %(number)s AND o.published_once)"

NEWEST_ASSIGNMENT = (
    "unit = %(unit)s AND round = (SELECT max(o.round) FROM {schema}.assignments o WHERE o.number = %(number)s"
    " AND o.unit = %(unit)s)"
)

BEGIN = begun(
    {
        "number": "%(number)s",
        "round": "1",
        "latest": "1",
        "channel": "%(channel)s",
        "area": "%(area)s",
        "category": "%(category)s",
        "nature": "%(nature)s",
        "imported": "%(imported)s",
        "secret": "%(secret)s",
        "accused": "%(accused)s",
        "people": "%(people)s",
        "entered_on": "%(entered_on)s",
        "received_on": DAY,
        "received_at": "%(at)s",
    }
)
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
ACCEPT = changed({"accepted_on": DAY, "accepted_working_day": "%(working_day)s"})
VOID = changed({"voided": "true"})
LINK = _everywhere({"linked": "true"})
UNLINK = _everywhere({"linked": "false"})
SET_DUE = {column: changed(_now(**{column: "%(due)s::date"})) for column in sorted(set(CLOCKS.values()))}
EXTEND = changed(_now(extended="true"))
SUSPEND = changed(_now(suspended="true"))
ASSIGN = changed(_now(unit="%(unit)s"))
BEGIN_ASSIGNMENT = begun(
    {
        "number": "number",
        "round": "round",
        "unit": "%(unit)s",
        **{column: column for column in OF_FILE},
        "assigned_on": DAY,
    },
    into="assignments",
    source="FROM {schema}.rounds WHERE number = %(number)s AND round = latest ON CONFLICT DO NOTHING",
)
OBJECT = changed({"objected": "true"}, only=NEWEST_ASSIGNMENT, of="assignments")
UPHOLD = changed({"upheld": "true"}, only=NEWEST_ASSIGNMENT, of="assignments")
TAKE_BACK = changed(_now(unit="NULLIF(unit, %(unit)s)"))
CONTACT = changed(_now(contacted_on=FIRST_CONTACT))
USUAL_DAYS = "%(working_day)s::integer - accepted_working_day"
REPLY = changed(
    _now(
        contacted_on=FIRST_CONTACT,
        replied_on=DAY,
        usual_days=USUAL_DAYS,
        handling_days=f"{USUAL_DAYS} + {changed_between('accepted_on', DAY)}",
    )
)
COUNT_DAYS_AGAIN = changed(
    {"handling_days": f"usual_days + {changed_between('accepted_on', 'replied_on')}"},
    rows="usual_days IS NOT NULL AND GREATEST(accepted_on, replied_on) >= %(since)s",
)
ANSWER_AT_ONCE = changed(_now(contacted_on=FIRST_CONTACT, replied_on=DAY, closed_on=DAY, at_once="true"))
IMPORT_REPLY = changed({"history_replied_on": DAY, "history_replied_at": "%(at)s"}, only="history_replied_at IS NULL")
PUBLISH = changed(_now(published="true", published_once="true"))
WAIVE = changed(_now(waived="true"))
WITHDRAW_PUBLICATION = changed({"published": f"published AND round <> {PUBLISHED_ROUND}"}, only="published")
CORRECT_PUBLICATION = changed(
    {"published": f"published OR round = {PUBLISHED_ROUND}"}, only="published_once AND NOT published"
)
FOLLOW_UP = changed(
    {
        "first_followed_on": f"LEAST(first_followed_on, {DAY})",
        **_now(followed_on=DAY, solved="%(solved)s", satisfied="%(satisfied)s"),
    }
)
CLOSE = changed(_now(closed_on=DAY))
END = changed(_now(ended_on=DAY))
COUNT_ROUND = changed({"latest": "%(round)s"})
BEGIN_ROUND = filled(
    "INSERT INTO {schema}.rounds (number, round, latest, <shared>) SELECT number, latest, latest, <shared>"
    " FROM {schema}.rounds WHERE number = %(number)s ORDER BY round DESC LIMIT 1",
    shared=FILE_COLUMNS,
)


class Statistics(Projection):
    """The figures of the statistics, kept per day and dimension."""

    name: ClassVar[str] = "statistics"
    # Working days are stored, so a built-in calendar that knows another year asks for a rebuild.
    version: ClassVar[int] = 40_000 + KNOWN_YEARS[-1]
    ddl: ClassVar[str] = DDL
    independent: ClassVar[bool] = True
    by_key: ClassVar[bool] = True
    personal: ClassVar[bool] = False
    filling: ClassVar[Mapping[str, str]] = UNCOUNTED
    settle: ClassVar[tuple[str, ...]] = tuple(map(counted_anew, TABLES))
    silent: ClassVar[Mapping[str, str]] = {"counters": COUNTS_NOTHING}

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
            case r.PetitionClassified(secrecy=secrecy, nature=nature, category=category):
                classified = {"secret": secrecy is Secrecy.SECRET, "nature": nature.value, "category": category}
                yield from _all(RECLASSIFY, {**file, **classified})
            case r.PetitionCorrected() as fact:
                yield from _correction(file, fact)
            case r.PetitionAccepted():
                yield ACCEPT, {**dated, "working_day": _working_day(recorded)}
            case r.NumberVoided():
                yield VOID, file
            case r.DuplicateLinked():
                yield from _all(LINK, file)
            case r.DuplicateUnlinked():
                yield from _all(UNLINK, file)
            case r.DueDatesSet(due=due) | r.DueDatesRecomputed(due=due):
                yield from _dues(file, {one.clock: one.due for one in due})
            case r.DueDatesLifted(clocks=clocks):
                yield from _dues(file, dict.fromkeys(clocks))
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
                yield from _handling(recorded, file, dated)
                yield from _calendars(fact)


def _handling(recorded: Recorded, file: Mapping[str, object], dated: Mapping[str, object]) -> Iterator[Write]:
    """What events of the handling change; nothing for others."""
    match recorded.fact:
        case h.ExtensionGranted(due=one):
            yield from _dues(file, {one.clock: one.due})
            yield EXTEND, file
        case h.SuspensionGranted():
            yield SUSPEND, file
        case h.Assigned(lead=lead, co_units=co_units):
            yield ASSIGN, {**file, "unit": lead}
            for unit in (lead, *co_units):
                yield BEGIN_ASSIGNMENT, {**dated, "unit": unit}
        case h.ReturnAsked(unit=unit):
            yield OBJECT, {**file, "unit": unit}
        case h.ReturnGranted(unit=unit):
            yield UPHOLD, {**file, "unit": unit}
            yield TAKE_BACK, {**file, "unit": unit}
        case h.ResidentContacted(reached=True) | h.HouseholdVisited(reached=True):
            yield CONTACT, dated
        case h.ReplyDelivered():
            yield REPLY, {**dated, "working_day": _working_day(recorded)}
        case h.ReplyImported() if recorded.occurred_at:
            yield IMPORT_REPLY, {**dated, "at": recorded.occurred_at}


def _beginning(recorded: Recorded, fact: r.PetitionReceived | r.PetitionImported) -> Mapping[str, object]:
    """A new file's first row. An old ledger's file accuses nobody that this office's units would know."""
    return {
        "number": recorded.stream,
        "channel": fact.channel.value,
        "area": fact.place and fact.place.area,
        "category": fact.category,
        "nature": fact.nature.value,
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
    said: dict[str, object] = {
        "channel": fact.channel and fact.channel.value,
        "place": True if fact.place else None,
        "people": fact.people_count,
        "accused": None if fact.against is None else bool(fact.against),
        "day": fact.received_at and day_of(fact.received_at),
        "at": fact.received_at,
    }
    if any(value is not None for value in said.values()):
        yield from _all(CORRECT, {**file, **said, "area": fact.place and fact.place.area})


def _all(statements: tuple[str, ...], parameters: Mapping[str, object]) -> Iterator[Write]:
    """The same change by several statements."""
    return ((statement, parameters) for statement in statements)


def _dues(file: Mapping[str, object], dues: Mapping[Clock, date | None]) -> Iterator[Write]:
    """The due days that matter, None where a limit was lifted; of two for the same column the later one named."""
    for column, due in {CLOCKS[clock]: due for clock, due in dues.items() if clock in CLOCKS}.items():
        yield SET_DUE[column], {**file, "due": due}


def _calendars(fact: Event) -> Iterator[Write]:
    """What the rulebook's calendars change: the days themselves, and the working days that were counted over them."""
    for year, notice in calendars_of(fact).items():
        yield from calendar_writes(year, notice)
        yield COUNT_DAYS_AGAIN, {"since": first_touched(year)}


def _working_day(recorded: Recorded) -> int:
    """The working-day number of the day on which it happened; only imports are undated."""
    return working_day_number(recorded.day or day_of(recorded.recorded_at))
