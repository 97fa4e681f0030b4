"""The processes that a supervisor starts: `python -m service.children PARENT web FD`, `… PARENT runner`, `… jobs`.

Each asks the kernel to be killed when its parent dies: whatever it was doing is either in the database or was never
acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from threading import Event, Thread

import structlog

from service.embedded.child import die_with
from service.erasure import ErasureList
from service.logs import configure
from service.runner import Runner
from service.settings import Settings
from service.settling import settle
from service.store import Store
from service.vault import Vault

GRACE_SECONDS = 5
BACKLOG = 2048
"""Connections that may wait at the shared socket; whoever listens on it, parent or worker, sets it anew."""
LOOK_FOR_ERASURES = 5.0


def web(settings: Settings, descriptor: int) -> None:
    """One web worker on a socket that is shared with the others."""
    import uvicorn

    from service.app import create_app
    from service.gathering import GatheringProtocol

    app = create_app(settings)
    settle()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=GatheringProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # read by service/api/forwarded.py
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with socket.socket(fileno=descriptor) as shared:
        uvicorn.Server(config).run(sockets=[shared])


def runner(settings: Settings) -> None:
    """The runner of the projections, and who keeps the list of erasures outside the database."""
    os.nice(settings.runner_nice)  # who waits for an answer goes before the tables that show it
    vault = Vault(settings.read_master_key())
    stopping = Event()
    with Store(settings.database_url, vault, readers=3) as store:
        feeding = Runner(settings.database_url, store)
        settle()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        feeding.start()
        listing = Thread(target=_keep_erasure_list, args=(settings, vault, stopping), name="erasures", daemon=True)
        listing.start()
        stopping.wait()
        feeding.stop()
        listing.join(GRACE_SECONDS)


def jobs(settings: Settings) -> None:
    """Scheduled work. Its library is loaded in this process alone."""
    from service.jobs import work
    from service.parts import opened

    with opened(settings.database_url, settings) as parts:
        asyncio.run(work(parts))


def _keep_erasure_list(settings: Settings, vault: Vault, stopping: Event) -> None:
    erasures = ErasureList(settings.data_dir)
    while not stopping.is_set():
        try:
            erasures.collect(settings.database_url, vault)
        except Exception as error:
            structlog.get_logger("erasures").error("erasure_list_not_kept", code=type(error).__name__)
        stopping.wait(LOOK_FOR_ERASURES)


def main(arguments: list[str]) -> None:
    """Become what the arguments say."""
    parent, kind, *rest = arguments
    die_with(int(parent), signal.SIGKILL)
    settings = Settings.read(os.environ)
    configure(settings)
    with suppress(KeyboardInterrupt):
        if kind == "web":
            web(settings, int(rest[0]))
        elif kind == "jobs":
            jobs(settings)
        else:
            runner(settings)


if __name__ == "__main__":
    main(sys.argv[1:])
