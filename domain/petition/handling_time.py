"""民情办理, its time: extension (延期) and suspension (挂起). One asks, another decides; no clock is ever reset."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError, NotApproved
from domain.kernel import Context, Event, day_of
from domain.petition.command import PetitionCommand, Prose, invalid
from domain.petition.events import handling as h
from domain.petition.events.values import digest_of
from domain.petition.handling import unsigned
from domain.petition.petition import Petition
from domain.petition.rules import decided_by_another, not_possible, not_waiting_yet
from domain.vocabulary import Clock, Delivery, Role

EXTENSION, SUSPENSION = ("延期", "extension"), ("挂起", "suspension")


class AskExtension(PetitionCommand):
    """延期申请: ask for more time to handle, with the reason (L1 34: at most 30 days more in all)."""

    title: ClassVar[str] = "申请延期"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ExtensionAsked

    days: int = Field(title="延期天数", ge=1, le=365, description="Of the clock's own sort: calendar or working days")
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A handling clock must run, the unit must have signed, and nothing may wait already."""
        if Clock.HANDLE not in petition.due:
            return not_possible("此件没有办理期限", "no handling clock runs on this file")
        return not_waiting_yet(petition.extension_asked, EXTENSION) or unsigned(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked, before the limit is over: what is late cannot be made punctual afterwards."""
        due = petition.due[Clock.HANDLE].due
        if day_of(context.at) > due:
            raise not_possible(f"办理期限 {due} 已过，不能再申请延期", f"the limit passed on {due}: it is too late")
        left = _days_left(petition, context)
        if self.days > left:
            raise invalid(f"累计不得超过规定上限，还可延期 {left} 天", f"at most {left} more days", "days")
        digest = digest_of(context.salt, f"{self.days}\n{self.reason}")
        yield h.ExtensionAsked(days=self.days, reason=self.reason, salt=context.salt, digest=digest)


def _days_left(petition: Petition, context: Context) -> int:
    """How many more days may be granted: in all at most 30 (L1 34), and no more than the limit's own row allows."""
    left = context.rulebook.max_extension_days - petition.extension_days
    limit = context.rulebook.limit(
        Clock.HANDLE,
        track=petition.track,
        nature=petition.nature,
        urgency=petition.urgency,
        secrecy=petition.secrecy,
        rehandling=petition.round > 1,
    )
    if limit is not None and limit.longest is not None:
        left = min(left, limit.longest - petition.due[Clock.HANDLE].days)
    return max(left, 0)


class _ExtensionDecision(PetitionCommand):
    """What deciding on an extension shares: the head of the lead unit (or one above), not who asked, nor a handler."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPROVER})
    own_unit: ClassVar[bool] = True

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must wait, asked by another person and for another's work."""
        return decided_by_another(petition.extension_asked, EXTENSION, context, petition.handled)


class GrantExtension(_ExtensionDecision):
    """延期批准, with the notice to the petitioner (L1 34). The clock is lengthened from its own start."""

    title: ClassVar[str] = "批准延期"
    event: ClassVar[type[Event]] = h.ExtensionGranted

    notice: Delivery | None = Field(None, title="告知方式")
    digest: str | None = Field(None, title="申请摘要", pattern="^[0-9a-f]{64}$")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Granted: exactly what was asked for; the one with this digest, where one is named."""
        asked = petition.extension_asked
        if asked is None or self.digest not in {None, asked.digest}:
            raise NotApproved(("digest",))
        if self.notice is None and not petition.anonymous:
            raise invalid(
                "须告知信访人延期理由（《信访工作条例》第三十四条）", "the petitioner must be told (L1 34)", "notice"
            )
        due = context.rulebook.recount(petition.due[Clock.HANDLE], version=context.rulebook_version, more=asked.days)
        yield h.ExtensionGranted(digest=asked.digest, days=asked.days, due=due, notice=self.notice)


class RefuseExtension(_ExtensionDecision):
    """延期不批."""

    title: ClassVar[str] = "不批准延期"
    event: ClassVar[type[Event]] = h.ExtensionRefused

    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield h.ExtensionRefused(reason=self.reason)


class AskSuspension(PetitionCommand):
    """挂起申请: ask to put the work aside until a day, with the reason."""

    title: ClassVar[str] = "申请挂起"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.SuspensionAsked

    until: date = Field(title="挂起至")
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not while suspended or while one waits."""
        if petition.suspended:
            return not_possible("此件已挂起", "the file is suspended")
        return not_waiting_yet(petition.suspension_asked, SUSPENSION) or unsigned(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked."""
        if self.until <= context.today:
            raise invalid("须晚于今天", "must lie after today", "until")
        yield h.SuspensionAsked(until=self.until, reason=self.reason)


class _SuspensionDecision(PetitionCommand):
    """What deciding on a suspension shares: the head of the lead unit (or one above), not who asked, nor a handler."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPROVER})
    own_unit: ClassVar[bool] = True

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must wait, asked by another person and for another's work."""
        return decided_by_another(petition.suspension_asked, SUSPENSION, context, petition.handled)


class GrantSuspension(_SuspensionDecision):
    """挂起批准. The clocks run on; the suspended days are counted and shown."""

    title: ClassVar[str] = "批准挂起"
    event: ClassVar[type[Event]] = h.SuspensionGranted

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Granted, as it was asked."""
        asked = petition.suspension_asked
        yield h.SuspensionGranted(until=asked.until if asked and asked.until else context.today)


class RefuseSuspension(_SuspensionDecision):
    """挂起不批."""

    title: ClassVar[str] = "不批准挂起"
    event: ClassVar[type[Event]] = h.SuspensionRefused

    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield h.SuspensionRefused(reason=self.reason)


class ResumeHandling(PetitionCommand):
    """恢复办理: go on with suspended work, early or in time."""

    title: ClassVar[str] = "恢复办理"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.APPROVER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.HandlingResumed

    reason: Prose | None = Field(None, title="说明")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Only what is suspended can be resumed."""
        return None if petition.suspended else not_possible("此件未挂起", "the file is not suspended")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Resumed."""
        yield h.HandlingResumed(reason=self.reason)
