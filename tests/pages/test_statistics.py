"""Statistics in a real browser: figures, comparison, charts beside their tables, and the files behind each figure."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from projections.figures import FIGURES
from tests.pages.page_kit import Tabs, axe_clean, fits_width, shot, visitor
from tests.service.api_kit import Office, assigned, published, replied

WAYS: tuple[dict[str, Any], ...] = ({}, {"phone": True}, {"language": "en"})


@pytest.fixture(scope="module")
def files(desk: Office) -> dict[str, str]:
    """A file that went far, one only received, one protected."""
    made = {
        "far": assigned(desk, title="路灯修复"),
        "new": str(desk.received(channel="window", source={"window": "W1"}, title="新收一件")["number"]),
        "report": str(desk.received(nature="report", against=["ZF"], title="举报执法队")["number"]),
    }
    replied(desk, made["far"])
    published(desk, made["far"])
    desk.catch_up()
    return made


@pytest.mark.parametrize("scripts", [True, False])
def test_from_a_figure_down_to_its_files(desk: Office, tab: Tabs, files: dict[str, str], scripts: bool) -> None:
    page = tab("intake", scripts=scripts)
    page.goto("/statistics")
    row = page.locator("table.figures tr", has_text="一站式窗口")
    row.get_by_role("link", name="1", exact=True).first.click()
    expect(page.get_by_role("link", name=files["new"])).to_be_visible()
    page.get_by_role("link", name="回到统计").click()
    total = page.locator("table.figures tr.sum")
    total.locator("td").nth(3).get_by_role("link").click()
    expect(page.get_by_role("link", name=files["far"])).to_be_visible()
    page.get_by_role("link", name="分母").click()
    expect(page.get_by_role("link", name=files["new"])).to_be_visible()
    page.get_by_role("link", name=files["far"]).click()
    page.wait_for_url(f"**/files/{files['far']}")


def test_the_parts_of_every_dimension_add_up_to_its_total(desk: Office, files: dict[str, str]) -> None:
    with visitor(desk, "supervisor") as client:
        for dimension in ("channels", "communities", "grids", "categories", "natures", "units"):
            text = client.get(f"/statistics?dimension={dimension}").text
            table = text.partition('<table class="figures">')[2].partition("</table>")[0]
            rows = [re.findall(r"<td>(?:<a [^>]*>)?([\d,]+)", row) for row in table.split("<tr")[2:]]
            first = [int(cells[0]) for cells in rows]
            assert sum(first[:-1]) == first[-1] == len(files), dimension


def test_protected_files_are_counted_for_the_committee_only(desk: Office, files: dict[str, str]) -> None:
    found = {}
    for who in ("supervisor", "intake", "handler"):
        with visitor(desk, who) as client:
            text = client.get("/statistics/files?figure=registered").text
            found[who] = {name for name, number in files.items() if f">{number}<" in text}
    assert found == {"supervisor": {"far", "new", "report"}, "intake": {"far", "new"}, "handler": {"far", "new"}}


@pytest.mark.parametrize("compare", ["previous", "year_before"])
def test_charts_say_what_their_tables_say(desk: Office, tab: Tabs, files: dict[str, str], compare: str) -> None:
    page = tab("intake")
    page.goto(f"/statistics?compare={compare}&figure=registered&by=month")
    for chart in page.locator(".chart img").all():
        chart.scroll_into_view_if_needed()
        assert chart.evaluate("one => one.decode().then(() => one.naturalWidth)") > 300
    with visitor(desk, "intake") as client:
        answer = client.get(f"/statistics/parts.svg?compare={compare}&figure=registered")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert {"网络平台", "一站式窗口", "座谈会"} <= set(re.findall(r">([^<>]+)</text>", answer.text))
        assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", answer.text)
    assert page.locator("section", has_text="走势").locator("tbody tr").count() >= 11
    axe_clean(page)


def test_how_each_figure_is_computed_is_told(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    page = tab("intake")
    page.goto("/statistics?every=true")
    for code, figure in FIGURES.items():
        told = page.locator(f"#rule-{code} + dd").inner_text()
        assert figure.what.zh in told
        assert all(text.zh in told for text in figure.excludes)
        assert page.locator("table.figures th", has_text=figure.title.zh).count() >= 1


@pytest.mark.parametrize(
    "asked", ["from=x", "dimension=x", "from=2026-12-01&to=2026-01-01", "figure=x", "by=day&from=1990-01-01"]
)
def test_what_cannot_be_asked_is_told(desk: Office, asked: str) -> None:
    with visitor(desk, "intake") as client:
        answer = client.get(f"/statistics?{asked}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_who_sees_no_files_sees_no_figures(desk: Office) -> None:
    with visitor(desk, "admin") as client:
        for address in ("/statistics", "/statistics/files", "/statistics/parts.svg", "/statistics/trend.svg"):
            assert client.get(address).status_code == 403


def test_the_figures_are_readable_for_everybody(desk: Office, tab: Tabs, files: dict[str, str]) -> None:
    for way in WAYS:
        page = tab("supervisor", **way)
        page.goto("/statistics?compare=previous")
        axe_clean(page)
        assert fits_width(page)
        shot(page, f"statistics-{'-'.join(way) or 'plain'}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits_width(page)
    page.goto("/statistics/files?figure=acceptance")
    axe_clean(page)
