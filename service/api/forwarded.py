"""What a proxy says of the request that it passes on: who asked, under which name, over https or not.

`X-Forwarded-For`, `-Proto` and `-Host` are believed from the proxies that the settings name, and from nobody else:
whoever asks directly could write anything there. Of a chain of addresses the last one counts that is no such proxy.
A name of a host that is none is left out, also from who asks directly: nothing further in can make an address of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")
HOST_HEADER = b"host"
FOR, PROTO, NAME = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
SAID = frozenset({FOR, PROTO, NAME})


@lru_cache(maxsize=1024)
def names_a_host(said: bytes) -> bool:
    """Whether it is the name or address of a host, with a port or without."""
    try:
        urlsplit(b"//" + said)
    except ValueError:
        return False
    return HOST.fullmatch(said) is not None


class Forwarded:
    """ASGI application around all others; what it cannot read it leaves as it was."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        """`trusted` are addresses and networks of proxies."""
        self._app = app
        networks = [ip_network(one) for one in trusted]

        @lru_cache(maxsize=1024)
        def trusts(host: str) -> bool:
            try:
                address = ip_address(host)
            except ValueError:
                return False
            return any(address in network for network in networks)

        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on as it was before the proxy passed it on."""
        if scope["type"] == "http":
            scope["headers"] = [one for one in scope["headers"] if one[0] != HOST_HEADER or names_a_host(one[1])]
            client = scope.get("client")
            if client and self._trusts(client[0]):
                said = {name: value for name, value in scope["headers"] if name in SAID}
                if said:
                    self._believe(scope, said)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope, said: dict[bytes, bytes]) -> None:
        if said.get(PROTO, b"").strip() in {b"http", b"https"}:
            scope["scheme"] = said[PROTO].strip().decode("ascii")
        host = said.get(NAME, b"").split(b",")[0].strip()
        if names_a_host(host):
            kept = [header for header in scope["headers"] if header[0] != HOST_HEADER]
            scope["headers"] = [(HOST_HEADER, host), *kept]
        chain = [value for name, value in scope["headers"] if name == FOR]
        asked = self._asked(b",".join(chain).decode("latin-1").split(","))
        if asked is not None:
            scope["client"] = (asked, 0)

    def _asked(self, chain: Iterable[str]) -> str | None:
        """Who asked: the last address of the chain that is no proxy of ours; None where there is none to read."""
        for said in reversed([*chain]):
            host = said.strip()
            try:
                ip_address(host)
            except ValueError:
                return None  # behind what cannot be read anything may stand
            if not self._trusts(host):
                return host
        return None
