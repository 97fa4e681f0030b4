"""公示回应: redact, have a second person approve, publish; or have it waived. Withdraw and correct later."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError, NotApproved
from domain.kernel import Context, Event
from domain.petition.command import Line, PetitionCommand, Prose, invalid, start_clocks
from domain.petition.events import exceptions as x
from domain.petition.events import publishing as p
from domain.petition.events.values import digest_of
from domain.petition.exceptions import AskException, DecideException, RefuseException, asked_for
from domain.petition.petition import Petition
from domain.petition.publishing_redaction import (
    Preview,
    RedactionForm,
    TakenBackForm,
    preview,
    recorded,
    redacted,
)
from domain.petition.references import referring
from domain.petition.rules import another_person, not_own_work, not_possible, waiting_digest
from domain.petition.stages import Stage
from domain.vocabulary import Clock, Outlet, Role, Secrecy, WaiverGround

PUBLISHER = frozenset({Role.PUBLISHER})


class DraftPublication(PetitionCommand):
    """公示拟稿: what will stand on the boards. Identity given with the petition, and what is detected, is masked."""

    title: ClassVar[str] = "拟写公示"
    roles: ClassVar[frozenset[Role]] = PUBLISHER
    event: ClassVar[type[Event]] = p.PublicationDrafted

    subject: Line = Field(alias="title", title="公示标题")
    text: Prose = Field(title="公示内容")
    redactions: tuple[RedactionForm, ...] = Field((), title="人工脱敏", max_length=100)
    taken_back: tuple[TakenBackForm, ...] = Field((), title="恢复显示", max_length=100)

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not somebody who handled the file; after publication only to correct what hangs there."""
        if petition.stage is not Stage.PUBLISHING and not petition.outlets:
            return not_possible("没有需要更正的公示", "nothing is published that could be corrected")
        return _not_for_the_public(petition) or not_own_work(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Drafted, redacted, with what was taken out and why, what was taken back and why."""
        done = redacted(self, petition)
        title, text = done.title.text, done.text.text
        yield p.PublicationDrafted(
            title=title,
            text=text,
            redactions=recorded(self, done),
            salt=context.salt,
            digest=digest_of(context.salt, f"{title}\n{text}"),
            before=digest_of(context.salt, f"{self.subject}\n{self.text}"),
        )

    def preview(self, petition: Petition) -> Preview:
        """What would become of the draft as it was typed; nothing happens. Raises `Invalid` as `decide` would."""
        return preview(self, referring(self, self.persons(petition)), petition)


class _PublicationDecision(PetitionCommand):
    """What deciding on a draft shares: a second person, who neither drafted it nor handled the file."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.PUBLISHER, Role.APPROVER})

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A draft must wait."""
        if petition.publication is None or not petition.publication.waiting:
            return not_possible("没有待审核的公示", "no publication waits for approval")
        return another_person(context, petition.publication.by, petition.handled)


class ApprovePublication(_PublicationDecision):
    """公示审核通过: approve exactly the draft with this digest; without one, the draft as it stands."""

    title: ClassVar[str] = "批准公示"
    event: ClassVar[type[Event]] = p.PublicationApproved

    digest: str | None = Field(None, title="文稿摘要", pattern="^[0-9a-f]{64}$")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Nor is what must not be published approved: that can only be sent back, or waived."""
        return super().refusal(petition, context) or _not_for_the_public(petition)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Approved."""
        yield p.PublicationApproved(digest=waiting_digest(petition.publication, self.digest))


class SendBackPublication(_PublicationDecision):
    """公示退回修改."""

    title: ClassVar[str] = "退回公示"
    event: ClassVar[type[Event]] = p.PublicationSentBack

    reason: Prose = Field(title="退回原因")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Sent back."""
        yield p.PublicationSentBack(digest=waiting_digest(petition.publication, None), reason=self.reason)


def _not_for_the_public(petition: Petition) -> DomainError | None:
    """A secret file is not published, nor one that accuses: the boards would tell the accused (L1 30, 46).

    Of whatever nature: a report that is classified as a complaint later accuses as before.
    """
    if petition.secrecy is Secrecy.SECRET or petition.against:
        return not_possible(
            "保密件和涉及被反映单位、人员的件不得公示，请办理不公示",
            "a file that is secret, or accuses somebody, is not published; waive it",
        )
    return None


def _approved(petition: Petition, context: Context) -> DomainError | None:
    """Only what another person approved as it stands, what may be published at all, and nobody's own work."""
    refused = _not_for_the_public(petition)
    if refused is not None:
        return refused
    draft = petition.publication
    if draft is None or not draft.approved:
        return NotApproved()
    return another_person(context, draft.approved_by) or not_own_work(petition, context)


class PublishResult(PetitionCommand):
    """公示回应: put the approved, redacted result before the public."""

    title: ClassVar[str] = "公示"
    roles: ClassVar[frozenset[Role]] = PUBLISHER
    event: ClassVar[type[Event]] = p.ResultPublished

    outlets: frozenset[Outlet] = Field(title="公示渠道", min_length=1)

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Approved by another person; not one's own work."""
        return _approved(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Published; the follow-up clock starts."""
        draft = petition.publication
        if draft is None:
            raise NotApproved
        yield p.ResultPublished(
            title=draft.title, text=draft.text, digest=draft.digest, outlets=tuple(sorted(self.outlets))
        )
        yield from start_clocks(petition, context, Clock.FOLLOW_UP)


class AskWaiver(AskException):
    """申请不公示: leave it unpublished where secrecy or privacy demands it, with the reason; another person decides."""

    title: ClassVar[str] = "申请不公示"
    roles: ClassVar[frozenset[Role]] = PUBLISHER
    event: ClassVar[type[Event]] = x.WaiverAsked
    matter: ClassVar[tuple[str, str]] = ("不公示", "waiver of publication")

    ground: WaiverGround = Field(title="不公示依据")
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not one's own work."""
        return super().refusal(petition, context) or not_own_work(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked."""
        yield x.WaiverAsked(ground=self.ground, reason=self.reason)


class _WaiverDecision(DecideException):
    """Who may decide on a waiver: those who might approve the publication, and not who handled the file."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.PUBLISHER, Role.APPROVER})
    asking: ClassVar[type[AskException]] = AskWaiver

    @classmethod
    def barred_too(cls, petition: Petition) -> Collection[str]:
        """Who handled it: what they did would not come before the public."""
        return petition.handled


class ApproveWaiver(_WaiverDecision):
    """同意不公示: the loop goes on without a publication."""

    title: ClassVar[str] = "同意不公示"
    event: ClassVar[type[Event]] = p.PublicationWaived

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Waived; the follow-up clock starts all the same."""
        asked = asked_for(petition, x.WaiverAsked)
        yield p.PublicationWaived(ground=asked.ground, reason=asked.reason)
        yield from start_clocks(petition, context, Clock.FOLLOW_UP)


class RefuseWaiver(_WaiverDecision, RefuseException):
    """不同意不公示: the result is to be published."""

    title: ClassVar[str] = "不同意不公示"
    event: ClassVar[type[Event]] = x.WaiverRefused

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Refused."""
        yield x.WaiverRefused(reason=self.reason)


class WithdrawPublication(PetitionCommand):
    """撤回公示: take it down; that it was published stays on record."""

    title: ClassVar[str] = "撤回公示"
    roles: ClassVar[frozenset[Role]] = PUBLISHER
    event: ClassVar[type[Event]] = p.PublicationWithdrawn

    reason: Prose = Field(title="撤回原因")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must hang there."""
        return None if petition.outlets else not_possible("没有在公示的内容", "nothing is published")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Withdrawn."""
        yield p.PublicationWithdrawn(reason=self.reason)


class CorrectPublication(PetitionCommand):
    """更正公示: replace what hangs there by a corrected draft that another person approved."""

    title: ClassVar[str] = "更正公示"
    roles: ClassVar[frozenset[Role]] = PUBLISHER
    event: ClassVar[type[Event]] = p.PublicationCorrected

    outlets: frozenset[Outlet] = Field(frozenset(), title="公示渠道", description="None: where it hangs now")
    reason: Prose = Field(title="更正原因")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must hang there, and another text must have been approved."""
        if not petition.outlets:
            return not_possible("没有在公示的内容", "nothing is published")
        if petition.publication is not None and petition.publication.digest == petition.published_digest:
            return not_possible("请先拟写更正稿", "draft the correction first")
        return _approved(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Corrected."""
        draft = petition.publication
        if draft is None:
            raise invalid("请先拟写更正稿", "draft the correction first", "outlets")
        yield p.PublicationCorrected(
            title=draft.title,
            text=draft.text,
            digest=draft.digest,
            outlets=tuple(sorted(self.outlets)) or petition.outlets,
            reason=self.reason,
        )
