"""Discounts, how often they were used, and tax rates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from commerce.backoffice.admins import EditableAdmin, ReadOnlyAdmin
from commerce.backoffice.columns import NOTHING, money
from commerce.backoffice.rights import Area
from commerce.discounts.models import Discount, DiscountUsage, Redemption
from commerce.places import compact_postal_code
from commerce.tax.models import TaxRate
from merchants.admin.forms import MoneyForm
from merchants.admin.place_fields import PlaceForm
from merchants.onboarding.terms import charge_tax


class DiscountForm(MoneyForm):
    money_fields = ("amount_minor", "minimum_subtotal_minor")

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        starts, ends = told.get("starts_at"), told.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "It ends before it starts.")
        return told

    def clean_code(self) -> str | None:
        """Codes are kept in capitals and matched whatever way they are typed."""
        code = self.data.get(self.add_prefix("code"), "").strip().upper()
        return code or None


@admin.register(Discount)
class DiscountAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.TERMS
    form = DiscountForm
    minimum = money("minimum_subtotal_minor", "From", currency="merchant.currency")
    list_display = ("name", "code", "merchant", "kind", "worth", minimum, "used", "ends_at", "is_active")
    list_filter = ("is_active", "kind", "merchant")
    list_select_related = ("merchant", "usage")
    search_fields = ("name", "code", "id")
    is_found_everywhere = True
    ordering = ("merchant", "priority", "pk")
    _amount = staticmethod(money("amount_minor", "Worth", currency="merchant.currency"))

    def worth(self, discount: Discount) -> str:
        if discount.percent is not None:
            return f"{discount.percent.normalize():f} %"
        return str(self._amount(discount))

    def used(self, discount: Discount) -> str:
        usage = getattr(discount, "usage", None)
        limit = "" if discount.usage_limit is None else f" of {discount.usage_limit}"
        return f"{usage.used if usage else 0}{limit}" if usage or limit else NOTHING


@admin.register(DiscountUsage)
class DiscountUsageAdmin(ReadOnlyAdmin):
    merchant_path = "discount__merchant"
    area = Area.TERMS
    list_display = ("discount", "used", "limit")
    shown = list_display
    list_select_related = ("discount",)
    list_filter = ("discount__is_active", "discount__merchant")
    search_fields = ("discount__name", "discount__code")
    ordering = ("pk",)

    @admin.display(ordering="discount__usage_limit")
    def limit(self, usage: DiscountUsage) -> int | None:
        return usage.discount.usage_limit


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    merchant_path = "discount__merchant"
    area = Area.TERMS
    list_display = ("discount", "reference", "status", "created_at")
    shown = list_display
    list_filter = ("status", "discount__merchant")
    list_select_related = ("discount",)
    search_fields = ("reference", "discount__code")
    ordering = ("-created_at", "-pk")


class TaxRateForm(PlaceForm):
    def clean_postal_prefix(self) -> str:
        return compact_postal_code(self.cleaned_data["postal_prefix"])


@admin.register(TaxRate)
class TaxRateAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.TERMS
    form = TaxRateForm
    list_display = (
        "jurisdiction",
        "percentage",
        "merchant",
        "country",
        "region",
        "postal_prefix",
        "tax_code",
        "is_inclusive",
        "applies_to_shipping",
    )
    list_filter = ("merchant", "country", "is_inclusive")
    list_select_related = ("merchant",)
    search_fields = ("jurisdiction", "region", "postal_prefix", "tax_code")
    ordering = ("merchant", "country", "jurisdiction", "postal_prefix", "tax_code", "pk")

    def save_model(self, request: HttpRequest, obj: TaxRate, form: Any, change: bool) -> None:  # type: ignore[override]
        super().save_model(request, obj, form, change)
        charge_tax(obj.merchant_id)
