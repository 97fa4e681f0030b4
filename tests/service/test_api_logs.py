"""Logs, metrics and health: what operators see, and that personal data is in none of it, whatever goes wrong."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from domain.errors import Busy
from projections.catalogue import PROJECTIONS
from service.desk import Desk
from service.logs import configure
from service.metrics import Metrics
from service.positions import states
from service.settings import Settings
from service.store import StoreFailed
from tests.service.api_kit import API, PERSON, Office, assigned, petition

WORDS = [*PERSON.values(), "欧阳", "试之", "3877770042", "1949123100", "909室", "我家"]
"""None of these may stand anywhere outside of the sealed events and the answers to who works on the file."""
TOLD = {
    "title": f"{PERSON['name']}来电",
    "content": f"我家住{PERSON['address']}，电话{PERSON['phone']}，身份证{PERSON['id_number']}。",
    "petitioners": [PERSON],
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """All logs of this process, from now on, in a file; as they were afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    configure(Settings(log_file=tmp_path / "logs" / "service.log", log_level="debug"))
    try:
        yield tmp_path / "logs" / "service.log"
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:], root.level = handlers, level
        structlog.configure(**before)
        sys.excepthook, threading.excepthook = hooks


def lines(log: Path) -> list[dict[str, Any]]:
    """The log, line by line; every line is a JSON object."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def clean(text: str) -> None:
    """Fail where personal data stands in it."""
    assert not [word for word in WORDS if word in text or json.dumps(word)[1:-1] in text]


def failing_ways(office: Office) -> Iterator[int]:
    """Send personal data down every path that fails; the statuses."""
    for changes in (
        {"channel": PERSON["name"]},
        {"title": PERSON["name"] * 60},
        {"title": PERSON["name"] + "\0"},
        {"people_count": PERSON["phone"]},
        {"petitioners": [{**PERSON, "phone": PERSON["address"]}]},
        {"petitioners": [{**PERSON, PERSON["name"]: PERSON["name"]}]},
        {"against": ["13877770042"]},
        {"place": {"area": "13877770042"}},
        {"occurred_at": PERSON["phone"]},
        {"occurred_at": "2099-01-01T00:00:00Z"},
    ):
        yield office.post("intake", "/petitions", petition(**(TOLD | changes))).status_code
    whole = json.dumps(petition(**TOLD), ensure_ascii=False)
    intake = office.headers("intake", {"Content-Type": "application/json"})
    for content in (whole[:-9].encode(), whole.encode("gb18030"), whole.replace('"web"', "NaN").encode()):
        yield office.client.post(f"{API}/petitions", content=content, headers=intake).status_code
    yield office.client.post(f"{API}/petitions", content=whole.encode() * 5000, headers=intake).status_code
    other = intake | {"Content-Type": "a/b"}
    yield office.client.post(f"{API}/petitions", content=whole.encode(), headers=other).status_code
    yield office.client.post(f"{API}/petitions", json=petition(**TOLD)).status_code
    yield office.post("handler", "/petitions", petition(**TOLD)).status_code
    number = assigned(office)
    yield office.post("handler", f"/petitions/{number}/note-progress", {"text": TOLD["content"]}).status_code
    yield office.post("publisher", f"/petitions/{number}/note-progress", {"text": TOLD["content"]}).status_code
    yield office.post("handler", f"/petitions/{PERSON['phone']}/sign-for", {}).status_code
    yield office.get("intake", f"/petitions/{PERSON['name']}").status_code
    yield office.get("intake", f"/{PERSON['name']}").status_code
    yield office.get("intake", "/ledger", cursor=PERSON["name"]).status_code
    yield office.get("intake", f"/ledger?{PERSON['name']}={PERSON['name']}").status_code
    yield office.get("intake", "/ledger", q=PERSON["name"] + "\0").status_code
    headers: Any = {"If-Match": PERSON["name"].encode(), "Authorization": f"Bearer {office.secrets['handler']}"}
    yield office.client.post(f"{API}/petitions/{number}/sign-for", headers=headers).status_code
    yield office.client.get("/healthz", headers={"X-Request-Id": PERSON["phone"] + "/"}).status_code


def test_no_log_holds_personal_data(office: Office, log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = office.ok(office.post("intake", "/petitions", petition(**TOLD)))
    for path in ("/ledger", f"/petitions/{done['number']}", f"/petitions/{done['number']}/events"):
        office.ok(office.get("intake", path))
    office.ok(office.get("intake", "/ledger", q=PERSON["name"]))
    statuses = list(failing_ways(office))
    assert not [status for status in statuses if status >= 500]
    assert {400, 401, 403, 404, 409, 413, 415, 422} <= set(statuses)
    written = lines(log)
    assert len([line for line in written if line["event"] == "request"]) >= len(statuses)
    clean(log.read_text("utf-8"))
    printed = capfd.readouterr()
    clean(printed.out + printed.err)
    clean(office.client.get("/metrics").text)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(PERSON["name"]),
        StoreFailed(PERSON["phone"]),
        psycopg.errors.UniqueViolation(PERSON["name"]),
        UnicodeDecodeError("utf-8", PERSON["name"].encode(), 0, 1, PERSON["name"]),
    ],
)
def test_our_own_mistakes_are_told_by_id_only(
    office: Office, log: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error from ValueError(PERSON["address"])

    monkeypatch.setattr(Desk, "receiving", fail)
    answer = office.post("intake", "/petitions", petition(**TOLD), Accept_Language="en")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    clean(answer.text)
    clean(log.read_text("utf-8"))
    clean("".join(capfd.readouterr()))
    (failed,) = [line for line in lines(log) if line["event"] == "request_failed"]
    assert (failed["request_id"], failed["error"]) == (answer.json()["request_id"], type(error).__name__)
    assert failed["causes"] == ["ValueError"]
    assert failed["at"][-1].startswith("test_api_logs.py:")


@pytest.mark.parametrize("error", [Busy(), psycopg.OperationalError("x"), psycopg.errors.UndefinedTable("x")])
def test_who_comes_too_early_may_come_again(office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Desk, "receiving", fail)
    answer = office.post("intake", "/petitions", petition())
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_a_request_is_one_line(office: Office, log: Path) -> None:
    number = office.received()["number"]
    office.get("intake", "/ledger", q="路灯")
    office.client.get("/healthz")
    posted, asked = [line for line in lines(log) if line["event"] == "request"]
    assert posted["route"] == f"{API}/petitions"
    assert asked == asked | {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": f"{API}/ledger",
        "status": 200,
        "staff": "intake",
        "code": None,
    }
    assert {"timestamp", "request_id", "milliseconds"} <= set(asked)
    assert number not in log.read_text("utf-8")


def test_other_libraries_lines_are_cut_to_what_stands_in_their_code(log: Path) -> None:
    foreign = logging.getLogger("some.package")
    foreign.warning("cannot take %s", PERSON["name"])
    foreign.warning(f"cannot take {PERSON['name']}")
    try:
        raise ValueError(PERSON["name"])
    except ValueError:
        foreign.exception("failed")
        structlog.get_logger("ours").exception("failed")
    told = [(line["logger"], line["event"], line.get("error")) for line in lines(log)]
    assert told == [
        ("some.package", "cannot take %s", None),
        ("some.package", "some.package", None),
        ("some.package", "some.package", "ValueError"),
        ("ours", "failed", "ValueError"),
    ]
    clean(log.read_text("utf-8"))


def test_a_thread_that_dies_says_where_not_what(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def die() -> None:
        raise ValueError(PERSON["name"])

    dying = threading.Thread(target=die)
    dying.start()
    dying.join()
    (line,) = lines(log)
    assert (line["event"], line["error"]) == ("thread_failed", "ValueError")
    clean(log.read_text("utf-8") + "".join(capfd.readouterr()))


def test_readiness_names_what_is_missing(office: Office) -> None:
    assert office.client.get("/readyz").json() == {"status": "ready", "missing": []}
    with psycopg.connect(office.url, autocommit=True) as connection:
        connection.execute("UPDATE runner.projections SET state = 'stopped', error_position = 7 WHERE name = 'search'")
        answer = office.client.get("/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["projection search: stopped at 7 (None)"])
        assert 'huiying_projection_stopped{projection="search"} 1.0' in office.client.get("/metrics").text
        connection.execute("UPDATE runner.projections SET state = 'running' WHERE name = 'search'")
        connection.execute("DELETE FROM schema_migrations WHERE name = '0002_runner.sql'")
        answer = office.client.get("/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["migrations: 0002_runner.sql"])
        connection.execute("INSERT INTO schema_migrations (name) VALUES ('0002_runner.sql')")
    assert office.client.get("/readyz").status_code == 200
    assert office.client.get("/healthz").json() == {"status": "up"}


def test_metrics_count_requests_by_route(office: Office) -> None:
    number = office.received()["number"]
    office.get("intake", f"/petitions/{number}")
    office.client.request("PROPFIND", f"{API}/petitions")
    office.client.get(f"/{PERSON['name']}")
    text = office.client.get("/metrics").text
    assert f'route="{API}/petitions/{{number}}",status="200"' in text
    assert 'method="OTHER"' in text
    assert f"huiying_log_position {office.parts.store.last_position():.1f}" in text
    assert all(f'huiying_projection_lag{{projection="{one.name}"}}' in text for one in PROJECTIONS)
    assert "huiying_writer_waiting 0.0" in text
    assert str(number) not in text


def test_lag_is_told_in_positions(office: Office) -> None:
    with office.parts.pool.connection() as connection:
        now = states(connection)
    text = Metrics().text(now[0].position + 5, [replace(state, state="running") for state in now]).decode()
    assert f'huiying_projection_lag{{projection="{now[0].name}"}} 5.0' in text
