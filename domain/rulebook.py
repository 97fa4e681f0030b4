"""The rulebook (规则手册) as a versioned aggregate: each adoption and each published calendar makes a new version.

Decisions name the version they were taken under, so that an old one can always be explained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from domain.clocks import CalendarYear
from domain.errors import DomainError, Invalid, NoRulebook, NotPossibleNow
from domain.kernel import Aggregate, Command, Context, Event, Recorded, registered
from domain.rules.checks import BadRulebook
from domain.rules.content import RulebookContent
from domain.vocabulary import Role

STREAM = "rulebook"
"""The name of the one stream that the rulebook is."""

LASTING = ("units", "areas", "categories")
"""Tables whose codes stand in old events: none may leave them."""


@registered
class RulebookAdopted(Event):
    """颁布: this content holds from now on."""

    TOPIC: ClassVar[str] = "rulebook.adopted"
    VERSION: ClassVar[int] = 5  # 2: routes; 3: duplicates; 4: secrecy and longest of limits, overdue; 5: scripts
    content: RulebookContent
    note: str


@registered
class CalendarPublished(Event):
    """放假安排公布: a year's days off and make-up days are known; due dates that reach into it are counted again."""

    TOPIC: ClassVar[str] = "rulebook.calendar_published"
    year: int
    calendar: CalendarYear


class Rulebook(Aggregate):
    """The rulebook in force: its `content` (None before the first adoption) and its `version`."""

    def __init__(self, stream: str = STREAM) -> None:
        """Start empty."""
        super().__init__(stream)
        self.content: RulebookContent | None = None

    def evolve(self, recorded: Recorded) -> None:
        """Take one version into the state."""
        match recorded.fact:
            case RulebookAdopted(content=content):
                self.content = content
            case CalendarPublished(year=year, calendar=calendar) if self.content is not None:
                self.content = self.content.with_calendar(year, calendar)
            case fact:
                raise ValueError(f"{self.stream}: {fact.TOPIC} has no place here")


class AdoptRulebook(Command):
    """颁布规则手册: put a whole new content in force. Calendars published before stay unless it brings its own."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.ADMIN})
    title: ClassVar[str] = "颁布规则手册"
    event: ClassVar[type[Event]] = RulebookAdopted

    content: RulebookContent = Field(title="规则手册")
    note: str = Field(title="修订说明", min_length=1, max_length=1000)

    @classmethod
    def refusal(cls, rulebook: Rulebook, context: Context) -> DomainError | None:
        """Nothing but its fields can stand against it."""
        return None

    def decide(self, rulebook: Rulebook, context: Context) -> Iterator[Event]:
        """Refuse content that drops a code in use or changes nothing."""
        content = self.content
        if rulebook.content is not None:
            for year, notice in rulebook.content.calendars.items():
                if year not in content.calendars:
                    content = content.with_calendar(year, notice)
            for table in LASTING:
                _none_dropped(table, rulebook.content, content)
            if not differences(rulebook.content, content):
                raise NotPossibleNow(reason="与现行规则手册相同", reason_en="it is the same as the one in force")
        yield RulebookAdopted(content=content, note=self.note)


class PublishCalendar(Command):
    """公布放假安排: enter the State Council's notice for a year, or its later change."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.ADMIN})
    title: ClassVar[str] = "公布放假安排"
    event: ClassVar[type[Event]] = CalendarPublished

    year: int = Field(title="年度", ge=2004, le=2100)
    calendar: CalendarYear = Field(title="放假安排")

    @classmethod
    def refusal(cls, rulebook: Rulebook, context: Context) -> DomainError | None:
        """A calendar belongs to a rulebook."""
        return NoRulebook() if rulebook.content is None else None

    def decide(self, rulebook: Rulebook, context: Context) -> Iterator[Event]:
        """Refuse a year too far off, days of other years, and what is known already."""
        if self.year > context.today.year + 1:
            raise Invalid(
                ("year",),
                field="year",
                reason="放假安排只在上一年年底公布",
                reason_en="a year's calendar is published late in the year before, not earlier",
            )
        strays = ", ".join(map(str, self.calendar.strays(self.year)))
        if strays:
            raise Invalid(
                ("calendar",),
                field="calendar",
                reason=f"{strays} 不属于 {self.year} 年或其上年12月",
                reason_en=f"{strays}: neither in {self.year} nor in the December before",
            )
        if rulebook.content is not None and rulebook.content.calendars.get(self.year) == self.calendar:
            raise NotPossibleNow(reason="该年放假安排已公布且相同", reason_en="this calendar is published already")
        yield CalendarPublished(year=self.year, calendar=self.calendar)


def _none_dropped(table: str, old: RulebookContent, new: RulebookContent) -> None:
    """Codes stand in old events: a code that is given up stays, with its successor in `replaced_by`."""
    kept = {entry.code for entry in getattr(new, table)}
    dropped = ", ".join(entry.code for entry in getattr(old, table) if entry.code not in kept)
    if dropped:
        raise Invalid(
            ("content", table),
            field=table,
            reason=f"停用的代码须保留并写明 replaced_by：{dropped}",
            reason_en=f"a code given up stays and names its successor in replaced_by: {dropped}",
        )


def differences(old: RulebookContent, new: RulebookContent) -> list[tuple[str, Any, Any]]:
    """What changed between two versions: (path, old, new), None where one has nothing there.

    Rows with a code are compared by it: `units[U1].name`; rows without one by their number from 1: `limits[#3].days`.
    """
    before, after = _flat(old.model_dump(mode="json")), _flat(new.model_dump(mode="json"))
    paths = dict.fromkeys([*before, *after])
    return [(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every single value by its path; a list of single values counts as one."""
    parts: list[tuple[str, Any]]
    if isinstance(value, Mapping):
        parts = [(f"{path}.{key}" if path else str(key), part) for key, part in value.items()]
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        parts = [(f"{path}[{part.get('code') or f'#{place}'}]", part) for place, part in enumerate(value, start=1)]
    else:
        return {path: value}
    return {key: single for name, part in parts for key, single in _flat(part, name).items()}


__all__ = [
    "STREAM",
    "AdoptRulebook",
    "BadRulebook",
    "CalendarPublished",
    "PublishCalendar",
    "Rulebook",
    "RulebookAdopted",
    "RulebookContent",
    "differences",
]
