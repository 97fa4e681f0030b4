"""The whole loop by HTTP: six channels, two rounds, several ends; ledger, figures and audit trail agree with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.petition.titles import TITLES
from domain.vocabulary import Channel
from projections.figures import FIGURES
from tests.conftest import new_database
from tests.service.api_kit import Office, assigned, office_at, petition, published, replied

SOURCES: dict[str, dict[str, object]] = {
    "web": {"site": "区门户网站", "message_id": "M-1"},
    "letter_visit": {"form": "visit", "visit_record": "来访人口述楼道灯问题。"},
    "hotline": {"work_order_id": "GD-1", "call_time": "2026-11-01T09:00:00+08:00"},
    "officer": {"officer": "handler", "grid": "A01G1", "patrol": "十一月第三轮"},
    "window": {"receipt": "HZ-1"},
    "symposium": {"meeting": "十一月座谈会", "held_on": "2026-11-18"},
}
BY_CHANNEL = {
    "web": "closed",
    "letter_visit": "closed",
    "hotline": "declined",
    "officer": "referred",
    "window": "closed",
    "symposium": "handling",
}
"""Where each channel's petition ends up: the letter goes round twice, the window's result is not published."""


@pytest.fixture(scope="module")
def gone_round(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, dict[str, str], int]]:
    """An office in which one petition of each channel went its way: numbers by channel, and the last position."""
    folder: Path = tmp_path_factory.mktemp("loop")
    with new_database(postgres_url, migrated_template) as url, office_at(url, folder) as office:
        numbers = {str(channel): _received(office, str(channel)) for channel in Channel}
        last = 0
        for channel, number in numbers.items():
            last = _gone(office, channel, number)
        yield office, numbers, last


def _received(office: Office, channel: str) -> str:
    answer = office.post("intake", "/petitions", petition(channel=channel, source=SOURCES[channel]))
    body = office.ok(answer)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/petitions/{body['number']}"
    assert answer.headers["etag"] == f'"{body["version"]}"'
    assert (body["stage"], body["round"]) == ("receiving", 1)
    assert len(body["query_code"].replace("-", "")) * 5 >= 60
    return str(body["number"])


def _gone(office: Office, channel: str, number: str) -> int:
    """Take a petition where it goes; the position of its last event."""
    if channel == "hotline":
        body = {"ground": "court", "article": "《信访工作条例》第三十一条", "reason": "已立案", "notice": "sms"}
        office.take("intake", number, "ask-decline", **body)
        return int(office.take("intake-2", number, "approve-decline")["position"])
    if channel == "officer":
        return int(office.take("intake", number, "refer-petition", body="区住建局", reason="职责在区")["position"])
    office.take("intake", number, "accept-petition", notice="sms")
    done = office.take("intake", number, "assign-petition", lead="ZF")
    if channel == "symposium":
        return int(done["position"])
    replied(office, number)
    if channel == "window":
        office.take("publisher", number, "ask-waiver", ground="privacy", reason="涉及家庭")
        office.take("publisher-2", number, "approve-waiver")
    else:
        published(office, number)
    if channel == "letter_visit":
        office.take("caller", number, "follow-up", solved="unsolved", satisfaction="dissatisfied")
        again = office.take("caller", number, "recollect", settled=False, text="灯又坏了")
        assert (again["stage"], again["round"]) == ("handling", 2)
        office.take(
            "handler", number, "report-outcome", answers=[{"demand": "d1", "outcome": "resolved", "text": "换"}]
        )
        office.take("handler", number, "draft-reply", text="已换新灯。")
        office.take("approver", number, "approve-reply")
        office.take("handler", number, "deliver-reply", method="sms")
        published(office, number)
    office.take("caller", number, "follow-up", solved="solved", satisfaction="satisfied")
    return int(office.take("caller", number, "recollect", settled=True)["position"])


Gone = tuple[Office, dict[str, str], int]


def test_numbers_have_no_gap(gone_round: Gone) -> None:
    _, numbers, _ = gone_round
    assert [number[-6:] for number in numbers.values()] == [f"{serial:06d}" for serial in range(1, 7)]


def test_the_ledger_agrees(gone_round: Gone) -> None:
    office, numbers, last = gone_round
    found = office.ok(office.get("supervisor", "/ledger", after=last))["files"]
    rows = {row["channel"]: row for row in found}
    assert {channel: row["number"] for channel, row in rows.items()} == numbers
    assert {channel: row["stage"] for channel, row in rows.items()} == BY_CHANNEL
    assert {channel: row["round"] for channel, row in rows.items() if row["round"] > 1} == {"letter_visit": 2}
    assert rows["window"]["publication"] == "waived"
    assert rows["web"]["publication"] == "published"
    assert rows["web"]["archive_number"] == f"{numbers['web']}-R1"
    assert all(row["petitioner"] == "林某某" for row in found)


@pytest.mark.parametrize(
    ("asked", "channels"),
    [
        ({"channel": "web"}, {"web"}),
        ({"stage": "closed"}, {"web", "letter_visit", "window"}),
        ({"unit": "ZF"}, {"web", "letter_visit", "window", "symposium"}),
        ({"unit": "HY"}, {"web", "letter_visit", "window", "symposium"}),
        ({"unit": "S01"}, set()),
        ({"area": "A01"}, set(SOURCES)),
        ({"area": "A02"}, set()),
        ({"category": "02"}, set(SOURCES)),
        ({"category": "01"}, set()),
        ({"round": 2}, {"letter_visit"}),
        ({"overdue": True}, set()),
        ({"q": "路灯坏了"}, set()),
        ({"q": "楼道灯"}, set(SOURCES)),
        ({"to": "2020-01-01"}, set()),
        ({"from": "2020-01-01"}, set(SOURCES)),
    ],
)
def test_the_ledger_filters(gone_round: Gone, asked: dict[str, Any], channels: set[str]) -> None:
    office, _, last = gone_round
    found = office.ok(office.get("supervisor", "/ledger", after=last, **asked))["files"]
    assert {row["channel"] for row in found} == channels


def test_the_ledger_comes_in_pages(gone_round: Gone) -> None:
    office, numbers, last = gone_round
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 4, "after": last}
    while True:
        page = office.ok(office.get("intake", "/ledger", **asked))
        seen += [row["number"] for row in page["files"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert seen == sorted(numbers.values(), reverse=True)


def test_the_figures_agree(gone_round: Gone) -> None:
    office, _, last = gone_round
    answer = office.ok(office.get("supervisor", "/statistics/channels", after=last))
    (period,) = answer["periods"]
    assert [row["part"] for row in period["rows"]] == [*map(str, Channel), None]
    figures = {row["part"]: row["figures"] for row in period["rows"]}

    def counts(channel: str | None, code: str) -> tuple[int, int | None]:
        return figures[channel][code]["numerator"], figures[channel][code]["denominator"]

    assert all(counts(str(channel), "registered") == (1, None) for channel in Channel)
    assert counts(None, "registered") == (6, None)
    assert counts(None, "acceptance") == (4, 6)
    assert counts("hotline", "acceptance") == (0, 1)
    assert counts(None, "solution") == (3, 4)
    assert counts(None, "satisfaction") == (3, 4)
    assert counts("letter_visit", "solution") == (1, 2)
    assert counts(None, "reopening") == (1, 3)
    assert counts(None, "publication") == (3, 3)
    assert {figure["code"] for figure in answer["figures"]} == set(figures[None])


def test_the_figures_by_unit_open_the_files_of_each_unit(gone_round: Gone) -> None:
    office, _, last = gone_round
    answer = office.ok(office.get("intake", "/statistics/units", after=last))
    (period,) = answer["periods"]
    counted = {row["part"]: row["figures"]["registered"]["numerator"] for row in period["rows"]}
    total = counted.pop(None)
    assert sum(counted.values()) == total
    assert counted["ZF"] > 0 < counted["-"]
    assert "主办单位" in answer["rule"]
    for part, number in counted.items():
        asked = {"dimension": "units", "part": part, "limit": 200}
        files = office.ok(office.get("intake", "/statistics/figures/registered/files", **asked))["files"]
        assert len(files) == number


def test_the_figures_of_each_period_are_set_against_another(gone_round: Gone) -> None:
    office, _, last = gone_round
    asked = {"from": "2026-02-01", "to": "2026-03-10", "by": "month", "after": last}
    assert office.ok(office.get("supervisor", "/statistics/channels", **asked))["compared"] == []
    expected = {
        "previous": [("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-10")],
        "year_before": [("2025-02-01", "2025-02-28"), ("2025-03-01", "2025-03-10")],
    }
    for compare, periods in expected.items():
        answer = office.ok(office.get("supervisor", "/statistics/channels", **asked, compare=compare))
        assert (answer["compare"], len(answer["periods"])) == (compare, 2)
        assert [(one["period"]["first"], one["period"]["last"]) for one in answer["compared"]] == periods
        assert all(set(one["rows"][-1]["figures"]) == set(FIGURES) for one in answer["compared"])


def test_lists_tell_how_much_there_is_in_all(gone_round: Gone) -> None:
    office, _, last = gone_round
    page = office.ok(office.get("supervisor", "/ledger", after=last, limit=2, count=True))
    assert (len(page["files"]), page["total"]) == (2, {"files": 6, "exact": True})
    assert office.ok(office.get("supervisor", "/ledger", limit=2))["total"] is None
    waiting = office.ok(office.get("handler", "/worklist", after=last, limit=1, count=True))
    assert len(waiting["tasks"]) == 1
    assert waiting["counts"]["sign"] == {"waiting": 1, "overdue": 0, "soon": 1}
    assert office.ok(office.get("handler", "/worklist"))["counts"] is None


def test_a_figure_opens_the_files_behind_it(gone_round: Gone) -> None:
    office, numbers, last = gone_round
    for side, channels in (("numerator", {"letter_visit"}), ("denominator", {"web", "letter_visit", "window"})):
        found = office.ok(office.get("intake", "/statistics/figures/reopening/files", side=side, after=last))
        assert {file["number"] for file in found["files"]} == {numbers[channel] for channel in channels}
        assert found["next_cursor"] is None


def test_the_audit_trail_agrees_with_every_file(gone_round: Gone) -> None:
    office, numbers, last = gone_round
    trail: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": 50, "after": last}
    while True:
        page = office.ok(office.get("supervisor", "/audit", **asked))
        trail += page["events"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    positions = [act["position"] for act in trail]
    assert positions == sorted(set(positions), reverse=True)
    by_stream = Counter(act["stream"] for act in trail)
    for number in numbers.values():
        file = office.ok(office.get("supervisor", f"/petitions/{number}"))
        acts = office.ok(office.get("supervisor", f"/petitions/{number}/events", limit=200, after=last))["events"]
        assert len(acts) == file["version"] == by_stream[number]
        assert [act["version"] for act in acts] == list(range(1, len(acts) + 1))
        assert all(act["title"] == TITLES[act["topic"]]._asdict() for act in acts)


def test_a_files_trail_comes_in_pages(gone_round: Gone) -> None:
    office, numbers, last = gone_round
    number, versions, cursor = numbers["letter_visit"], [], None
    while True:
        asked: dict[str, Any] = {"limit": 7, "after": last} | ({"cursor": cursor} if cursor else {})
        page = office.ok(office.get("intake", f"/petitions/{number}/events", **asked))
        versions += [act["version"] for act in page["events"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) > 30


def test_who_acted_is_on_record(gone_round: Gone) -> None:
    office, numbers, last = gone_round
    found = office.ok(office.get("supervisor", "/audit", actor="publisher-2", after=last))["events"]
    assert {(act["topic"], act["role"]) for act in found} == {
        ("petition.publication_approved", "publisher"),
        ("petition.publication_waived", "publisher"),
        ("petition.due_dates_set", "publisher"),
    }
    found = office.ok(office.get("supervisor", "/audit", topic="petition.declined"))["events"]
    assert [act["stream"] for act in found] == [numbers["hotline"]]


def test_the_file_offers_what_can_be_done_now(gone_round: Gone) -> None:
    office, numbers, last = gone_round

    def offered(who: str, channel: str) -> set[str]:
        return {step["step"] for step in office.ok(office.get(who, f"/petitions/{numbers[channel]}"))["steps"]}

    assert "sign-for" in offered("handler", "symposium")
    assert "sign-for" not in offered("handler-hw", "symposium")
    assert "accept-petition" not in offered("intake", "symposium")
    assert "order-supervision" in offered("supervisor", "symposium")
    assert "recollect" in offered("caller", "web")
    waiting = office.ok(office.get("handler", "/worklist", after=last))["tasks"]
    assert ("sign", numbers["symposium"]) in {(task["task"], task["number"]) for task in waiting}


def test_steps_are_counted_by_name(gone_round: Gone) -> None:
    office, _, _ = gone_round
    text = office.client.get("/metrics").text
    assert 'huiying_steps_total{step="receive-petition"} 6.0' in text
    assert 'huiying_steps_total{step="recollect"} 4.0' in text


def test_an_attached_file_can_be_read_again(office: Office) -> None:
    content = b"%PDF-1.7 made up %%EOF"
    headers = office.headers("intake", {"Content-Type": "application/pdf"})
    uploaded = office.ok(office.client.post("/api/v1/attachments", content=content, headers=headers))["id"]
    number = office.received(attachments=[uploaded])["number"]
    found = office.get("intake", f"/petitions/{number}/attachments/{uploaded}")
    assert (found.content, found.headers["content-type"]) == (content, "application/pdf")
    assert office.get("caller", f"/petitions/{number}/attachments/{uploaded}").status_code == 403
    assert office.get("intake", f"/petitions/{number}/attachments/a0").status_code == 404
    number = assigned(office)
    assert office.get("handler", f"/petitions/{number}/attachments/{uploaded}").status_code == 404
