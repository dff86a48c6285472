from __future__ import annotations

from commerce.errors import NotFoundError
from commerce.orders.models import Order


def order_id_by_permalink(token: str) -> str:
    """Return the id of the order with that unguessable address. Raises NotFoundError."""
    order_id = Order.objects.filter(permalink_token=token).values_list("pk", flat=True).first()
    if order_id is None:
        raise NotFoundError("There is no such order.")
    return order_id


def permalink_of(order_id: str) -> str:
    """Return the unguessable part of an order's address."""
    return Order.objects.values_list("permalink_token", flat=True).get(pk=order_id)


def order_id_for(merchant_id: str, *, reference: str) -> str:
    """Return the id of a merchant's order named by its id or its number. Raises NotFoundError."""
    orders = Order.objects.filter(merchant_id=merchant_id)
    order_id = (
        orders.filter(pk=reference).values_list("pk", flat=True).first()
        or orders.filter(number=reference.upper()).values_list("pk", flat=True).first()
    )
    if order_id is None:
        raise NotFoundError(f"There is no order '{reference}'.", target=("order",))
    return order_id
