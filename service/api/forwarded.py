"""What a proxy says of the request that it passes on: who asked, under which name, over https or not.

`X-Forwarded-For`, `-Proto` and `-Host` are believed from the proxies that the settings name, and from nobody else:
whoever asks directly could write anything there. Of a chain of addresses the last one counts that is no such proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")
FOR, PROTO, NAME = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
SAID = frozenset({FOR, PROTO, NAME})


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
        client = scope.get("client")
        if scope["type"] == "http" and client and self._trusts(client[0]):
            said = {name: value for name, value in scope["headers"] if name in SAID}
            if said:
                self._believe(scope, said)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope, said: dict[bytes, bytes]) -> None:
        if said.get(PROTO, b"").strip() in {b"http", b"https"}:
            scope["scheme"] = said[PROTO].strip().decode("ascii")
        host = said.get(NAME, b"").split(b",")[0].strip()
        if HOST.fullmatch(host):
            kept = [header for header in scope["headers"] if header[0] != b"host"]
            scope["headers"] = [(b"host", host), *kept]
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
