"""分析会 in a browser: from the call to the published summary, for whom which step is, and what nobody else sees."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

from domain.meeting import Meeting, meeting_stream
from domain.meeting_steps import STEPS
from domain.petition.petition import Petition
from domain.vocabulary import MeetingPart
from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import PERSON, Office


def step(page: Page, name: str) -> Page:
    """Open the form of a step that the meeting's page offers."""
    page.locator(".todo").get_by_role("link", name=STEPS[name].title, exact=True).click()
    return page


def send(page: Page) -> None:
    """Send the form, and see the meeting again with the word that it was done."""
    page.locator(".send button").first.click()
    expect(page.get_by_role("status")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_meeting_from_its_call_to_its_published_summary(desk: Office, tab: Tabs, scripts: bool) -> None:
    title = f"社情民意分析会{'一' if scripts else '二'}"
    numbers = [
        str(desk.received(place={"area": "A05"}, title="电梯停运", petitioners=[PERSON])["number"]) for _ in range(2)
    ]
    desk.catch_up()
    clerk = tab("intake", scripts=scripts)
    clerk.goto("/meetings")
    clerk.get_by_role("link", name="召集分析会").click()
    clerk.locator("[name=title]").fill(title)
    clerk.locator("[name=areas][value=A05]").check()
    axe_clean(clerk) if scripts else None
    send(clerk)
    meeting = clerk.url.rpartition("/")[2]
    assert all(number in clerk.locator("#agenda + *").inner_text() for number in numbers)
    for other in desk.parts.store.fold(Meeting(meeting_stream(meeting))).items.keys() - set(numbers):
        clerk.get_by_role("link", name=f"撤下 {other}").click()
        clerk.locator("[name=reason]").fill("已另行研究")
        send(clerk)
    step(clerk, "convene-meeting").locator("[name=chair]").fill("高山青")
    clerk.locator("[name='attendance.0.name']").fill("水流长")
    clerk.locator("[name='attendance.0.unit']").select_option("ZF")
    send(clerk)
    expect(clerk.locator(".todo")).to_contain_text("尚未记录：筛选、分类、梳理、汇总")
    for part in MeetingPart:
        clerk.get_by_role("link", name=f"记录 {part.zh}").click()
        clerk.locator("[name=text]").fill(f"{part.zh}情况")
        send(clerk)
    for number in numbers:
        clerk.get_by_role("link", name=f"议决 {number}").click()
        clerk.locator("[name='decisions.0.part']").select_option("collated")
        clerk.locator("[name='decisions.0.decision']").fill("督促物业限期修复")
        shot(clerk, "meeting-decide")
        send(clerk)
    assert any("督促物业限期修复" in text for text in told(desk, numbers[0]))
    step(clerk, "close-meeting")
    send(clerk)
    shot(clerk, "meeting")
    axe_clean(clerk) if scripts else None

    publisher, second = tab("publisher", scripts=scripts), tab("publisher-2", scripts=scripts)
    publisher.goto("/meetings")
    publisher.get_by_role("link", name=title).click()
    page = step(publisher, "draft-summary")
    page.locator("[name=title]").fill("电梯问题怎么办")
    page.locator("[name=text]").fill(f"{PERSON['name']}等反映的电梯停运，物业月底前修复。")
    send(page)
    assert STEPS["approve-summary"].title not in publisher.locator(".todo").inner_text()
    second.goto(f"/meetings/{meeting}")
    shown = step(second, "approve-summary").locator("#summary").locator("..")
    expect(shown).to_contain_text("电梯停运，物业月底前修复")
    expect(shown).not_to_contain_text(PERSON["name"])
    send(second)
    publisher.reload()
    step(publisher, "publish-summary").get_by_label("公示栏").check()
    send(publisher)
    expect(publisher.locator("#summary")).to_contain_text("已公示")
    publisher.goto("/meetings")
    expect(publisher.locator("tr", has_text=title)).to_contain_text("已公示")
    shot(publisher, "meetings")


def told(desk: Office, number: str) -> list[str]:
    """What the file's own history says."""
    events = desk.ok(desk.get("intake", f"/petitions/{number}/events"))["events"]
    return [str(text) for event in events for text in event["texts"].values()]


@pytest.fixture(scope="module")
def meeting(desk: Office) -> str:
    """A meeting that was called."""
    desk.received(place={"area": "A07"})
    desk.catch_up()
    body = {
        "title": "季度分析会",
        "planned_on": "2026-01-05",
        "from": "2020-01-01",
        "to": "2036-01-01",
        "areas": ["A07"],
    }
    made = str(desk.ok(desk.post("intake", "/meetings", body))["id"])
    desk.catch_up()
    return made


def test_who_may_not_keep_meetings_is_offered_nothing(desk: Office, meeting: str) -> None:
    with visitor(desk, "supervisor") as client:
        assert 'href="/meetings"' in client.get("/").text
        text = client.get(f"/meetings/{meeting}").text
        assert "季度分析会" in text
        assert "您现在没有可办理的步骤" in text
        assert f"/meetings/{meeting}" in client.get("/supervision/audit?topic=meeting.called").text
        assert zipfile.ZipFile(io.BytesIO(client.get(f"/meetings/{meeting}/minutes").content)).testzip() is None
        for path in ("call-meeting", f"{meeting}/convene-meeting", f"{meeting}/add-agenda-item"):
            assert client.get(f"/meetings/{path}").status_code == 403, path
            assert post_form(client, f"/meetings/{path}", {}).status_code in {403, 422}, path
    with visitor(desk, "handler") as client:
        assert client.get(f"/meetings/{meeting}/minutes").status_code == 403
    with visitor(desk, "admin") as client:
        assert client.get("/meetings").status_code == 403
    with visitor(desk, "intake") as client:
        for path in ("m-0000000000", "nonsense", "m-0000000000/minutes", "m-0000000000/close-meeting"):
            assert client.get(f"/meetings/{path}").status_code == 404, path
        assert client.get(f"/meetings/{meeting}/close-meeting").status_code == 409


def test_what_is_wrong_or_was_overtaken_changes_nothing_and_keeps_what_was_typed(desk: Office, meeting: str) -> None:
    before = desk.events()
    with visitor(desk, "intake") as client:
        wrong = post_form(client, "/meetings/call-meeting", {"title": "会", "from": "2026-02-01", "to": "2026-01-01"})
        assert wrong.status_code == 422
        assert 'value="会"' in wrong.text
        fields = {"number": "HY-2026-999999", "reason": "关注"}
        late = post_form(client, f"/meetings/{meeting}/add-agenda-item", {**fields, "version": "99"})
        assert late.status_code == 412
        assert "关注" in late.text
        unknown = post_form(client, f"/meetings/{meeting}/add-agenda-item", fields)
        assert unknown.status_code == 422
        assert "没有此编号的卷宗" in unknown.text
        row = {"add": "attendance", "attendance.0.name": "高山青", "attendance.0.present": "true"}
        more = post_form(client, f"/meetings/{meeting}/convene-meeting", row)
        assert 'name="attendance.2.name"' in more.text
    assert desk.events() == before


def test_a_call_sent_twice_is_one_meeting(desk: Office) -> None:
    with visitor(desk, "intake") as client:
        body = {"title": "会", "planned_on": "2026-01-05", "from": "2020-01-01", "to": "2026-01-01", "key": "k" * 32}
        first, again = (post_form(client, "/meetings/call-meeting", body) for _ in range(2))
        assert first.headers["location"] == again.headers["location"]


def test_a_file_that_one_may_not_know_is_on_no_agenda_page(desk: Office, meeting: str) -> None:
    number = next(iter(desk.parts.store.fold(Meeting(meeting_stream(meeting))).items))
    with visitor(desk, "handler") as client:
        assert number in client.get(f"/meetings/{meeting}").text
    desk.take("intake", number, "correct-petition", reason="补充", against=["ZF"])
    desk.catch_up()
    assert desk.parts.store.fold(Petition(number)).against
    with visitor(desk, "handler") as client:
        assert number not in client.get(f"/meetings/{meeting}").text


def test_the_pages_fit_a_telephone_and_read_english(desk: Office, tab: Tabs, meeting: str) -> None:
    page = tab("intake", phone=True, language="en")
    for path in ("", "/call-meeting", f"/{meeting}", f"/{meeting}/convene-meeting"):
        page.goto(f"/meetings{path}")
        assert fits_width(page), path
        axe_clean(page)
    shot(page, "meeting-phone")


def test_a_name_is_erased_by_two_people_on_the_meetings_page(desk: Office, meeting: str) -> None:
    held = {"held_on": "2026-01-05", "chair": "高山青", "attendance": [{"name": "水流长"}]}
    desk.ok(desk.post("intake", f"/meetings/{meeting}/convene-meeting", held))
    desk.catch_up()
    ask, approve = (f"/meetings/{meeting}/{step}-meeting-erasure" for step in ("ask", "approve"))
    with visitor(desk, "intake") as client:
        assert ask in client.get(f"/meetings/{meeting}").text
        assert "p1 水流长" in client.get(ask).text
        assert "不填即为会议的全部个人信息" in client.get(ask).text
        fields = {"person": "p1", "ground": "unlawful", "reason": "本人要求"}
        assert post_form(client, ask, fields).status_code == 303
        assert client.get(approve).status_code == 403
    with visitor(desk, "intake-2") as client:
        page = client.get(approve).text
        assert "水流长：违反法律、行政法规或约定处理（申请人 intake）" in page
        assert post_form(client, approve, {"person": "p1"}).status_code == 303
        assert client.get(approve).status_code == 409
        assert "水流长" not in client.get(ask).text
