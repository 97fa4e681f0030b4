"""What callers rely on: versions, repeated requests, reading one's own write, request ids, the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from domain.petition.commands import STEPS, ReceivePetition
from service.api.examples import EXAMPLES
from service.api.petitions import ROUTED
from service.errors import language_of
from tests.service.api_kit import API, Office, assigned, petition

KINDS: Mapping[str, type[BaseModel]] = {**ROUTED, "receive-petition": ReceivePetition}


@pytest.mark.parametrize("given", ['"{}"', 'W/"{}"', "{}", ' "{}" ', "*"])
def test_the_seen_version_is_expected(office: Office, given: str) -> None:
    number = assigned(office)
    seen = office.get("handler", f"/petitions/{number}").headers["etag"].strip('"')
    answer = office.post("handler", f"/petitions/{number}/sign-for", If_Match=given.format(seen).strip())
    assert answer.headers["etag"] == f'"{office.ok(answer)["version"]}"'
    assert office.ok(answer)["version"] > int(seen)


def test_a_version_that_has_passed_is_stale(office: Office) -> None:
    number = assigned(office)
    version = office.get("handler", f"/petitions/{number}").headers["etag"]
    office.ok(office.post("handler", f"/petitions/{number}/sign-for", If_Match=version))
    answer = office.post("handler", f"/petitions/{number}/note-progress", {"text": "已去"}, If_Match=version)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale")


def test_of_two_people_at_one_version_one_wins(office: Office) -> None:
    number = assigned(office)
    office.take("handler", number, "sign-for")
    version = office.get("handler", f"/petitions/{number}").headers["etag"]

    def note(count: int) -> int:
        body = {"text": f"第{count}次"}
        return office.post("handler", f"/petitions/{number}/note-progress", body, If_Match=version).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(note, range(8))) == [200] + [412] * 7


def test_without_a_version_everybody_gets_their_turn(office: Office) -> None:
    number = assigned(office)
    office.take("handler", number, "sign-for")
    before = office.get("handler", f"/petitions/{number}").json()["version"]

    def note(count: int) -> int:
        return int(office.take("handler", number, "note-progress", text=f"第{count}次")["version"])

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(note, range(4)))
    assert sorted(versions) == [before + 1, before + 2, before + 3, before + 4]


def test_a_repeated_intake_is_answered_as_the_first_time(office: Office) -> None:
    first = office.post("intake", "/petitions", petition(), Idempotency_Key="letter-1")
    before = office.events()
    again = office.post("intake", "/petitions", petition(), Idempotency_Key="letter-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert office.events() == before
    other = office.post("intake", "/petitions", petition(title="另一件"), Idempotency_Key="letter-1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    elsewhere = office.post("intake-2", "/petitions", petition(), Idempotency_Key="letter-1")
    assert elsewhere.json()["number"] != first.json()["number"]


def test_a_repeated_step_is_answered_as_the_first_time(office: Office) -> None:
    number = assigned(office)
    headers = {"If_Match": office.get("handler", f"/petitions/{number}").headers["etag"], "Idempotency_Key": "sign-1"}
    first = office.post("handler", f"/petitions/{number}/sign-for", **headers)
    before = office.events()
    again = office.post("handler", f"/petitions/{number}/sign-for", **headers)
    assert office.ok(again) == office.ok(first)
    assert (again.headers["etag"], office.events()) == (first.headers["etag"], before)
    other = office.post("handler", f"/petitions/{number}/sign-for", {"handler": "handler"}, **headers)
    assert other.json()["code"] == "key_reused"


def test_the_same_source_makes_one_file(office: Office) -> None:
    source = {"site": "区门户网站", "message_id": "M-77"}
    numbers = {office.received(source=source)["number"] for _ in range(3)}
    assert len(numbers) == 1


def test_who_waits_for_their_write_sees_it(office: Office) -> None:
    for _ in range(5):
        done = office.received()
        found = office.get("intake", "/ledger", q=done["number"], after=done["position"])
        assert found.headers["huiying-position-shown"] == "true"
        assert [row["number"] for row in office.ok(found)["files"]] == [done["number"]]


def test_the_callers_request_id_is_kept_if_it_is_fit(office: Office) -> None:
    number = str(office.received()["number"])
    kept = office.post("intake", f"/petitions/{number}/accept-petition", {"notice": "sms"}, X_Request_Id="desk-7.a_B")
    assert kept.headers["x-request-id"] == "desk-7.a_B"
    acts = office.ok(office.get("supervisor", f"/petitions/{number}/events", after=office.ok(kept)["position"]))
    assert acts["events"][-1]["request_id"] == "desk-7.a_B"
    unfits: list[Any] = ["张三".encode(), "x" * 65, "a b", '"', "-", "13712344321"]
    for unfit in unfits:
        given = office.client.get("/healthz", headers={"X-Request-Id": unfit}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", given)


def test_answers_are_not_stored_or_sniffed(office: Office) -> None:
    for response in (office.get("intake", "/ledger"), office.post("intake", "/petitions", {})):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "server" not in response.headers


@pytest.mark.parametrize(
    ("given", "language"),
    [
        (None, "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5,zh-TW", "zh"),
        ("fr,de", "zh"),
        ("fr,en;q=0.1", "en"),
        ("en;q=0", "zh"),
        ("*", "zh"),
        ("en;q=9999999999", "zh"),
        (",;=q" * 500, "zh"),
    ],
)
def test_the_language_is_the_callers(given: str | None, language: str) -> None:
    assert language_of({} if given is None else {"accept-language": given}) == language


@pytest.mark.parametrize("step", EXAMPLES)
def test_every_example_is_one(step: str) -> None:
    KINDS[step].model_validate(EXAMPLES[step])


def test_every_step_is_documented_with_an_example(office: Office) -> None:
    schema = office.client.get("/openapi.json").json()
    assert set(EXAMPLES) == set(KINDS)
    for step, kind in ROUTED.items():
        told = schema["paths"][f"{API}/petitions/{{number}}/{step}"]["post"]
        assert told["summary"] == f"{STEPS[step].title} {step}"
        assert all(role.value in told["description"] for role in kind.roles if role != "system")
        body = told["requestBody"]["content"]["application/json"]
        assert body["schema"]["$ref"].endswith(f"/{kind.__name__}")
        assert body["examples"][step]["value"] == EXAMPLES[step]


def test_the_documentation_says_what_each_field_is(office: Office) -> None:
    schemas = office.client.get("/openapi.json").json()["components"]["schemas"]
    fields: dict[str, Any] = schemas["ReceivePetition"]["properties"]
    assert {name: field["title"] for name, field in fields.items()} == {
        (info.alias or name): info.title for name, info in ReceivePetition.model_fields.items()
    }
    assert schemas["Problem"]["required"]


def test_waiting_is_described_the_same_everywhere(office: Office) -> None:
    """How long it is, is a setting; the documentation names no other time."""
    paths = office.client.get("/openapi.json").json()["paths"]
    told = [
        one["description"]
        for path in paths.values()
        for one in path.get("get", {}).get("parameters", ())
        if one["name"] == "after"
    ]
    assert len(told) > 5
    assert len(set(told)) == 1
    assert not re.search(r"\d", told[0])


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_the_documentation_needs_no_other_machine(office: Office, path: str) -> None:
    page = office.client.get(path)
    assert page.status_code == 200
    assert not re.findall(r"https?://[^\s\"'<>]+", page.text)
    for address in re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text):
        assert address.startswith("/static-offline-docs/")
        assert office.client.get(address).status_code == 200
