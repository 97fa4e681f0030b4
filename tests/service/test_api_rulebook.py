"""The rulebook and calendars by the API: read, compared, adopted, published; by administrators alone."""

from __future__ import annotations

from typing import Any

import pytest

from domain.kernel import day_of
from tests.service.api_kit import STAFF, Office


def in_force(office: Office) -> dict[str, Any]:
    return office.ok(office.get("admin", "/rulebook"))


def changed(office: Office, **fields: Any) -> dict[str, Any]:
    """The content in force with other fields, as a body."""
    return {"content": {**in_force(office)["content"], **fields}, "note": "调整补录天数"}


def test_a_rulebook_is_read_tried_adopted_and_compared(office: Office) -> None:
    before = in_force(office)
    days = before["content"]["backdating_days"]
    body = changed(office, backdating_days=days + 1)
    events = office.events()
    tried = office.post("admin", "/rulebook?dry_run=true", body)
    difference = {"path": "backdating_days", "old": days, "new": days + 1}
    assert tried.status_code == 200
    assert tried.json() == {"version": before["version"], "adopted": False, "differences": [difference]}
    assert office.events() == events
    answer = office.post("admin", "/rulebook", body, If_Match=f'"{before["version"]}"')
    assert (answer.status_code, answer.headers["etag"]) == (201, f'"{before["version"] + 1}"')
    assert answer.json() == {"version": before["version"] + 1, "adopted": True, "differences": [difference]}
    after = in_force(office)
    assert (after["version"], after["by"], after["note"]) == (before["version"] + 1, "admin", "调整补录天数")
    assert after["content"]["backdating_days"] == days + 1
    told = office.ok(office.get("admin", "/rulebook/differences"))
    assert told == {"old": before["version"], "new": after["version"], "differences": [difference]}
    back = office.ok(office.get("admin", "/rulebook/differences", old=after["version"], new=before["version"]))
    assert back["differences"] == [{**difference, "old": days + 1, "new": days}]
    first = office.ok(office.get("admin", "/rulebook/differences", new=1))
    assert first == {"old": 1, "new": 1, "differences": []}
    earlier = office.ok(office.get("admin", "/rulebook", version=before["version"]))
    assert earlier["content"] == before["content"]
    listed = office.ok(office.get("admin", "/rulebook/versions"))["versions"]
    assert [one["version"] for one in listed] == list(range(after["version"], 0, -1))
    stale = office.post("admin", "/rulebook", body, If_Match=f'"{before["version"]}"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    same = office.post("admin", "/rulebook", body)
    assert (same.status_code, same.json()["code"]) == (409, "not_possible_now")


def test_what_does_not_agree_is_told_place_by_place_and_changes_nothing(office: Office) -> None:
    before, content = office.events(), in_force(office)["content"]
    units = [dict(unit) for unit in content["units"]]
    units[1]["superior"], units[2]["superior"] = "NOBODY", "NOWHERE"
    answer = office.post("admin", "/rulebook", changed(office, units=units))
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) >= 2
    assert {tuple(fault["loc"]) for fault in answer.json()["errors"]} == {("content",)}
    assert any(f"units[{units[1]['code']}].superior" in fault["message"] for fault in answer.json()["errors"])
    dropped = office.post("admin", "/rulebook", changed(office, windows=[], areas=content["areas"][:1]))
    assert dropped.status_code == 422
    wrong = office.post("admin", "/rulebook", changed(office, backdating_days="many"))
    assert [fault["loc"] for fault in wrong.json()["errors"]] == [["content", "backdating_days"]]
    assert office.post("admin", "/rulebook", {**changed(office), "note": ""}).status_code == 422
    assert office.get("admin", "/rulebook", version=999).status_code == 404
    assert office.events() == before


def test_a_published_calendar_is_imported(office: Office) -> None:
    year = day_of(office.parts.now()).year + 1
    notice = {"holidays": [{"date": f"{year}-01-01", "name": "元旦"}], "workdays": [], "source": "国办发明电"}
    version = in_force(office)["version"]
    answer = office.post("admin", "/calendars", {"year": year, "calendar": notice})
    assert (answer.status_code, answer.json()) == (201, {"version": version + 1})
    assert office.ok(office.get("admin", "/calendars"))["calendars"][str(year)] == notice
    again = office.post("admin", "/calendars", {"year": year, "calendar": notice})
    assert (again.status_code, again.json()["code"]) == (409, "not_possible_now")
    far = office.post("admin", "/calendars", {"year": year + 1, "calendar": notice})
    assert (far.status_code, far.json()["errors"][0]["loc"]) == (422, ["year"])
    trail = office.ok(
        office.get(
            "supervisor",
            "/audit",
            topic="rulebook.calendar_published",
            actor="admin",
            after=office.parts.store.last_position(),
        )
    )["events"]
    assert len(trail) == 1


@pytest.mark.parametrize("who", sorted({who for who, (role, _) in STAFF.items() if role != "admin"}))
def test_only_administrators_see_or_change_it(office: Office, who: str) -> None:
    body, before = changed(office, backdating_days=9), office.events()
    for path in ("/rulebook", "/rulebook/versions", "/rulebook/differences", "/calendars"):
        assert office.get(who, path).status_code == 403, path
    assert office.post(who, "/rulebook", body).status_code == 403
    assert office.post(who, "/rulebook?dry_run=true", body).status_code == 403
    notice = {"holidays": [{"date": "2027-01-01", "name": "元旦"}], "source": "通知"}
    assert office.post(who, "/calendars", {"year": 2027, "calendar": notice}).status_code == 403
    assert office.events() == before
