"""Somebody of the shop at the admin pages, over HTTP with cookies, as a browser would send them."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import urllib3
from django.contrib.admin.utils import quote

LOGIN = "/account/login/"


class Staff:
    """Logged in with the account of the ready file. Safe to share between threads."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._base_url = ready["base_url"]
        self._pool = urllib3.PoolManager(retries=False, maxsize=8)
        self._cookies: dict[str, str] = {}
        self._page(LOGIN)
        admin = ready["admin"]
        status, _ = self._submit(
            LOGIN, {"login": admin["username"], "password": admin["password"], "next": "/admin/"}
        )
        assert status == 302, "the login was refused"

    def open_refund(self, order_id: str) -> str:
        """Open the page that gives money back, and return the key that makes its form one refund."""
        found = re.search(r'name="key" value="(\w+)"', self._page(_address(order_id, "refund")))
        assert found, "the page has no form"
        return found[1]

    def refund(self, order_id: str, amount_minor: int, *, key: str = "", note: str = "") -> str:
        """Give money back. Returns what the page says where it objects; nothing where it is done."""
        amount = f"{amount_minor // 100}.{amount_minor % 100:02}"
        fields = {"amount": amount, "note": note, "key": key or self.open_refund(order_id)}
        return self._decide(_address(order_id, "refund"), fields)

    def cancel(self, order_id: str, quantities: dict[str, int]) -> str:
        """Cancel units by line id. Returns what the page says where it objects; nothing where it is done."""
        return self._decide(_address(order_id, "cancel"), quantities)

    def make_feed(self, name: str) -> str:
        """Make a product feed for OpenAI as CSV, of the first shop there is. Returns where it is fetched."""
        page = self._page("/admin/feeds/feed/add/")
        shop = re.search(r'<option value="(mer_\w+)"[^>]*>Harbor Supply', page)
        assert shop, "there is no shop to choose"
        fields = {"merchant": shop[1], "name": name, "profile": "openai", "file_format": "csv.gz"}
        _, shown = self._submit("/admin/feeds/feed/add/", fields)
        address = re.search(r"https?://[^<\s]+/feeds/[^<\s]+", shown)
        assert address, "no address was shown"
        return address[0]

    def _decide(self, path: str, fields: dict[str, Any]) -> str:
        status, page = self._submit(path, fields)
        assert status in (200, 302), f"{path} answered {status}"
        return "" if status == 302 else " ".join(re.sub(r"<[^>]*>", " ", page.partition("<form")[2]).split())

    def _page(self, path: str) -> str:
        status, page = self._send("GET", path)
        assert status == 200, f"{path} answered {status}"
        return page

    def _submit(self, path: str, fields: dict[str, Any]) -> tuple[int, str]:
        return self._send("POST", path, {**fields, "csrfmiddlewaretoken": self._cookies["csrftoken"]})

    def _send(self, method: str, path: str, fields: dict[str, Any] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={text}" for name, text in self._cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._pool.request(
            method,
            self._base_url + path,
            body=None if fields is None else urlencode(fields),
            headers=headers,
            redirect=False,
        )
        for line in answer.headers.getlist("Set-Cookie"):
            self._cookies |= {name: one.value for name, one in SimpleCookie(line).items() if name != "messages"}
        return answer.status, answer.data.decode()


def _address(order_id: str, name: str) -> str:
    return f"/admin/orders/order/{quote(order_id)}/{name}/"
