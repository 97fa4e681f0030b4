"""A symposium raises many petitions at once: all or none, every mistake named, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.kernel import day_of
from domain.numbering import parse
from domain.petition.petition import Petition
from domain.vocabulary import Channel
from tests.service.api_kit import PERSON, Office


def raised(title: str, **changes: Any) -> dict[str, Any]:
    return {"nature": "help", "title": title, "content": f"{title}，请尽快处理。", "place": {"area": "A03"}, **changes}


def held(office: Office, *petitions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    day = day_of(office.parts.now()).isoformat()
    return {"meeting": "藕塘社区居民座谈会", "held_on": day, "petitions": list(petitions), **changes}


def test_each_petition_gets_its_number_and_names_the_meeting(office: Office) -> None:
    body = held(office, raised("楼道堆物"), raised("停车难", petitioners=[PERSON]), raised("路灯不亮"))
    answer = office.post("intake", "/symposia", body)
    assert answer.status_code == 201
    made = answer.json()["petitions"]
    serials = [parse(one["number"]).serial for one in made]
    assert serials == list(range(serials[0], serials[0] + 3))
    assert len({one["query_code"] for one in made}) == len(made)
    assert len({one["position"] for one in made}) == 1
    for one, title in zip(made, ("楼道堆物", "停车难", "路灯不亮"), strict=True):
        file = office.parts.store.fold(Petition(one["number"]))
        assert (file.channel, file.title, file.version) == (Channel.SYMPOSIUM, title, one["version"])
        assert file.source is not None
        said = file.source.model_dump(mode="json")
        assert (said["meeting"], said["held_on"]) == ("藕塘社区居民座谈会", body["held_on"])
        office.take("intake", one["number"], "accept-petition", notice="sms")
    counted = office.ok(office.get("intake", "/statistics/channels", after=made[-1]["position"]))
    rows = {row["part"]: row["figures"]["registered"]["numerator"] for row in counted["periods"][0]["rows"]}
    assert rows["symposium"] >= 3


def test_one_that_cannot_be_keeps_all_out_and_every_mistake_is_named(office: Office) -> None:
    before = office.events()
    body = held(
        office,
        raised("楼道积水"),
        raised("无此区域", place={"area": "NOWHERE"}),
        raised("无此类别", category="NOWHERE"),
        raised("代表太多", petitioners=[{"kind": "representative"}] * 6),
    )
    answer = office.post("intake", "/symposia", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "some_refused")
    assert [fault["loc"] for fault in answer.json()["errors"]] == [
        ["petitions", 1, "place", "area"],
        ["petitions", 2, "category"],
        ["petitions", 3, "petitioners"],
    ]
    assert office.events() == before
    made = office.ok(office.post("intake", "/symposia", held(office, raised("楼道积水"))))["petitions"]
    assert not made[0]["replayed"]


def test_the_same_list_sent_again_adds_nothing_and_a_longer_one_what_is_new(office: Office) -> None:
    first = office.ok(office.post("intake", "/symposia", held(office, raised("井盖破损"), raised("树枝遮光"))))
    before = office.events()
    again = office.ok(office.post("intake", "/symposia", held(office, raised("井盖破损"), raised("树枝遮光"))))
    assert office.events() == before
    told = [(one["number"], one["query_code"], one["replayed"]) for one in again["petitions"]]
    assert told == [(one["number"], one["query_code"], True) for one in first["petitions"]]
    longer = held(office, raised("井盖破损"), raised("垃圾未清"), raised("树枝遮光"))
    more = office.ok(office.post("intake", "/symposia", longer))["petitions"]
    assert [one["replayed"] for one in more] == [True, False, True]
    other = office.ok(office.post("intake", "/symposia", held(office, raised("井盖破损"), meeting="另一场座谈会")))
    assert not other["petitions"][0]["replayed"]


def test_lists_sent_at_the_same_time_make_each_petition_once(office: Office) -> None:
    body = held(office, *(raised(f"事项{index}") for index in range(20)))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: office.ok(office.post("intake", "/symposia", body)), range(4)))
    numbers = [[one["number"] for one in answer["petitions"]] for answer in answers]
    assert all(each == numbers[0] for each in numbers)
    assert len(set(numbers[0])) == 20
    assert sum(not answer["petitions"][0]["replayed"] for answer in answers) == 1


def test_a_list_that_says_the_same_twice_is_a_slip(office: Office) -> None:
    answer = office.post("intake", "/symposia", held(office, raised("电梯停运"), raised("电梯停运")))
    assert [fault["loc"] for fault in answer.json()["errors"]] == [["petitions", 1]]


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"petitions": []}, ["petitions"]),
        ({"meeting": ""}, ["meeting"]),
        ({"petitions": [raised("渠道不对", channel="web")]}, ["petitions", 0, "channel"]),
        ({"petitions": [raised("另填来源", source={"meeting": "别的会"})]}, ["petitions", 0, "source"]),
        ({"petitions": [raised("")]}, ["petitions", 0, "title"]),
    ],
)
def test_what_is_no_list_is_refused_by_name(office: Office, change: dict[str, Any], loc: list[Any]) -> None:
    before = office.events()
    answer = office.post("intake", "/symposia", held(office, **change))
    assert answer.status_code == 422
    assert loc == answer.json()["errors"][0]["loc"]
    assert office.events() == before


def test_a_meeting_that_was_not_held_yet_is_refused(office: Office) -> None:
    answer = office.post("intake", "/symposia", held(office, raised("路面坑洼"), held_on="2199-01-01"))
    assert answer.json()["errors"][0]["loc"] == ["petitions", 0, "source", "held_on"]


def test_it_is_for_those_who_take_petitions_in(office: Office) -> None:
    for who in ("handler", "supervisor", "publisher"):
        assert office.post(who, "/symposia", held(office, raised("噪声扰民"))).status_code == 403
