"""Who works through the log spares collections, and leaves the process as it was."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

from service.commands import keeping
from service.rebuild import rebuild
from service.settling import COLLECTIONS, THREADS_TURN, settled
from service.store import Store
from service.vault import Vault
from tests.service.runner_kit import Lines, open_files
from tests.service.store_kit import MASTER


def habits() -> tuple[object, ...]:
    return gc.get_threshold(), round(sys.getswitchinterval(), 6), gc.get_freeze_count() > 0


def test_a_rebuild_spares_collections_for_its_time(database_url: str) -> None:
    before = habits()
    seen: set[tuple[object, ...]] = set()
    with Store(database_url, Vault(MASTER)) as store:
        open_files(store, 3)
        rebuild(database_url, store, [Lines()], lambda *_: seen.add(habits()))
    assert seen == {(COLLECTIONS, THREADS_TURN, True)}
    assert habits() == before != seen.pop()


def test_a_process_that_is_settled_stays_so() -> None:
    before = habits()
    with settled():
        with settled():
            pass
        assert habits() == (COLLECTIONS, THREADS_TURN, True)
    assert habits() == before


def test_the_command_stands_back_as_the_runner_does(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setenv("HUIYING_DATABASE_URL", database_url)
    monkeypatch.setenv("HUIYING_RUNNER_NICE", "7")
    monkeypatch.setattr(os, "nice", given.append)
    keeping.rebuild(["staff"], tmp_path)
    assert given == [7]
