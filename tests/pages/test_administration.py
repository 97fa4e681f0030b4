"""管理: people, roles that take two, ways in shown once, the rulebook and its differences, calendars. No petition."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FilePayload

from tests.pages.page_kit import Tabs, axe_clean, fits_width, post_form, shot, visitor
from tests.service.api_kit import Office

SAMPLE = (Path(__file__).parents[2] / "ops" / "samples" / "rulebook.toml").read_text("utf-8")


def sample_changed() -> bytes:
    return SAMPLE.replace("backdating_days = 3", "backdating_days = 4").encode()


def toml(content: bytes) -> FilePayload:
    return {"name": "rulebook.toml", "mimeType": "text/plain", "buffer": content}


def test_two_administrators_make_a_supervisor(desk: Office, tab: Tabs) -> None:
    first, second = tab("admin"), tab("admin-2")
    first.goto("/administration")
    axe_clean(first)
    shot(first, "administration")
    first.get_by_role("link", name="添加人员").click()
    axe_clean(first)
    first.get_by_label("人员编号").fill("watcher")
    first.get_by_label("姓名").fill("某人")
    first.get_by_role("button", name="添加人员").click()
    first.get_by_role("link", name="申请授予角色").click()
    first.get_by_label("角色").select_option("supervisor")
    axe_clean(first)
    first.get_by_role("button", name="申请授予角色").click()
    assert first.get_by_role("button", name="批准授予角色").count() == 0
    second.goto("/administration")
    second.get_by_role("link", name="watcher 某人").click()
    axe_clean(second)
    second.get_by_role("button", name="批准授予角色").click()
    second.wait_for_url("**/administration/staff/watcher")
    assert "社区监督委员会" in second.get_by_role("table").first.inner_text()
    second.get_by_role("button", name="重置密码").click()
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", second.locator(".secret").inner_text())
    axe_clean(second)
    shot(second, "administration-person")
    second.reload()


def test_roles_are_granted_and_ended_without_scripts_on_a_telephone(desk: Office, tab: Tabs) -> None:
    page = tab("admin", scripts=False, phone=True)
    page.goto("/administration/staff/caller")
    page.get_by_role("link", name="授予角色", exact=True).click()
    page.get_by_label("角色").select_option("handler")
    page.get_by_role("button", name="授予角色").click()
    assert "须指定承办单位" in page.locator("#faults").inner_text()
    page.get_by_label("承办单位").select_option("ZF")
    page.get_by_role("button", name="授予角色").click()
    page.get_by_role("link", name="解除 承办人").click()
    page.get_by_role("button", name="解除角色").click()
    assert "最后一日" in page.locator("#faults").inner_text()
    page.get_by_label("最后一日").fill("2020-01-01")
    page.get_by_role("button", name="解除角色").click()
    assert page.get_by_role("link", name="解除 承办人").count() == 0


def test_a_rulebook_is_checked_compared_and_adopted(desk: Office, tab: Tabs) -> None:
    page = tab("admin")
    page.goto("/administration/rulebook")
    axe_clean(page)
    wrong = SAMPLE.replace("[office]", "[offce]").encode()
    page.get_by_label("规则手册文件").set_input_files(toml(wrong))
    page.get_by_role("button", name="只检查").click()
    assert "office" in page.locator("#faults").inner_text()
    page.get_by_label("规则手册文件").set_input_files(toml(sample_changed()))
    page.get_by_role("button", name="只检查").click()
    assert "backdating_days" in page.get_by_role("region", name="与现行版本的差异").inner_text()
    before = desk.parts.rulebooks.current().version
    page.get_by_label("规则手册文件").set_input_files(toml(sample_changed()))
    page.get_by_label("修订说明").fill("放宽补录")
    page.get_by_role("button", name="颁布", exact=True).click()
    page.wait_for_load_state()
    assert f"第{before + 1}版已生效" in page.get_by_role("status").inner_text()
    assert "backdating_days" in page.locator("main").inner_text()
    axe_clean(page)
    shot(page, "administration-rulebook")
    with visitor(desk, "admin") as client:
        again = post_form(
            client,
            "/administration/rulebook",
            {"do": "adopt", "note": "x"},
            files={"file": ("r.toml", sample_changed())},
        )
    assert again.status_code == 422
    assert "与现行规则手册相同" in again.text


def test_a_calendar_is_published_once(desk: Office) -> None:
    notice = b'[calendars.2026]\nsource = "x"\nholidays = [{date = 2026-01-01, name = "\xe5\x85\x83\xe6\x97\xa6"}]\n'
    with visitor(desk, "admin") as client:
        empty = post_form(client, "/administration/calendars", {}, files={"file": ("c.toml", b"")})
        wrong = post_form(client, "/administration/calendars", {}, files={"file": ("c.toml", b"[calendars.2026]\n")})
        assert (empty.status_code, wrong.status_code) == (422, 422)
        done = post_form(client, "/administration/calendars", {}, files={"file": ("c.toml", notice)})
        assert done.status_code == 303
        assert "2026-01-01" in client.get("/administration/calendars").text
        again = post_form(client, "/administration/calendars", {}, files={"file": ("c.toml", notice)})
        assert again.status_code == 422


def test_a_token_is_shown_once_and_revoked(desk: Office, tab: Tabs) -> None:
    page = tab("admin")
    page.goto("/administration/staff/publisher")
    page.get_by_role("button", name="发放令牌").click()
    secret = page.locator(".secret").inner_text()
    headers = {"Authorization": f"Bearer {secret}"}
    assert desk.client.get("/api/v1/worklist", headers=headers).status_code == 200
    page.goto("/administration/staff/publisher")
    assert secret not in page.content()
    page.get_by_role("button", name="撤销").last.click()
    page.get_by_role("status").wait_for()
    desk.parts.access.forget_known()
    assert desk.client.get("/api/v1/worklist", headers=headers).status_code == 401


def test_it_fits_a_telephone_and_speaks_english(desk: Office, tab: Tabs) -> None:
    page = tab("admin", phone=True, language="en")
    for path in ("", "/staff/intake", "/rulebook", "/calendars"):
        page.goto(f"/administration{path}")
        assert fits_width(page), path
        axe_clean(page)
