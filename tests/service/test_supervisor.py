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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, "--workers", 2) as service:
        started = service.children()
        assert len(service.of("service.children")) == 4
        assert len(service.of("postgres")) == 1
        assert service.stop(number) == 0
        assert not alive(started)
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


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


def test_whoever_ends_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", 2) as service:
        assert [name for name in ("web", "runner", "jobs", "postgres") if not replaced(service, name)] == []
        assert eventually(ready(service))
        assert service.stop() == 0
        assert sum('"child_ended"' in line for line in service.said) >= 3
        assert sum('"database_ended"' in line for line in service.said) == 1


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = huiying(tmp_path, "serve", "--port", port)
    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_second_service_on_the_same_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.embedded.server.PATIENCE_SECONDS", 1.0)
    from service.embedded import DatabaseUnavailable, start

    with running(tmp_path):
        with pytest.raises(DatabaseUnavailable, match="serves"):
            start(tmp_path)


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
