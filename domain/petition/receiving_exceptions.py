"""民情受理, its exceptions: declining (不予受理), a waived notice (免予告知), a voided number (作废). Two people each.

The second person is somebody else of the intake desk, or any approver: no unit leads the file yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.petition.command import Prose, Short, invalid
from domain.petition.events import exceptions as x
from domain.petition.events import receiving as r
from domain.petition.exceptions import AskException, DecideException, RefuseException, asked_for
from domain.petition.limits import clocks_of_receipt
from domain.petition.petition import Petition
from domain.petition.receiving import INTAKE
from domain.petition.rules import not_possible
from domain.vocabulary import Clock, DeclineGround, Delivery, Role

SECOND = frozenset({Role.INTAKE, Role.APPROVER})


class AskDecline(AskException):
    """提请不予受理: propose to decline on a legal ground, with written notice (L1 23)."""

    title: ClassVar[str] = "提请不予受理"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = x.DeclineAsked
    matter: ClassVar[tuple[str, str]] = ("不予受理", "proposal to decline")

    ground: DeclineGround = Field(title="法定理由")
    article: Short = Field(title="法律依据", description="For example 《信访工作条例》第三十一条")
    reason: Prose = Field(title="说明")
    notice: Delivery | None = Field(None, title="告知方式")
    notice_waived_because: Prose | None = Field(None, title="未告知原因", description="Approved with the rest")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked. That nobody is told is part of what the second person agrees to."""
        if self.notice is None and self.notice_waived_because is None and not petition.anonymous:
            raise invalid("须填写告知方式，或说明未告知原因", "say how notice is given, or why not", "notice")
        yield x.DeclineAsked(
            ground=self.ground,
            article=self.article,
            reason=self.reason,
            notice=self.notice,
            notice_waived_because=self.notice_waived_because,
        )


class _DeclineDecision(DecideException):
    """Who may decide whether it is declined."""

    roles: ClassVar[frozenset[Role]] = SECOND
    asking: ClassVar[type[AskException]] = AskDecline


class ApproveDecline(_DeclineDecision):
    """同意不予受理: it is declined, exactly as proposed."""

    title: ClassVar[str] = "同意不予受理"
    event: ClassVar[type[Event]] = r.PetitionDeclined

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Declined."""
        asked = asked_for(petition, x.DeclineAsked)
        yield r.PetitionDeclined(
            ground=asked.ground,
            article=asked.article,
            reason=asked.reason,
            notice=asked.notice,
            notice_waived_because=asked.notice_waived_because,
        )


class RefuseDecline(_DeclineDecision, RefuseException):
    """不同意不予受理: it is to be accepted, or ended otherwise."""

    title: ClassVar[str] = "不同意不予受理"
    event: ClassVar[type[Event]] = x.DeclineRefused

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield x.DeclineRefused(reason=self.reason)


class AskNoticeWaiver(AskException):
    """申请免予告知: accept without a notice, though name and address are clear. Where they are not, L1 23 allows it."""

    title: ClassVar[str] = "申请免予告知"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = x.NoticeWaiverAsked
    matter: ClassVar[tuple[str, str]] = ("免予告知", "waiver of the notice")

    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A notice must be due, and not waived already."""
        if petition.notice_waived:
            return not_possible("已同意免予告知", "the notice was waived already")
        if Clock.NOTICE not in clocks_of_receipt(petition.petitioners):
            return not_possible(
                "姓名或联系方式不清，依法无须告知", "name or address is unclear: no notice is due (L1 23)"
            )
        return super().refusal(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked."""
        yield x.NoticeWaiverAsked(reason=self.reason)


class _NoticeDecision(DecideException):
    """Who may decide whether the notice is waived."""

    roles: ClassVar[frozenset[Role]] = SECOND
    asking: ClassVar[type[AskException]] = AskNoticeWaiver


class ApproveNoticeWaiver(_NoticeDecision):
    """同意免予告知: it may be accepted without a notice."""

    title: ClassVar[str] = "同意免予告知"
    event: ClassVar[type[Event]] = x.NoticeWaived

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Waived."""
        yield x.NoticeWaived()


class RefuseNoticeWaiver(_NoticeDecision, RefuseException):
    """不同意免予告知: the petitioner is told."""

    title: ClassVar[str] = "不同意免予告知"
    event: ClassVar[type[Event]] = x.NoticeWaiverRefused

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield x.NoticeWaiverRefused(reason=self.reason)


class AskVoiding(AskException):
    """申请作废: have a number voided that was given in error, on record; no number is ever used again."""

    title: ClassVar[str] = "申请作废编号"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = x.VoidingAsked
    matter: ClassVar[tuple[str, str]] = ("作废", "voiding")

    reason: Prose = Field(title="作废原因")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked."""
        yield x.VoidingAsked(reason=self.reason)


class _VoidingDecision(DecideException):
    """Who may decide whether the number is void."""

    roles: ClassVar[frozenset[Role]] = SECOND
    asking: ClassVar[type[AskException]] = AskVoiding


class ApproveVoiding(_VoidingDecision):
    """同意作废: the number is void, and stays on record."""

    title: ClassVar[str] = "同意作废编号"
    event: ClassVar[type[Event]] = r.NumberVoided

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Voided."""
        yield r.NumberVoided(reason=asked_for(petition, x.VoidingAsked).reason)


class RefuseVoiding(_VoidingDecision, RefuseException):
    """不同意作废: the petition goes on."""

    title: ClassVar[str] = "不同意作废编号"
    event: ClassVar[type[Event]] = x.VoidingRefused

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield x.VoidingRefused(reason=self.reason)
