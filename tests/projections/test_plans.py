"""No query of statistics, work list or audit scans a table of files: a lost index fails here. The ledger's: see there.

Small tables that stay small (calendars, kinds of steps) may be read whole.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection, Cursor
from psycopg.rows import dict_row

from domain.rules.content import RulebookContent
from domain.vocabulary import Role
from projections.audit import Audit
from projections.audit_queries import AuditFilter, audit, trail
from projections.dimensions import Dimension, parts_of
from projections.figure_files import files_behind
from projections.figures import FIGURES, Figure
from projections.ledger import Ledger
from projections.ledger_queries import page
from projections.ledger_rows import LedgerFilter
from projections.periods import Period
from projections.sight import Sight
from projections.statistics import Statistics
from projections.statistics_queries import reply_time, tables
from projections.worklist import Worklist
from projections.worklist_queries import Days, TaskFilter, counts, tasks
from service.administration import sample
from tests.conftest import new_database
from tests.projections.many_files import FILES
from tests.projections.tables_kit import feed

COMMITTEE = Sight(committee=True, staff=frozenset({"s1"}))
STAFF = Sight(staff=frozenset({"s1"}), units=frozenset({"u-1"}), under=frozenset({"u-1"}))
JANUARY = Period(date(2021, 1, 1), date(2021, 1, 31))
SMALL = ("Seq Scan on calendars", "Seq Scan on calendar_days", "Seq Scan on kinds")


class Explaining(Cursor[Any]):
    """A cursor that notes the plan of every query beside carrying it out."""

    plans: list[str] = []  # noqa: RUF012 - shared by all cursors on purpose

    def execute(self, query: Any, params: Any = None, **how: Any) -> "Explaining":
        text = query if isinstance(query, bytes) else query.encode() if isinstance(query, str) else query.as_bytes(self)
        with Cursor(self.connection) as plain:
            plain.row_factory = dict_row
            self.plans.extend(line["QUERY PLAN"] for line in plain.execute(b"EXPLAIN " + text, params))
        super().execute(query, params, **how)
        return self


@pytest.fixture(scope="module")
def connection(postgres_url: str, migrated_template: str) -> Iterator[Connection[Any]]:
    with (
        new_database(postgres_url, migrated_template) as url,
        psycopg.connect(url, autocommit=True, row_factory=dict_row) as one,
    ):
        feed(one, Ledger(), Statistics(), Worklist(), Audit(), recorded=[])
        one.execute(FILES.encode())
        one.execute("ANALYZE")
        one.execute("SET enable_seqscan = off")  # then a scan is planned only where no index can serve
        one.cursor_factory = Explaining
        yield one


def scanned(connection: Connection[Any], *queries: Callable[[], object]) -> list[str]:
    Explaining.plans.clear()
    for query in queries:
        query()
    assert Explaining.plans
    return [line for line in Explaining.plans if "Seq Scan on" in line and not any(one in line for one in SMALL)]


def test_no_table_of_statistics_is_scanned(connection: Connection[Any]) -> None:
    rulebook = RulebookContent.from_toml(sample("rulebook.toml"))
    first, last = JANUARY.first, JANUARY.last

    def figures(dimension: Dimension) -> Callable[[], object]:
        return lambda: tables(
            connection, parts_of(dimension, rulebook), [JANUARY], last, committee=True, hidden_from=["s1"]
        )

    assert not scanned(
        connection,
        *map(figures, (Dimension.CHANNEL, Dimension.GRID, Dimension.UNIT)),
        lambda: reply_time(connection, first=first, last=last, committee=True, hidden_from=["s1"]),
    )


def test_no_table_is_scanned_for_the_files_behind_a_figure(connection: Connection[Any]) -> None:
    def behind(figure: Figure, side: Any, sight: Sight) -> Callable[[], object]:
        return lambda: files_behind(
            connection, figure, side, first=JANUARY.first, last=JANUARY.last, as_of=JANUARY.last, sight=sight
        )

    sides = [
        (figure, side)
        for figure in FIGURES.values()
        for side in (("numerator", "denominator") if figure.denominator else ("numerator",))
    ]
    assert not scanned(connection, *(behind(*one, sight) for one in sides for sight in (COMMITTEE, STAFF)))


def test_no_table_of_the_work_list_is_scanned(connection: Connection[Any]) -> None:
    grants, days = [(Role.HANDLER, "u-1"), (Role.HANDLER, "u-2")], Days(date(2021, 1, 1), date(2021, 1, 5))
    assert not scanned(
        connection,
        lambda: tasks(connection, STAFF, grants, ["s1"]),
        lambda: tasks(connection, STAFF, grants, ["s1"], own=True, wanted=TaskFilter(kinds=("sign_for",), unit="u-1")),
        lambda: counts(connection, STAFF, grants, ["s1"], days),
    )


@pytest.mark.parametrize("sight", [COMMITTEE, STAFF])
def test_what_is_linked_to_a_file_is_looked_up_by_its_number(connection: Connection[Any], sight: Sight) -> None:
    assert not scanned(connection, lambda: page(connection, LedgerFilter(), sight))
    places = [place for place, line in enumerate(Explaining.plans) if "rows_principal" in line]
    assert places
    assert all("Index Cond: (principal = " in Explaining.plans[place + 1] for place in places)


def test_the_audit_trail_is_not_scanned(connection: Connection[Any]) -> None:
    since, until = datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 1, 2, tzinfo=UTC)
    wanted: tuple[dict[str, Any], ...] = (
        {}, {"actor": "s-1"}, {"topic": "topic-1"}, {"role": "role-1"}, {"unit": "u-1"}, {"on_behalf_of": "s-1"},
        {"backdated": True}, {"topic": "topic-1", "role": "role-2"}, {"recorded_from": since, "recorded_to": until},
        {"occurred_from": since, "occurred_to": until}, {"stream": "HY-2026-000077"},
    )  # fmt: skip
    assert not scanned(
        connection,
        *(lambda one=one: audit(connection, AuditFilter(**one), COMMITTEE) for one in wanted),
        lambda: trail(connection, "HY-2026-000077"),
    )
