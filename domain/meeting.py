"""社情民意分析会: an analysis meeting, its agenda, its parts 筛选 分类 梳理 汇总, what it decides per petition.

One stream for each meeting, `meeting:<id>`. Steps that name petitions are decided on these files too: `files` holds
them by number, and what is decided about one becomes its own event in the same transaction (service/meetings.py).
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from domain.errors import DomainError, NoSuchAddress, WrongRole
from domain.kernel import Aggregate, Command, Context, Event, Recorded, Value
from domain.meeting_events import (
    AgendaItem,
    AgendaItemAdded,
    AgendaItemRemoved,
    Attendee,
    Decided,
    ItemsDecided,
    MeetingCalled,
    MeetingClosed,
    MeetingConvened,
    MeetingDataErased,
    MeetingErasureAsked,
    MeetingPartRecorded,
    Person,
    SummaryApproved,
    SummaryDrafted,
    SummaryPublished,
    SummarySentBack,
)
from domain.petition.command import CodeText, FileNumber, Line, Prose, invalid, known_area, known_category, known_unit
from domain.petition.events.values import Petitioner
from domain.petition.petition import Petition
from domain.petition.receiving import RecordMeetingDecision
from domain.petition.references import known_of, refer, typed
from domain.petition.rules import not_possible
from domain.petition.stages import LOOP
from domain.petition.state import Asked, Draft, people, still_asked
from domain.redaction import redact
from domain.vocabulary import MeetingPart, MeetingStage, Role, Secrecy

ID_PATTERN = r"^m-[0-9a-f]{10}$"
OF_MEETINGS = "meeting:"
"""How the names of the meetings' streams begin; a meeting's id follows."""
MOST_ITEMS = 200
CLERKS = frozenset({Role.INTAKE})
"""Who keeps the meeting: as they record what a meeting decided about a file."""

Files = Mapping[str, Petition]
"""The petitions that a step names or that stand on the agenda, by number."""


def meeting_stream(meeting: str) -> str:
    """The stream of the meeting with this id; NoSuchAddress where it is none."""
    if not re.fullmatch(ID_PATTERN, meeting):
        raise NoSuchAddress
    return f"{OF_MEETINGS}{meeting}"


class Meeting(Aggregate):
    """An analysis meeting. `stage` is None before it was called; `people`: those at it who can be erased by name."""

    title: str
    held_on: date

    def __init__(self, stream: str) -> None:
        """Start before the first event."""
        super().__init__(stream)
        self.stage: MeetingStage | None = None
        self.items: dict[str, MeetingPart | None] = {}
        self.parts: set[MeetingPart] = set()
        self.people: tuple[Petitioner, ...] = ()
        self.erasure_asked: dict[str | None, Asked] = {}
        self.erased: set[str | None] = set()
        self.summary: Draft | None = None
        self.published = False

    def evolve(self, recorded: Recorded) -> None:
        """Take one fact into the state."""
        match recorded.fact:
            case MeetingCalled(title=title, items=items):
                self.stage, self.title = MeetingStage.CALLED, str(title)
                self.items = dict.fromkeys((item.number for item in items), None)
            case AgendaItemAdded(number=number):
                self.items[number] = None
            case AgendaItemRemoved(number=number):
                del self.items[number]
            case MeetingConvened(held_on=held_on) as fact:
                self.stage, self.held_on, self.people = MeetingStage.CONVENED, held_on, fact.people
            case MeetingPartRecorded(part=part):
                self.parts.add(part)
            case ItemsDecided(items=decided):
                self.items.update({one.number: one.part for one in decided})
            case MeetingClosed():
                self.stage = MeetingStage.CLOSED
            case SummaryDrafted(title=title, text=text, digest=digest):
                self.summary = Draft(title, text, digest, people(recorded.actor))
            case SummaryApproved() if self.summary:
                self.summary = replace(self.summary, approved_by=people(recorded.actor))
            case SummarySentBack() if self.summary:
                self.summary = replace(self.summary, sent_back=True)
            case SummaryPublished():
                self.published = True
            case MeetingErasureAsked(person=person, ground=ground):
                by = recorded.actor
                self.erasure_asked[person] = Asked(people(by), ground=ground, asker=by.id)
            case MeetingDataErased(person=person):
                self.erasure_asked = still_asked(self.erasure_asked, person)
                self.erased.add(person)
            case fact:
                raise ValueError(f"{self.stream}: {fact.TOPIC} has no place here")


MEETING_STEPS: dict[str, type[MeetingCommand]] = {}
"""Every step on a meeting that was called, by its kebab-case name."""


class MeetingCommand(Command):
    """Base of every step on a meeting: who may take it, at which stages, and what happens."""

    roles: ClassVar[frozenset[Role]] = CLERKS
    stages: ClassVar[frozenset[MeetingStage | None]]
    over_all_items: ClassVar[bool] = False
    """Whether the step is decided on all petitions of the agenda, not only on those that it names."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Enter a step on a meeting that exists."""
        super().__init_subclass__(**kwargs)
        if "stages" in cls.__dict__ and None not in cls.stages:
            MEETING_STEPS[cls.step()] = cls

    @property
    def named(self) -> tuple[str, ...]:
        """The petitions that the step names."""
        return ()

    @classmethod
    def barred(cls, meeting: Meeting, context: Context) -> DomainError | Context:
        """Why this caller may not take the step now, or the context in the role in which they may."""
        fitting = sorted((grant for grant in context.grants if grant.role in cls.roles), key=repr)
        if not fitting:
            roles = sorted(cls.roles)
            return WrongRole(roles="、".join(role.zh for role in roles), roles_en=", ".join(roles))
        if meeting.stage not in cls.stages:
            stage = meeting.stage.zh if meeting.stage else "-"
            return not_possible(f"会议{stage}，不能{cls.title}", f"the meeting is {meeting.stage}")
        grant = fitting[0]
        actor = context.actor.model_copy(
            update={"role": grant.role, "unit": grant.unit, "on_behalf_of": grant.on_behalf_of}
        )
        acting = context._replace(actor=actor)
        return cls.refusal(meeting, acting) or acting

    @classmethod
    def refusal(cls, meeting: Meeting, context: Context) -> DomainError | None:
        """The step's own rule, as far as it needs no fields."""
        return None

    @abstractmethod
    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """What happens, as facts; raises a DomainError where a field is wrong."""


def unnamed(text: str, files: Files) -> str:
    """A text of the meeting with everybody masked who stands behind these files.

    A meeting's stream is not the file's: what is erased there must not be left here by name.
    """
    return redact(text, known_of(chain.from_iterable(file.everyone for file in files.values()))).text


def protected(file: Petition) -> bool:
    """Whether a file must not be talked about among many units: a secret one, or one that accuses (L1 30, 46)."""
    return file.secrecy is Secrecy.SECRET or bool(file.against)


class CallMeeting(MeetingCommand):
    """召集分析会: draw up an agenda of open files received from `first` to `last`, in areas and of categories.

    `repeated`: only matters that came more than once (linked duplicates, or the same category in the same area). Files
    protected by L1 30 are on no agenda.
    """

    title: ClassVar[str] = "召集分析会"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({None})

    subject: Line = Field(alias="title", title="会议名称")
    planned_on: date = Field(title="拟召开日期")
    first: date = Field(alias="from", title="收到日起")
    last: date = Field(alias="to", title="收到日止")
    areas: tuple[CodeText, ...] = Field((), title="区域", max_length=50)
    categories: tuple[CodeText, ...] = Field((), title="类别", max_length=50)
    repeated: bool = Field(False, title="只要重复事项")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """A range that has days."""
        if self.last < self.first:
            raise ValueError("to: 不得早于 from / must not lie before from")
        return self

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Called; the items are those that the query found, which the caller puts in (`called`)."""
        yield from self.called((), context)

    def called(self, items: Iterable[AgendaItem], context: Context) -> Iterator[Event]:
        """Called with this agenda."""
        yield MeetingCalled(
            title=self.subject,
            planned_on=self.planned_on,
            first=self.first,
            last=self.last,
            areas=tuple(known_area(code, context, "areas", at) or code for at, code in enumerate(self.areas)),
            categories=tuple(
                known_category(code, context, "categories", at) or code for at, code in enumerate(self.categories)
            ),
            repeated=self.repeated,
            items=tuple(items),
        )


class AddAgendaItem(MeetingCommand):
    """增补议题: put a file on the agenda by hand; the reason names none of its people."""

    title: ClassVar[str] = "增补议题"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({MeetingStage.CALLED, MeetingStage.CONVENED})

    number: FileNumber = Field(title="编号")
    reason: Prose = Field(title="理由")

    @property
    def named(self) -> tuple[str, ...]:
        """The file."""
        return (self.number,)

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Added, once, if it may be talked about among many units."""
        if self.number in meeting.items:
            raise not_possible("该件已在议题中", "the file is on the agenda already")
        if len(meeting.items) >= MOST_ITEMS:
            raise not_possible(f"议题最多{MOST_ITEMS}件", f"an agenda has at most {MOST_ITEMS} items")
        file = files[self.number]
        if protected(file):
            raise not_possible("依法保护的件不上会", "a protected file is talked about at no meeting")
        if file.stage not in LOOP:
            raise not_possible("该件已终结", "the file is over")
        yield AgendaItemAdded(number=self.number, reason=unnamed(self.reason, files))


class RemoveAgendaItem(MeetingCommand):
    """撤下议题: take a file off the agenda, unless it was decided on; the reason names none of its people."""

    title: ClassVar[str] = "撤下议题"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({MeetingStage.CALLED, MeetingStage.CONVENED})
    over_all_items: ClassVar[bool] = True

    number: FileNumber = Field(title="编号")
    reason: Prose = Field(title="理由")

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Removed."""
        if self.number not in meeting.items:
            raise invalid("不在议题中", "not on the agenda", "number")
        if meeting.items[self.number] is not None:
            raise not_possible("该件已议决", "the file was decided on")
        yield AgendaItemRemoved(number=self.number, reason=unnamed(self.reason, files))


class AttendeeForm(Value):
    """Somebody who was asked to come."""

    name: Line = Field(title="姓名")
    unit: CodeText | None = Field(None, title="单位")
    present: bool = Field(True, title="到会")


class ConveneMeeting(MeetingCommand):
    """召开: enter when the meeting was held, who presided and who came."""

    title: ClassVar[str] = "召开"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({MeetingStage.CALLED})

    held_on: date = Field(title="召开日期")
    chair: Line = Field(title="主持人")
    attendance: tuple[AttendeeForm, ...] = Field(title="参会人员", min_length=1, max_length=200)

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Held, on a day that has come, by somebody at least."""
        if self.held_on > context.today:
            raise invalid("不得晚于今天", "must not lie in the future", "held_on")
        if not any(one.present for one in self.attendance):
            raise invalid("至少一人到会", "at least one must be present", "attendance")
        attendance = tuple(
            Attendee(
                id=f"p{at + 1}",
                name=one.name,
                unit=known_unit(one.unit, context, "attendance", at, "unit") if one.unit else None,
                present=one.present,
            )
            for at, one in enumerate(self.attendance)
        )
        own = next((one.id for one in attendance if one.name == self.chair), f"p{len(attendance) + 1}")
        yield MeetingConvened(held_on=self.held_on, chair=Person(id=own, name=self.chair), attendance=attendance)


class RecordPart(MeetingCommand):
    """记录: what was said in one of the four parts; recorded again, it takes the earlier one's place.

    Who stands behind a file of the agenda is masked in it before it is kept; who was at the meeting is referred to.
    """

    title: ClassVar[str] = "记录"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({MeetingStage.CONVENED})
    over_all_items: ClassVar[bool] = True

    part: MeetingPart = Field(title="环节")
    text: Prose = Field(title="内容")

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Recorded."""
        text = refer(unnamed(typed(self.text), files), meeting.people)
        yield MeetingPartRecorded(part=self.part, text=text)


class DecisionForm(Value):
    """What was decided about one file."""

    number: FileNumber = Field(title="编号")
    part: MeetingPart = Field(title="环节")
    decision: Prose = Field(title="决定")


class DecideItems(MeetingCommand):
    """议决: what was decided about files on the agenda; each decision becomes an event of its file, all or none."""

    title: ClassVar[str] = "议决"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({MeetingStage.CONVENED})

    decisions: tuple[DecisionForm, ...] = Field(title="决定", min_length=1, max_length=MOST_ITEMS)

    @property
    def named(self) -> tuple[str, ...]:
        """The files."""
        return tuple(one.number for one in self.decisions)

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Each file is on the agenda, is decided on once, and is not protected by now."""
        for at, one in enumerate(self.decisions):
            if one.number not in meeting.items or one.number in self.named[:at]:
                raise invalid("不在议题中或重复", "not on the agenda, or named twice", "decisions", at, "number")
            if meeting.items[one.number] is not None:
                raise invalid("该件已议决", "decided on already", "decisions", at, "number")
            if protected(files[one.number]):
                raise invalid("依法保护的件不上会", "protected by now", "decisions", at, "number")
        yield ItemsDecided(items=tuple(Decided(number=one.number, part=one.part) for one in self.decisions))

    def steps(self, meeting: Meeting) -> Iterator[tuple[str, RecordMeetingDecision]]:
        """The step on each file."""
        for one in self.decisions:
            yield (
                one.number,
                RecordMeetingDecision(
                    meeting=meeting.title, held_on=meeting.held_on, part=one.part, decision=one.decision
                ),
            )


class CloseMeeting(MeetingCommand):
    """散会: the minutes stand once all four parts are recorded and every item is decided or taken off."""

    title: ClassVar[str] = "散会"
    stages: ClassVar[frozenset[MeetingStage | None]] = frozenset({MeetingStage.CONVENED})

    @classmethod
    def refusal(cls, meeting: Meeting, context: Context) -> DomainError | None:
        """Name what is missing."""
        missing = [part for part in MeetingPart if part not in meeting.parts]
        if missing:
            return not_possible(
                f"尚未记录：{'、'.join(part.zh for part in missing)}", f"not recorded yet: {', '.join(missing)}"
            )
        open_items = sum(part is None for part in meeting.items.values())
        if open_items:
            return not_possible(f"尚有{open_items}件未议决", f"{open_items} items are neither decided nor taken off")
        return None

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Closed."""
        yield MeetingClosed()
