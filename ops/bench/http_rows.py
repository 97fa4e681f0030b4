"""Receiving and a step by HTTP, each against its comparison, in turns."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx

from ops.bench import office, wrk
from ops.bench.office import Contestant
from ops.bench.wrk import Load

API = "/api/v1"
CLIENTS = 32
FILES = 100
"""How many petitions steps are taken on, so that two seldom meet."""

Rounds = dict[str, list[Load]]


def assigned(service: Contestant, count: int) -> Iterator[str]:
    """Petitions in the hands of the handler; their numbers."""
    lines = office.bodies(service.data_dir).read_text("utf-8").splitlines()
    with httpx.Client(base_url=service.address + API, timeout=60) as client:

        def post(who: str, path: str, body: object) -> dict[str, str]:
            answer = client.post(path, json=body, headers={"Authorization": f"Bearer {service.secrets[who]}"})
            answer.raise_for_status()
            told: dict[str, str] = answer.json()
            return told

        def one(index: int) -> str:
            number = post("intake", "/petitions", json.loads(lines[index % len(lines)]))["number"]
            post("intake", f"/petitions/{number}/accept-petition", {"notice": "sms"})
            post("intake", f"/petitions/{number}/assign-petition", {"lead": "ZF"})
            post("handler", f"/petitions/{number}/sign-for", {})
            return number

        with ThreadPoolExecutor(16) as pool:
            yield from pool.map(one, range(count))


def plain_files(plain: Contestant, count: int) -> Iterator[str]:
    """As many rows in the plain tables; their ids."""
    lines = office.bodies(plain.data_dir).read_text("utf-8").splitlines()
    with httpx.Client(base_url=plain.address, timeout=60) as client:
        for index in range(count):
            yield str(client.post("/petitions", json=json.loads(lines[index % len(lines)])).json()["id"])


def measure(server_url: str, folder: Path, asked: argparse.Namespace) -> Mapping[str, object]:
    """Both rows with their ratios; medians of answers per second and p99 in milliseconds for each contestant."""
    found = _in_turns(server_url, folder, rounds=asked.rounds, seconds=asked.seconds)
    rows: dict[str, object] = {
        f"{row} {name}": {"per second": rate(loads), "p99": median(load.p99 for load in loads)}
        for row, named in found.items()
        for name, loads in named.items()
    }
    return rows | {
        "receive against plain": ratio(found["receive"], "plain"),
        "receive against recorder": ratio(found["receive"], "recorder"),
        "step against plain": ratio(found["step"], "plain"),
    }


def _in_turns(server_url: str, folder: Path, *, rounds: int, seconds: float, files: int = FILES) -> dict[str, Rounds]:
    """`receive` and `step`, each with the loads of `huiying`, `plain` and `recorder` by round."""
    with ExitStack() as stack:
        ours = stack.enter_context(office.huiying(server_url, folder))
        theirs = stack.enter_context(office.huiying(server_url, folder, "recorder", runs="recorder"))
        plain = stack.enter_context(office.plain_endpoints(server_url, folder))
        petitions, notes = office.bodies(folder), office.notes(folder)
        intake = office.paths(folder, "intake", f"{API}/petitions")
        plain_intake = office.paths(folder, "plain-intake", "/petitions")
        step = office.paths(
            folder, "step", *(f"{API}/petitions/{number}/note-progress" for number in assigned(ours, files))
        )
        plain_step = office.paths(
            folder, "plain-step", *(f"/petitions/{n}/note-progress" for n in plain_files(plain, files))
        )
        turns = {
            "receive": {
                "plain": (plain, "intake", petitions, plain_intake),
                "huiying": (ours, "intake", petitions, intake),
                "recorder": (theirs, "intake", petitions, intake),
            },
            "step": {"plain": (plain, "handler", notes, plain_step), "huiying": (ours, "handler", notes, step)},
        }
        found: dict[str, Rounds] = {row: {name: [] for name in named} for row, named in turns.items()}
        for number in range(rounds + 1):
            for row, named in turns.items():
                for name, (one, who, what, where) in named.items():
                    for running in (ours, theirs):
                        office.caught_up(running)
                    load = wrk.run("post.lua", one.address, one.secrets[who], what, where,
                                   clients=CLIENTS, seconds=seconds if number else min(seconds, 2.0))  # fmt: skip
                    if number:  # the first round only warms up
                        found[row][name].append(load)
        return found


def rate(loads: list[Load]) -> float:
    """The median of the rounds."""
    return median(load.per_second for load in loads)


def ratio(rounds: Rounds, against: str) -> float:
    """Ours against theirs, as the median of the ratios within each round."""
    pairs = zip(rounds["huiying"], rounds[against], strict=True)
    return median(ours.per_second / theirs.per_second for ours, theirs in pairs)


def lag(server_url: str, folder: Path, asked: argparse.Namespace) -> Mapping[str, object]:
    """Milliseconds from an acknowledged intake until the ledger shows it, at half of what the service can take."""
    with office.huiying(server_url, folder) as ours:
        petitions, where = office.bodies(folder), office.paths(folder, "intake", f"{API}/petitions")
        half = _received(ours, petitions, where, seconds=asked.seconds).per_second / 2
        office.caught_up(ours)
        # What an answer takes at that load is not known before it was tried once.
        guess = CLIENTS / half * 1000
        tried = _received(ours, petitions, where, seconds=asked.seconds, pause=guess)
        pause = 2 * guess - CLIENTS / tried.per_second * 1000
        office.caught_up(ours)
        with ThreadPoolExecutor(1) as pool:
            seconds = max(6.0, asked.seconds * 2)
            load = pool.submit(_received, ours, petitions, where, seconds=seconds, pause=pause)
            delays = sorted(_delays(ours, petitions, seconds - 1))
            sent = load.result()
    return {
        "half the maximum, per second": half,
        "sent per second": sent.per_second,
        "looks": len(delays),
        "p50": delays[len(delays) // 2],
        "p99": delays[min(len(delays) - 1, len(delays) * 99 // 100)],
    }


def _received(ours: Contestant, petitions: Path, where: Path, *, seconds: float, pause: float = 0) -> Load:
    """Intakes by all clients, each pausing so many milliseconds in the mean."""
    told, token = f"{max(0, pause):.0f}", ours.secrets["intake"]
    return wrk.run("post.lua", ours.address, token, petitions, where, told, clients=CLIENTS, seconds=seconds)


def _delays(ours: Contestant, petitions: Path, seconds: float) -> Iterator[float]:
    """An intake now and then, and how long the ledger takes to show its position (asked with `after`)."""
    body = petitions.read_text("utf-8").splitlines()[0].encode()
    until = time.perf_counter() + seconds
    headers = {"Authorization": f"Bearer {ours.secrets['intake']}", "Content-Type": "application/json"}
    with httpx.Client(base_url=ours.address + API, headers=headers, timeout=60) as client:
        while time.perf_counter() < until:
            told = client.post("/petitions", content=body)
            acknowledged = time.perf_counter()
            position = told.raise_for_status().json()["position"]
            seen = client.get("/ledger", params={"limit": 1, "after": position})
            assert seen.headers["Huiying-Position-Shown"] == "true", seen.text
            yield (time.perf_counter() - acknowledged) * 1000
            time.sleep(0.02)
