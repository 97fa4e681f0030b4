"""Figures by community, grid, category, nature and unit: which value of a file counts, and all parts make the whole."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from psycopg.rows import dict_row

from domain.petition.events import handling as h
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import values as v
from domain.rulebook import RulebookContent
from domain.vocabulary import Clock, Nature, Secrecy
from projections.dimensions import NOWHERE, RULES, UNKNOWN, Dimension, parts_of
from projections.figure_files import Behind
from projections.ledger import Ledger
from projections.statistics_queries import cut, tables
from tests.domain.rulebook_sample import SAMPLE, edited
from tests.projections import histories as a
from tests.projections.counting import FIRST, LAST, STATISTICS, Connection, after, behind, fill
from tests.projections.tables_kit import feed


@pytest.fixture
def connection(tables_url: str) -> Iterator[Connection]:
    with psycopg.connect(tables_url, row_factory=dict_row) as opened:
        yield opened
        opened.rollback()


def counted(
    connection: Connection,
    dimension: Dimension,
    code: str = "registered",
    rulebook: RulebookContent = SAMPLE,
    hidden_from: tuple[str, ...] = (),
) -> dict[str | None, tuple[int, int | None]]:
    """Numerator and denominator of a figure in the rows where it counts anything; None is the total."""
    parts = parts_of(dimension, rulebook)
    (table,) = tables(connection, parts, cut(FIRST, LAST, None), LAST, committee=True, hidden_from=hidden_from)
    figures = {row.part: row.figures[code] for row in table.rows}
    return {part: (one.numerator, one.denominator) for part, one in figures.items() if one.numerator or one.denominator}


def test_every_dimension_counts_the_same_files(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(area="A01G1B01", category="010101", nature=Nature.COMPLAINT))
    made.add("HY-2", a.JANUARY, a.received(area="A01", category="0202"))
    made.add("HY-3", a.JANUARY, a.received(area="A"))
    fill(connection, made.recorded)
    one, three = (1, None), (3, None)
    assert counted(connection, Dimension.COMMUNITY) == {"A01": (2, None), UNKNOWN: one, None: three}
    assert counted(connection, Dimension.GRID) == {"A01G1": one, UNKNOWN: (2, None), None: three}
    assert counted(connection, Dimension.CATEGORY) == {"01": one, "02": one, UNKNOWN: one, None: three}
    assert counted(connection, Dimension.NATURE) == {"complaint": one, "help": (2, None), None: three}
    assert counted(connection, Dimension.UNIT) == {UNKNOWN: three, None: three}


def test_the_part_of_no_other_is_called_what_it_is() -> None:
    for dimension in Dimension:
        parts = parts_of(dimension, SAMPLE)
        assert (UNKNOWN in parts.codes) == (dimension in NOWHERE)
        assert all(parts.name(part) for part in parts.codes)
        assert RULES[dimension]


def test_reclassifying_and_correcting_move_a_file(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(category="0101", area="A01"), r.PetitionAccepted())
    made.add("HY-1", after(3), a.classified(nature=Nature.SUGGESTION, category="0202"))
    made.add("HY-1", after(4), r.PetitionCorrected(reason="写错", place=v.Place(area="A02G1")))
    fill(connection, made.recorded)
    for dimension, part in (
        (Dimension.CATEGORY, "02"),
        (Dimension.NATURE, "suggestion"),
        (Dimension.COMMUNITY, "A02"),
        (Dimension.GRID, "A02G1"),
    ):
        assert counted(connection, dimension, "acceptance") == {part: (1, 1), None: (1, 1)}


def test_a_round_belongs_to_the_unit_that_led_it_last(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)))
    made.add("HY-1", after(1), a.assigned("ZF")).add("HY-1", after(2), a.assigned("HW", "S01"))
    fill(connection, made.recorded)
    assert counted(connection, Dimension.UNIT, "closing") == {"HW": (0, 1), None: (0, 1)}

    made.add("HY-1", after(5), a.REPLIED, a.PUBLISHED, a.followed_up())
    made.add("HY-1", after(9), c.PetitionReopened(round=2, reason="未解决"), a.due_set(Clock.HANDLE, after(12)))
    fill(connection, made.recorded)
    assert counted(connection, Dimension.UNIT, "closing") == {"HW": (0, 2), None: (0, 2)}
    fill(connection, made.add("HY-1", after(10), a.assigned("S01")).recorded)
    assert counted(connection, Dimension.UNIT, "closing") == {"HW": (0, 1), "S01": (0, 1), None: (0, 2)}
    assert counted(connection, Dimension.UNIT) == {"HW": (1, None), None: (1, None)}


def test_an_objection_stays_with_the_unit_that_made_it(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.assigned("ZF", "S01"))
    made.add("HY-1", after(1), a.objected("ZF"), a.objected("S01"))
    made.add("HY-1", after(2), h.ReturnGranted(unit="ZF"), h.ReturnRefused(unit="S01", reason="属本单位"))
    fill(connection, made.recorded)
    assert counted(connection, Dimension.UNIT) == {UNKNOWN: (1, None), None: (1, None)}

    fill(connection, made.add("HY-1", after(3), a.assigned("HW", "S01")).recorded)
    assert counted(connection, Dimension.UNIT) == {"HW": (1, None), None: (1, None)}
    assert counted(connection, Dimension.UNIT, "objection") == {
        "ZF": (1, 1),
        "HW": (0, 1),
        "S01": (1, 1),
        None: (2, 3),
    }
    assert counted(connection, Dimension.UNIT, "objection_upheld") == {"ZF": (1, 1), "S01": (0, 1), None: (1, 2)}
    listed = behind(connection, "objection", "numerator", within=(parts_of(Dimension.UNIT, SAMPLE), "ZF"))
    assert listed == [Behind("HY-1", 1, a.JANUARY, "ZF")]


def test_extensions_and_suspensions_are_counted(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)))
    made.add("HY-1", after(7), h.ExtensionGranted(digest="d" * 64, days=3, due=a.due(Clock.HANDLE, after(11))))
    made.add("HY-1", after(8), h.SuspensionGranted(until=after(20)), h.HandlingResumed(reason="已恢复"))
    made.add("HY-2", a.JANUARY, a.received(), r.PetitionAccepted(), a.due_set(Clock.HANDLE, after(8)))
    fill(connection, made.recorded)
    assert counted(connection, Dimension.CHANNEL, "extension")[None] == (1, 2)
    assert counted(connection, Dimension.CHANNEL, "suspension")[None] == (1, 2)


def test_registrations_matters_and_persons_are_three_counts(connection: Connection) -> None:
    made = a.Histories().add("HY-1", a.JANUARY, a.received(people=3)).add("HY-2", a.JANUARY, a.received(people=2))
    fill(connection, made.add("HY-2", after(1), a.LINKED).recorded)
    told = [counted(connection, Dimension.CHANNEL, code)[None][0] for code in ("registered", "matters")]
    assert told == [2, 1]
    assert counted(connection, Dimension.CHANNEL, "registered_persons")[None] == (5, None)
    assert counted(connection, Dimension.CHANNEL, "duplicate")[None] == (1, 2)


def test_a_code_given_up_is_counted_where_it_belongs_now(connection: Connection) -> None:
    line = '{ code = "A02", name = "石榴园社区", level = "community", parent = "A", unit = "S02" }'
    merged = RulebookContent.from_toml(edited((line, line.replace(" }", ', replaced_by = "A01" }'))))
    made = a.Histories().add("HY-1", a.JANUARY, a.received(area="A02G1")).add("HY-2", a.JANUARY, a.received(area="A01"))
    fill(connection, made.recorded)
    assert counted(connection, Dimension.COMMUNITY) == {"A01": (1, None), "A02": (1, None), None: (2, None)}
    assert counted(connection, Dimension.COMMUNITY, rulebook=merged) == {"A01": (2, None), None: (2, None)}
    within = (parts_of(Dimension.COMMUNITY, merged), "A01")
    assert [one.number for one in behind(connection, "registered", "numerator", within=within)] == ["HY-1", "HY-2"]


def test_the_files_of_a_part_are_those_that_its_figures_count(connection: Connection) -> None:
    made = a.Histories()
    for index, area in enumerate(("A01G1", None, "A02", "A", "A01")):
        made.add(f"HY-{index}", a.JANUARY, a.received(area=area))
    fill(connection, made.recorded)
    parts = parts_of(Dimension.COMMUNITY, SAMPLE)
    listed = {
        part: [one.number for one in behind(connection, "registered", "numerator", within=(parts, part))]
        for part in parts.codes
    }
    assert {part: len(files) for part, files in listed.items() if files} == {"A01": 2, "A02": 1, UNKNOWN: 2}
    assert listed[UNKNOWN] == ["HY-1", "HY-3"]


@pytest.mark.parametrize("dimension", Dimension)
def test_the_committee_is_told_of_no_file_against_themselves(connection: Connection, dimension: Dimension) -> None:
    made = a.Histories()
    against = a.received(area="A01", category="0101").model_copy(update={"against": (v.Accused(staff="s9"),)})
    made.add("HY-1", a.JANUARY, against, r.PetitionAccepted(), a.assigned("ZF"))
    made.add("HY-1", after(1), a.objected("ZF"))
    made.add("HY-2", a.JANUARY, a.received(secrecy=Secrecy.SECRET))
    feed(connection, STATISTICS, Ledger(), recorded=made.recorded)
    assert counted(connection, dimension)[None] == (2, None)
    assert counted(connection, dimension, hidden_from=("s9",))[None] == (1, None)
    assert counted(connection, dimension, "objection", hidden_from=("s9",)) == {}


MANY = """
INSERT INTO statistics.counters (dimension, day, value, protected, registered)
SELECT dimension, date '2020-01-01' + day, 'v' || value, false, 1
FROM unnest(ARRAY['channel', 'area', 'category', 'nature', 'unit']) dimension, generate_series(0, 1500) day,
    generate_series(1, 12) value
"""


def test_no_table_of_figures_scans(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(connection, [])
    connection.execute(MANY)
    connection.execute("ANALYZE statistics.counters")
    plans: list[str] = []
    execute = psycopg.Connection.execute

    def explained(one: Connection, query: bytes | str, parameters: dict[str, object] | None = None) -> object:
        if isinstance(query, bytes):
            plans.extend(str(row["QUERY PLAN"]) for row in execute(one, b"EXPLAIN " + query, parameters))
        return execute(one, query, parameters)

    monkeypatch.setattr(psycopg.Connection, "execute", explained)
    for dimension in Dimension:
        asked = [*cut(date(2020, 1, 1), date(2020, 12, 31), "month"), *cut(date(2021, 5, 1), date(2021, 5, 31), None)]
        tables(connection, parts_of(dimension, SAMPLE), asked, LAST, committee=False)
    assert any("Index Cond" in line for line in plans), plans
    assert not [line for line in plans if "Seq Scan on counters" in line]
