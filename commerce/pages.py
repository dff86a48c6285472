"""Pages that a person meets: what runs here, an order, a cart."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from commerce.carts.services import shared_cart
from commerce.errors import NotFoundError
from commerce.fulfillment.selectors import order_details
from commerce.orders.selectors import order_id_by_permalink


def front_page(request: HttpRequest) -> HttpResponse:
    """Say what is running here and where to go."""
    return render(request, "front_page.html")


def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show an order to whoever has its unguessable address."""
    try:
        details = order_details(order_id_by_permalink(token))
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    return render(request, "orders/order.html", {"details": details})


def cart_page(request: HttpRequest, cart_id: str) -> HttpResponse:
    """Show a cart that an agent has collected."""
    try:
        view = shared_cart(cart_id, now=timezone.now())
    except NotFoundError as problem:
        raise Http404(problem.message) from problem
    return render(request, "carts/cart.html", {"cart": view})
