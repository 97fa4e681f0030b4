"""受理台, many at once: pasted or sent, looked through first, registered once, with numbers and codes to print."""

from __future__ import annotations

import re
from io import BytesIO

from openpyxl import Workbook

from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, Office

PASTED = f"标题\t姓名\t电话\n加装电梯\t{PERSON['name']}\t{PERSON['phone']}\n增设座椅\t\t没有\n停车难\t\t\n"


def test_a_symposium_is_pasted_looked_through_and_registered(desk: Office, tab: Tabs) -> None:
    page = tab("intake")
    page.goto("/intake/many")
    axe_clean(page)
    page.locator("[name=pasted]").fill(PASTED)
    page.locator("[name=meeting]").fill("九月座谈会")
    page.locator("[name=nature]").select_option("suggestion")
    before = desk.events()
    page.get_by_role("button", name="先检查，不登记").click()
    page.get_by_role("status").wait_for()
    assert desk.events() == before
    text = page.locator("#content").inner_text()
    assert "可登记 2 件" in text
    assert "有问题 1 行" in text
    assert "电话：须为电话号码" in text
    axe_clean(page)
    shot(page, "intake-many-checked")
    page.get_by_role("button", name="登记这 2 件").click()
    page.get_by_text("已登记 2 件").wait_for()
    assert len(re.findall(r"HY-\d{4}-\d{6}", page.locator("table").inner_text())) == 2
    assert len(re.findall(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", page.locator("table").inner_text())) == 2
    axe_clean(page)
    shot(page, "intake-many-registered")


def test_a_workbook_without_scripts_on_a_telephone_and_sent_again(desk: Office, tab: Tabs) -> None:
    book, sent = Workbook(), BytesIO()
    assert book.active is not None
    for row in (["内容", "性质"], ["二单元楼道堆物", "投诉"]):
        book.active.append(row)
    book.save(sent)
    page = tab("intake", scripts=False, phone=True)
    for told in ("可登记 1 件", "先前已有 1 件"):
        page.goto("/intake/many?channel=window")
        assert fits_width(page)
        page.locator("[name=file]").set_input_files({"name": "表.xlsx", "mimeType": "", "buffer": sent.getvalue()})
        page.get_by_role("button", name="先检查，不登记").click()
        assert told in page.locator("#content").inner_text()
        if "可登记" in told:
            page.get_by_role("button", name="登记这 1 件").click()
            assert "已登记 1 件" in page.locator("#content").inner_text()


def test_a_wrong_file_is_told_and_nothing_is_kept(desk: Office) -> None:
    before = desk.events()
    with visitor(desk, "intake") as client:
        for content, reason in ((b"\xd0\xcf\x11\xe0\x00", "只能读取 xlsx 或 csv"), (b"PK\x03\x04x", "文件已损坏")):
            answer = post_form(client, "/intake/many", {"channel": "web"}, {"file": ("表", content)})
            assert answer.status_code == 422
            assert reason in answer.text
        empty = post_form(client, "/intake/many", {"channel": "web"})
        large = post_form(client, "/intake/many", {"channel": "web"}, {"file": ("表", b"x" * 1_100_000)})
    assert "请粘贴表格或选择文件" in empty.text
    assert large.status_code == 413
    assert desk.events() == before


def test_another_person_cannot_register_what_one_looked_through(desk: Office) -> None:
    with visitor(desk, "intake") as client:
        answer = post_form(client, "/intake/many", {"channel": "web", "pasted": "标题\n路口积水\n", "nature": "help"})
        key = re.search(r'name="key" value="(\w+)"', answer.text)
    assert key is not None
    before = desk.events()
    with visitor(desk, "intake-2") as client:
        assert post_form(client, "/intake/many/register", {"key": key[1]}).status_code == 404
    assert desk.events() == before


def test_an_empty_table_has_the_channels_headings(desk: Office) -> None:
    with visitor(desk, "intake") as client:
        text = client.get("/intake/many/columns.csv", params={"channel": "hotline"}).content.decode("utf-8-sig")
    assert {"标题", "工单号", "来电时间"} <= set(text.strip().split(","))
    assert "座谈会" not in text
