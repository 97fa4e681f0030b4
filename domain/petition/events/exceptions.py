"""Facts about asking for an exception from the rule, and about refusing it. Granting it is the exception itself.

Declined, voided and not published are facts of their own stems; they follow the asking by another person's decision.
"""

from __future__ import annotations

from typing import ClassVar

from domain.kernel import Event, Personal, registered
from domain.vocabulary import DeclineGround, Delivery, WaiverGround


@registered
class DeclineAsked(Event):
    """提请不予受理: one person proposes to decline on a legal ground (L1 23); how it will be told, or why not."""

    TOPIC: ClassVar[str] = "petition.decline_asked"
    ground: DeclineGround
    article: Personal[str]
    reason: Personal[str]
    notice: Delivery | None = None
    notice_waived_because: Personal[str] | None = None


@registered
class DeclineRefused(Event):
    """不同意不予受理: it waits to be accepted, or for another decision."""

    TOPIC: ClassVar[str] = "petition.decline_refused"
    reason: Personal[str]


@registered
class NoticeWaiverAsked(Event):
    """申请免予告知: acceptance is not to be told in writing, though name and address are clear (L1 23)."""

    TOPIC: ClassVar[str] = "petition.notice_waiver_asked"
    reason: Personal[str]


@registered
class NoticeWaived(Event):
    """同意免予告知: a second person agreed; the petition may be accepted without a notice."""

    TOPIC: ClassVar[str] = "petition.notice_waived"


@registered
class NoticeWaiverRefused(Event):
    """不同意免予告知: the petitioner is told."""

    TOPIC: ClassVar[str] = "petition.notice_waiver_refused"
    reason: Personal[str]


@registered
class VoidingAsked(Event):
    """申请作废: a number was given in error; a second person has to agree before it is void."""

    TOPIC: ClassVar[str] = "petition.voiding_asked"
    reason: Personal[str]


@registered
class VoidingRefused(Event):
    """不同意作废: the number stands, and so does the petition."""

    TOPIC: ClassVar[str] = "petition.voiding_refused"
    reason: Personal[str]


@registered
class WaiverAsked(Event):
    """申请不公示: secrecy or privacy demands that the result stays unpublished; a second person has to agree."""

    TOPIC: ClassVar[str] = "petition.waiver_asked"
    ground: WaiverGround
    reason: Personal[str]


@registered
class WaiverRefused(Event):
    """不同意不公示: the result is to be published."""

    TOPIC: ClassVar[str] = "petition.waiver_refused"
    reason: Personal[str]
