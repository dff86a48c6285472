"""What the payment provider's books and ours say differently: looked at, and put away with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from commerce import clock
from commerce.backoffice.actions import object_action, without
from commerce.backoffice.admins import ReadOnlyAdmin
from commerce.backoffice.asking import Question, ask
from commerce.backoffice.columns import NOTHING, money
from commerce.backoffice.rights import Area
from commerce.backoffice.worklists import Worklist
from commerce.reconciliation.models import OPEN, Difference
from commerce.reconciliation.services import NotOpenError, settle_difference


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("open", "open"), ("gone", "gone by itself"), ("settled", "settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        name = self.value()
        return getattr(queryset, name)() if name in ("open", "gone", "settled") else queryset


class SettleForm(forms.Form):
    note = forms.CharField(
        label="Why it is settled",
        max_length=500,
        help_text="Who reads this later wants to know what was done about it, and where.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


SETTLE = Question(
    "Settle the difference",
    "It is put away with your reason. Nothing is paid, given back or corrected by this: do that first, at the "
    "provider or with the order. Should the two sides say something else later on, it is shown again.",
    "Settle it",
)


def open_ones(differences: QuerySet[Difference]) -> QuerySet[Difference]:
    return differences.filter(OPEN)


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.MONEY
    amount = money("amount_minor", "In question")
    list_display = ("kind", "merchant", "order", amount, "provider_says", "we_say", "state", "first_seen_at")
    shown = (
        "kind",
        "merchant",
        "account",
        "order",
        "attempt",
        "provider_reference",
        amount,
        "provider_says",
        "we_say",
        "state",
        "first_seen_at",
        "last_seen_at",
        "gone_at",
        "settled_at",
        "settled_by",
        "note",
    )
    list_filter = (StateFilter, "kind", ("first_seen_at", admin.DateFieldListFilter), "merchant")
    list_select_related = ("merchant", "attempt__order")
    worklists = {"open": Worklist("Differences with the payment provider", open_ones, is_urgent=True)}
    search_fields = ("subject", "provider_reference", "attempt__order__number", "note")
    search_help_text = "a payment's id, here or at the provider, or the number of its order"
    ordering = ("-first_seen_at", "pk")
    date_hierarchy = "first_seen_at"
    actions_detail = ("settle",)

    @admin.display(description="Order")
    def order(self, difference: Difference) -> str | SafeString:
        found = getattr(difference.attempt, "order", None)
        if found is None:
            return NOTHING
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[quote(found.pk)]), found
        )

    @admin.display(description="State")
    def state(self, difference: Difference) -> str:
        if difference.settled_at:
            return "settled"
        return "gone by itself" if difference.gone_at else "open"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to settle what is open."""
        row = self.get_object(request, unquote(object_id))
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return offered if row is not None and _is_open(row) else without(offered, "settle")

    @object_action(description="Settle", icon="task_alt", permissions=["handle"])
    def settle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        difference = self.require_object(request, object_id)
        if not _is_open(difference):
            messages.info(request, "This difference is settled already, or gone.")
            return redirect("admin:reconciliation_difference_change", quote(difference.pk))

        def done(told: dict[str, Any]) -> str:
            try:
                settle_difference(difference.pk, user_id=request.user.pk, note=told["note"], now=clock.now())
            except NotOpenError as problem:
                return problem.message
            return "The difference is settled."

        return ask(self, request, difference, SETTLE, done, form_class=SettleForm)


def _is_open(difference: Difference) -> bool:
    return difference.gone_at is None and difference.settled_at is None
