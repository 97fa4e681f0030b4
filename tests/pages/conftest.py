"""An office whose staff sign in, one for each module of tests; one browser for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import new_database
from tests.pages.page_kit import NO_BROWSER, Tabs, launched, needs_browser
from tests.service.api_kit import Office, office_at


@pytest.fixture(scope="module")
def desk(postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The application with staff of every role who can sign in, a rulebook and a runner."""
    folder: Path = tmp_path_factory.mktemp("office")
    with new_database(postgres_url, migrated_template) as url, office_at(url, folder) as office:
        yield office


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    if needs_browser:
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser, desk: Office) -> Iterator[Tabs]:
    """Makes browser pages; see tests/pages/page_kit.py."""
    tabs = Tabs(browser, desk)
    yield tabs
    tabs.close()
