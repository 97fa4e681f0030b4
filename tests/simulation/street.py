"""A year of a street: real petitions, laid into 2026, worked on by its staff now in time and now too late.

How long each petition takes is what it really took; who does what on which day follows from that and from the
petition's place in the list, so that every run does the same. Nothing here knows when anything is due.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from domain.clocks import CalendarYear, Holiday
from domain.errors import DomainError
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.vocabulary import Channel
from service.administration import publish_calendar
from tests.service.cli_kit import ROOT
from tests.service.time_kit import TimedOffice

DATA = Path(os.environ.get("HUIYING_TEST_DATA") or ROOT.parent / "shared" / "data")
REAL = DATA / "petitions-with-replies.csv.gz"
HOW_MANY = int(os.environ.get("HUIYING_SIMULATED", "24"))
"""How many petitions; up to 2,106 of them are there."""

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
PUBLISHED = date(2026, 11, 30)
"""The day on which the next year's calendar is entered."""
NOTICE = CalendarYear(
    holidays=tuple(
        Holiday(date=date(2027, month, day), name=name)
        for month, day, name in ((1, 1, "元旦"), (1, 4, "元旦"), (2, 5, "春节"), (2, 8, "春节"), (2, 9, "春节"))
    ),
    workdays=(date(2026, 12, 27), date(2027, 1, 9)),
    source="测试放假通知",
)

NATURES = ("help", "complaint", "suggestion", "complaint", "help", "other", "report")
Act = tuple[int, str, PetitionCommand]
"""After how many days, who, what."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A real petition: its day of the year, how many days its answer really took, and what it says."""

    index: int
    day: date
    took: int
    title: str
    text: str

    def intake(self) -> dict[str, object]:
        """How it comes in; every fifth without a name."""
        channel = list(Channel)[self.index % len(Channel)]
        known = {"name": "甘棠梨", "phone": f"139{self.index:08}"}
        return {
            "channel": channel.value,
            "nature": NATURES[self.index % len(NATURES)],
            "title": self.title[:60] or "民情",
            "content": self.text[:400],
            "petitioners": [] if self.index % 5 == 4 else [known],
            "source": {"window": "W1"} if channel is Channel.WINDOW else None,
        }


def letters(count: int = HOW_MANY) -> list[Letter]:
    """Real petitions, evenly taken from the whole file, in the order of the year."""
    with gzip.open(REAL, "rt", encoding="utf-8") as opened:
        rows = [row for row in csv.DictReader(opened) if row["time"] and row["reply_time"] and row["body"]]
    chosen = [rows[place * len(rows) // count] for place in range(min(count, len(rows)))]
    found = []
    for index, row in enumerate(chosen):
        sent, answered = (datetime.fromisoformat(row[name]) for name in ("time", "reply_time"))
        day = date(2026, sent.month, min(sent.day, 28))
        if index % 24 == 18:
            day = date(2026, 11, 26)  # late enough for its limit to reach into a year that is not published yet
        found.append(Letter(index, day, max((answered - sent).days, 0), row["title"], row["body"]))
    return sorted(found, key=lambda one: (one.day, one.index))


def step(name: str, **fields: object) -> PetitionCommand:
    """A step by its name in the API."""
    return STEPS[name].model_validate(fields)


def life(letter: Letter, *, anonymous: bool) -> Iterator[Act]:
    """What the staff do with it, day after day."""
    n = letter.index
    notice = {"notice_waived_because": "匿名"} if anonymous else {"notice": "sms"}
    forgotten = 20 if n % 14 == 1 else 0
    yield n % 4 + forgotten + (letter.took // 3 if n % 2 else 0), "intake", step("accept-petition", **notice)
    yield n % 2, "intake", step("assign-petition", lead="ZF")
    unit, handler = "ZF", "handler"
    if n % 10 == 3:
        yield 1, "handler", step("ask-return", reason="不属本队职责")
        yield 2, "intake-2", step("grant-return", unit="ZF")
        yield 1, "intake", step("assign-petition", lead="HW", reason="环卫职责")
        unit, handler = "HW", "handler-hw"
    yield n % 4, handler, step("sign-for")
    yield n % 3, handler, step("contact-resident", reached=True)
    if n % 7 == 0:
        yield 0, handler, step("ask-extension", days=5, reason="需协调")
        yield 1, "approver", step("grant-extension", notice=None if anonymous else "sms")
    if n % 11 == 5:
        yield 0, handler, step("ask-suspension", until="2026-12-31", reason="等待鉴定")
        yield 1, "approver", step("grant-suspension")
        yield 3, handler, step("resume-handling")
    wait = min(letter.took, 110)
    rounds = 4 if n % 12 == 0 else 2 if n % 6 == 1 else 1
    for number in range(1, rounds + 1):
        yield wait, handler, step("note-progress", text="已到现场查看")
        answers = [{"demand": "d1", "outcome": "resolved", "text": "已处理"}]
        yield 0, handler, step("report-outcome", answers=answers)
        yield 0, handler, step("draft-reply", text="您反映的问题已处理。")
        yield 1, "approver", step("approve-reply")
        yield 0, handler, step("deliver-reply", method="public_notice" if anonymous else "sms")
        if unit == "ZF" and n % 9 == 2:
            yield 1, "publisher", step("ask-waiver", ground="privacy", reason="涉及隐私")
            yield 0, "publisher-2", step("approve-waiver")
        else:
            yield 1, "publisher", step("draft-publication", title="办理结果", text="问题已处理。")
            yield 1, "publisher-2", step("approve-publication")
            yield 0, "publisher", step("publish-result", outlets=["board"])
        respondent = "place" if anonymous else "petitioner"
        yield (
            (n * 5) % 17,
            "caller",
            step("follow-up", respondent=respondent, solved="solved", satisfaction="satisfied"),
        )
        settled = number == rounds
        yield 1, "caller", step("recollect", respondent=respondent, settled=settled, text="已问过")
        wait = n % 9


@dataclass(slots=True)
class Street:
    """The office and what its staff will do on which day."""

    office: TimedOffice

    def year(self, petitions: list[Letter]) -> list[str]:
        """Live through the year: each day first the tick at eight, then what comes in, then the work; the numbers."""
        coming: dict[date, list[Letter]] = defaultdict(list)
        for letter in petitions:
            coming[letter.day].append(letter)
        going: dict[date, list[tuple[str, str, PetitionCommand, Iterator[Act]]]] = defaultdict(list)
        numbers: list[str] = []
        day = FIRST
        while day <= LAST:
            if day == PUBLISHED:
                self.office.turn(f"{day}T07:00")
                publish_calendar(self.office.parts, 2027, NOTICE)
            self.office.tick(f"{day}T08:00")
            for letter in coming[day]:
                self.office.turn(f"{day}T09:00")
                numbers.append(self.office.receive(**letter.intake()))
                acts = life(letter, anonymous=not letter.intake()["petitioners"])
                self._plan(going, day, numbers[-1], acts)
            minute = 0
            while going[day]:
                number, who, command, acts = going[day].pop(0)
                self.office.turn(f"{day}T{10 + minute // 60}:{minute % 60:02}")
                minute += 1
                try:
                    self.office.take(who, number, command)
                except DomainError as error:
                    raise AssertionError(f"{day} {number} {command.step()}: {error.text('en')}") from error
                self._plan(going, day, number, acts)
            day += timedelta(days=1)
        return numbers

    @staticmethod
    def _plan(
        going: dict[date, list[tuple[str, str, PetitionCommand, Iterator[Act]]]],
        day: date,
        number: str,
        acts: Iterator[Act],
    ) -> None:
        """Put the file's next act into the calendar."""
        act = next(acts, None)
        if act is not None:
            after, who, command = act
            going[day + timedelta(days=after)].append((number, who, command, acts))
