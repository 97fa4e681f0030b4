"""The files behind a figure, page by page, selected by the very rules that its counters are kept by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from psycopg import Connection

from domain.errors import Invalid
from projections.dimensions import Parts
from projections.figures import Figure
from projections.measures import MEASURES, Table, reached
from projections.paging import Cursor, bad_cursor
from projections.sight import Sight
from projections.statistics_queries import NOT_ACCUSING, Row

Side = Literal["numerator", "denominator"]

BEHIND = """
SELECT number, round, {day} AS day{unit} FROM statistics.{table}
WHERE {day} BETWEEN %(first)s AND %(last)s AND ({when}) AND (NOT protected OR %(committee)s){within}{hidden}{after}
ORDER BY {day}, {key} LIMIT %(limit)s
"""
WITHIN = " AND (coalesce({cut}, '') = ANY(%(codes)s)) = %(among)s"
KEYS: Mapping[Table, tuple[str, ...]] = {"rounds": ("number", "round"), "assignments": ("number", "round", "unit")}


@dataclass(frozen=True, slots=True)
class Behind:
    """A file, one of its rounds, or a unit that got one, that stands behind a figure; counted by its `day`."""

    number: str
    round: int
    day: date
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class BehindPage:
    """A page of files behind a figure, by day and number. `cursor` asks for the next page; None: it was the last."""

    files: tuple[Behind, ...]
    cursor: str | None


def files_behind(
    connection: Connection[Row],
    figure: Figure,
    side: Side,
    *,
    within: tuple[Parts, str] | None = None,
    first: date,
    last: date,
    as_of: date,
    sight: Sight,
    cursor: str | None = None,
    limit: int = 50,
) -> BehindPage:
    """The files (or rounds) that a figure's numerator or denominator counted, by the same rule as its counters.

    `within` is a dimension's parts and the code of one of them; None: all. Everybody gets what their figures count: who
    is not of the committee no protected file, and so none that `sight` would hide, and who is of it none that accuses
    themselves. Raises `Invalid` for a cursor that this list did not give, and for the denominator of a plain count.
    """
    codes = figure.numerator if side == "numerator" else figure.denominator
    if not codes:
        raise Invalid(("side",), field="side", reason="该指标没有分母", reason_en="this figure has no denominator")
    measures = [MEASURES[code] for code in codes]
    day, table = measures[0].day, measures[0].table
    key = KEYS[table]
    order = f"{figure.code}.{side}"
    start = Cursor.read(cursor, order, rest=len(key))
    among, is_one = within[0].within(within[1]) if within else ([], True)
    asked: dict[str, object] = {
        "first": first,
        "last": last,
        "as_of": as_of,
        "committee": sight.committee,
        "hidden_from": sorted(sight.staff),
        "codes": among,
        "among": is_one,
        "limit": limit + 1,
        **_after(start, key),
    }
    placeholders = ", ".join(f"%(after_{name})s" for name in key)
    query = BEHIND.format(
        day=day,
        unit=", unit" if "unit" in key else "",
        table=table,
        when=" OR ".join(f"({one.when} AND {reached(one, day)})" for one in measures),
        within=WITHIN.format(cut=within[0].cut) if within else "",
        hidden=NOT_ACCUSING if sight.committee and sight.staff else "",
        after=f" AND ({day}, {', '.join(key)}) > (%(after_day)s, {placeholders})" if start else "",
        key=", ".join(key),
    )
    found = [_behind(row) for row in connection.execute(query.encode(), asked)]
    files = tuple(found[:limit])
    return BehindPage(files, _following(order, files[-1], key) if len(found) > limit else None)


def _following(order: str, last: Behind, key: Sequence[str]) -> str:
    """The cursor behind the last file of a page."""
    return str(Cursor(order, last.day.isoformat(), tuple(str(getattr(last, name)) for name in key)))


def _after(cursor: Cursor | None, key: Sequence[str]) -> dict[str, object]:
    """Where a page begins."""
    if cursor is None:
        return {}
    said: dict[str, object] = dict(zip(key, cursor.rest, strict=True))
    round_ = str(said["round"])
    if not round_.isdecimal() or len(round_) > 4:
        raise bad_cursor()
    said |= {"day": cursor.day(), "round": int(round_)}
    return {f"after_{name}": value for name, value in said.items()}


def _behind(row: Row) -> Behind:
    """One row of the list."""
    day, round_, unit = row["day"], row["round"], row.get("unit")
    assert isinstance(day, date)
    assert isinstance(round_, int)
    return Behind(str(row["number"]), round_, day, None if unit is None else str(unit))
