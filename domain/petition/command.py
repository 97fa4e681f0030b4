"""What every step on a petition shares: who may take it, where the file must stand, when it happened, its facts."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, StringConstraints

from domain.clocks import DueDate
from domain.errors import (
    BackdatingNeedsReason,
    DomainError,
    InTheFuture,
    Invalid,
    NotYourUnit,
    OutOfOrder,
    UnknownCode,
    UnknownPetition,
    WrongRole,
    WrongStage,
)
from domain.kernel import CLOCK_SKEW, Actor, Attachment, Command, Context, Event, Grant, occurred
from domain.numbering import file_number, parse
from domain.petition.events.receiving import DueDatesSet
from domain.petition.events.values import Petitioner
from domain.petition.petition import Petition
from domain.petition.references import FreeText, referring
from domain.petition.stages import BEGINNINGS, Stage, may_follow, stage_after
from domain.vocabulary import Clock, Nature, Role, Secrecy, Track, Urgency


def _printable(text: str) -> str:
    """PostgreSQL text holds no NUL; other control characters would only confuse whoever reads the file."""
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        raise ValueError("control characters are not allowed / 不得包含控制字符")
    return text


def _number(typed: str) -> str:
    """The number in its one written form."""
    try:
        return file_number(*parse(typed))
    except DomainError:
        raise ValueError("不是卷宗编号 / not a file number") from None


PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|[1-8]\d{5}(?:19|20)\d{9}[\dXx])(?!\d)")
"""A mobile telephone or an identity number. Other systems' own numbers stand in fields that are not held to this."""


def _no_identifiers(text: str) -> str:
    """What is stored in plain must not carry somebody's telephone or identity number."""
    if PERSONAL_NUMBER.search(text):
        raise ValueError("不得填写电话或证件号码 / must hold no telephone or identity number")
    return text


Short = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
"""A line: what other systems call something, or a line that is sealed."""
Label = Annotated[Short, AfterValidator(_no_identifiers)]
"""A line that is stored in plain: numbers of other systems, names of meetings. It identifies nobody."""
Line = Annotated[Short, FreeText()]
"""A line that a person wrote, such as a title."""
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    AfterValidator(_printable),
    FreeText(),
]
"""Text that a person wrote."""
CodeText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    AfterValidator(_no_identifiers),
]
"""A code of the rulebook, a staff id, an attachment id."""


def _of_our_time(moment: datetime) -> datetime:
    """What lies outside can only be a slip, and times at the ends of the calendar cannot be brought to UTC."""
    if not 1900 <= moment.year < 2200:
        raise ValueError("年份须在1900至2199之间 / the year must be from 1900 to 2199")
    return moment


Moment = Annotated[datetime, AfterValidator(_of_our_time)]
"""A time that a person states."""
FileNumber = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64), AfterValidator(_number)]
"""The number of another file, as typed; kept as it is written."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken: in which role, with which facts, when it happened (None: undated history)."""

    context: Context
    facts: tuple[Event, ...]
    occurred_at: datetime | None
    backdated_because: str | None


STEPS: dict[str, type[PetitionCommand]] = {}
"""Every step on an existing petition, by its kebab-case name. Routes, buttons and API docs iterate it."""


class PetitionCommand(Command):
    """Base of every step on a petition. A subclass names its main event, its roles, its rule and its facts."""

    event: ClassVar[type[Event]]
    own_unit: ClassVar[bool] = False
    """Whether the caller's unit must be lead or co-unit of the file (an approver's: the lead or a superior of it)."""
    answerable: ClassVar[bool] = False
    """Whether beside those the unit may take it that is answerable until another one has signed (首接负责)."""
    several: ClassVar[bool] = False
    """Whether it makes sense on several files at once: the same fields for all, and nothing of one to be read first."""
    beside: ClassVar[str | None] = None
    """The field that names a second file which the step changes too, in the same transaction (`decide_beside`)."""
    reads: ClassVar[bool] = False
    """Whether it hands out personal data: only for who may read the file's, and logged as a reading."""
    historical: ClassVar[bool] = False
    """Whether it enters history of an old ledger: long ago as a matter of course, undated where no time is stated."""

    occurred_at: Moment | None = Field(
        None, title="发生时间", description="When it happened, if not now. Without an offset: Asia/Shanghai."
    )
    backdated_because: Prose | None = Field(None, title="补录原因", description="Needed beyond the rulebook's limit.")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Enter a step on an existing file in `STEPS` under its kebab-case name."""
        super().__init_subclass__(**kwargs)
        if "event" in cls.__dict__ and cls.event not in BEGINNINGS:
            STEPS[cls.step()] = cls

    @classmethod
    def refusal(cls, petition: Petition, context: Context) -> DomainError | None:
        """The step's own rule, as far as it needs no fields; None lets it pass."""
        return None

    @abstractmethod
    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """What happens, as facts; raises a DomainError where a field is wrong."""

    def decide_beside(self, other: Petition, petition: Petition) -> Iterator[Event]:
        """What happens to the second file of a step that names one (`beside`); by itself, nothing."""
        yield from ()

    @classmethod
    def barred(cls, petition: Petition, context: Context) -> DomainError | Context:
        """Why this caller may not take the step now, or the context in the role in which they may."""
        if hidden(petition, context):
            return UnknownPetition()
        grants = sorted((grant for grant in context.grants if grant.role in cls.roles), key=_own_right_first)
        if not grants:
            return cls.for_others()
        fitting = [grant for grant in grants if not cls.own_unit or cls._in_charge(grant, petition, context)]
        if not fitting:
            return NotYourUnit()
        if not may_follow(cls.event, petition.stage):
            return cls._wrong_stage(petition.stage)
        refused: DomainError | None = None
        for grant in fitting:
            acting = context._replace(actor=_acting(context.actor.id, grant))
            refused = cls.refusal(petition, acting)
            if refused is None:
                return acting
        return refused or WrongRole(roles="", roles_en="")

    @classmethod
    def _in_charge(cls, grant: Grant, petition: Petition, context: Context) -> bool:
        """A handler's unit is on the file; an approver's is the lead unit or stands above it."""
        first = petition.duty.answerable if cls.answerable else None
        if grant.role is Role.APPROVER:
            lead = petition.lead or first
            return lead is not None and grant.unit in context.rulebook.chain(lead)
        return grant.unit in petition.units or grant.unit == first if grant.role is Role.HANDLER else True

    @classmethod
    def for_others(cls) -> WrongRole:
        """What who holds none of its roles is told."""
        roles = sorted(cls.roles)
        return WrongRole(roles="、".join(role.zh for role in roles), roles_en=", ".join(roles))

    def execute(self, petition: Petition, context: Context) -> Taken:
        """Take the step. Raises the DomainError that forbids it; then nothing has changed."""
        acting = self.barred(petition, context)
        if isinstance(acting, DomainError):
            raise acting
        return self.carry_out(petition, acting)

    def carry_out(self, petition: Petition, context: Context) -> Taken:
        """Take the step in the role in which the caller may (`barred`). Raises the DomainError that forbids it."""
        at = self._checked_time(petition, context)
        moment = at or context.now
        acting = context if moment == context.at else context._replace(at=moment)
        told = referring(self, self.persons(petition))
        facts = tuple(told.decide(petition, acting))
        self._hold_against_table(petition, facts)
        return Taken(acting, facts, at, told.backdated_because)

    def persons(self, petition: Petition) -> tuple[Petitioner, ...]:
        """Whom the step's free text may name: `decide` sees a reference wherever one of them was named."""
        return petition.everyone

    def execute_beside(self, other: Petition, petition: Petition) -> tuple[Event, ...]:
        """The facts for the second file, held against the table like all others."""
        facts = tuple(self.decide_beside(other, petition))
        self._hold_against_table(other, facts)
        return facts

    def _checked_time(self, petition: Petition, context: Context) -> datetime | None:
        """When it happened: not in the future, not before the petition came in, not silently long ago."""
        if self.historical and self.occurred_at is None:
            return None
        at = occurred(self.occurred_at, context.now)
        if at > context.now + CLOCK_SKEW:
            raise InTheFuture(("occurred_at",))
        if petition.stage is not None and petition.dated and at < self._earliest(petition) - CLOCK_SKEW:
            raise OutOfOrder(("occurred_at",))
        days = context.rulebook.backdating_days
        if context.now - at > timedelta(days=days) and not self.backdated_because and not self.historical:
            raise BackdatingNeedsReason(("backdated_because",), days=days)
        return at

    @classmethod
    def _wrong_stage(cls, stage: Stage | None) -> WrongStage:
        """The step has no place in this stage."""
        return WrongStage(stage=stage.zh if stage else "-", step=cls.title, stage_en=stage or "-", step_en=cls.step())

    def _earliest(self, petition: Petition) -> datetime:
        """What leads out of a stage comes after what led into it; everything else after receipt."""
        return petition.stage_since if stage_after(self.event) is not None else petition.received_at

    def _hold_against_table(self, petition: Petition, facts: tuple[Event, ...]) -> None:
        """Every fact, also one yielded beside the main one, must be possible where the facts before it lead."""
        stage = petition.stage
        for fact in facts:
            if not may_follow(type(fact), stage):
                raise self._wrong_stage(stage)
            stage = stage_after(type(fact)) or stage


def hidden(petition: Petition, context: Context) -> bool:
    """Whether the file accuses the caller, a unit of theirs or one above: then it does not exist for them (L1 30)."""
    if not petition.against:
        return False
    persons = {context.actor.id, *(grant.on_behalf_of for grant in context.grants)}
    if persons & petition.against_staff:
        return True
    if any(grant.role is Role.SUPERVISOR for grant in context.grants):
        return False
    above = {unit for grant in context.grants if grant.unit for unit in context.rulebook.chain(grant.unit)}
    return bool(above & petition.against_units)


def _own_right_first(grant: Grant) -> tuple[bool, str, str]:
    return grant.on_behalf_of is not None, grant.role, grant.unit or ""


@lru_cache(maxsize=4096)
def _acting(staff: str, grant: Grant) -> Actor:
    """A person in a role; the same few act again and again."""
    return Actor(id=staff, role=grant.role, unit=grant.unit, on_behalf_of=grant.on_behalf_of)


def due_dates(
    context: Context,
    clocks: tuple[Clock, ...],
    *,
    track: Track | None,
    nature: Nature,
    urgency: Urgency,
    secrecy: Secrecy,
    units: tuple[str | None, ...] = (None,),
) -> Iterator[DueDatesSet]:
    """The due dates that start now for these clocks (and each of these units), where the rulebook has limits."""
    due: list[DueDate] = []
    for clock in clocks:
        one = context.rulebook.due(
            clock,
            context.at,
            version=context.rulebook_version,
            track=track,
            nature=nature,
            urgency=urgency,
            secrecy=secrecy,
        )
        if one is not None:
            due.extend(one.model_copy(update={"of": unit}) for unit in units)
    if due:
        yield DueDatesSet(due=tuple(due))


def start_clocks(
    petition: Petition, context: Context, *clocks: Clock, units: tuple[str | None, ...] = (None,)
) -> Iterator[DueDatesSet]:
    """Start clocks on a file as it is classified now, for the whole file or for each of these units."""
    yield from due_dates(
        context,
        clocks,
        track=petition.track,
        nature=petition.nature,
        urgency=petition.urgency,
        secrecy=petition.secrecy,
        units=units,
    )


def known_unit(code: str, context: Context, *loc: str | int) -> str:
    """The present code of the unit; UnknownCode naming the field where the rulebook has no such unit."""
    unit = context.rulebook.unit(code)
    if unit is None:
        raise UnknownCode(loc, field=_path(loc))
    return unit.code


def known_area(code: str | None, context: Context, *loc: str | int) -> str | None:
    """The present code of the area (None stays None); UnknownCode naming the field where there is no such area."""
    if code is None:
        return None
    area = context.rulebook.area(code)
    if area is None:
        raise UnknownCode(loc, field=_path(loc))
    return area.code


def known_category(code: str | None, context: Context, *loc: str | int) -> str | None:
    """The present code of the category (None stays None); UnknownCode naming the field where there is none such."""
    if code is None:
        return None
    category = context.rulebook.category(code)
    if category is None:
        raise UnknownCode(loc, field=_path(loc))
    return category.code


def uploaded(ids: tuple[str, ...], context: Context, *loc: str | int) -> tuple[Attachment, ...]:
    """The uploaded files of these ids; Invalid naming the field where one was never uploaded."""
    for index, one in enumerate(ids):
        if one not in context.attachments:
            raise invalid("没有此附件，请先上传", "no such attachment; upload it first", *loc, index)
    return tuple(context.attachments[one] for one in ids)


def invalid(zh: str, en: str, *loc: str | int) -> Invalid:
    """A field does not hold what it must."""
    return Invalid(loc, field=_path(loc), reason=zh, reason_en=en)


def _path(loc: tuple[str | int, ...]) -> str:
    return ".".join(map(str, loc))
