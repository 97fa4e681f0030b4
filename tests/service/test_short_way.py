"""The short way of commands: valid requests take it, and nothing is answered differently from the framework's way."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from service.api.carrying import ShortWay
from service.api.petitions import router
from service.api.requests import Requests
from service.app import create_app
from service.errors import HANDLERS
from service.metrics import Metrics
from service.settings import Settings
from tests.conftest import new_database
from tests.service.api_kit import API, Office, office_at, petition, served

JSON = {"Content-Type": "application/json"}
OWN = {"request_id", "number", "position", "query_code"}
"""What differs from one request to the next in any case."""


@pytest.fixture(scope="module")
def office(postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with new_database(postgres_url, migrated_template) as url, office_at(url, folder) as found:
        yield found


def settings_of(office: Office, folder: Path) -> Settings:
    return Settings(data_dir=folder, database_url=office.url)


@pytest.fixture(scope="module")
def long_way(office: Office) -> Iterator[httpx.Client]:
    """The same application without the short way."""
    app = create_app(settings_of(office, office.folder))
    app.middleware_stack = Requests(app.build_middleware_stack(), Metrics(), HANDLERS[Exception])
    with served(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def short_way(office: Office) -> Iterator[httpx.Client]:
    """The same application with nothing behind the short way."""
    app = create_app(settings_of(office, office.folder))
    framework = app.build_middleware_stack()

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan", "it went the framework's way"
        await framework(scope, receive, send)

    short = ShortWay(app, nobody, router.routes, HANDLERS)
    app.middleware_stack = Requests(short, Metrics(), HANDLERS[Exception])
    with served(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def sent(office: Office, client: httpx.Client, who: str, path: str, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return client.post(f"{API}{path}", content=content, headers=office.headers(who, {**JSON, **headers}))


def told(answer: httpx.Response) -> tuple[int, Mapping[str, Any], set[str]]:
    """What an answer says, without what differs in any case."""
    body = answer.json()
    return answer.status_code, {name: body[name] for name in body if name not in OWN}, {*answer.headers}


def test_a_valid_command_goes_the_short_way(office: Office, short_way: httpx.Client) -> None:
    received = sent(office, short_way, "intake", "/petitions", petition())
    assert received.status_code == 201, received.text
    number = received.json()["number"]
    assert received.headers["Location"] == f"{API}/petitions/{number}"
    version = received.headers["ETag"]
    step = f"/petitions/{number}/accept-petition"
    first = sent(office, short_way, "intake", step, {"notice": "sms"}, If_Match=version, Idempotency_Key="k-1")
    again = sent(office, short_way, "intake", step, {"notice": "sms"}, If_Match=version, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
    stale = sent(office, short_way, "intake", f"/petitions/{number}/assign-petition", {"lead": "ZF"}, If_Match=version)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


def test_a_body_that_comes_in_pieces_is_read_whole(office: Office, short_way: httpx.Client) -> None:
    address = urlsplit(str(short_way.base_url))
    content = json.dumps(petition(), ensure_ascii=False).encode()
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.putrequest("POST", f"{API}/petitions")
    for name, value in office.headers("intake", {**JSON, "Content-Length": str(len(content))}).items():
        connection.putheader(name, value)
    connection.endheaders()
    for start in range(0, len(content), 50):
        connection.send(content[start : start + 50])
    assert connection.getresponse().status == 201
    connection.close()


WRONG: Mapping[str, tuple[str, str, object, dict[str, str]]] = {
    "valid": ("intake", "/petitions", petition(), {}),
    "another's role": ("handler", "/petitions", petition(), {}),
    "who reads no files": ("admin", "/petitions", petition(), {}),
    "no such category": ("intake", "/petitions", petition(category="99"), {}),
    "unknown field": ("intake", "/petitions", petition(colour="red"), {}),
    "missing fields": ("intake", "/petitions", {"channel": "web"}, {}),
    "not an object": ("intake", "/petitions", ["web"], {}),
    "not JSON": ("intake", "/petitions", b'{"channel": ', {}),
    "not UTF-8": ("intake", "/petitions", '{"title": "灯"}'.encode("gb18030"), {}),
    "a number too long": ("intake", "/petitions", b'{"people_count": 12345678901234567890123}', {}),
    "empty": ("intake", "/petitions", b"", {}),
    "too much": ("intake", "/petitions", b" " * 2_000_000, {}),
    "another type": ("intake", "/petitions", petition(), {"Content-Type": "text/plain"}),
    "a type with its charset": (
        "intake",
        "/petitions",
        petition(),
        {"Content-Type": "application/json; charset=utf-8"},
    ),
    "a key that is none": ("intake", "/petitions", petition(), {"Idempotency-Key": "k 1"}),
    "a version that is none": ("intake", "/petitions/{number}/accept-petition", {}, {"If-Match": "yes"}),
    "no such file": ("intake", "/petitions/HY-2026-999999/accept-petition", {"notice": "sms"}, {}),
    "no number": ("intake", "/petitions/what/accept-petition", {"notice": "sms"}, {}),
    "a number too long to be one": ("intake", f"/petitions/{'9' * 80}/accept-petition", {"notice": "sms"}, {}),
    "no such step": ("intake", "/petitions/{number}/fly", {}, {}),
    "the wrong stage": ("handler", "/petitions/{number}/sign-for", {}, {}),
    "in English": ("handler", "/petitions", petition(), {"Accept-Language": "en"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_both_ways_answer_alike(office: Office, long_way: httpx.Client, case: str) -> None:
    who, path, body, headers = WRONG[case]
    path = path.format(number=office.received()["number"])
    ours = sent(office, office.client, who, path, body, **headers)
    theirs = sent(office, long_way, who, path, body, **headers)
    assert told(ours) == told(theirs)


@pytest.mark.parametrize("token", ["", "Bearer nobody", "Basic aW50YWtl"])
def test_both_ways_know_the_same_people(office: Office, long_way: httpx.Client, token: str) -> None:
    answers = [
        client.post(f"{API}/petitions", json=petition(), headers={"Authorization": token})
        for client in (office.client, long_way)
    ]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code == 401
