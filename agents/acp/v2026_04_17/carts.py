"""A cart as ACP 2026-04-17 shows it. Totals are estimates: no tax, no shipping, no discount."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.common import buyer, line_totals, moment, total
from commerce.carts.document import CartView, PricedLine


def cart(view: CartView) -> bodies.Cart:
    body: bodies.Cart = {
        "id": view.id,
        "line_items": [_line(line) for line in view.lines],
        "currency": view.currency,
        "totals": [
            total("items_base_amount", "Items", view.items_minor),
            total("subtotal", "Subtotal", view.items_minor),
            total("total", "Estimated total", view.items_minor),
        ],
        "messages": [message for index, line in enumerate(view.lines) for message in _messages(line, index)],
        "continue_url": f"{settings.PUBLIC_BASE_URL}/carts/{view.id}",
        "expires_at": moment(view.expires_at),
    }
    if known := buyer(view.buyer):
        body["buyer"] = known
    return body


def _line(priced: PricedLine) -> bodies.LineItem:
    line, offer, amount = priced.line, priced.offer, priced.items_minor
    unit = offer.price_minor if offer else 0
    written: bodies.LineItem = {
        "id": line.id,
        "item": {"id": line.variant_id, "name": line.title, "unit_amount": unit},
        "quantity": line.quantity,
        "name": line.title,
        "unit_amount": unit,
        "variant_id": line.variant_id,
        "totals": line_totals(items=amount, discount=0, subtotal=amount, tax=None, whole=amount),
    }
    if offer:
        written["product_id"] = offer.product_id
        if offer.image_url:
            written["images"] = [offer.image_url]
        if offer.options:
            written["variant_options"] = [{"name": name, "value": value} for name, value in offer.options]
    return written


def _messages(priced: PricedLine, index: int) -> Iterator[bodies.Message]:
    """Say what cannot be had: an item stays in the cart and is never dropped in silence."""
    line, offer = priced.line, priced.offer
    if offer is None:
        yield _error("out_of_stock", f"{line.title or 'This item'} is no longer sold.", index)
    elif not offer.is_checkout_enabled:
        yield _error("unsupported", f"{line.title} cannot be bought here, only on the shop's own pages.", index)
    elif offer.available is None or offer.allow_backorder:
        return
    elif offer.available == 0:
        yield _error("out_of_stock", f"{line.title} is out of stock.", index)
    elif offer.available < line.quantity:
        text = f"Only {offer.available} of {line.title} can be had; {line.quantity} were asked for."
        yield _error("quantity_exceeded", text, index)


def _error(code: str, text: str, index: int) -> bodies.Message:
    return {
        "type": "error",
        "code": code,
        "resolution": "recoverable",
        "param": f"$.line_items[{index}]",
        "content_type": "plain",
        "content": text,
    }
