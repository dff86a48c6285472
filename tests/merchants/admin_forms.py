"""What the admin's forms send, and what they answer to what they do not take."""

from __future__ import annotations

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
