"""会议摘要: what the public reads of an analysis meeting; redacted, drafted by one person, approved by another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError, NotApproved
from domain.kernel import Context, Event
from domain.meeting import Files, Meeting, MeetingCommand
from domain.meeting_events import SummaryApproved, SummaryDrafted, SummaryPublished, SummarySentBack
from domain.petition.command import Line, Prose
from domain.petition.events.values import digest_of
from domain.petition.publishing_redaction import RedactionForm, TakenBackForm, recorded, taken_out
from domain.petition.references import known_of
from domain.petition.rules import another_person, not_possible, waiting_digest
from domain.vocabulary import MeetingStage, Outlet, Role

AFTERWARDS = frozenset({MeetingStage.CLOSED})


class DraftSummary(MeetingCommand):
    """摘要拟稿: what the public will read of the meeting; who stands behind a file on its agenda is masked in it."""

    title: ClassVar[str] = "拟写摘要"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.PUBLISHER})
    stages: ClassVar[frozenset[MeetingStage | None]] = AFTERWARDS
    over_all_items: ClassVar[bool] = True

    subject: Line = Field(alias="title", title="标题")
    text: Prose = Field(title="内容")
    redactions: tuple[RedactionForm, ...] = Field((), title="人工脱敏", max_length=100)
    taken_back: tuple[TakenBackForm, ...] = Field((), title="恢复显示", max_length=100)

    @classmethod
    def refusal(cls, meeting: Meeting, context: Context) -> DomainError | None:
        """What hangs in public is not drafted anew."""
        return not_possible("摘要已公示", "the summary is published") if meeting.published else None

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Drafted, redacted, with what was taken out and why."""
        known = known_of(chain.from_iterable(file.everyone for file in files.values()))
        done = taken_out(self, known)
        title, text = done.title.text, done.text.text
        yield SummaryDrafted(
            title=title,
            text=text,
            redactions=recorded(self, done),
            salt=context.salt,
            digest=digest_of(context.salt, f"{title}\n{text}"),
        )


class _SummaryDecision(MeetingCommand):
    """What deciding on a draft shares: a second person."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.PUBLISHER, Role.APPROVER})

    @classmethod
    def refusal(cls, meeting: Meeting, context: Context) -> DomainError | None:
        """A draft must wait, and not be the caller's own."""
        if meeting.summary is None or not meeting.summary.waiting:
            return not_possible("没有待审核的摘要", "no summary waits for approval")
        return another_person(context, meeting.summary.by)


class ApproveSummary(_SummaryDecision):
    """摘要审核通过: approve exactly the draft with this digest; without one, the draft as it stands."""

    title: ClassVar[str] = "批准摘要"
    stages: ClassVar[frozenset[MeetingStage | None]] = AFTERWARDS

    digest: str | None = Field(None, title="文稿摘要", pattern="^[0-9a-f]{64}$")

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Approved."""
        yield SummaryApproved(digest=waiting_digest(meeting.summary, self.digest))


class SendBackSummary(_SummaryDecision):
    """摘要退回修改."""

    title: ClassVar[str] = "退回摘要"
    stages: ClassVar[frozenset[MeetingStage | None]] = AFTERWARDS

    reason: Prose = Field(title="退回原因")

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Sent back."""
        yield SummarySentBack(digest=waiting_digest(meeting.summary, None), reason=self.reason)


class PublishSummary(MeetingCommand):
    """摘要公示: put the approved summary before the public; by another person than who approved it."""

    title: ClassVar[str] = "公示摘要"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.PUBLISHER})
    stages: ClassVar[frozenset[MeetingStage | None]] = AFTERWARDS

    outlets: frozenset[Outlet] = Field(title="公示渠道", min_length=1)

    @classmethod
    def refusal(cls, meeting: Meeting, context: Context) -> DomainError | None:
        """Only what another person approved as it stands, and once."""
        if meeting.published:
            return not_possible("摘要已公示", "the summary is published")
        if meeting.summary is None or not meeting.summary.approved:
            return NotApproved()
        return another_person(context, meeting.summary.approved_by)

    def decide(self, meeting: Meeting, context: Context, files: Files) -> Iterator[Event]:
        """Published."""
        yield SummaryPublished(
            digest=meeting.summary.digest if meeting.summary else "", outlets=tuple(sorted(self.outlets))
        )
