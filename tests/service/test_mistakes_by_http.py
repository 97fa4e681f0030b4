"""The ten mistakes of naive software in this field, each tried out by HTTP; the domain's own part is beside its rules.

Whoever tries is refused, is told so in words, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from domain.clocks import Calendar, after_working_days
from domain.kernel import day_of
from projections.periods import ONE_DAY
from service.app import create_app
from service.settings import Settings
from tests.service.api_kit import API, PERSON, Office, assigned, published, replied

SECRET_WORD = "蓝鹇"
"""Stands in the hidden petition alone."""
ACCUSED = ("handler", "handler-hw", "approver")
"""Of CG, or of a unit below it."""


def refused(office: Office, response: httpx.Response, code: str, before: int) -> None:
    """Refused with this code, and nothing was written."""
    assert response.is_client_error, response.text
    assert response.json()["code"] == code, response.text
    assert office.events() == before


def attempt(office: Office, who: str, number: str, step: str, code: str, **body: object) -> None:
    """Try a step that must be refused."""
    before = office.events()
    refused(office, office.post(who, f"/petitions/{number}/{step}", body), code, before)


def file_of(office: Office, number: str, who: str = "supervisor") -> dict[str, Any]:
    return office.ok(office.get(who, f"/petitions/{number}"))


def dues(office: Office, number: str) -> dict[str, dict[str, Any]]:
    return {one["clock"]: one for one in file_of(office, number)["due"]}


# 1. Closing before publication and follow-up


def test_a_file_is_not_closed_before_it_was_published_and_followed_up(office: Office) -> None:
    number = assigned(office)
    for _ in range(2):
        for who in ("caller", "intake"):
            attempt(office, who, number, "recollect", "wrong_stage", settled=True)
        if file_of(office, number)["stage"] == "handling":
            replied(office, number)
    published(office, number)
    attempt(office, "caller", number, "recollect", "wrong_stage", settled=True)
    assert file_of(office, number)["stage"] == "supervising"


# 2 to 4. One clock for everything; 60 days on suggestions; make-up days and unknown years


def test_each_step_has_a_clock_of_its_own_and_a_suggestion_has_no_sixty_days(office: Office) -> None:
    letter = {"channel": "letter_visit", "category": "020102"}
    claim = str(office.received(**letter, nature="complaint")["number"])
    assert set(dues(office, claim)) == {"notice"}
    office.take("intake", claim, "accept-petition", notice="sms")
    assert set(dues(office, claim)) == {"handle"}
    idea = str(office.received(**letter, nature="suggestion")["number"])
    office.take("intake", idea, "accept-petition", notice="sms")
    assert dues(office, idea) == {}
    office.take("intake", claim, "classify-petition", nature="suggestion", category="020102")
    assert dues(office, claim) == {}
    office.take("intake", claim, "assign-petition", lead="ZF")
    assert set(dues(office, claim)) == {"object"}


def test_due_dates_heed_make_up_days_and_say_when_they_are_provisional(office: Office) -> None:
    order = str(office.received(channel="hotline")["number"])
    office.take("intake", order, "accept-petition", notice="sms")
    handle, today = dues(office, order)["handle"], day_of(office.parts.now())
    calendar = Calendar()
    assert handle["due"] == after_working_days(today, 5, calendar).isoformat()
    reaches = [calendar.is_published(day.year) for day in (today + ONE_DAY, today + timedelta(days=11))]
    assert handle["provisional"] == (not all(reaches))
    assert f"受理 {today} + 5 个工作日" in handle["explanation"]
    assert f"accepted {today} + 5 working days" in handle["explanation_en"]


# 5. Editing history


def test_nothing_edits_or_deletes_what_happened(office: Office) -> None:
    """No address takes another verb, a correction is one more fact, and the log itself takes no change."""
    come = office.received()
    number, before = str(come["number"]), office.events()
    for method in ("PUT", "PATCH", "DELETE"):
        for path in (f"/petitions/{number}", f"/petitions/{number}/events", "/ledger"):
            answer = office.client.request(method, f"{API}{path}", headers=office.headers("intake", {}), json={})
            refused(office, answer, "wrong_method", before)
    first = office.ok(office.get("supervisor", f"/petitions/{number}/events", after=come["position"]))["events"]
    done = office.take("intake", number, "correct-petition", reason="写错了", title="楼道灯闪烁")
    path = f"/petitions/{number}/events"
    after = office.ok(office.get("supervisor", path, after=done["position"]))["events"]
    assert after[: len(first)] == first
    assert [one["topic"] for one in after[len(first) :]] == ["petition.corrected"]


# 6. Leaking the petitioner through routing, search, attachments, export or small counts


@pytest.fixture(scope="module")
def hidden(office: Office) -> dict[str, str]:
    """A report against CG with an attachment, and another file that names it."""
    image = office.client.post(
        f"{API}/attachments",
        headers=office.headers("intake", {}) | {"Content-Type": "image/png"},
        content=bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000020001"
            "48afa4710000000049454e44ae426082"
        ),
    )
    attached = str(office.ok(image)["id"])
    report = office.received(
        nature="report",
        against=["CG"],
        title=f"反映{SECRET_WORD}队员收钱",
        content=f"{SECRET_WORD}队员收钱不办事。",
        petitioners=[PERSON],
        attachments=[attached],
    )
    sequel = office.received(arises_from=report["number"], petitioners=[])
    assert office.parts.positions.wait_for(sequel["position"], ["ledger", "search", "worklist"], 60)
    return {"number": str(report["number"]), "attachment": attached, "sequel": str(sequel["number"])}


def readings() -> Iterator[str]:
    """Every address that is read by callers."""
    for path, methods in create_app(Settings()).openapi()["paths"].items():
        if "get" in methods and path.startswith(API) and not path.startswith((f"{API}/staff", f"{API}/audit")):
            yield path.removeprefix(API)


@pytest.mark.parametrize("path", sorted(readings()))
@pytest.mark.parametrize("who", ACCUSED)
def test_no_answer_to_the_accused_tells_of_the_report(
    office: Office, hidden: dict[str, str], path: str, who: str
) -> None:
    names = {"figure": "registered", "dimension": "channels", "kind": "monthly", "letter": "reply-2026-1"}
    names |= {"period": day_of(office.parts.now()).isoformat()[:7], "attachment": hidden["attachment"]}
    for number in (hidden["number"], hidden["sequel"]):
        for asked in ({}, {"q": SECRET_WORD}, {"q": hidden["number"]}, {"side": "numerator", "format": "xlsx"}):
            answer = office.get(who, path.format(number=number, **names), **asked)
            told = answer.content.decode(errors="replace")
            for secret in (SECRET_WORD, *PERSON.values(), hidden["number"]):
                assert secret not in told.replace(hidden["number"], "", told.count("/petitions/")), (path, asked)
            if number == hidden["number"] and "{number}" in path:
                assert answer.status_code == 404


@pytest.mark.parametrize("who", ACCUSED)
def test_no_step_of_the_accused_finds_the_report(office: Office, hidden: dict[str, str], who: str) -> None:
    steps: dict[str, dict[str, object]] = {
        "sign-for": {},
        "note-progress": {"text": "已看"},
        "ask-return": {"reason": "不属"},
        "approve-reply": {},
        "answer-reminder": {"id": "r1", "text": "在办"},
    }
    for step, body in steps.items():
        attempt(office, who, hidden["number"], step, "unknown_petition", **body)


def test_the_report_is_given_to_nobody_below_whom_it_accuses(office: Office, hidden: dict[str, str]) -> None:
    number = hidden["number"]
    office.take("intake", number, "accept-petition", notice="sms")
    for unit in ("CG", "ZF", "HW"):
        attempt(office, "intake", number, "assign-petition", "invalid", lead=unit)
    proposed = office.get("intake", f"/petitions/{number}/routing").json()
    given = [proposed["lead"], *proposed["co_units"], *proposed["others"]]
    assert not {"CG", "ZF", "HW"} & {one["unit"] for one in given if one}


def test_a_small_count_tells_nothing(office: Office) -> None:
    """Whatever the accused count, by whichever dimension, is the same with the report and without."""

    def counted() -> list[dict[str, Any]]:
        position = office.parts.store.last_position()
        assert office.parts.positions.wait_for(position, ["statistics"], 60)
        return [
            office.ok(office.get("handler", f"/statistics/{dimension}"))["periods"]
            for dimension in ("channels", "communities", "natures", "units")
        ]

    before = counted()
    office.received(nature="report", against=["CG"], content="再次反映。")
    assert counted() == before


# 7. Merging duplicates by deleting, or counting them twice


def test_a_duplicate_keeps_its_number_and_counts_once(office: Office) -> None:
    principal, number = (str(office.received()["number"]) for _ in range(2))
    answer = office.take("intake", number, "link-duplicate", principal=principal, reason="同一路灯")
    assert file_of(office, number)["duplicate_of"] == principal
    assert file_of(office, principal)["duplicates"] == [number]
    position = answer["position"]
    figures = office.ok(office.get("supervisor", "/statistics/channels", after=position))
    total = figures["periods"][0]["rows"][-1]["figures"]
    behind = office.ok(office.get("supervisor", "/statistics/figures/duplicate/files", side="numerator", limit=200))
    assert [one["number"] for one in behind["files"]].count(number) == 1
    assert total["duplicate"]["denominator"] == total["registered"]["numerator"]
    attempt(office, "intake", principal, "link-duplicate", "not_possible_now", principal=number, reason="反过来")


# 8. The handler closing, calling back and scoring their own case


def test_nobody_judges_their_own_work(office: Office) -> None:
    """A handler has no such role; and who did the desk's work on the file finds that another person is needed."""
    number = assigned(office)
    replied(office, number)
    published(office, number)
    content = {"solved": "solved", "satisfaction": "satisfied"}
    attempt(office, "handler", number, "follow-up", "wrong_role", **content)
    attempt(office, "approver", number, "follow-up", "wrong_role", **content)
    office.take("caller", number, "follow-up", **content)
    attempt(office, "handler", number, "recollect", "wrong_role", settled=True)
    contacted = assigned(office)
    office.take("intake-2", contacted, "contact-resident", reached=True)
    replied(office, contacted)
    published(office, contacted)
    office.take("caller", contacted, "follow-up", **content)
    attempt(office, "intake-2", contacted, "recollect", "two_people_needed", settled=True)


# 9. Returns and extensions that reset the clock


def test_returns_extensions_and_suspensions_reset_nothing_and_stand_on_record(office: Office) -> None:
    number = assigned(office)
    started = dues(office, number)["handle"]
    office.take("handler", number, "ask-return", reason="不属本队")
    office.take("intake", number, "grant-return", unit="ZF")
    office.take("intake", number, "assign-petition", lead="ZF")
    office.take("handler", number, "sign-for")
    assert dues(office, number)["handle"] == started
    office.take("handler", number, "ask-suspension", until="2199-01-01", reason="等待鉴定")
    office.take("approver", number, "grant-suspension")
    office.take("handler", number, "resume-handling")
    assert dues(office, number)["handle"] == started
    office.take("handler", number, "ask-extension", days=2, reason="协调")
    attempt(office, "handler", number, "grant-extension", "wrong_role", notice="sms")
    done = office.take("approver", number, "grant-extension", notice="sms")
    longer = dues(office, number)["handle"]
    assert longer["due"] > started["due"]
    path = f"/petitions/{number}/events"
    told = office.ok(office.get("supervisor", path, after=done["position"]))["events"]
    topics = [one["topic"] for one in told]
    for topic in ("return_granted", "suspension_granted", "handling_resumed", "extension_granted"):
        assert f"petition.{topic}" in topics


# 10. No review chain


def test_there_is_a_review_and_a_re_review_and_then_an_end(office: Office) -> None:
    number = str(office.received(channel="letter_visit", category="020102")["number"])
    office.take("intake", number, "accept-petition", notice="sms")
    office.take("intake", number, "assign-petition", lead="ZF")
    attempt(office, "intake", number, "ask-review", "not_possible_now", kind="review", body="区政府", reason="不服")
    replied(office, number)
    assert "review_ask" in dues(office, number)
    attempt(office, "intake", number, "ask-review", "invalid", kind="re_review", body="市政府", reason="不服")
    for kind, deciding in (("review", "review"), ("re_review", "re_review")):
        office.take("intake", number, "ask-review", kind=kind, body="上级机关", reason="不服")
        assert deciding in dues(office, number)
        office.take("intake-2", number, "decide-review", kind=kind, verdict="upheld", text="维持", delivery="post")
    attempt(office, "intake", number, "ask-review", "not_possible_now", kind="review", body="区政府", reason="不服")
    again = str(office.received(channel="letter_visit")["number"])
    office.take("intake", again, "refuse-further", reason="同一事实", concluded_by=number)
    assert file_of(office, again)["stage"] == "no_longer_accepted"


def test_the_log_of_readings_takes_no_change(office: Office) -> None:
    with psycopg.connect(office.url) as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute("DELETE FROM personal_reads")
