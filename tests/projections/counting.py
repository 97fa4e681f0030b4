"""What the tests of the statistics share: filling the tables and reading figures back."""

from datetime import date, timedelta

import psycopg

from domain.kernel import Recorded
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.vocabulary import Channel, Clock
from projections.counters import COUNTS_NOTHING
from projections.dimensions import Dimension, Parts, parts_of
from projections.figure_files import Behind, Side, files_behind
from projections.figures import FIGURES
from projections.periods import Period
from projections.projection import apply, create
from projections.sight import Sight
from projections.statistics import Statistics
from projections.statistics_queries import PeriodTable, Ratio, Row, cut, tables
from tests.domain.rulebook_sample import SAMPLE
from tests.projections import histories as a

Connection = psycopg.Connection[Row]
STATISTICS = Statistics()
FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
MARCH = date(2026, 3, 2)
STORED = (
    "rounds ORDER BY number, round",
    "assignments ORDER BY number, round, unit",
    f"counters WHERE NOT ({COUNTS_NOTHING}) ORDER BY dimension, day, value, protected",
    "calendars ORDER BY year",
    "calendar_days ORDER BY day, notice",
)
CHANNELS = parts_of(Dimension.CHANNEL, SAMPLE)


def fill(connection: Connection, history: list[Recorded], schema: str = "statistics", *, batch: int = 1000) -> None:
    create(connection, STATISTICS, schema)
    for start in range(0, len(history), batch):
        apply(connection, STATISTICS, schema, history[start : start + batch])


def stored(connection: Connection, schema: str) -> list[list[Row]]:
    return [connection.execute(f"SELECT * FROM {schema}.{table}".encode()).fetchall() for table in STORED]


def channels(connection: Connection, asked: list[Period], as_of: date, *, committee: bool) -> list[PeriodTable]:
    return tables(connection, CHANNELS, asked, as_of, committee=committee)


def total(connection: Connection, *, as_of: date = LAST, committee: bool = True) -> dict[str, Ratio]:
    return dict(channels(connection, cut(FIRST, LAST, None), as_of, committee=committee)[0].total.figures)


def figure(connection: Connection, code: str, *, as_of: date = LAST) -> tuple[int, int | None]:
    ratio = total(connection, as_of=as_of)[code]
    return ratio.numerator, ratio.denominator


def behind(
    connection: Connection,
    code: str,
    side: Side,
    *,
    committee: bool = True,
    as_of: date = LAST,
    within: tuple[Parts, str] | None = None,
) -> list[Behind]:
    found: list[Behind] = []
    cursor = None
    while True:
        page = files_behind(
            connection,
            FIGURES[code],
            side,
            within=within,
            first=FIRST,
            last=LAST,
            as_of=as_of,
            sight=Sight(committee=committee),
            cursor=cursor,
            limit=2,
        )
        found += page.files
        cursor = page.cursor
        if cursor is None:
            return found


def after(days: int) -> date:
    return a.JANUARY + timedelta(days=days)


def whole_loop(number: str = "HY-1", channel: Channel = Channel.WEB) -> a.Histories:
    """A file that went round once: accepted on a Tuesday, replied on the Friday, closed a week later."""
    made = a.Histories().add(number, a.JANUARY, a.received(channel), a.due_set(Clock.CONTACT, after(1)))
    made.add(number, after(1), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)), a.contacted())
    made.add(number, after(4), a.REPLIED).add(number, after(5), a.PUBLISHED).add(number, after(9), a.followed_up())
    return made.add(number, after(11), c.PetitionClosed())


def page(connection: Connection, code: str, side: Side, cursor: str | None) -> str | None:
    return files_behind(
        connection,
        FIGURES[code],
        side,
        first=FIRST,
        last=LAST,
        as_of=LAST,
        sight=Sight(),
        cursor=cursor,
        limit=1,
    ).cursor
