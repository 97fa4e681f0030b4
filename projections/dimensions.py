"""What figures are cut by: the dimensions, the parts that each has, and which part a stored code belongs to.

Counters keep the code that stands in the file (area, category, unit …); to which community or first-level category a
code belongs is asked of the rulebook in force when figures are read. So a code that was merged or moved is counted
where it belongs now, in old periods too, and both sides of a comparison mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from domain.rules.content import RulebookContent
from domain.rules.tables import Entry, in_use
from domain.vocabulary import AreaLevel, Channel, Code, Nature

Cut = Literal["channel", "area", "category", "nature", "unit"]
"""Columns by which the counters are kept. An empty value: the file says nothing there."""

CUTS: tuple[Cut, ...] = ("channel", "area", "category", "nature", "unit")

UNKNOWN = "-"
"""The part of what belongs to no other. No code of a rulebook is written so."""


class Dimension(Code):
    """By what a table is cut. Its parts share one denominator: what belongs to none of them is a part of its own."""

    CHANNEL = "channels", "途径"
    COMMUNITY = "communities", "社区"
    GRID = "grids", "网格"
    CATEGORY = "categories", "类别（一级）"
    NATURE = "natures", "性质"
    UNIT = "units", "主办单位"


CUT_OF: Mapping[Dimension, Cut] = {
    Dimension.CHANNEL: "channel",
    Dimension.COMMUNITY: "area",
    Dimension.GRID: "area",
    Dimension.CATEGORY: "category",
    Dimension.NATURE: "nature",
    Dimension.UNIT: "unit",
}

NOWHERE: Mapping[Dimension, str] = {
    Dimension.COMMUNITY: "未明确社区",
    Dimension.GRID: "未明确网格",
    Dimension.CATEGORY: "未分类",
    Dimension.UNIT: "未派单",
}
"""What the part of what belongs to no other is called. Every file has a channel and a nature."""

RULES: Mapping[Dimension, str] = {
    Dimension.CHANNEL: "按件现登记的途径；更正后随之移动",
    Dimension.COMMUNITY: "按件现登记的地点，依现行规则手册归入社区；未填地点或只填到街道的归入“未明确社区”",
    Dimension.GRID: "按件现登记的地点，依现行规则手册归入网格；未填地点或未填到网格的归入“未明确网格”",
    Dimension.CATEGORY: "按件现有分类，依现行规则手册归入一级类别；更正或重新分类后随之移动",
    Dimension.NATURE: "按件现有性质；重新分类后随之移动",
    Dimension.UNIT: "按各轮次最后的主办单位，改派后随之移动，进入下一轮后不再变动；未派单或退单后未重派的归入“未派单”；"
    "退单指标按接到派单的单位",
}
"""Which value of a file counts, for people."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a dimension in their order, by code, with their names. `part_of` maps every code, past ones too."""

    dimension: Dimension
    names: Mapping[str, str]
    part_of: Mapping[str, str]

    @property
    def cut(self) -> Cut:
        """The column that holds the stored codes."""
        return CUT_OF[self.dimension]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every part, in order; the last is what belongs to no other, where there can be such."""
        return (*self.names, UNKNOWN) if self.dimension in NOWHERE else tuple(self.names)

    def of(self, stored: str) -> str:
        """The part of a stored code."""
        return self.part_of.get(stored, UNKNOWN)

    def name(self, part: str) -> str:
        """What a part is called."""
        return NOWHERE[self.dimension] if part == UNKNOWN else self.names[part]

    def within(self, part: str) -> tuple[list[str], bool]:
        """The stored codes of a part, and whether it is these (True) or all but these (False) that belong to it."""
        if part == UNKNOWN:
            return [code for code, one in self.part_of.items() if one != UNKNOWN], False
        return [code for code, one in self.part_of.items() if one == part], True


def parts_of(dimension: Dimension, rulebook: RulebookContent) -> Parts:
    """The parts of a dimension under this rulebook; codes given up are no parts of their own."""
    match dimension:
        case Dimension.CHANNEL:
            return _coded(dimension, Channel)
        case Dimension.NATURE:
            return _coded(dimension, Nature)
        case Dimension.COMMUNITY:
            return _areas(dimension, rulebook, AreaLevel.COMMUNITY, rulebook.community_of)
        case Dimension.GRID:
            return _areas(dimension, rulebook, AreaLevel.GRID, rulebook.grid_of)
        case Dimension.CATEGORY:
            first = _named(one for one in rulebook.categories if one.parent is None)
            tops = {one.code: rulebook.top_category(one.code) for one in rulebook.categories}
            return Parts(dimension, first, {code: top.code for code, top in tops.items() if top})
        case Dimension.UNIT:
            units = {one.code: rulebook.unit(one.code) for one in rulebook.units}
            return Parts(dimension, _named(rulebook.units), {code: now.code for code, now in units.items() if now})


def _coded(dimension: Dimension, codes: type[Code]) -> Parts:
    """A closed vocabulary: every code is a part."""
    return Parts(dimension, {str(code): code.zh for code in codes}, {str(code): str(code) for code in codes})


def _areas(
    dimension: Dimension, rulebook: RulebookContent, level: AreaLevel, around: Callable[[str], str | None]
) -> Parts:
    """The areas of one level, and those within them."""
    names = _named(area for area in rulebook.areas if area.level is level)
    return Parts(dimension, names, {area.code: around(area.code) or UNKNOWN for area in rulebook.areas})


def _named(entries: Iterable[Entry]) -> dict[str, str]:
    """The present entries of a table."""
    return {entry.code: entry.name for entry in in_use(entries)}
