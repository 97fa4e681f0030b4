"""What the commands share: where the data is, a database for as long as it is needed, and words for the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from projections.catalogue import PROJECTIONS
from projections.staff import StaffDirectory
from service import embedded
from service.administration import adopt_sample
from service.migrations import migrate
from service.parts import Parts, utc_now
from service.parts import opened as put_together
from service.runner import Runner
from service.settings import Settings
from service.supervisor import Child

FAILED = 1
BAD_INPUT = 2
RESTRICTED = 3
UNAVAILABLE = 4
"""Exit codes: refused or differences found; input that cannot be used; only restricted; no database to be had."""

PATIENCE = 600.0
"""Seconds to wait for the projections before a command gives up on them."""

WIDE = 200
"""Columns of a table that is not for a terminal."""

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="HUIYING_DATA_DIR", help="数据目录，默认 data / folder of everything kept"),
]

terminal = Console(stderr=True, highlight=False, soft_wrap=True)
"""For people: progress, notices, errors. What a program may want to read goes to standard output."""


def settings_of(data_dir: Path | None, **given: object) -> Settings:
    """The settings of the environment, with this command's options over them."""
    return Settings.read(os.environ, data_dir=data_dir, **given)


def is_kept(settings: Settings) -> bool:
    """Whether an office is kept where the settings say."""
    return bool(settings.database_url) or (settings.data_dir / "postgres").is_dir()


def existing(data_dir: Path | None) -> Settings:
    """The settings for a command that only looks at what is there: it makes no new office out of a mistyped folder."""
    settings = settings_of(data_dir)
    if not is_kept(settings):
        fail(f"{settings.data_dir}: 没有数据，请核对 --data-dir / no office is kept here; see --data-dir", BAD_INPUT)
    return settings


def fail(text: str, code: int = FAILED) -> NoReturn:
    """End with a word to standard error."""
    terminal.print(f"错误 / error: {text}", style="red", markup=False)
    raise typer.Exit(code)


def print_table(table: Table) -> None:
    """A table to standard output; where that is no terminal, wide enough for whoever reads it line by line."""
    Console(highlight=False, width=None if sys.stdout.isatty() else WIDE).print(table)


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of the migrated database: the one named, a running one in the data folder, or one started for now."""
    if settings.database_url:
        migrate(settings.database_url)
        yield settings.database_url
        return
    with embedded.database(settings.data_dir) as url:
        migrate(url)
        yield url


@contextmanager
def opened(settings: Settings, *, heavy: bool = False, at: datetime | None = None) -> Iterator[Parts]:
    """The parts of the service on its database, with the projections fed for as long as the block takes.

    `heavy` work gets the feeding in a process of its own, so that the two do not wait for one interpreter. `at` stops
    their clock at an instant.
    """
    now = utc_now if at is None else lambda: at
    with database(settings) as url, put_together(url, settings, now) as parts:
        with feeding_apart(replace(settings, database_url=url)) if heavy else feeding(parts):
            wait_for_projections(parts, 0, StaffDirectory.name)
            yield parts


@contextmanager
def feeding(parts: Parts) -> Iterator[None]:
    """A runner for the time of the block, which only stands by where a running service has one."""
    runner = Runner(parts.url, parts.store)
    runner.start()
    try:
        yield
    finally:
        runner.stop()


@contextmanager
def feeding_apart(settings: Settings) -> Iterator[None]:
    """The same in a child process."""
    child = Child("runner", ["runner"], settings.environment() | {"HUIYING_LOG_LEVEL": "error"})
    child.tend()
    try:
        yield
    finally:
        child.stop()


def wait_for_projections(parts: Parts, position: int | None = None, *names: str) -> None:
    """Wait until projections (all) hold the event at `position` (the newest)."""
    wanted = names or tuple(projection.name for projection in PROJECTIONS)
    position = parts.store.last_position() if position is None else position
    if not parts.positions.wait_for(position, wanted, PATIENCE):
        fail("投影未跟上，请执行 huiying check / the projections do not follow; run huiying check", UNAVAILABLE)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; call what it yields with how much is done, and of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def with_some_rulebook(parts: Parts) -> None:
    """Without a rulebook a service can decide nothing: an empty folder gets the sample, and is told so."""
    if adopt_sample(parts):
        terminal.print(
            "注意：没有规则手册，已载入样例（虚构街道）。请按本街道情况编辑后执行 huiying rulebook load\n"
            "note: there was no rulebook, so the sample of an invented sub-district was loaded; replace it by yours",
            style="yellow",
        )
