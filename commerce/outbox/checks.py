"""Whether every subscriber that the settings name is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def check_subscribers(**_: Any) -> list[CheckMessage]:
    return list(_missing())


def _missing() -> Iterator[CheckMessage]:
    for topic, paths in settings.OUTBOX_SUBSCRIBERS.items():
        for path in paths:
            try:
                import_string(path)
            except ImportError as problem:
                yield Error(f"The subscriber {path} of '{topic}' cannot be imported: {problem}", id="outbox.E001")
