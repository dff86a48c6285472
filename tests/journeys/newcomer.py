"""Somebody with a shop who has never been here, at a browser: reads what stands there, types and clicks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.browser.conftest import Window
from tests.journeys.running import SHOP_GUARD, wait_until

EMAIL, PASSWORD = "ada@harborsupply.example", "seven quiet harbors"


@dataclass
class Newcomer:
    """`mails` is where the installation's e-mails are put; `website` has the shop's own pages."""

    window: Window
    mails: Path
    website: str

    def sign_up(self) -> None:
        page = self.window.page
        self.window.open("/account/login/")
        page.get_by_role("link", name="Open a shop").click()
        self.fill({"E-mail address": EMAIL, "Password": PASSWORD})
        self.press("Go on")
        self.fill({"Code": self._code()})
        self.press("Confirm")
        self.fill({"Name of the shop": "Lighthouse Goods"})
        page.get_by_label("Country").select_option("United States")
        self.press("Open the shop")

    def set_up(self, title: str) -> None:
        """Take the way from the list to one of its things."""
        self.window.page.get_by_role("link", name=f"{title}: set up").click()

    def fill(self, told: dict[str, str]) -> None:
        for label, text in told.items():
            self.window.page.get_by_label(label, exact=False).first.fill(text)

    def press(self, name: str) -> None:
        with self.window.page.expect_navigation():
            self.window.page.get_by_role("button", name=name, exact=True).click()

    def says(self, words: str) -> bool:
        return self.window.page.get_by_text(words).first.is_visible()

    def make_a_test_purchase(self) -> str:
        """Begin one and watch it to its end, on a page that follows by itself. Returns what it says then."""
        page = self.window.page
        self.press("Make a test purchase")
        page.get_by_role("link", name="Another test purchase").wait_for(timeout=SHOP_GUARD * 1000)
        return page.locator(".setup-card h2").first.inner_text()

    def _code(self) -> str:
        """Look into the mail, as the page asks."""
        self.window.page.get_by_role("heading", name="Look into your mail").wait_for()
        wait_until(lambda: self._codes(), "no mail came")
        return self._codes()[-1]

    def _codes(self) -> list[str]:
        texts = [file.read_text() for file in sorted(self.mails.glob("*")) if EMAIL in file.read_text()]
        return [code for text in texts for code in re.findall(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", text, re.MULTILINE)]
