"""Letters over HTTP: gapless numbers, who prints, the log of readings, the same letter again, and after an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import psycopg
import pytest
from docx import Document

from domain.letters import LetterSeries
from domain.vocabulary import LetterKind
from service.check import check
from service.letters import default_template
from tests.service.api_kit import API, PERSON, Office, assigned, replied
from tests.service.test_letters import own


def words_of(content: bytes) -> str:
    """The text of a document, tables included."""
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def issued(office: Office, who: str, number: str, kind: str, **more: object) -> str:
    """The id of a letter that was issued now."""
    if kind == "order":
        office.take(who, number, "issue-order", **more)
    else:
        office.take(who, number, "issue-letter", kind=kind, **more)
    return str(letters(office, who, number)["issued"][-1]["id"])


def letters(office: Office, who: str, number: str) -> dict[str, Any]:
    return office.ok(office.get(who, f"/petitions/{number}/letters"))


def printed(office: Office, who: str, number: str, letter: str) -> str:
    answer = office.get(who, f"/petitions/{number}/letters/{letter}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{letter}.docx"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    return words_of(answer.content)


def accepted(office: Office) -> str:
    number = str(office.received(petitioners=[PERSON])["number"])
    office.take("intake", number, "accept-petition", notice="post")
    return number


def series(office: Office, kind: LetterKind) -> int:
    return int(office.parts.store.version_of(LetterSeries(kind, office.parts.now().year).stream))


def test_a_letter_is_numbered_printed_served_and_proved(office: Office) -> None:
    number = accepted(office)
    before = series(office, LetterKind.ACCEPTANCE)
    letter = issued(office, "intake", number, "acceptance")
    assert series(office, LetterKind.ACCEPTANCE) == before + 1
    words = printed(office, "intake", number, letter)
    assert f"{PERSON['name']}：" in words
    assert f"HY受告〔{office.parts.now().year}〕{before + 1}号" in words
    assert printed(office, "intake", number, letter) == words
    told = letters(office, "supervisor", number)
    assert told["issued"][0]["to_be_served"] is True
    assert {"kind": "service", "title": "送达回证", "about": letter} in told["possible"]
    office.take("intake", number, "serve-letter", letter=letter, method="in_person", received_by=PERSON["name"])
    assert letters(office, "intake", number)["issued"][0]["to_be_served"] is False
    proof = issued(office, "intake", number, "service", about=letter)
    assert "当面送达\n" in printed(office, "intake", number, proof)


def test_numbers_have_no_gap_however_many_print_at_once(office: Office) -> None:
    numbers = [accepted(office) for _ in range(6)]
    before = series(office, LetterKind.ACCEPTANCE)
    with ThreadPoolExecutor(6) as pool:
        names = list(pool.map(lambda one: issued(office, "intake", one, "acceptance"), numbers))
    year = office.parts.now().year
    assert sorted(names) == sorted(f"acceptance-{year}-{before + place}" for place in range(1, 7))
    assert series(office, LetterKind.ACCEPTANCE) == before + 6


def test_a_refused_letter_takes_no_number(office: Office) -> None:
    number = accepted(office)
    before = {kind: series(office, kind) for kind in LetterKind}
    for body in ({"kind": "decline"}, {"kind": "reply"}, {"kind": "acceptance", "about": "ZF"}, {"kind": "order"}):
        assert office.post("intake", f"/petitions/{number}/issue-letter", body).status_code in {409, 422}
    assert {kind: series(office, kind) for kind in LetterKind} == before


def test_a_repeated_request_issues_one_letter(office: Office) -> None:
    number = accepted(office)
    given = {"Idempotency_Key": f"print-{number}"}
    first = office.post("intake", f"/petitions/{number}/issue-letter", {"kind": "acceptance"}, **given)
    again = office.post("intake", f"/petitions/{number}/issue-letter", {"kind": "acceptance"}, **given)
    assert office.ok(first) == office.ok(again)
    assert len(letters(office, "intake", number)["issued"]) == 1


def test_who_may_not_read_may_neither_issue_nor_print(office: Office) -> None:
    number = accepted(office)
    letter = issued(office, "intake", number, "acceptance")
    office.take("intake", number, "assign-petition", lead="ZF")
    for who in ("intake", "publisher", "caller", "supervisor", "handler-hw"):
        assert office.get(who, f"/petitions/{number}/letters/{letter}").status_code == 403, who
    assert office.post("intake", f"/petitions/{number}/issue-letter", {"kind": "acceptance"}).status_code == 403
    assert "issue-letter" not in [one["step"] for one in office.get("intake", f"/petitions/{number}").json()["steps"]]
    assert "issue-letter" in [one["step"] for one in office.get("handler", f"/petitions/{number}").json()["steps"]]
    assert PERSON["name"] in printed(office, "handler", number, letter)
    assert office.get("handler", f"/petitions/{number}/letters/reply-2026-99").json()["code"] == "unknown_letter"
    assert office.client.get(f"{API}/petitions/{number}/letters/{letter}").status_code == 401
    office.take("intake", number, "restrict-data", ground="consent_withdrawn", reason="本人申请")
    refused = office.get("handler", f"/petitions/{number}/letters/{letter}")
    assert (refused.status_code, PERSON["name"] in refused.text) == (403, False)


def test_every_printing_is_logged_as_a_reading(office: Office) -> None:
    number = accepted(office)

    def readings() -> int:
        last = office.parts.store.last_position()
        told = office.ok(office.get("supervisor", "/audit/readings", limit=200, after=last))["readings"]
        return sum(one["number"] == number for one in told)

    before = readings()
    letter = issued(office, "intake", number, "acceptance")
    assert readings() == before + 1
    printed(office, "intake", number, letter)
    assert readings() == before + 2


def test_what_the_desk_ended_it_still_tells(office: Office) -> None:
    declined, referred = (str(office.received(petitioners=[PERSON])["number"]) for _ in range(2))
    office.take("intake", declined, "ask-decline", ground="court", article="第三十一条", reason="已立案", notice="post")
    office.take("intake-2", declined, "approve-decline")
    office.take("intake", referred, "refer-petition", body="QZJ", reason="属区级职责", notice="post")
    assert "不予受理" in printed(office, "intake", declined, issued(office, "intake", declined, "decline"))
    words = printed(office, "intake", referred, issued(office, "intake", referred, "referral"))
    assert PERSON["phone"] in words
    assert "QZJ" not in words


def test_the_committee_prints_its_order_without_anybodys_data(office: Office) -> None:
    number = assigned(office, petitioners=[PERSON], title=f"{PERSON['name']}反映楼道灯")
    office.take("supervisor", number, "order-supervision", level="routine", demand=f"联系{PERSON['phone']}")
    letter = issued(office, "supervisor", number, "order", about="o1")
    words = printed(office, "supervisor", number, letter)
    assert "欧阳某某反映楼道灯" in words
    assert not [value for value in PERSON.values() if value in words]
    assert printed(office, "handler", number, letter) == words
    assert office.get("publisher", f"/petitions/{number}/letters/{letter}").status_code == 403


def test_a_reprint_is_the_same_letter_after_the_template_was_edited(office: Office, templates: None) -> None:
    number = accepted(office)
    letter = issued(office, "intake", number, "acceptance")
    words = printed(office, "intake", number, letter)
    folder = office.folder / "letters"
    folder.mkdir(exist_ok=True)
    (folder / "受理告知书.docx").write_bytes(own("{{ to }}：新版"))
    assert printed(office, "intake", number, letter) == words
    assert "新版" in printed(office, "intake", number, issued(office, "intake", number, "acceptance"))


def test_with_a_broken_template_nothing_is_issued(office: Office, templates: None) -> None:
    number = accepted(office)
    folder = office.folder / "letters"
    folder.mkdir(exist_ok=True)
    (folder / "受理告知书.docx").write_bytes(own("{{ too }}：新版"))
    before, events = series(office, LetterKind.ACCEPTANCE), office.events()
    refused = office.post("intake", f"/petitions/{number}/issue-letter", {"kind": "acceptance"})
    assert (refused.status_code, refused.json()["code"]) == (500, "broken_template")
    assert "受理告知书.docx" in refused.json()["detail"]
    assert "{{ too }}：新版" in refused.json()["detail"]
    assert PERSON["name"] not in refused.text
    assert (series(office, LetterKind.ACCEPTANCE), office.events()) == (before, events)


@pytest.fixture
def templates(office: Office) -> Iterator[None]:
    """A folder of the office's own templates that is empty again afterwards."""
    yield
    for path in (office.folder / "letters").glob("*.docx"):
        path.unlink()


def test_an_erasure_reaches_every_letter(office: Office) -> None:
    number = assigned(office, petitioners=[PERSON, {"name": "林小满", "phone": "13900001111"}])
    letter = issued(office, "handler", number, "acceptance")
    replied(office, number)
    office.take("intake", number, "ask-erasure", petitioner="p1", ground="unlawful", reason="本人申请")
    office.take("intake-2", number, "approve-erasure", petitioner="p1")
    words = printed(office, "handler", number, letter)
    assert "[已删除]、林小满：" in words
    assert not [value for value in PERSON.values() if value in words]
    office.take("intake", number, "ask-erasure", ground="unlawful", reason="本人申请")
    office.take("intake-2", number, "approve-erasure")
    assert office.get("handler", f"/petitions/{number}/letters/{letter}").json()["code"] == "unknown_letter"


def test_nothing_of_a_person_is_stored_in_the_clear(office: Office) -> None:
    number = accepted(office)
    issued(office, "intake", number, "acceptance")
    with psycopg.connect(office.url) as connection:
        stored = connection.execute("SELECT state FROM stored_events").fetchall()
        kept = connection.execute("SELECT digest, content FROM letter_templates").fetchall()
    for value in (PERSON["name"], PERSON["phone"]):
        assert not [row for (row,) in stored if value.encode() in bytes(row)]
    assert default_template(LetterKind.ACCEPTANCE.zh) in [bytes(content) for _, content in kept]


def test_the_record_checks_out(office: Office) -> None:
    accepted(office)
    position = office.parts.store.last_position()
    assert office.parts.positions.wait_for(position, ["ledger", "audit"], 30)
    with psycopg.connect(office.url, autocommit=True) as connection:
        assert check(office.parts.store, connection) == []
