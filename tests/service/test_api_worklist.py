"""The work list by HTTP: narrowed to a kind, a unit, a light, with counts for each."""

from __future__ import annotations

from datetime import timedelta

from domain.clocks import after_working_days
from domain.kernel import day_of
from tests.service.api_kit import Office, assigned


def test_what_waits_can_be_narrowed(office: Office) -> None:
    number = assigned(office, channel="hotline")
    seen = {"after": office.parts.store.last_position()}
    everything = office.ok(office.get("handler", "/worklist", count=True, **seen))
    mine = {task["task"]: task for task in everything["tasks"] if task["number"] == number}
    assert set(mine) == {"sign", "contact_as_lead"}
    today = day_of(office.parts.now())
    soon = after_working_days(today, 2, office.parts.rulebooks.current().content.calendar)
    assert mine["sign"]["due"] is not None
    assert today.isoformat() <= mine["sign"]["due"] <= soon.isoformat()
    assert everything["counts"]["sign"] == {"waiting": 1, "overdue": 0, "soon": 1}

    def kinds(**wanted: str) -> set[str]:
        return {task["task"] for task in office.ok(office.get("handler", "/worklist", **wanted))["tasks"]}

    assert kinds(task="sign") == {"sign"}
    assert kinds(task="sign", light="amber") == {"sign"}
    assert kinds(task="sign", light="red") == kinds(task="sign", unit="HW") == set()
    assert office.get("handler", "/worklist", light="blue").status_code == 422
    assert office.get("handler", "/worklist", task="dance").status_code == 422


def test_the_last_working_day_of_so_many_is_no_day_off(office: Office) -> None:
    calendar = office.parts.rulebooks.current().content.calendar
    friday = day_of(office.parts.now())
    while friday.weekday() != 4:
        friday += timedelta(days=1)
    after = after_working_days(friday, 1, calendar)
    assert calendar.is_working_day(after)
    assert after > friday + timedelta(days=1) or calendar.is_make_up_day(after)
