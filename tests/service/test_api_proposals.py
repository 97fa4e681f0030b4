"""Proposals by HTTP: for a petition that is being typed nothing is stored; for a file only what one may know."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.examples import SKETCH
from tests.service.api_kit import PERSON, Office, assigned


def test_a_petition_being_typed_gets_its_proposals(office: Office) -> None:
    before = office.events()
    found = office.ok(office.post("intake", "/petitions/proposal", SKETCH))
    assert found["categories"][0]["category"] == "080202"
    assert (found["kind"], found["track"]) == ("claim", "work_order")
    routing = found["routing"]
    assert routing["lead"]["unit"] == "ZF"
    assert routing["lead"]["name"] == "综合行政执法队"
    assert [one["unit"] for one in routing["co_units"]] == ["JQ", "S02"]
    assert all(one["reason"]["zh"] and one["reason"]["en"] for one in (routing["lead"], *routing["co_units"]))
    assert {one["clock"] for one in found["due"]} == {"sign", "object", "contact", "handle"}
    assert all("工作日" in one["explanation"] for one in found["due"])
    assert office.events() == before


def test_what_is_missing_yet_is_left_empty(office: Office) -> None:
    found = office.ok(office.post("intake", "/petitions/proposal", {}))
    assert found == {"categories": [], "kind": None, "track": None, "routing": None, "due": []}
    found = office.ok(office.post("intake", "/petitions/proposal", {"nature": "help", "category": "050102"}))
    assert found["routing"]["lead"]["unit"] == "MS"
    assert (found["track"], found["due"]) == (None, [])


def test_a_report_being_typed_is_not_proposed_to_the_accused(office: Office) -> None:
    sketch = {**SKETCH, "nature": "report", "against": ["ZF"]}
    routing = office.ok(office.post("intake", "/petitions/proposal", sketch))["routing"]
    assert routing["lead"]["unit"] == "JW"
    told = [routing["lead"]["unit"], *(one["unit"] for one in (*routing["co_units"], *routing["others"]))]
    assert "ZF" not in told
    assert "ZF" in [one["unit"] for one in routing["passed_over"]]


@pytest.mark.parametrize("who", ["handler", "approver", "publisher", "caller", "supervisor", "admin"])
def test_only_who_takes_petitions_in_is_proposed_anything(office: Office, who: str) -> None:
    answer = office.post(who, "/petitions/proposal", SKETCH)
    assert (answer.status_code, answer.json()["code"]) in {(403, "wrong_role"), (403, "forbidden")}


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"category": "9999"}, ["category"]),
        ({"place": {"area": "Z9"}}, ["place", "area"]),
        ({"against": ["nobody"]}, ["against", 0]),
        ({"demands": [{"text": "修灯", "category": "9999"}]}, ["demands", 0, "category"]),
        ({"place": {"area": ["A"]}}, ["place", "area"]),
    ],
)
def test_an_unknown_code_is_named_by_its_field(office: Office, changes: dict[str, Any], loc: list[Any]) -> None:
    answer = office.post("intake", "/petitions/proposal", {**SKETCH, **changes})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == loc


def test_an_error_repeats_nothing_of_what_was_typed(office: Office) -> None:
    answer = office.post("intake", "/petitions/proposal", {**SKETCH, "petitioners": [{**PERSON, "colour": "x"}]})
    assert answer.status_code == 422
    assert not [value for value in PERSON.values() if value in answer.text]


def test_a_file_gets_its_routing(office: Office) -> None:
    number = str(
        office.received(category="080202", demands=[{"text": "止噪"}, {"text": "救助", "category": "050102"}])["number"]
    )
    routing = office.ok(office.get("intake", f"/petitions/{number}/routing"))
    assert routing["lead"]["unit"] == "ZF"
    assert {demand: one["unit"] for demand, one in routing["demands"].items()} == {"d2": "MS"}
    assert office.ok(office.get("intake", f"/petitions/{number}"))["competent_units"][0] == "ZF"
    office.take("intake", number, "accept-petition", notice="sms")
    office.take(
        "intake",
        number,
        "assign-petition",
        lead=routing["lead"]["unit"],
        co_units=[one["unit"] for one in routing["co_units"]],
        demands={demand: one["unit"] for demand, one in routing["demands"].items()},
    )


def test_the_routing_of_a_hidden_file_is_unknown(office: Office) -> None:
    number = str(office.received(nature="report", against=["ZF"])["number"])
    assert office.get("handler", f"/petitions/{number}/routing").status_code == 404
    assert office.get("handler", "/petitions/HY-2026-999999/routing").status_code == 404
    assert office.ok(office.get("intake", f"/petitions/{number}/routing"))["lead"]["unit"] == "JW"
    assert office.get("admin", f"/petitions/{assigned(office)}/routing").status_code == 403
