"""民情办理, its end: the outcome for every demand, and the reply (答复意见), drafted, approved, delivered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from domain.errors import DemandUnanswered, DomainError, NotApproved
from domain.kernel import Context, Event
from domain.petition.command import CodeText, Line, PetitionCommand, Prose, invalid, start_clocks, uploaded
from domain.petition.events import handling as h
from domain.petition.events.values import digest_of
from domain.petition.handling import unsigned
from domain.petition.handling_together import AnswerForm, answers_of
from domain.petition.petition import Petition
from domain.petition.rules import another_person, not_possible, waiting_digest
from domain.vocabulary import Clock, Delivery, Role


class ReportOutcome(PetitionCommand):
    """办理结果: one answer for every demand. The lead unit answers for all; co-units report to it first.

    A demand of a co-unit is answered as the co-unit did, unless the lead answers it itself. Without a co-unit's report
    the lead may go on with a reason.
    """

    title: ClassVar[str] = "上报办理结果"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.OutcomeReported

    answers: tuple[AnswerForm, ...] = Field((), title="各诉求办理结果", max_length=50)
    without_because: Prose | None = Field(None, title="未等协办反馈的理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """The lead unit, after signing, and not while the work is put aside."""
        if context.actor.unit != petition.lead:
            return not_possible("须由主办单位上报", "the lead unit reports the outcome")
        if petition.suspended:
            return not_possible("此件已挂起，请先恢复办理", "the file is suspended; resume it first")
        return unsigned(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Reported."""
        unit, known = str(context.actor.unit), [demand.id for demand in petition.demands]
        given = petition.current.co_answers | answers_of(self.answers, set(known), unit)
        missing = [demand for demand in known if demand not in given]
        if missing:
            raise DemandUnanswered(("answers",), missing=", ".join(missing))
        without = tuple(one for one in petition.co_units if one not in petition.current.co_reports)
        if without and self.without_because is None:
            raise invalid(
                f"协办单位尚未反馈：{'、'.join(without)}；不等反馈须说明理由",
                f"co-units have not reported: {', '.join(without)}; say why you go on without them",
                "without_because",
            )
        yield h.OutcomeReported(
            unit=unit,
            answers=tuple(given[demand] for demand in known),
            without=without,
            without_because=self.without_because if without else None,
        )


class DraftReply(PetitionCommand):
    """答复意见拟稿: draft the reply. A new draft voids the approval of the old one."""

    title: ClassVar[str] = "拟写答复"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ReplyDrafted

    text: Prose = Field(title="答复意见")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Every demand must have its answer first."""
        if not {demand.id for demand in petition.demands} <= set(petition.current.answers):
            return not_possible("须先上报各诉求的办理结果", "report the outcome for every demand first")
        return unsigned(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Drafted."""
        yield h.ReplyDrafted(text=self.text, salt=context.salt, digest=digest_of(context.salt, self.text))


class _ReplyDecision(PetitionCommand):
    """What deciding on a reply shares: the head of the lead unit (or one above), never who drafted or handled it."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPROVER})
    own_unit: ClassVar[bool] = True

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A draft must wait, written by others."""
        draft = petition.current.reply
        if draft is None or not draft.waiting:
            return not_possible("没有待审批的答复", "no reply waits for approval")
        return another_person(context, draft.by, petition.handled)


class ApproveReply(_ReplyDecision):
    """答复审批通过: approve exactly the draft with this digest; without one, the draft as it stands."""

    title: ClassVar[str] = "批准答复"
    event: ClassVar[type[Event]] = h.ReplyApproved

    digest: str | None = Field(None, title="文稿摘要", pattern="^[0-9a-f]{64}$")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Approved."""
        yield h.ReplyApproved(digest=waiting_digest(petition.current.reply, self.digest))


class SendBackReply(_ReplyDecision):
    """答复退回修改."""

    title: ClassVar[str] = "退回答复"
    event: ClassVar[type[Event]] = h.ReplySentBack

    reason: Prose = Field(title="退回原因")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Sent back."""
        yield h.ReplySentBack(digest=waiting_digest(petition.current.reply, None), reason=self.reason)


class DeliverReply(PetitionCommand):
    """答复送达: give the approved reply to the petitioner (or announce it, if anonymous). The review clock starts."""

    title: ClassVar[str] = "送达答复"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.HANDLER, Role.INTAKE})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ReplyDelivered

    method: Delivery = Field(title="送达方式")
    proof: tuple[CodeText, ...] = Field((), title="送达凭证", max_length=20)
    receipt_note: Prose | None = Field(None, title="送达说明")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Only what was approved, and not while a demand that a correction added has no answer yet."""
        if not {demand.id for demand in petition.demands} <= set(petition.current.answers):
            return not_possible("须先上报各诉求的办理结果", "report the outcome for every demand first")
        if petition.lead is None or petition.suspended:
            return not_possible("未派单或已挂起的件不能送达答复", "the file has no lead unit, or is suspended")
        draft = petition.current.reply
        return None if draft is not None and draft.approved else NotApproved()

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Delivered."""
        if petition.anonymous and self.method is not Delivery.PUBLIC_NOTICE:
            raise invalid("匿名件只能公告送达", "an anonymous petition's reply is announced publicly", "method")
        yield h.ReplyDelivered(
            digest=waiting_digest(petition.current.reply, None),
            method=self.method,
            proof=uploaded(self.proof, context, "proof"),
            receipt_note=self.receipt_note,
        )
        yield from start_clocks(petition, context, Clock.REVIEW_ASK)


class ImportReply(PetitionCommand):
    """导入答复: the reply that an old ledger holds, at the time stated there; without one it stays undated."""

    title: ClassVar[str] = "导入历史答复"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.SYSTEM})
    historical: ClassVar[bool] = True
    event: ClassVar[type[Event]] = h.ReplyImported

    text: Prose = Field(title="答复内容")
    replied_by: Line | None = Field(None, title="答复单位")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Imported."""
        yield h.ReplyImported(text=self.text, replied_by=self.replied_by)
