"""One database for the tests of tables, which only make schemas of their own: a database for each costs far more."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from tests.conftest import new_database

SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"


@pytest.fixture(scope="session")
def shared_url(postgres_url: str, migrated_template: str) -> Iterator[tuple[str, set[str]]]:
    """URL of the database, and the schemas that belong there."""
    with new_database(postgres_url, migrated_template) as url:
        with psycopg.connect(url) as connection:
            kept = _schemas(connection)
        yield url, kept


@pytest.fixture
def tables_url(shared_url: tuple[str, set[str]]) -> Iterator[str]:
    """URL of a migrated database in which schemas can be made; they are dropped after the test."""
    url, kept = shared_url
    yield url
    with psycopg.connect(url, autocommit=True) as connection:
        for name in _schemas(connection) - kept:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


@pytest.fixture
def connection(tables_url: str) -> Iterator[Connection[Any]]:
    """A connection on which each statement stands by itself, as the runner's."""
    with psycopg.connect(tables_url, autocommit=True) as opened:
        yield opened


def _schemas(connection: Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute(SCHEMAS)}
