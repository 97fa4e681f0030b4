"""Signing in and out by password: what is answered alike, what is locked, what ends when."""

from __future__ import annotations

import inspect
from datetime import timedelta

import argon2
import httpx
import pytest

from domain.staff import AddStaff, EndRole, GrantRole
from domain.vocabulary import Role
from service import passwords
from service.administration import staff_steps
from service.limiter import Limit
from service.pages import signing_in
from service.sessions import IDLE, LONGEST, Sessions
from tests.pages.page_kit import PASSWORD, Tabs, allow_password, axe_clean, post_form, shot, visitor
from tests.service.api_kit import SINCE, Office

WRONG = "人员编号或密码不正确"


def member(desk: Office, name: str, *, must_change: bool = False) -> str:
    """A member of staff of this test alone, who takes petitions in."""
    staff_steps(desk.parts, name, AddStaff(name="某人"), GrantRole(role=Role.INTAKE, since=SINCE))
    with desk.parts.pool.connection() as connection:
        passwords.set_password(connection, name, PASSWORD, must_change=must_change, now=desk.parts.now())
    return name


def sign_in(client: httpx.Client, staff: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return post_form(client, "/sign-in", {"staff": staff, "password": password, **more})


def test_signing_in_by_the_page(desk: Office, tab: Tabs) -> None:
    allow_password(desk, "intake")
    page = tab()
    page.goto("/account")
    axe_clean(page)
    shot(page, "sign-in")
    page.get_by_label("人员编号").fill("Intake ")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/account")
    axe_clean(page)
    page.get_by_role("button", name="English").click()
    assert page.get_by_role("heading", level=1).inner_text() == "My account"
    page.get_by_role("button", name="Sign out everywhere").click()
    assert page.get_by_role("status").inner_text() == "You are signed out"
    page.goto("/account")
    assert "/sign-in" in page.url


def test_the_start_page_without_scripts(desk: Office, tab: Tabs) -> None:
    allow_password(desk, "handler")
    page = tab(scripts=False, phone=True)
    page.goto("/")
    page.get_by_label("人员编号").fill("handler")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    assert page.get_by_role("heading", level=1).inner_text() == "工作台"


def test_what_is_wrong_is_not_told(desk: Office) -> None:
    name = member(desk, "known")
    with visitor(desk) as client:
        answers = [
            sign_in(client, name, "not the password"),
            sign_in(client, "nobody-here", "not the password"),
            sign_in(client, "handler-hw", "never given one"),
            sign_in(client, "'; DROP TABLE passwords; --", "x" * 5000),
        ]
    assert {answer.status_code for answer in answers} == {403}
    assert all(WRONG in answer.text for answer in answers)
    assert len({answer.text.replace(name, "nobody-here")[:600] for answer in answers[:2]}) == 1


def test_an_account_is_locked_after_failed_tries_and_opens_again(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    name = member(desk, "locked")
    with visitor(desk) as client:
        for _ in range(passwords.FAILURES):
            assert sign_in(client, name, "guessed").status_code == 403
        assert sign_in(client, name).status_code == 403
        with desk.parts.pool.connection() as connection:
            later = desk.parts.now() + passwords.LOCKED_FOR + timedelta(seconds=1)
            assert passwords.fits(connection, name, PASSWORD, later) is not None
        assert sign_in(client, name).status_code == 303


def test_tries_are_limited_by_account_and_by_address(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    name = member(desk, "limited")
    monkeypatch.setattr(signing_in, "PER_ACCOUNT", Limit("account under test", 2, timedelta(hours=1)))
    with visitor(desk) as client:
        assert [sign_in(client, name).status_code for _ in range(3)] == [303, 303, 429]
        assert sign_in(client, "somebody-else", "x").status_code == 403
        monkeypatch.setattr(signing_in, "PER_ADDRESS", Limit("address under test", 1, timedelta(hours=1)))
        assert [sign_in(client, f"other-{n}", "x").status_code for n in range(2)] == [403, 429]


def test_a_password_that_somebody_else_set_is_changed_first(desk: Office) -> None:
    name = member(desk, "new-here", must_change=True)
    with visitor(desk) as client:
        assert sign_in(client, name, next="/account").headers["location"] == "/account"
        assert client.get("/account").headers["location"] == "/password"
        assert client.get("/files/HY-2026-000001").headers["location"] == "/password"
        for new, again in (("short", "short"), (PASSWORD, PASSWORD), ("qqqqqqqqqqqq", "qqqqqqqqqqqq"), ("好" * 4, "x")):
            refused = post_form(client, "/password", {"old": PASSWORD, "new": new, "again": again})
            assert refused.status_code in {403, 422}, new
        wrong = post_form(client, "/password", {"old": "wrong", "new": "a good new one 1", "again": "a good new one 1"})
        assert wrong.status_code == 403
        before = client.cookies["hy_session"]
        done = post_form(
            client, "/password", {"old": PASSWORD, "new": "一个很长的新密码呀呀呀", "again": "一个很长的新密码呀呀呀"}
        )
        assert done.headers["location"] == "/"
        assert client.cookies["hy_session"] != before
        assert client.get("/account").status_code == 200
    assert desk.parts.sessions.find(before) is None
    with visitor(desk) as client:
        assert sign_in(client, name, "一个很长的新密码呀呀呀").status_code == 303


def test_a_new_session_begins_at_every_sign_in(desk: Office) -> None:
    name = member(desk, "rotates")
    with visitor(desk) as client:
        sign_in(client, name)
        first = client.cookies["hy_session"]
        sign_in(client, name)
        assert client.cookies["hy_session"] != first
    assert desk.parts.sessions.find(first) is None


def test_signing_out_everywhere(desk: Office) -> None:
    name = member(desk, "two-devices")
    here, there = (desk.parts.sessions.begin(name, "password") for _ in range(2))
    with visitor(desk) as client:
        client.cookies.set("hy_session", here)
        post_form(client, "/sign-out", {"everywhere": "true"})
    assert (desk.parts.sessions.find(here), desk.parts.sessions.find(there)) == (None, None)


def test_sessions_end_when_idle_and_after_a_day_at_work(desk: Office) -> None:
    now = desk.parts.now()
    clock = [now]
    sessions = Sessions(desk.parts.pool, lambda: clock[0])
    idle, busy = sessions.begin("intake", "password"), sessions.begin("intake", "password")
    clock[0] = now + IDLE - timedelta(minutes=1)
    assert sessions.find(busy) is not None
    clock[0] = now + IDLE + timedelta(seconds=1)
    assert sessions.find(idle) is None
    while clock[0] < now + LONGEST:
        assert sessions.find(busy) is not None
        clock[0] += IDLE / 2
    clock[0] = now + LONGEST + timedelta(seconds=1)
    assert sessions.find(busy) is None


def test_passwords_are_hashed_by_argon2id_at_the_strength_that_its_authors_recommend() -> None:
    strength = argon2.PasswordHasher()
    assert (strength.type, strength.memory_cost, strength.time_cost) == (argon2.Type.ID, 65536, 3)
    source = inspect.getsource(passwords)
    assert "HASHER = PasswordHasher()" in source


def test_only_hashes_of_sessions_are_kept(desk: Office) -> None:
    secret = desk.parts.sessions.begin("intake", "password")
    with desk.parts.pool.connection() as connection:
        rows = connection.execute("SELECT sessions::text FROM sessions").fetchall()
    assert rows
    assert not any(secret in row[0] for row in rows)


def test_who_holds_no_role_any_more_is_out(desk: Office) -> None:
    name = member(desk, "leaves")
    with visitor(desk, name) as client:
        assert client.get("/account").status_code == 200
        staff_steps(desk.parts, name, EndRole(role=Role.INTAKE, until=SINCE))
        desk.parts.access.forget_known()
        assert client.get("/account").status_code == 303
        assert sign_in(client, name).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_is_refused(desk: Office, headers: dict[str, str]) -> None:
    with visitor(desk, "intake") as client:
        client.headers.update(headers)
        refused = post_form(client, "/sign-out", {})
        assert refused.status_code == 403
        assert "表单已失效" in refused.text
    with visitor(desk, "intake") as client:
        assert client.post("/sign-out", data={"csrf": "0" * 64}).status_code == 403
        assert client.post("/sign-out").status_code == 403
        assert client.get("/account").status_code == 200


@pytest.mark.parametrize("next_", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_signing_in_leads_nowhere_else(desk: Office, next_: str) -> None:
    name = f"goes-{abs(hash(next_)) % 10**8}"
    member(desk, name)
    with visitor(desk) as client:
        assert sign_in(client, name, next=next_).headers["location"] == "/"


def test_cookies_and_headers_are_strict(desk: Office) -> None:
    allow_password(desk, "caller")
    with visitor(desk) as client:
        page = client.get("/sign-in")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
        cookie = sign_in(client, "caller").headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "secure" not in cookie
    with visitor(desk) as client:
        answer = client.get("/sign-in", headers={"Host": "huiying.example.cn"})
        assert answer.headers["set-cookie"].startswith("__Host-hy_visitor=")
        assert "; Secure" in answer.headers["set-cookie"]
