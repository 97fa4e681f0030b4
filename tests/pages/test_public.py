"""Residents in a real browser: send, ask, speak, read; by telephone, by keyboard, without scripts, without others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.limiter import Limit
from service.pages import public
from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, STAFF, Office, published, replied
from tests.service.upload_kit import plain_png

WAYS: tuple[dict[str, Any], ...] = ({}, {"phone": True}, {"language": "en"})


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests come from one address; how often one may try has a test of its own."""
    for name in ("SENDING", "ASKING", "ASKING_NUMBER", "SPEAKING", "READING"):
        limit: Limit = getattr(public, name)
        monkeypatch.setattr(public, name, Limit(limit.what, 10_000, limit.period))


def sent(page: Page, **more: str) -> tuple[str, str]:
    """Send a petition by the form; its number and query code."""
    page.goto("/public")
    page.get_by_role("link", name="提交民情").first.click()
    page.get_by_label("您想做什么").select_option("help")
    page.get_by_label("一句话说明").fill(more.get("title", "楼道灯不亮"))
    page.get_by_label("详细情况").fill("三单元楼道的灯坏了一周，晚上看不见台阶。")
    page.get_by_label("姓名").fill(PERSON["name"])
    page.get_by_label("电话").fill(PERSON["phone"])
    page.get_by_role("button", name="提交").last.click()
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()
    return page.locator("#number").inner_text(), page.locator("#code").inner_text()


def ask(page: Page, number: str, code: str) -> None:
    page.goto("/public/state")
    page.get_by_label("编号").fill(number)
    page.get_by_label("查询码", exact=True).fill(code)
    page.get_by_role("button", name="查询").last.click()


def handled(desk: Office, number: str) -> None:
    """From received to published."""
    desk.take("intake", number, "accept-petition", notice="sms")
    desk.take("intake", number, "assign-petition", lead="ZF")
    replied(desk, number)
    published(desk, number)
    desk.catch_up()


@pytest.mark.parametrize("way", [{"phone": True}, {"scripts": False}], ids=["phone", "no scripts"])
def test_a_resident_sends_asks_and_says_that_it_is_not_solved(desk: Office, tab: Tabs, way: dict[str, Any]) -> None:
    page = tab(**way)
    number, code = sent(page)
    assert re.fullmatch(r"HY-\d{4}-\d{6}", number)
    assert code not in page.url
    assert fits_width(page)
    shot(page, f"public-sent-{'phone' if way.get('phone') else 'plain'}")
    ask(page, number, code)
    expect(page.get_by_text("民情受理").first).to_be_visible()
    expect(page.get_by_label("问题解决了吗")).to_have_count(0)
    handled(desk, number)
    ask(page, number, code)
    expect(page.get_by_text("已更换楼道灯。")).to_be_visible()
    assert code not in page.url
    assert number not in page.url
    page.get_by_label("未解决").check()
    page.get_by_label("想说的话").fill("昨晚又灭了")
    page.get_by_role("button", name="告诉我们").click()
    expect(page.get_by_text("您的意见已经记下")).to_be_visible()
    expect(page.locator(".course").get_by_text("居民意见")).to_be_visible()
    assert fits_width(page)
    shot(page, f"public-state-{'phone' if way.get('phone') else 'plain'}")
    desk.catch_up()
    tasks = desk.ok(desk.get("caller", "/worklist", limit=200))["tasks"]
    assert "hear_resident" in [task["task"] for task in tasks if task["number"] == number]


def test_the_receipts_code_brings_the_number_along_and_never_the_query_code(desk: Office, tab: Tabs) -> None:
    page = tab(phone=True)
    page.goto("/public/state?number=HY-2026-000001&code=SECRET")
    expect(page.get_by_label("编号")).to_have_value("HY-2026-000001")
    expect(page.locator("#f-code")).to_have_value("")
    expect(page.locator("#f-code")).to_be_focused()
    axe_clean(page)


def test_a_photo_travels_with_the_petition(desk: Office, tab: Tabs) -> None:
    page = tab()
    page.goto("/public/send")
    page.get_by_label("您想做什么").select_option("complaint")
    page.get_by_label("一句话说明").fill("垃圾没人收")
    page.get_by_label("详细情况").fill("北门的垃圾三天没人收。")
    page.get_by_label("照片或文件").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": plain_png()})
    page.get_by_role("button", name="提交").last.click()
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()
    number = page.locator("#number").inner_text()
    assert len(desk.ok(desk.get("intake", f"/petitions/{number}"))["attachments"]) == 1


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(desk: Office, tab: Tabs) -> None:
    before = desk.events()
    page = tab(phone=True)
    page.goto("/public/send")
    page.get_by_label("详细情况").fill("只写了这些")
    page.get_by_label("电话").fill("不是电话")
    page.get_by_role("button", name="提交").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("详细情况")).to_have_value("只写了这些")
    axe_clean(page)
    shot(page, "public-send-faults")
    assert desk.events() == before


def test_sending_the_same_form_again_makes_no_second_petition(desk: Office, tab: Tabs) -> None:
    page = tab()
    number, code = sent(page, title="重复提交")
    events = desk.events()
    page.reload()
    assert (page.locator("#number").inner_text(), page.locator("#code").inner_text()) == (number, code)
    assert desk.events() == events


def test_a_wrong_code_and_a_wrong_number_look_the_same(desk: Office, tab: Tabs) -> None:
    page = tab()
    number, code = sent(page)
    told = []
    for wrong in ((number, "0000-0000-0000-0000"), ("HY-2020-000001", code)):
        ask(page, *wrong)
        told.append(page.get_by_role("alert").inner_text())
        assert PERSON["name"] not in page.content()
    assert told[0] == told[1]


def test_what_is_shown_names_neither_staff_nor_others(desk: Office, tab: Tabs) -> None:
    page = tab()
    number, code = sent(page)
    handled(desk, number)
    ask(page, number, code)
    shown = page.locator("main").inner_text()
    assert not any(value in shown for value in PERSON.values())
    assert not any(re.search(rf"\b{who}\b", shown) for who in STAFF)


def test_published_results_are_read_and_searched_without_a_cookie(desk: Office, tab: Tabs) -> None:
    number = str(desk.received(title="电梯")["number"])
    handled(desk, number)
    with visitor(desk) as client:
        for address in ("/public/results", f"/public/results/{number}", "/public/results?q=楼道"):
            client.cookies.clear()
            answer = client.get(address)
            assert (answer.status_code, "楼道灯已修复" in answer.text) == (200, True)
        assert client.get("/public/results?q=没有这个词").text.count("<article") == 0
        assert "请至少写两个字" in client.get("/public/results?q=楼").text
        assert client.get("/public/results/HY-2020-000009").status_code == 404
    desk.take("publisher", number, "withdraw-publication", reason="有误")
    desk.catch_up()
    with visitor(desk) as client:
        assert client.get(f"/public/results/{number}").status_code == 404


def test_who_tries_too_often_is_told_to_wait(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = public.ASKING
    monkeypatch.setattr(public, "ASKING", Limit("test asking", 3, limit.period))
    with visitor(desk) as client:
        given = {"number": "HY-2020-000001", "code": "x"}
        statuses = [post_form(client, "/public/state", given).status_code for _ in range(5)]
    assert statuses == [404, 404, 404, 429, 429]


def test_answers_with_a_code_are_never_kept(desk: Office) -> None:
    with visitor(desk) as client:
        answer = post_form(client, "/public/state", {"number": "HY-2020-000001", "code": "x"})
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("address", ["/public", "/public/send", "/public/state", "/public/results"])
def test_every_page_is_readable_for_everybody(desk: Office, tab: Tabs, address: str) -> None:
    for way in WAYS:
        page = tab(**way)
        page.goto(address)
        axe_clean(page)
        assert fits_width(page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.set_viewport_size({"width": 640, "height": 800})
    assert fits_width(page)
    if address != "/public":
        shot(page, f"public{address.removeprefix('/public').replace('/', '-')}-zoomed")


def test_a_petition_is_sent_by_keyboard_alone(desk: Office, tab: Tabs) -> None:
    page = tab()
    page.goto("/public/send")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    reached(page, "f-nature")
    page.keyboard.press("ArrowDown")
    reached(page, "f-title")
    page.keyboard.type("用键盘提交")
    reached(page, "f-content")
    page.keyboard.type("不用鼠标也能提交。")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button.big')"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()


def reached(page: Page, element: str) -> None:
    """Go on with the tab key to an element."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element:
            return
    raise AssertionError(f"{element} is not reached by keyboard")


def test_pictures_for_the_readme(desk: Office, tab: Tabs) -> None:
    page = tab()
    page.goto("/public")
    shot(page, "public")
    number, code = sent(page)
    handled(desk, number)
    ask(page, number, code)
    axe_clean(page)
    shot(page, "public-state")
    page.goto("/public/results")
    axe_clean(page)
    shot(page, "public-results")
