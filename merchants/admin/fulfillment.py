"""Where things go, how and for how much."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError

from commerce.backoffice.admins import EditableAdmin, EditableInline, Form
from commerce.backoffice.rights import Area
from commerce.fulfillment.models import (
    FulfillmentMethod,
    FulfillmentRate,
    PickupLocation,
    ShippingZone,
)
from commerce.places import compact_postal_code
from merchants.admin.forms import MoneyForm, OwnedFormSet, require_same_merchant, words_field
from merchants.admin.place_fields import PlaceForm, code_of_region, country_codes


class ShippingZoneForm(Form):
    """Brings codes into the form in which places are compared."""

    countries = words_field(help_text="ISO codes such as US, CA; empty for the whole world")
    regions = words_field(max_length=40, help_text="such as CA, NY; empty for all")
    postal_prefixes = words_field(max_length=16, help_text="such as 941; empty for all")

    def clean_countries(self) -> list[str]:
        return country_codes(self.cleaned_data["countries"])

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        if "countries" in told and "regions" in told:
            try:
                told["regions"] = [code_of_region(told["countries"], region) for region in told["regions"]]
            except ValidationError as problem:
                self.add_error("regions", problem)
        return told

    def clean_postal_prefixes(self) -> list[str]:
        return [compact_postal_code(prefix) for prefix in self.cleaned_data["postal_prefixes"]]


@admin.register(ShippingZone)
class ShippingZoneAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.TERMS
    form = ShippingZoneForm
    list_display = ("name", "merchant", "country_list", "regions", "postal_prefixes")
    list_filter = ("merchant",)
    list_select_related = ("merchant",)
    search_fields = ("name",)
    ordering = ("merchant", "name", "pk")

    @admin.display(description="Countries")
    def country_list(self, zone: ShippingZone) -> str:
        shown = ", ".join(zone.countries[:8]) or "the whole world"
        return f"{shown} and {more} more" if (more := len(zone.countries) - 8) > 0 else shown


@admin.register(PickupLocation)
class PickupLocationAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.TERMS
    form = PlaceForm
    list_display = ("name", "merchant", "city", "region", "country")
    list_filter = ("merchant", "country")
    list_select_related = ("merchant",)
    search_fields = ("name", "city", "line_one")
    ordering = ("merchant", "name", "pk")


class RateForm(MoneyForm):
    money_fields = ("amount_minor", "min_subtotal_minor", "max_subtotal_minor")

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or {}
        for least, most in (
            ("min_weight_grams", "max_weight_grams"),
            ("min_subtotal_minor", "max_subtotal_minor"),
        ):
            if told.get(most) is not None and told.get(least) is not None and told[most] <= told[least]:
                self.add_error(most, "The upper end is above the lower one.")
        return told


class RateInline(EditableInline):
    model = FulfillmentRate
    merchant_path = "method__merchant"
    area = Area.TERMS
    form = RateForm
    formset = OwnedFormSet
    ordering = ("min_weight_grams", "min_subtotal_minor", "pk")


class FulfillmentMethodForm(Form):
    def clean(self) -> dict[str, Any] | None:
        super().clean()
        require_same_merchant(self, "zone", "location")
        return self.cleaned_data


@admin.register(FulfillmentMethod)
class FulfillmentMethodAdmin(EditableAdmin):
    merchant_path = "merchant"
    area = Area.TERMS
    form = FulfillmentMethodForm
    list_display = (
        "title",
        "merchant",
        "kind",
        "carrier",
        "zone",
        "location",
        "min_days",
        "max_days",
        "is_active",
    )
    list_filter = ("is_active", "kind", "merchant")
    list_select_related = ("merchant", "zone", "location")
    search_fields = ("title", "carrier", "id")
    ordering = ("merchant", "title", "pk")
    inlines = (RateInline,)
