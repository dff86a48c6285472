"""Columns and fields of admin pages: amounts and JSON that people can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from commerce.money import Money

Column = Callable[[Any], str | SafeString]

NOTHING = "–"  # noqa: RUF001 - a dash for people


def money(field: str, label: str, *, currency: str = "currency") -> Column:
    """Return a column that writes minor units as a decimal with its currency, found along `currency`."""

    @admin.display(description=label, ordering=field)
    def column(row: Any) -> str:
        minor = getattr(row, field)
        return NOTHING if minor is None else str(Money(minor, _along(row, currency)))

    column.__name__ = f"money_of_{field}"
    return column


def pretty(field: str, label: str) -> Column:
    """Return a field that shows JSON, or text that holds JSON, indented."""

    @admin.display(description=label)
    def shown(row: Any) -> SafeString:
        value = getattr(row, field)
        if isinstance(value, str):
            value = json.loads(value)
        return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))

    shown.__name__ = f"pretty_{field}"
    return shown


def _along(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name)
    return row
