"""What waits for somebody: a question that a list answers under a name, and that the first page counts.

Number and list come from the same rows, so that whoever follows a number finds as many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

if TYPE_CHECKING:
    from commerce.backoffice.admins import ScopedAdmin

PARAMETER = "todo"


@dataclass(frozen=True, slots=True)
class Worklist:
    """`rows` picks what waits from the rows of a page; `detail` says more about them where there are any."""

    title: str
    rows: Callable[[QuerySet[Any]], QuerySet[Any]]
    detail: Callable[[QuerySet[Any]], str] | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    title: str
    count: int
    detail: str
    link: str
    is_urgent: bool


class WorklistFilter(admin.SimpleListFilter):
    title = "what waits"
    parameter_name = PARAMETER

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self._worklists = model_admin.worklists
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(name, one.title) for name, one in self._worklists.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        chosen = self._worklists.get(self.value())
        return chosen.rows(queryset) if chosen else queryset


def waiting(page: ScopedAdmin, request: HttpRequest) -> Iterator[Waiting]:
    """Return what waits on a page, by its worklists, none of which is empty."""
    listing = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    for name, one in page.worklists.items():
        rows = one.rows(page.get_queryset(request))
        if count := rows.count():
            detail = one.detail(rows) if one.detail else ""
            yield Waiting(one.title, count, detail, f"{listing}?{PARAMETER}={name}", one.is_urgent)
