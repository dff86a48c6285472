"""Test purchases apart from sales, in the numbers of the first page and in the lists that they lead to."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from commerce.checkout.models import CheckoutSession
from commerce.orders.models import Order

PARAMETER = "purpose"

SALES, TESTS = "sales", "tests"

Row = TypeVar("Row", bound=Model)

_FLAGS = {Order: "is_test", CheckoutSession: "agent_key__is_test"}


def for_sale(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Leave test purchases out of orders or sessions. A flag that is empty means that it was none."""
    return rows.exclude(**{_FLAGS[rows.model]: True})


class PurposeFilter(admin.SimpleListFilter):
    """Finds orders or sessions that were for sale, or those of test purchases."""

    title = "purpose"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(SALES, "sales"), (TESTS, "test purchases")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() == SALES:
            return for_sale(queryset)
        return queryset.filter(**{_FLAGS[queryset.model]: True}) if self.value() == TESTS else queryset
