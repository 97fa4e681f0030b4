"""Offices of a size: petitions that went their way by events, and copies of them for large tables.

An office may be kept in a folder: it is made once, which takes a while at a million petitions, and then reused.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from domain.petition.commands import STEPS
from domain.petition.intake import ReceivePetition
from ops.bench import copies, office, varied
from projections.catalogue import PROJECTIONS
from service.access import Caller
from service.embedded import start
from service.migrations import migrate
from service.parts import Parts, opened
from service.rebuild import rebuild
from service.settings import Settings

WAY: tuple[varied.Step, ...] = (
    ("intake", "accept-petition", {"notice": "sms"}),
    ("intake", "assign-petition", {"lead": "ZF"}),
    ("handler", "sign-for", {}),
    ("handler", "note-progress", {"text": "已到现场查看，正在处理。"}),
)
"""What happened to each petition; with its two due dates and its limits that makes some eight events."""

BY_EVENTS = 500
"""So many petitions go their way by events; larger offices are copies of them."""

KEPT = "office.json"
QUICKLY = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "max_wal_size": "16GB", "autovacuum": "off", "shared_buffers": "1GB",
}  # fmt: skip
"""How the server runs while an office is made; it is measured as the service itself would start it."""


class OtherTables(Exception):
    """A kept office has tables of another version than the code's, which the service would rebuild first."""


@contextmanager
def made(url: str, folder: Path, petitions: int) -> Iterator[Parts]:
    """An office on an empty database whose petitions all went the same way by events."""
    migrate(url)
    settings = Settings(data_dir=folder, database_url=url)
    secrets = office.staffed(url, settings)
    chance = random.Random(5)
    with opened(url, settings) as parts, ThreadPoolExecutor(16) as pool:
        callers = {name: parts.access.caller(secret) for name, secret in secrets.items()}
        bodies = [office.petition(chance) for _ in range(petitions)]
        for number in pool.map(lambda body: went(parts, callers, body, WAY), bodies):
            assert number
        yield parts


def went(parts: Parts, callers: dict[str, Caller], body: dict[str, object], way: varied.Way) -> str:
    """One petition on its way; its number."""
    command = ReceivePetition.model_validate(body)
    number = parts.desk.receive(callers["intake"], command, request_id="bench").number
    for who, step, fields in way:
        parts.desk.take(callers[who], number, STEPS[step].model_validate(fields), request_id="bench")
    return number


def sized(url: str, folder: Path, petitions: int) -> dict[str, str]:
    """An office of a size, most of whose petitions are copies of what went by events; the staff's tokens."""
    migrate(url)
    settings = Settings(data_dir=folder, database_url=url)
    secrets = office.staffed(url, settings)
    chance = random.Random(5)
    ended: dict[str, bool] = {}
    with opened(url, settings) as parts, ThreadPoolExecutor(8) as pool:
        callers = {name: parts.access.caller(secret) for name, secret in secrets.items()}

        def one(chosen: varied.Chosen) -> None:
            body, way, ends = chosen
            ended[went(parts, callers, body, way)] = ends

        for _ in pool.map(one, [varied.chosen(chance) for _ in range(min(BY_EVENTS, petitions))]):
            pass
        rebuild(url, parts.store, PROJECTIONS)
    if petitions > len(ended):
        copies.copy(url, petitions, dict(sorted(ended.items())))
    return secrets


def kept(folder: Path, petitions: int) -> tuple[Path, dict[str, str]]:
    """The folder of an office of a size, made there unless it is there already; and the staff's tokens.

    Raises `OtherTables` for one whose tables the code would rebuild.
    """
    place = folder / f"of-{petitions}"
    versions = {projection.name: projection.version for projection in PROJECTIONS}
    if not (place / KEPT).exists():
        begun = time.monotonic()
        place.mkdir(parents=True)
        for one in (folder, place):
            one.chmod(0o711)
        with start(place / "postgres", settings=QUICKLY) as running:
            url = office.database(running.url, "office")
            secrets = sized(url, place, petitions)
        (place / KEPT).write_text(json.dumps({"secrets": secrets, "seconds": time.monotonic() - begun}))
        (place / KEPT).chmod(0o600)
    with opened_again(place) as url, psycopg.connect(url) as db:
        rows = db.execute("SELECT name, version FROM runner.projections WHERE generation = 'live'").fetchall()
    if dict(rows) != versions:
        raise OtherTables(f"{place}: {sorted(set(dict(rows).items()) ^ set(versions.items()))}")
    said: dict[str, dict[str, str]] = json.loads((place / KEPT).read_text())
    return place, said["secrets"]


@contextmanager
def opened_again(place: Path) -> Iterator[str]:
    """The URL of a kept office's database, its server running as the service itself would start it."""
    with office.server(place / "postgres") as url:
        yield _database(url)


def _database(server_url: str) -> str:
    return office.named(server_url, "bench_office")
