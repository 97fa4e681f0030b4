"""Report packs to download, and the file on paper: for whom they are, readable for everybody."""

from __future__ import annotations

import io
import zipfile

import pytest

from domain.kernel import day_of
from service.reporting.kinds import Kind
from tests.pages.page_kit import Tabs, axe_clean, fits_width, shot, visitor
from tests.service.api_kit import PERSON, Office, assigned, published, replied


def test_every_pack_that_is_offered_can_be_downloaded(desk: Office) -> None:
    with visitor(desk, "intake") as client:
        text = client.get("/reports").text
        offered = [part.partition('"')[0] for part in text.split('href="/reports/')[1:]]
        newest = [next(one for one in offered if one.startswith(f"{kind.value}/")) for kind in Kind]
        assert len(offered) == len(Kind) * 6 * 2
        for one in newest:
            answer = client.get(f"/reports/{one}")
            assert answer.status_code == 200, one
            assert answer.headers["content-disposition"].startswith("attachment")
            assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_packs_are_for_who_draws_them_up(desk: Office) -> None:
    month = f"{day_of(desk.parts.now()):%Y-%m}"
    for who, may in (("supervisor", True), ("approver", True), ("handler", False), ("caller", False), ("admin", False)):
        with visitor(desk, who) as client:
            assert client.get("/reports").status_code == (200 if may else 403)
            assert client.get(f"/reports/monthly/{month}.xlsx").status_code == (200 if may else 403)
            assert ('href="/reports"' in client.get("/").text) is may


@pytest.fixture(scope="module")
def number(desk: Office) -> str:
    """A file that was published."""
    made = assigned(desk, petitioners=[PERSON])
    replied(desk, made)
    desk.take("handler", made, "issue-letter", kind="reply")
    published(desk, made)
    assert desk.parts.positions.wait_for(desk.parts.store.last_position(), ["file", "ledger"], 60)
    return made


def test_a_file_is_printed_in_the_order_of_the_archive(desk: Office, tab: Tabs, number: str) -> None:
    page = tab("handler")
    page.goto(f"/files/{number}/print")
    headings = page.locator(".dossier h2").all_inner_texts()
    assert headings == ["封面", "目录", "信访事项", "告知文书", "办理记录", "答复意见及送达", "公示及脱敏记录", "备考"]
    assert PERSON["name"] in page.locator("main").inner_text()
    axe_clean(page)
    shot(page, "file-print")
    page.emulate_media(media="print")
    assert not page.locator(".noprint").is_visible()
    with visitor(desk, "handler") as client:
        answer = client.get(f"/files/{number}/dossier")
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
        assert "打印卷宗" in client.get(f"/files/{number}").text


def test_a_file_on_paper_is_masked_for_who_does_not_work_on_it_and_nothing_for_who_may_not_know(
    desk: Office, number: str
) -> None:
    hidden = str(desk.received(nature="report", against=["ZF"])["number"])
    for who, status in (("supervisor", 200), ("handler", 404)):
        with visitor(desk, who) as client:
            assert client.get(f"/files/{hidden}/print").status_code == status
    with visitor(desk, "supervisor") as client:
        text = client.get(f"/files/{number}/print").text
        assert "欧阳某某" in text
        assert not any(value in text for value in PERSON.values())
        readings = client.get(f"/supervision/readings?staff=supervisor&number={number}").text
        assert f">{number}<" not in readings
    with visitor(desk, "handler") as client:
        client.get(f"/files/{number}/print")
    with visitor(desk, "supervisor") as client:
        assert f">{number}<" in client.get(f"/supervision/readings?staff=handler&number={number}").text


def test_the_packs_page_is_readable_for_everybody(desk: Office, tab: Tabs) -> None:
    for way in ("zh", "en"):
        page = tab("intake", phone=way == "en", language=way)
        page.goto("/reports")
        axe_clean(page)
        assert fits_width(page)
    shot(page, "reports")
