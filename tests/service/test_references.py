"""Numbers of other files: told only to who may know of those files; and a committee member whom a report accuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.vocabulary import RevealGround, Role
from projections.file_queries import Entry
from service.readings import Reveal
from tests.service.api_kit import PERSON, Office, assigned

HIDDEN_FROM_ZF: dict[str, Any] = {"nature": "report", "against": ["ZF"]}


def linked(office: Office, number: str, principal: str) -> int:
    done = office.take("intake", number, "link-duplicate", principal=principal, reason="同一事项")
    return int(done["position"])


def row(office: Office, who: str, number: str, after: int) -> dict[str, Any]:
    (found,) = office.ok(office.get(who, "/ledger", q=number, after=after))["files"]
    return dict(found)


def test_a_hidden_principal_is_not_named(office: Office) -> None:
    open_one, hidden = assigned(office), str(office.received(**HIDDEN_FROM_ZF)["number"])
    last = linked(office, open_one, hidden)
    for who, told in (("intake", hidden), ("handler", None)):
        assert office.ok(office.get(who, f"/petitions/{open_one}"))["duplicate_of"] == told
        assert row(office, who, open_one, last)["principal"] == told
        trail = office.get(who, f"/petitions/{open_one}/events", after=last)
        assert (hidden in trail.text) == ("petition.duplicate_linked" in trail.text) == (told is not None)


def test_hidden_duplicates_are_neither_named_nor_counted(office: Office) -> None:
    principal = assigned(office)
    hidden, other = (str(office.received(**more)["number"]) for more in (HIDDEN_FROM_ZF, {}))
    linked(office, hidden, principal)
    last = linked(office, other, principal)
    for who, told in (("intake", sorted([hidden, other])), ("handler", [other])):
        assert office.ok(office.get(who, f"/petitions/{principal}"))["duplicates"] == told
        assert row(office, who, principal, last)["duplicates"] == len(told)
        trail = office.get(who, f"/petitions/{principal}/events", after=last)
        assert [(number in trail.text) for number in (hidden, other)] == [hidden in told, True]
        assert trail.text.count("petition.duplicate_adopted") == len(told), "that there is a link tells of a file"
    office.take("intake", other, "unlink-duplicate", principal=principal, reason="误关联")
    last = office.take("intake", hidden, "unlink-duplicate", principal=principal, reason="误关联")["position"]
    assert row(office, "intake", principal, last)["duplicates"] == 0


def test_where_a_file_comes_from_is_not_told_if_hidden(office: Office) -> None:
    hidden = str(office.received(**HIDDEN_FROM_ZF)["number"])
    number = assigned(office, arises_from=hidden)
    last = office.received()["position"]
    for who, told in (("intake", hidden), ("handler", None)):
        assert office.ok(office.get(who, f"/petitions/{number}"))["arises_from"] == told
        assert (hidden in office.get(who, f"/petitions/{number}/events", after=last).text) == (told is not None)


@pytest.mark.parametrize("field", ["principal", "duplicate", "arises_from", "concluded_by"])
def test_a_step_names_only_known_files(field: str) -> None:
    told = Entry(
        version=1,
        position=1,
        topic="petition.received",
        occurred_at=None,
        recorded_at=datetime(2026, 11, 1, tzinfo=UTC),
        actor="li",
        role=Role.INTAKE,
        unit=None,
        on_behalf_of=None,
        backdated=False,
        round=1,
        codes={field: "HY-2026-000007", "notice": "sms"},
        texts={},
    )
    assert told.named == {"HY-2026-000007"}
    assert told.naming_only(told.named) == told.codes
    assert told.naming_only(()) == {"notice": "sms"}


def test_the_committee_sees_nothing_of_what_accuses_the_one_who_asks(office: Office) -> None:
    number = str(office.received(nature="report", against=["supervisor"])["number"])
    office.get("intake", f"/petitions/{number}")
    other = office.received(nature="report", against=["supervisor-2"])
    office.get("intake", f"/petitions/{other['number']}")
    last = other["position"]
    for who, sees in (("supervisor", False), ("supervisor-2", True)):
        for path, asked in (
            (f"/petitions/{number}", {}),
            ("/audit", {"stream": number}),
            ("/audit", {}),
            ("/audit/readings", {}),
            ("/audit/readings", {"number": number}),
            ("/statistics/figures/registered/files", {"limit": 200}),
            ("/ledger", {"limit": 200}),
        ):
            answer = office.get(who, path, after=last, **asked)
            assert (number in answer.text) == sees, (who, path)
        assert office.ok(office.get(who, "/audit", stream="rulebook", after=last))["events"]

    def registered(who: str) -> int:
        answer = office.ok(office.get(who, "/statistics/channels", after=last))
        return int(answer["periods"][0]["rows"][-1]["figures"]["registered"]["numerator"])

    def behind(who: str) -> int:
        files: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = office.ok(office.get(who, "/statistics/figures/registered/files", limit=200, **cursor))
            files += page["files"]
            if page["next_cursor"] is None:
                return len(files)
            cursor = {"cursor": page["next_cursor"]}

    assert registered("supervisor") == behind("supervisor")
    assert registered("supervisor-2") == behind("supervisor-2")


def test_an_approver_sees_the_secret_files_of_the_units_below(office: Office) -> None:
    number = assigned(office, secrecy="secret")
    last = office.received()["position"]
    for who, found in (("approver", 200), ("handler", 200), ("handler-hw", 404)):
        assert office.get(who, f"/petitions/{number}").status_code == found
        listed = office.ok(office.get(who, "/ledger", q=number, after=last))["files"]
        assert len(listed) == (found == 200)


def test_why_the_committee_looked_names_nobody(office: Office) -> None:
    """The note is kept where no erasure reaches."""
    number = assigned(office, petitioners=[PERSON])
    caller = office.parts.access.of_staff("supervisor", "t")
    why = Reveal(ground=RevealGround.CONTACT, note=f"向{PERSON['name']}本人核实")
    view = office.parts.papers.reveal(caller, number, why, request_id="r")
    assert view.petitioners[0].name == PERSON["name"]
    shown = office.parts.store.last_position()
    told = office.get("supervisor", "/audit/readings", number=number, after=shown).text
    assert "本人核实" in told
    assert PERSON["name"] not in told
