"""The committee reads masked data, and reveals it with a reason that is logged apart from the file."""

from __future__ import annotations

import pytest

from tests.pages.page_kit import Tabs, axe_clean, shot
from tests.service.api_kit import PERSON, Office, assigned

WHY = {"ground": "audit", "note": "第四季度抽查"}
NAMED = {"petitioners": [PERSON]}


def test_a_member_gives_a_reason_and_sees_the_person_this_once(desk: Office, tab: Tabs) -> None:
    number = assigned(desk, **NAMED)
    before = desk.events()
    page = tab("supervisor")
    page.goto(f"/files/{number}")
    assert PERSON["name"] not in page.content()
    page.get_by_role("link", name="查看个人信息").click()
    axe_clean(page)
    page.get_by_role("button", name="查看个人信息").click()
    assert page.locator(".fault").count() == 2
    page.get_by_label("查看依据").select_option("audit")
    page.get_by_label("说明").fill("第四季度抽查")
    page.get_by_role("button", name="查看个人信息").click()
    page.get_by_text(PERSON["name"]).first.wait_for()
    axe_clean(page)
    page.goto(f"/files/{number}")
    assert PERSON["name"] not in page.content()
    page.goto("/supervision/readings")
    assert "抽查办理真实性：第四季度抽查" in page.locator("main").inner_text()
    shot(page, "supervision-readings")
    assert desk.events() == before


def test_the_reason_stands_in_the_log_of_readings(desk: Office) -> None:
    number = assigned(desk, **NAMED)
    file = desk.ok(desk.post("supervisor", f"/petitions/{number}/reveal", WHY))
    assert file["petitioners"][0]["phone"] == PERSON["phone"]
    asked = {"number": number, "after": desk.parts.store.last_position()}
    [entry] = desk.ok(desk.get("supervisor-2", "/audit/readings", **asked))["readings"]
    assert (entry["staff"], entry["ground"], entry["note"]) == ("supervisor", "audit", "第四季度抽查")
    desk.get("handler", f"/petitions/{number}")
    work = desk.ok(desk.get("supervisor", "/audit/readings", **asked))["readings"][0]
    assert (work["staff"], work["ground"], work["note"]) == ("handler", None, None)


@pytest.mark.parametrize(
    "why", [{}, {"ground": "audit"}, {"ground": "curiosity", "note": "x"}, {"ground": "audit", "note": "13800001111"}]
)
def test_without_a_fitting_reason_nothing_is_shown_or_logged(desk: Office, why: dict[str, str]) -> None:
    number = assigned(desk, **NAMED)
    refused = desk.post("supervisor", f"/petitions/{number}/reveal", why)
    assert refused.status_code == 422
    assert PERSON["name"] not in refused.text
    asked = {"number": number, "after": desk.parts.store.last_position()}
    assert desk.ok(desk.get("supervisor", "/audit/readings", **asked))["readings"] == []


@pytest.mark.parametrize("who", ["intake", "handler", "approver", "publisher", "caller", "admin"])
def test_it_is_the_committees_alone(desk: Office, who: str) -> None:
    number = assigned(desk, **NAMED)
    assert desk.post(who, f"/petitions/{number}/reveal", WHY).status_code == 403


def test_restricted_data_and_what_accuses_the_member_are_not_revealed(desk: Office) -> None:
    accused = str(desk.received(nature="report", against=["supervisor"], **NAMED)["number"])
    assert desk.post("supervisor", f"/petitions/{accused}/reveal", WHY).status_code == 404
    number = str(desk.received(**NAMED)["number"])
    desk.take("intake", number, "restrict-data", ground="consent_withdrawn", reason="本人撤回同意")
    answer = desk.post("supervisor", f"/petitions/{number}/reveal", WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "restricted")
