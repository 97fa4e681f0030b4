"""The preview of a redaction over HTTP: for whom, what it shows, and that it changes only the log of readings."""

from __future__ import annotations

from typing import Any

from tests.service.api_kit import API, PERSON, Office, assigned, published, replied

TYPED = {
    "title": "楼道灯已修复",
    "text": f"{PERSON['name']}（{PERSON['phone']}）反映的楼道灯已更换，可到湖滨路6号便民中心查询，蓝顶车棚旁另添一盏。",
    "redactions": [{"kind": "other", "words": "蓝顶车棚", "reason": "可据此辨认住处"}],
    "taken_back": [{"words": "6号", "reason": "公共场所的门牌"}],
}
PUBLIC = "欧阳某某（138****0042）反映的楼道灯已更换，可到湖滨路6号便民中心查询，***旁另添一盏。"


def answered(office: Office) -> str:
    number = assigned(office, petitioners=[PERSON])
    replied(office, number)
    return number


def view(office: Office, who: str, number: str) -> Any:
    return office.ok(office.get(who, f"/petitions/{number}"))["publication"]


def readings(office: Office, number: str) -> int:
    last = office.parts.store.last_position()  # a reading is told once the ledger knows the file
    told = office.ok(office.get("supervisor", "/audit/readings", limit=200, after=last))["readings"]
    return sum(one["number"] == number for one in told)


def test_a_draft_is_shown_original_beside_redacted(office: Office) -> None:
    number = answered(office)
    before, read = office.events(), readings(office, number)
    told = office.ok(office.post("publisher", f"/petitions/{number}/redaction-preview", TYPED))
    assert told["title"] == {"original": TYPED["title"], "redacted": TYPED["title"]}
    assert told["text"] == {"original": TYPED["text"], "redacted": PUBLIC}
    first = told["removals"][0]
    assert first | {"start": 0, "end": 4, "words": PERSON["name"], "shown": "欧阳某某", "basis": "given"} == first
    assert [(one["words"], one["shown"], one["kept"], one["reason"]) for one in told["removals"][2:]] == [
        ("6号", "6号", True, "公共场所的门牌"),
        ("蓝顶车棚", "***", False, "可据此辨认住处"),
    ]
    assert office.events() == before
    assert readings(office, number) == read + 1


def test_what_cannot_be_taken_back_names_its_field(office: Office) -> None:
    number = answered(office)
    body = TYPED | {"taken_back": [{"words": PERSON["name"], "reason": "本人同意"}]}
    for path in ("redaction-preview", "draft-publication"):
        refused = office.post("publisher", f"/petitions/{number}/{path}", body)
        assert (refused.status_code, refused.json()["errors"][0]["loc"]) == (422, ["taken_back", 0, "words"])
        assert PERSON["name"] not in refused.text


def test_only_who_may_draft_it_now_gets_a_preview(office: Office) -> None:
    number = answered(office)
    path = f"/petitions/{number}/redaction-preview"
    for who in ("intake", "handler", "approver", "caller", "supervisor"):
        assert office.post(who, path, TYPED).status_code == 403, who
    assert office.client.post(f"{API}{path}", json=TYPED).status_code == 401
    early = assigned(office, petitioners=[PERSON])
    assert office.post("publisher", f"/petitions/{early}/redaction-preview", TYPED).status_code == 409
    assert office.post("publisher", "/petitions/HY-2026-999999/redaction-preview", TYPED).status_code == 404
    office.take("intake", number, "restrict-data", ground="consent_withdrawn", reason="本人申请")
    assert office.post("publisher", path, TYPED).json()["code"] == "restricted"


def test_the_record_shows_to_who_approves_and_what_was_taken_back_hangs_there(office: Office) -> None:
    number = answered(office)
    office.take("publisher", number, "draft-publication", **TYPED)
    draft = view(office, "publisher-2", number)
    assert draft["text"] == PUBLIC
    [kept] = [one for one in draft["redactions"] if one["kept"]]
    assert (kept["kind"], kept["reason"], kept["shown"], kept["count"]) == ("address", "公共场所的门牌", "6号", 1)
    assert {one["shown"] for one in draft["redactions"]} == {"欧阳某某", "138****0042", "6号", "***"}
    assert "6号" not in view(office, "supervisor", number)["text"]
    office.take("publisher-2", number, "approve-publication")
    done = office.take("publisher", number, "publish-result", outlets=["board"])
    assert view(office, "supervisor", number)["text"] == PUBLIC
    trail = office.ok(office.get("supervisor", f"/petitions/{number}/events", after=done["position"], limit=200))
    [hung] = [one for one in trail["events"] if one["topic"] == "petition.result_published"]
    assert hung["texts"]["text"] == PUBLIC


def test_a_correction_is_previewed_like_the_first_text(office: Office) -> None:
    number = answered(office)
    published(office, number)
    told = office.ok(office.post("publisher", f"/petitions/{number}/redaction-preview", TYPED))
    assert told["text"]["redacted"] == PUBLIC
