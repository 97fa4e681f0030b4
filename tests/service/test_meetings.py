"""Analysis meetings from the call to the published summary, through the interface, and what they leave in the files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import psycopg
import pytest

from domain.errors import Stale
from domain.kernel import day_of
from domain.meeting import Meeting, RecordPart, meeting_stream
from domain.petition.petition import Petition
from domain.vocabulary import MeetingPart
from projections.meetings import Meetings
from tests.projections.comparing import fed
from tests.service.api_kit import Office

PARTS = {"screened": "筛选情况", "classified": "分类情况", "collated": "梳理情况", "summed_up": "汇总情况"}


def called(office: Office, **changes: Any) -> dict[str, Any]:
    today = day_of(office.parts.now()).isoformat()
    body = {"title": "分析会", "planned_on": today, "from": "2020-01-01", "to": today, "areas": ["A05"], **changes}
    return office.ok(office.post("intake", "/meetings", body))


def step(office: Office, meeting: str, name: str, who: str = "intake", **body: Any) -> dict[str, Any]:
    return office.ok(office.post(who, f"/meetings/{meeting}/{name}", body))


def seen(office: Office, meeting: str, who: str = "intake", **asked: Any) -> dict[str, Any]:
    return office.ok(office.get(who, f"/meetings/{meeting}", **asked))


def convened(office: Office, meeting: str) -> dict[str, Any]:
    today = day_of(office.parts.now()).isoformat()
    attendance = [{"name": "高山青", "unit": "ZF"}, {"name": "水流长", "present": False}]
    return step(office, meeting, "convene-meeting", held_on=today, chair="高山青", attendance=attendance)


def test_the_agenda_is_what_the_query_finds(office: Office) -> None:
    mine = [str(office.received(place={"area": "A05"}, category="0101")["number"]) for _ in range(2)]
    deeper = str(office.received(place={"area": "A05G1B01"}, category="020102")["number"])
    elsewhere = str(office.received(place={"area": "A06"})["number"])
    for protected in ({"secrecy": "secret"}, {"nature": "report", "against": ["CG"]}):
        office.received(place={"area": "A05"}, category="0101", **protected)
    last = office.received(place={"area": "A05"}, category="0101")
    copy = str(last["number"])
    office.take("intake", copy, "link-duplicate", principal=mine[0], reason="同一事项")
    over = office.received(place={"area": "A05"})
    done = office.take("intake", str(over["number"]), "refer-petition", body="市局", reason="不属本街道")

    office.ok(office.get("intake", "/ledger", after=done["position"]))
    meeting = called(office)
    items = seen(office, meeting["id"], after=meeting["position"])["items"]
    assert {item["number"] for item in items} == {*mine, deeper}
    assert elsewhere not in {item["number"] for item in items}
    assert all(item["title"] for item in items)

    narrow = called(office, categories=["02"])
    assert [item["number"] for item in seen(office, narrow["id"], after=narrow["position"])["items"]] == [deeper]
    repeated = called(office, repeated=True)
    items = seen(office, repeated["id"], after=repeated["position"])["items"]
    assert {item["number"]: (item["basis"], item["alike"]) for item in items} == {
        mine[0]: ("duplicates", 2),
        mine[1]: ("same_matter", 2),
    }


def test_a_meeting_from_its_call_to_its_published_summary(office: Office) -> None:
    numbers = [str(office.received(place={"area": "A07"})["number"]) for _ in range(2)]
    office.ok(office.get("intake", "/ledger", after=office.received(place={"area": "A08"})["position"]))
    meeting = called(office, areas=["A07"])["id"]
    step(office, meeting, "remove-agenda-item", number=numbers[1], reason="已答复在先")
    extra = str(office.received(place={"area": "A08"})["number"])
    step(office, meeting, "add-agenda-item", number=extra, reason="居民集中反映")
    convened(office, meeting)
    for part, text in PARTS.items():
        step(office, meeting, "record-part", part=part, text=text)
    decisions = [
        {"number": numbers[0], "part": "collated", "decision": "列入林小满反映的路灯整治"},
        {"number": extra, "part": "summed_up", "decision": "由ZF牵头"},
    ]
    step(office, meeting, "decide-items", decisions=decisions)
    closed = step(office, meeting, "close-meeting")
    assert closed["stage"] == "closed"
    step(
        office, meeting, "draft-summary", "publisher", title="会议摘要", text="林小满（13900001111）反映的路灯将整治。"
    )
    assert office.post("publisher", f"/meetings/{meeting}/approve-summary").status_code == 403
    step(office, meeting, "approve-summary", "publisher-2")
    last = step(office, meeting, "publish-summary", "publisher", outlets=["board"])

    view = seen(office, meeting, after=last["position"])
    assert view["meeting"]["parts"] == PARTS
    assert (view["meeting"]["came"], view["meeting"]["asked"], view["meeting"]["summary_state"]) == (1, 2, "published")
    assert not any(secret in view["meeting"]["summary_text"] for secret in ("林小满", "13900001111"))
    items = {item["number"]: item for item in view["items"]}
    assert items[numbers[1]]["removed_because"] == "已答复在先"
    assert items[extra]["decision"] == "由ZF牵头"
    assert "林小满" not in items[numbers[0]]["decision"]
    assert "路灯整治" in items[numbers[0]]["decision"]

    events = office.ok(office.get("intake", f"/petitions/{extra}/events"))["events"]
    decided = next(event for event in events if event["topic"] == "petition.meeting_decided")
    assert decided["texts"] == {"meeting": "分析会", "decision": "由ZF牵头"}
    listed = office.ok(office.get("handler", "/meetings", limit=1))
    assert (listed["meetings"][0]["id"], bool(listed["next_cursor"])) == (meeting, True)

    paper = office.get("approver", f"/meetings/{meeting}/minutes")
    text = "\n".join(one.text for one in docx.Document(BytesIO(paper.content)).paragraphs)
    cells = [cell.text for table in docx.Document(BytesIO(paper.content)).tables for cell in table._cells]
    assert all(word in text for word in ("会议纪要", "高山青", "筛选", "分类", "梳理", "汇总", *PARTS.values()))
    assert {"水流长", "缺席", "由ZF牵头", numbers[0], numbers[1]} <= set(cells)
    assert "林小满" not in text + "".join(cells)
    assert office.get("handler", f"/meetings/{meeting}/minutes").status_code == 403


def test_decisions_are_written_with_the_meetings_own_event_or_not_at_all(office: Office) -> None:
    numbers = [str(office.received(place={"area": "A06"})["number"]) for _ in range(2)]
    office.ok(office.get("intake", "/ledger", after=office.received(place={"area": "A08"})["position"]))
    meeting = called(office, areas=["A06"])["id"]
    convened(office, meeting)
    office.take("intake", numbers[1], "refer-petition", body="市局", reason="不属本街道")
    before = office.events()
    refused = office.post(
        "intake",
        f"/meetings/{meeting}/decide-items",
        {"decisions": [{"number": one, "part": "collated", "decision": "整治"} for one in numbers]},
    )
    assert refused.status_code == 409
    assert office.events() == before
    assert office.parts.store.fold(Meeting(meeting_stream(meeting))).items[numbers[0]] is None
    version = office.parts.store.fold(Petition(numbers[0])).version
    step(office, meeting, "decide-items", decisions=[{"number": numbers[0], "part": "collated", "decision": "整治"}])
    assert office.parts.store.fold(Petition(numbers[0])).version == version + 1


def test_what_one_may_not_know_is_on_no_agenda_that_one_sees(office: Office) -> None:
    number = str(office.received(place={"area": "A04"})["number"])
    office.ok(office.get("intake", "/ledger", after=office.received(place={"area": "A08"})["position"]))
    meeting = called(office, areas=["A04"])
    assert number in {
        item["number"] for item in seen(office, meeting["id"], "handler", after=meeting["position"])["items"]
    }
    last = office.take("intake", number, "correct-petition", reason="补充被反映单位", against=["CG"])["position"]
    for who, sees in (("intake", True), ("handler", False), ("supervisor", True)):
        assert (number in {item["number"] for item in seen(office, meeting["id"], who, after=last)["items"]}) == sees, (
            who
        )
    hidden = office.received(nature="report", against=["CG"])["number"]
    answer = office.post("intake", f"/meetings/{meeting['id']}/add-agenda-item", {"number": hidden, "reason": "关注"})
    assert answer.status_code == 409


def test_an_agenda_counts_no_duplicate_that_is_protected(office: Office) -> None:
    """L1 30, 46: the number on the agenda would tell every unit at the table that there is another file."""
    principal = str(office.received(place={"area": "A03"})["number"])
    copies = ({"nature": "report", "against": ["CG"]}, {"secrecy": "secret"})
    for changes in copies:
        copy = str(office.received(place={"area": "A08"}, **changes)["number"])
        last = office.take("intake", copy, "link-duplicate", principal=principal, reason="同一事项")["position"]
    office.ok(office.get("intake", "/ledger", after=last))
    meeting = called(office, areas=["A03"])
    items = seen(office, meeting["id"], "supervisor", after=meeting["position"])["items"]
    assert [(item["number"], item["basis"], item["alike"]) for item in items] == [(principal, "query", 1)]
    assert called(office, areas=["A03"], repeated=True)["items"] == 0


def test_a_repeated_call_makes_one_meeting(office: Office) -> None:
    today = day_of(office.parts.now()).isoformat()
    body = {"title": "分析会", "planned_on": today, "from": "2020-01-01", "to": today}
    first = office.post("intake", "/meetings", body, Idempotency_Key="meeting-1")
    again = office.post("intake", "/meetings", body, Idempotency_Key="meeting-1")
    assert (first.json()["id"], again.headers["Idempotent-Replayed"]) == (again.json()["id"], "true")
    other = office.post("intake", "/meetings", {**body, "title": "另一会"}, Idempotency_Key="meeting-1")
    assert other.json()["code"] == "key_reused"


def test_a_repeated_step_is_taken_once(office: Office) -> None:
    meeting = called(office)["id"]
    convened(office, meeting)
    path, body = f"/meetings/{meeting}/record-part", {"part": "screened", "text": "情况"}
    first = office.post("intake", path, body, Idempotency_Key="part-1")
    step(office, meeting, "record-part", part="collated", text="梳理")
    before = office.events()
    again = office.post("intake", path, body, Idempotency_Key="part-1", If_Match='"2"')
    assert again.headers["Idempotent-Replayed"] == "true"
    told = ("id", "stage", "version", "position")
    assert [again.json()[name] for name in told] == [first.json()[name] for name in told]
    assert office.events() == before
    other = office.post("intake", path, {**body, "text": "另一情况"}, Idempotency_Key="part-1")
    assert other.json()["code"] == "key_reused"


def test_who_saw_an_older_version_is_told(office: Office) -> None:
    meeting = called(office)
    convened(office, meeting["id"])
    refused = office.post(
        "intake", f"/meetings/{meeting['id']}/record-part", {"part": "screened", "text": "情况"}, If_Match='"1"'
    )
    assert refused.status_code == 412
    caller = office.parts.access.of_staff("intake", "t")
    command = RecordPart(part=MeetingPart.SCREENED, text="情况")
    with pytest.raises(Stale):
        office.parts.meetings.take(caller, meeting["id"], command, request_id="r", expected=1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "2026-02-01", "to": "2026-01-01"}, "to"),
        ({"areas": ["NOWHERE"]}, "areas"),
        ({"categories": ["NOWHERE"]}, "categories"),
        ({"title": ""}, "title"),
    ],
)
def test_bad_input_names_the_field_and_calls_nothing(office: Office, body: dict[str, Any], field: str) -> None:
    before = office.events()
    today = day_of(office.parts.now()).isoformat()
    given = {"title": "会", "planned_on": today, "from": "2020-01-01", "to": today} | body
    answer = office.post("intake", "/meetings", given)
    assert answer.status_code == 422
    assert field in str(answer.json()["errors"])
    assert office.events() == before


def test_there_is_no_such_meeting(office: Office) -> None:
    for path in ("/meetings/m-0000000000", "/meetings/x", "/meetings/m-0000000000/minutes"):
        assert office.get("intake", path).json()["code"] == "no_such_address"
    assert office.post("intake", "/meetings/m-0000000000/close-meeting").json()["code"] == "no_such_address"


def test_the_tables_are_those_of_a_rebuild(office: Office) -> None:
    history = office.parts.store.notifications(0, 10_000, readable=True)
    with psycopg.connect(office.url) as connection:
        live = fed(connection, Meetings(), history, 1)
        assert any(live.values())
        assert fed(connection, Meetings(), history, 10_000) == live
        connection.rollback()
