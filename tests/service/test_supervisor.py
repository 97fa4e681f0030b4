"""The service's processes: one parent, all restarted, none left behind."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.service.cli_kit import Service, alive, eventually, huiying, running


def ready(service: Service) -> Callable[[], bool]:
    """A question whether the service answers with everything in place."""

    def asked() -> bool:
        try:
            return httpx.get(f"{service.url}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    return asked


def stops_everything(service: Service, number: signal.Signals, folder: Path) -> bool:
    """Send a signal to a whole service; whether nothing of it is left."""
    started = service.children()
    assert len(service.of("service.children")) == 4
    assert len(service.of("postgres")) == 1
    assert service.stop(number) == 0
    return not alive(started) and not (folder / "postgres" / "postmaster.pid").exists()


def test_a_key_stops_everything(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", 2) as service:
        assert stops_everything(service, signal.SIGINT, tmp_path)


def test_a_killed_parent_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", 2) as service:
        started = service.children()
        assert len(started) > 5
        service.stop(signal.SIGKILL)
        assert eventually(lambda: not alive(started)), alive(started)


def replaced(service: Service, name: str) -> bool:
    """Kill the children of this name; whether as many others come in their place."""
    before = service.of(name)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    return bool(before) and eventually(
        lambda: len(service.of(name)) == len(before) and not set(service.of(name)) & set(before)
    )


def test_whoever_ends_is_started_again_until_a_signal_stops_everything(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", 2) as service:
        assert [name for name in ("web", "runner", "jobs", "postgres") if not replaced(service, name)] == []
        assert eventually(ready(service))
        assert stops_everything(service, signal.SIGTERM, tmp_path)
        assert sum('"child_ended"' in line for line in service.said) >= 3
        assert sum('"database_ended"' in line for line in service.said) == 1


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = huiying(tmp_path, "serve", "--port", port)
    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("host", "public", "warned"),
    [("127.0.0.1", "", False), ("0.0.0.0", "", True), ("0.0.0.0", "https://desk.example.gov.cn", False)],
)
def test_a_start_where_others_can_knock_over_plain_http_warns(
    tmp_path: Path, host: str, public: str, warned: bool
) -> None:
    """It is said before the database is looked for, so that none is needed to hear it."""
    settings = {"HUIYING_PUBLIC_URL": public, "HUIYING_DATABASE_URL": "postgresql:///none?host=/nowhere"}
    done = huiying(tmp_path, "serve", "--host", host, "--port", 0, **settings)
    assert done.returncode == 4
    assert ("nobody can sign in" in " ".join(done.stderr.split())) == warned
