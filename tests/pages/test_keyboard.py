"""The desks by keys alone: everything is reached, the focus is seen, nothing holds it, and the work gets done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from domain.petition.petition import Petition
from tests.pages.page_kit import Tabs
from tests.service.api_kit import PERSON, Office, assigned

MOST_KEYS = 300
TABBABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((one) =>
    one.tabIndex >= 0 && !one.disabled && one.checkVisibility() && !one.matches("[type=radio]"))"""
NOT_REACHED = f"({TABBABLE})().filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 120))"
NOTED = """() => {
    const one = document.activeElement;
    window.reached ??= new Set();
    const style = getComputedStyle(one), again = window.last === one;
    window.reached.add(one);
    window.last = one;
    // Within a field of dates the browser marks its own button, which no style sheet sees.
    const seen = !one.matches(":focus") || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return { page: one === document.body, again, seen, what: one.outerHTML.slice(0, 120) };
}"""


class Keys:
    """A page that is used by its keys only."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, selector: str) -> None:
        """Press Tab until the focus is on what the selector names."""
        for _ in range(MOST_KEYS):
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by keys")

    def press(self, selector: str, key: str) -> None:
        """Press a key on what the selector names."""
        self.reach(selector)
        self.page.keyboard.press(key)

    def write(self, name: str, text: str) -> None:
        """Type into a field."""
        self.reach(f"[name='{name}']")
        self.page.keyboard.type(text)

    def follow(self, href: str) -> None:
        """Follow a link."""
        self.press(f"main a[href='{href}']", "Enter")
        self.page.wait_for_url(f"**{href}")

    def send(self, then: str) -> None:
        """Send the form."""
        self.press(".send button", "Enter")
        self.page.wait_for_url(then)
        expect(self.page.get_by_role("status").first).to_be_visible()


TYPED_AT_ONCE = "/intake/window"
"""A form that begins where typing begins, past all navigation."""

DESKS = {
    "/sign-in": None,
    "/public/state": None,
    "/intake": "intake",
    TYPED_AT_ONCE: "intake",
    "/handling": "handler",
    "/publication": "publisher",
    "/follow-up": "caller",
    "/supervision/audit": "supervisor",
    "/ledger": "intake",
    "/statistics": "approver",
    "/reports": "approver",
    "/meetings": "intake",
    "/meetings/call-meeting": "intake",
    "/administration": "admin",
}


@pytest.fixture(scope="module")
def number(desk: Office) -> str:
    """A file that waits for its handler."""
    made = assigned(desk, petitioners=[PERSON])
    desk.catch_up()
    return made


@pytest.mark.parametrize("path", DESKS)
def test_everything_is_reached_the_focus_is_seen_and_nothing_holds_it(
    desk: Office, tab: Tabs, number: str, path: str
) -> None:
    page = tab(DESKS[path])
    page.goto(path)
    stays, rounds = 0, 0
    for _ in range(MOST_KEYS):
        page.keyboard.press("Tab")
        now = page.evaluate(NOTED)
        # Where typing begins in a form, the round begins there too: it takes two to have been everywhere.
        rounds += now["page"]
        if rounds == 2:
            break
        assert now["page"] or now["seen"], f"focus is not seen on {now['what']}"
        # The parts of a date are each a stop of their own within one field.
        stays = stays + 1 if now["again"] else 0
        assert stays < 8, f"held by {now['what']}"
    assert page.evaluate(NOT_REACHED) == []


@pytest.mark.parametrize("path", [path for path, who in DESKS.items() if who and path != TYPED_AT_ONCE])
def test_the_first_key_leads_past_the_navigation(desk: Office, tab: Tabs, path: str) -> None:
    page = tab(DESKS[path])
    page.goto(path)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_file_goes_from_desk_to_desk_by_keys_alone(desk: Office, tab: Tabs, number: str) -> None:
    file = f"**/files/{number}"

    def at(who: str, path: str, step: str) -> Keys:
        desk.catch_up()
        keys = Keys(tab(who))
        keys.page.goto(path)
        keys.follow(f"/files/{number}/{step}")
        return keys

    handler = at("handler", "/handling", "sign-for")
    handler.send(file)
    handler.follow(f"/files/{number}/contact-resident")
    handler.press("[name=reached][value=true]", "Space")
    handler.send(file)
    handler.follow(f"/files/{number}/report-outcome")
    handler.press("[name='answers.0.outcome']", "ArrowDown")
    handler.write("answers.0.text", "已更换灯头。")
    handler.send(file)
    handler.follow(f"/files/{number}/draft-reply")
    handler.write("text", "楼道灯已修复。")
    handler.page.keyboard.press("Control+Enter")
    handler.page.wait_for_url(file)
    at("approver", "/handling", "approve-reply").send(file)
    handler = at("handler", "/handling", "deliver-reply")
    handler.press("[name=method]", "ArrowDown")
    handler.send(file)
    publisher = at("publisher", "/publication", "draft-publication")
    publisher.write("title", "楼道灯已修复")
    publisher.write("text", "楼道灯已修复。")
    publisher.send(file)
    at("publisher-2", "/publication", "approve-publication").send(file)
    publisher = at("publisher", "/publication", "publish-result")
    publisher.press("[name=outlets][value=board]", "Space")
    publisher.send(file)
    committee = at("supervisor", f"/files/{number}", "order-supervision")
    committee.write("demand", "请回访核实")
    committee.send(file)
    caller = at("caller", "/follow-up", "follow-up")
    for name in ("solved", "satisfaction"):
        caller.press(f"[name={name}]", "ArrowDown")
    caller.send(file)
    caller.follow(f"/files/{number}/recollect")
    caller.press("[name=settled][value=true]", "Space")
    caller.send(file)
    assert desk.parts.store.fold(Petition(number)).stage == "closed"


def test_a_meeting_is_called_and_a_member_of_staff_added_by_keys_alone(desk: Office, tab: Tabs) -> None:
    clerk = Keys(tab("intake"))
    clerk.page.goto("/meetings")
    clerk.follow("/meetings/call-meeting")
    clerk.write("title", "季度分析会")
    clerk.send("**/meetings/m-*")
    admin = Keys(tab("admin"))
    admin.page.goto("/administration")
    admin.follow("/administration/add")
    admin.write("name", "某某")
    admin.press("main form button:not(.unseen)", "Enter")
    admin.page.wait_for_url("**/administration/staff/*")
