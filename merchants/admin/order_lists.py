"""What is done with many orders at once: sent with their tracking numbers, packed, taken along as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse

from commerce import clock
from commerce.backoffice.admins import ReadOnlyAdmin
from commerce.errors import CommerceError
from commerce.fulfillment.carriers import CARRIERS
from commerce.fulfillment.dispatch import create_shipment
from commerce.fulfillment.services import Parcel, Step, is_pickup, unsent
from commerce.orders.models import Order
from merchants.admin.changing import key_field, note_on_order
from merchants.admin.packing import packing_page
from merchants.admin.shipping_changes import carrier_field, tracking_number_field
from merchants.exports.order_lines import csv_lines
from merchants.packing_lists import lists_of_orders

MANY = 100
"""More orders than that nobody ships or packs from one page."""


class ShipManyForm(forms.Form):
    """A tracking number for each order; one that is left empty leaves its order alone."""

    suggested_carriers = CARRIERS
    carrier = carrier_field()
    key = key_field()

    def __init__(self, orders: list[Order], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.orders = {order: _waiting(order) for order in orders}
        for order in self.to_ship():
            self.fields[order.pk] = tracking_number_field()
            self.fields[order.pk].label = f"Tracking number of {order.number}"

    def to_ship(self) -> list[Order]:
        return [order for order, units in self.orders.items() if units and not is_pickup(order)]

    def rows(self) -> list[tuple[Order, str, forms.BoundField]]:
        """Return each order with what is to be sent of it, and its field."""
        return [(order, self._contents(order), self[order.pk]) for order in self.to_ship()]

    def _contents(self, order: Order) -> str:
        titles = dict(order.lines.values_list("pk", "title"))
        return ", ".join(f"{count} × {titles[line_id]}" for line_id, count in self.orders[order].items())  # noqa: RUF001


def _waiting(order: Order) -> dict[str, int]:
    return unsent(order, order.lines.filter(is_digital=False).order_by("position"))


def ship_many(owner: ReadOnlyAdmin, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
    """Ask for the tracking numbers of the selected orders, and hand over those that have one."""
    chosen = _chosen(request, orders)
    if chosen is None:
        return None
    form = ShipManyForm(chosen, request.POST if "key" in request.POST else None)
    if form.is_valid():
        _ship(owner, request, form)
        return None
    context = {
        **owner.admin_site.each_context(request),
        "title": "Ship with tracking",
        "form": form,
        "chosen": chosen,
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/orders/order/ship_many.html", context)


def _ship(owner: ReadOnlyAdmin, request: HttpRequest, form: ShipManyForm) -> None:
    now, sent = clock.now(), 0
    told = form.cleaned_data
    for order in form.to_ship():
        if not told[order.pk]:
            continue
        parcel = Parcel(carrier=told["carrier"], tracking_number=told[order.pk], quantities=form.orders[order])
        try:
            create_shipment(order.pk, parcel, Step("shipped", now), request_key=told["key"], now=now)
        except CommerceError as problem:
            messages.error(request, f"{order.number}: {problem.message}")
        else:
            note_on_order(owner, request, order, f"Shipped with {told['carrier']} {told[order.pk]}")
            sent += 1
    level = messages.SUCCESS if sent else messages.WARNING
    messages.add_message(request, level, f"{sent} of {len(form.orders)} handed over.")


def pack_many(request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
    """Show the packing lists of the selected orders."""
    chosen = _chosen(request, orders)
    return None if chosen is None else packing_page(request, lists_of_orders(chosen), orders=chosen)


def _chosen(request: HttpRequest, orders: QuerySet[Order]) -> list[Order] | None:
    """Return the selected orders, the oldest first; None where that is none or too many for a page."""
    chosen = list(orders.select_related("merchant").order_by("placed_at", "pk")[: MANY + 1])
    if not chosen or len(chosen) > MANY:
        messages.error(request, f"Select from 1 to {MANY} orders.")
        return None
    return chosen


def export_csv(orders: QuerySet[Order]) -> StreamingHttpResponse:
    """Send the selected orders as a CSV file, while it is read."""
    name = f"orders-{clock.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        csv_lines(orders),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )
