"""Two web processes on one office: what the other one does to a file is known without asking for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Stale, WrongStage
from domain.kernel import Recorded, stream_id
from domain.petition.events.receiving import DataErased
from domain.petition.petition import Petition
from service import newer
from service.append import Append, Appended
from service.files import MOST_NEWER, Files, Held
from service.mapper import EventMapper, Unreadable
from service.newer import Newer
from service.parts import Parts, opened
from service.settings import Settings
from service.store import Store
from service.vault import Vault
from service.work import finished
from tests.conftest import new_database
from tests.service.api_kit import Office, assigned, office_at
from tests.service.store_kit import MASTER, WAIT, Noted, step
from tests.service.test_files_at_hand import take


@pytest.fixture(scope="module")
def office(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, Parts, Parts]]:
    """An office with two processes' parts besides those that serve it."""
    folder: Path = tmp_path_factory.mktemp("office")
    with new_database(postgres_url, migrated_template) as url, office_at(url, folder) as found:
        settings = Settings(data_dir=folder, database_url=url, workers=2)
        with opened(url, settings) as one, opened(url, settings) as other:
            yield found, one, other


def at_hand(parts: Parts, number: str) -> Petition | None:
    """What a process has at hand of a file; it stays so."""
    held = parts.desk._files.at_once(number)
    parts.desk._files.let_go(held)
    return held.petition


class Counted:
    """How often histories are read, and appends made, by stream."""

    def __init__(self, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read, self.tried = Counter[str](), Counter[str | None]()
        history, append = parts.store.history, parts.store.append

        def read(stream: str, after: int = 0) -> list[Recorded]:
            self.read[stream] += 1
            found: list[Recorded] = history(stream, after)
            return found

        def tried(asked: Append) -> Future[Appended]:
            self.tried[asked.writes[0].stream] += 1
            return append(asked)

        monkeypatch.setattr(parts.store, "history", read)
        monkeypatch.setattr(parts.store, "append", tried)


def on_both_sides(office: tuple[Office, Parts, Parts]) -> tuple[str, str]:
    """Two files that the first process has at hand, the one moved on by the second since."""
    found, one, other = office
    number, elsewhere = assigned(found), assigned(found)
    for each in (number, elsewhere):
        take(found, one, "handler", each, "sign-for")
    for _ in range(3):
        take(found, other, "handler", number, "note-progress", text="已到现场")
    return number, elsewhere


def test_a_file_that_another_process_moved_on_is_known_after_the_next_batch(
    office: tuple[Office, Parts, Parts], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, one, _ = office
    number, elsewhere = on_both_sides(office)
    take(found, one, "handler", elsewhere, "note-progress", text="再看")
    counted = Counted(one, monkeypatch)
    version = take(found, one, "handler", number, "note-progress", text="再看").version
    assert (counted.read[number], counted.tried[number]) == (0, 1)
    monkeypatch.undo()
    history = one.store.history(number)
    assert version == len(history)
    kept = at_hand(one, number)
    assert kept is not None
    assert kept.__dict__ == Petition(number).fold(history).__dict__


def test_a_step_that_is_refused_is_decided_again_on_what_came_with_the_refusal(
    office: tuple[Office, Parts, Parts], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, one, _ = office
    number, _ = on_both_sides(office)
    counted = Counted(one, monkeypatch)
    version = take(found, one, "handler", number, "note-progress", text="再看").version
    assert (counted.read[number], counted.tried[number]) == (0, 2)
    assert version == len(one.store.history(number))


def test_a_refusal_by_what_came_is_asked_again_of_the_file_as_it_stands(
    office: tuple[Office, Parts, Parts], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, one, other = office
    number, _ = on_both_sides(office)
    answer = {"demand": "d1", "outcome": "resolved", "text": "已修复"}
    take(found, other, "handler", number, "report-outcome", answers=[answer])
    take(found, other, "handler", number, "draft-reply", text="已修复。")
    take(found, other, "approver", number, "approve-reply")
    take(found, other, "handler", number, "deliver-reply", method="sms")
    counted = Counted(one, monkeypatch)
    with pytest.raises(WrongStage):
        take(found, one, "handler", number, "note-progress", text="再看")
    assert (counted.read[number], counted.tried[number]) == (1, 1)


@pytest.mark.parametrize("most", [1, 2])
def test_who_is_too_far_behind_reads_the_history(
    office: tuple[Office, Parts, Parts], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    found, one, _ = office
    monkeypatch.setattr(newer, "MOST", most)
    number, elsewhere = on_both_sides(office)
    take(found, one, "handler", elsewhere, "note-progress", text="再看")
    counted = Counted(one, monkeypatch)
    version = take(found, one, "handler", number, "note-progress", text="再看").version
    assert counted.read[number] == 1
    assert version == len(one.store.history(number))


def test_a_file_of_which_something_was_erased_elsewhere_is_not_kept(office: tuple[Office, Parts, Parts]) -> None:
    found, one, other = office
    number = assigned(found, petitioners=[{"name": "甘棠梨", "phone": "13900001234"}])
    elsewhere = assigned(found)
    for each in (number, elsewhere):
        take(found, one, "handler", each, "sign-for")
    asked = {"petitioner": "p1", "ground": "unlawful", "reason": "违法收集"}
    take(found, other, "intake", number, "ask-erasure", **asked)
    take(found, other, "intake-2", number, "approve-erasure", petitioner="p1")
    assert at_hand(one, number) is not None  # nothing was written here since
    take(found, one, "handler", elsewhere, "note-progress", text="再看")
    assert at_hand(one, number) is None
    take(found, one, "handler", number, "note-progress", text="再看")
    assert "甘棠梨" not in repr(vars(at_hand(one, number)))


VAULT = Vault(MASTER)


def added(number: str, version: int, topic: str = "test.noted", state: bytes = b"damaged") -> Newer:
    """An event that another process added to a file."""
    return Newer(EventMapper(VAULT), {}, stream_id(number), version, topic, state, version)


def in_hand(files: Files, number: str) -> Held:
    """A file that somebody has in hand, at version 1."""
    held = finished(files.held(number))
    held.petition = Petition(number)
    held.petition.version = 1
    return held


def test_what_is_erased_while_somebody_has_the_file_is_not_kept_nor_handed_on() -> None:
    files = Files()
    held = in_hand(files, "a")
    waiting = files.held("a")
    turn: Any = next(waiting)
    files.came([added("a", 2, DataErased.TOPIC)])
    assert not files.caught_up(held, held.petition)
    files.let_go(held)
    assert turn.result() is None
    waiting.close()
    held = in_hand(files, "a")
    assert held.petition is not None
    held.petition.version = 2  # it was read anew
    files.came([added("a", 2, DataErased.TOPIC)])
    files.let_go(held)
    assert files.at_once("a").petition is held.petition


def test_what_cannot_be_read_or_does_not_follow_leaves_the_file_as_it_was() -> None:
    files = Files()
    held = in_hand(files, "a")
    for event in (added("a", 2), added("a", 3), added("b", 2)):
        files.came([event])
        assert not files.caught_up(held, held.petition)
    assert held.petition is not None
    assert held.petition.version == 1
    with pytest.raises(Unreadable):
        added("a", 2).opened()


def test_no_more_than_some_events_wait_for_a_file_but_every_erasure_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    files, opened_ = Files(), list[int]()
    monkeypatch.setattr(Newer, "opened", lambda self: opened_.append(self.version))
    monkeypatch.setattr(Petition, "fold", lambda self, history: setattr(self, "version", self.version + 1))
    held = in_hand(files, "a")
    files.came([added("a", version) for version in range(1, 3 * MOST_NEWER)])
    assert files.caught_up(held, held.petition)
    assert len(opened_) < MOST_NEWER
    files.came([added("a", version) for version in range(1, 3 * MOST_NEWER)])
    files.came([added("a", 3 * MOST_NEWER, DataErased.TOPIC)])
    files.let_go(held)
    assert files.at_once("a").petition is None


def test_a_follower_that_fails_takes_nothing_from_what_is_written(database_url: str) -> None:
    class Failing:
        told = 0

        def came(self, newer: object) -> None:
            self.told += 1
            raise RuntimeError

    failing = Failing()
    with Store(database_url, VAULT, shared=True) as one, Store(database_url, VAULT, shared=True) as other:
        one.follow(failing)
        one.append(step("a", 0)).result(WAIT)
        other.append(step("b", 0)).result(WAIT)
        assert one.append(step("a", 1)).result(WAIT).versions == {"a": 2}
        with pytest.raises(Stale):
            one.append(step("a", 1)).result(WAIT)
        assert (failing.told, [recorded.fact for recorded in one.history("a")]) == (1, [Noted(), Noted()])


def test_a_process_that_writes_alone_is_told_nothing(database_url: str) -> None:
    told: list[object] = []

    class Follower:
        def came(self, newer: object) -> None:
            told.append(newer)

    with Store(database_url, VAULT) as one, Store(database_url, VAULT) as other:
        one.follow(Follower())
        for version in range(2):
            one.append(step("a", version)).result(WAIT)
            other.append(step("b", version)).result(WAIT)
    assert told == []
