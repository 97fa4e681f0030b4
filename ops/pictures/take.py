"""The pictures of the README, taken from the demonstration in a real browser: `python -m ops.pictures.take`.

Everybody in them is made up. Each is reduced to the colours of a page, so that it stays small.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from ops.bench.pages import demonstrated, serving
from service.parts import Parts

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "chromium"
WINDOW = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
COLOURS = 128

PICTURES: tuple[tuple[str, str, str], ...] = (
    ("intake", "intake", "/intake/window"),
    ("file", "handler-zf", "/files/{file}"),
    ("ledger", "intake", "/ledger"),
    ("statistics", "supervisor", "/statistics?compare=previous&figure=registered"),
    ("committee", "supervisor", "/supervision"),
    ("public", "", "/public"),
)
"""The name of each picture, who looks, and at what; `{file}` is a file that the person works on."""


def take(browser: Browser, parts: Parts, address: str) -> None:
    """Take every picture."""
    for name, who, path in PICTURES:
        size = WINDOW if who else PHONE
        context = browser.new_context(base_url=address, viewport=size, locale="zh-CN")  # type: ignore[arg-type]
        if who:
            secret = parts.sessions.begin(who, "password")
            context.add_cookies([{"name": "hy_session", "value": secret, "url": address}])
        page = context.new_page()
        page.goto(_address(page, path))
        page.wait_for_load_state("networkidle")
        _keep(page.screenshot(), HERE / f"{name}.png")
        context.close()


def _address(page: Page, path: str) -> str:
    """The address with a file of the person's own in it."""
    if "{file}" not in path:
        return path
    page.goto("/ledger?unit=ZF")
    return path.format(file=page.locator("td.c-number").first.inner_text())


def _keep(picture: bytes, file: Path) -> None:
    with Image.open(io.BytesIO(picture)) as whole:
        whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    """Make the demonstration, look at it, keep the pictures beside this file."""
    with tempfile.TemporaryDirectory(prefix="huiying-pictures-") as folder, demonstrated(Path(folder)) as settings:
        with serving(settings) as (parts, address), sync_playwright() as playwright:
            flags = ["--headless", "--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
            take(browser, parts, address)
            browser.close()


if __name__ == "__main__":
    main()
