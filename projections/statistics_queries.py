"""Reading the statistics: figures by channel over any range of days, and the list of files behind each of them.

Nothing stored depends on the day of reading. What does, as whether a file is overdue, is told by `as_of`: a due day
after it does not count yet, one before it has gone by.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from psycopg import Connection

from domain.errors import Invalid
from domain.vocabulary import Channel
from projections.figures import FIGURES, MEASURES, Counted, Figure, Measure, Reach
from projections.paging import Cursor, bad_cursor
from projections.periods import By, Period, periods
from projections.sight import Sight
from projections.statistics import values_of
from projections.working_days import CALENDAR

Part = Literal["numerator", "denominator"]
Row = dict[str, object]
Counts = Mapping[str, int]

MOST_PERIODS = 800
"""More periods than this in one answer are refused: two years of days."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of one channel in one period.

    `value` is numerator ÷ denominator: None for a plain count, and where there is nothing to divide by. `provisional`:
    it rests on working days of a year whose calendar is not known yet. `version` is that of the figure's rule.
    """

    numerator: int
    denominator: int | None
    value: float | None
    unit: Counted
    version: int
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """All figures of a channel by their codes; `channel` None is the total, the sum of the six."""

    channel: Channel | None
    figures: Mapping[str, Ratio]


@dataclass(frozen=True, slots=True)
class PeriodTable:
    """One period: the six channels in their order, then the total."""

    period: Period
    rows: tuple[ChannelRow, ...]

    @property
    def total(self) -> ChannelRow:
        """The row of all channels together."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True)
class Behind:
    """A file, or one of its rounds, that stands behind a figure; `day` is the one by which it was counted."""

    number: str
    round: int
    day: date


@dataclass(frozen=True, slots=True)
class BehindPage:
    """A page of files behind a figure, by day and number. `cursor` asks for the next page; None: it was the last."""

    files: tuple[Behind, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ReplyTime:
    """Days from receipt to reply of imported files: how many have both, and the median, in whole days and exact."""

    files: int
    median_days: float | None
    median_exact_days: float | None


def _codes(reach: Reach) -> list[str]:
    """The measures of which only some days count."""
    return [code for code, measure in MEASURES.items() if measure.reach is reach]


ACCUSING = "SELECT f.number FROM ledger.rows f WHERE f.against_staff <> '{}' AND f.against_staff && %(hidden_from)s"
"""Files against the caller or whom they stand in for: not even the committee's counts tell them of these (L1 30)."""

UNCOUNTED = f"""
UNION ALL
SELECT c.day, r.channel, r.protected, c.measure, -c.amount
FROM statistics.rounds r CROSS JOIN LATERAL (VALUES <measures>) AS c (measure, day, amount, applies)
WHERE r.number IN ({ACCUSING}) AND c.applies AND c.day IS NOT NULL
""".replace("<measures>", values_of(MEASURES.values()))  # noqa: S608

NOT_ACCUSING = f" AND number NOT IN ({ACCUSING})"

CHANNELS = """
SELECT place, channel, measure, sum(amount)::bigint AS amount
FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) WITH ORDINALITY AS asked (first, last, place)
    JOIN (SELECT day, channel, protected, measure, amount FROM statistics.counters{uncounted}) AS c
        ON day BETWEEN first AND last
WHERE (NOT protected OR %(committee)s)
    AND (day <= %(as_of)s OR measure <> ALL(%(due)s)) AND (day < %(as_of)s OR measure <> ALL(%(overdue)s))
GROUP BY 1, 2, 3
"""

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

BEHIND = """
SELECT number, round, {day} AS day FROM statistics.rounds
WHERE {day} BETWEEN %(first)s AND %(last)s AND ({when}) AND (NOT protected OR %(committee)s)
    AND (%(channel)s::text IS NULL OR channel = %(channel)s){hidden}{after}
ORDER BY {day}, number, round LIMIT %(limit)s
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


def channels(
    connection: Connection[Row],
    asked: Sequence[Period],
    as_of: date,
    *,
    committee: bool,
    hidden_from: Collection[str] = (),
) -> list[PeriodTable]:
    """All figures by channel in each of these periods, which may overlap.

    Every channel is there, also where nothing was counted. Only the committee's figures count protected files, and of
    these none that accuses a member of staff in `hidden_from`: the caller and whom they stand in for.
    """
    parameters = {
        "firsts": [period.first for period in asked],
        "lasts": [period.last for period in asked],
        "as_of": as_of,
        "committee": committee,
        "hidden_from": sorted(hidden_from),
        "due": _codes(Reach.DUE),
        "overdue": _codes(Reach.OVERDUE),
    }
    counted: defaultdict[tuple[object, object], Counter[str]] = defaultdict(Counter)
    query = CHANNELS.format(uncounted=UNCOUNTED if committee and hidden_from else "")
    for row in connection.execute(query.encode(), parameters):
        counted[row["place"], row["channel"]][str(row["measure"])] = _int(row["amount"])
    published = {_int(row["year"]) for row in connection.execute(PUBLISHED)}
    return [
        _table(period, {channel: counted[place, channel.value] for channel in Channel}, published)
        for place, period in enumerate(asked, 1)
    ]


def _table(period: Period, each: Mapping[Channel, Counter[str]], published: Collection[int]) -> PeriodTable:
    """One period's rows and their total, made by adding up the rows themselves."""
    years = range(period.first.year, period.last.year + 1)
    provisional = not all(year in published or CALENDAR.is_published(year) for year in years)
    total: Counter[str] = Counter()
    for counts in each.values():
        total.update(counts)
    rows = [ChannelRow(channel, dict(_ratios(counts, provisional))) for channel, counts in each.items()]
    return PeriodTable(period, (*rows, ChannelRow(None, dict(_ratios(total, provisional)))))


def _ratios(counts: Counts, provisional: bool) -> Iterator[tuple[str, Ratio]]:
    """Every figure that these counts make."""
    for code, figure in FIGURES.items():
        numerator = sum(counts.get(measure, 0) for measure in figure.numerator)
        denominator = sum(counts.get(measure, 0) for measure in figure.denominator) if figure.denominator else None
        value = numerator / denominator if denominator else None
        yield (
            code,
            Ratio(numerator, denominator, value, figure.counted, figure.version, provisional and figure.working_days),
        )


def files_behind(
    connection: Connection[Row],
    figure: Figure,
    part: Part,
    *,
    channel: Channel | None,
    first: date,
    last: date,
    as_of: date,
    sight: Sight,
    cursor: str | None = None,
    limit: int = 50,
) -> BehindPage:
    """The files (or rounds) that a figure's numerator or denominator counted, by the same rule as its counters.

    Everybody gets what their figures count: who is not of the committee no protected file, and so none that `sight`
    would hide, and who is of it none that accuses themselves.
    Raises `Invalid` for a cursor that this list did not give, and for the denominator of a plain count.
    """
    codes = figure.numerator if part == "numerator" else figure.denominator
    if not codes:
        raise Invalid(("part",), field="part", reason="该指标没有分母", reason_en="this figure has no denominator")
    measures = [MEASURES[code] for code in codes]
    order = f"{figure.code}.{part}"
    start = Cursor.read(cursor, order, rest=2)
    asked: dict[str, object] = {
        "first": first,
        "last": last,
        "as_of": as_of,
        "committee": sight.committee,
        "hidden_from": sorted(sight.staff),
        "channel": channel and channel.value,
        "limit": limit + 1,
        **_after(start),
    }
    day = measures[0].day
    after = f" AND ({day}, number, round) > (%(day)s, %(number)s, %(round)s)" if start else ""
    hidden = NOT_ACCUSING if sight.committee and sight.staff else ""
    query = BEHIND.format(day=day, when=" OR ".join(map(_reached, measures)), hidden=hidden, after=after)
    found = [_behind(row) for row in connection.execute(query.encode(), asked)]
    more = len(found) > limit
    files = tuple(found[:limit])
    return BehindPage(files, _following(order, files[-1]) if more else None)


def _following(order: str, last: Behind) -> str:
    """The cursor behind the last file of a page."""
    return str(Cursor(order, last.day.isoformat(), (last.number, str(last.round))))


def _reached(measure: Measure) -> str:
    """A measure's condition with what its reach adds."""
    bound = {
        Reach.ALWAYS: "",
        Reach.DUE: f" AND {measure.day} <= %(as_of)s",
        Reach.OVERDUE: f" AND {measure.day} < %(as_of)s",
    }
    return f"({measure.when}{bound[measure.reach]})"


def _after(cursor: Cursor | None) -> dict[str, object]:
    """Where a page begins."""
    if cursor is None:
        return {}
    number, round_ = cursor.rest
    if not round_.isdecimal() or len(round_) > 4:
        raise bad_cursor()
    return {"day": cursor.day(), "number": number, "round": int(round_)}


def _behind(row: Row) -> Behind:
    """One row of the list."""
    day = row["day"]
    assert isinstance(day, date)
    return Behind(str(row["number"]), _int(row["round"]), day)


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
