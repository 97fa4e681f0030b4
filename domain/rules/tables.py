"""The rows of a rulebook's tables. Each checks its own shape; what must agree between tables is in `checks`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, TypeVar

from pydantic import Field

from domain.clocks import Limit
from domain.kernel import Value
from domain.vocabulary import (
    AreaLevel,
    BodyKind,
    Channel,
    Clock,
    Nature,
    PetitionKind,
    Secrecy,
    Share,
    Track,
    UnitKind,
    Urgency,
)

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
"""A code of the rulebook: letters, digits, `.`, `_`, `-`; it stands in events and in addresses of pages."""

Name = Annotated[str, Field(min_length=1, max_length=100)]


class Entry(Value):
    """A named code. Codes are for ever: one that is given up stays, and names its successor in `replaced_by`."""

    code: Code
    name: Name
    replaced_by: Code | None = None


E = TypeVar("E", bound=Entry)


def in_use(entries: Iterable[E]) -> Iterator[E]:
    """The entries that were not given up."""
    return (entry for entry in entries if entry.replaced_by is None)


class Office(Value):
    """The sub-district office. `code` begins every number, as HY in HY-2026-000001."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2,8}$")]
    name: Name
    district: Name


class HandlingUnit(Entry):
    """承办单位. `superior` is the unit above; `duties` are categories of any level; no `areas`: the whole street.

    `takes_reports` marks a unit that reports (检举) may go to (L1 30).
    """

    kind: UnitKind
    superior: Code | None = None
    duties: tuple[Code, ...] = ()
    areas: tuple[Code, ...] = ()
    takes_reports: bool = False


class Area(Entry):
    """A street, community, grid or building, with the area around it and the unit responsible there."""

    level: AreaLevel
    parent: Code | None = None
    unit: Code | None = None


class Category(Entry):
    """A subject (类别) of one of three levels. Never mixed with the nature.

    `words` are words of a text that speak for it, beside its name (see `domain.subjects`).
    """

    parent: Code | None = None
    words: tuple[Annotated[str, Field(min_length=2, max_length=20)], ...] = ()


class ChannelRules(Value):
    """Whether one of the six channels is open; petitions through one that is not are refused."""

    enabled: bool


class Window(Value):
    """A one-stop window (一站式窗口) and the unit that staffs it."""

    code: Code
    name: Name
    unit: Code


class Body(Value):
    """A body outside the sub-district that a petition is put before (向上延伸) or referred to (转送)."""

    code: Code
    name: Name
    kind: BodyKind


class LimitRow(Limit):
    """One row of the clock table; a column left out fits everything. The first row that fits decides.

    `rehandling` is a round after a failed follow-up. `longest` is the most that extensions may make of `days`.
    """

    clock: Clock
    track: Track | None = None
    natures: tuple[Nature, ...] | None = Field(default=None, min_length=1)
    kinds: tuple[PetitionKind, ...] | None = Field(default=None, min_length=1)
    urgencies: tuple[Urgency, ...] | None = Field(default=None, min_length=1)
    secrecies: tuple[Secrecy, ...] | None = Field(default=None, min_length=1)
    rehandling: bool | None = None
    longest: int | None = Field(default=None, ge=1, le=3660)


class ByChannelAndNature(Value):
    """A row that speaks of some channels and natures; one left out fits all. The first row that fits decides."""

    channels: tuple[Channel, ...] | None = Field(default=None, min_length=1)
    natures: tuple[Nature, ...] | None = Field(default=None, min_length=1)

    def fits(self, channel: Channel, nature: Nature) -> bool:
        """Whether the row speaks of this channel and nature."""
        return (self.channels is None or channel in self.channels) and (self.natures is None or nature in self.natures)


class TrackRow(ByChannelAndNature):
    """Which track a petition runs on."""

    track: Track


class Question(Value):
    """One question of a follow-up (回访问卷). Its code stands with the answer; without `choices` that is free text."""

    code: Code
    text: Annotated[str, Field(min_length=1, max_length=200)]
    choices: tuple[Name, ...] = ()
    required: bool = False


class ScriptRow(ByChannelAndNature):
    """回访话术: how a follow-up call begins, and what is asked beside "solved?" and "satisfied?"."""

    opening: Annotated[str, Field(min_length=1, max_length=1000)]
    questions: tuple[Question, ...] = Field(min_length=1, max_length=30)


class RouteRow(Value):
    """派单路由: who leads and who helps, by category, area and nature; the first row that fits decides.

    A column left out fits everything; a category or an area stands for all below it. `local` is what the unit does
    that is responsible where it happened (属地): it leads, or it helps. `basis` is the reason in the office's words.
    """

    categories: tuple[Code, ...] | None = Field(default=None, min_length=1)
    areas: tuple[Code, ...] | None = Field(default=None, min_length=1)
    natures: tuple[Nature, ...] | None = Field(default=None, min_length=1)
    lead: Code | None = None
    co_units: tuple[Code, ...] = ()
    local: Share | None = None
    basis: Name


class DuplicateRules(Value):
    """重复件提示: when two petitions are proposed as duplicates (see `domain.likeness`).

    Received at most `window_days` apart; texts alike by at least `same_person` where it is the same person, and by
    `other_person` and about the same community where it is not.
    """

    window_days: int = Field(default=180, ge=1, le=3660)
    same_person: float = Field(default=0.3, ge=0.05, le=1)
    other_person: float = Field(default=0.5, ge=0.05, le=1)
