"""The event stream: what happens reaches an open page, once, and open streams hold nothing that is scarce."""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import urllib3
from django.conf import settings as django_settings
from django.utils import timezone
from langchain_core.messages import AIMessage
from pytest_django import Settings

from agents.chat import recording, stream
from agents.chat.models import ChatEvent
from agents.chat.opening import open_chat
from agents.chat.recording import record
from agents.chat.services import say
from commerce.catalog.models import Variant
from tests.asgi_server import asgi_server
from tests.chat.browsing import KEY, Browsing, browsing
from tests.chat.conftest import Chat, ordered
from tests.connections import connections_in_use
from tests.waiting import HANG_GUARD, wait_until

_pool = urllib3.PoolManager(maxsize=60, retries=False)

NEVER = 10 * HANG_GUARD


@pytest.fixture
def browser(chat: Chat) -> Browsing:
    return browsing(chat)


@pytest.fixture
def asgi(browser: Browsing, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(stream, "LIVES_SECONDS", NEVER)
    recording._publisher.cache_clear()
    with asgi_server() as address:
        yield address


class Stream:
    """One browser that listens. `heard` grows as bytes arrive."""

    def __init__(self, address: str, path: str, after: int = 0) -> None:
        headers = {"Cookie": f"{django_settings.SHOPPER_COOKIE_NAME}={KEY}"}
        if after:
            headers["Last-Event-ID"] = str(after)
        url = f"{address}{path}/events"
        self.answer = _pool.request("GET", url, headers=headers, preload_content=False, timeout=2 * HANG_GUARD)
        self.heard = ""
        self.is_over = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()  # a piece may end within a character
        try:
            for piece in self.answer.stream(1024):
                self.heard += decoder.decode(piece)
        except (urllib3.exceptions.HTTPError, AttributeError, ValueError, OSError):  # closed while it was read
            pass
        self.is_over = True

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.heard, f"“{text}” in the stream")

    def ids(self) -> list[int]:
        return [int(one) for one in re.findall(r"^id: (\d+)$", self.heard, re.MULTILINE)]

    def close(self) -> None:
        if not self.is_over:
            self.answer.shutdown()


@contextmanager
def listening(address: str, path: str, after: int = 0) -> Iterator[Stream]:
    listener = Stream(address, path, after)
    try:
        yield listener
    finally:
        listener.close()


def test_what_happens_arrives_while_it_happens(
    asgi: str, browser: Browsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LOOKS_EVERY", NEVER)

    with listening(asgi, browser.path) as heard:
        heard.wait_for("retry: ")
        say(browser.chat.conversation.pk, "A <b>mug</b>", now=timezone.now())
        heard.wait_for("A &lt;b&gt;mug&lt;/b&gt;")
        heard.wait_for('hx-target="#doing" hx-swap="innerHTML">Thinking…')

    assert heard.answer.headers["Content-Type"] == "text/event-stream"
    assert heard.answer.headers["X-Accel-Buffering"] == "no"
    assert heard.answer.headers["Cache-Control"] == "no-store"


def test_without_hints_it_looks_by_itself(
    asgi: str, browser: Browsing, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(recording, "hint", lambda conversation_id: None)

    with listening(asgi, browser.path) as heard:
        heard.wait_for("retry: ")
        record(browser.chat.conversation.pk, "shopper", {"text": "Anybody?"})
        heard.wait_for("Anybody?")


def test_reader_who_comes_back_misses_and_repeats_nothing(asgi: str, browser: Browsing, mug: Variant) -> None:
    chat = browser.chat
    chat.say("I would like the Canvas Tote", *ordered(mug))
    with listening(asgi, browser.path) as first:
        first.wait_for("Pay $24.30")
    last = first.ids()[-1]
    chat.say("No, thanks", AIMessage("Very well, another time."))
    with listening(asgi, browser.path, after=last) as second:
        second.wait_for("time.")

    assert min(second.ids()) > last
    assert "Very well" not in first.heard
    assert "I would like the Canvas Tote" not in second.heard
    assert first.ids() == sorted(set(first.ids()))


def test_stream_ends_by_itself(asgi: str, browser: Browsing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LIVES_SECONDS", 0.3)

    with listening(asgi, browser.path) as heard:
        wait_until(lambda: heard.is_over, "the end of the stream")

    assert heard.heard.startswith("retry: 300\ndata: \n\n")


def test_fifty_open_streams_hold_no_connections(asgi: str, browser: Browsing) -> None:
    before = connections_in_use()  # other tests may have left some that wait for their server to end
    with ExitStack() as open_streams:
        heard = [open_streams.enter_context(listening(asgi, browser.path)) for _ in range(50)]
        for one in heard:
            one.wait_for("retry: ")
        record(browser.chat.conversation.pk, "shopper", {"text": "Everybody?"})
        for one in heard:
            one.wait_for("Everybody?")
        wait_until(lambda: connections_in_use() <= before, "streams at rest without connections")
        assert not any(one.is_over for one in heard)


def test_server_that_cannot_stream_answers_at_once(browser: Browsing) -> None:
    browser.chat.say("Hello", AIMessage("Good day"))
    events = browser.events()
    ids = [int(one) for one in re.findall(r"^id: (\d+)$", events, re.MULTILINE)]

    assert events.endswith("retry: 1000\ndata: \n\n")
    assert "Good" in events
    assert browser.events(after=ids[-1]) == "retry: 1000\ndata: \n\n"
    for odd in ("-1", "x", "9" * 30, "²"):
        answer = browser.client.get(f"{browser.path}/events", headers={"Last-Event-ID": odd})
        assert answer.status_code == 200


def test_page_and_stream_show_the_same(browser: Browsing, mug: Variant) -> None:
    browser.chat.say("I would like the Canvas Tote", *ordered(mug))
    browser.chat.say("No, thanks", AIMessage("Very well, another time."))

    page, events = browser.client.get(browser.path).content.decode(), browser.events()

    told = "\n".join(line.removeprefix("data: ") for line in events.splitlines() if line.startswith("data: "))
    for block in re.findall(r'<(?:article|section) id="(e\d+|sheet-\w+)"', page):
        assert f'id="{block}"' in told
    assert ChatEvent.objects.filter(kind="said").count() >= 1
    assert open_chat(browser.chat.conversation.merchant).is_open
