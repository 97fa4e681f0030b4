"""The rulebook's content: all that differs between one office and another, answering the questions of the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Self, TypeVar

from pydantic import ConfigDict, Field, ValidationError, model_validator

from domain.clocks import Calendar, CalendarYear, DueDate, count, recount
from domain.kernel import Value
from domain.rules.checks import BadRulebook, problems
from domain.rules.reading import explained, read
from domain.rules.tables import (
    Area,
    Body,
    Category,
    ChannelRules,
    DuplicateRules,
    Entry,
    HandlingUnit,
    LimitRow,
    Office,
    RouteRow,
    ScriptRow,
    TrackRow,
    Window,
)
from domain.vocabulary import (
    AreaLevel,
    Channel,
    Clock,
    DueShift,
    Nature,
    PetitionKind,
    Secrecy,
    Track,
    UnitKind,
    Urgency,
)

E = TypeVar("E", bound=Entry)


class RulebookContent(Value):
    """One version of the rulebook. It refuses to exist if its tables do not agree (`BadRulebook`).

    Lookups by code follow `replaced_by` to the present entry and return None for a code that never was. `chain` and
    `below` always hold the code asked for, known or not, so that no one slips out of a rule by leaving the table.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    office: Office
    units: tuple[HandlingUnit, ...] = Field(min_length=1)
    areas: tuple[Area, ...] = Field(min_length=1)
    categories: tuple[Category, ...] = Field(min_length=1)
    channels: dict[Channel, ChannelRules]
    windows: tuple[Window, ...] = ()
    bodies: tuple[Body, ...] = ()
    limits: tuple[LimitRow, ...] = Field(min_length=1)
    tracks: tuple[TrackRow, ...] = Field(min_length=1)
    routes: tuple[RouteRow, ...] = ()
    duplicates: DuplicateRules = DuplicateRules()
    nature_kinds: dict[Nature, PetitionKind]
    waived_natures: tuple[Nature, ...] = (Nature.CONSULT, Nature.THANKS)
    follow_up_attempts: int = Field(default=3, ge=1, le=20)
    follow_up_interval_hours: int = Field(default=0, ge=0, le=720)
    scripts: tuple[ScriptRow, ...] = ()
    backdating_days: int = Field(default=3, ge=0, le=365)
    retention_days: int = Field(default=0, ge=0, le=36600)
    max_extension_days: int = Field(default=30, ge=0, le=365)
    reminder_after: int = Field(default=1, ge=1, le=100)
    order_after: int = Field(default=5, ge=1, le=100)
    failed_rounds: int = Field(default=3, ge=1, le=100)
    holiday_moves_due: DueShift = DueShift.REST_DAY
    calendars: dict[int, CalendarYear] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Hold the tables against each other."""
        found = tuple(problems(self))
        if found:
            raise BadRulebook(found)
        return self

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a rulebook file; `BadRulebook` names every place that is wrong, in Chinese and English."""
        raw = read(text)
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise explained(error, raw) from None

    def with_calendar(self, year: int, notice: CalendarYear) -> Self:
        """The same rulebook with one more year's calendar, or another one for that year."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**fields, "calendars": dict(sorted({**self.calendars, year: notice}.items()))})

    @cached_property
    def calendar(self) -> Calendar:
        """Working days, as published."""
        return Calendar(self.calendars)

    @cached_property
    def _units(self) -> Mapping[str, HandlingUnit]:
        return _present(self.units)

    @cached_property
    def _areas(self) -> Mapping[str, Area]:
        return _present(self.areas)

    @cached_property
    def _categories(self) -> Mapping[str, Category]:
        return _present(self.categories)

    @cached_property
    def _chains(self) -> Mapping[str, tuple[str, ...]]:
        """For each unit its own code, then from below every code, past ones too, of the unit and those above."""
        codes: dict[str, list[str]] = {}
        for code, present in self._units.items():
            codes.setdefault(present.code, [present.code]).append(code)
        return {
            unit.code: tuple(
                dict.fromkeys(
                    code
                    for above in _upward(unit.code, self._units, lambda entry: entry.superior)
                    for code in (above, *codes.get(above, ()))
                )
            )
            for unit in self.units
        }

    def unit(self, code: str) -> HandlingUnit | None:
        """The unit that now stands for the code; None if there never was one."""
        return self._units.get(code)

    @cached_property
    def street_unit(self) -> str | None:
        """The unit that the street itself is, which answers for what no unit was given; None where there is none."""
        return next((one.code for one in self.units if one.kind is UnitKind.STREET and one.replaced_by is None), None)

    def chain(self, unit: str) -> tuple[str, ...]:
        """The unit itself and all above it, from below, with the past codes of each."""
        return self._chains.get(unit, (unit,))

    def below(self, unit: str) -> frozenset[str]:
        """The unit itself and all below it: those who see nothing of a report against it (L1 30)."""
        return frozenset({unit, *(code for code, chain in self._chains.items() if unit in chain)})

    def competent(self, category: str, area: str | None = None) -> tuple[HandlingUnit, ...]:
        """The units whose duty covers the category, in that area if one is named; the narrowest duty first."""
        subjects = self.category_chain(category)
        places = set(self.area_chain(area)) if area else set()
        found = [
            (min(subjects.index(duty) for duty in unit.duties if duty in subjects), unit)
            for unit in self.units
            if unit.replaced_by is None
            and set(subjects) & set(unit.duties)
            and (not unit.areas or not places or places & set(unit.areas))
        ]
        return tuple(unit for _, unit in sorted(found, key=lambda pair: pair[0]))

    def area(self, code: str) -> Area | None:
        """The area that now stands for the code; None if there never was one."""
        return self._areas.get(code)

    def areas_below(self, area: str) -> frozenset[str]:
        """The codes of the area and of all that lies in it, past ones too; empty for an unknown code."""
        here = self.area(area)
        found, more = frozenset[str](), frozenset({here.code} if here else ())
        while more > found:
            found = more
            more = found | {entry.code for entry in self.areas if {entry.parent, entry.replaced_by} & found}
        return found

    def categories_below(self, category: str) -> frozenset[str]:
        """The codes of the category and of all below it, past ones too; empty for an unknown code."""
        here = self.category(category)
        return frozenset(one.code for one in self.categories if here and here.code in self.category_chain(one.code))

    def community_of(self, area: str) -> str | None:
        """The code of the community in which the area lies, or which it is; None above it or for an unknown area."""
        return self._at_level(area, AreaLevel.COMMUNITY)

    def grid_of(self, area: str) -> str | None:
        """The code of the grid in which the area lies, or which it is; None above it or for an unknown area."""
        return self._at_level(area, AreaLevel.GRID)

    def _at_level(self, area: str, level: AreaLevel) -> str | None:
        return next((code for code in self.area_chain(area) if self._areas[code].level is level), None)

    def area_chain(self, area: str) -> tuple[str, ...]:
        """The area's present code and those of all around it, from the smallest; empty for an unknown code."""
        here = self.area(area)
        return _upward(here.code, self._areas, lambda entry: entry.parent) if here else ()

    def local_unit(self, area: str) -> HandlingUnit | None:
        """The unit responsible where the area lies (属地): its own, or that of the smallest area around it."""
        named = (self._areas[code].unit for code in self.area_chain(area))
        code = next((unit for unit in named if unit is not None), None)
        return None if code is None else self.unit(code)

    def category(self, code: str) -> Category | None:
        """The category that now stands for the code; None if there never was one."""
        return self._categories.get(code)

    def category_chain(self, code: str) -> tuple[str, ...]:
        """The category's present code and those above it, the first level last; empty for an unknown code."""
        here = self.category(code)
        return _upward(here.code, self._categories, lambda row: row.parent) if here else ()

    def top_category(self, code: str) -> Category | None:
        """The category's ancestor of the first level; None for an unknown code."""
        chain = self.category_chain(code)
        return self.category(chain[-1]) if chain else None

    def common_superior(self, units: Collection[str]) -> HandlingUnit | None:
        """The lowest unit that stands above all of these and is none of them; None where there is none."""
        first, *others = (self.chain(unit) for unit in units)
        code = next((code for code in first if code not in units and all(code in chain for chain in others)), None)
        return None if code is None else self.unit(code)

    def routes_for(self, nature: Nature, category: str | None, area: str | None) -> Iterator[tuple[int, RouteRow]]:
        """The rows of the routes that fit, each with its number from 1; the first decides."""
        subjects = set(self.category_chain(category)) if category else set()
        places = set(self.area_chain(area)) if area else set()
        for number, row in enumerate(self.routes, start=1):
            if (
                (row.natures is None or nature in row.natures)
                and (row.categories is None or subjects & {self._categories[code].code for code in row.categories})
                and (row.areas is None or places & {self._areas[code].code for code in row.areas})
            ):
                yield number, row

    def body(self, code: str) -> Body | None:
        """The outside body with this code; None if there is none."""
        return next((body for body in self.bodies if body.code == code), None)

    def window(self, code: str) -> Window | None:
        """The one-stop window with this code; None if there is none."""
        return next((window for window in self.windows if window.code == code), None)

    def kind(self, nature: Nature) -> PetitionKind:
        """Which of the three kinds of the 信访 track a nature is (L1 17)."""
        return self.nature_kinds[nature]

    def track(self, channel: Channel, nature: Nature) -> Track:
        """Which table of limits a petition runs on."""
        return next(row.track for row in self.tracks if row.fits(channel, nature))

    def script(self, channel: Channel, nature: Nature) -> ScriptRow | None:
        """What a follow-up asks; None where the rulebook has no script for it."""
        return next((row for row in self.scripts if row.fits(channel, nature)), None)

    def limit_row(
        self,
        clock: Clock,
        *,
        track: Track | None = None,
        nature: Nature | None = None,
        urgency: Urgency | None = None,
        secrecy: Secrecy | None = None,
        rehandling: bool = False,
    ) -> int | None:
        """The place in `limits` of the first row that fits; None: no clock runs."""
        kind = self.nature_kinds.get(nature) if nature else None
        for place, row in enumerate(self.limits):
            if (
                row.clock is clock
                and (row.track is None or row.track is track)
                and (row.natures is None or nature in row.natures)
                and (row.kinds is None or kind in row.kinds)
                and (row.urgencies is None or urgency in row.urgencies)
                and (row.secrecies is None or secrecy in row.secrecies)
                and (row.rehandling is None or row.rehandling == rehandling)
            ):
                return place
        return None

    def limit(
        self,
        clock: Clock,
        *,
        track: Track | None = None,
        nature: Nature | None = None,
        urgency: Urgency | None = None,
        secrecy: Secrecy | None = None,
        rehandling: bool = False,
    ) -> LimitRow | None:
        """How long a step may take; None where no clock runs, such as for handling a suggestion (L1 29)."""
        asked = clock, track, nature, urgency, secrecy, rehandling
        if asked not in self._found:
            place = self.limit_row(
                clock, track=track, nature=nature, urgency=urgency, secrecy=secrecy, rehandling=rehandling
            )
            self._found[asked] = None if place is None else self.limits[place]
        return self._found[asked]

    @cached_property
    def _found(self) -> dict[tuple[object, ...], LimitRow | None]:
        """What `limit` was asked, with its answer: every petition asks the same few things."""
        return {}

    def due(
        self,
        clock: Clock,
        started: datetime | date,
        *,
        version: int,
        track: Track | None = None,
        nature: Nature | None = None,
        urgency: Urgency | None = None,
        secrecy: Secrecy | None = None,
        rehandling: bool = False,
    ) -> DueDate | None:
        """When a clock that starts at `started` runs out; `version` is this rulebook's. None: it never runs."""
        limit = self.limit(clock, track=track, nature=nature, urgency=urgency, secrecy=secrecy, rehandling=rehandling)
        if limit is None:
            return None
        return count(started, limit, self.calendar, clock=clock, rulebook_version=version, shift=self.holiday_moves_due)

    def recount(self, due: DueDate, *, version: int, more: int = 0) -> DueDate:
        """The due date over the present calendar, from its own start; `more` days of its sort lengthen it."""
        return recount(due, self.calendar, rulebook_version=version, shift=self.holiday_moves_due, more=more)


def _present(entries: Sequence[E]) -> Mapping[str, E]:
    """Every code, also a replaced one, with the entry that stands for it now."""
    own = {entry.code: entry for entry in entries}
    present = {}
    for entry in entries:
        here = entry
        while here.replaced_by is not None:
            here = own[here.replaced_by]
        present[entry.code] = here
    return present


def _upward(code: str, table: Mapping[str, E], above: Callable[[E], str | None]) -> tuple[str, ...]:
    """A code, the one that stands for it now if that is another, and all above."""
    chain, here = [code], table.get(code)
    while here is not None:
        if here.code != chain[-1]:
            if here.code in chain:
                break
            chain.append(here.code)
        parent = above(here)
        here = table.get(parent) if parent else None
        if here is not None and here.code in chain:
            break
    return tuple(chain)
