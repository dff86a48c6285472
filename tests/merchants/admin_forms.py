"""What the admin's forms send, and what they answer to what they do not take."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.utils.html import escape


def formset(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


def refused(response: Any, words: str) -> None:
    assert response.status_code == 200
    assert escape(words) in response.content.decode()


class _Form(HTMLParser):
    """Collects what a browser sends of the form that a row is edited in."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.sent: dict[str, Any] = {}
        self._is_inside = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name = told.get("name") or ""
        if tag == "form":
            self._is_inside = told.get("id") == self.form_id
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in told:
            self._send(self._select, told.get("value") or "")
        elif tag == "textarea":
            self._textarea = name
            self._send(name, "")
        elif tag == "input" and self._is_sent(told):
            self._send(name, told.get("value") or ("on" if told.get("type") == "checkbox" else ""))

    def _is_sent(self, told: dict[str, str | None]) -> bool:
        kind = told.get("type")
        return kind not in ("submit", "file") and (kind not in ("checkbox", "radio") or "checked" in told)

    def _send(self, name: str, value: str) -> None:
        if self._is_inside and name and "__prefix__" not in name and name != "csrfmiddlewaretoken":
            self.sent[name] = value

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._send(self._textarea, data.removeprefix("\r\n").removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "form":
            self._is_inside = False


def fields_of(page: Any, model: str) -> dict[str, Any]:
    """Return what is sent of a row's page on which nobody has typed anything."""
    form = _Form(f"{model}_form")
    form.feed(page.content.decode())
    return form.sent
