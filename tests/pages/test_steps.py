"""The file and its steps as pages: the buttons that the caller may press, forms made from commands, errors in place."""

from __future__ import annotations

from service.pages.steps import ON_PAGES
from tests.pages.page_kit import PHONE, Tabs, axe_clean, post_form, shot, visitor
from tests.service.api_kit import Office, assigned


def test_intake_accepts_and_assigns_in_the_browser(desk: Office, tab: Tabs) -> None:
    number = str(desk.received()["number"])
    page = tab("intake")
    page.goto(f"/files/{number}")
    axe_clean(page)
    shot(page, "file")
    page.get_by_role("link", name="受理", exact=True).click()
    axe_clean(page)
    page.get_by_role("button", name="受理", exact=True).click()
    assert "须填写告知方式" in page.locator("#faults").inner_text()
    page.get_by_label("告知方式").select_option("sms")
    page.get_by_role("button", name="受理", exact=True).click()
    page.get_by_role("link", name="派单", exact=True).click()
    page.get_by_label("主办单位").select_option("ZF")
    axe_clean(page)
    page.get_by_role("button", name="派单", exact=True).click()
    page.wait_for_url(f"**/files/{number}")
    file = desk.ok(desk.get("handler", f"/petitions/{number}"))
    assert (file["stage"], file["lead"]) == ("handling", "ZF")


def test_a_step_without_scripts_on_a_telephone(desk: Office, tab: Tabs) -> None:
    number = assigned(desk)
    desk.take("handler", number, "sign-for")
    page = tab("handler", scripts=False, phone=True)
    page.goto(f"/files/{number}/note-progress")
    page.get_by_role("textbox", name="进展").fill("已到现场。")
    page.get_by_role("button", name="记录进展").click()
    assert page.url.endswith(f"/files/{number}")
    assert page.viewport_size == PHONE


def test_every_step_has_a_page_that_shows_or_refuses(desk: Office) -> None:
    number = assigned(desk)
    with visitor(desk, "handler") as client:
        offered = {one["step"] for one in desk.ok(desk.get("handler", f"/petitions/{number}"))["steps"]}
        for step in ON_PAGES:
            answer = client.get(f"/files/{number}/{step}")
            assert (answer.status_code == 200) == (step in offered), step
            assert answer.status_code in {200, 403, 409}, (step, answer.status_code)


def test_somebody_was_there_first(desk: Office) -> None:
    number = assigned(desk)
    with visitor(desk, "handler") as client:
        answer = post_form(client, f"/files/{number}/note-progress", {"version": "1", "text": "写了很久的一段话"})
    assert answer.status_code == 412
    assert "已有人先办理" in answer.text
    assert "写了很久的一段话" in answer.text
