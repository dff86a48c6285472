"""A shopper at the page of a chat, in a real browser; a model that keeps to a script answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, Locator, Page

from agents.chat import turns
from agents.chat.models import ShopChat
from tests.browser.conftest import Window
from tests.chat.conftest import Chat

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Shopping:
    """A browser at the chat. What is said there is answered by the script, in a thread as a worker would."""

    window: Window
    chat: Chat
    key: str

    @property
    def page(self) -> Page:
        return self.window.page

    @property
    def path(self) -> str:
        return f"/chat/{self.chat.conversation.merchant.slug}/{self.chat.conversation.pk}"

    def open(self) -> None:
        """Open the conversation, and wait until it is told what happens."""
        self.window.open(self.path)

    def say(self, text: str, *script: Any) -> None:
        """Write something and send it."""
        self.chat.script.extend(script)
        self.page.get_by_label("Your message").fill(text)
        self.page.keyboard.press("Enter")

    def told(self, text: str) -> None:
        """Wait until the assistant has said something."""
        self.page.locator(".assistant").get_by_text(text).last.wait_for(timeout=30_000)

    def sheet(self) -> Locator:
        return self.page.locator(".sheet").last

    def pay_button(self, total: str) -> Locator:
        return self.page.get_by_role("button", name=f"Pay {total}")

    def show_inspector(self) -> None:
        ShopChat.objects.filter(merchant=self.chat.conversation.merchant).update(has_inspector=True)


@contextmanager
def shopping(chromium: Browser, chat: Chat, key: str, address: str, **options: Any) -> Iterator[Shopping]:
    """Open a browser that is known as the shopper of a conversation."""
    context = chromium.new_context(**{"viewport": DESK, **options})
    cookie = {"name": settings.SHOPPER_COOKIE_NAME, "value": key, "url": address}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.set_default_timeout(20_000)
    window = Window(page, address)
    page.on("console", window._heard)
    page.on("response", window._answered)
    page.on("pageerror", lambda problem: window.complaints.append(str(problem)))
    yield Shopping(window, chat, key)
    context.close()


class Worker:
    """Runs turns as they come, in threads."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def start(self, conversation_id: str) -> None:
        thread = threading.Thread(target=self._run, args=(conversation_id,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(20)

    def _run(self, conversation_id: str) -> None:
        try:
            turns.run_waiting(conversation_id)
        finally:
            connections.close_all()
