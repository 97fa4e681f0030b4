"""The service as it really runs: processes of their own, several workers, logs in a file, a clean end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from service.parts import opened
from service.settings import Settings
from tests.service.api_kit import API, PERSON, petition, staffed

WORKERS = 2
PATIENCE = 60.0
ASKED = 40


@contextmanager
def workers(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Web workers under a parent of their own."""
    command = [sys.executable, "-m", "service.cli", "serve"]
    environment = os.environ | settings.environment()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def up(address: str) -> bool:
    """Whether the service becomes ready while there is patience."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", timeout=PATIENCE).status_code == 200:
                return True
        except httpx.TransportError:
            time.sleep(0.1)
    return False


def test_several_workers_are_one_service(database_url: str, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database_url=database_url,
        port=free_port(),
        workers=WORKERS,
        log_file=tmp_path / "service.log",
    )
    address = f"http://127.0.0.1:{settings.port}"
    with opened(database_url, settings) as parts, staffed(parts) as secrets, workers(settings) as process:
        assert up(address)
        headers = {"Authorization": f"Bearer {secrets['intake']}", "Connection": "close"}
        body = petition(petitioners=[PERSON], content=f"{PERSON['name']}反映")
        given: dict[str, Any] = {"headers": headers, "timeout": PATIENCE}
        posted = [httpx.post(f"{address}{API}/petitions", json=body, **given) for _ in range(ASKED)]
        assert {answer.status_code for answer in posted} == {201}
        assert len({answer.json()["number"] for answer in posted}) == ASKED
        last = max(answer.json()["position"] for answer in posted)
        found = httpx.get(f"{address}{API}/ledger", params={"after": last, "limit": 200}, **given)
        assert len(found.json()["files"]) == ASKED
        told = httpx.get(f"{address}/metrics", timeout=PATIENCE).text
        assert re.search(r'huiying_steps_total\{step="receive-petition"\} 40\.0', told)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    written = settings.log_file.read_text("utf-8") if settings.log_file else ""
    requests = [line for line in map(json.loads, written.splitlines()) if line["event"] == "request"]
    assert sum(line["status"] == 201 for line in requests) == ASKED
    for word in PERSON.values():
        assert word not in written + printed.decode()
