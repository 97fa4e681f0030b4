"""办理台 in a browser: my unit's work by its light, the file with what may be done now, drafts, approvals."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from domain.petition.petition import Petition
from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, Office, assigned


def press(page: Page, number: str, step: str) -> None:
    """Open a step from the file's page, as its button says."""
    page.goto(f"/files/{number}")
    page.locator(f"a[href='/files/{number}/{step}']").first.click()


def send(page: Page, number: str) -> None:
    """Send the step's form, and see the file again."""
    page.locator(".send button").first.click()
    page.wait_for_url(f"**/files/{number}")


def test_a_file_is_handled_from_signing_to_the_delivered_reply(desk: Office, tab: Tabs) -> None:
    number = assigned(desk, channel="hotline", petitioners=[PERSON])
    handler, approver = tab("handler"), tab("approver", scripts=False)
    handler.goto("/handling")
    axe_clean(handler)
    shot(handler, "handling-desk")
    handler.get_by_role("link", name="签收", exact=True).first.click()
    send(handler, number)
    assert PERSON["phone"] in handler.locator("#content").inner_text()
    press(handler, number, "contact-resident")
    handler.get_by_label("是", exact=True).check()
    send(handler, number)
    press(handler, number, "report-outcome")
    axe_clean(handler)
    handler.locator("[name='answers.0.outcome']").select_option("resolved")
    handler.locator("[name='answers.0.text']").fill("已更换灯头。")
    send(handler, number)
    press(handler, number, "draft-reply")
    handler.locator("[name=text]").fill("您反映的路灯已修复。")
    shot(handler, "handling-draft-reply")
    send(handler, number)
    approver.goto("/handling")
    assert "待我审批" in approver.locator("h2").first.inner_text()
    approver.get_by_role("link", name="审批答复", exact=True).first.click()
    assert "您反映的路灯已修复。" in approver.locator(".beside").inner_text()
    approver.locator(".send button").first.click()
    press(handler, number, "deliver-reply")
    handler.locator("[name=method]").select_option("sms")
    send(handler, number)
    axe_clean(handler)
    shot(handler, "file")
    assert desk.parts.store.fold(Petition(number)).stage == "publishing"


def test_the_list_narrows_by_light_and_kind_and_says_so(desk: Office, tab: Tabs) -> None:
    number = assigned(desk, channel="hotline")
    page = tab("handler")
    page.goto("/handling")
    expect(page.locator("tr", has_text=number).first).to_contain_text("剩")
    amber = page.locator(".lights a.amber")
    amber.click()
    expect(page.locator(".lights a.amber")).to_have_attribute("aria-current", "true")
    assert "light=amber" in page.url
    assert page.locator("tr.lit:not(.amber)").count() == 0
    page.locator(".kinds a", has_text="签收").click()
    assert page.locator("tr.lit").count() == page.locator("tr.lit", has_text="签收").count() > 0
    page.locator(".lights a.red").click()
    assert "没有符合条件的待办" in page.locator("#content").inner_text()


def test_the_file_says_why_a_date_is_due_and_who_may_not_read_sees_masks(desk: Office, tab: Tabs) -> None:
    number = assigned(desk, petitioners=[PERSON])
    page = tab("handler")
    page.goto(f"/files/{number}")
    page.get_by_text("怎么算的").first.click()
    expect(page.locator("details[open] small").first).to_contain_text("日")
    other = tab("publisher")
    other.goto(f"/files/{number}")
    text = other.locator("#content").inner_text()
    assert not [value for value in PERSON.values() if value in text]
    assert "欧阳某某" in text
    axe_clean(other)


def test_what_was_typed_survives_a_closed_browser(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    desk.take("handler", number, "sign-for")
    page = tab("handler")
    page.goto(f"/files/{number}/note-progress")
    page.locator("[name=text]").fill("写了一半的进展")
    expect(page.locator("[data-saved]")).to_contain_text("草稿已保存")
    page.close()
    again = tab("handler", scripts=False)
    again.goto(f"/files/{number}")
    assert "有草稿" in again.locator(".todo").inner_text()
    again.goto(f"/files/{number}/note-progress")
    assert again.locator("[name=text]").input_value() == "写了一半的进展"
    axe = tab("handler")
    axe.goto(f"/files/{number}/note-progress")
    axe_clean(axe)
    other = tab("handler-hw", scripts=False)
    other.goto(f"/files/{number}/note-progress")
    assert "写了一半的进展" not in other.content()
    again.locator(".send button").first.click()
    again.goto(f"/files/{number}/note-progress")
    assert again.locator("[name=text]").input_value() == ""


def test_without_scripts_a_button_keeps_and_drops_a_draft(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    desk.take("handler", number, "sign-for")
    page = tab("handler", scripts=False)
    page.goto(f"/files/{number}/note-progress")
    page.locator("[name=text]").fill("未写完")
    page.get_by_role("button", name="存草稿").click()
    assert "草稿已保存" in page.locator(".told").inner_text()
    assert page.locator("[name=text]").input_value() == "未写完"
    page.get_by_role("button", name="删除草稿").click()
    assert page.locator("[name=text]").input_value() == ""


def test_a_lost_session_loses_nothing_that_was_typed(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    desk.take("handler", number, "sign-for")
    page = tab("handler")
    page.goto(f"/files/{number}/note-progress")
    page.locator("[name=text]").fill("登录失效之前写下的一段话")
    expect(page.locator("[data-saved]")).to_contain_text("草稿已保存")
    with desk.parts.pool.connection() as connection:
        connection.execute("DELETE FROM sessions WHERE staff = 'handler'")
    page.locator("[name=text]").fill("登录失效之后又写了一段话")
    page.locator(".send button").first.click()
    expect(page.locator("[data-lost]")).to_be_visible()
    assert page.locator("[name=text]").input_value() == "登录失效之后又写了一段话"
    secret = desk.parts.sessions.begin("handler", "password")
    origin = str(desk.client.base_url)
    page.context.add_cookies([{"name": "hy_session", "value": secret, "url": origin}])
    page.locator(".send button").first.click()
    page.wait_for_url(f"**/files/{number}")
    expect(page.locator(".timeline")).to_contain_text("登录失效之后又写了一段话")


def test_somebody_was_there_first_and_the_text_stays(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    desk.take("handler", number, "sign-for")
    page = tab("handler", scripts=False)
    page.goto(f"/files/{number}/note-progress")
    desk.take("handler", number, "contact-resident", reached=True)
    page.locator("[name=text]").fill("先到现场查看")
    page.locator(".send button").first.click()
    assert "已有人先办理" in page.locator(".faults").inner_text()
    assert page.locator("[name=text]").input_value() == "先到现场查看"
    page.locator(".send button").first.click()
    assert page.url.endswith(f"/files/{number}")


def test_a_draft_about_a_file_one_may_not_know_of_is_not_taken(desk: Office) -> None:
    number = assigned(desk, secrecy="secret")
    fields = {"_form": "note-progress", "_number": number, "text": "甲", "key": "abcdefghijklmnopabcdefghijklmnop"}
    with visitor(desk, "handler-hw") as client:
        answer = post_form(client, "/drafts", fields)
        missing = post_form(client, "/drafts", {**fields, "_number": "HY-2026-999999"})
        strange = post_form(client, "/drafts", {**fields, "_form": "../x"})
    assert answer.status_code == missing.status_code == strange.status_code == 404
    assert desk.parts.drafts.listed("handler-hw") == []


def test_the_desk_fits_a_telephone(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    page = tab("handler", phone=True)
    for path in ("/handling", f"/files/{number}", f"/files/{number}/sign-for"):
        page.goto(path)
        assert fits_width(page), path
        axe_clean(page)
    shot(page, "handling-phone")


def test_only_handlers_and_approvers_work_here(desk: Office) -> None:
    for who, status in (("intake", 403), ("handler", 200), ("approver", 200), ("supervisor", 403)):
        with visitor(desk, who) as client:
            assert client.get("/handling").status_code == status, who
    with visitor(desk, "handler") as client:
        assert client.get("/handling/approvals").status_code == 403


def test_several_files_are_signed_for_at_once_and_each_is_answered_by_itself(desk: Office, tab: Tabs) -> None:
    numbers = [assigned(desk) for _ in range(2)]
    page = tab("handler", scripts=False)
    page.goto("/handling?task=sign")
    for number in numbers:
        page.get_by_role("checkbox", name=number).check()
    page.get_by_role("button", name="签收", exact=True).click()
    assert all(number in page.locator("#which").locator("..").inner_text() for number in numbers)
    desk.take("handler", numbers[0], "sign-for")
    page.locator(".send button").first.click()
    text = page.locator("#content").inner_text()
    assert "已办理 1 件" in text
    assert "未办理 1 件" in text
    assert "本单位已签收" in page.locator("tr", has_text=numbers[0]).inner_text()
    assert desk.parts.store.fold(Petition(numbers[1])).current.signed == {"ZF": "handler"}
    looked = tab("handler")
    looked.goto(f"/several/sign-for?number={numbers[0]}")
    axe_clean(looked)
    looked.goto("/several/sign-for")
    assert "请先在列表中勾选卷宗" in looked.locator("#content").inner_text()


def test_a_step_on_several_files_is_for_its_roles_and_its_files(desk: Office) -> None:
    secret = assigned(desk, secrecy="secret")
    with visitor(desk, "caller") as client:
        assert client.get("/several/sign-for").status_code == 403
        assert post_form(client, "/several/sign-for", {"number": secret}).status_code == 403
    with visitor(desk, "handler-hw") as client:
        answer = post_form(client, "/several/sign-for", {"number": secret})
    assert answer.status_code == 200
    assert "没有此编号的卷宗" in answer.text
    assert not desk.parts.store.fold(Petition(secret)).current.signed


def test_letters_are_issued_from_the_file_and_papers_handed_out(desk: Office, tab: Tabs) -> None:
    number = assigned(desk, petitioners=[PERSON])
    page = tab("handler", scripts=False)
    page.goto(f"/files/{number}")
    page.locator("section", has=page.locator("#letters")).get_by_role("link").first.click()
    assert page.locator("[name=kind]").input_value()
    page.locator(".send button").first.click()
    assert page.url.endswith(f"/files/{number}")
    with visitor(desk, "handler") as client:
        text = client.get(f"/files/{number}").text
        letter = re.search(rf"/files/{number}/letters/[\w-]+", text)
        assert letter is not None
        for path in (letter[0], f"/files/{number}/dossier"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert answer.content.startswith(b"PK")
            assert answer.headers["content-disposition"].startswith("attachment")
    with visitor(desk, "publisher") as client:
        assert client.get(letter[0]).status_code == 403


def test_only_a_return_that_waits_is_decided(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    desk.take("handler", number, "ask-return", reason="职责不在本单位")
    page = tab("intake")
    page.goto(f"/files/{number}/refuse-return")
    assert page.locator("[name=unit] option").evaluate_all("all => all.map(one => one.value)") == ["ZF"]
    page.locator("[name=reason]").fill("属本单位职责")
    send(page, number)
    assert not desk.parts.store.fold(Petition(number)).return_asked
