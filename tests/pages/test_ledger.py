"""The ledger in a real browser: filters in the address, saved under a name, columns chosen, the same taken out."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, Office, assigned, replied

WAYS: tuple[dict[str, Any], ...] = ({}, {"phone": True}, {"language": "en"})


@pytest.fixture(scope="module")
def files(desk: Office) -> dict[str, str]:
    """Some files, by what they are."""
    made = {
        "web": str(desk.received(title="小区电梯故障", petitioners=[PERSON])["number"]),
        "window": str(desk.received(channel="window", source={"window": "W1"}, title="=1+1 路灯不亮")["number"]),
        "report": str(desk.received(nature="report", against=["ZF"], title="举报执法队")["number"]),
        "handled": assigned(desk, title="路灯修复"),
    }
    replied(desk, made["handled"])
    desk.catch_up()
    return made


def numbers(page: Page) -> list[str]:
    """The numbers in the table."""
    return page.locator("table.ledger td.c-number").all_inner_texts()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_filter_stands_in_the_address_and_is_kept_under_a_name(
    desk: Office, tab: Tabs, files: dict[str, str], scripts: bool
) -> None:
    page = tab("intake", scripts=scripts)
    page.goto("/ledger")
    assert set(files.values()) <= set(numbers(page))
    page.locator("#l-channel").select_option("window")
    page.get_by_role("button", name="查看").click()
    assert numbers(page) == [files["window"]]
    assert parse_qs(urlsplit(page.url).query)["channel"] == ["window"]
    name = f"窗口件{scripts}"
    page.get_by_label("筛选的名称").fill(name)
    page.get_by_role("button", name="保存筛选").click()
    expect(page.get_by_role("status").first).to_contain_text("已保存")
    assert numbers(page) == [files["window"]]
    page.goto("/ledger")
    page.get_by_role("link", name=name).click()
    assert numbers(page) == [files["window"]]
    page.get_by_role("button", name=f"删除“{name}”").click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_columns_are_chosen_and_taken_out_as_they_stand(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    page = tab("intake")
    page.goto("/ledger?columns=title&columns=number&columns=petitioner&columns=overdue")
    headings = page.locator("table.ledger th").all_inner_texts()
    assert headings == ["编号", "信访人", "诉求", "超期天数"]
    rows = [row.locator("td").all_inner_texts() for row in page.locator("table.ledger tbody tr").all()]
    with visitor(desk, "intake") as client:
        query = urlsplit(page.url).query
        text = client.get(f"/ledger/export.csv?{query}").content.decode("utf-8-sig")
        book = load_workbook(io.BytesIO(client.get(f"/ledger/export.xlsx?{query}").content))
    lines = list(csv.reader(io.StringIO(text)))
    sheet = [["" if cell is None else str(cell) for cell in row] for row in book["台账"].iter_rows(values_only=True)]
    assert lines == sheet
    assert lines[0] == headings
    assert [[cell.lstrip("'") for cell in line] for line in lines[1:]] == rows
    assert any(cell.startswith("'=1+1") for line in lines for cell in line)
    assert PERSON["name"] not in text
    assert "欧阳某某" in text


def test_what_one_may_not_see_is_neither_listed_counted_found_nor_taken_out(
    desk: Office, files: dict[str, str]
) -> None:
    addresses = ("/ledger", "/ledger?nature=report", f"/ledger?q={files['report']}", "/ledger?q=举报执法队")
    for who, seen in (("supervisor", True), ("intake", True), ("handler", False)):
        with visitor(desk, who) as client:
            for address in addresses:
                assert (f">{files['report']}<" in client.get(address).text) is seen, (who, address)
            out = client.get("/ledger/export.csv?nature=report").content.decode("utf-8-sig")
            assert (files["report"] in out) is seen
            if not seen:
                assert "没有符合条件的件" in client.get("/ledger?nature=report").text


def test_words_are_searched_and_personal_numbers_are_not(desk: Office, files: dict[str, str]) -> None:
    with visitor(desk, "intake") as client:
        assert files["web"] in client.get("/ledger?q=电梯").text
        for refused in ("q=梯", "channel=x", "from=x", "unit=XX"):
            answer = client.get(f"/ledger?{refused}")
            assert answer.status_code == 422
            assert 'role="alert"' in answer.text
        led = client.get("/ledger?q=13877770042&channel=web")
        assert (led.status_code, led.headers["location"]) == (303, "/ledger?channel=web")
        assert "请不要输入电话或证件号码" in client.get("/ledger?channel=web").text
        assert client.get("/ledger/export.pdf").status_code == 404


def test_the_committee_sees_who_took_out_what(desk: Office, files: dict[str, str]) -> None:
    with visitor(desk, "publisher") as client:
        assert client.get("/ledger/export.csv?channel=window").status_code == 200
    with visitor(desk, "supervisor") as client:
        shown = client.get("/supervision/exports?staff=publisher").text
    assert "channel=window" in shown


def test_saved_filters_are_ones_own_and_bounded_in_their_names(desk: Office) -> None:
    with visitor(desk, "intake") as client, visitor(desk, "caller") as other:
        post_form(client, "/ledger/views", {"asked": "stage=closed", "name": "只给我"})
        assert "只给我" in client.get("/ledger").text
        assert "只给我" not in other.get("/ledger").text
        post_form(other, "/ledger/views/forget", {"name": "只给我"})
        assert "只给我" in client.get("/ledger").text
        told = post_form(client, "/ledger/views", {"asked": "", "name": "长" * 41})
        assert told.status_code == 303
        assert "长" * 41 not in client.get("/ledger").text


def test_pages_follow_each_other_with_the_same_filter(desk: Office, files: dict[str, str]) -> None:
    with visitor(desk, "intake") as client:
        first = client.get("/ledger?limit=2&stage=receiving").text
        following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        assert "stage=receiving" in following
        second = client.get(following).text
    shown = [number for number in files.values() if f">{number}<" in second]
    assert shown
    assert not [number for number in shown if f">{number}<" in first]


def test_an_administrator_has_no_ledger(desk: Office) -> None:
    with visitor(desk, "admin") as client:
        assert client.get("/ledger").status_code == 403
        assert client.get("/ledger/export.csv").status_code == 403
        assert 'href="/ledger"' not in client.get("/").text


def test_the_ledger_is_readable_for_everybody(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    for way in WAYS:
        page = tab("intake", **way)
        page.goto("/ledger")
        page.locator("summary").click()
        axe_clean(page)
        assert fits_width(page)
        shot(page, f"ledger-{'-'.join(way) or 'plain'}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits_width(page)


def test_the_ledger_is_used_by_keyboard_alone(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    page = tab("intake")
    page.goto("/ledger")
    page.get_by_label("编号或文字").focus()
    page.keyboard.type("电梯")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ledger?**")
    expect(page.locator("table.ledger td.c-number")).to_have_text([files["web"]])
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == files["web"]:
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/files/{files['web']}")
