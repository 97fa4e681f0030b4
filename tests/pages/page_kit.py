"""The kit for tests of pages: a running office whose staff can sign in, a browser that lets nothing out, and axe.

A test takes `desk` (the office) and `tab` (a factory of browser pages):

    def test_the_handler_signs_for_a_file(desk: Office, tab: Tabs) -> None:
        page = tab("handler")  # signed in; tab() for nobody, tab("handler", scripts=False, phone=True)
        page.goto("/handling")
        axe_clean(page)
        shot(page, "handling")

Every page fails its test on a request that leaves the server, an error in its console, and a breach of its policy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, Playwright, Response, expect

from service import passwords
from tests.service.api_kit import Office

# The shell draws with the same engine, and does without the window, the profile and the services of a whole browser.
BROWSERS = [path for name in ("chromium-headless-shell", "chromium") if (path := Path("/usr/bin") / name).exists()]
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no name and no other address leads anywhere
)
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PASSWORD = "made-up-for-tests-42"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # of the others one example each, not every element's
}
PATIENCE = 60_000

needs_browser = not BROWSERS
NO_BROWSER = "no Chromium here; `make tools` installs it where apt may"


@dataclass
class Seen:
    """What went on in a browser's page that must not."""

    origin: str
    outside: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Listen to everything in a context. That nothing gets out, the browser itself sees to (`FLAGS`)."""
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.console.append(str(error.error)))

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.outside.append(request.url)

    def _said(self, message: Any) -> None:
        # A page that answers 4xx is told by the browser as an error of its console; the test looks at it itself.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.console.append(message.text)

    def check(self) -> None:
        """Fail where something went out or went wrong."""
        assert not self.outside, f"left the server: {self.outside}"
        assert not self.console, f"errors in the console: {self.console}"


class Tabs:
    """Makes browser pages, each in a context of its own, and checks them all at the end."""

    def __init__(self, browser: Browser, office: Office) -> None:
        self._browser, self._office = browser, office
        self._open: list[tuple[BrowserContext, Seen]] = []

    def __call__(
        self,
        who: str | None = None,
        *,
        scripts: bool = True,
        phone: bool = False,
        language: str = "zh",
        stands: Geolocation | None = None,
    ) -> Page:
        """A page, signed in as a member of staff where one is named; `stands`: where the telephone may say it is."""
        origin = str(self._office.client.base_url).rstrip("/")
        context = self._browser.new_context(
            base_url=origin,
            java_script_enabled=scripts,
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            locale="zh-CN",
            reduced_motion="reduce",
            geolocation=stands,
            permissions=["geolocation"] if stands else [],
        )
        context.set_default_timeout(PATIENCE)
        seen = Seen(origin)
        seen.watch(context)
        self._open.append((context, seen))
        cookies = session_cookies(self._office, who) if who else {}
        if language != "zh":
            cookies["hy_language"] = language
        context.add_cookies([{"name": name, "value": value, "url": origin} for name, value in cookies.items()])
        return self._patient(context.new_page())

    def _patient(self, page: Page) -> Page:
        """What others did shows within moments, and at once only to themselves: a person here looks after that."""
        go = page.goto

        def goto(*arguments: Any, **options: Any) -> Response | None:
            self._office.catch_up()
            return go(*arguments, **options)

        page.goto = goto  # type: ignore[method-assign]
        return page

    def close(self) -> None:
        """Close all, then fail where something went wrong in one."""
        for context, _ in self._open:
            context.close()
        for _, seen in self._open:
            seen.check()


def allow_password(office: Office, who: str) -> None:
    """Give a member of staff the password that tests sign in with."""
    with office.parts.pool.connection() as connection:
        passwords.set_password(connection, who, PASSWORD, must_change=False, now=office.parts.now())


def session_cookies(office: Office, who: str) -> dict[str, str]:
    """The cookies of a member of staff who is signed in."""
    return {"hy_session": office.parts.sessions.begin(who, "password")}


@contextmanager
def visitor(office: Office, who: str | None = None) -> Iterator[httpx.Client]:
    """A client without a browser, signed in where somebody is named: for tests that look at answers alone."""
    cookies = session_cookies(office, who) if who else {}
    with httpx.Client(base_url=office.client.base_url, cookies=cookies, timeout=60) as client:
        yield client


def post_form(client: httpx.Client, path: str, fields: Mapping[str, Any], files: Any = None) -> httpx.Response:
    """Send a form as a page of ours would: with the token of the client's session."""
    import hashlib
    import hmac

    secret = client.cookies.get("hy_session") or client.cookies.get("hy_visitor")
    if secret is None:
        client.get("/sign-in")
        secret = client.cookies["hy_visitor"]
    token = hmac.new(secret.encode(), b"huiying form", hashlib.sha256).hexdigest()
    return client.post(path, data={"csrf": token, **fields}, files=files)


def axe_clean(page: Page) -> None:
    """Fail on any violation of WCAG 2.2 AA that axe finds."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate("async (options) => ({ violations: (await axe.run(options)).violations })", WCAG))
    assert not found.violations_count, found.generate_report()


def shot(page: Page, name: str) -> None:
    """Keep a picture of the whole page in build/screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def fits_width(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def launched(playwright: Playwright) -> Browser:
    """The one browser of a test run."""
    expect.set_options(timeout=PATIENCE)
    return playwright.chromium.launch(executable_path=os.fspath(BROWSERS[0]), args=list(FLAGS))
