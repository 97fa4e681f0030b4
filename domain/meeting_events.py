"""社情民意分析会: facts about an analysis meeting. What it decides about a petition is an event of that petition.

A meeting's own events carry no text of a file and no decision, so that erasing a file leaves nothing of it here. Who
presided and who came is sealed under a key for each person, everything else under the meeting's.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from domain.kernel import Event, Identity, Personal, Value, registered
from domain.petition.events.values import Petitioner, Redaction
from domain.vocabulary import AgendaBasis, ErasureGround, MeetingPart, Outlet


class AgendaItem(Value):
    """A petition on the agenda, and why it is there; `alike`: how many files were found to speak of the same."""

    number: str
    basis: AgendaBasis
    alike: int = 1


class Person(Value):
    """Somebody at a meeting. `id` is `p1`, `p2` … within the meeting and names the key that seals the name.

    Empty where the name is under the meeting's own key, as it was before people had one: it goes with the meeting only.
    """

    id: str = ""
    name: Identity[str]


class Attendee(Person):
    """Somebody who was asked to come: for which unit (None: none of the office's), and whether they came."""

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
    VERSION: ClassVar[int] = 2
    held_on: date
    chair: Person
    attendance: tuple[Attendee, ...]

    @property
    def people(self) -> tuple[Petitioner, ...]:
        """Who was there and has a key of their own, each once, as texts refer to them."""
        found = {one.id: Petitioner(id=one.id, name=one.name) for one in (*self.attendance, self.chair) if one.id}
        return tuple(found.values())

    @classmethod
    def upcast(cls, state: dict[str, Any], version: int) -> dict[str, Any]:
        """Version 1 had the chair's name alone."""
        return {**state, "chair": {"name": state["chair"]}} if version < 2 else state


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


@registered
class MeetingErasureAsked(Event):
    """One person asked to erase the name of somebody at the meeting, or (None) all its data; another has to approve."""

    TOPIC: ClassVar[str] = "meeting.erasure_asked"
    person: str | None = None
    ground: ErasureGround
    reason: Personal[str]


@registered
class MeetingDataErased(Event):
    """删除 (PIPL 47): the keys of somebody at the meeting (or the whole meeting) are gone; that it was held stands."""

    TOPIC: ClassVar[str] = "meeting.data_erased"
    person: str | None = None
    ground: ErasureGround
    asked_by: str
