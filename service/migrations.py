"""Bringing a database to the present schema: numbered SQL files, each applied once, and the jobs' library's own."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.rows import TupleRow

from service.recorder import connect_recorder

MIGRATION_LOCK = 4_859_230_918
"""Held while the schema changes, so that processes that start together take turns."""

APPLIED = "SELECT name FROM schema_migrations"
RECORD = "INSERT INTO schema_migrations (name) VALUES (%s)"
TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


JOBS = "procrastinate"
"""The jobs' library: it has its schema whole and, beside it, what each of its versions changed."""


def migrate(url: str) -> list[str]:
    """Create what is missing in the database at `url`: the events table, then each SQL file of service/schema in order.

    Returns the names of the files applied now. Safe to call again, and from several processes at once.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        recorder = connect_recorder(url, readers=1)
        try:
            recorder.create_table()
        finally:
            recorder.datastore.close()
        applied = _apply(connection)
        _prepare_jobs(connection)
        return applied


def _apply(connection: psycopg.Connection[TupleRow]) -> list[str]:
    connection.execute(TABLE)
    applied = {str(name) for (name,) in connection.execute(APPLIED)}
    scripts = sorted(
        (f for f in (files("service") / "schema").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name
    )
    missing = [script for script in scripts if script.name not in applied]
    for script in missing:
        with connection.transaction():
            connection.execute(script.read_bytes())
            connection.execute(RECORD, (script.name,))
    return [script.name for script in missing]


def _prepare_jobs(connection: psycopg.Connection[TupleRow]) -> None:
    """Bring the schema `jobs` to the library's version: made whole, or changed by what came after the one recorded."""
    names = {str(name) for (name,) in connection.execute(APPLIED)}
    known = [_numbers(name.removeprefix(f"{JOBS} ")) for name in names if name.startswith(f"{JOBS} ")]
    present = version(JOBS)
    if _numbers(present) in known:
        return
    with connection.transaction():
        connection.execute("SET LOCAL search_path = jobs")
        for script in _later(max(known)) if known else [SchemaManager.get_schema()]:
            connection.execute(script)
        connection.execute("SET LOCAL search_path = public")
        connection.execute(RECORD, (f"{JOBS} {present}",))


def _later(known: tuple[int, ...]) -> list[str]:
    """The library's own scripts for versions after this one, in order; each is named `03.00.00_01_…`."""
    scripts = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return [script.read_text(encoding="utf-8") for script in scripts if _numbers(script.name.partition("_")[0]) > known]


def _numbers(text: str) -> tuple[int, ...]:
    """A version as numbers that can be compared."""
    return tuple(int(part) for part in text.split(".")[:3])
