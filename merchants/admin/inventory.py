"""Stock by variant, and what is held of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from commerce.backoffice.admins import EditableAdmin, ReadOnlyAdmin
from commerce.backoffice.rights import Area
from commerce.backoffice.worklists import Worklist
from commerce.catalog.models import Product, Variant
from commerce.inventory.models import Reservation, StockItem
from commerce.inventory.services import set_shelf
from merchants.admin.stock_fields import StockFields, save_stock


def low(stock: QuerySet[StockItem]) -> QuerySet[StockItem]:
    """Pick what is sold and counted, and of which no more is left than the shop wants to be told of."""
    sold = {"variant__status": Variant.Status.ACTIVE, "variant__product__status": Product.Status.ACTIVE}
    few = F("variant__merchant__low_stock_threshold")
    return stock.filter(**sold, is_tracked=True, on_hand__lte=F("reserved") + few)


class StockItemForm(StockFields):
    """A stock row edited by itself. Saved through the variant it is of."""

    def stock(self) -> StockItem | None:
        return self.instance if not self.instance._state.adding else None


@admin.register(StockItem)
class StockItemAdmin(EditableAdmin):
    merchant_path = "variant__merchant"
    area = Area.CATALOG
    form = StockItemForm
    list_display = (
        "variant",
        "sku",
        "merchant",
        "on_hand",
        "reserved",
        "available",
        "is_tracked",
        "allow_backorder",
        "shelf",
    )
    list_filter = ("is_tracked", "allow_backorder", "variant__merchant")
    worklists = {"low": Worklist("Variants low in stock", low)}
    list_select_related = ("variant__product", "variant__merchant")
    search_fields = ("variant__sku", "variant__title", "variant__product__title", "shelf")
    ordering = (F("on_hand") - F("reserved"), "pk")
    fields = ("variant", "on_hand", "reserved", "is_tracked", "allow_backorder", "shelf")
    readonly_fields = ("variant", "reserved")

    @admin.display(ordering="variant__sku")
    def sku(self, stock: StockItem) -> str:
        return stock.variant.sku

    @admin.display(ordering="variant__merchant__name")
    def merchant(self, stock: StockItem) -> str:
        return stock.variant.merchant.name

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        if form.has_stock_changed():
            save_stock(request, form)
        if "shelf" in form.changed_data:
            set_shelf(obj.pk, form.cleaned_data["shelf"])


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    merchant_path = "stock__variant__merchant"
    area = Area.CATALOG
    list_display = ("reference", "variant", "quantity", "status", "expires_at", "created_at")
    shown = list_display
    list_filter = ("status", "stock__variant__merchant")
    list_select_related = ("stock__variant__product",)
    search_fields = ("reference", "stock__variant__sku")
    ordering = ("-created_at", "-pk")

    @admin.display(ordering="stock__variant__product__title")
    def variant(self, reservation: Reservation) -> str:
        return str(reservation.stock.variant)
