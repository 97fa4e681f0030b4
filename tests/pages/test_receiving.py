"""受理台 in a browser: a petition of each channel, proposals and drafts, keys alone, and the paper for the resident."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from domain.numbering import query_code_digest
from domain.petition.petition import Petition
from domain.vocabulary import Channel
from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, Office
from tests.service.upload_kit import photo

CONTENT = "三号路口的路灯坏了两周，晚上看不清路。"
WRITING = [
    (Channel.WEB, {"site": "市长信箱", "message_id": "L-88"}, {"site": "市长信箱", "message_id": "L-88"}),
    (Channel.LETTER_VISIT, {"visit_record": "来访人携带照片。"},
     {"visit_record": "来访人携带照片。", "form": "letter"}),
    (Channel.HOTLINE, {"work_order_id": "W-1001", "call_time": "2026-01-02T08:30"},
     {"work_order_id": "W-1001", "call_time": "2026-01-02T00:30:00Z"}),
    (Channel.OFFICER, {"patrol": "一月第一轮"}, {"officer": "intake", "patrol": "一月第一轮"}),
    (Channel.WINDOW, {"receipt": "P-7"}, {"receipt": "P-7"}),
    (Channel.SYMPOSIUM, {"meeting": "元旦座谈会", "held_on": "2026-01-01"},
     {"meeting": "元旦座谈会", "held_on": "2026-01-01"}),
]  # fmt: skip


def file_of(desk: Office, page: Page) -> Petition:
    """The file whose receipt the page shows."""
    number = page.locator(".receipt .big").first.inner_text()
    return desk.parts.store.fold(Petition(number))


def box(page: Page, name: str) -> Locator:
    """The field of the form with this name."""
    return page.locator(f"[name='{name}']")


def said(file: Petition, *, of: dict[str, str]) -> dict[str, object]:
    """What the file's source says of these fields."""
    assert file.source is not None
    return {name: value for name, value in file.source.model_dump(mode="json").items() if name in of}


@pytest.mark.parametrize(("channel", "own", "stored"), WRITING, ids=[str(row[0]) for row in WRITING])
def test_each_channel_asks_for_what_it_needs(
    desk: Office, tab: Tabs, channel: Channel, own: dict[str, str], stored: dict[str, str]
) -> None:
    page = tab("intake")
    page.goto(f"/intake/{channel}")
    for name, text in own.items():
        box(page, f"source.{name}").fill(text)
    box(page, "content").fill(CONTENT)
    box(page, "nature").select_option("complaint")
    box(page, "petitioners.0.name").fill(PERSON["name"])
    box(page, "petitioners.0.phone").fill(PERSON["phone"])
    axe_clean(page)
    shot(page, f"intake-{channel}")
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/intake/receipt/*")
    file = file_of(desk, page)
    assert file.channel is channel
    assert said(file, of=stored) == stored
    assert (file.title, file.content) == (CONTENT, CONTENT)
    assert file.petitioners[0].name == PERSON["name"]
    assert not [one for one in PERSON.values() if one in unquote(page.url)]


def test_a_short_petition_by_keys_alone_and_quickly(desk: Office, tab: Tabs) -> None:
    page = tab("intake")
    page.goto("/intake")
    axe_clean(page)
    shot(page, "intake-desk")
    window = page.get_by_role("link", name="一站式窗口")
    assert window.get_attribute("accesskey") == "5"
    window.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/intake/window")
    expect(box(page, "content")).to_be_focused()
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        page.keyboard.press(key)
        pressed += 1

    page.keyboard.type(CONTENT)
    press("Tab")
    press("Tab")
    expect(box(page, "nature")).to_be_focused()
    press("ArrowDown")
    for _ in range(20):
        press("Tab")
        if page.evaluate("document.activeElement.name") == "petitioners.0.name":
            break
    page.keyboard.type(PERSON["name"])
    press("Tab")
    page.keyboard.type(PERSON["phone"])
    press("Control+Enter")
    page.wait_for_url("**/intake/receipt/*")
    # Half a minute at two keys a second.
    assert pressed + len(CONTENT + PERSON["name"] + PERSON["phone"]) <= 60
    file = file_of(desk, page)
    assert (file.channel, file.nature) == (Channel.WINDOW, "consult")
    assert file.petitioners[0].phone == PERSON["phone"]
    axe_clean(page)
    shot(page, "intake-receipt")


def test_the_receipt_carries_the_code_in_letters_only(desk: Office, tab: Tabs) -> None:
    page = tab("intake")
    page.goto("/intake/web")
    box(page, "content").fill(CONTENT)
    box(page, "nature").select_option("help")
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/intake/receipt/*")
    code = page.locator(".receipt .code").inner_text()
    file = file_of(desk, page)
    assert file.query_code_digest == query_code_digest(code)
    assert code not in page.url
    assert code not in page.locator(".qr").inner_html()
    with visitor(desk, "intake") as own, visitor(desk, "intake-2") as other:
        assert code in own.get(page.url).text
        answer = other.get(page.url)
    assert answer.status_code == 404
    assert code not in answer.text


def test_what_is_proposed_while_typing_and_taken_over(desk: Office, tab: Tabs) -> None:
    page = tab("intake")
    page.goto("/intake/hotline")
    box(page, "content").fill("小区路灯不亮，请尽快修复。")
    box(page, "nature").select_option("complaint")
    aside = page.locator("#proposal")
    expect(aside).to_contain_text("承办单位")
    expect(aside).to_contain_text("期限")
    axe_clean(page)
    shot(page, "intake-proposal")
    button = aside.locator("button[data-fill=category]").first
    code = button.get_attribute("value")
    button.click()
    expect(box(page, "category")).to_have_value(code or "-")


def test_without_scripts_a_button_proposes_and_takes_over(desk: Office, tab: Tabs) -> None:
    page = tab("intake", scripts=False)
    page.goto("/intake/hotline")
    box(page, "content").fill("小区路灯不亮，请尽快修复。")
    box(page, "nature").select_option("complaint")
    page.get_by_role("button", name="查看建议").click()
    assert "承办单位" in page.locator("#proposal").inner_text()
    assert box(page, "content").input_value() == "小区路灯不亮，请尽快修复。"
    button = page.locator("#proposal button[data-fill=category]").first
    code = button.get_attribute("value")
    button.click()
    assert box(page, "category").input_value() == code


def test_a_name_of_the_rulebook_will_do_for_its_code(desk: Office) -> None:
    fields = {"content": CONTENT, "nature": "complaint", "category": "路灯不亮", "place.area": "梧桐里社区"}
    with visitor(desk, "intake") as client:
        answer = post_form(client, "/intake/web", fields)
    assert answer.status_code == 303
    with visitor(desk, "intake") as client:
        number = re.search(r"HY-\d{4}-\d{6}", client.get(answer.headers["location"]).text)
    assert number is not None
    file = desk.parts.store.fold(Petition(number[0]))
    assert file.place is not None
    assert file.place.area == "A01"
    rulebook = desk.parts.rulebooks.current().content
    named = rulebook.category(file.category or "")
    assert named is not None
    assert named.name == "路灯不亮"


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(desk: Office, tab: Tabs) -> None:
    page = tab("intake")
    page.goto("/intake/letter_visit")
    box(page, "content").fill(CONTENT)
    box(page, "petitioners.0.phone").fill("没有电话")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#faults")).to_be_focused()
    assert "须为电话号码" in page.locator("#f-petitioners-0-phone-fault").inner_text()
    assert "必须填写" in page.locator("#f-nature-fault").inner_text()
    assert box(page, "content").input_value() == CONTENT
    assert box(page, "petitioners.0.phone").input_value() == "没有电话"
    axe_clean(page)
    shot(page, "intake-faults")


def test_six_representatives_are_one_too_many(desk: Office, tab: Tabs) -> None:
    page = tab("intake", scripts=False)
    page.goto("/intake/letter_visit")
    box(page, "content").fill("联名来信，要求增设公交站。")
    box(page, "nature").select_option("suggestion")
    for index in range(6):
        page.locator(f"[name='petitioners.{index}.kind']").select_option("representative")
        page.locator(f"[name='petitioners.{index}.name']").fill(f"代表{'甲乙丙丁戊己'[index]}")
        if index < 5:
            page.get_by_role("button", name="再添一行").first.click()
    page.get_by_role("button", name="登记", exact=True).click()
    assert "代表不得超过5人" in page.locator("#faults").inner_text()


def test_the_officer_sends_a_photo_from_a_telephone(desk: Office, tab: Tabs) -> None:
    page = tab("intake", phone=True)
    page.goto("/intake/officer")
    assert fits_width(page)
    assert box(page, "source.photos").get_attribute("accept") == "image/*"
    box(page, "source.grid").select_option(index=1)
    grid = box(page, "source.grid").input_value()
    box(page, "source.photos").set_input_files({"name": "路灯.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    box(page, "content").fill("巡访时发现路灯损坏。")
    box(page, "nature").select_option("complaint")
    axe_clean(page)
    shot(page, "intake-officer-phone")
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/intake/receipt/*")
    assert fits_width(page)
    file = file_of(desk, page)
    assert len(file.attachments) == 1
    assert file.place is not None
    assert file.place.area == grid
    assert file.source is not None
    assert file.source.model_dump()["photos"] == tuple(file.attachments)


def test_where_the_officer_stands_is_said_by_a_button(desk: Office, tab: Tabs) -> None:
    page = tab("intake", phone=True, stands={"latitude": 32.0415, "longitude": 118.7678, "accuracy": 19.5})
    page.goto("/intake/officer")
    expect(box(page, "place.point")).to_have_value("")
    page.get_by_role("button", name="取我现在的位置").click()
    expect(page.locator("[data-where] output")).to_have_text("已取得位置，误差约20米")
    page.get_by_role("button", name="不记位置").click()
    expect(box(page, "place.point")).to_have_value("")
    page.get_by_role("button", name="取我现在的位置").click()
    expect(box(page, "place.point")).to_have_value("geo:32.041500,118.767800;u=20")
    taken = photo(taken="2026:01:05 10:20:30")
    box(page, "source.photos").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": taken})
    box(page, "content").fill("井盖缺失。")
    box(page, "nature").select_option("complaint")
    axe_clean(page)
    shot(page, "intake-officer-where")
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/intake/receipt/*")
    file = file_of(desk, page)
    assert file.place is not None
    assert file.place.point == "geo:32.041500,118.767800;u=20"
    with visitor(desk, "intake") as client:
        shown = client.get(f"/files/{file.number}").text
        assert "32.041500, 118.767800 (WGS 84) ±20 m" in shown
        assert "2026-01-05 10:20" in shown
        assert "geolocation=(self)" in client.get("/intake/officer").headers["permissions-policy"]
    with visitor(desk, "supervisor") as client:
        assert "32.0415" not in client.get(f"/files/{file.number}").text


def test_who_refuses_to_say_where_they_are_is_pointed_to_the_areas(desk: Office, tab: Tabs) -> None:
    refused, without = tab("intake", phone=True), tab("intake", phone=True, scripts=False)
    refused.goto("/intake/officer")
    refused.get_by_role("button", name="取我现在的位置").click()
    expect(refused.locator("[data-where] output")).to_contain_text("请选择区域")
    without.goto("/intake/officer")
    expect(without.locator("[data-where]")).to_be_hidden()
    expect(box(without, "place.area")).to_be_visible()


def test_a_file_that_is_no_picture_is_told_and_the_rest_stays(desk: Office, tab: Tabs) -> None:
    page = tab("intake", scripts=False)
    page.goto("/intake/officer")
    box(page, "content").fill(CONTENT)
    box(page, "nature").select_option("complaint")
    box(page, "source.photos").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    page.get_by_role("button", name="登记", exact=True).click()
    assert "不支持此类型" in page.locator("#faults").inner_text()
    assert box(page, "content").input_value() == CONTENT


def test_a_form_sent_twice_is_one_petition(desk: Office) -> None:
    fields = {"content": CONTENT, "nature": "complaint", "key": "abcdefghijklmnopabcdefghijklmnop"}
    before = desk.events()
    with visitor(desk, "intake") as client:
        first = post_form(client, "/intake/web", fields)
        once = desk.events()
        second = post_form(client, "/intake/web", fields)
        assert first.headers["location"] == second.headers["location"]
        other = post_form(client, "/intake/web", {**fields, "content": "另一件事"})
    assert before < once == desk.events()
    assert other.status_code == 422
    assert "abcdefghijklmnopabcdefghijklmnop" not in other.text


def test_the_same_work_order_leads_to_its_file(desk: Office, tab: Tabs) -> None:
    page = tab("intake")
    for turn in range(2):
        page.goto("/intake/hotline")
        box(page, "source.work_order_id").fill("W-7007")
        box(page, "content").fill("夜间施工扰民。")
        box(page, "nature").select_option("complaint")
        page.get_by_role("button", name="登记", exact=True).click()
        page.wait_for_url("**/intake/receipt/*" if turn == 0 else "**/files/*")
    assert "先前已登记" in page.locator(".told").inner_text()


@pytest.mark.parametrize("path", ["/intake", "/intake/web", "/intake/many"])
def test_only_intake_works_here(desk: Office, path: str) -> None:
    with visitor(desk, "handler") as client:
        assert client.get(path).status_code == 403
    with visitor(desk) as client:
        assert client.get(path).headers["location"].startswith("/sign-in")
