"""派单建议: which unit should lead and which should help, each with its reasons in words. A person decides.

In this order: who may not have it (L1 30), the rulebook's routes, the unit whose duty is narrowest, the unit
responsible where it happened. A report (检举) goes only to units that take reports. Nothing here is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.reasons import Reason
from domain.rules.content import RulebookContent
from domain.rules.tables import HandlingUnit, RouteRow
from domain.vocabulary import Nature, Share


@dataclass(frozen=True, slots=True)
class Matter:
    """What routing asks of a petition, or of one demand in it. `accused`: units, with those of accused staff."""

    nature: Nature
    category: str | None = None
    area: str | None = None
    accused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A unit that is proposed, or passed over, and why."""

    unit: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Routing:
    """Who should have a petition. `lead` None: nobody fits, which `note` explains.

    `others` could lead instead, best first; `passed_over` would have been proposed but must not have it. `demands`
    says for a demand which unit should answer for it, where that is not the lead; these units are co-units too.
    """

    lead: Proposal | None
    co_units: tuple[Proposal, ...]
    others: tuple[Proposal, ...]
    passed_over: tuple[Proposal, ...]
    demands: Mapping[str, Proposal]
    note: Reason | None = None

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every unit that could lead, best first."""
        return tuple(one.unit for one in (self.lead, *self.others) if one is not None)


NOBODY = Reason("规则手册中没有单位的职责覆盖此类别和区域，请人工选择", "no unit's duty covers this: choose by hand")
NO_DISCIPLINE = Reason(
    "没有可受理此项检举的单位（均被反映或在其之下），请转送有权机关（L1 30）",
    "every unit that takes reports is accused, or stands below one that is: refer it to a competent body (L1 30)",
)
ACCUSED = Reason("被反映单位或其下级，不得承办（L1 30）", "is accused or stands below a unit that is (L1 30)")
TAKES_REPORTS = Reason("可受理检举控告（L1 30）", "takes reports (L1 30)")
NO_REPORTS = Reason("检举控告只能交由可受理举报的单位（L1 30）", "a report goes to a unit that takes reports (L1 30)")


def propose(matter: Matter, rulebook: RulebookContent, demands: Mapping[str, Matter] | None = None) -> Routing:
    """Who should have the matter, and for each of its `demands` (by id) which other unit should answer for it."""
    found = [*_candidates(matter, rulebook)]
    barred = {one.unit: reason for one, _ in found if (reason := why_not(one.unit, matter, rulebook))}
    passed_over = tuple(Proposal(unit, reason) for unit, reason in barred.items())
    fit = [(one, row) for one, row in found if one.unit not in barred]
    if not fit:
        return Routing(None, (), (), passed_over, {}, NO_DISCIPLINE if matter.nature is Nature.REPORT else NOBODY)
    lead, row = fit[0]
    split = _split(lead.unit, demands or {}, rulebook)
    helping = (*(_co_units(row, lead.reason, matter, rulebook) if row else ()), *split.values())
    co_units = _each_once(
        one for one in helping if one.unit != lead.unit and why_not(one.unit, matter, rulebook) is None
    )
    kept = {one.unit for one in co_units}
    return Routing(
        lead=lead,
        co_units=co_units,
        others=_each_once(one for one, _ in fit if one.unit != lead.unit),
        passed_over=passed_over,
        demands={key: one for key, one in split.items() if one.unit in kept},
    )


def why_not(unit: str, matter: Matter, rulebook: RulebookContent) -> Reason | None:
    """Why the unit must not have the matter (L1 30); None where it may."""
    if not matter.accused.isdisjoint(rulebook.chain(unit)):
        return ACCUSED
    entry = rulebook.unit(unit)
    if matter.nature is Nature.REPORT and not (entry and entry.takes_reports):
        return NO_REPORTS
    return None


def _candidates(matter: Matter, rulebook: RulebookContent) -> Iterator[tuple[Proposal, RouteRow | None]]:
    """Units that could lead, best first, whether they may or not; with the route that names them, if one does.

    A unit that is responsible for a part of the street only is none where nobody said where it happened.
    """
    for number, row in rulebook.routes_for(matter.nature, matter.category, matter.area):
        unit = _lead_of(row, matter, rulebook)
        if unit is not None:
            yield Proposal(unit.code, _by_route(number, row)), row
    if matter.category is not None:
        for unit in rulebook.competent(matter.category, matter.area):
            if matter.area is not None or not unit.areas:
                yield Proposal(unit.code, _by_duty(unit, matter.category, rulebook)), None
    local = rulebook.local_unit(matter.area) if matter.area else None
    if local is not None:
        yield Proposal(local.code, _by_place(matter.area, rulebook)), None
    if matter.nature is Nature.REPORT:
        for unit in rulebook.units:
            if unit.takes_reports and unit.replaced_by is None:
                yield Proposal(unit.code, TAKES_REPORTS), None


def _lead_of(row: RouteRow, matter: Matter, rulebook: RulebookContent) -> HandlingUnit | None:
    """The unit that leads by a route: the one named, or the one responsible where it happened."""
    if row.local is Share.LEAD:
        return rulebook.local_unit(matter.area) if matter.area else None
    return rulebook.unit(row.lead) if row.lead else None


def _co_units(row: RouteRow, reason: Reason, matter: Matter, rulebook: RulebookContent) -> Iterator[Proposal]:
    """Who helps by a route."""
    for code in row.co_units:
        unit = rulebook.unit(code)
        if unit is not None:
            yield Proposal(unit.code, reason)
    local = rulebook.local_unit(matter.area) if matter.area and row.local is Share.CO_UNIT else None
    if local is not None:
        yield Proposal(local.code, _by_place(matter.area, rulebook))


def _split(lead: str, demands: Mapping[str, Matter], rulebook: RulebookContent) -> dict[str, Proposal]:
    """For each demand the unit that should answer for it, where that is another one than the lead.

    A demand that the lead could answer for as well stays with it: a file is split no further than it must be.
    """
    split = {}
    for key, matter in demands.items():
        routing = propose(matter, rulebook)
        if routing.lead is not None and lead not in routing.candidates:
            split[key] = routing.lead
    return split


def _each_once(proposals: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Each unit once, with the first reason that spoke for it."""
    first: dict[str, Proposal] = {}
    for one in proposals:
        first.setdefault(one.unit, one)
    return tuple(first.values())


def _by_route(number: int, row: RouteRow) -> Reason:
    return Reason(f"派单路由第{number}条：{row.basis}", f"route {number} of the rulebook: {row.basis}")


def _by_duty(unit: HandlingUnit, category: str, rulebook: RulebookContent) -> Reason:
    """The narrowest duty by which the unit covers the category."""
    duty = next(code for code in rulebook.category_chain(category) if code in unit.duties)
    entry = rulebook.category(duty)
    name = entry.name if entry else duty
    return Reason(f"职责覆盖类别“{name}”({duty})", f"its duty covers the category {duty} {name}")


def _by_place(area: str | None, rulebook: RulebookContent) -> Reason:
    entry = rulebook.area(area) if area else None
    name = entry.name if entry else str(area)
    return Reason(f"属地单位：“{name}”在其责任区域", f"responsible where it is: {name}")
