"""Offices of a size: petitions that went their way by events, and copies of their rows for large tables."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from domain.petition.commands import STEPS
from domain.petition.intake import ReceivePetition
from ops.bench import office
from ops.bench.pages import multiply
from projections.catalogue import PROJECTIONS
from service.access import Caller
from service.migrations import migrate
from service.parts import Parts, opened
from service.rebuild import rebuild
from service.settings import Settings

WAY = (
    ("intake", "accept-petition", {"notice": "sms"}),
    ("intake", "assign-petition", {"lead": "ZF"}),
    ("handler", "sign-for", {}),
    ("handler", "note-progress", {"text": "已到现场查看，正在处理。"}),
)
"""What happened to each petition; with its receipt, its two due dates and its limits that makes some eight events."""

BY_EVENTS = 500
"""So many petitions go their way by events; larger offices are copies of them."""


@contextmanager
def made(url: str, folder: Path, petitions: int, secrets: dict[str, str] | None = None) -> Iterator[Parts]:
    """An office on an empty database whose petitions all went their way by events; `secrets` receives the tokens."""
    migrate(url)
    settings = Settings(data_dir=folder, database_url=url)
    secrets = {} if secrets is None else secrets
    secrets |= office.staffed(url, settings)
    chance = random.Random(5)
    with opened(url, settings) as parts, ThreadPoolExecutor(16) as pool:
        callers = {name: parts.access.caller(secret) for name, secret in secrets.items()}
        bodies = [office.petition(chance) for _ in range(petitions)]
        for number in pool.map(lambda body: went(parts, callers, body), bodies):
            assert number
        yield parts


def went(parts: Parts, callers: dict[str, Caller], body: dict[str, object]) -> str:
    """One petition on its way; its number."""
    command = ReceivePetition.model_validate(body)
    number = parts.desk.receive(callers["intake"], command, request_id="bench").number
    for who, step, fields in WAY:
        parts.desk.take(callers[who], number, STEPS[step].model_validate(fields), request_id="bench")
    return number


def sized(url: str, folder: Path, petitions: int) -> dict[str, str]:
    """An office of a size, most of whose petitions are copies of what went by events; the staff's tokens."""
    secrets: dict[str, str] = {}
    with made(url, folder, min(BY_EVENTS, petitions), secrets) as parts:
        rebuild(url, parts.store, PROJECTIONS)
    copies = petitions // BY_EVENTS - 1
    if copies > 0:
        with psycopg.connect(url, autocommit=True) as db:
            multiply(db, copies)
    return secrets
