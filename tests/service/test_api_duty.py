"""Whose duty it is, by HTTP: objections reviewed, disputed, decided by the common superior, counted by unit."""

from __future__ import annotations

from tests.service.api_kit import Office, assigned


def test_a_dispute_goes_to_the_common_superior_and_is_counted(office: Office) -> None:
    number = assigned(office)
    office.take("handler", number, "ask-return", reason="不属执法事项", proposed_unit="HW")
    office.take("intake-2", number, "refuse-return", unit="ZF", reason="按职责清单办")
    done = office.take("handler", number, "dispute-duty", reason="职责清单无此项")
    view = office.ok(office.get("intake", f"/petitions/{number}"))
    assert view["dispute"] == {"units": ["ZF", "HW"], "superior": "CG"}
    assert (view["first_unit"], view["answerable"], view["returns"], view["waiting"]) == ("ZF", "ZF", 1, ["duty"])
    assert view["parts"] == [
        {
            "unit": "ZF",
            "share": "lead",
            "signed_by": None,
            "return_asked": False,
            "return_refused": True,
            "reported": False,
        }
    ]
    waiting = office.ok(office.get("approver", "/worklist", after=done["position"]))["tasks"]
    assert "decide_duty" in {one["task"] for one in waiting if one["number"] == number}
    assert office.post("intake", f"/petitions/{number}/assign-petition", {"lead": "HW"}).status_code == 409
    office.take("approver", number, "decide-duty", unit="HW", reason="属保洁责任路段")
    done = office.take("handler-hw", number, "sign-for")
    view = office.ok(office.get("intake", f"/petitions/{number}"))
    assert (view["lead"], view["first_unit"], view["answerable"], view["dispute"]) == ("HW", "ZF", "HW", None)
    told = office.ok(office.get("intake", "/objections", unit="ZF", after=done["position"]))
    assert [(one["number"], one["state"]) for one in told["objections"]][:1] == [(number, "upheld")]
    assert {one["unit"]: one["objections"] for one in told["units"]}["ZF"] >= 1
    (row,) = office.ok(office.get("intake", "/ledger", q=number, after=done["position"]))["files"]
    assert (row["first_unit"], row["answerable"], row["returns"]) == ("ZF", "HW", 1)


def test_what_cannot_be_asked_of_objections_is_told(office: Office) -> None:
    assert office.get("intake", "/objections", unit="XX").json()["code"] == "unknown_code"
    wrong = office.get("intake", "/objections", **{"from": "2026-02-01", "to": "2026-01-01"})
    assert wrong.json()["errors"][0]["loc"] == ["to"]
    assert office.get("admin", "/objections").status_code == 403


def test_co_units_report_to_the_lead(office: Office) -> None:
    number = str(office.received(demands=[{"text": "换灯"}, {"text": "清扫"}])["number"])
    office.take("intake", number, "accept-petition", notice="sms")
    office.take("intake", number, "assign-petition", lead="ZF", co_units=["HW"], demands={"d2": "HW"})
    office.take("handler", number, "sign-for")
    office.take("handler-hw", number, "sign-for")
    ours = [{"demand": "d1", "outcome": "resolved", "text": "已换灯"}]
    refused = office.post("handler", f"/petitions/{number}/report-outcome", {"answers": ours})
    assert refused.json()["code"] == "demand_unanswered"
    theirs = [{"demand": "d2", "outcome": "resolved", "text": "已清扫"}]
    office.take("handler-hw", number, "report-to-lead", text="已清扫", answers=theirs)
    office.take("handler", number, "report-outcome", answers=ours)
    view = office.ok(office.get("intake", f"/petitions/{number}"))
    assert [one["answered"] for one in view["demands"]] == [True, True]
    assert [(one["unit"], one["reported"]) for one in view["parts"]] == [("ZF", False), ("HW", True)]
