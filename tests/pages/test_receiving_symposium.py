"""受理台, a symposium in a browser: the meeting and its table, all registered or nothing, without a script too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from domain.petition.petition import Petition
from domain.vocabulary import Channel
from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, Office

NUMBERS, CODES = r"HY-\d{4}-\d{6}", r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}"


def meeting(page: Page, title: str) -> None:
    """Say what holds for all that was raised."""
    page.locator("[name=meeting]").fill(title)
    page.locator("[name=held_on]").fill("2026-01-02")
    page.locator("[name=venue]").fill("社区二楼会议室")
    page.locator("[name=attendants]").fill("居民代表12人")
    page.locator("[name=nature]").select_option("suggestion")
    page.locator("[name=area]").fill("A03")


def row(page: Page, place: int, **fields: str) -> None:
    """Fill in a row of the table."""
    for name, text in fields.items():
        page.locator(f"[name='petitions.{place}.{name}']").fill(text)


def registered(page: Page) -> list[str]:
    return re.findall(NUMBERS, page.locator("table").inner_text())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_all_that_a_meeting_raised_is_registered_at_once_or_not_at_all(desk: Office, tab: Tabs, scripts: bool) -> None:
    page = tab("intake", scripts=scripts, phone=not scripts)
    page.goto("/intake")
    page.get_by_role("link", name="登记一次座谈会").click()
    assert fits_width(page)
    meeting(page, f"迎春座谈会{scripts}")
    row(page, 0, content="加装电梯", **{"petitioners.0.name": PERSON["name"], "petitioners.0.phone": PERSON["phone"]})
    row(page, 1, content="增设座椅", **{"place.area": "NOWHERE"})
    row(page, 3, content="停车难")
    page.locator("[name='petitions.3.nature']").select_option("complaint")
    before = desk.events()
    page.get_by_role("button", name="全部登记").click()
    page.locator("#faults").wait_for()
    assert desk.events() == before
    assert "区域（第2件）：规则手册中没有此代码" in page.locator("#faults").inner_text()
    assert page.locator("[name='petitions.1.place.area']").input_value() == "NOWHERE"
    shot(page, "intake-symposium-faults")
    page.locator("[name='petitions.1.place.area']").fill("")
    page.get_by_role("button", name="先检查，不登记").click()
    expect(page.get_by_role("status").first).to_contain_text("可登记 3 件，先前已有 0 件")
    assert desk.events() == before
    axe_clean(page) if scripts else None
    page.get_by_role("button", name="全部登记").click()
    expect(page.get_by_role("status").first).to_contain_text("已登记 3 件")
    numbers = registered(page)
    assert len(set(numbers)) == len(re.findall(CODES, page.locator("table").inner_text())) == 3
    axe_clean(page) if scripts else None
    shot(page, "intake-symposium-done")
    files = [desk.parts.store.fold(Petition(number)) for number in numbers]
    assert [(one.channel, one.nature.value, one.title) for one in files] == [
        (Channel.SYMPOSIUM, "suggestion", "加装电梯"),
        (Channel.SYMPOSIUM, "suggestion", "增设座椅"),
        (Channel.SYMPOSIUM, "complaint", "停车难"),
    ]
    assert {one.place.area for one in files if one.place} == {"A03"}
    source = files[0].source
    assert source is not None
    assert source.model_dump(mode="json") == {
        "channel": "symposium",
        "meeting": f"迎春座谈会{scripts}",
        "held_on": "2026-01-02",
        "venue": "社区二楼会议室",
        "attendants": "居民代表12人",
    }


def test_more_rows_come_by_a_button_and_what_was_typed_is_kept_as_a_draft(desk: Office, tab: Tabs) -> None:
    page = tab("intake", scripts=False)
    page.goto("/intake/symposia")
    meeting(page, "草稿座谈会")
    row(page, 0, content="楼道堆物")
    assert page.locator("[name='petitions.4.content']").count() == 1
    page.get_by_role("button", name="再添一行").click()
    assert page.locator("[name='petitions.5.content']").count() == 1
    assert page.locator("[name='petitions.0.content']").input_value() == "楼道堆物"
    page.get_by_role("button", name="存草稿").click()
    assert page.locator("[name=area]").input_value() == "A03"
    page.goto("/intake")
    page.locator(".drafts a").first.click()
    assert page.locator("[name='petitions.0.content']").input_value() == "楼道堆物"
    page.get_by_role("button", name="全部登记").click()
    assert len(registered(page)) == 1
    page.goto("/intake")
    assert "/intake/symposia?draft=" not in page.content()


def test_a_list_sent_again_answers_as_then_whatever_is_said_of_the_meeting(desk: Office) -> None:
    fields = {
        "meeting": "座谈会再次提交", "held_on": "2026-01-02", "nature": "help",
        "petitions.0.content": "路口积水", "petitions.7.title": "路灯昏暗",
    }  # fmt: skip
    with visitor(desk, "intake") as client:
        first = post_form(client, "/intake/symposia", fields)
        before = desk.events()
        assert "先前已有 2 件" in post_form(client, "/intake/symposia/check", fields).text
        again = post_form(client, "/intake/symposia", {**fields, "venue": "会议室"})
        assert desk.events() == before
        longer = post_form(client, "/intake/symposia", {**fields, "petitions.8.content": "树枝遮挡路灯"})
    assert re.findall(NUMBERS, first.text) == re.findall(NUMBERS, again.text)
    assert re.findall(CODES, first.text) == re.findall(CODES, again.text)
    assert "已登记 1 件，先前已有 2 件" in longer.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "必填"),
        ({"meeting": "会", "held_on": "2199-01-02", "nature": "help", "petitions.0.content": "事"}, "不得晚于今天"),
        ({"meeting": "会", "held_on": "2026-01-02", "petitions.0.content": "事"}, "必填"),
        (
            {"meeting": "会", "held_on": "2026-01-02", "nature": "help", "petitions.0.content": "事",
             "petitions.1.content": "事"},
            "与第1件完全相同",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/intake/symposia", "/intake/symposia/check"])
def test_what_is_wrong_is_told_and_nothing_is_registered(
    desk: Office, path: str, fields: dict[str, str], told: str
) -> None:
    before = desk.events()
    with visitor(desk, "intake") as client:
        answer = post_form(client, path, fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert desk.events() == before
