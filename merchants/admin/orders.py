"""Orders and payments: looked at, and changed by nothing but what the domain offers."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from commerce.backoffice.actions import object_action
from commerce.backoffice.admins import ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.columns import money, pretty
from commerce.backoffice.rights import Area
from commerce.fulfillment.models import Shipment
from commerce.orders.models import Adjustment, Order, OrderEvent, OrderLine
from commerce.payments.models import Dispute, PaymentAttempt, Refund
from merchants.admin.order_changes import CancelForm, RefundForm, change_page, evidence_file


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    merchant_path = "order__merchant"
    area = Area.ORDERS
    shown = (
        "title",
        "sku",
        "ordered",
        "current",
        "fulfilled",
        money("unit_price_minor", "Unit price", currency="order.currency"),
        money("items_discount_minor", "Discount", currency="order.currency"),
        money("tax_minor", "Tax", currency="order.currency"),
        money("total_minor", "Total", currency="order.currency"),
    )
    ordering = ("position",)


class AdjustmentInline(ReadOnlyInline):
    model = Adjustment
    merchant_path = "order__merchant"
    area = Area.ORDERS
    shown = (
        "kind",
        "status",
        money("amount_minor", "Amount", currency="order.currency"),
        "reason",
        "description",
        "occurred_at",
    )
    ordering = ("occurred_at", "pk")


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    merchant_path = "order__merchant"
    area = Area.ORDERS
    shown = ("kind", "status", "carrier", "tracking_number", "shipped_at", "delivered_at")
    ordering = ("created_at", "pk")
    hide_title = False
    show_change_link = True


class OrderEventInline(ReadOnlyInline):
    model = OrderEvent
    merchant_path = "order__merchant"
    area = Area.ORDERS
    shown = ("sequence", "kind", "detail", "occurred_at")
    ordering = ("sequence",)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.ORDERS
    total = money("total_minor", "Total")
    list_display = ("number", "merchant", "agent", "status", total, "email", "placed_at")
    list_filter = ("status", "merchant", "currency")
    list_select_related = ("merchant", "agent")
    search_fields = ("number", "id", "email", "checkout_session_id")
    ordering = ("-placed_at", "pk")
    shown = (
        "id",
        *list_display,
        "payment",
        "checkout_session_id",
        "sequence",
        money("items_minor", "Items"),
        money("items_discount_minor", "Discounts on items"),
        money("discount_minor", "Other discounts"),
        money("fulfillment_minor", "Delivery"),
        money("tax_minor", "Tax added"),
        money("included_tax_minor", "Tax contained"),
        pretty("buyer", "Buyer"),
        pretty("destination", "Destination"),
        pretty("fulfillment", "Delivery chosen"),
        pretty("tax_breakdown", "Tax by jurisdiction"),
        pretty("discounts", "Discounts"),
        "notes",
        "updated_at",
    )
    inlines = (OrderLineInline, ShipmentInline, AdjustmentInline, OrderEventInline)
    actions_detail = ("refund", "cancel", "evidence")

    @object_action(description="Refund", icon="undo", permissions=["handle"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, RefundForm, request, object_id)

    @object_action(description="Cancel", icon="cancel", permissions=["handle"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, CancelForm, request, object_id)

    @object_action(description="Evidence (ZIP)", icon="folder_zip", permissions=["view"])
    def evidence(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return evidence_file(self.require_object(request, object_id))

    def view_on_site(self, order: Order) -> str:
        """Lead to the page that the buyer sees."""
        return reverse("order_page", args=[order.permalink_token])


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.ORDERS
    total = money("total_minor", "Total", currency="order.currency")
    list_display = ("title", "sku", "order", "ordered", "current", "fulfilled", total)
    shown = (
        *list_display,
        "id",
        "position",
        "variant_id",
        "product_id",
        "is_digital",
        money("unit_price_minor", "Unit price", currency="order.currency"),
        money("items_minor", "Items", currency="order.currency"),
        money("items_discount_minor", "Discount", currency="order.currency"),
        money("tax_minor", "Tax added", currency="order.currency"),
        money("included_tax_minor", "Tax contained", currency="order.currency"),
    )
    list_filter = ("is_digital", "order__merchant")
    list_select_related = ("order",)
    search_fields = ("title", "sku", "order__number", "id")
    ordering = ("-order__placed_at", "order", "position")


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.ORDERS
    amount = money("amount_minor", "Amount", currency="order.currency")
    list_display = ("id", "order", "kind", "status", amount, "reason", "occurred_at")
    shown = (*list_display, "description", pretty("lines", "Lines"))
    list_filter = ("kind", "status", "order__merchant")
    list_select_related = ("order",)
    search_fields = ("id", "order__number", "order__id")
    ordering = ("-occurred_at", "pk")


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.ORDERS
    list_display = ("order", "sequence", "kind", "occurred_at")
    shown = (*list_display, pretty("detail", "Detail"))
    list_filter = ("kind", "order__merchant")
    list_select_related = ("order",)
    search_fields = ("order__number", "order__id")
    ordering = ("-occurred_at", "-pk")


class RefundInline(ReadOnlyInline):
    model = Refund
    merchant_path = "attempt__merchant"
    area = Area.MONEY
    shown = (
        "id",
        "status",
        money("amount_minor", "Amount", currency="attempt.currency"),
        "reason",
        "failure_code",
        "provider_reference",
        "requested_at",
        "settled_at",
    )
    ordering = ("requested_at", "pk")


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.MONEY
    amount = money("amount_minor", "Amount")
    captured = money("captured_minor", "Captured")
    refunded = money("refunded_minor", "Given back")
    inlines = (RefundInline,)
    list_display = ("id", "merchant", "status", amount, captured, refunded, "decline_code", "submitted_at")
    shown = (
        *list_display,
        "settled_at",
        "reference",
        "capture",
        "provider_reference",
        "capture_before",
        "tries",
        "leased_until",
    )
    list_filter = ("status", "capture", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("id", "reference", "provider_reference")
    ordering = ("-submitted_at", "pk")


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    merchant_path = "attempt__merchant"
    area = Area.MONEY
    amount = money("amount_minor", "Amount", currency="attempt.currency")
    list_display = ("id", "order", "status", amount, "reason", "respond_by", "opened_at")
    shown = (*list_display, "attempt", "provider_reference", "updated_at")
    list_filter = ("status", "attempt__merchant")
    list_select_related = ("attempt__order",)
    search_fields = ("id", "provider_reference", "attempt__order__number")
    ordering = ("respond_by", "pk")

    @admin.display(ordering="attempt__order__number")
    def order(self, dispute: Dispute) -> str:
        """Lead to the order, and there to what a bank wants to see."""
        order = dispute.attempt.order
        return format_html('<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[order.pk]), order)
