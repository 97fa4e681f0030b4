"""What the whole domain is made of: facts, the envelope that records them, aggregates, commands, personal data, errors.

Nothing here reads a clock, draws a random number or does I/O: actor, time and rulebook arrive in a `Context`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from types import MappingProxyType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
)
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from eventsourcing.domain import DomainEventProtocol
from pydantic import BaseModel, ConfigDict

from domain.errors import DomainError
from domain.vocabulary import Role

if TYPE_CHECKING:
    from domain.rulebook import RulebookContent

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Days, limits and figures count in this zone; instants are stored in UTC."""

STREAMS = UUID("6d0b1f5e-6b0c-5a52-9a53-5b1d6f0a7c11")
"""Namespace of stream ids. Frozen: every stored event hangs on it."""

T = TypeVar("T")


@lru_cache(maxsize=8192)
def stream_id(name: str) -> UUID:
    """The id of the stream with this name: one number, one file, because the store's primary key forbids a second."""
    return uuid5(STREAMS, name)


def day_of(moment: datetime) -> date:
    """The calendar day of an instant, in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


class Value(BaseModel):
    """Base of the frozen value objects inside events."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Erased(Value):
    """What a personal value decodes to once its key is gone. Valid in every personal field."""

    erased: Literal[True] = True

    def __str__(self) -> str:
        """Show it as the field's word for data that was deleted on request."""
        return "[已删除]"


class Seal(Enum):
    """Whose key a personal value is sealed under."""

    FILE = "file"
    PETITIONER = "petitioner"


Personal = Annotated[T | Erased, Seal.FILE]
"""Personal text of a file (《个人信息保护法》 4): sealed under the file's key."""

Identity = Annotated[T | Erased, Seal.PETITIONER]
"""Identity of one person: sealed under the key of the petitioner whose `id` stands in the same model."""


class Event(Value):
    """A fact that happened. Immutable and for ever: fields are added with a new VERSION and an upcast, never changed.

    `TOPIC` is the name under which the fact is stored; it never follows a renamed class.
    """

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1

    @classmethod
    def upcast(cls, state: dict[str, Any], version: int) -> dict[str, Any]:
        """Bring the stored state of an older `version` to the present one. The first version has nothing to bring."""
        return state


EVENT_TYPES: dict[str, type[Event]] = {}
"""Every event class by its topic; filled by `registered`."""

E = TypeVar("E", bound=type[Event])


def registered(cls: E) -> E:
    """Class decorator: make an event storable under its topic. A topic can be taken once only."""
    if cls.TOPIC in EVENT_TYPES:
        raise ValueError(f"topic {cls.TOPIC!r} is taken by {EVENT_TYPES[cls.TOPIC].__name__}")
    EVENT_TYPES[cls.TOPIC] = cls
    return cls


class Actor(Value):
    """Who acted: staff id (or `resident`, `system`), in which role, for which unit, standing in for whom."""

    id: str
    role: Role | None = None
    unit: str | None = None
    on_behalf_of: str | None = None


class Attachment(Value):
    """An uploaded file as events name it. Its content lies outside the events, sealed under a key of its own.

    That key stands only here, sealed under the file's: whoever erases the file erases the content too. `digest` is
    SHA-256 (hex) over the content as it lies there, sealed; `size` its length in bytes before that.
    """

    id: str
    digest: str
    media_type: str
    size: int
    key: Personal[str]


@dataclass(frozen=True, slots=True)
class Recorded(DomainEventProtocol[UUID]):
    """A fact as it stands in the store: which stream and version, who did it, when it happened and was recorded.

    `occurred_at` is None only for imported history whose time nobody stated. `position` is 0 until the store gave one.
    """

    stream: str
    version: int
    fact: Event
    actor: Actor
    occurred_at: datetime | None
    recorded_at: datetime
    request_id: str
    command_id: UUID
    position: int = 0
    backdated_because: str | None = None

    @property
    def originator_id(self) -> UUID:
        """The stream's id."""
        return stream_id(self.stream)

    @property
    def originator_version(self) -> int:
        """The version of the stream that this event made."""
        return self.version

    @property
    def day(self) -> date | None:
        """The day it happened, in Asia/Shanghai; None where undated."""
        return day_of(self.occurred_at) if self.occurred_at else None


class Letterhead(NamedTuple):
    """What a letter is printed with: the next number of its series, the office's word before it, the template's digest.

    No prefix: the office's code.
    """

    serial: int = 1
    prefix: str = ""
    template: str = ""


PLAIN_PAPER = Letterhead()
"""For commands that issue no letter."""


class Grant(NamedTuple):
    """A role that a person holds now: for a unit (None: no unit), in their own right or standing in for somebody."""

    role: Role
    unit: str | None = None
    on_behalf_of: str | None = None


class Context(NamedTuple):
    """Everything a rule may know of the world: who asks, when, under which rulebook. Several are made for every step.

    `grants` are all roles the person holds now; `actor` is who asks, in the role that fits once a command chose it.
    `at` is when the step happened, which is `now` unless the command states another time.
    `salt` is fresh random text that the service drew for this command; `letterhead` is what the letter that the command
    issues is printed with; `attachments` are the uploaded files that the command names, by id; `staff_units` are the
    units of every member of staff, by id (for who is accused).
    """

    actor: Actor
    now: datetime
    rulebook: RulebookContent
    rulebook_version: int
    request_id: str
    command_id: UUID
    at: datetime
    grants: frozenset[Grant] = frozenset()
    query_code_digest: str = ""
    salt: str = ""
    letterhead: Letterhead = PLAIN_PAPER
    attachments: Mapping[str, Attachment] = MappingProxyType({})
    staff_units: Mapping[str, frozenset[str]] = MappingProxyType({})

    @property
    def persons(self) -> frozenset[str]:
        """Who acts: the person and whom they stand in for."""
        return frozenset(filter(None, (self.actor.id, self.actor.on_behalf_of)))

    @property
    def today(self) -> date:
        """The day of `now` in Asia/Shanghai."""
        return day_of(self.now)


class Aggregate(ABC):
    """State of one stream, folded from its events. `evolve` only assigns; it can neither refuse nor compute a rule."""

    def __init__(self, stream: str) -> None:
        """Start before the first event."""
        self.stream = stream
        self.version = 0

    @property
    def id(self) -> UUID:
        """The stream's id."""
        return stream_id(self.stream)

    @abstractmethod
    def evolve(self, recorded: Recorded) -> None:
        """Take one fact into the state."""

    def fold(self, history: Iterable[Recorded]) -> Self:
        """Take a history into the state, in order; versions must be gapless."""
        for recorded in history:
            if recorded.version != self.version + 1:
                raise ValueError(f"{self.stream}: event {recorded.version} after {self.version}")
            self.evolve(recorded)
            self.version = recorded.version
        return self


A = TypeVar("A", bound=Aggregate)

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the server's clock a stated time may lie before it counts as the future."""


class Command(BaseModel):
    """One step that a person can take: its fields are the request's schema and the form's.

    Times without an offset are taken as Asia/Shanghai. `occurred_at` is when it happened, if that is not now;
    further back than the rulebook's limit it needs `backdated_because`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    roles: ClassVar[frozenset[Role]]
    title: ClassVar[str]

    @classmethod
    def step(cls) -> str:
        """The step's name in the API: the class name in kebab case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


def occurred(stated: datetime | None, now: datetime) -> datetime:
    """When a step happened, in UTC: as stated (naive times are Asia/Shanghai), otherwise now."""
    if stated is None:
        return now
    return (stated if stated.tzinfo else stated.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def stamp(
    facts: Iterable[Event],
    *,
    stream: str,
    after: int,
    context: Context,
    occurred_at: datetime | None,
    backdated_because: str | None = None,
) -> Iterator[Recorded]:
    """Put facts into their envelopes, numbered on from version `after`."""
    for version, fact in enumerate(facts, start=after + 1):
        yield Recorded(
            stream=stream,
            version=version,
            fact=fact,
            actor=context.actor,
            occurred_at=occurred_at,
            recorded_at=context.now,
            request_id=context.request_id,
            command_id=context.command_id,
            backdated_because=backdated_because,
        )


PersonalTree = dict[str, "Seal | PersonalTree"]


@cache
def personal_fields(model: type[BaseModel]) -> PersonalTree:
    """Which fields of a model are personal, nested models and tuples of models included.

    Shape: {field: Seal} for a personal field, {field: {...}} for a field holding one or many models that have some.
    """
    tree: PersonalTree = {}
    for name, info in model.model_fields.items():
        seals = [mark for mark in info.metadata if isinstance(mark, Seal)]
        if seals:
            tree[name] = seals[0]
            continue
        found = _inside(info.annotation)
        if found:
            tree[name] = found
    return tree


def _inside(annotation: Any) -> Seal | PersonalTree | None:
    """The personal part of an annotation: a seal, the tree of the model(s) it holds, or nothing."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return personal_fields(annotation) if annotation is not Erased else None
    origin = get_origin(annotation)
    if origin is Annotated:
        for mark in get_args(annotation)[1:]:
            if isinstance(mark, Seal):
                return mark
        return _inside(get_args(annotation)[0])
    if origin in {Union, UnionType, tuple, list, frozenset}:
        merged: PersonalTree = {}
        for part in get_args(annotation):
            found = _inside(part)
            if isinstance(found, Seal):
                if origin not in {Union, UnionType}:  # erased one by one, it could not be told from erased as a whole
                    raise TypeError(f"seal the collection as a whole, not its parts: {annotation}")
                return found
            merged.update(found or {})
        return merged or None
    if origin in {dict, Mapping} and any(map(_inside, get_args(annotation))):
        raise TypeError(f"personal data in a mapping cannot be found by field: {annotation}")
    return None


__all__ = [
    "CLOCK_SKEW",
    "EVENT_TYPES",
    "PLAIN_PAPER",
    "SHANGHAI",
    "STREAMS",
    "Actor",
    "Aggregate",
    "Attachment",
    "Command",
    "Context",
    "DomainError",
    "Erased",
    "Event",
    "Grant",
    "Identity",
    "Letterhead",
    "Personal",
    "PersonalTree",
    "Recorded",
    "Seal",
    "Value",
    "day_of",
    "occurred",
    "personal_fields",
    "registered",
    "stamp",
    "stream_id",
]
