"""Likely duplicates by HTTP: while a petition is typed and for a file; linked by a person, undone at will."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.api_kit import PERSON, Office, petition

TEXT = "石榴园1号楼前连续三晚夜间施工，噪声很大，老人孩子无法入睡，希望制止。"


def noise(person: dict[str, str], **changes: object) -> dict[str, object]:
    """A petition of somebody about works at night."""
    fields = {"title": "夜间施工扰民", "content": TEXT, "petitioners": [person], "category": "080202"}
    return petition(**{**fields, "place": {"area": "A02G1B01"}, **changes})


def sketch(person: dict[str, str], **changes: object) -> dict[str, object]:
    """The same while it is being typed again, in other words."""
    return noise(
        person, **{"content": "石榴园1号楼前夜间施工已经四晚，噪声很大，孩子老人无法入睡，请尽快制止。", **changes}
    )


def taken_in(office: Office, body: dict[str, object]) -> str:
    """A file, once everybody sees it."""
    done = office.ok(office.post("intake", "/petitions", body))
    office.ok(office.get("intake", f"/petitions/{done['number']}/duplicates", after=done["position"]))
    return str(done["number"])


def proposed(office: Office, body: dict[str, object], who: str = "intake") -> dict[str, Any]:
    answer = office.ok(office.post(who, "/petitions/duplicates", body))
    return {one["number"]: one for one in answer["duplicates"]}


def test_a_petition_being_typed_is_held_against_the_files(office: Office) -> None:
    person = {**PERSON, "phone": "13877770101", "id_number": "110105194912310143"}
    number = taken_in(office, noise(person))
    before = office.events()
    answer = office.post("intake", "/petitions/duplicates", sketch({"phone": "138 7777 0101"}))
    found = {one["number"]: one for one in office.ok(answer)["duplicates"]}[number]
    assert found["reasons"][0] == {"zh": "同一人：电话相同", "en": "the same person, by telephone"}
    assert 0.3 < found["likeness"] < found["score"] <= 1
    assert (found["link_to"], found["petitioner"], found["area"]) == (number, "欧阳某某", "A02G1B01")
    assert office.events() == before
    assert not [value for value in person.values() if value in answer.text]


def test_a_neighbour_with_the_same_matter_is_proposed_too(office: Office) -> None:
    number = taken_in(office, noise({"name": "苏晓", "phone": "13877770201"}))
    other = {"name": "何田", "phone": "13877770202"}
    assert number in proposed(office, sketch(other, content=TEXT))
    assert number not in proposed(office, sketch(other, content=TEXT, place={"area": "A05"}))
    assert number not in proposed(office, sketch(other, title="路灯", content="三单元楼道灯坏了一周"))


def test_nothing_is_proposed_of_what_accuses_who_asks(office: Office) -> None:
    person = {"name": "石小满", "phone": "13877770301"}
    number = taken_in(office, noise(person, nature="report", against=["intake-2"]))
    assert number in proposed(office, sketch(person))
    assert number not in proposed(office, sketch(person), "intake-2")
    assert office.get("intake-2", f"/petitions/{number}/duplicates").status_code == 404


@pytest.mark.parametrize("who", ["handler", "approver", "publisher", "caller", "supervisor", "admin"])
def test_only_who_links_files_is_proposed_any(office: Office, who: str) -> None:
    assert office.post(who, "/petitions/duplicates", sketch(PERSON)).status_code == 403
    number = taken_in(office, noise({"phone": "13877770311"}))
    assert office.get(who, f"/petitions/{number}/duplicates").status_code == 403


def test_a_file_is_proposed_linked_and_unlinked(office: Office) -> None:
    person = {"name": "温如", "phone": "13877770401"}
    first, second = taken_in(office, noise(person)), taken_in(office, noise(person, content=TEXT + "已经打过电话。"))

    def of(number: str, after: int) -> set[str]:
        answer = office.ok(office.get("intake", f"/petitions/{number}/duplicates", after=after))
        return {one["number"] for one in answer["duplicates"]}

    assert first in of(second, 0)
    done = office.take("intake", second, "link-duplicate", principal=first, reason="同一人同一工地")
    assert first not in of(second, done["position"])
    assert second not in of(first, done["position"])
    third = proposed(office, sketch(person))
    assert (third[second]["link_to"], third[first]["link_to"]) == (first, first)
    done = office.take("intake", second, "unlink-duplicate", principal=first, reason="核实为另一工地")
    assert first in of(second, done["position"])


def test_a_joint_petition_is_found_by_each_of_its_people(office: Office) -> None:
    people = [{"name": f"代表{n}", "phone": f"1387777050{n}", "kind": "representative"} for n in range(5)]
    number = taken_in(office, noise({}, petitioners=people, people_count=40))
    for one in people:
        assert number in proposed(office, sketch({"phone": one["phone"]}))
    refused = office.post("intake", "/petitions", noise({}, petitioners=[*people, people[0]], people_count=40))
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_representatives")


def test_who_was_erased_is_found_no_more(office: Office) -> None:
    person = {"name": "顾长安", "phone": "13877770601"}
    number = taken_in(office, noise(person, content="别处没有的话：旧井台边上的石榴树挡住了消防通道。"))
    same = sketch({"phone": person["phone"]}, content="别处没有的话：旧井台边上的石榴树挡住了消防通道。", place=None)
    assert number in proposed(office, same)
    office.take("intake", number, "ask-erasure", petitioner="p1", ground="unlawful", reason="来源不合法")
    done = office.take("intake-2", number, "approve-erasure", petitioner="p1")
    office.ok(office.get("intake", f"/petitions/{number}/duplicates", after=done["position"]))
    assert number not in proposed(office, same)
