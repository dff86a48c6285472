"""What a webhook says: the event's name and the whole order (openapi.agentic_checkout_webhook.yaml)."""

from __future__ import annotations

from typing import cast

import orjson

from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.orders import order
from commerce.checkout.shop import shop_at
from commerce.fulfillment.selectors import order_details


def order_event_body(order_id: str, *, kind: str, merchant_revision: int) -> bytes:
    """Write the event of an order as it is now. `kind` is order_create or order_update."""
    details = order_details(order_id)
    event = {"type": kind, "data": order(details, shop=shop_at(details.order.merchant_id, merchant_revision))}
    return orjson.dumps(cast(bodies.WebhookEvent, event))
