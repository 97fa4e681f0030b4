"""Scheduled work: the tick is a job in the same database, planned, done once, and never in the way of the next."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager

from service.jobs import EVERY_TEN_MINUTES, application, clear_stalled
from service.migrations import JOBS, migrate
from tests.looping import on_a_loop
from tests.service.test_tick import in_work
from tests.service.time_kit import timed_office

STATES = "SELECT status::text FROM jobs.procrastinate_jobs ORDER BY id"


async def work_off(app: App) -> None:
    """Do what is waiting, and stop."""
    await app.run_worker_async(
        wait=False, install_signal_handlers=False, listen_notify=False, concurrency=1, delete_jobs="always"
    )


def test_the_planned_job_ticks(database_url: str, tmp_path: Path) -> None:
    with timed_office(database_url, tmp_path, "2026-09-18T09:00") as office:
        number = in_work(office)
        office.turn("2026-09-28T08:00")
        app = application(office.parts)
        (planned,) = app.periodic_registry.periodic_tasks.values()
        assert (planned.task.name, planned.cron) == ("tick", EVERY_TEN_MINUTES)

        async def run() -> None:
            async with app.open_async():
                await planned.task.defer_async(timestamp=1)
                with pytest.raises(AlreadyEnqueued):
                    await planned.task.defer_async(timestamp=2)
                await work_off(app)

        on_a_loop(run())
        assert [about for _, about, _ in office.by_system(number)] == ["handle"]
        with psycopg.connect(database_url) as connection:
            assert connection.execute(STATES).fetchall() == []


def test_a_job_that_a_killed_process_left_is_cleared_away(database_url: str, tmp_path: Path) -> None:
    """It can never be finished; the next slot does what it would have done."""
    with (
        timed_office(database_url, tmp_path, "2026-09-18T09:00") as office,
        psycopg.connect(database_url) as connection,
    ):
        connection.execute(
            "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'tick', 'doing')"
        )
        connection.commit()
        app = application(office.parts)

        async def run() -> None:
            async with app.open_async():
                await clear_stalled(app)

        on_a_loop(run())
        assert connection.execute(STATES).fetchall() == []


def test_the_librarys_tables_stand_in_a_schema_of_their_own(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        query = "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relname LIKE 'procrastinate%'"
        assert connection.execute(query).fetchall() == [("jobs",)]


def test_what_a_later_version_of_the_library_changes_is_made_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for script in Path(SchemaManager.get_migrations_path()).glob("*.sql"):
        (tmp_path / script.name).write_text("SELECT never_again()", "utf-8")
    (tmp_path / "99.00.00_01_more.sql").write_text("CREATE TABLE more (n integer)", "utf-8")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", lambda: str(tmp_path))
    for _ in range(2):
        assert migrate(database_url) == []
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('jobs.more') IS NOT NULL").fetchone() == (True,)
        found = connection.execute("SELECT name FROM schema_migrations WHERE name LIKE %s", (f"{JOBS}/99%",)).fetchall()
        assert found == [(f"{JOBS}/99.00.00_01_more.sql",)]
