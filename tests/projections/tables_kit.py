"""Projections with tables to read from, and what stands in them."""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from domain.kernel import Recorded
from projections.ledger_queries import page
from projections.ledger_rows import LedgerFilter, LedgerRow
from projections.projection import Projection, apply, blinding, create
from projections.sight import Sight
from tests.projections.comparing import Content, after_erasure, blind, content, fed


def feed(connection: Connection[Any], *projections: Projection, recorded: Sequence[Recorded]) -> None:
    """Make the projections' live tables anew and take the events into them."""
    blinding(connection, blind)
    for projection in projections:
        create(connection, projection, projection.name)
        apply(connection, projection, projection.name, recorded)


def row(connection: Connection[Any], number: str, sight: Sight) -> LedgerRow | None:
    """A file's row of the ledger, if it exists for that sight."""
    found = page(connection, LedgerFilter(q=number), sight).rows
    return found[0] if found else None


def live_and_rebuilt(
    connection: Connection[Any], projection: Projection, recorded: Sequence[Recorded]
) -> tuple[Content, Content]:
    """Tables fed event by event while everything could be read, and tables fed at once after all erasures."""
    history = list(recorded)
    return fed(connection, projection, history, 1), fed(
        connection, projection, after_erasure(history), len(history) + 1
    )


def everything(connection: Connection[Any], schema: str) -> str:
    """All that stands in a schema's tables, as text to look through."""
    return repr(content(connection, schema))


def explaining(plans: list[str]) -> Callable[[Connection[Any], Any, dict[str, object]], list[DictRow]]:
    """A query's reading that also notes the plan by which the database would answer it, line by line."""

    def explained(conn: Connection[Any], statement: Any, parameters: dict[str, object]) -> list[DictRow]:
        with conn.cursor() as cursor:
            plans.extend(line for (line,) in cursor.execute("EXPLAIN " + statement.as_string(conn), parameters))
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, parameters).fetchall()

    return explained
