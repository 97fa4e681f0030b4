"""A real PostgreSQL for the tests: one server for all of them, a database of its own for each that asks."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from psycopg import sql

from service import passwords
from service.embedded import start
from service.migrations import migrate

settings.register_profile("any-machine", deadline=None)  # how fast a machine is, is no property of the code
settings.load_profile("any-machine")

# The machine's own crash is not under test; tests of durability start servers of their own, with fsync.
WITHOUT_FSYNC = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of the maintenance database on the server that all tests share."""
    with tempfile.TemporaryDirectory(prefix="huiying-tests-") as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o711)
        with start(Path(folder) / "data", settings=WITHOUT_FSYNC) as postgres:
            yield postgres.url


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    """Name of a database with every migration applied, from which the tests' databases are copied."""
    with new_database(postgres_url, "template1") as url:
        migrate(url)
        yield urlsplit(url).path.lstrip("/")


@pytest.fixture
def database_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """URL of a fresh, migrated database that is dropped after the test."""
    with new_database(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh database without a table, for tests of the migrations themselves."""
    with new_database(postgres_url, "template1") as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hashes of passwords that cost little: the settings of real ones are tested apart."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@contextmanager
def new_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
