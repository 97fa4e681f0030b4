"""What the ledger is filtered by, as lines of `ledger.facets`: which filter finds fewest, and files under several.

Where no filter alone finds few files, those under two together may still be few, or none at all. So only the newest
files under the rarest one are looked at one by one. Where these do not fill the page, its lines are held side by side
with those of every other filter of one value, in the index alone, and only what stands under all of them is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Literal

from projections.ledger_rows import LedgerFilter

FEW = 1000
"""Up to so many files under a facet are looked at one by one rather than in the order of another index."""

NEAREST = 4
"""The newest files are looked at in steps: a fourth of `FEW`, the others of these, then four times as far in time."""

SIZES = SQL("""
SELECT v.dimension, sum(s.files)::integer AS files, bool_or(s.files = v.most) AS full,
       sum(s.files / CASE WHEN s.files = v.most THEN greatest(extract(epoch FROM %(until)s - s.since), 1) ELSE 1e10 END)
           AS density,
       max(s.near) FILTER (WHERE s.files = v.most) AS near, max(s.since) FILTER (WHERE s.files = v.most) AS since
FROM unnest(%(dimensions)s::text[], %(values)s::text[], %(mosts)s::integer[]) AS v (dimension, value, most)
CROSS JOIN LATERAL (
    SELECT count(*) AS files, min(newest.ordered_at) AS since,
           min(newest.ordered_at) FILTER (WHERE newest.place <= v.most / %(nearest)s) AS near FROM (
        SELECT f.ordered_at, row_number() OVER (ORDER BY f.ordered_at DESC, f.number DESC) AS place
        FROM ledger.facets f WHERE f.dimension = v.dimension AND f.value = v.value AND {keys}
        ORDER BY f.ordered_at DESC, f.number DESC LIMIT v.most) newest) s
GROUP BY v.dimension
""")
"""Of each filter: how many files up to so many of each value, whether there are more, how many come in a second; since
when these are all, and since when a part of them is."""

BESIDE = """
JOIN ledger.facets {o} ON {o}.dimension = {dimension} AND {o}.value = {value}
    AND {o}.ordered_at = f.ordered_at AND {o}.number = f.number"""


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one dimension under which files are found."""

    dimension: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Driver:
    """The facet that finds fewest and the facets of one value beside it; `few`: no more than `FEW` files.

    `marks`: times down to which its newest files are looked at, step by step.
    """

    facet: Facet
    beside: tuple[Facet, ...]
    few: bool
    marks: tuple[datetime, ...] = ()

    @property
    def parameters(self) -> dict[str, object]:
        """The values that the SQL of the driving facet takes."""
        return {"facet": self.facet.dimension, "facet_values": list(self.facet.values)}

    def values(self) -> Composable:
        """The driving facet's values as a table; a single one in plain, so that the planner knows how common it is."""
        if len(self.facet.values) == 1:
            return SQL("(VALUES ({}))").format(Literal(self.facet.values[0]))
        return SQL("unnest(%(facet_values)s::text[])")

    def joins(self) -> Composed:
        """The facets beside it, as joins of `ledger.facets f`; each in the same order, so that they are merged."""
        return SQL("").join(
            SQL(BESIDE).format(o=SQL(f"o{at}"), dimension=Literal(one.dimension), value=Literal(one.values[0]))
            for at, one in enumerate(self.beside)
        )


def facets_of(asked: LedgerFilter) -> Iterator[Facet]:
    """The facets that a filter asks for, those that mostly find fewest first."""
    given: dict[str, tuple[str | None, ...]] = {
        "round": (str(asked.round),) if asked.round is not None and asked.round != 1 else (),
        "unit": asked.units,
        "area": asked.areas,
        "category": asked.categories,
        "stage": (asked.stage,),
        "nature": (asked.nature,),
        "channel": (asked.channel,),
    }
    for dimension, values in given.items():
        wanted = tuple(dict.fromkeys(value for value in values if value))
        if wanted:
            yield Facet(dimension, wanted)


def asked_sizes(facets: list[Facet], until: datetime) -> dict[str, object]:
    """The parameters of `SIZES`; `until`: the newest that is asked for."""
    lines = [(one.dimension, value, FEW // len(one.values) + 1) for one in facets for value in one.values]
    dimensions, values, mosts = zip(*lines, strict=True)
    return {
        "dimensions": list(dimensions),
        "values": list(values),
        "mosts": list(mosts),
        "until": until,
        "nearest": NEAREST,
    }


def driver_of(facets: list[Facet], sizes: Mapping[str, Mapping[str, Any]], until: datetime) -> Driver:
    """Which facet drives a query, by what `SIZES` found of each up to `until`. One without any line has no size."""
    few = [one for one in facets if one.dimension not in sizes or not sizes[one.dimension]["full"]]
    if few:
        least = min(few, key=lambda one: sizes[one.dimension]["files"] if one.dimension in sizes else 0)
        return Driver(least, (), few=True)
    rarest = min(facets, key=lambda one: sizes[one.dimension]["density"])
    beside = tuple(one for one in facets if one is not rarest and len(one.values) == 1)
    near, since = (sizes[rarest.dimension][name] for name in ("near", "since"))
    return Driver(rarest, beside, few=False, marks=(near or since, since, until - (until - since) * NEAREST))
