"""例外审批 by HTTP: asked for by one, on the work list of those who may decide, decided by another."""

from __future__ import annotations

import pytest

from tests.service.api_kit import Office, assigned, replied

DECLINE = {"ground": "court", "article": "《信访工作条例》第三十一条", "reason": "已立案", "notice": "post"}


def offered(office: Office, who: str, number: str) -> set[str]:
    """What waits for somebody on a file."""
    seen = {"after": office.parts.store.last_position()}
    found = office.ok(office.get(who, "/worklist", limit=200, **seen))["tasks"]
    return {task["task"] for task in found if task["number"] == number}


@pytest.mark.parametrize(
    ("what", "body", "stage"),
    [
        ("decline", DECLINE, "declined"),
        ("voiding", {"reason": "误登记"}, "voided"),
        ("notice-waiver", {"reason": "电话停机"}, "receiving"),
    ],
)
@pytest.mark.parametrize("second", ["intake-2", "approver"])
def test_the_desks_exceptions_take_a_second_person(
    office: Office, what: str, body: dict[str, str], stage: str, second: str
) -> None:
    task = f"decide_{what.replace('-', '_')}"
    number = str(office.received()["number"])
    assert office.post(second, f"/petitions/{number}/approve-{what}").status_code == 409
    office.take("intake", number, f"ask-{what}", **body)
    asked = office.ok(office.get("intake-2", f"/petitions/{number}"))["exceptions"]
    assert [(one["step"], one["by"], one["reason"]) for one in asked] == [(f"ask-{what}", "intake", body["reason"])]
    assert task in offered(office, second, number)
    assert task not in offered(office, "intake", number)
    refused = office.post("intake", f"/petitions/{number}/approve-{what}")
    assert (refused.status_code, refused.json()["code"]) == (403, "two_people_needed")
    office.take(second, number, f"refuse-{what}", reason="请再核实")
    assert task not in offered(office, second, number)
    office.take("intake", number, f"ask-{what}", **body)
    done = office.take(second, number, f"approve-{what}")
    assert done["stage"] == stage
    assert office.ok(office.get("intake-2", f"/petitions/{number}"))["exceptions"] == []


def test_what_stays_unpublished_was_agreed_to_by_a_second_person(office: Office) -> None:
    number = assigned(office)
    replied(office, number)
    office.take("publisher", number, "ask-waiver", ground="privacy", reason="涉及家庭")
    for who in ("publisher-2", "approver"):
        assert "decide_waiver" in offered(office, who, number)
    assert "decide_waiver" not in offered(office, "publisher", number)
    assert office.post("publisher", f"/petitions/{number}/approve-waiver").status_code == 403
    assert office.post("caller", f"/petitions/{number}/follow-up").status_code == 422
    assert office.take("approver", number, "approve-waiver")["stage"] == "supervising"
