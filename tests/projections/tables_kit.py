"""Projections with tables to read from, and what stands in them."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from domain.kernel import Recorded
from projections.projection import Projection, apply, create
from tests.projections.comparing import Content, after_erasure, content, fed


def feed(connection: Connection[Any], *projections: Projection, recorded: Sequence[Recorded]) -> None:
    """Make the projections' live tables anew and take the events into them."""
    for projection in projections:
        create(connection, projection, projection.name)
        apply(connection, projection, projection.name, recorded)


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
