"""The contestants: one PostgreSQL with fsync, a database for each, and their processes; and what they are sent."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from domain.staff import AddStaff, GrantRole
from domain.vocabulary import Role
from ops.bench import plain
from service import tokens
from service.administration import adopt_sample, staff_steps
from service.embedded import start
from service.migrations import migrate
from service.parts import opened
from service.settings import Settings

PATIENCE = 240.0
STAFF: Mapping[str, tuple[Role, str | None]] = {
    "intake": (Role.INTAKE, None),
    "handler": (Role.HANDLER, "ZF"),
    **{f"handler-{unit.lower()}": (Role.HANDLER, unit) for unit in ("WY", "HW", "CG", "MS", "PA", "DQ", "JW")},
    "approver": (Role.APPROVER, "HY"),
    "publisher": (Role.PUBLISHER, None),
    "publisher-2": (Role.PUBLISHER, None),
    "caller": (Role.CALLER, None),
    "supervisor": (Role.SUPERVISOR, None),
}
WORDS = """
三单元 楼道灯 不亮 积水 停车 噪音 垃圾 清运 下水道 堵塞 电梯 故障 绿化 树枝 遮挡
路面 破损 充电桩 占道 经营 消防 通道 健身 器材 松动 门禁 失灵 水压 不足 供暖
""".split()  # noqa: SIM905 - thirty quotation marks make no word clearer
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴", "明华芳军丽强敏静涛霞小晓文建国"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running service: where, on which database, with which tokens."""

    address: str
    database: str
    secrets: Mapping[str, str]
    data_dir: Path
    pids: tuple[int, ...] = ()

    def memory(self) -> dict[str, float]:
        """Proportional memory of the first web process and of the runner, in megabytes."""
        found: dict[str, float] = {}
        for pid in self.pids:
            command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            kind = next((word for word in ("runner", "web") if word in command), None)
            if kind and kind not in found:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                found[kind] = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        return found


def petition(chance: random.Random) -> dict[str, object]:
    """The body of an intake: some 120 characters of text, one person with a telephone."""
    text = "，".join("".join(chance.choices(WORDS, k=4)) for _ in range(8))
    return {
        "channel": "web",
        "nature": chance.choice(("complaint", "help", "suggestion")),
        "title": "".join(chance.choices(WORDS, k=3)),
        "content": f"{text}。请尽快处理。",
        "petitioners": [
            {
                "name": chance.choice(FAMILY) + "".join(chance.choices(GIVEN, k=2)),
                "phone": f"139{chance.randrange(10**8):08}",
            }
        ],
        "category": "020102",
        "place": {"area": "A01G1B01"},
    }


def bodies(folder: Path) -> Path:
    """Bodies of intakes, one a line; always the same."""
    chance = random.Random(7)
    return lines(folder / "petitions.txt", (json.dumps(petition(chance), ensure_ascii=False) for _ in range(500)))


def notes(folder: Path) -> Path:
    """Bodies of a step."""
    chance = random.Random(8)
    said = ("".join(chance.choices(WORDS, k=12)) for _ in range(500))
    return lines(folder / "notes.txt", (json.dumps({"text": f"{text}。"}, ensure_ascii=False) for text in said))


def paths(folder: Path, name: str, *found: str) -> Path:
    """Paths for wrk, one a line."""
    return lines(folder / f"{name}.paths", found)


def lines(file: Path, found: Iterable[str]) -> Path:
    """A file of lines for wrk."""
    file.write_text("\n".join(found) + "\n", "utf-8")
    return file


@contextmanager
def server(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """PostgreSQL as the service starts it, fsync on; the URL of its maintenance database."""
    with start(folder, settings=settings) as running:
        with psycopg.connect(running.url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        yield running.url


def database(server_url: str, name: str) -> str:
    """A new database; its URL."""
    name = f"bench_{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return named(server_url, name)


def named(server_url: str, name: str) -> str:
    """The URL of a server's database of this name."""
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def huiying(server_url: str, folder: Path, name: str = "huiying", *, runs: str = "serve") -> Iterator[Contestant]:
    """The service with everything on and nothing in it, as its command starts it, or on the library's recorder."""
    url, data_dir = database(server_url, name), folder / name
    data_dir.mkdir(exist_ok=True)
    migrate(url)
    secrets = staffed(url, Settings(data_dir=data_dir, database_url=url))
    with serving(url, data_dir, secrets, runs=runs) as running:
        yield running


@contextmanager
def serving(
    url: str, data_dir: Path, secrets: Mapping[str, str], *, workers: int = 1, runs: str = "serve"
) -> Iterator[Contestant]:
    """The processes of the service on a database that is there."""
    settings = Settings(
        data_dir=data_dir, database_url=url, port=free_port(), workers=workers, log_file=data_dir / "huiying.log"
    )
    environment, out = settings.environment(), data_dir / "stdout.log"
    with ExitStack() as stack:
        command: tuple[str, ...] = ("service.cli", "serve")
        if runs != "serve":
            feeding = (sys.executable, "-m", "service.children", str(os.getpid()), "runner")
            stack.enter_context(_process(environment, out, *feeding))
            command = ("ops.bench.default_recorder",)
        process = stack.enter_context(_process(environment, out, sys.executable, "-m", *command))
        address = f"http://127.0.0.1:{settings.port}"
        _await(f"{address}/healthz")
        yield Contestant(address, url, secrets, data_dir, tuple(_below(process.pid)))


def staffed(url: str, settings: Settings) -> dict[str, str]:
    """The sample rulebook and a person for each role; their tokens."""
    secrets: dict[str, str] = {}
    with opened(url, replace(settings, connections=2)) as parts:
        adopt_sample(parts)
        for name, (role, unit) in STAFF.items():
            staff_steps(parts, name, AddStaff(name="某人"), GrantRole(role=role, unit=unit, since=date(2020, 1, 1)))
            with parts.pool.connection() as connection:
                secrets[name] = tokens.create(connection, name)
    return secrets


@contextmanager
def plain_endpoints(server_url: str, folder: Path) -> Iterator[Contestant]:
    """The plain endpoints, with the same server program and loop."""
    url, port = database(server_url, "plain"), free_port()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(plain.TABLES)
    command = (sys.executable, "-m", "uvicorn", "ops.bench.plain:app", "--port", str(port), "--loop", "uvloop",
               "--http", "httptools", "--no-access-log", "--log-level", "warning")  # fmt: skip
    with _process({"BENCH_DATABASE_URL": url}, folder / "plain.log", *command) as process:
        address = f"http://127.0.0.1:{port}"
        _await(f"{address}/openapi.json")
        yield Contestant(address, url, {"intake": "none", "handler": "none"}, folder, (process.pid,))


@contextmanager
def _process(environment: Mapping[str, str], log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("ab") as out,
        subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _await(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if httpx.get(address, timeout=5).is_success:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(address)
        time.sleep(0.1)


def _below(pid: int) -> Iterator[int]:
    """The processes under this one."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield int(child)


def caught_up(one: Contestant) -> float:
    """Wait until every projection shows everything; how long that took, in seconds."""
    began = time.monotonic()
    with psycopg.connect(one.database, autocommit=True) as connection:
        while True:
            row = connection.execute(
                "SELECT (SELECT coalesce(max(notification_id), 0) FROM stored_events)"
                " - (SELECT coalesce(min(position), 0) FROM runner.projections WHERE generation = 'live')"
            ).fetchone()
            assert row is not None
            if row[0] <= 0:
                return time.monotonic() - began
            if time.monotonic() - began > 600:
                raise TimeoutError("the projections do not follow")
            time.sleep(0.02)
