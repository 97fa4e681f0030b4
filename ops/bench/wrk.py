"""wrk, and what it says."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).with_name("lua")
THREADS = 2


class LoadFailed(Exception):
    """Answers were not what they must be; a number made of refusals measures nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run: answers per second, and latencies in milliseconds."""

    per_second: float
    p50: float
    p95: float
    p99: float


def run(script: str, address: str, *arguments: str | Path, clients: int, seconds: float) -> Load:
    """Send requests for so long over so many connections. Raises `LoadFailed` where any was refused or lost."""
    long = f"{max(1, round(seconds))}s"
    command = ["wrk", "-t", str(min(THREADS, clients)), "-c", str(clients), "-d", long, "--timeout", "10s",
               "-s", str(SCRIPTS / script), address, "--", *map(str, arguments)]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next((line for line in told.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise LoadFailed(f"wrk says nothing: {told[-500:]}")
    found = json.loads(line.removeprefix("RESULT "))
    if found["failed"] or found["broken"] or not found["requests"]:
        raise LoadFailed(f"{script} {address}: {line}")
    return Load(
        found["requests"] / found["microseconds"] * 1e6, found["p50"] / 1e3, found["p95"] / 1e3, found["p99"] / 1e3
    )
