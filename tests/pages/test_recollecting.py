"""回访台 in a browser: called and not reached, followed up, asked again; round again, or closed."""

from __future__ import annotations

from domain.petition.petition import Petition
from tests.pages.page_kit import Tabs, axe_clean, fits_width, shot, visitor
from tests.service.api_kit import PERSON, Office, assigned, published, replied


def to_call(desk: Office) -> str:
    """A file that waits for its follow-up."""
    number = assigned(desk, petitioners=[PERSON])
    replied(desk, number)
    published(desk, number)
    return number


def test_a_resident_is_called_and_the_file_closed(desk: Office, tab: Tabs) -> None:
    number = to_call(desk)
    page = tab("caller")
    page.goto("/follow-up")
    axe_clean(page)
    shot(page, "follow-up-desk")
    page.locator("tr", has_text=number).get_by_role("link", name="回访").click()
    assert PERSON["phone"] in page.locator(".beside").inner_text()
    page.get_by_role("link", name="没有联系上").click()
    page.locator(".send button").first.click()
    page.wait_for_url(f"**/files/{number}")
    page.goto("/follow-up")
    assert "未联系上1次" in page.locator("tr", has_text=number).inner_text()
    shot(page, "follow-up-missed")
    page.goto(f"/files/{number}/follow-up")
    assert "未联系上 1 次" in page.locator(".beside").inner_text()
    page.locator("[name=solved]").select_option("solved")
    page.locator("[name=satisfaction]").select_option("satisfied")
    axe_clean(page)
    shot(page, "follow-up")
    page.locator(".send button").first.click()
    page.wait_for_url(f"**/files/{number}")
    page.goto(f"/files/{number}/recollect")
    page.get_by_label("是", exact=True).check()
    page.locator(".send button").first.click()
    page.wait_for_url(f"**/files/{number}")
    assert desk.parts.store.fold(Petition(number)).stage == "closed"


def test_unsolved_goes_round_again_from_a_telephone_without_scripts(desk: Office, tab: Tabs) -> None:
    number = to_call(desk)
    page = tab("caller", scripts=False, phone=True)
    page.goto("/follow-up")
    page.goto(f"/files/{number}/follow-up")
    page.locator("[name=solved]").select_option("unsolved")
    page.locator("[name=satisfaction]").select_option("dissatisfied")
    page.locator(".send button").first.click()
    page.goto(f"/files/{number}/recollect")
    page.get_by_label("否", exact=True).check()
    page.locator(".send button").first.click()
    assert "未了结须说明原因" in page.content() or "说明" in page.locator("#faults").inner_text()
    page.locator("[name=text]").fill("灯又坏了。")
    page.locator(".send button").first.click()
    file = desk.parts.store.fold(Petition(number))
    assert (file.stage, file.round) == ("handling", 2)


def test_the_desk_fits_a_telephone(desk: Office, tab: Tabs) -> None:
    number = to_call(desk)
    page = tab("caller", phone=True)
    for path in ("/follow-up", f"/files/{number}/follow-up"):
        page.goto(path)
        assert fits_width(page), path
        axe_clean(page)
    shot(page, "follow-up-phone")


def test_only_callers_work_here(desk: Office) -> None:
    for who, status in (("caller", 200), ("handler", 403), ("intake", 403)):
        with visitor(desk, who) as client:
            assert client.get("/follow-up").status_code == status, who
