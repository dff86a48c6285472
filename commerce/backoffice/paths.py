"""The way from each model to its merchant, as the registered pages and their parts tell it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model


def paths_told(site: Any) -> Iterator[tuple[type[Model], str]]:
    """Return every model that is shown anywhere, with the way that the page or the part names."""
    for model, page in site._registry.items():
        yield model, page.merchant_path
        for part in page.inlines:
            yield part.model, part.merchant_path


def path_of(site: Any, model: type[Model]) -> str:
    """Return the way from a model to its merchant. Raises ImproperlyConfigured where no page tells it."""
    for told, path in paths_told(site):
        if told is model:
            return path
    raise ImproperlyConfigured(f"No page says to whom a {model._meta.label} belongs, so it cannot be chosen.")
