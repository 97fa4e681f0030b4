"""民情受理: what is decided about a petition before anybody works on it, and what may be done to a file at any time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from domain.errors import DomainError
from domain.kernel import Context, Event
from domain.petition.command import (
    CodeText,
    FileNumber,
    Line,
    PetitionCommand,
    Prose,
    Short,
    due_dates,
    invalid,
    known_category,
    start_clocks,
    uploaded,
)
from domain.petition.events import receiving as r
from domain.petition.events.values import Demand
from domain.petition.limits import clocks_of_receipt
from domain.petition.petition import Petition
from domain.petition.rules import not_ended_by_whoever_worked, not_possible
from domain.vocabulary import (
    Clock,
    Delivery,
    MeetingPart,
    Nature,
    Procedure,
    ReviewKind,
    ReviewVerdict,
    Role,
    Secrecy,
    Track,
    Urgency,
)

INTAKE = frozenset({Role.INTAKE})


class ClassifyPetition(PetitionCommand):
    """分类: decide nature, category, urgency and secrecy; the track follows from the rulebook."""

    title: ClassVar[str] = "分类"
    roles: ClassVar[frozenset[Role]] = INTAKE
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.PetitionClassified

    nature: Nature = Field(title="性质")
    category: CodeText = Field(title="类别")
    urgency: Urgency = Field(Urgency.NORMAL, title="紧急程度")
    secrecy: Secrecy = Field(Secrecy.OPEN, title="密级")
    demand_categories: dict[CodeText, CodeText] = Field({}, title="各诉求类别", max_length=50)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """One fact; running clocks go on as they were started, but for one that the petition has no longer.

        A limit that the petition has only now runs from where it would have started, so that none is dodged.
        """
        known_category(self.category, context, "category")
        known = {demand.id for demand in petition.demands}
        for demand, code in self.demand_categories.items():
            if demand not in known:
                raise invalid("没有此诉求", "no such demand", "demand_categories", demand)
            known_category(code, context, "demand_categories", demand)
        track = context.rulebook.track(petition.channel, self.nature)
        yield r.PetitionClassified(
            nature=self.nature,
            category=self.category,
            urgency=self.urgency,
            secrecy=self.secrecy,
            track=track,
            demands=tuple(self._classified(demand) for demand in petition.demands) if self.demand_categories else (),
        )
        for clock, started in missing_clocks(petition):
            yield from due_dates(
                context._replace(at=started),
                (clock,),
                track=track,
                nature=self.nature,
                urgency=self.urgency,
                secrecy=self.secrecy,
            )
        if Clock.HANDLE in petition.due and self._unlimited(track, petition, context):
            yield r.DueDatesLifted(clocks=(Clock.HANDLE,))

    def _unlimited(self, track: Track, petition: Petition, context: Context) -> bool:
        """Whether what it is now classified as has no limit for handling, such as a suggestion (L1 29)."""
        return (
            context.rulebook.limit(
                Clock.HANDLE,
                track=track,
                nature=self.nature,
                urgency=self.urgency,
                secrecy=self.secrecy,
                rehandling=petition.round > 1,
            )
            is None
        )

    def _classified(self, demand: Demand) -> Demand:
        return demand.model_copy(update={"category": self.demand_categories.get(demand.id, demand.category)})


def missing_clocks(petition: Petition) -> Iterator[tuple[Clock, datetime]]:
    """Clocks that neither run nor have been stopped, with the instant from which another classification starts them."""
    if petition.round == 1:
        done = {Clock.NOTICE: petition.accepted_at is not None, Clock.CONTACT: petition.current.contacted}
        for clock in clocks_of_receipt(petition.petitioners):
            if clock not in petition.due and not done[clock]:
                yield clock, petition.received_at
        if petition.accepted_at is not None and Clock.HANDLE not in petition.due:
            yield Clock.HANDLE, petition.accepted_at


class AcceptPetition(PetitionCommand):
    """受理: accept with a written notice, unless name or address is unclear (L1 23)."""

    title: ClassVar[str] = "受理"
    roles: ClassVar[frozenset[Role]] = INTAKE
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.PetitionAccepted

    notice: Delivery | None = Field(None, title="告知方式")
    notice_waived_because: Prose | None = Field(
        None, title="未告知原因", description="Only where name or address is unclear; otherwise ask for a waiver first"
    )

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Accepted; the handling clock starts, for what the rulebook gives one."""
        if self.notice is None and not petition.notice_waived:
            check_notice(petition, self.notice_waived_because)
        yield r.PetitionAccepted(notice=self.notice, notice_waived_because=self.notice_waived_because)
        yield from start_clocks(petition, context, Clock.HANDLE)


def check_notice(petition: Petition, waived_because: str | None) -> None:
    """Without a notice nothing is accepted, unless name or address is unclear (L1 23) and the reason says so."""
    if petition.anonymous:
        return
    if waived_because is None:
        raise invalid("须填写告知方式，或说明未告知原因", "say how notice was given, or why not", "notice")
    if Clock.NOTICE in clocks_of_receipt(petition.petitioners):
        raise invalid(
            "姓名和联系方式清楚，须书面告知；不告知的，先申请免予告知",
            "name and address are clear, so notice is due; ask for a waiver first",
            "notice_waived_because",
        )


class ReferPetition(PetitionCommand):
    """转送: send it on to the competent body outside the office."""

    title: ClassVar[str] = "转送"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = r.PetitionReferred

    body: Short = Field(title="转送单位", description="A body's code of the rulebook, or its name")
    reason: Prose = Field(title="理由")
    notice: Delivery | None = Field(None, title="告知方式")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Referred."""
        yield r.PetitionReferred(body=self.body, reason=self.reason, notice=self.notice)


class AnswerAtOnce(PetitionCommand):
    """即时答复: answer a consultation or thanks on the spot, where the rulebook waives the rest of the loop."""

    title: ClassVar[str] = "即时答复"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = r.AnsweredAtOnce

    text: Prose = Field(title="答复内容")
    delivery: Delivery = Field(Delivery.IN_PERSON, title="答复方式")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Every demand must be of a nature that the rulebook lets end here."""
        natures = {petition.nature, *(demand.nature for demand in petition.demands)}
        if natures <= set(context.rulebook.waived_natures):
            return None
        return not_possible("此性质的诉求须走完办理流程", "a petition of this nature goes through the whole loop")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Answered, and over."""
        yield r.AnsweredAtOnce(text=self.text, delivery=self.delivery)


class SteerToProcedure(PetitionCommand):
    """导入法定程序: it belongs into litigation, arbitration or reconsideration (L1 31)."""

    title: ClassVar[str] = "导入法定程序"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = r.PetitionSteered

    procedure: Procedure = Field(title="程序")
    reason: Prose = Field(title="理由")
    notice: Delivery | None = Field(None, title="告知方式")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not for somebody's own work."""
        return not_ended_by_whoever_worked(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Steered."""
        yield r.PetitionSteered(procedure=self.procedure, reason=self.reason, notice=self.notice)


class WithdrawPetition(PetitionCommand):
    """撤回: the petitioner takes it back; who enters it records the petitioner's own words."""

    title: ClassVar[str] = "撤回"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = r.PetitionWithdrawn

    reason: Prose = Field(title="撤回原因")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Only a known petitioner can take something back, and not by the word of who handled it."""
        if petition.anonymous:
            return not_possible("匿名件不能撤回", "an anonymous petition has nobody who could withdraw it")
        return not_ended_by_whoever_worked(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Withdrawn."""
        yield r.PetitionWithdrawn(reason=self.reason)


class RefuseFurther(PetitionCommand):
    """不再受理: the same facts and grounds were concluded by a re-review (L1 36)."""

    title: ClassVar[str] = "不再受理"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = r.PetitionNoLongerAccepted

    reason: Prose = Field(title="理由")
    beside: ClassVar[str | None] = "concluded_by"

    concluded_by: FileNumber = Field(title="已复核终结的卷宗编号")
    notice: Delivery | None = Field(None, title="告知方式")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Not for somebody's own work."""
        return not_ended_by_whoever_worked(petition, context)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """No longer accepted."""
        if self.concluded_by == petition.number:
            raise invalid("不能是本件", "must be another file", "concluded_by")
        yield r.PetitionNoLongerAccepted(reason=self.reason, concluded_by=self.concluded_by, notice=self.notice)

    def decide_beside(self, other: Petition, petition: Petition) -> Iterator[Event]:
        """Nothing happens to the concluded file; but its re-review must have been decided."""
        review = other.reviews.get(ReviewKind.RE_REVIEW)
        if review is None or review.verdict in {None, ReviewVerdict.REVOKED}:
            raise invalid("该件未经复核终结", "no re-review of this file stands that concluded it", "concluded_by")
        yield from ()


class TakeUpImported(PetitionCommand):
    """纳入办理: take an imported file that is not over into the loop; its clocks run from now on."""

    title: ClassVar[str] = "纳入办理"
    roles: ClassVar[frozenset[Role]] = INTAKE
    event: ClassVar[type[Event]] = r.ImportedPetitionTakenUp

    urgency: Urgency = Field(Urgency.NORMAL, title="紧急程度")
    reason: Prose = Field(title="原因")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Taken up."""
        track = context.rulebook.track(petition.channel, petition.nature)
        yield r.ImportedPetitionTakenUp(track=track, urgency=self.urgency, reason=self.reason)
        yield from due_dates(
            context,
            clocks_of_receipt(petition.petitioners),
            track=track,
            nature=petition.nature,
            urgency=self.urgency,
            secrecy=petition.secrecy,
        )


class RecordMeetingDecision(PetitionCommand):
    """社情民意分析会: record what an analysis meeting decided about this petition."""

    title: ClassVar[str] = "分析会决定"
    roles: ClassVar[frozenset[Role]] = INTAKE
    several: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.MeetingDecided

    meeting: Line = Field(title="会议")
    held_on: date = Field(title="召开日期")
    part: MeetingPart = Field(title="环节")
    decision: Prose = Field(title="决定")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Decided by the meeting."""
        if self.held_on > context.today:
            raise invalid("不得晚于今天", "must not lie in the future", "held_on")
        yield r.MeetingDecided(meeting=self.meeting, held_on=self.held_on, part=self.part, decision=self.decision)


class AddAttachments(PetitionCommand):
    """补充附件: add uploaded files to the petition."""

    title: ClassVar[str] = "补充附件"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.AttachmentsAdded

    attachments: tuple[CodeText, ...] = Field(title="附件", min_length=1, max_length=50)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Added."""
        yield r.AttachmentsAdded(attachments=uploaded(self.attachments, context, "attachments"))


class CheckIdentity(PetitionCommand):
    """比对核查: record the verdict of a check against another body's register; nothing else of it is kept."""

    title: ClassVar[str] = "比对核查"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.HANDLER})
    own_unit: ClassVar[bool] = True
    event: ClassVar[type[Event]] = r.IdentityChecked

    petitioner: CodeText = Field(title="信访人")
    register_of: Short = Field(title="比对部门")
    matches: bool = Field(title="是否一致")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Checked."""
        if self.petitioner not in {one.id for one in petition.petitioners}:
            raise invalid("没有此信访人", "no such petitioner", "petitioner")
        yield r.IdentityChecked(petitioner=self.petitioner, register_of=self.register_of, matches=self.matches)
