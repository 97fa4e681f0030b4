"""One step on several files at once: each succeeds or fails by itself, with its own answer."""

from __future__ import annotations

from typing import Any

import pytest

from domain.petition.commands import STEPS
from service.api.examples import EXAMPLES
from service.several import MOST_AT_ONCE, SEVERAL
from tests.service.api_kit import API, Office, assigned


def several(office: Office, who: str, step: str, numbers: list[str], **headers: str) -> list[dict[str, Any]]:
    body = {"numbers": numbers, "command": EXAMPLES_HERE.get(step, EXAMPLES[step])}
    answer = office.ok(office.post(who, f"/several/{step}", body, **headers))
    results: list[dict[str, Any]] = answer["results"]
    return results


EXAMPLES_HERE: dict[str, Any] = {"assign-petition": {"lead": "ZF"}, "send-reminder": {"reason": "请抓紧"}}


def test_each_file_gets_its_own_answer(office: Office) -> None:
    accepted = [str(office.received()["number"]) for _ in range(2)]
    for number in accepted:
        office.take("intake", number, "accept-petition", notice="sms")
    not_yet = str(office.received()["number"])
    hidden = str(office.received(nature="report", against=["intake-2"])["number"])
    numbers = [accepted[0], not_yet, "HY-2020-000001", hidden, accepted[1], accepted[0]]
    results = several(office, "intake-2", "assign-petition", numbers)
    assert [one["number"] for one in results] == numbers[:-1]
    codes = [one["problem"] and one["problem"]["code"] for one in results]
    assert codes == [None, "wrong_stage", "unknown_petition", "unknown_petition", None]
    for number, one in zip(numbers, results, strict=False):
        assert (one["taken"] is None) == (one["problem"] is not None)
        lead = office.ok(office.get("intake", f"/petitions/{number}"))["lead"] if "2020" not in number else None
        assert lead == ("ZF" if one["taken"] else None)
    assert results[0]["taken"]["number"] == accepted[0]
    assert results[1]["problem"]["request_id"]


def test_a_hidden_file_answers_like_one_that_does_not_exist(office: Office) -> None:
    hidden = str(office.received(nature="report", against=["intake-2"])["number"])
    one, other = several(office, "intake-2", "send-reminder", [hidden, "HY-2020-000001"])
    assert one["problem"] == other["problem"]


def test_a_wrong_field_is_told_for_each_file_it_is_wrong_on(office: Office) -> None:
    numbers = [assigned(office), assigned(office)]
    body = {"numbers": numbers, "command": {"unit": "HW", "reason": "催"}}
    results = office.ok(office.post("intake", "/several/send-reminder", body, Accept_Language="en"))["results"]
    assert [one["problem"]["errors"][0]["loc"] for one in results] == [["unit"], ["unit"]]
    assert "not on this file" in results[0]["problem"]["detail"]


def test_a_repeated_request_is_answered_as_the_first_time(office: Office) -> None:
    numbers = [assigned(office), assigned(office)]
    first = several(office, "intake", "send-reminder", numbers, Idempotency_Key="remind-both")
    before = office.events()
    assert several(office, "intake", "send-reminder", numbers, Idempotency_Key="remind-both") == first
    assert office.events() == before


@pytest.mark.parametrize(
    "body",
    [
        {"numbers": [], "command": {"reason": "催"}},
        {"numbers": ["HY-2026-000001"] * (MOST_AT_ONCE + 1), "command": {"reason": "催"}},
        {"numbers": ["nonsense"], "command": {"reason": "催"}},
        {"numbers": ["HY-2026-000001"], "command": {}},
        {"numbers": ["HY-2026-000001"], "command": {"reason": "催", "colour": "red"}},
        {"numbers": ["HY-2026-000001"], "command": {"reason": "催"}, "colour": "red"},
    ],
)
def test_a_body_of_another_shape_changes_nothing(office: Office, body: dict[str, Any]) -> None:
    before = office.events()
    assert office.post("intake", "/several/send-reminder", body).status_code == 422
    assert office.events() == before


def test_only_steps_that_make_sense_so_have_a_route(office: Office) -> None:
    assert set(SEVERAL) == {
        "accept-petition",
        "assign-petition",
        "classify-petition",
        "name-handler",
        "order-supervision",
        "record-meeting-decision",
        "send-reminder",
        "sign-for",
    }
    assert not {name for name, kind in STEPS.items() if kind.several and name.startswith(("approve-", "grant-"))}
    assert office.post("approver", "/several/approve-reply", {}).status_code == 404
    paths = office.client.get("/openapi.json").json()["paths"]
    for step in SEVERAL:
        body = paths[f"{API}/several/{step}"]["post"]["requestBody"]["content"]["application/json"]
        assert body["examples"][step]["value"]["command"] == EXAMPLES[step]
