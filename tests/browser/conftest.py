"""A real Chromium in front of the real shop. What the browser complains about is a failure.

Debian's `chromium` package has it; where there is none, these tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.waiting import HANG_GUARD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PHONE, DESK = 390, 1280

AT_REST = """async () => {
    await document.fonts.ready;
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    await frame();
    await frame();
    const ends = one => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
    const moving = document.getAnimations().filter(ends);
    await Promise.allSettled(moving.map(one => one.finished));
    await frame();
}"""
"""Ends once fonts are there, the layout is computed and nothing moves any more."""

expect.set_options(timeout=HANG_GUARD * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on the PATH (looked for {', '.join(NAMES)}); Debian: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Window:
    """One window on the shop. `complaints` are errors of scripts, of the network and of the content policy."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the shop, wait until its scripts are at rest, and fail on anything the browser says."""
        answer = self.page.goto(f"{self.address}{path}", wait_until="load")
        assert answer is not None
        self.page.evaluate(AT_REST)
        assert (answer.status, self.complaints) == (200, []), path

    def log_in(self, browser: Client) -> None:
        """Take over the session of a test client."""
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": browser.cookies[name].value, "url": self.address}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]

    def overflow(self, width: int) -> int:
        """Return by how many pixels the page is wider than a window of that width, once it has come to rest."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate(AT_REST)
        over = int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
        self.page.set_viewport_size({"width": DESK, "height": 900})
        return over

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self.complaints.append(f"{answer.status} {answer.url}")


@pytest.fixture
def window(chromium: Browser, live_server: LiveServer) -> Iterator[Window]:
    with window_on(chromium, live_server.url) as window:
        yield window


@contextmanager
def window_on(chromium: Browser, address: str) -> Iterator[Window]:
    """Open a window of its own, which knows no cookie, on a shop."""
    page = chromium.new_page(viewport={"width": DESK, "height": 900})
    page.set_default_timeout(HANG_GUARD * 1000)
    window = Window(page, address)
    page.on("console", window._heard)
    page.on("response", window._answered)
    page.on("pageerror", lambda problem: window.complaints.append(str(problem)))
    yield window
    page.context.close()
