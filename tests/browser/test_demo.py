"""The chat of `manage.py demo --serve`, at the one address that it prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, Response

from tests.browser.conftest import window_on
from tests.journeys.running import RunningDemo
from tests.waiting import HANG_GUARD


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    running = RunningDemo.serving(tmp_path, "--port", "8150")
    yield running
    assert running.stop() == 0


def test_answers_come_as_a_stream(chromium: Browser, demo: RunningDemo) -> None:
    ready = demo.ready()
    asked: list[Request] = []
    answered: list[Response] = []
    with window_on(chromium, ready["base_url"]) as window:
        page = window.page
        page.set_default_timeout(HANG_GUARD * 1000)
        page.on("request", lambda request: asked.append(request) if "/events" in request.url else None)
        page.on("response", lambda answer: answered.append(answer) if "/events" in answer.url else None)
        page.goto(f"{ready['base_url']}/chat/{ready['merchant']}")
        for words in ("What do you sell?", "Where is my order?", "Thank you"):
            before = page.locator(".assistant").count()
            page.get_by_label("Your message").fill(words)
            page.keyboard.press("Enter")
            page.locator(".assistant").nth(before).wait_for()

    assert 1 <= len(asked) <= 4  # a stream lives 25 seconds; asked each second it would be many more
    assert {answer.headers["content-type"] for answer in answered} == {"text/event-stream"}
    assert not any("content-length" in answer.headers for answer in answered)  # which a finished answer has
