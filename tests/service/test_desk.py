"""The desk: what a repeated request may tell whom, uploads that belong to one file, and two people at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from domain.petition.command import PetitionCommand
from domain.petition.intake import ImportPetition
from domain.petition.petition import Petition
from domain.petition.receiving import AcceptPetition
from domain.vocabulary import Channel
from service import access, parts, recorder
from service.access import Caller
from service.desk import Desk
from tests.service.api_kit import API, Office, assigned, office_at, petition

PDF = b"%PDF-1.7 made up %%EOF"


def order(number: str, **changes: object) -> dict[str, object]:
    """A petition as the hotline passes it on."""
    return petition(channel="hotline", source={"work_order_id": number}, **changes)


def uploaded(office: Office, who: str = "intake") -> str:
    headers = office.headers(who, {"Content-Type": "application/pdf"})
    return str(office.ok(office.client.post(f"{API}/attachments", content=PDF, headers=headers))["id"])


def waiting(office: Office) -> set[str]:
    with psycopg.connect(office.url) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM attachment_keys")}


def test_a_known_source_tells_only_those_who_may_know_of_the_file(office: Office) -> None:
    body = order("GD-70", nature="report", against=["ZF", "intake-2"])
    first = office.ok(office.post("intake", "/petitions", body))
    for who, code in (("handler", "wrong_role"), ("caller", "wrong_role"), ("intake-2", "forbidden")):
        before = office.events()
        refused = office.post(who, "/petitions", body)
        assert (refused.status_code, refused.json()["code"], office.events()) == (403, code, before)
        assert first["number"] not in refused.text + str(refused.headers)
        assert first["query_code"] not in refused.text
    assert office.ok(office.post("intake", "/petitions", body)) == first


def test_a_mistyped_order_number_swallows_no_petition(office: Office) -> None:
    office.ok(office.post("intake", "/petitions", order("GD-71")))
    before = office.events()
    other = office.post("intake", "/petitions", order("GD-71", title="另一件事"))
    assert (other.status_code, other.json()["code"], office.events()) == (422, "key_reused", before)


def test_a_masked_reader_is_not_told_in_numerals_either(office: Office) -> None:
    people = [{"name": "甘棠梨", "phone": "13900001234"}]
    told = "请回电一三九零零零零一二三四。"
    number = office.received(petitioners=people, content=told)["number"]
    assert office.ok(office.get("intake", f"/petitions/{number}"))["content"] == told
    assert "零零零零一" not in office.ok(office.get("supervisor", f"/petitions/{number}"))["content"]


def test_of_two_representatives_the_restricted_one_alone_is_sealed(office: Office) -> None:
    people = [{"name": "甘棠梨", "phone": "13900001234"}, {"name": "云外山"}]
    number = office.received(petitioners=people, content="甘棠梨和云外山反映路灯不亮。")["number"]
    office.take("intake", number, "restrict-data", petitioner="p1", ground="consent_withdrawn", reason="本人申请")
    seen = office.ok(office.get("intake", f"/petitions/{number}"))
    assert (seen["personal"], seen["content"]) == (True, "[已封存]和云外山反映路灯不亮。")
    assert [one["name"] for one in seen["petitioners"]] == ["[已封存]", "云外山"]
    office.take("intake", number, "restrict-data", ground="consent_withdrawn", reason="本人申请")
    seen = office.ok(office.get("intake", f"/petitions/{number}"))
    assert (seen["personal"], seen["content"], seen["title"]) == (False, "[已封存]", "[已封存]")
    for petitioner in ({"petitioner": "p1"}, {}):
        office.take("intake", number, "lift-restriction", reason="撤回申请", **petitioner)
    assert office.ok(office.get("intake", f"/petitions/{number}"))["content"] == "甘棠梨和云外山反映路灯不亮。"


def test_a_repeated_step_is_not_answered_once_the_file_is_hidden(office: Office) -> None:
    number = assigned(office)
    key = {"Idempotency_Key": "sign-then-hidden"}
    office.ok(office.post("handler", f"/petitions/{number}/sign-for", **key))
    office.take("intake", number, "assign-petition", lead="HW", reason="改派")
    office.take("intake", number, "correct-petition", reason="被反映人补登", against=["handler"])
    again = office.post("handler", f"/petitions/{number}/sign-for", **key)
    assert (again.status_code, again.json()["code"]) == (404, "unknown_petition")


def test_sources_are_told_apart_whatever_their_ids_hold(office: Office) -> None:
    sources = [{"site": "a:b", "message_id": "c"}, {"site": "a", "message_id": "b:c"}, {"message_id": "a:b:c"}]
    numbers = [office.received(source=source)["number"] for source in sources]
    assert len(set(numbers)) == len(sources)
    rows = [
        ImportPetition(channel=Channel.WEB, title="旧件", content="旧件", source_system=system, source_id=own)
        for system, own in (("old:a", "1"), ("old", "a:1"))
    ]
    taken = [office.parts.desk.import_petition(row, None, request_id="test") for row in (*rows, *rows)]
    assert [one.replayed for one in taken] == [False, False, True, True]
    assert len({one.number for one in taken}) == 2


def test_a_repeated_step_over_two_files_is_answered_with_its_own_position(office: Office) -> None:
    principal, number = office.received()["number"], office.received()["number"]
    body = {"principal": principal, "reason": "同一事项"}
    first, again = (
        office.ok(office.post("intake", f"/petitions/{number}/link-duplicate", body, Idempotency_Key="link-29"))
        for _ in range(2)
    )
    assert again == first


@pytest.mark.parametrize("moves", ["the file", "the other"])
def test_only_the_file_itself_must_stand_where_it_was_seen(
    office: Office, monkeypatch: pytest.MonkeyPatch, moves: str
) -> None:
    principal, number = office.received()["number"], office.received()["number"]
    seen = office.get("intake", f"/petitions/{number}").headers["etag"]
    real = Desk._beside
    moved: list[object] = []

    def while_somebody_else_works(desk: Desk, caller: Caller, command: PetitionCommand) -> Petition | None:
        """Somebody is faster, between the look at both files and the writing."""
        found = real(desk, caller, command)
        if command.step() == "link-duplicate" and not moved:
            whom = str(number if moves == "the file" else principal)
            moved.append(desk.take(caller, whom, AcceptPetition.model_validate({"notice": "sms"}), request_id="test"))
        return found

    monkeypatch.setattr(Desk, "_beside", while_somebody_else_works)
    body = {"principal": principal, "reason": "同一事项"}
    answer = office.post("intake", f"/petitions/{number}/link-duplicate", body, If_Match=seen)
    assert answer.status_code == (412 if moves == "the file" else 200)


def test_an_upload_is_attached_once(office: Office) -> None:
    name = uploaded(office)
    assert name in waiting(office)
    office.received(attachments=[name])
    assert name not in waiting(office)
    before = office.events()
    again = office.post("intake", "/petitions", petition(attachments=[name]))
    assert (again.status_code, again.json()["errors"][0]["loc"]) == (422, ["attachments", 0])
    assert office.events() == before


def test_of_several_who_attach_an_upload_one_does(office: Office) -> None:
    for _ in range(3):
        name = uploaded(office)

        def attach(_: int, name: str = name) -> int:
            return office.post("intake", "/petitions", petition(attachments=[name])).status_code

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(attach, range(6))) == [201, 422, 422, 422, 422, 422]


def test_an_upload_is_its_uploaders(office: Office) -> None:
    name = uploaded(office, "intake-2")
    refused = office.post("intake", "/petitions", petition(attachments=[name]))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    office.ok(office.post("intake-2", "/petitions", petition(attachments=[name])))


def test_what_nobody_attached_goes_and_what_was_attached_stays(office: Office) -> None:
    kept, left = uploaded(office), uploaded(office)
    number = office.received(attachments=[kept])["number"]
    with psycopg.connect(office.url) as connection:
        connection.execute("UPDATE attachments SET uploaded_at = uploaded_at - interval '2 days'")
    uploaded(office)
    with psycopg.connect(office.url) as connection:
        stored = {row[0] for row in connection.execute("SELECT id FROM attachments")}
    assert (kept in stored, left in stored) == (True, False)
    assert office.get("intake", f"/petitions/{number}/attachments/{kept}").content == PDF


@pytest.fixture
def cut_off(
    postgres_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Office, dict[str, Any]]]:
    """An office whose database lets nobody in any more, and a petition from before; callers are still remembered."""
    monkeypatch.setattr(access, "FRESH_SECONDS", 600.0)
    monkeypatch.setattr(parts, "POOL_PATIENCE", 0.5)
    monkeypatch.setattr(recorder, "CONNECT_TIMEOUT", 1.0)
    name = urlsplit(database_url).path.lstrip("/")
    with (
        office_at(database_url, tmp_path, wait_seconds=0.5) as office,
        psycopg.connect(postgres_url, autocommit=True) as server,
    ):
        done = office.received()
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        server.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield office, done
        server.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def test_without_a_database_the_answer_is_to_come_back(cut_off: tuple[Office, dict[str, Any]]) -> None:
    office, done = cut_off
    answer = office.get("intake", "/ledger", after=done["position"])
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"]
    ready = office.client.get("/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["database"])
    assert office.client.get("/metrics").status_code == 200
