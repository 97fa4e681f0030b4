"""What every projection is held to, and how a batch is put together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import psycopg
import pytest

from domain.kernel import Actor, Recorded
from domain.petition.events.recollecting import FileArchived
from projections.catalogue import PROJECTIONS
from projections.projection import Poisoned, Projection, Write, apply, create, grouped, placed_writes

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
FIRST, THEN = "INSERT INTO {schema}.t VALUES (%(s)s, %(n)s)", "UPDATE {schema}.t SET n = n + %(n)s WHERE s = %(s)s"


def recorded(stream: str, version: int, position: int = 1) -> Recorded:
    return Recorded(
        stream=stream,
        version=version,
        fact=FileArchived(archive_number="A-1"),
        actor=Actor(id="s-1"),
        occurred_at=NOW,
        recorded_at=NOW,
        request_id="r-1",
        command_id=UUID(int=1),
        position=position,
    )


class Ordered(Projection):
    """Writes one thing for a stream's first event and another for those after it."""

    name: ClassVar[str] = "ordered"
    version: ClassVar[int] = 1
    ddl: ClassVar[str] = "CREATE TABLE {schema}.t (s text PRIMARY KEY, n integer);"

    def writes(self, recorded: Recorded) -> Iterator[Write]:
        """Insert, then update."""
        yield FIRST if recorded.version == 1 else THEN, {"s": recorded.stream, "n": recorded.version}


BATCH = [recorded("a", 1), recorded("a", 2), recorded("b", 1), recorded("b", 2), recorded("a", 3), recorded("c", 1)]


def test_equal_writes_of_streams_go_together_in_the_order_of_each() -> None:
    groups = grouped(Ordered(), BATCH)
    assert [(sql, sorted(str(row["s"]) for row in rows)) for sql, rows in groups] == [
        (FIRST, ["a", "b", "c"]),
        (THEN, ["a", "b"]),
        (THEN, ["a"]),
    ]
    for stream in "abc":
        order = [int(str(row["n"])) for _, rows in groups for row in rows if row["s"] == stream]
        assert order == sorted(order)


def test_streams_at_different_points_of_their_way_meet_again() -> None:
    class Way(Ordered):
        def writes(self, recorded: Recorded) -> Iterator[Write]:
            yield f"UPDATE {{schema}}.t SET n = {recorded.version} WHERE s = %(s)s", {"s": recorded.stream}

    far = [recorded(f"far-{n}", version) for version in range(5, 9) for n in range(10)]
    near = [recorded(f"near-{n}", version) for version in range(1, 9) for n in range(10)]
    assert [len(rows) for _, rows in grouped(Way(), [*far, *near])] == [10] * 4 + [20] * 4


def test_a_text_that_only_inserts_takes_all_rows_of_a_stream_at_once() -> None:
    class Lines(Ordered):
        def writes(self, recorded: Recorded) -> Iterator[Write]:
            yield "INSERT INTO {schema}.t (s, n) VALUES (%(s)s, %(n)s)", {"s": recorded.stream, "n": recorded.version}

    assert [len(rows) for _, rows in grouped(Lines(), BATCH)] == [len(BATCH)]


def test_what_concerns_all_streams_keeps_its_place_among_their_writes() -> None:
    class Dividing(Ordered):
        def concerns_all(self, recorded: Recorded) -> bool:
            return recorded.stream == "b"

    rows = [(str(row["s"]), int(str(row["n"]))) for _, rows in placed_writes(Dividing(), "s", BATCH) for row in rows]
    told = [(one.stream, one.version) for one in BATCH]
    for place, (stream, version) in enumerate(told):
        if stream == "b":
            assert set(rows[: rows.index((stream, version))]) == set(told[:place])


def test_a_batch_comes_to_what_its_writes_say(tables_url: str) -> None:
    with psycopg.connect(tables_url) as connection:
        create(connection, Ordered(), "ordered_next")
        apply(connection, Ordered(), "ordered_next", BATCH)
        rows = connection.execute("SELECT s, n FROM ordered_next.t ORDER BY s").fetchall()
    assert rows == [("a", 6), ("b", 3), ("c", 1)]


def test_making_tables_anew_throws_the_old_ones_away(tables_url: str) -> None:
    with psycopg.connect(tables_url) as connection:
        create(connection, Ordered(), "ordered")
        apply(connection, Ordered(), "ordered", BATCH)
        create(connection, Ordered(), "ordered")
        assert connection.execute("SELECT count(*) FROM ordered.t").fetchone() == (0,)


def test_what_fails_is_named_without_its_contents() -> None:
    class Broken(Ordered):
        def writes(self, recorded: Recorded) -> Iterator[Write]:
            raise KeyError("somebody's name")

    with pytest.raises(Poisoned) as refusal:
        grouped(Broken(), [recorded("a", 1, position=77)])
    poisoned = refusal.value
    assert (poisoned.projection, poisoned.position, poisoned.topic) == ("ordered", 77, "petition.archived")
    assert poisoned.code.startswith("KeyError (test_framework.py:")
    assert "somebody" not in str(poisoned)
    assert poisoned.__suppress_context__


def test_names_are_unique_and_good_for_a_schema() -> None:
    names = [projection.name for projection in PROJECTIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z_]{2,30}", name) for name in names)
    assert not {"public", "runner", "information_schema"} & set(names)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_tables_stand_in_their_own_schema_only_and_can_be_compared(tables_url: str, projection: Projection) -> None:
    tables = """
    SELECT relname, (SELECT count(*) FROM pg_index WHERE indrelid = c.oid AND indisprimary) FROM pg_class AS c
     WHERE relkind IN ('r', 'p') AND relnamespace = %s::regnamespace
    """
    elsewhere = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    unstable = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
     WHERE table_schema = 'elsewhere_next' AND (is_identity = 'YES' OR data_type = 'json' OR column_default ~ '[(]')
    """
    with psycopg.connect(tables_url) as connection:
        before = connection.execute(elsewhere).fetchone()
        create(connection, projection, "elsewhere_next")
        assert connection.execute(elsewhere).fetchone() == before
        made = connection.execute(tables, ("elsewhere_next",)).fetchall()
        assert made
        assert all(keys == 1 for _, keys in made)
        assert connection.execute(unstable).fetchall() == []
