"""What buyers send back: looked at, and moved by what the domain offers."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from commerce.aftersales.models import Return, ReturnLine
from commerce.backoffice.actions import object_action
from commerce.backoffice.admins import ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.columns import money
from commerce.backoffice.rights import Area
from commerce.backoffice.worklists import Worklist
from merchants.admin.changing import change_page
from merchants.admin.order_worklists import to_decide, to_refund
from merchants.admin.return_changes import (
    ApproveReturnForm,
    CancelReturnForm,
    CloseReturnForm,
    DeclineReturnForm,
    ReceiveReturnForm,
    RefundReturnForm,
)


class ReturnLineInline(ReadOnlyInline):
    model = ReturnLine
    merchant_path = "of_return__order__merchant"
    area = Area.ORDERS
    shown = (
        "order_line",
        "quantity",
        "received",
        "condition",
        "is_restocked",
        money("amount_minor", "Was paid with", currency="of_return.order.currency"),
    )
    ordering = ("pk",)


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.ORDERS
    list_display = ("id", "order", "status", "reason", "requested_at", "received_at", "closed_at")
    shown = (
        *list_display,
        "note",
        "exception_note",
        "answer",
        money("items_minor", "What came back has cost", currency="order.currency"),
        money("delivery_minor", "Delivery given back", currency="order.currency"),
        money("restocking_fee_minor", "Restocking fee", currency="order.currency"),
        "refund",
        "decided_at",
    )
    list_filter = ("status", "reason", "order__merchant")
    worklists = {
        "decide": Worklist("Returns to decide", to_decide),
        "refund": Worklist("Returns to refund", to_refund),
    }
    list_select_related = ("order",)
    search_fields = ("id", "order__number", "order__id", "order__email")
    is_found_everywhere = True
    ordering = ("-requested_at", "pk")
    inlines = (ReturnLineInline,)
    actions_detail = ("approve", "decline", "receive", "refund", "close", "cancel")

    @object_action(description="Approve", icon="check", permissions=["handle"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, ApproveReturnForm, request, object_id)

    @object_action(description="Decline", icon="block", permissions=["handle"])
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, DeclineReturnForm, request, object_id)

    @object_action(description="Take it in", icon="inventory", permissions=["handle"])
    def receive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, ReceiveReturnForm, request, object_id)

    @object_action(description="Refund", icon="undo", permissions=["handle"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, RefundReturnForm, request, object_id)

    @object_action(description="Close without a refund", icon="money_off", permissions=["handle"])
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, CloseReturnForm, request, object_id)

    @object_action(description="Nothing is sent back", icon="cancel", permissions=["handle"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, CancelReturnForm, request, object_id)
