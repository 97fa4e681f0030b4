"""Erasing from the command line: two people, retention, and copies of the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from domain.errors import NotPossibleNow, TwoPeopleNeeded, UnknownPetition, UnknownStaff, WrongRole
from domain.kernel import Erased
from domain.petition.petition import Petition
from domain.vocabulary import ErasureGround
from projections.catalogue import PROJECTIONS
from service.check import check
from service.erasure import ErasureList, clear_away, erase, replay
from service.parts import Parts
from service.rebuild import rebuild
from service.vault import Vault
from tests.service.api_kit import PERSON, Office

WITHDRAWN = ErasureGround.CONSENT_WITHDRAWN
KEYS = "SELECT key_id, stream, owner, wrapped FROM vault_keys"
AS_OF_THEN = """
UPDATE runner.projections SET position = least(position, (SELECT max(notification_id) FROM stored_events))
"""
OTHER = {"name": "公孙试之", "phone": "13877770055"}


@pytest.fixture
def erasures(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path)


@pytest.fixture
def ended(office: Office) -> str:
    """A file of two petitioners that is over: its data may be erased."""
    content = f"{PERSON['name']}（{PERSON['phone']}）来电。"
    number = str(office.received(petitioners=[PERSON, OTHER], content=content)["number"])
    office.take("intake", number, "withdraw-petition", reason="来件人撤回")
    return number


@pytest.fixture
def vault() -> Vault:
    """A vault that can read no key: the list of erasures needs none."""
    return Vault(bytes(32))


def erased(
    office: Office, number: str, petitioner: str | None = None, by: str = "intake", and_by: str = "intake-2"
) -> str:
    return erase(office.parts, number, petitioner, ground=WITHDRAWN, reason="本人要求", by=by, approved_by=and_by)


def folded(office: Office, number: str) -> Petition:
    return office.parts.store.fold(Petition(number))


def test_one_petitioner_is_forgotten_and_the_file_stands(office: Office, ended: str) -> None:
    assert erased(office, ended, "p1") == "erased"
    file = folded(office, ended)
    assert [isinstance(one.name, Erased) for one in file.petitioners] == [True, False]
    assert file.petitioners[1].name == OTHER["name"]
    assert (file.stage, file.people_count) == ("withdrawn", 2)


def test_a_whole_file_is_forgotten_and_its_number_stands(office: Office, ended: str) -> None:
    assert erased(office, ended) == "erased"
    file = folded(office, ended)
    assert isinstance(file.content, Erased)
    assert file.stage == "withdrawn"


def test_an_open_file_is_restricted_instead_once(office: Office) -> None:
    number = str(office.received()["number"])
    assert erased(office, number, "p1") == "restricted"
    assert erased(office, number, "p1") == "restricted"
    assert folded(office, number).petitioners[0].name == "林小满"
    restricted = [one for one in office.parts.store.history(number) if one.fact.TOPIC == "petition.data_restricted"]
    assert len(restricted) == 1


@pytest.mark.parametrize(
    ("by", "and_by", "error"),
    [
        ("intake", "intake", TwoPeopleNeeded),
        ("nobody", "intake-2", UnknownStaff),
        ("intake", "nobody", UnknownStaff),
        ("supervisor", "intake-2", WrongRole),
    ],
)
def test_it_takes_two_people_who_may(office: Office, ended: str, by: str, and_by: str, error: type[Exception]) -> None:
    before = folded(office, ended).version
    with pytest.raises(error):
        erased(office, ended, by=by, and_by=and_by)
    assert folded(office, ended).version == before


def test_what_is_not_there_cannot_be_erased(office: Office, ended: str) -> None:
    with pytest.raises(UnknownPetition):
        erased(office, "HY-2026-999999")
    assert erased(office, ended) == "erased"
    with pytest.raises(NotPossibleNow):
        erased(office, ended)


def test_the_list_tells_which_keys_went_and_nothing_personal(
    office: Office, ended: str, erasures: ErasureList, vault: Vault
) -> None:
    with psycopg.connect(office.url) as connection:
        before = {row[0] for row in connection.execute(KEYS)}
    erased(office, ended, "p1")
    erased(office, ended)
    with psycopg.connect(office.url) as connection:
        gone = before - {row[0] for row in connection.execute(KEYS)}
    erasures.collect(office.url, vault)
    one, whole = [entry for entry in erasures.entries() if entry.number == ended]
    assert (one.petitioner, len(one.keys)) == ("p1", 1)
    assert whole.petitioner is None
    assert set(one.keys) < set(whole.keys)
    assert gone <= set(whole.keys)
    assert (one.asked_by, one.approved_by) == ("intake", "intake-2")
    text = erasures.path.read_text("utf-8")
    assert not any(value in text for value in (*PERSON.values(), *OTHER.values(), "本人要求"))
    assert erasures.path.stat().st_mode & 0o077 == 0

    assert erasures.collect(office.url, vault) == []
    assert ErasureList(erasures.path.parent).collect(office.url, vault) == []
    assert len(text.splitlines()) == len(erasures.path.read_text("utf-8").splitlines())


def restore(office: Office, number: str, keys: list[tuple[object, ...]], version: int) -> None:
    """Put a file back as it stood at a version, as a backup from then would."""
    office.catch_up()  # what is being taken in right now must not come after
    stream = folded(office, number).id
    with psycopg.connect(office.url) as connection:
        connection.execute(
            "DELETE FROM stored_events WHERE originator_id = %s AND originator_version > %s", (stream, version)
        )
        connection.execute("DELETE FROM vault_keys WHERE stream = %s", (stream,))
        for row in keys:
            connection.execute("INSERT INTO vault_keys (key_id, stream, owner, wrapped) VALUES (%s, %s, %s, %s)", row)
        connection.execute(AS_OF_THEN)
    rebuild(office.url, office.parts.store, PROJECTIONS)


def backup(office: Office, number: str) -> tuple[list[tuple[object, ...]], int]:
    with psycopg.connect(office.url) as connection:
        rows = connection.execute(f"{KEYS} WHERE stream = %s", (folded(office, number).id,)).fetchall()
    return rows, folded(office, number).version


def only(erasures: ErasureList, number: str) -> None:
    """Leave one file's erasures in the list."""
    lines = [line for line in erasures.path.read_text("utf-8").splitlines() if json.loads(line)["number"] == number]
    erasures.path.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize("petitioner", ["p1", None])
def test_a_restored_backup_forgets_again(
    office: Office, ended: str, erasures: ErasureList, vault: Vault, petitioner: str | None
) -> None:
    keys, version = backup(office, ended)
    erased(office, ended, petitioner)
    erasures.collect(office.url, vault)
    only(erasures, ended)
    assert [done.result for done in replay(office.parts, erasures)] == ["nothing left"]

    restore(office, ended, keys, version)
    assert folded(office, ended).petitioners[0].name == PERSON["name"]
    assert [done.result for done in replay(office.parts, erasures)] == ["erased again"]
    file = folded(office, ended)
    assert isinstance(file.petitioners[0].name, Erased)
    assert petitioner in file.erased
    assert [done.result for done in replay(office.parts, erasures)] == ["nothing left"]


def test_a_file_that_was_open_in_the_backup_loses_its_keys_all_the_same(
    office: Office, ended: str, erasures: ErasureList, vault: Vault
) -> None:
    keys, _ = backup(office, ended)
    erased(office, ended)
    erasures.collect(office.url, vault)
    only(erasures, ended)
    restore(office, ended, keys, 2)
    assert folded(office, ended).stage == "receiving"
    assert [done.result for done in replay(office.parts, erasures)] == ["keys dropped"]
    assert isinstance(folded(office, ended).content, Erased)


def test_one_erasure_that_cannot_be_repeated_does_not_keep_the_others(
    office: Office, ended: str, erasures: ErasureList, vault: Vault
) -> None:
    """A list entry that names somebody whom the restored file does not know is refused by the step itself."""
    second = str(office.received(petitioners=[PERSON])["number"])
    office.take("intake", second, "withdraw-petition", reason="来件人撤回")
    backups = {number: backup(office, number) for number in (ended, second)}
    erased(office, ended)
    erased(office, second)
    erasures.collect(office.url, vault)
    listed = {entry.number: entry for entry in erasures.entries()}
    lines = [listed[ended].model_copy(update={"petitioner": "p9"}), listed[second]]
    erasures.path.write_text("".join(f"{line.model_dump_json()}\n" for line in lines), "utf-8")
    for number, (keys, version) in backups.items():
        restore(office, number, keys, version)
    assert [done.result for done in replay(office.parts, erasures)] == ["keys dropped", "erased again"]
    assert isinstance(folded(office, ended).content, Erased)
    assert None in folded(office, second).erased


@pytest.mark.parametrize("kept", [0, 1])
def test_a_torn_last_line_is_written_anew(
    office: Office, ended: str, erasures: ErasureList, vault: Vault, kept: int
) -> None:
    """Whoever was killed while adding to the list left half a line: the list goes on, and nothing is missing."""
    erased(office, ended, "p1")
    erased(office, ended)
    erasures.collect(office.url, vault)
    whole = erasures.path.read_text("utf-8")
    entries = erasures.entries()
    lines = whole.splitlines(keepends=True)[: kept + 1]
    erasures.path.write_text("".join(lines)[: -len(lines[-1]) // 2], "utf-8")
    assert erasures.entries() == entries[:kept]
    again = ErasureList(erasures.path.parent)
    assert again.collect(office.url, vault) == entries[kept:]
    assert erasures.path.read_text("utf-8") == whole


def test_the_space_of_dropped_keys_is_given_up(office: Office, ended: str) -> None:
    with psycopg.connect(office.url) as connection:
        [[wrapped]] = connection.execute(
            "SELECT wrapped FROM vault_keys WHERE stream = %s AND owner = 'p1'", (folded(office, ended).id,)
        ).fetchall()
        [[data]] = connection.execute("SHOW data_directory").fetchall()
    erased(office, ended, "p1")
    remains = clear_away(office.url)
    assert remains.segments
    assert not remains.table
    with psycopg.connect(office.url) as connection:
        [[path]] = connection.execute("SELECT pg_relation_filepath('vault_keys')").fetchall()
    assert wrapped not in (Path(data) / path).read_bytes()


READER = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM stored_events")
WRITER = ("SELECT pg_current_xact_id()",)


@pytest.mark.parametrize("statements", [READER, WRITER], ids=["reader", "writer"])
def test_an_older_transaction_that_keeps_the_space_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch, statements: tuple[LiteralString, ...]
) -> None:
    monkeypatch.setattr("service.erasure.PATIENCE", 0.0)
    with psycopg.connect(office.url) as older:
        for statement in statements:
            older.execute(statement)
        office.received()
        assert clear_away(office.url).table
    monkeypatch.undo()
    assert not clear_away(office.url).table


def test_after_everything_the_projections_are_as_rebuilt(office: Office) -> None:
    parts: Parts = office.parts
    number = str(office.received(petitioners=[PERSON])["number"])
    office.take("intake", number, "withdraw-petition", reason="来件人撤回")
    erased(office, number)
    office.catch_up()
    with psycopg.connect(office.url, autocommit=True) as connection:
        found = [one for one in check(parts.store, connection) if number in str(one)]
    assert found == []
