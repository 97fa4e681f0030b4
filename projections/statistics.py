"""Statistics: a row for each round of each file and for each unit that got one, and counters per day kept from them.

After every batch the counters get what its files count for now less what they counted for before (counters.py). So a
correction, an undone link or an extension moves what was counted, and a figure of any range is a sum over few rows,
however many petitions there are. What is counted: measures.py.

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
from projections import statistics_rows as rows
from projections.counters import COUNTS_NOTHING, counted, counted_anew, kept
from projections.measures import TABLES
from projections.projection import Projection, Write
from projections.working_days import calendar_writes, calendars_of, first_touched, working_day_number
from projections.writing import Groups

KEEP, COUNT = tuple(map(kept, TABLES)), tuple(map(counted, TABLES))


class Statistics(Projection):
    """The figures of the statistics, kept per day and dimension."""

    name: ClassVar[str] = "statistics"
    # Working days are stored, so a built-in calendar that knows another year asks for a rebuild.
    version: ClassVar[int] = 41_000 + KNOWN_YEARS[-1]
    ddl: ClassVar[str] = rows.DDL
    by_key: ClassVar[bool] = True
    personal: ClassVar[bool] = False
    filling: ClassVar[Mapping[str, str]] = {rows.COUNT_DAYS_AGAIN: rows.CHANGE_DAYS}
    settle: ClassVar[tuple[str, ...]] = tuple(map(counted_anew, TABLES))
    silent: ClassVar[Mapping[str, str]] = {"counters": COUNTS_NOTHING}

    def concerns_all(self, recorded: Recorded) -> bool:
        """A calendar counts working days of every file again."""
        return bool(calendars_of(recorded.fact))

    def around(self, groups: Groups) -> tuple[Groups, Groups]:
        """Count what the batch makes of its files."""
        numbers = {row["number"] for _, some in groups for row in some if "number" in row}
        files = [{"numbers": sorted(map(str, numbers))}] if numbers else []
        return [(sql, files) for sql in KEEP if files], [(sql, files) for sql in COUNT if files]

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """What the event changes in the rows of its file."""
        file: dict[str, object] = {"number": recorded.stream}
        dated: dict[str, object] = {**file, "day": recorded.day}
        match recorded.fact:
            case r.PetitionReceived() | r.PetitionImported() as fact:
                yield rows.BEGIN, _beginning(recorded, fact)
            case r.PetitionClassified(secrecy=secrecy, nature=nature, category=category):
                classified = {"secret": secrecy is Secrecy.SECRET, "nature": nature.value, "category": category}
                yield from _all(rows.RECLASSIFY, {**file, **classified})
            case r.PetitionCorrected() as fact:
                yield from _correction(file, fact)
            case r.PetitionAccepted():
                yield rows.ACCEPT, {**dated, "working_day": _working_day(recorded)}
            case r.NumberVoided():
                yield rows.VOID, file
            case r.DuplicateLinked():
                yield from _all(rows.LINK, file)
            case r.DuplicateUnlinked():
                yield from _all(rows.UNLINK, file)
            case r.DueDatesSet(due=due) | r.DueDatesRecomputed(due=due):
                yield from _dues(file, {one.clock: one.due for one in due})
            case r.DueDatesLifted(clocks=clocks):
                yield from _dues(file, dict.fromkeys(clocks))
            case r.AnsweredAtOnce():
                yield rows.ANSWER_AT_ONCE, dated
            case p.ResultPublished():
                yield rows.PUBLISH, file
            case p.PublicationWaived():
                yield rows.WAIVE, file
            case p.PublicationWithdrawn():
                yield rows.WITHDRAW_PUBLICATION, file
            case p.PublicationCorrected():
                yield rows.CORRECT_PUBLICATION, file
            case s.FollowedUp(solved=solved, satisfaction=satisfaction):
                satisfied = satisfaction in {Satisfaction.SATISFIED, Satisfaction.FAIRLY}
                yield rows.FOLLOW_UP, {**dated, "solved": solved is Solved.SOLVED, "satisfied": satisfied}
            case c.PetitionClosed():
                yield rows.CLOSE, dated
            case c.PetitionReopened(round=number):
                yield rows.COUNT_ROUND, {**file, "round": number}
                yield rows.BEGIN_ROUND, file
            case (
                r.PetitionDeclined()
                | r.PetitionReferred()
                | r.PetitionSteered()
                | r.PetitionWithdrawn()
                | r.PetitionNoLongerAccepted()
            ):
                yield rows.END, dated
            case fact:
                yield from _handling(recorded, file, dated)
                yield from _calendars(fact)


def _handling(recorded: Recorded, file: Mapping[str, object], dated: Mapping[str, object]) -> Iterator[Write]:
    """What events of the handling change; nothing for others."""
    match recorded.fact:
        case h.ExtensionGranted(due=one):
            yield from _dues(file, {one.clock: one.due})
            yield rows.EXTEND, file
        case h.SuspensionGranted():
            yield rows.SUSPEND, file
        case h.Assigned(lead=lead, co_units=co_units):
            yield rows.ASSIGN, {**file, "unit": lead}
            for unit in (lead, *co_units):
                yield rows.BEGIN_ASSIGNMENT, {**dated, "unit": unit}
        case h.ReturnAsked(unit=unit):
            yield rows.OBJECT, {**file, "unit": unit}
        case h.ReturnGranted(unit=unit):
            yield rows.UPHOLD, {**file, "unit": unit}
            yield rows.TAKE_BACK, {**file, "unit": unit}
        case h.ResidentContacted(reached=True) | h.HouseholdVisited(reached=True):
            yield rows.CONTACT, dated
        case h.ReplyDelivered():
            yield rows.REPLY, {**dated, "working_day": _working_day(recorded)}
        case h.ReplyImported() if recorded.occurred_at:
            yield rows.IMPORT_REPLY, {**dated, "at": recorded.occurred_at}


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
        yield from _all(rows.CORRECT, {**file, **said, "area": fact.place and fact.place.area})


def _all(statements: tuple[str, ...], parameters: Mapping[str, object]) -> Iterator[Write]:
    """The same change by several statements."""
    return ((statement, parameters) for statement in statements)


def _dues(file: Mapping[str, object], dues: Mapping[Clock, date | None]) -> Iterator[Write]:
    """The due days that matter, None where a limit was lifted; of two for the same column the later one named."""
    for column, due in {rows.CLOCKS[clock]: due for clock, due in dues.items() if clock in rows.CLOCKS}.items():
        yield rows.SET_DUE[column], {**file, "due": due}


def _calendars(fact: Event) -> Iterator[Write]:
    """What the rulebook's calendars change: the days themselves, and the working days that were counted over them."""
    for year, notice in calendars_of(fact).items():
        yield from calendar_writes(year, notice)
        yield rows.COUNT_DAYS_AGAIN, {"since": first_touched(year)}


def _working_day(recorded: Recorded) -> int:
    """The working-day number of the day on which it happened; only imports are undated."""
    return working_day_number(recorded.day or day_of(recorded.recorded_at))
