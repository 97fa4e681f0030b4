"""民情办理: facts about who works on a petition and what came of it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from domain.clocks import DueDate
from domain.kernel import Attachment, Event, Personal, registered
from domain.petition.events.values import DemandAnswer, DemandAssignment
from domain.vocabulary import ContactMethod, Delivery


@registered
class Assigned(Event):
    """派单: a lead unit (主办), co-units (协办), and who answers for which demand. Re-assigning is the same fact."""

    TOPIC: ClassVar[str] = "petition.assigned"
    lead: str
    co_units: tuple[str, ...] = ()
    demands: tuple[DemandAssignment, ...] = ()
    reason: Personal[str] | None = None


@registered
class SignedFor(Event):
    """签收: a unit took the work; `handler` is the person who does it."""

    TOPIC: ClassVar[str] = "petition.signed_for"
    unit: str
    handler: str


@registered
class HandlerNamed(Event):
    """The work went to another person of the unit."""

    TOPIC: ClassVar[str] = "petition.handler_named"
    unit: str
    handler: str


@registered
class ReturnAsked(Event):
    """退单: a unit says "not ours", with its reason (L1 23). The clocks go on."""

    TOPIC: ClassVar[str] = "petition.return_asked"
    unit: str
    reason: Personal[str]
    proposed_unit: str | None = None


@registered
class ReturnGranted(Event):
    """The sender agreed to the return; the file waits to be assigned again."""

    TOPIC: ClassVar[str] = "petition.return_granted"
    unit: str


@registered
class ReturnRefused(Event):
    """The sender did not agree; the unit keeps the file."""

    TOPIC: ClassVar[str] = "petition.return_refused"
    unit: str
    reason: Personal[str]


@registered
class DutyDisputed(Event):
    """提请裁定: these units each say "not ours"; the unit that stands above them all is to decide. The clocks go on."""

    TOPIC: ClassVar[str] = "petition.duty_disputed"
    units: tuple[str, ...]
    superior: str
    reason: Personal[str]


@registered
class DutyDecided(Event):
    """职责裁定: a superior of the units in dispute decided whose duty it is; the assignment follows as its own fact."""

    TOPIC: ClassVar[str] = "petition.duty_decided"
    unit: str
    superior: str
    reason: Personal[str]


@registered
class ResidentContacted(Event):
    """首次联系 and later ones: somebody spoke with the resident (or tried to)."""

    TOPIC: ClassVar[str] = "petition.resident_contacted"
    method: ContactMethod
    reached: bool
    text: Personal[str] | None = None


@registered
class ProgressNoted(Event):
    """办理进展: what was done."""

    TOPIC: ClassVar[str] = "petition.progress_noted"
    text: Personal[str]
    attachments: tuple[Attachment, ...] = ()


@registered
class HouseholdVisited(Event):
    """入户走访: who called on the household and what they found."""

    TOPIC: ClassVar[str] = "petition.household_visited"
    visitors: tuple[str, ...]
    reached: bool
    text: Personal[str]
    attachments: tuple[Attachment, ...] = ()


@registered
class ExtensionAsked(Event):
    """延期申请: more time is asked for, with the reason. `digest` is what the approval names."""

    TOPIC: ClassVar[str] = "petition.extension_asked"
    days: int
    reason: Personal[str]
    salt: Personal[str]
    digest: str


@registered
class ExtensionGranted(Event):
    """延期批准 by the head of the unit, told to the petitioner (L1 34). The old due date stays on record."""

    TOPIC: ClassVar[str] = "petition.extension_granted"
    digest: str
    days: int
    due: DueDate
    notice: Delivery | None = None


@registered
class ExtensionRefused(Event):
    """延期不批."""

    TOPIC: ClassVar[str] = "petition.extension_refused"
    reason: Personal[str]


@registered
class SuspensionAsked(Event):
    """挂起申请, with the reason and until when."""

    TOPIC: ClassVar[str] = "petition.suspension_asked"
    until: date
    reason: Personal[str]


@registered
class SuspensionGranted(Event):
    """挂起批准. No clock is reset; the suspended days are counted and shown."""

    TOPIC: ClassVar[str] = "petition.suspension_granted"
    until: date


@registered
class SuspensionRefused(Event):
    """挂起不批."""

    TOPIC: ClassVar[str] = "petition.suspension_refused"
    reason: Personal[str]


@registered
class HandlingResumed(Event):
    """恢复办理."""

    TOPIC: ClassVar[str] = "petition.handling_resumed"
    reason: Personal[str] | None = None


@registered
class EscalatedUpward(Event):
    """向上延伸: beyond what the sub-district can do; put before a superior body."""

    TOPIC: ClassVar[str] = "petition.escalated_upward"
    body: str
    reason: Personal[str]


@registered
class SuperiorAnswered(Event):
    """The superior body's answer."""

    TOPIC: ClassVar[str] = "petition.superior_answered"
    body: str
    text: Personal[str]


@registered
class CoUnitReported(Event):
    """协办反馈: a co-unit told the lead unit what it did, with an answer for every demand that is its own."""

    TOPIC: ClassVar[str] = "petition.co_unit_reported"
    unit: str
    text: Personal[str]
    answers: tuple[DemandAnswer, ...] = ()


@registered
class OutcomeReported(Event):
    """办理结果: one answer for every demand, by the lead unit, which answers for the whole.

    Version 2 says by which unit each answer is, which co-units had not reported, and why the lead went on without them.
    """

    TOPIC: ClassVar[str] = "petition.outcome_reported"
    VERSION: ClassVar[int] = 2
    unit: str
    answers: tuple[DemandAnswer, ...]
    without: tuple[str, ...] = ()
    without_because: Personal[str] | None = None


@registered
class ReplyDrafted(Event):
    """答复意见拟稿. `digest` is what an approval names; a new draft voids the approval of the old one."""

    TOPIC: ClassVar[str] = "petition.reply_drafted"
    text: Personal[str]
    salt: Personal[str]
    digest: str


@registered
class ReplyApproved(Event):
    """答复意见审批通过: exactly the draft with this digest."""

    TOPIC: ClassVar[str] = "petition.reply_approved"
    digest: str


@registered
class ReplySentBack(Event):
    """答复意见退回修改."""

    TOPIC: ClassVar[str] = "petition.reply_sent_back"
    digest: str
    reason: Personal[str]


@registered
class ReplyDelivered(Event):
    """答复送达: the petitioner has the approved reply (or, anonymous, the place). Starts the review clock (L1 35)."""

    TOPIC: ClassVar[str] = "petition.reply_delivered"
    digest: str
    method: Delivery
    proof: tuple[Attachment, ...] = ()
    receipt_note: Personal[str] | None = None


@registered
class ReplyImported(Event):
    """A reply from an old ledger. The envelope's `occurred_at` is the time stated there, None where there is none."""

    TOPIC: ClassVar[str] = "petition.reply_imported"
    text: Personal[str]
    replied_by: Personal[str] | None = None
