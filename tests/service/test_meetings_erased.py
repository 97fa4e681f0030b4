"""Erasing at a meeting through the interface: the keys go, tables and minutes say so, a restored copy forgets too."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import psycopg
import pytest

from domain.meeting import Meeting, meeting_stream
from projections.meetings import Meetings
from service.erasure import ErasureList, replay
from service.vault import Vault
from tests.projections.comparing import content, fed
from tests.service.api_kit import Office
from tests.service.test_meetings import called, convened, seen, step

GAO, SHUI = "高山青", "水流长"
KEYS = "SELECT key_id, stream, owner, wrapped FROM vault_keys"


@pytest.fixture
def meeting(office: Office) -> str:
    """A meeting that is over, at which somebody is spoken of by name."""
    made = str(called(office, to="2020-01-02")["id"])
    convened(office, made)
    for part in ("screened", "classified", "collated"):
        step(office, made, "record-part", part=part, text="情况")
    step(office, made, "record-part", part="summed_up", text=f"{GAO}总结，{SHUI}书面发言")
    step(office, made, "close-meeting")
    step(office, made, "draft-summary", "publisher", title="会议摘要", text="已研究。")
    return made


def erased(office: Office, meeting: str, person: str | None) -> dict[str, Any]:
    step(office, meeting, "ask-meeting-erasure", person=person, ground="consent_withdrawn", reason="本人要求")
    own = office.post("intake", f"/meetings/{meeting}/approve-meeting-erasure", {"person": person})
    assert own.json()["code"] == "two_people_needed"
    return step(office, meeting, "approve-meeting-erasure", "intake-2", person=person)


def on_paper(office: Office, meeting: str) -> str:
    office.catch_up()
    paper = docx.Document(BytesIO(office.get("approver", f"/meetings/{meeting}/minutes").content))
    cells = [cell.text for table in paper.tables for cell in table._cells]
    return "\n".join([*(one.text for one in paper.paragraphs), *cells])


def is_rebuilt_the_same(office: Office) -> None:
    """What the live tables hold is what a rebuild makes of what can be read now."""
    office.catch_up()
    history = office.parts.store.notifications(0, 10_000, readable=True)
    with psycopg.connect(office.url) as connection:
        assert fed(connection, Meetings(), history, 100) == content(connection, Meetings.name)
        connection.rollback()


def test_one_name_is_forgotten_wherever_the_meeting_says_it(office: Office, meeting: str) -> None:
    assert f"{GAO}总结，{SHUI}书面发言" in on_paper(office, meeting)
    parts = seen(office, meeting, after=office.parts.store.last_position())["meeting"]["parts"]
    assert parts["summed_up"] == "高某某总结，水某某书面发言"
    done = erased(office, meeting, "p1")
    text = on_paper(office, meeting)
    assert GAO not in text
    assert SHUI in text
    assert "主持人：[已删除]" in text
    assert f"[已删除]总结，{SHUI}书面发言" in text
    view = seen(office, meeting, after=done["position"])["meeting"]
    assert view["parts"]["summed_up"] == "[已删除]总结，水某某书面发言"
    assert (view["came"], view["asked"]) == (1, 2)
    is_rebuilt_the_same(office)


def test_a_whole_meeting_is_forgotten_and_that_it_was_held_stands(office: Office, meeting: str) -> None:
    done = erased(office, meeting, None)
    view = seen(office, meeting, after=done["position"])["meeting"]
    told = {view["title"], *view["parts"].values(), view["summary_title"], view["summary_text"]}
    assert told == {"[已删除]"}
    assert view["stage"] == "closed"
    text = on_paper(office, meeting)
    assert not [name for name in (GAO, SHUI, "情况") if name in text.replace("参会情况", "")]
    is_rebuilt_the_same(office)


@pytest.mark.parametrize("person", ["p2", None])
def test_a_restored_copy_forgets_it_again(office: Office, meeting: str, person: str | None, tmp_path: Path) -> None:
    with psycopg.connect(office.url) as connection:
        before = connection.execute(KEYS).fetchall()
    erased(office, meeting, person)
    erasures = ErasureList(tmp_path)
    erasures.collect(office.url, Vault(bytes(32)))
    (entry,) = [one for one in erasures.entries() if one.number == meeting_stream(meeting)]
    assert (entry.petitioner, entry.asked_by, entry.approved_by) == (person, "intake", "intake-2")
    gone = [row for row in before if row[0] in entry.keys]
    assert {row[2] for row in gone} == ({"p2"} if person else {"p1", "p2", "file"})
    now = office.parts.store.fold(Meeting(meeting_stream(meeting)))
    with psycopg.connect(office.url) as connection:
        connection.execute(
            "DELETE FROM stored_events WHERE originator_id = %s AND originator_version > %s", (now.id, now.version - 2)
        )
        connection.cursor().executemany("INSERT INTO vault_keys VALUES (%s, %s, %s, %s)", gone)
    results = {done.entry.number: done.result for done in replay(office.parts, erasures)}
    assert results[meeting_stream(meeting)] == "erased again"
    assert office.parts.store.fold(Meeting(meeting_stream(meeting))).erased == {person}
