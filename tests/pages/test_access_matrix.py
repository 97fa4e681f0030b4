"""Every route × every role × own or other unit × secret or not: what is not granted is refused and shown nowhere.

Who may what stands in access_table.py. Which files exist for whom is told here a second time, in the words of the
field (L1 30), so that a mistake in the one rule of the service is not repeated by its own test.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from domain.petition.commands import STEPS
from tests.pages.access_table import FILE, OPEN, READERS, ROUTES, TABLE, path_of, rule_of
from tests.pages.page_kit import post_form, visitor
from tests.service.api_kit import API, STAFF, Office

CALLERS = ("intake", "handler", "handler-hw", "approver", "publisher", "caller", "supervisor", "admin")
"""One of each role, and a handler of another unit. The approver's unit stands above both handlers'."""

WORD = "矩阵核验专用"
"""Stands in the title of every file under test and nowhere else."""

HIDDEN: Mapping[str, frozenset[str]] = {
    "open": frozenset({"admin"}),
    "secret": frozenset({"admin", "handler-hw"}),
    "against_unit": frozenset({"admin", "handler"}),
    "against_above": frozenset({"admin", "handler", "handler-hw", "approver"}),
    "against_person": frozenset({"admin", "handler-hw"}),
    "secret_against": frozenset({"admin", "handler", "handler-hw", "approver"}),
}
"""For whom a file of this sort does not exist. Of secret ones only who works on them knows, besides the committee."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The office with a file of every sort, and everybody signed in."""

    desk: Office
    files: Mapping[str, str]
    people: Mapping[str, httpx.Client]

    def ask(self, who: str, route: str, number: str = "HY-2026-999999", query: str = "") -> httpx.Response:
        """Use a route as a member of staff: of the API with their token, of the pages in their session."""
        method, path = route.partition(" ")[0], path_of(route, number) + query
        if path.startswith(API):
            body: dict[str, Any] = {"json": {}} if method == "POST" else {}
            return self.desk.client.request(method, path, headers=self.desk.headers(who, {}), **body)
        return post_form(self.people[who], path, {}) if method == "POST" else self.people[who].get(path)


@pytest.fixture(scope="module")
def matrix(desk: Office) -> Iterator[Matrix]:
    """A file of every sort, accepted; the secret one with the handler's unit."""
    sorts: dict[str, dict[str, object]] = {
        "open": {},
        "secret": {"secrecy": "secret"},
        "against_unit": {"nature": "report", "against": ["ZF"]},
        "against_above": {"nature": "report", "against": ["CG"]},
        "against_person": {"nature": "report", "against": ["handler-hw"]},
        "secret_against": {"nature": "report", "against": ["CG"], "secrecy": "secret"},
    }
    files = {}
    for sort, changes in sorts.items():
        number = str(desk.received(title=f"{WORD}{sort}", content=f"{WORD}。", **changes)["number"])
        desk.take("intake", number, "accept-petition", notice="sms")
        if sort in {"open", "secret"}:
            desk.take("intake", number, "assign-petition", lead="ZF")
        files[sort] = number
    desk.catch_up()
    clients = {who: visitor(desk, who) for who in CALLERS}
    yield Matrix(desk, files, {who: client.__enter__() for who, client in clients.items()})
    for client in clients.values():
        client.__exit__(None, None, None)


def stands(route: str) -> bool:
    """Whether the table has a rule for a route."""
    try:
        rule_of(route)
    except KeyError:
        return False
    return True


def test_every_route_stands_in_the_table() -> None:
    assert [route for route in ROUTES if not stands(route)] == []
    assert not set(TABLE) - set(ROUTES)


CLOSED = [route for route in ROUTES if stands(route) and rule_of(route) is not OPEN]


def test_nobody_comes_in_without_signing_in(matrix: Matrix) -> None:
    with visitor(matrix.desk) as nobody:
        for route in CLOSED:
            method, path = route.partition(" ")[0], path_of(route, matrix.files["open"])
            answer = post_form(nobody, path, {}) if method == "POST" else nobody.get(path)
            if path.startswith(API):
                assert answer.status_code == 401, route
            else:
                assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), route


@pytest.mark.parametrize("who", CALLERS)
def test_what_is_not_the_roles_is_refused_and_changes_nothing(matrix: Matrix, who: str) -> None:
    role, before, wrong = STAFF[who][0], matrix.desk.events(), []
    for route in CLOSED:
        rule = rule_of(route)
        assert rule is not None
        if role in rule:
            continue
        status = matrix.ask(who, route, matrix.files["open"]).status_code
        # What is only one's own does not exist for others; of the API a body is read before the role is looked at.
        if status not in ({403, 404, 422} if route.startswith("POST /api") else {403, 404}):
            wrong.append((route, status))
    assert (wrong, matrix.desk.events()) == ([], before)


@pytest.mark.parametrize("who", CALLERS)
def test_what_is_the_roles_opens(matrix: Matrix, who: str) -> None:
    wrong = []
    for route in CLOSED:
        rule = rule_of(route)
        assert rule is not None
        if STAFF[who][0] in rule and rule is not FILE and route.startswith("GET"):
            status = matrix.ask(who, route).status_code
            if status in {401, 403} or status >= 500:
                wrong.append((route, status))
    assert wrong == []


OF_FILES = [route for route in CLOSED if "{number}" in route]


@pytest.mark.parametrize("sort", HIDDEN)
def test_what_one_may_not_see_answers_like_what_does_not_exist(matrix: Matrix, sort: str) -> None:
    before, wrong = matrix.desk.events(), []
    for who in sorted(HIDDEN[sort] - {"admin"}):
        for route in OF_FILES:
            step = route.rpartition("/")[2] in STEPS
            if step and not route.startswith("GET"):
                continue
            there = matrix.ask(who, route, matrix.files[sort])
            # All steps answer by the same function: that they answer alike is looked at once, by the file itself.
            nowhere = there if step else matrix.ask(who, route, "HY-2026-999999")
            alike = step or _plain(there, matrix.files[sort]) == _plain(nowhere, "HY-2026-999999")
            granted = STAFF[who][0] in (rule_of(route) or ())
            if not alike or there.status_code not in ({404, 422} if granted else {403, 404, 422}):
                wrong.append((who, route, there.status_code))
    assert (wrong, matrix.desk.events()) == ([], before)


@pytest.mark.parametrize("sort", HIDDEN)
def test_no_step_is_taken_on_what_one_may_not_see(matrix: Matrix, sort: str) -> None:
    before, number = matrix.desk.events(), matrix.files[sort]
    for who in sorted(HIDDEN[sort] - {"admin"}):
        for step in ("sign-for", "approve-reply", "grant-suspension", "refuse-suspension"):
            for route in (f"POST {API}/petitions/{{number}}/{step}", f"POST /files/{{number}}/{step}"):
                assert matrix.ask(who, route, number).status_code in {404, 422}, (who, route)
    assert matrix.desk.events() == before


@pytest.mark.parametrize("sort", HIDDEN)
def test_who_may_see_it_does(matrix: Matrix, sort: str) -> None:
    for who in sorted(set(CALLERS) - HIDDEN[sort]):
        for route in (
            "GET /files/{number}",
            f"GET {API}/petitions/{{number}}",
            f"GET {API}/petitions/{{number}}/events",
        ):
            assert matrix.ask(who, route, matrix.files[sort]).status_code == 200, (who, route)


LISTS = [
    route
    for route in CLOSED
    if route.startswith("GET") and "{number}" not in route and not route.startswith("GET /administration")
]


@pytest.mark.parametrize("who", CALLERS)
def test_lists_never_show_what_one_may_not_see(matrix: Matrix, who: str) -> None:
    hidden = {number for sort, number in matrix.files.items() if who in HIDDEN[sort]}
    leaks, seen = [], set()
    for route in LISTS:
        rule = rule_of(route)
        if rule is None or STAFF[who][0] not in rule:
            continue
        searched = (f"?q={WORD}", *(f"?q={number}" for number in sorted(hidden)[:1])) if "/ledger" in route else ()
        for query in ("", *searched):
            text = _text(matrix.ask(who, route, query=query))
            # A search repeats what was asked for; the file's own words are not in it.
            asked = {number for number in hidden if number in query}
            leaks += [(route, query, number) for number in hidden - asked if number in text]
            leaks += [(route, query, sort) for sort in matrix.files if who in HIDDEN[sort] and f"{WORD}{sort}<" in text]
            seen |= {number for number in matrix.files.values() if number in text and number not in query}
    assert leaks == []
    if STAFF[who][0] in READERS:
        assert seen == set(matrix.files.values()) - hidden


FIGURES = [route for route in LISTS if "/statistics" in route or "/reports" in route]


@pytest.mark.parametrize("who", sorted(set(CALLERS) - {"admin", "supervisor"}))
def test_no_figure_moves_for_what_only_the_committee_counts(matrix: Matrix, who: str) -> None:
    def figures() -> dict[str, str]:
        matrix.desk.catch_up()
        return {route: _figures(matrix.ask(who, route)) for route in FIGURES if ".svg" not in route}

    before, committee = figures(), _committee(matrix)
    matrix.desk.received(nature="report", against=["CG"], title=f"{WORD}新", content="反映")
    assert figures() == before
    assert _committee(matrix) != committee


def _committee(matrix: Matrix) -> str:
    matrix.desk.catch_up()
    return _figures(matrix.ask("supervisor", f"GET {API}/statistics/{{dimension}}"))


def _figures(answer: httpx.Response) -> str:
    """What an answer says, without what is different every time."""
    return re.sub(r"\b[0-9a-f]{32,64}\b|\?v=\w+|\b\d\d:\d\d(:\d\d)?Z?\b", "", _text(answer))


def _plain(answer: httpx.Response, number: str) -> tuple[int, str]:
    """An answer without the number that was asked for and the ids of the request."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return answer.status_code, json.dumps({**answer.json(), "request_id": ""})
    return answer.status_code, re.sub(r"\b[0-9a-f]{32,64}\b", "", answer.text.replace(number, ""))


def _text(answer: httpx.Response) -> str:
    """All text of an answer, also inside a workbook or a document."""
    if not answer.content.startswith(b"PK\x03\x04"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = [name for name in sorted(archive.namelist()) if "core.xml" not in name]  # holds when it was made
        return "".join(archive.read(name).decode(errors="replace") for name in parts)
