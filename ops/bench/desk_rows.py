"""What an office of a size asks of its desks: reads at a small and a large size, and the mix of a ticket system."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import quote

import httpx
import psycopg

from ops.bench import making, office, wrk
from ops.bench.http_rows import API, assigned
from ops.bench.office import Contestant

WORDS, PAIR = ("积水", "噪音", "停车", "鹦鹉", "古井", "下水道", "楼道灯", "充电桩", "天线塔"), 2
"""Words to search, common ones and rare ones."""
MONTHS = tuple(date.today().replace(day=1) - timedelta(days=30 * back) for back in (0, 1, 12, 40))  # noqa: DTZ011
READS: Mapping[str, tuple[str, ...]] = {
    "ledger page": ("/ledger?limit=50",),
    "filtered page": (
        "/ledger?limit=50&channel=web&stage=handling",
        "/ledger?limit=50&unit=ZF&category=020102",
        "/ledger?limit=50&channel=symposium&stage=publishing",
        "/ledger?limit=50&nature=thanks&unit=DQ&area=A08",
        "/ledger?limit=50&overdue=true&channel=letter_visit",
        f"/ledger?limit=50&stage=handling&from={MONTHS[3]:%Y-%m}-01&to={MONTHS[3]:%Y-%m}-28",
    ),
    "2-character search": tuple(f"/ledger?limit=50&q={quote(word)}" for word in WORDS if len(word) == PAIR),
    "3-character search": tuple(f"/ledger?limit=50&q={quote(word)}" for word in WORDS if len(word) > PAIR),
    "single character": tuple(f"/ledger?limit=50&q={quote(character)}" for character in "车灯鹦龖"),
    "words and filters": tuple(
        f"/ledger?limit=50&{asked}" for asked in (f"q={quote('停车')}&channel=symposium&stage=closed",
                                                  f"q={quote('下水道')}&unit=JW&nature=suggestion")
    ),
    "statistics of a month": tuple(f"/statistics/channels?from={day:%Y-%m}-01&to={day:%Y-%m}-28" for day in MONTHS),
    "statistics of a year": (
        f"/statistics/units?by=month&compare=year_before&from={MONTHS[2]:%Y}-01-01&to={MONTHS[2]:%Y}-12-31",
    ),
    "audit": ("/audit?limit=50", "/audit?limit=50&topic=petition.closed&role=caller",
              "/audit?limit=50&topic=petition.assigned&unit=DQ",
              f"/audit?limit=50&role=approver&recorded_from={MONTHS[3]:%Y-%m}-01&recorded_to={MONTHS[3]:%Y-%m}-28"),
}  # fmt: skip
GOALS: Mapping[str, int] = {
    "create": 1110, "comment": 1700, "status change": 1270, "read": 1110, "list of 50": 640, "2-character search": 120,
}  # fmt: skip
"""Per second: ten times the best of three ticket systems at 20,000 cases, 8 clients, 2 workers."""
FILES = 100


def sizes(server_url: str, folder: Path, asked: argparse.Namespace) -> Mapping[str, object]:
    """p95 of each read at both sizes, one client, in turns; and the memory of a web process and of the runner."""
    running = {petitions: making.kept(asked.keep or folder, petitions) for petitions in (asked.small, asked.petitions)}
    found: dict[str, dict[str, float]] = {}
    memory: dict[str, dict[str, float]] = {}
    p95: dict[tuple[str, int], list[float]] = {}
    for _ in range(asked.rounds):
        for petitions, (data_dir, secrets) in running.items():
            with making.opened_again(data_dir) as url, office.serving(url, data_dir, secrets) as one:
                for name, paths in {**READS, "file": _files(one)}.items():
                    where = office.paths(data_dir, "read", *(API + path for path in paths))
                    who = secrets["supervisor"]
                    _once(one, who, paths)
                    load = wrk.run("get.lua", one.address, who, where, clients=1, seconds=asked.seconds / 2)
                    p95.setdefault((name, petitions), []).append(load.p95)
                memory[str(petitions)] = one.memory()
    for name in {**READS, "file": ()}:
        small, large = (median(p95[name, petitions]) for petitions in running)
        found[name] = {"small p95": small, "large p95": large, "ratio": large / small}
    grown = {kind: memory[str(asked.petitions)][kind] / memory[str(asked.small)][kind] for kind in ("web", "runner")}
    return {"small": asked.small, "large": asked.petitions, **found, "memory": memory, "memory grown": grown}


def _once(one: Contestant, who: str, paths: Iterable[str]) -> None:
    """Ask for each path once: what is measured is not how long cold pages take to come from the disk."""
    with httpx.Client(base_url=one.address, headers={"Authorization": f"Bearer {who}"}, timeout=60) as client:
        for path in paths:
            client.get(API + path).raise_for_status()


def _files(one: Contestant) -> tuple[str, ...]:
    """Files that went their way by events, spread over the ledger."""
    with psycopg.connect(one.database) as db:
        rows = db.execute(
            "SELECT stream FROM audit.events WHERE topic = 'petition.received' ORDER BY position LIMIT %s",
            (making.BY_EVENTS,),
        ).fetchall()
    return tuple(f"/petitions/{number}" for (number,) in rows)


def desks(server_url: str, folder: Path, asked: argparse.Namespace) -> Mapping[str, object]:
    """The mix that ticket systems were measured with: answers per second with 8 clients and 2 workers."""
    url, data_dir = office.database(server_url, "desks"), folder / "desks"
    data_dir.mkdir()
    secrets = making.sized(url, data_dir, min(20000, asked.petitions))
    rates: dict[str, list[float]] = {name: [] for name in GOALS}
    with office.serving(url, data_dir, secrets, workers=2) as one:
        numbers = [*assigned(one, FILES)]
        petitions, notes = office.bodies(data_dir), office.notes(data_dir)
        natures = office.lines(data_dir / "natures.txt", _classified("help", "complaint"))
        turns = {
            "create": ("post.lua", "intake", petitions, _paths(data_dir, "/petitions")),
            "comment": ("post.lua", "handler", notes, _paths(data_dir, *_on(numbers, "/note-progress"))),
            "status change": ("post.lua", "intake", natures, _paths(data_dir, *_on(numbers, "/classify-petition"))),
            "read": ("get.lua", "handler", _paths(data_dir, *_on(numbers, ""))),
            "list of 50": ("get.lua", "supervisor", _paths(data_dir, *READS["ledger page"])),
            "2-character search": ("get.lua", "supervisor", _paths(data_dir, *READS["2-character search"])),
        }
        for _ in range(asked.rounds):
            for name, (script, who, *files) in turns.items():
                office.caught_up(one)
                load = wrk.run(script, one.address, secrets[who], *files, clients=8, seconds=asked.seconds)
                rates[name].append(load.per_second)
    return {name: {"per second": median(found), "goal": GOALS[name]} for name, found in rates.items()}


def _classified(*natures: str) -> list[str]:
    """Bodies of a step that puts a file under a nature."""
    return [json.dumps({"nature": nature, "category": "020102"}) for nature in natures]


def _on(numbers: list[str], step: str) -> list[str]:
    return [f"/petitions/{number}{step}" for number in numbers]


def _paths(folder: Path, *paths: str) -> Path:
    name = f"desk-{abs(hash(paths))}"
    return office.paths(folder, name, *(API + path for path in paths))
