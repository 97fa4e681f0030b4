"""What the interface answers, as models, so that the documentation shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import BaseModel, Field

from projections.figure_files import Behind
from projections.ledger_queries import Count
from projections.ledger_rows import LedgerRow
from projections.worklist_queries import Task, TaskCount
from service.asked.statistics import TitleText
from service.readings import Reading


def told(plain: object, response: Response) -> Response:
    """Plain values as JSON, with the headers that were put on `response`.

    What is known to be as its model says needs no checking against it: for a page of the ledger that costs more than
    its query.
    """
    return Response(orjson.dumps(plain, option=orjson.OPT_UTC_Z), 200, dict(response.headers), "application/json")


class Problem(BaseModel):
    """An error (RFC 9457). `errors` names the fields at fault; nothing that was sent comes back."""

    type: str = Field(examples=["urn:huiying:problem:wrong_stage"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["wrong_stage"])
    detail: str = Field(examples=["卷宗处于“民情受理”环节，不能进行“公示”"])
    errors: list[dict[str, Any]] = Field(examples=[[{"loc": ["petitioners", 0, "phone"], "message": "须为电话号码"}]])
    request_id: str


class Taken(BaseModel):
    """A step was taken: where the file stands now. `position` can be waited for (`after`)."""

    number: str = Field(examples=["HY-2026-000001"])
    stage: str = Field(examples=["handling"])
    round: int = Field(examples=[1])
    version: int = Field(examples=[3])
    position: int = Field(examples=[42])


class Received(Taken):
    """A petition was taken in. The query code is for the resident and is told only here (and to a repeated request)."""

    query_code: str | None = Field(examples=["7KQ4-M2XW-9TBC-04HV"])


class Uploaded(BaseModel):
    """An uploaded file: name the id in a step's `attachments`, `photos`, `scan` or `proof` within a day."""

    id: str


class Redacted(BaseModel):
    """A part of a draft as it was typed, and as the public would read it."""

    original: str
    redacted: str


class Removed(BaseModel):
    """One place of a draft: what was found there, why, and what the public reads instead (`shown`).

    `part`: `title` or `text`; `start` and `end` count the characters of its original (end excluded). `kept`: it was
    found and stays, because it was taken back. Put every `shown` in its place, and the original is the redacted text.
    """

    part: str
    kind: str = Field(examples=["phone"])
    kind_title: str = Field(examples=["电话"])
    basis: str = Field(examples=["given"])
    basis_title: str = Field(examples=["登记信息"])
    start: int
    end: int
    words: str
    shown: str
    kept: bool
    reason: str


class RedactionPreview(BaseModel):
    """What redaction makes of a draft; `removals` in order, the title's first."""

    title: Redacted
    text: Redacted
    removals: list[Removed]


class PossibleLetter(BaseModel):
    """A letter that could be issued now; `about`: the unit, the order or the letter that it would be about."""

    kind: str = Field(examples=["reply"])
    title: str = Field(examples=["答复意见书"])
    about: str | None


class IssuedLetter(PossibleLetter):
    """A letter that was issued. `petitioner`: whom it is for, null: all. `to_be_served`: its delivery is still open."""

    id: str = Field(examples=["reply-2026-3"])
    number: str = Field(examples=["HY答〔2026〕3号"])
    petitioner: str | None
    issued_at: datetime
    issued_by: str
    to_be_served: bool
    served_at: datetime | None
    served_by: str | None


class LetterList(BaseModel):
    """The letters of a file, oldest first, and those that could be issued."""

    issued: list[IssuedLetter]
    possible: list[PossibleLetter]


class Act(BaseModel):
    """One step of the audit trail: who did what when, in which role, for whom.

    `occurred_at`: when it happened as stated, null for undated history; `recorded_at`: when it was entered. `stream` is
    a file's number, `rulebook`, or `staff:<id>`. Steps with one `command_id` were taken together.
    """

    position: int
    stream: str
    version: int
    topic: str
    title: TitleText
    actor: str
    role: str | None
    unit: str | None
    on_behalf_of: str | None
    occurred_at: datetime | None
    recorded_at: datetime
    backdated: bool
    request_id: str
    command_id: UUID


class FileAct(Act):
    """A step on a file with what it says: plain fields, and texts with personal data masked, by their place in it."""

    facts: Mapping[str, object]
    texts: Mapping[str, str]


class Trail(BaseModel):
    """A page of a file's audit trail, in order."""

    number: str
    events: list[FileAct]
    next_cursor: str | None


class AuditPage(BaseModel):
    """A page of the audit trail of everything, newest first."""

    events: list[Act]
    next_cursor: str | None


class ReadingPage(BaseModel):
    """A page of the readings of personal data, newest first."""

    readings: list[Reading]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine(LedgerRow):
    """One number of the ledger, personal data masked; `days_overdue` as of today, in the limit's own sort."""

    days_overdue: int


class LedgerAnswer(BaseModel):
    """A page of the ledger, newest first (overdue files: most overdue first).

    `total`, where it was asked for: how many files the filter finds on all pages; if not `exact`, at least so many.
    """

    files: list[LedgerLine]
    next_cursor: str | None
    total: Count | None


class FilesBehind(BaseModel):
    """A page of the files (or rounds) that one part of a figure counted."""

    files: list[Behind]
    next_cursor: str | None


class Waiting(BaseModel):
    """Something that waits. `person`: who is to do it, null: anybody of the unit (unit null: of the role)."""

    number: str
    task: str
    name: str = Field(examples=["签收"])
    matter: str
    role: str
    unit: str | None
    person: str | None
    due: date | None
    since: datetime
    title: str | None
    stage: str | None
    urgency: str | None

    @classmethod
    def of(cls, task: Task) -> Waiting:
        """As the work list has it."""
        return cls(name=task.zh, **{name: getattr(task, name) for name in Task.__slots__})


class TaskAnswer(BaseModel):
    """A page of the work list, most urgent first.

    `counts`, where it was asked for: by kind of task how many wait on all pages, how many of these are overdue and how
    many due soon; of each role and unit the thousand most urgent are counted.
    """

    tasks: list[Waiting]
    next_cursor: str | None
    counts: dict[str, TaskCount] | None
