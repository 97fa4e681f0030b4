"""民情受理, the file itself: corrections, duplicate links over two files, restricting and erasing personal data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import Field, model_validator

from domain.errors import DomainError, DuplicateOfItself, RetentionRuns
from domain.kernel import Context, Event, day_of, occurred
from domain.petition.command import (
    CodeText,
    FileNumber,
    Line,
    Moment,
    PetitionCommand,
    Prose,
    invalid,
    known_category,
    start_clocks,
)
from domain.petition.events import receiving as r
from domain.petition.events import values as v
from domain.petition.intake import (
    DemandForm,
    PetitionerForm,
    PlaceForm,
    SourceForm,
    accused,
    checked_source,
    few_representatives,
    petitioners_of,
    place_of,
    source_files,
    source_of,
)
from domain.petition.limits import clocks_of_receipt
from domain.petition.petition import Petition
from domain.petition.rules import another_person, not_possible
from domain.petition.stages import Stage, open_stage
from domain.vocabulary import Channel, Clock, ErasureGround, Role


class CorrectPetition(PetitionCommand):
    """更正: add what should have been said. The original stands; nothing is edited.

    Fields left out stay as they are; petitioners, demands and accused are replaced whole. A demand that was already
    worked on keeps its id by its place in the list.
    """

    title: ClassVar[str] = "更正"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    event: ClassVar[type[Event]] = r.PetitionCorrected

    reason: Prose = Field(title="更正原因")
    channel: Channel | None = Field(None, title="渠道")
    source: SourceForm | None = Field(None, title="渠道信息")
    subject: Line | None = Field(None, alias="title", title="标题")
    content: Prose | None = Field(None, title="内容")
    petitioners: tuple[PetitionerForm, ...] | None = Field(None, title="信访人", max_length=50)
    people_count: int | None = Field(None, title="人数", ge=1, le=100_000)
    demands: tuple[DemandForm, ...] | None = Field(None, title="诉求", min_length=1, max_length=50)
    against: tuple[CodeText, ...] | None = Field(None, title="被反映的单位或人员", max_length=50)
    place: PlaceForm | None = Field(None, title="地点")
    received_at: Moment | None = Field(None, title="收到时间")

    @model_validator(mode="after")
    def _something(self) -> Self:
        """A correction corrects something."""
        said = self.model_fields_set - {"reason", "occurred_at", "backdated_because"}
        if not said:
            raise ValueError("reason: 须填写至少一项更正内容 / name at least one field to correct")
        return self

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Corrected. Where only now somebody can be told of the acceptance, the limit for it starts."""
        channel = self.channel or (petition.channel if self.source else None)
        people = self._people(petition)
        few_representatives(people or ())
        received_at = occurred(self.received_at, context.now) if self.received_at else None
        if received_at is not None and received_at > context.now:
            raise invalid("不得晚于现在", "must not lie in the future", "received_at")
        against = self._against(petition, context)
        count = self.people_count or (max(petition.people_count, len(people)) if people else None)
        if count is not None and count < len(people or petition.petitioners):
            raise invalid("不得少于信访人数", "at least as many as petitioners are named", "people_count")
        yield r.PetitionCorrected(
            reason=self.reason,
            channel=channel,
            source=_source(channel, self.source, petition, context) if channel else None,
            title=self.subject,
            content=self.content,
            petitioners=people,
            people_count=count,
            demands=None
            if self.demands is None
            else tuple(_demand(form, n, petition, context) for n, form in enumerate(self.demands)),
            against=against,
            place=place_of(self.place, context),
            received_at=received_at,
        )
        if received_at is not None:
            running = tuple(clock for clock in (Clock.NOTICE, Clock.CONTACT) if clock in petition.due)
            yield from start_clocks(petition, context._replace(at=received_at), *running)
        if people is not None and petition.stage is Stage.RECEIVING:
            known = set(clocks_of_receipt(people)) - set(clocks_of_receipt(petition.petitioners)) - set(petition.due)
            yield from start_clocks(petition, context, *sorted(known))

    def _against(self, petition: Petition, context: Context) -> tuple[v.Accused, ...] | None:
        """Whom it accuses now; a unit that handles the file must have left it before, so that it is nobody's orphan."""
        if self.against is None:
            return None
        named = tuple(accused(code, context, index) for index, code in enumerate(self.against))
        units = {unit for one in named for unit in (one.unit, *one.staff_units) if unit}
        if any(units & set(context.rulebook.chain(unit)) for unit in petition.units):
            raise invalid(
                "该单位或其下级正在承办，请先改派", "it or a unit below handles the file; re-assign first", "against"
            )
        return named

    def persons(self, petition: Petition) -> tuple[v.Petitioner, ...]:
        """Those whom it brings, and everybody on the file."""
        return (*(self._people(petition) or ()), *petition.everyone)

    def _people(self, petition: Petition) -> tuple[v.Petitioner, ...] | None:
        """Persons as corrected. Ids go on after those already used: a key never changes hands."""
        if self.petitioners is None:
            return None
        return petitioners_of(self.petitioners, after=petition.petitioner_ids)


def _source(channel: Channel, form: SourceForm | None, petition: Petition, context: Context) -> v.Source:
    """The corrected source; files that it names must be on the file already."""
    source = checked_source(source_of(channel, form), context)
    if not set(source_files(source)) <= petition.attachments.keys():
        raise invalid("请先补充附件", "add the attachment to the file first", "source")
    return source


def _demand(form: DemandForm, index: int, petition: Petition, context: Context) -> v.Demand:
    return v.Demand(
        id=f"d{index + 1}",
        nature=form.nature or petition.nature,
        category=known_category(form.category, context, "demands", index, "category") or petition.category,
        text=form.text,
    )


class LinkDuplicate(PetitionCommand):
    """重复件关联: say that this file repeats another. Neither is deleted; it can be undone at will."""

    title: ClassVar[str] = "关联重复件"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    event: ClassVar[type[Event]] = r.DuplicateLinked
    beside: ClassVar[str | None] = "principal"

    principal: FileNumber = Field(title="主件编号")
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """A file repeats one other at most, and none that repeats it."""
        if petition.duplicate_of is not None:
            return not_possible("已关联主件，请先解除", "it is linked already; unlink it first")
        if petition.duplicates:
            return not_possible("此件本身是主件", "other files are linked to this one")
        return None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Linked, on this side."""
        if self.principal == petition.number:
            raise DuplicateOfItself(("principal",))
        yield r.DuplicateLinked(principal=self.principal, reason=self.reason)

    def decide_beside(self, other: Petition, petition: Petition) -> Iterator[Event]:
        """Linked, on the principal's side."""
        if other.duplicate_of is not None:
            raise DuplicateOfItself(("principal",))
        yield r.DuplicateAdopted(duplicate=petition.number)


class UnlinkDuplicate(PetitionCommand):
    """解除关联: undo a link; both files stand as they were."""

    title: ClassVar[str] = "解除重复件关联"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE})
    event: ClassVar[type[Event]] = r.DuplicateUnlinked
    beside: ClassVar[str | None] = "principal"

    principal: FileNumber = Field(title="主件编号")
    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """It must be linked."""
        return None if petition.duplicate_of else not_possible("此件未关联主件", "it is not linked")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Unlinked, on this side."""
        if self.principal != petition.duplicate_of:
            raise invalid("未与此件关联", "it is not linked to this file", "principal")
        yield r.DuplicateUnlinked(principal=self.principal, reason=self.reason)

    def decide_beside(self, other: Petition, petition: Petition) -> Iterator[Event]:
        """Unlinked, on the principal's side."""
        yield r.DuplicateReleased(duplicate=petition.number)


ERASERS = frozenset({Role.APPROVER, Role.INTAKE, Role.SYSTEM})


class _Erasure(PetitionCommand):
    """What restricting and erasing share: a petitioner (or, without one, the whole file) and a ground (PIPL 47)."""

    roles: ClassVar[frozenset[Role]] = ERASERS

    petitioner: CodeText | None = Field(None, title="信访人", description="None: the whole file")

    def target(self, petition: Petition) -> str | None:
        """Whom it is about, if there is such a person and they are not erased already."""
        if self.petitioner is not None and self.petitioner not in {one.id for one in petition.everyone}:
            raise invalid("没有此信访人", "no such petitioner", "petitioner")
        if self.petitioner in petition.erased or None in petition.erased:
            raise not_possible("已删除", "it was erased already")
        return self.petitioner


class RestrictData(_Erasure):
    """封存: keep the personal data, but stop processing it."""

    title: ClassVar[str] = "封存个人信息"
    event: ClassVar[type[Event]] = r.DataRestricted

    ground: ErasureGround = Field(title="依据")
    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Restricted, once."""
        if self.petitioner in petition.restricted:
            raise not_possible("已封存", "it is restricted already")
        yield r.DataRestricted(petitioner=self.target(petition), ground=self.ground, reason=self.reason)


class LiftRestriction(_Erasure):
    """解除封存: process the data again. The petition's handling goes on with it."""

    title: ClassVar[str] = "解除封存"
    event: ClassVar[type[Event]] = r.RestrictionLifted

    reason: Prose = Field(title="理由")

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must be restricted."""
        return None if petition.restricted else not_possible("没有封存的个人信息", "nothing is restricted")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Lifted."""
        if self.target(petition) not in petition.restricted:
            raise invalid("未封存", "is not restricted", "petitioner")
        yield r.RestrictionLifted(petitioner=self.petitioner, reason=self.reason)


class AskErasure(_Erasure):
    """申请删除: ask for the erasure; another person has to approve it."""

    title: ClassVar[str] = "申请删除个人信息"
    event: ClassVar[type[Event]] = r.ErasureAsked

    ground: ErasureGround = Field(title="依据")
    reason: Prose = Field(title="理由")

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Asked."""
        yield r.ErasureAsked(petitioner=self.target(petition), ground=self.ground, reason=self.reason)


class ApproveErasure(_Erasure):
    """批准删除: a second person approves; the keys are destroyed together with this fact.

    While the file is open or its retention runs the data can only be restricted, unless it was processed unlawfully.
    """

    title: ClassVar[str] = "批准删除个人信息"
    event: ClassVar[type[Event]] = r.DataErased

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """Something must wait, asked by another person."""
        if not petition.erasure_asked:
            return not_possible("没有待批准的删除申请", "no erasure waits for approval")
        own = [another_person(context, asked.by) for asked in petition.erasure_asked.values()]
        return own[0] if all(own) else None

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """Erased."""
        target = self.target(petition)
        asked = petition.erasure_asked.get(target)
        if asked is None or asked.ground is None:
            raise invalid("没有此项删除申请", "no such erasure was asked for", "petitioner")
        if own := another_person(context, asked.by):
            raise own
        if asked.ground is not ErasureGround.UNLAWFUL:
            check_retention(petition, context)
        yield r.DataErased(petitioner=target, ground=asked.ground, asked_by=asked.asker)


def check_retention(petition: Petition, context: Context) -> None:
    """RetentionRuns while the file is open or the rulebook's retention after its end has not passed."""
    if petition.stage is not None and open_stage(petition.stage):
        raise RetentionRuns(until="卷宗未办结 / open")
    ended = petition.ended_at or petition.received_at
    until = day_of(ended) + timedelta(days=context.rulebook.retention_days)
    if context.today < until:
        raise RetentionRuns(until=f"{until}")


def forgets(facts: tuple[Event, ...]) -> tuple[str, ...]:
    """The owners of the keys that these facts destroy: a petitioner's id, or `*` for the whole file."""
    return tuple(fact.petitioner or "*" for fact in facts if isinstance(fact, r.DataErased))
