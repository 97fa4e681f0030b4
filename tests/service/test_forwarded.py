"""What proxies say of a request: believed from ours, and from nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.forwarded import Forwarded
from service.settings import BadSetting, Settings
from tests.looping import on_a_loop

OURS = ("127.0.0.1", "10.1.0.0/16", "::1")
HTTPS = {"x-forwarded-proto": "https", "x-forwarded-host": "desk.example.gov.cn", "x-forwarded-for": "203.0.113.7"}


def seen(
    peer: str | None, headers: dict[str, str] | list[tuple[str, str]], host: bytes = b"inside:8000"
) -> tuple[str, str | None, str | None]:
    """Scheme, host and client as the application sees them."""
    found: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope)

    pairs = headers.items() if isinstance(headers, dict) else headers
    scope = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 1234) if peer else None,
        "headers": [(b"host", host), *((name.encode(), value.encode()) for name, value in pairs)],
    }
    on_a_loop(Forwarded(application, OURS)(scope, None, None))  # type: ignore[arg-type]
    (one,) = found
    named = next((value.decode() for name, value in one["headers"] if name == b"host"), None)
    return one["scheme"], named, one["client"][0] if one["client"] else None


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.200.3", "::1"])
def test_our_proxies_are_believed(peer: str) -> None:
    assert seen(peer, HTTPS) == ("https", "desk.example.gov.cn", "203.0.113.7")
    assert seen(peer, {}) == ("http", "inside:8000", peer)


@pytest.mark.parametrize("peer", ["10.2.0.1", "203.0.113.9", "not-an-address", None])
def test_nobody_else_is(peer: str | None) -> None:
    assert seen(peer, HTTPS) == ("http", "inside:8000", peer)


@pytest.mark.parametrize(
    ("chain", "asked"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.1.0.9", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("10.1.0.9, 127.0.0.1", "127.0.0.1"),
        ("198.51.100.1, unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_who_asked_is_the_last_that_is_no_proxy_of_ours(chain: str, asked: str) -> None:
    assert seen("127.0.0.1", {"x-forwarded-for": chain})[2] == asked


def test_a_chain_in_several_headers_is_one() -> None:
    headers = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "10.1.0.9")]
    assert seen("127.0.0.1", headers)[2] == "203.0.113.7"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-proto": "gopher"},
        {"x-forwarded-host": "evil.example/path"},
        {"x-forwarded-host": "a b"},
        {"x-forwarded-host": "[::::]"},
        {"x-forwarded-host": ""},
    ],
)
def test_what_cannot_be_meant_is_left_out(headers: dict[str, str]) -> None:
    assert seen("127.0.0.1", headers) == ("http", "inside:8000", "127.0.0.1")


@pytest.mark.parametrize("host", [b"[", b"[::1", b"x]", b"[::::]", b"a b", b""])
def test_a_host_that_is_none_is_left_out(host: bytes) -> None:
    assert seen("203.0.113.9", {}, host) == ("http", None, "203.0.113.9")
    assert seen("127.0.0.1", HTTPS, host)[1] == "desk.example.gov.cn"


@pytest.mark.parametrize("host", [b"desk.example.gov.cn", b"10.0.0.5:8000", b"[::1]:8000"])
def test_every_other_host_stays(host: bytes) -> None:
    assert seen("203.0.113.9", {}, host)[1] == host.decode()


def test_proxies_are_named_by_address_or_not_at_all() -> None:
    assert Settings().proxies == ("127.0.0.1", "::1")
    assert Settings(trusted_proxies=" 10.0.0.5 , 10.1.0.0/16 ").proxies == ("10.0.0.5", "10.1.0.0/16")
    assert Settings(trusted_proxies="none").proxies == ()
    with pytest.raises(BadSetting, match=r"^HUIYING_TRUSTED_PROXIES: must be addresses"):
        Settings(trusted_proxies="proxy.example.gov.cn")


@pytest.mark.parametrize(
    ("host", "only"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False),
                       ("10.0.0.5", False), ("", False)],
)  # fmt: skip
def test_where_others_can_knock(host: str, only: bool) -> None:
    assert Settings(host=host).for_this_machine_only == only
