"""Who gets in, and who sees what: nobody without a token, no administrator in the files, nobody what accuses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from domain.kernel import day_of
from domain.petition.commands import STEPS
from domain.staff import AddStaff, EndRole, GrantRole
from domain.vocabulary import STAFF_ROLES, Role
from projections.periods import ONE_DAY
from service import tokens
from service.administration import staff_steps
from service.app import create_app
from service.settings import Settings
from tests.service.api_kit import API, SINCE, STAFF, Office, assigned, published, replied

NO_TOKEN = "00000000-0000-0000-0000-000000000000"
OPEN = {"/healthz", "/readyz", "/metrics"}


def routes() -> Iterator[tuple[str, str]]:
    """Every documented route: method and path, with something in the place of parameters."""
    app: FastAPI = create_app(Settings())
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            names = {"figure": "acceptance", "attachment": "a0", "dimension": "units", "letter": "reply-2026-1"}
            names |= {"staff": "nobody", "token": NO_TOKEN}
            names |= {"kind": "monthly", "period": "2026-03", "meeting": "m-0123456789"}
            filled = path.format(number="HY-2026-000001", **names)
            yield method.upper(), filled


def administers(path: str) -> bool:
    """Whether an address is the administrators'."""
    return path.startswith(tuple(f"{API}/{kind}" for kind in ("staff", "tokens", "rulebook", "calendars")))


ROUTES = sorted(routes())


def test_every_step_has_its_route() -> None:
    on_file = f"{API}/petitions/HY-2026-000001/"
    posted = {path.removeprefix(on_file) for method, path in ROUTES if method == "POST" and path.startswith(on_file)}
    beside = {"redaction-preview", "reveal"}
    assert posted - beside == {name for name, kind in STEPS.items() if kind.roles & STAFF_ROLES}


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1] not in OPEN])
def test_nobody_gets_in_without_a_token(office: Office, method: str, path: str) -> None:
    for given in (
        None,
        "Bearer",
        "Bearer wrong",
        "Bearer " + "x" * 5000,
        f"Basic {office.secrets['intake']}",
    ):
        headers = {"Authorization": given} if given is not None else {}
        response = office.client.request(method, path, headers=headers, content=b"not even JSON")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["code"] == "not_signed_in"


@pytest.mark.parametrize("path", sorted(OPEN))
def test_operators_need_no_token(office: Office, path: str) -> None:
    assert office.client.get(path).status_code == 200


@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r[1] not in OPEN and not administers(r[1])])
def test_an_administrator_sees_no_file(office: Office, method: str, path: str) -> None:
    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    response = office.client.request(method, path, headers=office.headers("admin", {}), **body)
    assert response.status_code in {403, 422}
    assert office.get("admin", "/ledger").json()["code"] == "forbidden"


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if administers(route[1])])
@pytest.mark.parametrize("who", sorted(set(STAFF) - {"admin", "admin-2"}))
def test_nobody_else_administers(office: Office, method: str, path: str, who: str) -> None:
    before = office.events()
    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    response = office.client.request(method, path, headers=office.headers(who, {}), **body)
    assert (response.status_code, office.events()) in {(403, before), (422, before)}


def test_an_administrator_takes_no_step(office: Office) -> None:
    number, before = str(office.received()["number"]), office.events()
    response = office.post("admin", f"/petitions/{number}/ask-erasure", {"ground": "unlawful", "reason": "测试"})
    assert (response.status_code, office.events()) == (403, before)


@pytest.mark.parametrize("who", ["intake", "handler", "approver", "publisher", "caller", "admin"])
@pytest.mark.parametrize("path", ["/audit", "/audit/readings"])
def test_the_audit_trail_is_the_committees(office: Office, path: str, who: str) -> None:
    assert office.get(who, path).status_code == 403
    assert office.get("supervisor", path).status_code == 200


def test_what_accuses_a_unit_does_not_exist_for_it(office: Office) -> None:
    number = str(office.received(nature="report", against=["CG"], content="反映执法不公。")["number"])
    last = office.received()["position"]
    for who in ("handler", "approver"):
        for path in (f"/petitions/{number}", f"/petitions/{number}/events"):
            unknown = office.get(who, path.replace(number, "HY-2026-999999"))
            hidden = office.get(who, path)
            assert hidden.status_code == 404
            same = {**unknown.json(), "request_id": ""}
            assert {**hidden.json(), "request_id": ""} == same
        assert office.post(who, f"/petitions/{number}/sign-for").status_code == 404
        listed = office.ok(office.get(who, "/ledger", limit=200, after=last))["files"]
        assert number not in {row["number"] for row in listed}
        assert not office.ok(office.get(who, "/ledger", q=number))["files"]
    seen = office.ok(office.get("supervisor", "/ledger", limit=200))["files"]
    assert number in {row["number"] for row in seen}


def test_only_the_committees_figures_count_protected_files(office: Office) -> None:
    office.received(nature="report", against=["CG"])
    last = office.received()["position"]

    def registered(who: str) -> int:
        answer = office.ok(office.get(who, "/statistics/channels", after=last))
        assert answer["protected"] == (who == "supervisor")
        return int(answer["periods"][0]["rows"][-1]["figures"]["registered"]["numerator"])

    assert registered("supervisor") > registered("intake") == registered("handler") > 0


def test_personal_data_is_for_who_works_on_the_file(office: Office) -> None:
    number = assigned(office)
    for who, name in (("intake", "林某某"), ("handler", "林小满"), ("approver", "林小满"), ("caller", "林某某")):
        file = office.ok(office.get(who, f"/petitions/{number}"))
        assert (file["petitioners"][0]["name"], file["personal"]) == (name, name == "林小满")
    last = office.received()["position"]
    readings = office.ok(office.get("supervisor", "/audit/readings", number=number.lower(), after=last))["readings"]
    assert [reading["staff"] for reading in readings] == ["approver", "handler"]
    today = day_of(office.parts.now())
    for days, many in (({"from": today}, 2), ({"from": today + ONE_DAY}, 0), ({"to": today - ONE_DAY}, 0)):
        found = office.ok(office.get("supervisor", "/audit/readings", number=number, **days))
        assert len(found["readings"]) == many
    asked = office.ok(office.get("supervisor", "/audit/readings", staff="handler", limit=1))
    assert asked["readings"][0]["number"] == number


def test_intake_reads_personal_data_while_the_file_is_theirs(office: Office) -> None:
    number = str(office.received()["number"])

    def reads() -> bool:
        return bool(office.ok(office.get("intake", f"/petitions/{number}"))["personal"])

    assert reads()
    office.take("intake", number, "accept-petition", notice="sms")
    assert reads()
    office.take("intake", number, "assign-petition", lead="ZF")
    assert not reads()
    office.take("handler", number, "ask-return", reason="职责不在本单位")
    assert not reads()
    office.take("intake", number, "grant-return", unit="ZF")
    assert reads()
    office.take("intake", number, "assign-petition", lead="ZF")
    replied(office, number)
    published(office, number)
    assert not reads()
    office.take("caller", number, "follow-up", solved="solved", satisfaction="satisfied")
    assert reads()
    office.take("caller", number, "recollect", settled=True)
    assert not reads()
    ended = str(office.received()["number"])
    office.take("intake", ended, "withdraw-petition", reason="来件人撤回")
    assert not office.ok(office.get("intake", f"/petitions/{ended}"))["personal"]


@pytest.mark.parametrize("number", ["abc", "HY-2026", "", "HY-2026-x"])
def test_readings_of_what_is_no_number_are_refused(office: Office, number: str) -> None:
    answer = office.get("supervisor", "/audit/readings", number=number)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["number"])


def test_readings_come_in_pages(office: Office) -> None:
    number = assigned(office)
    for _ in range(3):
        office.get("handler", f"/petitions/{number}")
    seen: list[int] = []
    asked: dict[str, Any] = {"number": number, "limit": 2, "after": office.received()["position"]}
    while True:
        page = office.ok(office.get("supervisor", "/audit/readings", **asked))
        seen += [reading["id"] for reading in page["readings"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)


def test_a_revoked_token_and_an_ended_role_end_everywhere(office: Office) -> None:
    staff_steps(office.parts, "leaving", AddStaff(name="某人"), GrantRole(role=Role.INTAKE, since=SINCE))
    with office.parts.pool.connection() as connection:
        kept, gone = tokens.create(connection, "leaving"), tokens.create(connection, "leaving")
        found = tokens.find(connection, gone)
        assert found is not None
        tokens.revoke(connection, found[0])
    answers = [
        office.client.get(f"{API}/ledger", headers={"Authorization": f"bearer {secret}"}).status_code
        for secret in (kept, gone)
    ]
    assert answers == [200, 401]
    staff_steps(office.parts, "leaving", EndRole(role=Role.INTAKE, until=SINCE))
    with office.parts.pool.connection() as connection:
        fresh = tokens.create(connection, "leaving")
    response = office.client.get(f"{API}/ledger", headers={"Authorization": f"Bearer {fresh}"})
    assert response.status_code == 401
