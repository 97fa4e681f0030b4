"""How long the desks' pages take at many petitions: `python -m ops.bench.pages --petitions 100000`.

The demonstration's petitions went all their ways by events. Their rows in every projection are then copied under new
numbers until there are as many as asked for, counters of figures once for each of six years, so that tables and indexes
are as large and as varied as they would be. What is measured is the server's own time for a page, as a browser gets it
by HTTP from one process; charts apart, because a page does not wait for them.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psycopg
import uvicorn
from psycopg.sql import SQL, Composable, Identifier, Literal

from projections.catalogue import PROJECTIONS
from service.app import create_app
from service.demo import prepare
from service.embedded import start
from service.migrations import migrate
from service.parts import Parts, opened
from service.runner import Runner
from service.settings import Settings

NUMBERS = ("number", "stream")
FILE = "^[A-Z]+-[0-9]{4}-[0-9]{6}$"
YEARS = 6
ROUNDS = 15

PAGES: tuple[tuple[str, str], ...] = (
    ("intake", "/ledger"),
    ("intake", "/ledger?channel=web&stage=closed"),
    ("intake", "/ledger?q=路灯"),
    ("intake", "/ledger?q=小区路灯"),
    ("intake", "/ledger?overdue=true"),
    ("handler-zf", "/ledger?unit=ZF&order=due"),
    ("supervisor", "/statistics"),
    ("supervisor", "/statistics?dimension=units&compare=year_before&by=month&from={year}-01-01"),
    ("supervisor", "/statistics/files?figure=acceptance&side=denominator"),
    ("supervisor", "/supervision"),
    ("supervisor", "/supervision/overdue"),
    ("supervisor", "/supervision/early"),
    ("supervisor", "/supervision/orders"),
    ("supervisor", "/supervision/audit"),
    ("supervisor", "/supervision/audit?topic=petition.closed&role=caller"),
    ("supervisor", "/supervision/readings?staff=intake"),
    ("", "/public/results"),
    ("", "/public/results?q=路灯"),
)
COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
 WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def multiply(db: psycopg.Connection[Any], copies: int) -> None:
    """Copy every file's rows in every projection under new numbers."""
    most = _one(db, "SELECT max(right(number, 6)::int) FROM ledger.rows WHERE number ~ %s", FILE)
    last = _one(db, "SELECT max(position) FROM audit.events")
    for schema in (projection.name for projection in PROJECTIONS):
        for (table,) in db.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,)
        ).fetchall():
            names = [name for name, _ in db.execute(COLUMNS, (schema, table))]
            key = next((name for name in names if name in NUMBERS), None)
            if key is not None:
                db.execute(_copying(Identifier(schema, table), names, key, copies, (most, last)), {"file": FILE})
    _count_more(db, copies)
    db.execute(
        "INSERT INTO personal_reads (read_at, staff, role, number, request_id)"
        " SELECT now() - n * interval '1 minute', 'intake', 'intake', r.number, 'bench'"
        " FROM (SELECT number, row_number() OVER () AS n FROM ledger.rows) AS r"
    )
    db.execute("ANALYZE")


def _copying(table: Identifier, names: list[str], key: str, copies: int, reached: tuple[int, int]) -> Composable:
    """The statement that copies a table's rows; `reached`: the highest serial number and position so far."""
    most, last = reached

    def value(name: str) -> Composable:
        column = SQL("t.") + Identifier(name)
        if name == key:
            return SQL("left({c}, -6) || lpad((right({c}, 6)::int + k * {most})::text, 6, '0')").format(
                c=column, most=Literal(most)
            )
        if name == "position":
            return SQL("{c} + k * {last}").format(c=column, last=Literal(last))
        return SQL("NULL") if name == "principal" else column

    return SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM {table} t CROSS JOIN generate_series(1, {copies}) AS k"
        " WHERE {key} ~ %(file)s"
    ).format(
        table=table,
        names=SQL(", ").join(map(Identifier, names)),
        values=SQL(", ").join(map(value, names)),
        copies=Literal(copies),
        key=SQL("t.") + Identifier(key),
    )


def _count_more(db: psycopg.Connection[Any], copies: int) -> None:
    """The counters of figures for as many files, in each of some years."""
    columns = db.execute(COLUMNS, ("statistics", "counters")).fetchall()
    counted = [name for name, kind in columns if kind in {"bigint", "integer"} and name != "day"]
    db.execute(
        SQL("UPDATE statistics.counters SET {sums}").format(
            sums=SQL(", ").join(SQL("{c} = {c} * {n}").format(c=Identifier(c), n=Literal(copies + 1)) for c in counted)
        )
    )
    names = [name for name, _ in columns]
    db.execute(
        SQL(
            "INSERT INTO statistics.counters ({names}) SELECT {values} FROM statistics.counters t"
            " CROSS JOIN generate_series(1, {years}) AS k ON CONFLICT DO NOTHING"
        ).format(
            names=SQL(", ").join(map(Identifier, names)),
            values=SQL(", ").join(
                SQL("(t.day - k * interval '1 year')::date") if name == "day" else SQL("t.") + Identifier(name)
                for name in names
            ),
            years=Literal(YEARS - 1),
        )
    )


def _one(db: psycopg.Connection[Any], query: str, *parameters: object) -> int:
    row = db.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[Parts, str]]:
    """The application in a thread of this process; its parts and its address."""
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        thread = Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield app.state.parts, f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def measured(parts: Parts, address: str) -> Iterator[tuple[str, list[float]]]:
    """Each page with its times in milliseconds, fastest first, after a first time that is not counted."""
    year = parts.now().year
    for who, page in PAGES:
        cookies = {"hy_session": parts.sessions.begin(who, "password")} if who else {}
        path = page.format(year=year)
        with httpx.Client(base_url=address, cookies=cookies, timeout=120) as client:
            times = []
            for _ in range(ROUNDS + 1):
                begun = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == 200, (path, answer.status_code)
        yield path, sorted(times[1:])


@contextmanager
def demonstrated(folder: Path) -> Iterator[Settings]:
    """The demonstration in a database of its own, every projection caught up; settings to serve it with."""
    folder.chmod(0o711)
    with start(folder / "data") as postgres:
        settings = Settings(data_dir=folder, database_url=postgres.url)
        migrate(postgres.url)
        with opened(postgres.url, settings) as parts:
            prepare(parts, settings)
            runner = Runner(parts.url, parts.store)
            runner.start()
            names = [projection.name for projection in PROJECTIONS]
            assert parts.positions.wait_for(parts.store.last_position(), names, 300)
            runner.stop()
        yield settings


def main() -> None:
    """Make the data, measure, print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--petitions", type=int, default=100_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="huiying-bench-") as folder, demonstrated(Path(folder)) as settings:
        with psycopg.connect(settings.database_url, autocommit=True) as db:
            files = _one(db, "SELECT count(*) FROM ledger.rows")
            multiply(db, max(1, asked.petitions // files))
            print(_one(db, "SELECT count(*) FROM ledger.rows"), "petitions")
        with serving(settings) as (parts, address):
            print("| page | fastest ms | median ms | p95 ms |\n|---|---:|---:|---:|")
            for path, times in measured(parts, address):
                fastest, median, slow = times[0], statistics.median(times), times[-2]
                print(f"| `{path}` | {fastest:.0f} | {median:.0f} | {slow:.0f} |", flush=True)


if __name__ == "__main__":
    main()
