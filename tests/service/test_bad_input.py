"""Bad input: a clear 4xx that names the field, in the caller's language, changes nothing and tells nothing back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from domain.vocabulary import Channel
from tests.service.api_kit import API, PERSON, Office, assigned, petition

SENT = "绝密原文Q7"
"""Stands in what is sent; may never come back."""


@dataclass(frozen=True, slots=True)
class Bad:
    """What is wrong with an intake, and how it must be answered."""

    changes: dict[str, object]
    loc: list[str | int]
    zh: str
    en: str
    code: str = "invalid"


INTAKES = {
    "unknown channel": Bad({"channel": SENT}, ["channel"], "须为以下之一：web（网络平台）", "must be one of: web,"),
    "year 2099": Bad(
        {"occurred_at": "2099-01-01T00:00:00+08:00"}, ["occurred_at"], "不得晚于现在", "future", "in_the_future"
    ),
    "no time": Bad({"occurred_at": SENT}, ["occurred_at"], "须为时间", "must be a time"),
    "end of the calendar": Bad(
        {"occurred_at": "9999-12-31T23:59:59-12:00"}, ["occurred_at"], "1900至2199", "from 1900 to 2199"
    ),
    "beginning of the calendar": Bad({"occurred_at": "0001-01-01T00:00:00"}, ["occurred_at"], "1900", "1900"),
    "long ago without a reason": Bad(
        {"occurred_at": "2026-01-05T09:00:00+08:00"},
        ["backdated_because"],
        "补录",
        "backdated_because",
        "backdating_needs_reason",
    ),
    "NUL in a line": Bad({"title": f"{SENT}\0"}, ["title"], "不得包含控制字符", "control characters are not allowed"),
    "NUL in prose": Bad(
        {"content": f"{SENT}\0"}, ["content"], "不得包含控制字符", "control characters are not allowed"
    ),
    "NUL in a name": Bad({"petitioners": [{"name": f"{SENT}\0"}]}, ["petitioners", 0, "name"], "控制字符", "control"),
    "lone surrogate": Bad({"title": "\ud800"}, ["title"], "无效字符", "not valid Unicode"),
    "no title": Bad({"title": None}, ["title"], "须为文字", "must be text"),
    "empty title": Bad({"title": "  "}, ["title"], "至少1个字", "at least 1 characters"),
    "long title": Bad({"title": SENT * 40}, ["title"], "最多200个字", "at most 200 characters"),
    "bad phone": Bad(
        {"petitioners": [{"phone": SENT}]}, ["petitioners", 0, "phone"], "须为电话号码", "must be a telephone number"
    ),
    "bad identity number": Bad(
        {"petitioners": [{"id_number": "1 2"}]}, ["petitioners", 0, "id_number"], "须为证件号码", "identity number"
    ),
    "too many people": Bad({"petitioners": [{}] * 51}, ["petitioners"], "最多50项", "at most 50 items"),
    "fewer people than named": Bad(
        {"people_count": 1, "petitioners": [{}, {}]}, ["people_count"], "不得少于", "at least as many"
    ),
    "huge number": Bad({"people_count": 10**30}, ["people_count"], "不得大于 100000", "100000 or less"),
    "no number": Bad({"people_count": SENT}, ["people_count"], "须为整数", "must be a whole number"),
    "six representatives": Bad(
        {"petitioners": [{"kind": "representative", "name": f"代表{n}"} for n in range(6)]},
        ["petitioners"],
        "代表不得超过5人",
        "at most 5 representatives",
        "too_many_representatives",
    ),
    "misspelt field": Bad({"petitoners": [PERSON]}, [], "是否应为 petitioners", "did you mean petitioners?"),
    "made-up field": Bad({SENT: SENT}, [], "有未知的字段", "there is an unknown field"),
    "made-up field inside": Bad({"place": {SENT: SENT}}, ["place"], "有未知的字段", "there is an unknown field"),
    "text for an object": Bad({"place": SENT}, ["place"], "须为对象", "must be an object"),
    "text for a list": Bad({"demands": SENT}, ["demands"], "须为列表", "must be a list"),
    "unknown area": Bad(
        {"place": {"area": "NOWHERE"}}, ["place", "area"], "规则手册中没有此代码", "no such code", "unknown_code"
    ),
    "unknown category": Bad({"category": "9999"}, ["category"], "没有此代码", "no such code", "unknown_code"),
    "unknown accused": Bad({"against": ["NOBODY"]}, ["against", 0], "没有此单位或人员", "no such unit"),
    "unknown attachment": Bad({"attachments": ["a1"]}, ["attachments", 0], "请先上传", "upload it first"),
    "another channel's field": Bad({"source": {"window": "W1"}}, ["source", "window"], "不属于该渠道", "not of this"),
    "no such day": Bad(
        {"channel": "symposium", "source": {"held_on": "2026-13-40"}},
        ["source", "held_on"],
        "须为日期",
        "must be a date",
    ),
    "unknown earlier file": Bad({"arises_from": "HY-1999-000001"}, ["arises_from"], "没有此编号", "no file has"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", INTAKES)
def test_a_bad_intake_is_refused(office: Office, name: str, language: str) -> None:
    bad, before = INTAKES[name], office.events()
    sent = json.dumps(petition(**bad.changes)).encode()
    headers = office.headers("intake", {"Accept-Language": language, "Content-Type": "application/json"})
    response = office.client.post(f"{API}/petitions", content=sent, headers=headers)
    problem = refused(response, 422, bad.code, language)
    assert problem["errors"][0]["loc"] == bad.loc
    expected = bad.zh if language == "zh" else bad.en
    assert expected in problem["errors"][0]["message"]
    assert expected in problem["detail"]
    assert office.events() == before


def refused(response: httpx.Response, status: int, code: str, language: str) -> dict[str, Any]:
    """The problem, which must be one in every respect."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == language
    assert SENT not in response.text
    problem: dict[str, Any] = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == response.headers["x-request-id"]
    assert re.search("[一-鿿]" if language == "zh" else "[a-z]{2,} [a-z]{2,}", problem["detail"])
    return problem


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_channel_is_offered_by_name(office: Office, language: str) -> None:
    response = office.post("intake", "/petitions", petition(channel="fax"), Accept_Language=language)
    message = refused(response, 422, "invalid", language)["errors"][0]["message"]
    assert all(channel.value in message for channel in Channel)
    assert all((channel.zh in message) == (language == "zh") for channel in Channel)


BODIES = {
    "broken JSON": (f'{{"title": "{SENT}",\n  oops}}'.encode(), 400, "第2行第3列", "line 2 column 3"),
    "cut off": (f'{{"title": "{SENT}'.encode(), 400, "第1行", "line 1"),
    "not UTF-8": (SENT.encode("gb18030"), 400, "不是UTF-8", "is not UTF-8"),
    "not a number": (b'{"people_count": NaN}', 400, "不得有NaN", "no NaN"),
    "a number of 5000 digits": (b'{"people_count": ' + b"9" * 5000 + b"}", 400, "数字过长", "too long"),
    "very deep": (b"[" * 200_000, 400, "嵌套过深", "nested too deeply"),
    "a list": (b"[1]", 422, "须为对象", "must be an object"),
    "10 MB of text": (petition(content="长" * 3_400_000), 413, "最多 1048576 字节", "at most 1048576 bytes"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_read_is_refused(office: Office, name: str, language: str) -> None:
    (sent, status, zh, en), before = BODIES[name], office.events()
    content = sent if isinstance(sent, bytes) else json.dumps(sent, ensure_ascii=False).encode()
    headers = office.headers("intake", {"Accept-Language": language, "Content-Type": "application/json"})
    response = office.client.post(f"{API}/petitions", content=content, headers=headers)
    code = {400: "broken_request", 413: "too_large", 422: "invalid"}[status]
    assert (zh if language == "zh" else en) in refused(response, status, code, language)["detail"]
    assert office.events() == before


def test_a_stream_of_unannounced_length_is_cut_off(office: Office) -> None:
    headers = office.headers("intake", {"Content-Type": "application/json"})
    endless = (b" " * 65536 for _ in range(160))
    response = office.client.post(f"{API}/petitions", content=endless, headers=headers)
    refused(response, 413, "too_large", "zh")


def test_too_long_a_text_in_a_small_body_is_refused(office: Office) -> None:
    response = office.post("intake", "/petitions", petition(content="长" * 20_001))
    assert refused(response, 422, "invalid", "zh")["errors"] == [{"loc": ["content"], "message": "最多20000个字"}]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("who", "step", "body", "headers", "status", "code"),
    [
        ("publisher", "publish-result", {"outlets": ["board"]}, {}, 409, "wrong_stage"),
        ("intake", "publish-result", {"outlets": ["board"]}, {}, 403, "wrong_role"),
        ("handler-hw", "sign-for", {}, {}, 403, "not_your_unit"),
        ("handler", "sign-for", {}, {"If-Match": '"1"'}, 412, "stale"),
        ("handler", "sign-for", {}, {"If-Match": SENT.encode()}, 422, "invalid"),
        ("handler", "sign-for", {}, {"Idempotency-Key": "k" * 201}, 422, "invalid"),
        ("handler", "sign-for", {"handler": "-"}, {}, 422, "invalid"),
        ("handler", "note-progress", {"text": "尚未签收"}, {}, 409, "not_possible_now"),
        ("handler", "no-such-step", {}, {}, 404, "no_such_address"),
        ("handler", "import-reply", {"text": "x"}, {}, 404, "no_such_address"),
    ],
)
def test_a_step_that_may_not_be_taken_is_refused(
    *, office: Office, who: str, step: str, body: object, headers: Any, status: int, code: str, language: str
) -> None:
    number = assigned(office)
    before = office.events()
    told = office.headers(who, {}) | {"Accept-Language": language} | headers
    response = office.client.post(f"{API}/petitions/{number}/{step}", json=body, headers=told)
    refused(response, status, code, language)
    assert office.events() == before


@pytest.mark.parametrize("number", ["HY-2026-999999", "HY-1-1", "nothing", "%00", "%ED%A0%80", "HY-2026-" + "9" * 56])
def test_an_unknown_number_is_not_found(office: Office, number: str) -> None:
    assert office.post("handler", f"/petitions/{number}/sign-for").status_code == 404
    assert office.get("intake", f"/petitions/{number}").status_code == 404
    assert office.get("intake", f"/petitions/{number}/events").status_code == 404


def test_a_key_that_the_caller_made_up_is_not_told_back(office: Office) -> None:
    number = str(office.received()["number"])
    office.take("intake", number, "accept-petition", notice="sms")
    body = {"lead": "ZF", "demands": {"13877770042": "ZF"}}
    response = office.post("intake", f"/petitions/{number}/assign-petition", body)
    assert refused(response, 422, "invalid", "zh")["errors"][0]["loc"] == ["demands", "*"]
    assert "13877770042" not in response.text


def test_bodies_are_json_only(office: Office) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        headers = office.headers("intake", {"Content-Type": kind})
        response = office.client.post(f"{API}/petitions", content=b'{"title": "x"}', headers=headers)
        refused(response, 415, "unsupported_media", "zh")


def test_other_addresses_and_methods(office: Office) -> None:
    headers = office.headers("intake", {})
    refused(office.client.get(f"{API}/nothing", headers=headers), 404, "no_such_address", "zh")
    page = office.client.get(f"/{SENT}")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert SENT not in page.text
    response = office.client.delete(f"{API}/petitions", headers=headers)
    refused(response, 405, "wrong_method", "zh")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("path", "asked", "field", "code"),
    [
        ("/ledger", {"channel": SENT}, "channel", "invalid"),
        ("/ledger", {"stage": SENT}, "stage", "invalid"),
        ("/ledger", {"limit": 201}, "limit", "invalid"),
        ("/ledger", {"limit": SENT}, "limit", "invalid"),
        ("/ledger", {"cursor": SENT}, "cursor", "invalid"),
        ("/ledger", {"cursor": "cG9zaXRpb24fNDE"}, "cursor", "invalid"),
        ("/ledger", {"q": "路灯\0"}, "q", "invalid"),
        ("/ledger", {"q": SENT * 60}, "q", "invalid"),
        ("/ledger", {"unit": "NOWHERE"}, "unit", "unknown_code"),
        ("/ledger", {"area": "NOWHERE"}, "area", "unknown_code"),
        ("/ledger", {"category": "NOWHERE"}, "category", "unknown_code"),
        ("/ledger", {"from": SENT}, "from", "invalid"),
        ("/ledger", {"to": "9999-12-31"}, "to", "invalid"),
        ("/ledger", {"from": "2026-02-01", "to": "2026-01-01"}, "to", "invalid"),
        ("/ledger", {"after": 10**12}, "after", "invalid"),
        ("/ledger", {"after": -1}, "after", "invalid"),
        ("/ledger", {"chanel": "web"}, None, "invalid"),
        ("/statistics/channels", {"by": SENT}, "by", "invalid"),
        ("/statistics/channels", {"compare": SENT}, "compare", "invalid"),
        ("/statistics/channels", {"by": "day", "from": "1950-01-01"}, "by", "invalid"),
        ("/statistics/channels", {"from": "9999-01-01"}, "from", "invalid"),
        ("/statistics/figures/acceptance/files", {"side": SENT}, "side", "invalid"),
        ("/statistics/figures/acceptance/files", {"part": "web"}, "dimension", "invalid"),
        ("/statistics/figures/acceptance/files", {"dimension": "grids"}, "part", "invalid"),
        ("/statistics/figures/acceptance/files", {"dimension": "units", "part": "NO"}, "part", "unknown_code"),
        (f"/statistics/{SENT}", {}, "dimension", "invalid"),
        ("/statistics/figures/acceptance/files", {"cursor": SENT}, "cursor", "invalid"),
        ("/statistics/figures/none/files", {}, "figure", "invalid"),
        ("/audit", {"cursor": SENT}, "cursor", "invalid"),
        ("/audit", {"recorded_from": SENT}, "recorded_from", "invalid"),
        ("/audit", {"recorded_to": "9999-12-31T23:59:59-12:00"}, "recorded_to", "invalid"),
        ("/audit", {"actor": SENT}, "actor", "invalid"),
        ("/audit/readings", {"staff": SENT}, "staff", "invalid"),
        ("/worklist", {"cursor": SENT}, "cursor", "invalid"),
        ("/worklist", {"own": SENT}, "own", "invalid"),
    ],
)
def test_a_bad_question_is_refused(
    *, office: Office, path: str, asked: dict[str, object], field: str | None, code: str, language: str
) -> None:
    response = office.get("supervisor", path, {"Accept-Language": language}, **asked)
    errors = refused(response, 422, code, language)["errors"]
    assert errors[0]["loc"] == ([field] if field else [])
