"""删除会议中的个人信息: the name of somebody at a meeting, or all that its own record says; it takes two people.

As with a file (petition/receiving_file.py): one asks, another approves, and the keys go with that fact. Who is erased
by name is erased in the texts of the four parts too, since they refer to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.meeting import Files, Meeting, MeetingCommand
from domain.meeting_events import MeetingDataErased, MeetingErasureAsked
from domain.petition.command import CodeText, Prose, invalid
from domain.petition.receiving_file import ERASERS
from domain.petition.rules import another_person, not_possible
from domain.vocabulary import ErasureGround, MeetingStage, Role

ALWAYS: frozenset[MeetingStage | None] = frozenset(MeetingStage)


class _MeetingErasure(MeetingCommand):
    """What asking and approving share: somebody at the meeting or, without one, all of its data (PIPL 47)."""

    roles: ClassVar[frozenset[Role]] = ERASERS

    person: CodeText | None = Field(None, title="会上人员", description="None: all of the meeting's data")

    def target(self, meeting: Meeting) -> str | None:
        """Whom it is about, if they were there and are not erased already."""
        if self.person is not None and self.person not in {one.id for one in meeting.people}:
            raise invalid("会上没有此人", "nobody of this id was at the meeting", "person")
        if {self.person, None} & meeting.erased:
            raise not_possible("已删除", "it was erased already")
        return self.person


class AskMeetingErasure(_MeetingErasure):
    """申请删除会议个人信息: ask for the erasure; another person has to approve it."""

    title: ClassVar[str] = "申请删除个人信息"
    stages: ClassVar[frozenset[MeetingStage | None]] = ALWAYS

    ground: ErasureGround = Field(title="依据")
    reason: Prose = Field(title="理由")

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Asked."""
        yield MeetingErasureAsked(person=self.target(meeting), ground=self.ground, reason=self.reason)


class ApproveMeetingErasure(_MeetingErasure):
    """批准删除会议个人信息: a second person approves; the keys are destroyed together with this fact.

    Before the meeting is over, and while the rulebook's retention runs then, only what was processed unlawfully goes.
    """

    title: ClassVar[str] = "批准删除个人信息"
    stages: ClassVar[frozenset[MeetingStage | None]] = ALWAYS

    @classmethod
    def refusal(cls, meeting: Meeting, context: Context) -> DomainError | None:
        """Something must wait, asked by another person."""
        if not meeting.erasure_asked:
            return not_possible("没有待批准的删除申请", "no erasure waits for approval")
        own = [another_person(context, asked.by) for asked in meeting.erasure_asked.values()]
        return own[0] if all(own) else None

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Erased."""
        target = self.target(meeting)
        asked = meeting.erasure_asked.get(target)
        if asked is None or asked.ground is None:
            raise invalid("没有此项删除申请", "no such erasure was asked for", "person")
        if own := another_person(context, asked.by):
            raise own
        if asked.ground is not ErasureGround.UNLAWFUL:
            _check_retention(meeting, context)
        yield MeetingDataErased(person=target, ground=asked.ground, asked_by=asked.asker)


def _check_retention(meeting: Meeting, context: Context) -> None:
    """NotPossibleNow before the meeting is over, and until the rulebook's retention after it was held has passed."""
    if meeting.stage is not MeetingStage.CLOSED:
        raise not_possible("会议未结束，暂不能删除", "the meeting is not over")
    until = meeting.held_on + timedelta(days=context.rulebook.retention_days)
    if context.today < until:
        raise not_possible(f"保存期限未满，至{until}", f"its retention runs until {until}")


def forgets_of_meeting(facts: Iterable[Event]) -> tuple[str, ...]:
    """The owners of the keys that these facts destroy: somebody at the meeting, or `*` for all of it."""
    return tuple(fact.person or "*" for fact in facts if isinstance(fact, MeetingDataErased))
