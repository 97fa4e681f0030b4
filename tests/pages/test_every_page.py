"""Every page there is, for everybody: no violation that axe finds, at 200 % zoom and on a telephone too.

A new page without an entry here fails.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from domain.meeting_steps import STEPS as MEETING_STEPS
from service.pages.steps import ON_PAGES
from tests.pages.access_table import ROUTES, path_of
from tests.pages.page_kit import DESKTOP, PHONE, Tabs, axe_clean, fits_width, visitor
from tests.service.api_kit import API, PERSON, Office, assigned, published, replied

ZOOMED = {"width": DESKTOP["width"] // 2, "height": DESKTOP["height"] // 2}
"""What 200 % leaves of a desk's screen."""

SEEN_BY: Mapping[str, str | None] = {
    "/": "intake",
    "/account": "intake",
    "/administration": "admin",
    "/administration/add": "admin",
    "/administration/calendars": "admin",
    "/administration/rulebook": "admin",
    "/administration/staff/{staff}": "admin",
    "/administration/staff/{staff}/approve-role": "admin",
    "/administration/staff/{staff}/ask-role": "admin",
    "/administration/staff/{staff}/end-deputy": "admin",
    "/administration/staff/{staff}/end-role": "admin",
    "/administration/staff/{staff}/grant-role": "admin",
    "/administration/staff/{staff}/leave": "admin",
    "/administration/staff/{staff}/name-deputy": "admin",
    "/administration/staff/{staff}/refuse-role": "admin",
    "/files/{number}": "caller",
    "/files/{number}/print": "caller",
    "/files/{number}/reveal": "supervisor",
    "/follow-up": "caller",
    "/handling": "handler",
    "/handling/approvals": "approver",
    "/intake": "intake",
    "/intake/many": "intake",
    "/intake/symposia": "intake",
    "/intake/{channel}": "intake",
    "/ledger": "intake",
    "/meetings": "intake",
    "/meetings/call-meeting": "intake",
    "/meetings/{meeting}": "intake",
    "/password": "handler",
    "/public/results/{number}": None,
    "/publication": "publisher",
    "/reports": "supervisor",
    "/several/accept-petition": "intake",
    "/several/assign-petition": "intake",
    "/several/classify-petition": "intake",
    "/several/name-handler": "handler",
    "/several/order-supervision": "supervisor",
    "/several/record-meeting-decision": "intake",
    "/several/send-reminder": "supervisor",
    "/several/sign-for": "handler",
    "/sign-in": None,
    "/statistics": "approver",
    "/statistics/files": "approver",
    "/supervision": "supervisor",
    "/supervision/audit": "supervisor",
    "/supervision/early": "supervisor",
    "/supervision/exports": "supervisor",
    "/supervision/orders": "supervisor",
    "/supervision/overdue": "supervisor",
    "/supervision/readings": "supervisor",
}
"""Pages by their routes, with who looks at them here; None: nobody who is signed in."""

ELSEWHERE = {
    "/intake/receipt/{key}": "tests/pages/test_receiving.py",
    "/public": "tests/pages/test_public.py",
    "/public/results": "tests/pages/test_public.py",
    "/public/send": "tests/pages/test_public.py",
    "/public/state": "tests/pages/test_public.py",
}
"""Pages that only stand after something was done, or are looked at in more ways: where that is."""

NO_PAGES = frozenset(
    {
        "/drafts/token",
        "/files",
        "/files/{number}/attachments/{attachment}",
        "/files/{number}/dossier",
        "/files/{number}/letters/{letter}",
        "/healthz",
        "/intake/many/columns.csv",
        "/ledger/export.{kind}",
        "/meetings/{meeting}/minutes",
        "/metrics",
        "/readyz",
        "/reports/{kind}/{period}.{ending}",
        "/sign-in/oidc",
        "/sign-in/oidc/back",
        "/statistics/parts.svg",
        "/statistics/trend.svg",
    }
)
"""What answers with a document, a drawing, figures, or another address."""

STEPS = {f"/files/{{number}}/{step}" for step in ON_PAGES} | {f"/meetings/{{meeting}}/{step}" for step in MEETING_STEPS}


def test_every_page_stands_here() -> None:
    shown = {route.removeprefix("GET ") for route in ROUTES if route.startswith("GET") and API not in route}
    assert shown == {*SEEN_BY, *ELSEWHERE, *NO_PAGES, *STEPS}


@pytest.fixture(scope="module")
def made(desk: Office) -> dict[str, str]:
    """A file that was published and one that waits, a meeting, a member of staff: what addresses name."""
    number = assigned(desk, petitioners=[PERSON])
    replied(desk, number)
    published(desk, number)
    waiting = str(desk.received(place={"area": "A07"})["number"])
    desk.received(title="第二件")
    desk.take("supervisor", number, "send-reminder", reason="请尽快回访")
    desk.catch_up()
    body = {"title": "分析会", "planned_on": "2026-01-05", "from": "2020-01-01", "to": "2036-01-01"}
    meeting = str(desk.ok(desk.post("intake", "/meetings", body))["id"])
    desk.catch_up()
    return {"number": number, "meeting": meeting, "staff": "handler", "channel": "window", "waiting": waiting}


def looked_at(page: Page) -> None:
    """Fail where somebody could not use the page: at a desk, zoomed to 200 %, on a telephone."""
    axe_clean(page)
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    assert fits_width(page), "200 %"
    axe_clean(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert fits_width(page), "telephone"


@pytest.mark.parametrize("route", sorted(SEEN_BY))
def test_a_page_is_for_everybody(desk: Office, tab: Tabs, made: dict[str, str], route: str) -> None:
    page = tab(SEEN_BY[route])
    address = route.format(**made)
    if route.startswith("/several"):
        address += f"?number={made['waiting']}"
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert page.url.endswith(address), "it is another page"
    looked_at(page)


FORM = """([action, token]) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action });
    form.append(Object.assign(document.createElement("input"), { name: "csrf", value: token }));
    document.body.append(form);
    form.submit();
}"""


@pytest.mark.parametrize("who", ["intake", "supervisor"])
def test_the_form_of_every_step_is_for_everybody_with_its_mistakes(
    desk: Office, tab: Tabs, made: dict[str, str], who: str
) -> None:
    """A form that was sent empty comes back with all that is wrong, whether or not the step could be taken now."""
    page = tab(who)
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    page.goto("/account")
    token, steps = page.locator("[name=csrf]").first.input_value(), sorted(STEPS)
    for route in steps[::2] if who == "intake" else steps[1::2]:
        address, before = route.format(**made), desk.events()
        with page.expect_navigation():
            page.evaluate(FORM, [address, token])
        expect(page.locator(f"main form[action='{address}']")).to_have_count(1)
        assert desk.events() == before, address
        assert fits_width(page), address
        axe_clean(page)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert fits_width(page), address
        page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]


def test_what_is_no_page_answers_with_none(desk: Office, made: dict[str, str]) -> None:
    with visitor(desk, "intake") as client:
        for route in sorted(NO_PAGES):
            answer = client.get(path_of(f"GET {route}", made["number"]))
            html = answer.headers.get("content-type", "").startswith("text/html")
            assert not html or answer.status_code >= 400, route


def test_a_request_that_leaves_the_server_fails_the_test_that_made_it(browser: Browser, desk: Office) -> None:
    tabs = Tabs(browser, desk)
    page = tabs()
    page.goto("/sign-in")
    with pytest.raises(Error):
        page.goto("http://192.0.2.1/elsewhere")
    with pytest.raises(AssertionError, match=r"left the server: \['http://192\.0\.2\.1/elsewhere'\]"):
        tabs.close()
