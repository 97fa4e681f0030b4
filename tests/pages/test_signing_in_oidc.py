"""Signing in through an identity provider that runs as a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from service.app import create_app
from service.settings import BadSetting, Settings
from tests.conftest import new_database
from tests.pages.page_kit import visitor
from tests.service.api_kit import Office, served, staffed

PEOPLE = {"u-1": "intake", "u-2": "nobody-here", "u-3": ["not", "a", "name"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    users = [f"--user-claims={json.dumps({'sub': sub, 'preferred_username': name})}" for sub, name in PEOPLE.items()]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true", *users]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def desk(
    provider: str, postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office that trusts the provider."""
    folder: Path = tmp_path_factory.mktemp("office")
    issuer = httpx.get(f"{provider}/.well-known/openid-configuration").json()["issuer"]
    with new_database(postgres_url, migrated_template) as url:
        settings = Settings(
            data_dir=folder,
            database_url=url,
            oidc_issuer=issuer,
            oidc_client_id="huiying",
            oidc_client_secret="made-up",
        )
        app = create_app(settings)
        with served(app) as address, httpx.Client(base_url=address, timeout=60) as client:
            with staffed(app.state.parts) as secrets:
                yield Office(url, client, app.state.parts, secrets)


def authorised(client: httpx.Client, sub: str, onward: str = "/account") -> str:
    """Where the provider sends somebody back to who signed in there."""
    left = client.get("/sign-in/oidc", params={"next": onward})
    assert left.status_code == 302, left.text
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]
    assert asked["nonce"]
    back = httpx.post(left.headers["location"], data={"sub": sub})
    assert back.status_code == 302, back.text
    return str(back.headers["location"])


def test_the_page_offers_it(desk: Office) -> None:
    with visitor(desk) as client:
        assert "/sign-in/oidc" in client.get("/sign-in").text


def test_a_member_of_staff_comes_in(desk: Office) -> None:
    with visitor(desk) as client:
        done = client.get(authorised(client, "u-1"))
        assert (done.status_code, done.headers["location"]) == (303, "/account")
        assert "intake" in client.get("/account").text
        assert "hy_oidc" not in client.cookies


@pytest.mark.parametrize("sub", ["u-2", "u-3", "u-unknown"])
def test_who_is_not_on_the_staff_does_not(desk: Office, sub: str) -> None:
    with visitor(desk) as client:
        refused = client.get(authorised(client, sub))
        assert refused.status_code == 403
        assert "统一身份登录未成功" in refused.text
        assert "hy_session" not in client.cookies


def test_an_answer_that_was_not_asked_for_is_refused(desk: Office) -> None:
    with visitor(desk) as asking, visitor(desk) as other:
        location = authorised(asking, "u-1")
        assert other.get(location).status_code == 403
        other.get("/sign-in/oidc")
        assert other.get(location).status_code == 403
        assert asking.get(location.replace("state=", "state=x")).status_code == 403
        for query in ("", "?error=access_denied", "?code=x&state=y"):
            assert asking.get(f"/sign-in/oidc/back{query}").status_code == 403
        assert "hy_session" not in {*asking.cookies, *other.cookies}


def test_a_code_serves_once(desk: Office) -> None:
    with visitor(desk) as client:
        location = authorised(client, "u-1")
        assert client.get(location).status_code == 303
        client.cookies.delete("hy_session")
        assert client.get(location).status_code == 403


def test_signing_in_leads_nowhere_else(desk: Office) -> None:
    with visitor(desk) as client:
        assert client.get(authorised(client, "u-1", "https://elsewhere.example/")).headers["location"] == "/"


def test_without_a_provider_there_is_no_such_address(postgres_url: str, migrated_template: str, tmp_path: Path) -> None:
    with new_database(postgres_url, migrated_template) as url:
        app = create_app(Settings(data_dir=tmp_path, database_url=url))
        with served(app) as address:
            assert httpx.get(f"{address}/sign-in/oidc").status_code == 404
            assert "/sign-in/oidc" not in httpx.get(f"{address}/sign-in").text


@pytest.mark.parametrize(
    "given", [{"oidc_issuer": "http://id.example.cn", "oidc_client_id": "x"}, {"oidc_issuer": "https://id.example.cn"}]
)
def test_a_provider_is_reached_safely_and_knows_us(given: dict[str, str]) -> None:
    with pytest.raises(BadSetting):
        Settings(**given)  # type: ignore[arg-type]
