"""A shopper at the page of the chat, over HTTP with cookies, as a browser would send and hear it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import urllib3

from tests.pages.reading import Page

PATIENCE = 120.0
RETRY_SECONDS = 1.0

_SHEET = re.compile(r'<section id="sheet-.*?</section>', re.DOTALL)
_BUTTON = re.compile(r'<form class="paying"[^>]*/pay".*?</form>', re.DOTALL)
_ORDER = re.compile(r'<section id="order-[^"]*" class="card order"')


class PageError(RuntimeError):
    """The page did not do what a shopper may expect of it."""


class ChatBrowser:
    """One browser on the chat of a shop, which calls from a loopback address of its own, as shoppers do.

    `pay_form` is what the button on the page sends, if there is one; `has_receipt` whether an order is shown.
    """

    def __init__(self, base_url: str, shop: str, *, address: str) -> None:
        self.pay_form: dict[str, str] = {}
        self.has_receipt = False
        self._base_url, self._start = base_url, f"/chat/{shop}"
        self._pool = urllib3.PoolManager(retries=False, source_address=(address, 0), timeout=PATIENCE)
        self._cookies: dict[str, str] = {}
        self._token = ""
        self._path = ""
        self._last = 0
        self._retry = RETRY_SECONDS

    def begin(self, words: str) -> None:
        """Open the chat, say the first words, and wait until they are answered."""
        self._token = Page(self._request("GET", self._start).data.decode()).value("csrfmiddlewaretoken")
        answer = self._request("POST", f"{self._start}/new", {"text": words})
        self._path = answer.headers["Location"]
        html = self.look()
        self._last = int(_found(r'data-last="(\d+)"', html))
        if _found(r'<p id="doing"[^>]*>([^<]*)</p>', html):
            self._hear_out()

    def say(self, words: str) -> None:
        """Say something and wait until it is answered."""
        self._post("words", {"text": words, "from": "composer"})
        self._hear_out()

    def pay(self) -> None:
        """Press the button and wait for the receipt."""
        self._see(self._post("pay", self.pay_form))
        self._listen(lambda told: self.has_receipt or _is_answered(told))
        if not self.has_receipt:
            raise PageError("the order was not placed")

    def look(self) -> str:
        """Load the page of the conversation anew."""
        html = self._request("GET", self._path).data.decode()
        self._see(html)
        return html

    def close(self) -> None:
        self._pool.clear()

    def _hear_out(self) -> None:
        self._listen(_is_answered)

    def _listen(self, is_over: Callable[[str], bool]) -> None:
        """Hear the stream, and connect again where it ends, until something was told."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            for told in self._messages():
                self._see(told)
                if is_over(told):
                    return
            time.sleep(self._retry)
        raise PageError("nothing more was told")

    def _messages(self) -> Iterator[str]:
        """Hear one connection of the event stream. Source: HTML Living Standard, 9.2.6."""
        path = f"{self._path}/events?after={self._last}"
        with closing(self._request("GET", path, is_stream=True)) as answer:
            data: list[str] = []
            for line in _lines(answer):
                name, _, text = line.partition(": ")
                if name == "retry":
                    self._retry = int(text) / 1000
                elif name == "id":
                    self._last = int(text)
                elif name == "data":
                    data.append(text)
                elif not line and data:
                    yield "\n".join(data)
                    data = []

    def _see(self, html: str) -> None:
        """Take in what the page shows now."""
        for sheet in _SHEET.findall(html):
            form = _BUTTON.search(sheet)
            self.pay_form = Page(form[0]).values if form else {}
        self.has_receipt = self.has_receipt or bool(_ORDER.search(html))

    def _post(self, where: str, form: dict[str, str]) -> str:
        """Send a form as htmx does, and return what changes on the page."""
        headers = {"HX-Request": "true"}
        return self._request("POST", f"{self._path}/{where}", form, headers).data.decode()

    def _request(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        *,
        is_stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        sent = {"Cookie": "; ".join(f"{name}={text}" for name, text in self._cookies.items()), **(headers or {})}
        body = None
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": self._token})
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._base_url}
        address = self._base_url + path
        try:
            answer = self._pool.request(
                method, address, body=body, headers=sent, redirect=False, preload_content=not is_stream
            )
        except urllib3.exceptions.HTTPError as problem:
            raise PageError(f"{method} {_shape(path)} failed: {type(problem).__name__}") from problem
        if answer.status >= 400:
            raise PageError(f"{method} {_shape(path)} answered {answer.status}")
        for line in answer.headers.getlist("Set-Cookie"):
            self._cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
        return answer


def _is_answered(told: str) -> bool:
    """Say whether a turn is over: then what was said in it is read out in one piece."""
    return 'hx-target="#spoken"' in told


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[str]:
    return (line.decode().rstrip("\r\n") for line in answer)


def _shape(path: str) -> str:
    """Return a path without what differs from shopper to shopper."""
    return re.sub(r"cnv_\w+", "…", path.partition("?")[0])


def _found(pattern: str, html: str) -> str:
    found = re.search(pattern, html)
    if found is None:
        raise PageError(f"the page does not have {pattern}")
    return found[1]
