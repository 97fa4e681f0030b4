"""Files that a process keeps at hand: never shown as they were, never decided on for good when another was there."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Stale, WrongStage
from domain.petition.commands import STEPS
from domain.petition.petition import Petition
from service.access import Caller
from service.file_view import FileView
from service.files import Files
from service.outcome import Outcome
from service.parts import Parts, opened
from service.settings import Settings
from service.work import awaited, finished
from tests.conftest import new_database
from tests.looping import on_a_loop
from tests.service.api_kit import Office, assigned, office_at, petition


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="module")
def office(postgres_url: str, migrated_template: str, folder: Path) -> Iterator[Office]:
    with new_database(postgres_url, migrated_template) as url, office_at(url, folder) as found:
        yield found


@pytest.fixture(scope="module")
def beside(office: Office, folder: Path) -> Iterator[Parts]:
    """A second process's parts on the same database: a writer, readers and files of its own."""
    with opened(office.url, Settings(data_dir=folder, database_url=office.url)) as parts:
        yield parts


def take(office: Office, parts: Parts, who: str, number: str, step: str, **body: Any) -> Outcome:
    caller: Caller = parts.access.caller(office.secrets[who])
    expected = body.pop("expected", None)
    return parts.desk.take(caller, number, STEPS[step](**body), request_id="test", expected=expected)


def test_what_another_process_did_is_known_before_a_step_is_refused_or_taken(office: Office, beside: Parts) -> None:
    number = str(office.received()["number"])
    here = office.parts
    take(office, here, "intake", number, "accept-petition", notice="sms")
    take(office, beside, "intake", number, "assign-petition", lead="ZF")
    take(office, here, "handler", number, "sign-for")  # at hand here it is not assigned yet
    with pytest.raises(WrongStage):
        take(office, beside, "intake", number, "accept-petition", notice="sms")
    take(office, beside, "handler", number, "note-progress", text="已到现场")
    done = take(office, here, "handler", number, "note-progress", text="已约施工队")
    kinds = [type(recorded.fact).__name__ for recorded in here.store.history(number)]
    assert (done.version, kinds.count("ProgressNoted"), kinds.count("SignedFor")) == (len(kinds), 2, 1)


def test_a_version_that_somebody_saw_is_held_against_the_newest(office: Office, beside: Parts) -> None:
    number = assigned(office)
    seen = take(office, office.parts, "handler", number, "sign-for").version
    newer = take(office, beside, "handler", number, "note-progress", text="已到现场").version
    with pytest.raises(Stale):
        take(office, office.parts, "handler", number, "note-progress", text="再看", expected=seen)
    assert (
        take(office, office.parts, "handler", number, "note-progress", text="再看", expected=newer).version == newer + 1
    )


def test_what_was_erased_elsewhere_is_not_shown_from_memory(office: Office, beside: Parts) -> None:
    number = assigned(office, petitioners=[{"name": "甘棠梨", "phone": "13900001234"}])
    office.take("handler", number, "sign-for")
    handler = office.parts.access.caller(office.secrets["handler"])
    assert office.parts.desk.view(handler, number, request_id="test").petitioners[0].name == "甘棠梨"
    asked = {"petitioner": "p1", "ground": "unlawful", "reason": "违法收集"}
    take(office, beside, "intake", number, "ask-erasure", **asked)
    take(office, beside, "intake-2", number, "approve-erasure", petitioner="p1")
    view = office.parts.desk.view(handler, number, request_id="test")
    assert "甘棠梨" not in repr(view)


def file(number: str) -> Petition:
    """A file of which something is known."""
    found = Petition(number)
    found.version = 1
    return found


def kept_at_hand(files: Files, *numbers: str) -> list[bool]:
    """Whether each is at hand; they stay so."""
    return [at_hand(files, number) is not None for number in numbers]


def at_hand(files: Files, number: str, put: Petition | None = None) -> Petition | None:
    """What is at hand of a file, after which `put` or that is."""
    held = files.at_once(number)
    found = held.petition
    held.petition = put or found
    files.let_go(held)
    return found


def test_neither_many_files_are_kept_nor_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    files = Files(most=2, longest=60)
    for number in ("a", "b", "c"):
        at_hand(files, number, file(number))
    assert kept_at_hand(files, "a", "b", "c") == [False, True, True]
    now[0] = 59.0
    at_hand(files, "young", file("young"))
    now[0] = 61.0
    assert kept_at_hand(files, "c", "young") == [False, True]


def test_who_holds_a_file_has_it_alone_and_hands_it_on_in_turn() -> None:
    files = Files()
    first = finished(files.held("a"))
    second, third = files.held("a"), files.held("a")
    turns = [next(second), next(third)]
    beside = files.at_once("a")
    assert (beside.petition, beside.alone) == (None, False)
    files.let_go(beside)
    assert not any(turn.done() for turn in turns)  # type: ignore[union-attr]
    first.petition = file("a")
    files.let_go(first)
    with pytest.raises(StopIteration) as got:
        second.send(turns[0].result())  # type: ignore[union-attr]
    assert got.value.value.petition is first.petition
    assert not turns[1].done()  # type: ignore[union-attr]
    files.let_go(got.value.value)
    assert turns[1].result() is first.petition  # type: ignore[union-attr]


@pytest.mark.parametrize("handed_over", [False, True])
def test_who_gives_up_waiting_holds_nobody_up(handed_over: bool) -> None:
    files = Files()
    first = finished(files.held("a"))
    second, third = files.held("a"), files.held("a")
    next(second)
    turn = next(third)
    if handed_over:
        files.let_go(first)
    second.close()
    if not handed_over:
        files.let_go(first)
    assert turn.done()  # type: ignore[union-attr]


def test_steps_on_one_file_at_once_wait_for_each_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    number = assigned(office)
    take(office, office.parts, "handler", number, "sign-for")
    caller = office.parts.access.caller(office.secrets["handler"])
    read = Counter[str]()
    history = office.parts.store.history
    monkeypatch.setattr(office.parts.store, "history", lambda *a, **k: (read.update([str(a[0])]), history(*a, **k))[1])

    async def steps() -> list[Outcome]:
        note = STEPS["note-progress"].model_validate({"text": "已到现场"})
        return await asyncio.gather(
            *(awaited(office.parts.desk.taking(caller, number, note, request_id="test")) for _ in range(20))
        )

    versions = [outcome.version for outcome in on_a_loop(steps())]
    assert versions == [*range(min(versions), min(versions) + 20)]
    assert read[number] <= 1


def test_a_refused_step_changes_nothing_that_is_kept(office: Office) -> None:
    number = str(office.received()["number"])
    assert office.post("intake", f"/petitions/{number}/sign-for").status_code == 403
    assert office.post("intake", f"/petitions/{number}/assign-petition", {"lead": "ZF"}).status_code == 409
    assert office.take("intake", number, "accept-petition", notice="sms")["version"] == len(
        office.parts.store.history(number)
    )


def work(future: Future[int]) -> Generator[Any, Any, list[object]]:
    found: list[object] = [(yield future)]
    found.append((yield lambda: 2))
    try:
        yield lambda: 1 / 0
    except ZeroDivisionError as error:
        found.append(type(error))
    return found


def test_work_is_the_same_in_a_thread_and_on_the_loop() -> None:
    future: Future[int] = Future()
    future.set_result(1)
    assert finished(work(future)) == on_a_loop(awaited(work(future))) == [1, 2, ZeroDivisionError]


def test_an_intake_with_a_key_and_one_without_are_answered_alike(office: Office) -> None:
    plain, keyed = (
        office.post("intake", "/petitions", petition(), **headers) for headers in ({}, {"Idempotency-Key": "k"})
    )
    assert (plain.status_code, plain.json().keys()) == (keyed.status_code, keyed.json().keys())
    assert set(plain.headers) == set(keyed.headers)
    assert plain.headers["location"].endswith(plain.json()["number"])


def shown(office: Office, parts: Parts, who: str, number: str) -> FileView:
    caller: Caller = parts.access.caller(office.secrets[who])
    return finished(parts.desk.viewing.view(caller, number, request_id="test"))


def entered(office: Office, number: str) -> int:
    """How often somebody read the file's personal data."""
    with office.parts.pool.connection() as connection:
        return len(connection.execute("SELECT FROM personal_reads WHERE number = %s", (number,)).fetchall())


def test_a_file_at_hand_is_shown_as_it_stands_and_every_reading_is_entered(office: Office, beside: Parts) -> None:
    number = assigned(office)
    take(office, office.parts, "handler", number, "sign-for")
    before = entered(office, number)
    first, again = (shown(office, office.parts, "handler", number) for _ in range(2))
    assert (
        first
        == again
        == office.parts.desk.view(office.parts.access.caller(office.secrets["handler"]), number, request_id="")
    )
    assert entered(office, number) == before + 3
    newer = take(office, beside, "handler", number, "note-progress", text="已到现场").version
    assert shown(office, office.parts, "handler", number).version == newer
    masked = shown(office, office.parts, "supervisor", number)
    assert (masked.personal, entered(office, number)) == (False, before + 4)


def test_a_file_at_hand_is_read_again_where_the_question_fails(office: Office) -> None:
    number = assigned(office)
    shown(office, office.parts, "handler", number)
    shown(office, office.parts, "handler", number)
    with office.parts.pool.connection() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'huiying fresh'"
        )
    assert all(shown(office, office.parts, "handler", number).number == number for _ in range(2))
