"""民情受理, the first step: a petition comes in through one of the six channels and gets its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from domain.errors import TooManyRepresentatives
from domain.kernel import CLOCK_SKEW, Context, Event, Value, occurred
from domain.petition.command import (
    CodeText,
    FileNumber,
    Label,
    Line,
    Moment,
    PetitionCommand,
    Prose,
    Short,
    due_dates,
    invalid,
    known_area,
    known_category,
    uploaded,
)
from domain.petition.events import values as v
from domain.petition.events.receiving import PetitionImported, PetitionReceived
from domain.petition.limits import clocks_of_receipt
from domain.petition.petition import Petition
from domain.points import GeoUri
from domain.vocabulary import Channel, Nature, PetitionerKind, Role, Secrecy, Urgency

MOST_REPRESENTATIVES = 5
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[+0-9０-９][0-9０-９ ()\-－–—.]{4,24}$")]
IdNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z()（）-]{5,32}$")]


class PetitionerForm(Value):
    """信访人: one person behind the petition. Collect the least (《个人信息保护法》 6): every field may stay empty."""

    kind: PetitionerKind = Field(PetitionerKind.PETITIONER, title="身份")
    name: Short | None = Field(None, title="姓名")
    phone: Phone | None = Field(None, title="电话")
    id_number: IdNumber | None = Field(None, title="证件号码")
    address: Short | None = Field(None, title="住址")


class DemandForm(Value):
    """诉求: one thing asked for; without a nature or category of its own it has the petition's."""

    nature: Nature | None = Field(None, title="性质")
    category: CodeText | None = Field(None, title="类别")
    text: Prose = Field(title="诉求内容")


class PlaceForm(Value):
    """Where it is about."""

    area: CodeText | None = Field(None, title="区域")
    address: Line | None = Field(None, title="地址")
    point: GeoUri | None = Field(None, title="坐标", description="WGS 84: geo:32.0415,118.7678;u=20 (RFC 5870)")


class SourceForm(Value):
    """What only the channel carries. A field that is not the channel's own is refused."""

    site: Label | None = Field(None, title="来源网站")
    message_id: Short | None = Field(None, title="留言编号")
    form: Annotated[str, StringConstraints(pattern="^(letter|visit)$")] | None = Field(None, title="来信/来访")
    scan: CodeText | None = Field(None, title="信件扫描件")
    visit_record: Prose | None = Field(None, title="来访记录")
    work_order_id: Short | None = Field(None, title="工单号")
    call_time: Moment | None = Field(None, title="来电时间")
    officer: CodeText | None = Field(None, title="民情信息员")
    grid: CodeText | None = Field(None, title="网格")
    patrol: Line | None = Field(None, title="巡访轮次")
    photos: tuple[CodeText, ...] | None = Field(None, title="照片", max_length=20)
    taken_at: Moment | None = Field(None, title="拍摄时间")
    window: CodeText | None = Field(None, title="窗口")
    receipt: Line | None = Field(None, title="回执编号")
    meeting: Line | None = Field(None, title="座谈会")
    held_on: date | None = Field(None, title="召开日期")
    venue: Line | None = Field(None, title="会场")
    attendants: Line | None = Field(None, title="参加人员")


SOURCES: Mapping[Channel, type[v.Source]] = {
    Channel.WEB: v.WebSource,
    Channel.LETTER_VISIT: v.LetterVisitSource,
    Channel.HOTLINE: v.HotlineSource,
    Channel.OFFICER: v.OfficerSource,
    Channel.WINDOW: v.WindowSource,
    Channel.SYMPOSIUM: v.SymposiumSource,
}


def source_of(channel: Channel, form: SourceForm | None) -> v.Source:
    """The channel's own source value; Invalid naming the field that belongs to another channel."""
    given = form.model_dump(exclude_none=True) if form else {}
    own = SOURCES[channel]
    for name in given:
        if name not in own.model_fields:
            known = "、".join(sorted(set(own.model_fields) - {"channel"}))
            raise invalid(
                f"不属于该渠道；该渠道可填：{known}", f"not of this channel, which has: {known}", "source", name
            )
    for name in ("call_time", "taken_at"):
        if given.get(name):
            given[name] = occurred(given[name], given[name])
    return own.model_validate(given)


class ReceivePetition(PetitionCommand):
    """民情受理·登记: take a petition in through a channel and give it its number.

    No petitioners: anonymous. No demands: the petition itself is the one demand. `against` names accused units or
    staff; they and all below them never see the file (L1 30). The answer carries the resident's query code once.
    """

    title: ClassVar[str] = "登记"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.INTAKE, Role.RESIDENT})

    channel: Channel = Field(title="渠道")
    nature: Nature = Field(title="性质")
    category: CodeText | None = Field(None, title="类别")
    subject: Line = Field(alias="title", title="标题")
    content: Prose = Field(title="内容")
    petitioners: tuple[PetitionerForm, ...] = Field((), title="信访人", max_length=50)
    people_count: int | None = Field(None, title="人数", ge=1, le=100_000)
    demands: tuple[DemandForm, ...] = Field((), title="诉求", max_length=50)
    against: tuple[CodeText, ...] = Field((), title="被反映的单位或人员", max_length=50)
    place: PlaceForm | None = Field(None, title="地点")
    urgency: Urgency = Field(Urgency.NORMAL, title="紧急程度")
    secrecy: Secrecy = Field(Secrecy.OPEN, title="密级")
    attachments: tuple[CodeText, ...] = Field((), title="附件", max_length=50)
    legacy_number: Short | None = Field(None, title="原编号")
    arises_from: FileNumber | None = Field(None, title="由哪件再收集产生")
    source: SourceForm | None = Field(None, title="渠道信息")

    event: ClassVar[type[Event]] = PetitionReceived

    @cached_property
    def _people(self) -> tuple[v.Petitioner, ...]:
        """Those whom it brings; told apart once, for whoever asks."""
        return petitioners_of(self.petitioners)

    @model_validator(mode="after")
    def _people_are_counted(self) -> Self:
        """As many people as are named, at least."""
        if self.people_count is not None and self.people_count < len(self.petitioners):
            raise ValueError("people_count: 不得少于所列信访人数 / at least as many as petitioners are named")
        return self

    def persons(self, petition: Petition) -> tuple[v.Petitioner, ...]:
        """Those whom it brings."""
        return self._people

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """One fact holds all that was said; the clocks of receipt start."""
        if context.actor.role is Role.RESIDENT and self.channel is not Channel.WEB:
            raise invalid("居民只能通过网络平台提交", "residents send petitions through the web channel", "channel")
        if not context.rulebook.channels[self.channel].enabled:
            raise invalid("该渠道未开通", "this channel is not open", "channel")
        people = self.persons(petition)
        few_representatives(people)
        source = checked_source(source_of(self.channel, self.source), context)
        track = context.rulebook.track(self.channel, self.nature)
        yield PetitionReceived(
            channel=self.channel,
            source=source,
            nature=self.nature,
            category=known_category(self.category, context, "category"),
            track=track,
            urgency=self.urgency,
            secrecy=self.secrecy,
            title=self.subject,
            content=self.content,
            petitioners=people,
            people_count=self.people_count or max(1, len(people)),
            demands=_demands(self, context),
            against=tuple(accused(code, context, index) for index, code in enumerate(self.against)),
            place=place_of(self.place, context),
            attachments=uploaded(
                tuple(dict.fromkeys((*self.attachments, *source_files(source)))), context, "attachments"
            ),
            legacy_number=self.legacy_number,
            arises_from=self.arises_from,
            query_code_digest=context.query_code_digest,
            rulebook_version=context.rulebook_version,
        )
        yield from due_dates(
            context,
            clocks_of_receipt(people),
            track=track,
            nature=self.nature,
            urgency=self.urgency,
            secrecy=self.secrecy,
        )


def petitioners_of(forms: tuple[PetitionerForm, ...], after: int = 0) -> tuple[v.Petitioner, ...]:
    """The persons behind a file, numbered on from p1, or after the last number that the file has used."""
    return tuple(v.Petitioner(id=f"p{index}", **dict(form)) for index, form in enumerate(forms, start=after + 1))


def few_representatives(people: tuple[v.Petitioner, ...]) -> None:
    """TooManyRepresentatives where more are named than may speak for the others (L1 20)."""
    if sum(one.kind is PetitionerKind.REPRESENTATIVE for one in people) > MOST_REPRESENTATIVES:
        raise TooManyRepresentatives(("petitioners",))


def place_of(form: PlaceForm | None, context: Context) -> v.Place | None:
    """The place, if one is given; UnknownCode where the rulebook has no such area."""
    if form is None:
        return None
    return v.Place(area=known_area(form.area, context, "place", "area"), address=form.address, point=form.point)


def _demands(received: ReceivePetition, context: Context) -> tuple[v.Demand, ...]:
    """The demands, numbered; the petition itself where none is given."""
    if not received.demands:
        return (v.Demand(id="d1", nature=received.nature, category=received.category, text=received.subject),)
    return tuple(
        v.Demand(
            id=f"d{index}",
            nature=form.nature or received.nature,
            category=known_category(form.category, context, "demands", index - 1, "category") or received.category,
            text=form.text,
        )
        for index, form in enumerate(received.demands, start=1)
    )


def accused(code: str, context: Context, index: int) -> v.Accused:
    """The unit or member of staff with this code; Invalid naming the place in `against` otherwise."""
    if context.rulebook.unit(code) is not None:
        return v.Accused(unit=code)
    if code in context.staff_units:
        return v.Accused(staff=code, staff_units=tuple(sorted(context.staff_units[code])))
    raise invalid("没有此单位或人员", "no such unit or member of staff", "against", index)


def source_files(source: v.Source) -> tuple[str, ...]:
    """The uploaded files that a source names."""
    match source:
        case v.OfficerSource(photos=photos):
            return photos
        case v.LetterVisitSource(scan=str(scan)):
            return (scan,)
        case _:
            return ()


def checked_source(source: v.Source, context: Context) -> v.Source:
    """Codes in a source must be known."""
    match source:
        case v.OfficerSource(taken_at=datetime() as taken) if taken > context.now + CLOCK_SKEW:
            raise invalid("不得晚于现在", "must not lie in the future", "source", "taken_at")
        case v.OfficerSource(grid=str(grid)):
            known_area(grid, context, "source", "grid")
        case v.WindowSource(window=str(window)) if context.rulebook.window(window) is None:
            raise invalid("没有此窗口", "no such window", "source", "window")
        case v.HotlineSource(call_time=datetime() as called) if called > context.now + CLOCK_SKEW:
            raise invalid("不得晚于现在", "must not lie in the future", "source", "call_time")
        case v.SymposiumSource(held_on=date() as day) if day > context.today:
            raise invalid("不得晚于今天", "must not lie in the future", "source", "held_on")
    return source


class ImportPetition(PetitionCommand):
    """导入历史件: take a row of an old ledger over as history. Nothing is invented and no clock starts."""

    title: ClassVar[str] = "导入历史件"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.SYSTEM})
    historical: ClassVar[bool] = True

    channel: Channel = Field(title="渠道")
    nature: Nature = Field(Nature.OTHER, title="性质")
    category: CodeText | None = Field(None, title="类别")
    secrecy: Secrecy = Field(Secrecy.OPEN, title="密级")
    subject: Line = Field(alias="title", title="标题")
    content: Prose = Field(title="内容")
    petitioners: tuple[PetitionerForm, ...] = Field((), title="信访人", max_length=50)
    people_count: int | None = Field(None, title="人数", ge=1, le=100_000)
    place: PlaceForm | None = Field(None, title="地点")
    source_system: Short = Field(title="来源系统")
    source_id: Short = Field(title="来源编号")
    legacy_number: Short | None = Field(None, title="原编号")

    event: ClassVar[type[Event]] = PetitionImported

    def persons(self, petition: Petition) -> tuple[v.Petitioner, ...]:
        """Those whom it brings."""
        return petitioners_of(self.petitioners)

    def decide(self, petition: Petition, context: Context) -> Iterator[Event]:
        """One fact, as the old ledger has it."""
        people = petitioners_of(self.petitioners)
        few_representatives(people)
        yield PetitionImported(
            channel=self.channel,
            source_system=self.source_system,
            source_id=self.source_id,
            nature=self.nature,
            category=known_category(self.category, context, "category"),
            secrecy=self.secrecy,
            title=self.subject,
            content=self.content,
            petitioners=people,
            people_count=max(self.people_count or 1, len(people)),
            demands=(v.Demand(id="d1", nature=self.nature, category=self.category, text=self.subject),),
            place=place_of(self.place, context),
            legacy_number=self.legacy_number,
            rulebook_version=context.rulebook_version,
        )
