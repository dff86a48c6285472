"""Shipments on their way: looked at, and moved by what the domain offers."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from commerce.backoffice.actions import object_action
from commerce.backoffice.admins import ReadOnlyAdmin, ReadOnlyInline
from commerce.backoffice.rights import Area
from commerce.fulfillment.models import Shipment, ShipmentEvent, ShipmentLine
from merchants.admin.changing import change_page
from merchants.admin.packing import packing_page
from merchants.admin.shipping_changes import CancelShipmentForm, StepForm, TrackingForm
from merchants.packing_lists import list_of_shipment


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    merchant_path = "shipment__order__merchant"
    area = Area.ORDERS
    shown = ("order_line", "quantity", "returned")
    ordering = ("pk",)


class ShipmentEventInline(ReadOnlyInline):
    model = ShipmentEvent
    merchant_path = "shipment__order__merchant"
    area = Area.ORDERS
    shown = ("kind", "description", "location", "occurred_at")
    ordering = ("occurred_at", "pk")


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    merchant_path = "order__merchant"
    area = Area.ORDERS
    list_display = ("id", "order", "kind", "status", "carrier", "tracking_number", "shipped_at", "delivered_at")
    shown = (*list_display, "reference", "tracking_url", "access_url", "created_at")
    list_filter = ("status", "kind", "order__merchant")
    list_select_related = ("order",)
    search_fields = ("id", "reference", "tracking_number", "order__number", "order__id")
    is_found_everywhere = True
    ordering = ("-created_at", "pk")
    inlines = (ShipmentLineInline, ShipmentEventInline)
    actions_detail = ("step", "tracking", "unpack", "packing_list")

    @object_action(description="Say how far it is", icon="local_shipping", permissions=["handle"])
    def step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, StepForm, request, object_id)

    @object_action(description="Correct the tracking", icon="edit", permissions=["handle"])
    def tracking(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, TrackingForm, request, object_id)

    @object_action(description="Unpack", icon="cancel", permissions=["handle"])
    def unpack(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return change_page(self, CancelShipmentForm, request, object_id)

    @object_action(description="Packing list", icon="checklist", permissions=["view"])
    def packing_list(self, request: HttpRequest, object_id: str) -> HttpResponse:
        shipment = self.require_object(request, object_id)
        return packing_page(request, [list_of_shipment(shipment)], orders=[shipment.order])
