"""Packing lists as a page to print."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from commerce.orders.models import Order
from merchants.packing_lists import PackingList


def packing_page(request: HttpRequest, lists: Sequence[PackingList], *, orders: Sequence[Order]) -> HttpResponse:
    """Show packing lists, one to a sheet of paper. It leads back to the order, or to the list of orders."""
    back = (
        reverse("admin:orders_order_change", args=[quote(orders[0].pk)])
        if len(orders) == 1
        else reverse("admin:orders_order_changelist")
    )
    return render(request, "merchants/packing_lists.html", {"lists": lists, "orders": orders, "back": back})
