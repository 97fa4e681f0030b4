"""What waits for the caller, as every desk lists it: by due date with a light, narrowed in the address, in pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request

from domain.petition.commands import STEPS
from domain.vocabulary import Role
from projections.bulletin import Bulletin
from projections.file import FileTimeline
from projections.file_queries import calls_missed
from projections.ledger import Ledger
from projections.tasks import KINDS
from projections.worklist import Worklist
from projections.worklist_queries import Days, Light, Task, TaskCount, TaskFilter, counts, tasks
from service.access import Caller
from service.asked.worklist import days_of, grants_of
from service.pages.screen import words_of
from service.pages.words import Words, readable
from service.parts import Parts

ON_PAGE = 50
SHOWN_BY = (Worklist.name, Ledger.name, FileTimeline.name, Bulletin.name)

DONE_BY: Mapping[str, str] = {
    "decide_decline": "approve-decline",
    "decide_notice_waiver": "approve-notice-waiver",
    "decide_voiding": "approve-voiding",
    "assign": "assign-petition",
    "sign": "sign-for",
    "contact": "contact-resident",
    "contact_as_lead": "contact-resident",
    "decide_return": "grant-return",
    "decide_duty": "decide-duty",
    "decide_extension": "grant-extension",
    "decide_suspension": "grant-suspension",
    "resume": "resume-handling",
    "record_superior_answer": "record-superior-answer",
    "draft_reply": "draft-reply",
    "revise_reply": "draft-reply",
    "approve_reply": "approve-reply",
    "deliver_reply": "deliver-reply",
    "draft_publication": "draft-publication",
    "approve_publication": "approve-publication",
    "ask_waiver": "ask-waiver",
    "decide_waiver": "approve-waiver",
    "publish": "publish-result",
    "take_down": "withdraw-publication",
    "follow_up": "follow-up",
    "recollect": "recollect",
    "answer_reminder": "answer-reminder",
    "answer_reminder_intake": "answer-reminder",
    "answer_reminder_caller": "answer-reminder",
    "answer_order": "answer-supervision",
    "decide_review": "decide-review",
    "decide_re_review": "decide-review",
    "approve_erasure": "approve-erasure",
}
"""The step by which a task is done, where there is one for it; any other begins on the file's page."""

SEVERAL_FOR: Mapping[str, tuple[str, ...]] = {
    "decide_acceptance": ("accept-petition", "classify-petition"),
    "assign": ("assign-petition",),
    "sign": ("sign-for",),
    "handle": ("name-handler",),
}
"""The steps that may be taken at once on what was ticked, by the kind of task in the list."""

LightOf = Annotated[Light | None, Query()]
TaskOf = Annotated[str, Query(max_length=64)]
CursorOf = Annotated[str | None, Query(max_length=400)]
AfterOf = Annotated[int | None, Query(ge=0)]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task that waits at the desk, with how many; `chosen`: the list shows only these."""

    task: str
    name: str
    count: TaskCount
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A task as a line of the list. `days` until it is due, below zero since it was; `href`: where it is done.

    `missed`: how often the resident was called in vain, where a call is what waits.
    """

    task: Task
    name: str
    light: Light
    days: int | None
    href: str
    missed: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a desk lists. `lights` and `kinds` narrow it, each with its number and its address.

    `several`: steps (with their names) that may be taken at once on lines that are ticked.
    """

    lines: tuple[Line, ...]
    several: tuple[tuple[str, str], ...]
    kinds: tuple[Kind, ...]
    lights: tuple[tuple[Light, int, str, bool], ...]
    total: int
    own: bool
    own_href: str
    all_href: str
    narrowed: bool
    first: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """How the address narrows the list."""

    task: str = ""
    light: Light | None = None
    own: bool = False
    cursor: str | None = None
    after: int | None = None

    def href(self, path: str, **changes: object) -> str:
        """The address of the same list, narrowed otherwise; from its first page."""
        said = {"task": self.task, "light": self.light, "own": self.own or "", **changes}
        query = urlencode({name: str(value).lower() for name, value in said.items() if value})
        return f"{path}?{query}" if query else path


def asked(
    task: TaskOf = "", light: LightOf = None, own: bool = False, cursor: CursorOf = None, after: AfterOf = None
) -> Asked:
    """What the address says; a dependency of every desk's page."""
    return Asked(task if task in KINDS else "", light, own, cursor, after)


def waiting(
    request: Request,
    parts: Parts,
    caller: Caller,
    wanted: Asked,
    *,
    roles: Collection[Role],
    kinds: Iterable[str] = KINDS,
) -> Waiting:
    """What waits for the caller in these roles, of these kinds of task; the caller's own writes are waited for."""
    settings, path, words = request.app.state.settings, request.url.path, words_of(request)
    if wanted.after is not None:
        parts.positions.wait_for(wanted.after, SHOWN_BY, settings.wait_seconds)
    rulebook, known = parts.rulebooks.current().content, frozenset(kinds)
    days = days_of(parts, settings.due_soon_days)
    grants = [grant for grant in grants_of(caller, rulebook) if grant[0] in roles]
    narrowed = TaskFilter(kinds={wanted.task} & known or known, light=wanted.light, days=days)
    with parts.reading() as connection:
        found = tasks(
            connection,
            caller.sight,
            grants,
            caller.sight.staff,
            own=wanted.own,
            wanted=narrowed,
            cursor=wanted.cursor,
            limit=ON_PAGE,
        )
        missed = calls_missed(connection, [one.number for one in found.tasks if one.task == "follow_up"])
        counted = counts(connection, caller.sight, grants, caller.sight.staff, days, own=wanted.own)
    here = {task: count for task, count in counted.items() if task in known}
    chosen = [count for task, count in here.items() if wanted.task in {"", task}]
    following = wanted.href(path, cursor=found.next_cursor) if found.next_cursor else None
    return Waiting(
        lines=tuple(_line(one, days, words, missed) for one in found.tasks),
        several=_several((one.task for one in found.tasks), words),
        kinds=tuple(
            Kind(task, _named(task, words), here[task], _toggled(wanted, path, task), wanted.task == task)
            for task in KINDS
            if task in here
        ),
        lights=tuple(
            (light, number, wanted.href(path, light="" if wanted.light is light else light), wanted.light is light)
            for light, number in _lit(chosen)
        ),
        total=sum(count.waiting for count in chosen),
        own=wanted.own,
        own_href=wanted.href(path, own=True),
        all_href=wanted.href(path, own=""),
        narrowed=bool(wanted.task or wanted.light),
        first=wanted.href(path) if wanted.cursor else None,
        next=following,
    )


def _lit(counted: Iterable[TaskCount]) -> list[tuple[Light, int]]:
    """How many tasks there are under each light."""
    several = list(counted)
    red, amber = sum(one.overdue for one in several), sum(one.soon for one in several)
    return [(Light.RED, red), (Light.AMBER, amber), (Light.GREEN, sum(one.waiting for one in several) - red - amber)]


def _toggled(wanted: Asked, path: str, task: str) -> str:
    """The address of the list of this kind of task alone; of all kinds where it is that already."""
    return wanted.href(path, task="" if wanted.task == task else task)


def _line(task: Task, days: Days, words: Words, missed: Mapping[str, int]) -> Line:
    """A task as a line of the list."""
    left = None if task.due is None else (task.due - days.today).days
    step = DONE_BY.get(task.task)
    href = f"/files/{task.number}/{step}" if step else f"/files/{task.number}"
    light, vain = days.light(task.due), missed.get(task.number, 0) if task.task == "follow_up" else 0
    return Line(task, _named(task.task, words), light, left, href, vain)


def _several(listed: Iterable[str], words: Words) -> tuple[tuple[str, str], ...]:
    """The steps that may be taken at once on some of these tasks, each with its name."""
    steps = dict.fromkeys(step for task in listed for step in SEVERAL_FOR.get(task, ()))
    return tuple((step, readable(step) if words.language == "en" else STEPS[step].title) for step in steps)


def _named(task: str, words: Words) -> str:
    """What a kind of task is called."""
    return readable(task) if words.language == "en" else KINDS[task].zh
