"""公示台 in a browser: original beside redacted text, what was found and why, two people, outlets, withdrawal."""

from __future__ import annotations

from playwright.sync_api import expect

from domain.petition.petition import Petition
from tests.pages.page_kit import Tabs, axe_clean, fits_width, shot, visitor
from tests.service.api_kit import PERSON, Office, assigned, published, replied

TEXT = f"{PERSON['name']}反映的路灯已修复，联系电话{PERSON['phone']}，详询值班员 13900009999。"


def ready(desk: Office) -> str:
    """A file whose reply was delivered."""
    number = assigned(desk, petitioners=[PERSON])
    replied(desk, number)
    return number


def test_a_result_goes_from_draft_to_the_boards_and_down_again(desk: Office, tab: Tabs) -> None:
    number = ready(desk)
    clerk, second = tab("publisher"), tab("publisher-2", scripts=False)
    clerk.goto("/publication")
    axe_clean(clerk)
    shot(clerk, "publication-desk")
    clerk.locator("tr", has_text=number).get_by_role("link", name="拟写公示").click()
    clerk.locator("[name=title]").fill("路灯已修复")
    clerk.locator("[name=text]").fill(TEXT)
    found = clerk.locator("#preview")
    expect(found).to_contain_text("登记信息")
    expect(found.locator("mark.in").first).to_have_text("欧阳某某")
    axe_clean(clerk)
    found.get_by_role("button", name="恢复显示 13900009999").click()
    expect(clerk.locator("[name='taken_back.0.words']")).to_have_value("13900009999")
    clerk.locator("[name='taken_back.0.reason']").fill("值班公开电话")
    clerk.get_by_role("button", name="脱敏预览").click()
    expect(clerk.locator("#preview mark.kept").first).to_have_text("13900009999")
    shot(clerk, "publication-draft")
    clerk.locator(".send button").first.click()
    clerk.wait_for_url(f"**/files/{number}")
    second.goto("/publication")
    second.locator("tr", has_text=number).get_by_role("link", name="审核公示").click()
    shown = second.locator(".beside").inner_text()
    assert "13900009999" in shown
    assert "值班公开电话" in shown
    assert PERSON["phone"] not in second.locator("#draft").locator("..").inner_text()
    second.locator(".send button").first.click()
    clerk.goto(f"/files/{number}/publish-result")
    axe_clean(clerk)
    clerk.get_by_label("公示栏").check()
    clerk.locator(".send button").first.click()
    clerk.wait_for_url(f"**/files/{number}")
    clerk.goto("/publication")
    row = clerk.locator("section", has=clerk.locator("#hangs")).locator("tr", has_text=number)
    row.get_by_role("link", name="撤回公示").click()
    clerk.locator("[name=reason]").fill("内容有误")
    clerk.locator(".send button").first.click()
    clerk.wait_for_url(f"**/files/{number}")
    assert not desk.parts.store.fold(Petition(number)).outlets


def test_without_scripts_the_preview_comes_by_a_button_and_words_are_taken_out(desk: Office, tab: Tabs) -> None:
    number = ready(desk)
    page = tab("publisher", scripts=False)
    page.goto(f"/files/{number}/draft-publication")
    page.locator("[name=title]").fill("路灯已修复")
    page.locator("[name=text]").fill("感谢热心居民老周的帮助。")
    page.locator("[name='redactions.0.words']").fill("老周")
    page.locator("[name='redactions.0.reason']").fill("居民称呼")
    page.get_by_role("button", name="脱敏预览").click()
    assert "老周" not in page.locator("#preview .sides > div").nth(1).inner_text()
    assert "居民称呼" in page.locator("#preview").inner_text()
    page.locator("[name='redactions.0.words']").fill("不在文中")
    page.get_by_role("button", name="脱敏预览").click()
    assert "文中没有这些文字" in page.locator("#faults").inner_text()
    assert page.locator("[name=text]").input_value() == "感谢热心居民老周的帮助。"


def test_a_draft_is_sent_back_and_waived(desk: Office, tab: Tabs) -> None:
    number = ready(desk)
    desk.take("publisher", number, "draft-publication", title="路灯", text="已修复。")
    second = tab("publisher-2")
    second.goto(f"/files/{number}/approve-publication")
    second.get_by_role("link", name="退回修改").click()
    second.locator("[name=reason]").fill("请写明时间。")
    axe_clean(second)
    second.locator(".send button").first.click()
    second.wait_for_url(f"**/files/{number}")
    clerk = tab("publisher", phone=True)
    clerk.goto(f"/files/{number}/draft-publication")
    assert fits_width(clerk)
    clerk.get_by_role("link", name="申请不公示").click()
    clerk.locator("[name=ground]").select_option("privacy")
    clerk.locator("[name=reason]").fill("涉及家庭隐私。")
    clerk.locator(".send button").first.click()
    clerk.wait_for_url(f"**/files/{number}")
    second.goto("/publication?task=decide_waiver")
    second.get_by_role("row", name=number).get_by_role("link").last.click()
    asked = second.locator("#asked").locator("..")
    expect(asked).to_contain_text("涉及家庭隐私。")
    axe_clean(second)
    second.locator(".send button").first.click()
    second.wait_for_url(f"**/files/{number}")
    assert desk.parts.store.fold(Petition(number)).stage == "supervising"


def test_nobody_approves_their_own_draft_and_handlers_stay_out(desk: Office) -> None:
    number = ready(desk)
    desk.take("publisher", number, "draft-publication", title="路灯", text="已修复。")
    with visitor(desk, "publisher") as client:
        assert client.get(f"/files/{number}/approve-publication").status_code == 403
        assert f"/files/{number}/approve-publication" not in client.get("/publication").text
    with visitor(desk, "handler") as client:
        assert client.get("/publication").status_code == 403


def test_what_hangs_of_a_file_that_accuses_me_is_not_on_my_desk(desk: Office) -> None:
    number = assigned(desk, title="别处的事")
    replied(desk, number)
    published(desk, number)
    with visitor(desk, "publisher") as client:
        assert number in client.get("/publication", params={"after": desk.parts.store.last_position()}).text
    desk.take("intake", number, "correct-petition", reason="补充", against=["publisher"])
    with visitor(desk, "publisher") as client:
        assert number not in client.get("/publication", params={"after": desk.parts.store.last_position()}).text


def test_what_must_not_be_published_is_offered_to_be_left_so(desk: Office) -> None:
    number = ready(desk)
    draft, waive = (f"/files/{number}/{step}" for step in ("draft-publication", "ask-waiver"))
    with visitor(desk, "publisher") as client:

        def offers() -> str:
            return client.get("/publication", params={"after": desk.parts.store.last_position()}).text

        assert draft in offers()
        assert waive not in offers()
        desk.take("intake", number, "correct-petition", reason="补充", against=["caller"])
        assert draft not in offers()
        assert waive in offers()
        desk.take("publisher", number, "ask-waiver", ground="secrecy", reason="涉及被反映单位")
        assert waive not in offers()
