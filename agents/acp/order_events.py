"""What a webhook says: the event's name and the whole order (openapi.agentic_checkout_webhook.yaml)."""

from __future__ import annotations

from typing import cast

import orjson

from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.orders import order
from commerce.checkout.shop import shop_at
from commerce.fulfillment.selectors import order_details


def order_event_bodies(order_id: str, *, merchant_revision: int) -> tuple[bytes, bytes]:
    """Write an order as it is now, as the order_create and as the order_update that would tell of it."""
    details = order_details(order_id)
    data = order(details, shop=shop_at(details.order.merchant_id, merchant_revision))
    create, update = ({"type": kind, "data": data} for kind in ("order_create", "order_update"))
    return orjson.dumps(cast(bodies.WebhookEvent, create)), orjson.dumps(cast(bodies.WebhookEvent, update))
