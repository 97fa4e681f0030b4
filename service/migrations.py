"""Bringing a database to the present schema: numbered SQL files, each applied once, and the jobs' library's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.rows import TupleRow

from service.advisory import MIGRATION_LOCK
from service.recorder import connect_recorder

APPLIED = "SELECT name FROM schema_migrations"
RECORD = "INSERT INTO schema_migrations (name) VALUES (%s)"
TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


JOBS = "procrastinate"
"""The jobs' library: it brings its schema whole and, beside it, a script for each change that its versions made."""


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
    """Bring the schema `jobs` to the library's version: made whole, or changed by the scripts that came since."""
    applied = {str(name) for (name,) in connection.execute(APPLIED)}
    folder = Path(SchemaManager.get_migrations_path())
    changes = {f"{JOBS}/{script.name}": script for script in sorted(folder.glob("*.sql"))}
    if applied.isdisjoint(changes):
        _run_in_jobs(connection, SchemaManager.get_schema(), *changes)
        return
    for name, script in changes.items():
        if name not in applied:
            _run_in_jobs(connection, script.read_text(encoding="utf-8"), name)


def _run_in_jobs(connection: psycopg.Connection[TupleRow], script: str, *names: str) -> None:
    """Run one of the library's scripts, and record what is thereby done."""
    with connection.transaction():
        connection.execute("SET LOCAL search_path = jobs")
        connection.execute(script)
        connection.execute("SET LOCAL search_path = public")
        for name in names:
            connection.execute(RECORD, (name,))
