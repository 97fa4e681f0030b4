"""An office for the tests of the interface: the application on a database of its own, staff, and the loop by HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psycopg
import uvicorn
from fastapi import FastAPI

from domain.staff import AddStaff, GrantRole
from domain.staff_access import ApproveRole
from domain.vocabulary import Role
from projections.catalogue import PROJECTIONS
from service import tokens
from service.administration import adopt_sample, grant_or_ask, staff_steps
from service.app import create_app
from service.gathering import GatheringProtocol
from service.parts import Parts
from service.runner import Runner
from service.settings import Settings

API = "/api/v1"
SINCE = date(2020, 1, 1)

STAFF: Mapping[str, tuple[Role, str | None]] = {
    "intake": (Role.INTAKE, None),
    "intake-2": (Role.INTAKE, None),
    "handler": (Role.HANDLER, "ZF"),
    "handler-hw": (Role.HANDLER, "HW"),
    "approver": (Role.APPROVER, "CG"),
    "publisher": (Role.PUBLISHER, None),
    "publisher-2": (Role.PUBLISHER, None),
    "caller": (Role.CALLER, None),
    "supervisor": (Role.SUPERVISOR, None),
    "supervisor-2": (Role.SUPERVISOR, None),
    "admin": (Role.ADMIN, None),
    "admin-2": (Role.ADMIN, None),
}
"""One person per role; the id is also the name that tests ask them by."""

PERSON = {"name": "欧阳试之", "phone": "13877770042", "id_number": "11010519491231002X", "address": "藕塘南苑1幢909室"}
"""Made up. None of it may stand in a log, an error, a metric, or a list."""


@dataclass(frozen=True, slots=True)
class Office:
    """The running application."""

    url: str
    client: httpx.Client
    parts: Parts
    secrets: Mapping[str, str] = field(repr=False)
    folder: Path = Path()

    def post(self, who: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """A POST as a member of staff; names of headers with `_` for `-`."""
        return self.client.post(f"{API}{path}", json=body or {}, headers=self.headers(who, headers))

    def get(self, who: str, path: str, headers: Any = None, **asked: Any) -> httpx.Response:
        """A GET as a member of staff."""
        return self.client.get(f"{API}{path}", params=asked, headers=self.headers(who, headers or {}))

    def headers(self, who: str, more: Mapping[str, str]) -> dict[str, str]:
        """The headers of a request."""
        return {"Authorization": f"Bearer {self.secrets[who]}"} | {k.replace("_", "-"): v for k, v in more.items()}

    def ok(self, response: httpx.Response) -> dict[str, Any]:
        """The answer of a request that must succeed."""
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def received(self, **changes: object) -> dict[str, Any]:
        """A petition that was taken in."""
        return self.ok(self.post("intake", "/petitions", petition(**changes)))

    def take(self, who: str, number: str, step: str, **body: object) -> dict[str, Any]:
        """A step that must succeed."""
        return self.ok(self.post(who, f"/petitions/{number}/{step}", body))

    def catch_up(self) -> None:
        """Wait until every projection shows what has happened."""
        names = [projection.name for projection in PROJECTIONS]
        assert self.parts.positions.wait_for(self.parts.store.last_position(), names, 60)

    def events(self) -> int:
        """How many events there are."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM stored_events").fetchone()
        assert row is not None
        return int(row[0])


def petition(**changes: object) -> dict[str, object]:
    """The body of an intake."""
    return {
        "channel": "web",
        "nature": "complaint",
        "title": "楼道灯不亮",
        "content": "三单元楼道灯坏了一周，晚上看不见台阶。",
        "petitioners": [{"name": "林小满", "phone": "13900001111"}],
        "category": "020102",
        "place": {"area": "A01G1B01"},
    } | changes


def assigned(office: Office, **changes: object) -> str:
    """A petition that was accepted and given to ZF."""
    number = str(office.received(**changes)["number"])
    office.take("intake", number, "accept-petition", notice="sms")
    office.take("intake", number, "assign-petition", lead="ZF")
    return number


def replied(office: Office, number: str) -> None:
    """From assigned to replied."""
    office.take("handler", number, "sign-for")
    office.take("handler", number, "contact-resident", reached=True)
    office.take(
        "handler", number, "report-outcome", answers=[{"demand": "d1", "outcome": "resolved", "text": "已换灯"}]
    )
    office.take("handler", number, "draft-reply", text="已更换楼道灯。")
    office.take("approver", number, "approve-reply")
    office.take("handler", number, "deliver-reply", method="sms")


def published(office: Office, number: str) -> None:
    """From replied to published."""
    office.take("publisher", number, "draft-publication", title="楼道灯已修复", text="已更换。")
    office.take("publisher-2", number, "approve-publication")
    office.take("publisher", number, "publish-result", outlets=["board"])


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application behind a real server in a thread of this process; its address."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=GatheringProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
    )
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, name="server")
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        try:
            assert server.started
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def office_at(url: str, folder: Path, *, wait_seconds: float = 30.0) -> Iterator[Office]:
    """The application on an empty migrated database, with the sample rulebook, one person per role, and a runner."""
    settings = Settings(data_dir=folder, database_url=url, wait_seconds=wait_seconds)
    app = create_app(settings)
    with served(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        parts: Parts = app.state.parts
        with staffed(parts) as secrets:
            yield Office(url, client, parts, secrets, folder)


@contextmanager
def staffed(parts: Parts) -> Iterator[Mapping[str, str]]:
    """The sample rulebook, one person per role, and a runner that has caught up; the tokens by staff id."""
    adopt_sample(parts)
    secrets = {}
    for name, (role, unit) in STAFF.items():
        if grant_or_ask(parts, name, GrantRole(role=role, unit=unit, since=SINCE), AddStaff(name="某人")):
            staff_steps(parts, name, ApproveRole(role=role), caller=parts.access.of_staff("admin", "seed"))
        with parts.pool.connection() as connection:
            secrets[name] = tokens.create(connection, name)
    runner = Runner(parts.url, parts.store)
    runner.start()
    try:
        names = [projection.name for projection in PROJECTIONS]
        assert parts.positions.wait_for(parts.store.last_position(), names, 60)
        yield secrets
    finally:
        runner.stop()
