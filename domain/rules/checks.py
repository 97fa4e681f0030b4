"""What must agree between a rulebook's tables. Every problem is found at once and named by its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from domain.rules.tables import Area, Category, Entry
from domain.vocabulary import AreaLevel, Channel, Clock, Nature, PetitionKind, Secrecy, Share, Track, Urgency

if TYPE_CHECKING:
    from domain.rules.content import RulebookContent

CATEGORY_LEVELS = 3
DEAD = ("被前面的行覆盖，永不生效", "no case ever reaches this row")
R = TypeVar("R")
C = TypeVar("C", bound=str)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, in both languages."""

    path: str
    zh: str
    en: str

    def __str__(self) -> str:
        """One line for a person who edits the file."""
        return f"{self.path}：{self.zh} / {self.en}"


class BadRulebook(ValueError):
    """A rulebook that cannot stand; `problems` names every place and what would be right there."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Take all that is wrong."""
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def problems(content: RulebookContent) -> Iterator[Problem]:
    """Everything that does not agree in a rulebook."""
    found = tuple(_disagreements(content))
    yield from found
    if not found:  # codes can be looked up only in tables that agree
        yield from _dead_routes(content)


def _disagreements(content: RulebookContent) -> Iterator[Problem]:
    """What the tables say wrong, by themselves or of each other."""
    yield from _codes_once(content)
    yield from _references(content)
    yield from _circles("units", content.units, {unit.code: unit.superior for unit in content.units}, "superior")
    for path, entries in _entries(content):
        yield from _circles(path, entries, {entry.code: entry.replaced_by for entry in entries}, "replaced_by")
    yield from _areas(content.areas)
    yield from _categories(content.categories)
    yield from _channels(content)
    yield from _calendars(content)
    yield from _tracks(content)
    yield from _limits(content)
    yield from _routes(content)
    yield from _scripts(content)


def _entries(content: RulebookContent) -> Iterator[tuple[str, Sequence[Entry]]]:
    """The three tables whose codes are for ever."""
    yield "units", content.units
    yield "areas", content.areas
    yield "categories", content.categories


def _codes_once(content: RulebookContent) -> Iterator[Problem]:
    """A code stands for one thing in its table."""
    tables: Iterable[tuple[str, list[str]]] = (
        *((path, [entry.code for entry in entries]) for path, entries in _entries(content)),
        ("windows", [window.code for window in content.windows]),
        ("bodies", [body.code for body in content.bodies]),
    )
    for path, codes in tables:
        for code, times in Counter(codes).items():
            if times > 1:
                yield Problem(f"{path}[{code}].code", f"代码重复 {times} 次", f"the code stands there {times} times")


def _references(content: RulebookContent) -> Iterator[Problem]:
    """Every code that is named exists in the table it belongs to."""
    units = {unit.code for unit in content.units}
    areas = {area.code for area in content.areas}
    categories = {category.code for category in content.categories}
    for unit in content.units:
        yield from _known(f"units[{unit.code}].superior", [unit.superior], units)
        yield from _known(f"units[{unit.code}].duties", unit.duties, categories)
        yield from _known(f"units[{unit.code}].areas", unit.areas, areas)
    for area in content.areas:
        yield from _known(f"areas[{area.code}].parent", [area.parent], areas)
        yield from _known(f"areas[{area.code}].unit", [area.unit], units)
    for category in content.categories:
        yield from _known(f"categories[{category.code}].parent", [category.parent], categories)
    for (path, entries), known in zip(_entries(content), (units, areas, categories), strict=True):
        for entry in entries:
            yield from _known(f"{path}[{entry.code}].replaced_by", [entry.replaced_by], known)
    for window in content.windows:
        yield from _known(f"windows[{window.code}].unit", [window.unit], units)
    for path, row in _numbered("routes", content.routes):
        yield from _known(f"{path}.lead", [row.lead], units)
        yield from _known(f"{path}.co_units", row.co_units, units)
        yield from _known(f"{path}.categories", row.categories or (), categories)
        yield from _known(f"{path}.areas", row.areas or (), areas)


def _numbered(path: str, rows: Sequence[R]) -> Iterator[tuple[str, R]]:
    """Rows without a code, each with its path."""
    for place, row in enumerate(rows, start=1):
        yield f"{path}[#{place}]", row


def _known(path: str, codes: Iterable[str | None], known: set[str]) -> Iterator[Problem]:
    """The codes that are not in the table."""
    for code in codes:
        if code is not None and code not in known:
            yield Problem(path, f"没有代码 {code}", f"there is no code {code}")


def _circles(path: str, entries: Sequence[Entry], above: Mapping[str, str | None], field: str) -> Iterator[Problem]:
    """Going up from an entry must end somewhere."""
    for entry in entries:
        seen, code = {entry.code}, above.get(entry.code)
        while code is not None and code not in seen:
            seen.add(code)
            code = above.get(code)
        if code == entry.code:
            yield Problem(f"{path}[{entry.code}].{field}", "上级关系成环", "it leads back to itself")


def _areas(areas: Sequence[Area]) -> Iterator[Problem]:
    """One street; every other area lies in one of the level above."""
    levels = list(AreaLevel)
    by_code = {area.code: area for area in areas}
    streets = [area for area in areas if area.level is AreaLevel.STREET and area.replaced_by is None]
    if len(streets) != 1:
        yield Problem("areas", "须有且只有一个街道(street)", f"there must be one street, not {len(streets)}")
    for area in areas:
        heir = by_code.get(area.replaced_by or area.code)
        if heir is not None and heir.level is not area.level:
            yield Problem(
                f"areas[{area.code}].replaced_by", f"须同为{area.level.zh}", f"must be a {area.level} as well"
            )
        path = f"areas[{area.code}].parent"
        if area.level is AreaLevel.STREET:
            if area.parent is not None:
                yield Problem(path, "街道没有上级区域", "a street has no parent")
            continue
        wanted = levels[levels.index(area.level) - 1]
        if area.parent is None:
            yield Problem(path, f"须写明所属{wanted.zh}", f"must name its {wanted}")
        elif area.parent in by_code and by_code[area.parent].level is not wanted:
            yield Problem(path, f"上级须为{wanted.zh}({wanted})", f"must be a {wanted}")


def _categories(categories: Sequence[Category]) -> Iterator[Problem]:
    """At most three levels, and no circle."""
    yield from _circles("categories", categories, {row.code: row.parent for row in categories}, "parent")
    parents = {row.code: row.parent for row in categories}
    for row in categories:
        depth, code = 1, row.parent
        while code is not None and depth <= CATEGORY_LEVELS:
            depth, code = depth + 1, parents.get(code)
        if depth > CATEGORY_LEVELS:
            yield Problem(f"categories[{row.code}].parent", "类别最多三级", "there are at most three levels")


def _channels(content: RulebookContent) -> Iterator[Problem]:
    """All six channels are spoken of, and every nature has its kind."""
    for channel in Channel:
        if channel not in content.channels:
            yield Problem(f"channels.{channel}", f"缺少“{channel.zh}”", "this channel is missing")
    for nature in Nature:
        if nature not in content.nature_kinds:
            yield Problem(f"nature_kinds.{nature}", f"缺少“{nature.zh}”", "this nature is missing")


def _calendars(content: RulebookContent) -> Iterator[Problem]:
    """A year's notice speaks of its year, and at most of the December before."""
    for year, notice in content.calendars.items():
        for day in notice.strays(year):
            yield Problem(f"calendars.{year}", f"{day} 不属于该年", f"{day} is not in that year")


def _tracks(content: RulebookContent) -> Iterator[Problem]:
    """Every petition has a track, and every row is of use."""
    used: set[int] = set()
    for channel, nature in product(Channel, Nature):
        row = next((place for place, row in enumerate(content.tracks) if row.fits(channel, nature)), None)
        if row is None:
            yield Problem("tracks", f"“{channel.zh}”的“{nature.zh}”没有去向", f"no row fits {channel} and {nature}")
        else:
            used.add(row)
    yield from _unused("tracks", len(content.tracks), used)


def _limits(content: RulebookContent) -> Iterator[Problem]:
    """Every clock has a row, handling has one wherever the law or the work-order table demands it, no row is dead."""
    used: set[int] = set()
    missing: dict[tuple[Track, Nature], None] = {}
    natures = (None, *content.nature_kinds)
    for clock, track, nature, urgency, secrecy, again in product(
        Clock, (None, *Track), natures, (None, *Urgency), (None, *Secrecy), (False, True)
    ):
        fits = content.limit_row(clock, track=track, nature=nature, urgency=urgency, secrecy=secrecy, rehandling=again)
        if fits is not None:
            used.add(fits)
        elif clock is Clock.HANDLE and nature and track and urgency and secrecy and _limited(content, track, nature):
            missing[track, nature] = None
    for track, nature in missing:
        zh = f"“{Clock.HANDLE.zh}”缺少：{track.zh}、{nature.zh}"
        yield Problem("limits", zh, f"no row fits {Clock.HANDLE} for {track} and {nature}")
    for place, row in enumerate(content.limits, start=1):
        if row.longest is not None and row.longest < row.days:
            yield Problem(f"limits[#{place}].longest", f"不得少于 {row.days} 天", f"must be at least {row.days} days")
    for clock in Clock:
        if not any(row.clock is clock for row in content.limits):
            yield Problem("limits", f"缺少“{clock.zh}”({clock})的时限", f"the clock {clock} has no row")
    yield from _unused("limits", len(content.limits), used)


def _limited(content: RulebookContent, track: Track, nature: Nature) -> bool:
    """On a track that petitions are put on: every work order, and on the petition track what is claimed (L1 34)."""
    if all(row.track is not track for row in content.tracks):
        return False
    return track is not Track.XINFANG or content.nature_kinds[nature] is PetitionKind.CLAIM


def _unused(path: str, rows: int, used: set[int]) -> Iterator[Problem]:
    """Rows that an earlier one always forestalls."""
    for place in range(rows):
        if place not in used:
            yield Problem(f"{path}[#{place + 1}]", *DEAD)


def _routes(content: RulebookContent) -> Iterator[Problem]:
    """Every route names one unit that leads, and no unit twice."""
    for path, row in _numbered("routes", content.routes):
        if (row.lead is None) != (row.local is Share.LEAD):
            zh = '须写主办单位，或写 local = "lead"（属地主办），只写其一'
            yield Problem(f"{path}.lead", zh, "name a unit or say local = lead, one of the two")
        if len({row.lead, *row.co_units}) <= len(row.co_units):
            yield Problem(f"{path}.co_units", "单位重复", "a unit is named twice")


def _scripts(content: RulebookContent) -> Iterator[Problem]:
    """A script asks each question once, offers a choice or none, and is some case's."""
    used = {
        next((place for place, row in enumerate(content.scripts) if row.fits(channel, nature)), -1)
        for channel, nature in product(Channel, Nature)
    }
    yield from _unused("scripts", len(content.scripts), used)
    for path, row in _numbered("scripts", content.scripts):
        for code, times in Counter(question.code for question in row.questions).items():
            if times > 1:
                yield Problem(
                    f"{path}.questions[{code}].code", f"代码重复 {times} 次", f"it stands there {times} times"
                )
        for question in row.questions:
            if len(question.choices) == 1:
                yield Problem(f"{path}.questions[{question.code}].choices", "至少两项", "offer two or more, or none")


def _dead_routes(content: RulebookContent) -> Iterator[Problem]:
    """Rows behind one that forestalls them: whatever fits them fits an earlier one too."""
    for place, (path, row) in enumerate(_numbered("routes", content.routes)):
        for earlier in content.routes[:place]:
            if (
                _all_within(earlier.categories, row.categories, content.category_chain)
                and _all_within(earlier.areas, row.areas, content.area_chain)
                and _all_within(earlier.natures, row.natures, lambda nature: (nature,))
            ):
                yield Problem(path, *DEAD)
                break


def _all_within(wide: Collection[C] | None, narrow: Collection[C] | None, above: Callable[[C], Sequence[C]]) -> bool:
    """Whether each of the narrow codes lies in one of the wide; None is everything."""
    if wide is None or narrow is None:
        return wide is None
    around = {code for one in wide for code in above(one)[:1]}
    return all(not around.isdisjoint(above(code)) for code in narrow)
