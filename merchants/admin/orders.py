"""Orders and payments: looked at, and changed by nothing but what the domain offers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html

from commerce.backoffice.actions import object_action, without
from commerce.backoffice.admins import ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.columns import money, pretty
from commerce.backoffice.rights import Area
from commerce.backoffice.worklists import Worklist
from commerce.fulfillment.services import is_pickup
from commerce.orders.models import Adjustment, Order, OrderEvent, OrderLine, OrderNote
from commerce.payments.models import Dispute, PaymentAttempt, ProviderAccount, Refund
from merchants.admin.changing import change_page
from merchants.admin.order_changes import CancelForm, NoteForm, RefundForm, evidence_file
from merchants.admin.order_lists import export_csv, pack_many, ship_many
from merchants.admin.order_page import order_page
from merchants.admin.order_worklists import amounts_of, first_deadline, held, to_answer, to_ship
from merchants.admin.packing import packing_page
from merchants.admin.return_changes import RequestReturnForm
from merchants.admin.shipping_changes import ShipForm
from merchants.home.purposes import PurposeFilter
from merchants.packing_lists import lists_of_orders


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    tab = True
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
    tab = True
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


class OrderEventInline(ReadOnlyInline):
    model = OrderEvent
    tab = True
    merchant_path = "order__merchant"
    area = Area.ORDERS
    shown = ("sequence", "kind", "detail", "occurred_at")
    ordering = ("sequence",)


class OrderNoteInline(ReadOnlyInline):
    model = OrderNote
    tab = True
    merchant_path = "order__merchant"
    area = Area.ORDERS
    shown = ("author", "text", "written_at")
    ordering = ("written_at", "pk")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    merchant_path = "merchant"
    area = Area.ORDERS
    total = money("total_minor", "Total")
    list_display = ("number", "merchant", "agent", "status", total, "email", "placed_at", "is_test")
    list_filter = (
        "status",
        PurposeFilter,
        "agent",
        ("placed_at", admin.DateFieldListFilter),
        "merchant",
        "currency",
    )
    worklists = {"ship": Worklist("Orders to ship", to_ship)}
    list_select_related = ("merchant", "agent")
    search_fields = ("number", "id", "email", "checkout_session_id")
    is_found_everywhere = True
    ordering = ("-placed_at", "pk")
    date_hierarchy = "placed_at"
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
    fieldsets: ClassVar[Any] = (("The record", {"classes": ["collapse"], "fields": shown}),)
    inlines = (OrderLineInline, AdjustmentInline, OrderNoteInline, OrderEventInline)
    change_form_outer_before_template = "admin/orders/order/overview.html"
    actions = ("ship_with_tracking", "packing_lists", "export")
    actions_detail = (
        "ship",
        "lay_out",
        "take_back",
        "refund",
        {"title": "More", "items": ["cancel", "write_note", "packing_list", "evidence"]},
    )

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to ship what is sent, and to lay out what the buyer collects."""
        order = self.get_object(request, unquote(object_id))
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return without(offered, "ship" if order is not None and is_pickup(order) else "lay_out")

    @object_action(description="Lay out", icon="storefront", permissions=["handle"])
    def lay_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, ShipForm, request, object_id)

    @object_action(description="Ship", icon="local_shipping", permissions=["handle"])
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, ShipForm, request, object_id)

    @object_action(description="Return", icon="assignment_return", permissions=["handle"])
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, RequestReturnForm, request, object_id)

    @object_action(description="Refund", icon="undo", permissions=["handle"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, RefundForm, request, object_id)

    @object_action(description="Cancel", icon="cancel", permissions=["handle"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, CancelForm, request, object_id)

    @object_action(description="Note", icon="sticky_note_2", permissions=["handle"])
    def write_note(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, NoteForm, request, object_id)

    @object_action(description="Packing list", icon="checklist", permissions=["view"])
    def packing_list(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.require_object(request, object_id)
        return packing_page(request, lists_of_orders([order]), orders=[order])

    @object_action(description="Evidence (ZIP)", icon="folder_zip", permissions=["view"])
    def evidence(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return evidence_file(self.require_object(request, object_id))

    @admin.action(description="Ship with tracking", permissions=["handle"])
    def ship_with_tracking(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        return ship_many(self, request, orders)

    @admin.action(description="Packing lists", permissions=["view"])
    def packing_lists(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        return pack_many(request, orders)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, orders: QuerySet[Order]) -> StreamingHttpResponse:  # noqa: ARG002
        return export_csv(orders)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Put above the record what a person needs of it."""
        order = options.get("obj")
        if order is not None:
            context["page"] = order_page(order, may_handle=self.has_handle_permission(request))
        return super().render_change_form(request, context, *args, **options)

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
    date_hierarchy = "occurred_at"


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
        "account",
        "provider_reference",
        "capture_before",
        "tries",
        "leased_until",
    )
    list_filter = ("status", "capture", ("submitted_at", admin.DateFieldListFilter), "merchant")
    worklists = {"held": Worklist("Payments held and not captured", held, amounts_of)}
    list_select_related = ("merchant",)
    search_fields = ("id", "reference", "provider_reference")
    is_found_everywhere = True
    ordering = ("-submitted_at", "pk")
    date_hierarchy = "submitted_at"


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ReadOnlyAdmin):
    """Accounts that a shop has connected. Their keys are not shown; one is entered where a shop is set up."""

    merchant_path = "merchant"
    area = Area.KEYS
    list_display = ("name", "reference", "merchant", "key_hint", "is_live", "is_current", "connected_at")
    shown = (*list_display, "notice_reference", "notice_problem")
    list_filter = ("is_current", "is_live", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("name", "reference")
    ordering = ("-connected_at", "pk")


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    merchant_path = "attempt__merchant"
    area = Area.MONEY
    amount = money("amount_minor", "Amount", currency="attempt.currency")
    list_display = ("id", "order", "status", amount, "reason", "respond_by", "opened_at")
    shown = (*list_display, "attempt", "provider_reference", "updated_at")
    list_filter = ("status", "attempt__merchant")
    worklists = {"answer": Worklist("Disputes to answer", to_answer, first_deadline, is_urgent=True)}
    list_select_related = ("attempt__order",)
    search_fields = ("id", "provider_reference", "attempt__order__number")
    is_found_everywhere = True
    ordering = ("respond_by", "pk")
    date_hierarchy = "opened_at"

    @admin.display(ordering="attempt__order__number")
    def order(self, dispute: Dispute) -> str:
        """Lead to the order, and there to what a bank wants to see."""
        order = dispute.attempt.order
        return format_html('<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[order.pk]), order)
