"""社情民意分析会: facts about an analysis meeting. What it decides about a petition is an event of that petition.

A meeting's own events carry no text of a file and no decision, so that erasing a file leaves nothing of it here.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from domain.kernel import Event, Personal, Value, registered
from domain.petition.events.values import Redaction
from domain.vocabulary import AgendaBasis, MeetingPart, Outlet


class AgendaItem(Value):
    """A petition on the agenda, and why it is there; `alike`: how many files were found to speak of the same."""

    number: str
    basis: AgendaBasis
    alike: int = 1


class Attendee(Value):
    """Somebody who was asked to come: for which unit (None: none of the office's), and whether they came."""

    name: Personal[str]
    unit: str | None = None
    present: bool = True


class Decided(Value):
    """That something was decided about a petition, in which of the meeting's parts; what stands in its own file."""

    number: str
    part: MeetingPart


@registered
class MeetingCalled(Event):
    """召集: an agenda was drawn up by a query over files received from `first` to `last`."""

    TOPIC: ClassVar[str] = "meeting.called"
    title: Personal[str]
    planned_on: date
    first: date
    last: date
    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    repeated: bool = False
    items: tuple[AgendaItem, ...] = ()


@registered
class AgendaItemAdded(Event):
    """增补议题: a petition was put on the agenda by hand."""

    TOPIC: ClassVar[str] = "meeting.item_added"
    number: str
    reason: Personal[str]


@registered
class AgendaItemRemoved(Event):
    """撤下议题: a petition was taken off the agenda."""

    TOPIC: ClassVar[str] = "meeting.item_removed"
    number: str
    reason: Personal[str]


@registered
class MeetingConvened(Event):
    """召开: who presided, who came."""

    TOPIC: ClassVar[str] = "meeting.convened"
    held_on: date
    chair: Personal[str]
    attendance: tuple[Attendee, ...]


@registered
class MeetingPartRecorded(Event):
    """筛选、分类、梳理、汇总: what was said in one of the parts; recorded again, it takes the earlier one's place."""

    TOPIC: ClassVar[str] = "meeting.part_recorded"
    part: MeetingPart
    text: Personal[str]


@registered
class ItemsDecided(Event):
    """议决: these petitions were decided on; in the same transaction each got its own event."""

    TOPIC: ClassVar[str] = "meeting.items_decided"
    items: tuple[Decided, ...]


@registered
class MeetingClosed(Event):
    """散会: all four parts are recorded and every item is decided; the minutes stand."""

    TOPIC: ClassVar[str] = "meeting.closed"


@registered
class SummaryDrafted(Event):
    """会议摘要拟稿: for the public, redacted; `digest` names the draft (see `digest_of`)."""

    TOPIC: ClassVar[str] = "meeting.summary_drafted"
    title: Personal[str]
    text: Personal[str]
    redactions: tuple[Redaction, ...] = ()
    salt: Personal[str]
    digest: str


@registered
class SummaryApproved(Event):
    """摘要审核通过: exactly the draft with this digest, by another person."""

    TOPIC: ClassVar[str] = "meeting.summary_approved"
    digest: str


@registered
class SummarySentBack(Event):
    """摘要退回修改."""

    TOPIC: ClassVar[str] = "meeting.summary_sent_back"
    digest: str
    reason: Personal[str]


@registered
class SummaryPublished(Event):
    """摘要公示."""

    TOPIC: ClassVar[str] = "meeting.summary_published"
    digest: str
    outlets: tuple[Outlet, ...]
