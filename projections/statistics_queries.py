"""Reading the statistics: figures by any dimension over any range of days. The files behind them: figure_files.py.

Nothing stored depends on the day of reading. What does, as whether a file is overdue, is told by `as_of`: a due day
after it does not count yet, one before it has gone by.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from psycopg import Connection

from domain.errors import Invalid
from domain.vocabulary import Channel
from projections.counters import values_of
from projections.dimensions import Parts
from projections.figures import FIGURES, Counted
from projections.measures import MEASURES, TABLES, Measure, Reach, measures_of, reached
from projections.periods import By, Period, periods
from projections.working_days import CALENDAR

Row = dict[str, object]
Counts = Mapping[str, int]

TOTAL = "合计"
"""What the row of all parts together is called."""

MOST_PERIODS = 800
"""More periods than this in one answer are refused: two years of days."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of one part in one period.

    `value` is numerator ÷ denominator: None for a plain count, and where there is nothing to divide by. `provisional`:
    it rests on working days of a year whose calendar is not known yet. `version` is that of the figure's rule.
    """

    numerator: int
    denominator: int | None
    value: float | None
    unit: Counted
    version: int
    provisional: bool = False

    @property
    def amount(self) -> float | None:
        """The number that is shown: the count itself, or the value of what is divided."""
        return self.numerator if self.denominator is None else self.value

    def since(self, other: Ratio) -> float | None:
        """How much a count grew, as a share of the other; by how much a rate or mean rose. None: it cannot be said."""
        if self.denominator is None:
            return (self.numerator - other.numerator) / other.numerator if other.numerator else None
        return None if self.value is None or other.value is None else self.value - other.value


@dataclass(frozen=True, slots=True)
class PartRow:
    """All figures of a part by their codes. `part` None is the total, the sum of all; `-` is what belongs to none."""

    part: str | None
    name: str
    figures: Mapping[str, Ratio]


@dataclass(frozen=True, slots=True)
class PeriodTable:
    """One period: the parts of the dimension in their order, then the total."""

    period: Period
    rows: tuple[PartRow, ...]

    @property
    def total(self) -> PartRow:
        """The row of all parts together."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True)
class ReplyTime:
    """Days from receipt to reply of imported files: how many have both, and the median, in whole days and exact."""

    files: int
    median_days: float | None
    median_exact_days: float | None


ACCUSING = (
    """SELECT f.number COLLATE "default" FROM ledger.rows f"""
    " WHERE f.against_staff <> '{}' AND f.against_staff && %(hidden_from)s"
)
"""Files against the caller or whom they stand in for: not even the committee's counts tell them of these (L1 30).

In the collation of the rows' own index, which could not find them otherwise.
"""

NOT_ACCUSING = f" AND number NOT IN ({ACCUSING})"

COUNTED = """
SELECT asked.place, counted.*
FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) WITH ORDINALITY AS asked (first, last, place) CROSS JOIN LATERAL (
    SELECT c.value, {sums} FROM statistics.counters AS c
    WHERE c.dimension = %(cut)s AND c.day BETWEEN asked.first AND asked.last AND (NOT c.protected OR %(committee)s)
    GROUP BY c.value
) AS counted
"""
"""Each period by itself, so that it is a range of the index however many there are."""

UNCOUNTED = """
SELECT asked.place, c.value, {sums}
FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) WITH ORDINALITY AS asked (first, last, place) JOIN (
    SELECT coalesce(row.{cut}, '') AS value, counted.*
    FROM statistics.{table} AS row CROSS JOIN LATERAL (VALUES {measures}) AS counted (measure, day, amount, applies)
    WHERE row.number IN ({accusing}) AND counted.applies AND counted.day IS NOT NULL
) AS c ON c.day BETWEEN asked.first AND asked.last
GROUP BY 1, 2
"""
"""What the counters hold of files that the caller's figures must not tell of."""

PUBLISHED = "SELECT year FROM statistics.calendars"
"""Years whose calendar the rulebook published, beside those that are built in."""

REPLY_TIME = """
SELECT count(*) AS files,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY history_replied_on - received_on) AS days,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM history_replied_at - received_at) / 86400) AS exact
FROM statistics.rounds
WHERE imported AND round = 1 AND received_at IS NOT NULL AND history_replied_on IS NOT NULL
    AND (%(first)s::date IS NULL OR history_replied_on >= %(first)s)
    AND (%(last)s::date IS NULL OR history_replied_on <= %(last)s)
    AND (%(channel)s::text IS NULL OR channel = %(channel)s) AND (NOT protected OR %(committee)s){hidden}
"""


def cut(first: date, last: date, by: By | None) -> list[Period]:
    """The days from `first` to `last`, both counted, as periods; raises `Invalid` for more than `MOST_PERIODS`."""
    found = []
    for period in periods(first, last, by):
        found.append(period)
        if len(found) > MOST_PERIODS:
            raise Invalid(
                ("by",),
                field="by",
                reason=f"最多{MOST_PERIODS}个时段，请缩短范围或放大时段",
                reason_en=f"at most {MOST_PERIODS} periods: shorten the range or take longer periods",
            )
    return found


def tables(
    connection: Connection[Row],
    parts: Parts,
    asked: Sequence[Period],
    as_of: date,
    *,
    committee: bool,
    hidden_from: Collection[str] = (),
) -> list[PeriodTable]:
    """All figures by the parts of a dimension in each of these periods, which may overlap.

    Every part is there, also where nothing was counted. Only the committee's figures count protected files, and of
    these none that accuses a member of staff in `hidden_from`: the caller and whom they stand in for.
    """
    parameters = {
        "firsts": [period.first for period in asked],
        "lasts": [period.last for period in asked],
        "as_of": as_of,
        "cut": parts.cut,
        "committee": committee,
        "hidden_from": sorted(hidden_from),
    }
    counted: defaultdict[tuple[object, str], Counter[str]] = defaultdict(Counter)
    for row in connection.execute(COUNTED.format(sums=_kept(MEASURES.values())).encode(), parameters):
        counted[row["place"], parts.of(str(row["value"]))].update(_amounts(row))
    if committee and hidden_from:
        for table in TABLES:
            query = UNCOUNTED.format(
                sums=_taken(measures_of(table)),
                table=table,
                cut=parts.cut,
                measures=values_of(measures_of(table)),
                accusing=ACCUSING,
            )
            for row in connection.execute(query.encode(), parameters):
                counted[row["place"], parts.of(str(row["value"]))].subtract(_amounts(row))
    published = {_int(row["year"]) for row in connection.execute(PUBLISHED)}
    return [
        _table(period, parts, {part: counted[place, part] for part in parts.codes}, published)
        for place, period in enumerate(asked, 1)
    ]


def _kept(measures: Iterable[Measure]) -> str:
    """The sums of these measures' counters, as far as their days count."""
    return ", ".join(
        f"sum(c.{one.code}) AS {one.code}"
        if one.reach is Reach.ALWAYS
        else f"coalesce(sum(c.{one.code}) FILTER (WHERE {reached(one, 'c.day')}), 0) AS {one.code}"
        for one in measures
    )


def _taken(measures: Iterable[Measure]) -> str:
    """The same sums over rows that hold one measure each."""
    return ", ".join(
        f"coalesce(sum(c.amount) FILTER (WHERE c.measure = '{one.code}'"
        f" AND {reached(one, 'c.day')}), 0)::bigint AS {one.code}"
        for one in measures
    )


def _amounts(row: Row) -> dict[str, int]:
    """What a row says of each measure that it has."""
    return {code: _int(row[code]) for code in MEASURES if code in row}


def _table(period: Period, parts: Parts, each: Mapping[str, Counter[str]], published: Collection[int]) -> PeriodTable:
    """One period's rows and their total, made by adding up the rows themselves."""
    years = range(period.first.year, period.last.year + 1)
    provisional = not all(year in published or CALENDAR.is_published(year) for year in years)
    total: Counter[str] = Counter()
    for counts in each.values():
        total.update(counts)
    rows = [PartRow(part, parts.name(part), _ratios(counts, provisional)) for part, counts in each.items()]
    return PeriodTable(period, (*rows, PartRow(None, TOTAL, _ratios(total, provisional))))


def _ratios(counts: Counts, provisional: bool) -> Mapping[str, Ratio]:
    """Every figure that these counts make; where nothing was counted, the same ones for all."""
    return _made(counts, provisional) if any(counts.values()) else _nothing(provisional)


@cache
def _nothing(provisional: bool) -> Mapping[str, Ratio]:
    return _made({}, provisional)


def _made(counts: Counts, provisional: bool) -> Mapping[str, Ratio]:
    found: dict[str, Ratio] = {}
    for code, figure in FIGURES.items():
        numerator = _sum(counts, figure.numerator)
        denominator = _sum(counts, figure.denominator) if figure.denominator else None
        value = numerator / denominator if denominator else None
        found[code] = Ratio(
            numerator, denominator, value, figure.counted, figure.version, provisional and figure.working_days
        )
    return found


def _sum(counts: Counts, measures: tuple[str, ...]) -> int:
    """A figure is made of one measure mostly."""
    if len(measures) == 1:
        return counts.get(measures[0], 0)
    return sum(counts.get(measure, 0) for measure in measures)


def reply_time(
    connection: Connection[Row],
    *,
    first: date | None = None,
    last: date | None = None,
    channel: Channel | None = None,
    committee: bool,
    hidden_from: Collection[str] = (),
) -> ReplyTime:
    """How long imported files took from receipt to reply, by the day of the reply; None: without that bound.

    `committee` and `hidden_from` as for `channels`.
    """
    asked = {
        "first": first,
        "last": last,
        "channel": channel and channel.value,
        "committee": committee,
        "hidden_from": sorted(hidden_from),
    }
    query = REPLY_TIME.format(hidden=NOT_ACCUSING if committee and hidden_from else "")
    row = connection.execute(query.encode(), asked).fetchone()
    assert row is not None
    return ReplyTime(_int(row["files"]), _float(row["days"]), _float(row["exact"]))


def _int(value: object) -> int:
    """A count that the database gave."""
    assert isinstance(value, int)
    return value


def _float(value: object) -> float | None:
    """A number that the database gave, or nothing."""
    assert value is None or isinstance(value, float | int)
    return None if value is None else float(value)
