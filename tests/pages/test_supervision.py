"""The committee's desk in a real browser: all there is to look at, orders to give, nothing to change, nobody else."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from domain.kernel import day_of
from tests.pages.page_kit import Tabs, axe_clean, fits_width, shot, visitor
from tests.service.api_kit import PERSON, STAFF, Office, assigned, published, replied

LISTS = ("", "/overdue", "/early", "/orders", "/audit", "/readings", "/exports")


@pytest.fixture(scope="module")
def files(desk: Office) -> dict[str, str]:
    """A file late by weeks, one with an order, one closed on the day it came, one declined, one entered late."""
    at = desk.parts.now() - timedelta(days=90)
    late = str(desk.received(occurred_at=at.isoformat(), backdated_because="补录", title="拖了很久")["number"])
    desk.take("intake", late, "accept-petition", notice="sms", occurred_at=at.isoformat(), backdated_because="补录")
    desk.take("intake", late, "assign-petition", lead="ZF")
    made = {"late": late, "ordered": assigned(desk, title="电梯故障", petitioners=[PERSON]), "quick": assigned(desk)}
    replied(desk, made["quick"])
    published(desk, made["quick"])
    desk.take("caller", made["quick"], "follow-up", solved="solved", satisfaction="satisfied")
    desk.take("caller", made["quick"], "recollect", settled=True)
    made["declined"] = str(desk.received(title="不属本级")["number"])
    desk.take("intake", made["declined"], "ask-decline", ground="court", article="L1 23", reason="属法院", notice="sms")
    desk.take("intake-2", made["declined"], "approve-decline")
    desk.catch_up()
    return made


@pytest.mark.parametrize("scripts", [True, False])
def test_an_overdue_file_is_found_and_an_order_given_answered_and_ended(
    desk: Office, tab: Tabs, files: dict[str, str], scripts: bool
) -> None:
    page = tab("supervisor", scripts=scripts)
    page.goto("/supervision")
    page.get_by_role("link", name="超期件").first.click()
    row = page.get_by_role("row", name=files["late"])
    expect(row).to_contain_text("综合行政执法队")
    row.get_by_role("link", name="督办").click()
    demand = f"三日内办结{secrets.token_hex(3)}"
    page.get_by_label("督办要求").fill(demand)
    page.get_by_role("button", name="督办", exact=True).click()
    page.wait_for_url(f"**/files/{files['late']}")
    desk.catch_up()
    page.goto("/supervision/orders?state=open")
    row = page.get_by_role("row", name=demand)
    expect(row).to_contain_text("待反馈")
    key = row.locator("small").first.inner_text().partition(" ")[0]
    desk.take("handler", files["late"], "answer-supervision", id=key, text="已安排加急")
    desk.catch_up()
    page.reload()
    expect(row).to_contain_text("已安排加急")
    row.get_by_role("link", name="督办办结").click()
    page.get_by_label("编号").select_option(key)
    page.get_by_role("button", name="督办办结", exact=True).click()
    page.wait_for_url(f"**/files/{files['late']}")
    desk.catch_up()
    page.goto("/supervision/orders?state=ended")
    expect(page.get_by_role("row", name=demand)).to_contain_text("已办结")


def test_files_that_ended_early_are_listed_with_their_reasons(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    page = tab("supervisor")
    page.goto("/supervision/early")
    expect(page.get_by_role("row", name=files["quick"])).to_contain_text("用时短")
    expect(page.get_by_role("row", name=files["declined"])).to_contain_text("未走完闭环")
    page.get_by_label("原因").select_option("left")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("row", name=files["declined"])).to_be_visible()
    expect(page.get_by_role("row", name=files["quick"])).to_have_count(0)


def test_the_audit_trail_is_asked_from_every_side(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    page = tab("supervisor")
    page.goto("/supervision/audit")
    page.get_by_label("哪一件").fill(files["quick"])
    page.get_by_label("谁", exact=True).fill("caller")
    page.get_by_role("button", name="查看").click()
    told = page.locator("tbody tr").all_inner_texts()
    assert len(told) == 4
    assert all("回访员" in line for line in told)
    page.goto(f"/supervision/audit?backdated=true&stream={files['late']}")
    expect(page.locator("tbody tr").first).to_contain_text("补录")
    for wrong in ("recorded_from=x", "actor=%00", "role=x"):
        with visitor(desk, "supervisor") as client:
            assert client.get(f"/supervision/audit?{wrong}").status_code == 422


def test_who_read_whose_data_is_found_by_person_file_and_day(desk: Office, files: dict[str, str]) -> None:
    number, today = files["ordered"], day_of(desk.parts.now())
    with visitor(desk, "handler") as client:
        assert PERSON["name"] in client.get(f"/files/{number}").text
    with visitor(desk, "supervisor") as client:
        found = client.get(f"/supervision/readings?staff=handler&number={number.lower()}&first={today}").text
        assert f">{number}<" in found
        assert f">{number}<" not in client.get(f"/supervision/readings?first={today + timedelta(days=1)}").text
        assert f">{number}<" not in client.get("/supervision/readings?staff=caller").text
        file = client.get(f"/files/{number}").text
    assert PERSON["name"] not in file
    assert "欧阳某某" in file


def test_nobody_else_sees_it_and_nothing_in_it_can_be_sent(desk: Office) -> None:
    for who in STAFF:
        inside = who.startswith("supervisor")
        with visitor(desk, who) as client:
            for path in LISTS:
                assert client.get(f"/supervision{path}").status_code == (200 if inside else 403), (who, path)
                assert client.post(f"/supervision{path}").status_code in {403, 405}
            assert ('href="/supervision"' in client.get("/").text) is inside
    with visitor(desk) as client:
        assert client.get("/supervision").headers["location"].startswith("/sign-in")


def test_the_desk_is_readable_for_everybody(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    with visitor(desk, "intake") as client:
        client.get("/ledger/export.csv?channel=web")
    desk.take("supervisor", files["ordered"], "order-supervision", demand="限期修复电梯", level="listed")
    desk.catch_up()
    page, phone, english = tab("supervisor"), tab("supervisor", phone=True), tab("supervisor", language="en")
    for path in LISTS:
        for one in (page, phone, english):
            one.goto(f"/supervision{path}")
            axe_clean(one)
            assert fits_width(one), path
        shot(page, f"supervision{path.replace('/', '-')}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits_width(page)


def test_the_desk_is_used_by_keyboard_alone(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    page = tab("supervisor")
    page.goto("/supervision")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "/supervision/early":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/supervision/early")
    expect(page.get_by_role("row", name=files["declined"])).to_be_visible()
