"""An event that tells of nothing, to see whether an endpoint hears: shaped and signed like every other."""

from __future__ import annotations

from datetime import datetime

import orjson

from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.orders import order
from agents.webhooks.models import Endpoint, EndpointTest
from agents.webhooks.signing import SealedSecrets, signed_headers
from commerce.buyers import Buyer
from commerce.checkout.shop import Shop, load_shop
from commerce.fulfillment.records import OrderDetails
from commerce.ids import new_id
from commerce.orders.records import OrderLineRecord, OrderRecord
from commerce.outgoing.sending import post

SECONDS = 10


def send_test_event(endpoint: Endpoint, *, now: datetime) -> EndpointTest:
    """Send a test event at once, and keep what was answered. Not inside a transaction.

    It tells of a canceled order that never was, so that whoever takes it for a real one has nothing to do.
    """
    event: bodies.WebhookEvent = {"type": "order_update", "data": _order(endpoint, now)}
    body = orjson.dumps(event)
    sealed = SealedSecrets(
        bytes(endpoint.sealed_secret),
        bytes(endpoint.sealed_planned_secret) if endpoint.sealed_planned_secret else None,
        endpoint.planned_secret_at,
    )
    headers = signed_headers(body, request_id=new_id("evt_test"), secrets=sealed.unsealed(now=now), now=now)
    answer = post(endpoint.url, body=body, headers=headers, seconds=SECONDS)
    test, _ = EndpointTest.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "status": answer.status,
            "error": answer.error,
            "milliseconds": answer.milliseconds,
            "sent": orjson.dumps(event, option=orjson.OPT_INDENT_2).decode(),
            "sent_headers": headers,
            "answer": answer.text,
            "tested_at": now,
        },
    )
    return test


def _order(endpoint: Endpoint, now: datetime) -> bodies.Order:
    shop = load_shop(endpoint.agent.merchant)
    return order(OrderDetails(_canceled(shop, endpoint.agent_id, now)), shop=shop)


def _canceled(shop: Shop, agent_id: str, now: datetime) -> OrderRecord:
    price = 1000
    line = OrderLineRecord(
        id=new_id("li_test"),
        position=1,
        variant_id="var_test",
        product_id="prod_test",
        title="Test item",
        sku="",
        image_url="",
        is_digital=False,
        unit_price_minor=price,
        ordered=1,
        current=0,
        fulfilled=0,
        items_minor=price,
        items_discount_minor=0,
        tax_minor=0,
        included_tax_minor=0,
        total_minor=price,
    )
    return OrderRecord(
        id=new_id("ord_test"),
        merchant_id=shop.id,
        agent_id=agent_id,
        payment_id=None,
        checkout_session_id=new_id("cs_test"),
        number="TEST",
        permalink_token="test",  # noqa: S106 - no page has this address
        status="canceled",
        sequence=1,
        currency=shop.currency,
        items_minor=price,
        items_discount_minor=0,
        discount_minor=0,
        fulfillment_minor=0,
        tax_minor=0,
        included_tax_minor=0,
        total_minor=price,
        email="",
        buyer=Buyer(),
        destination=None,
        fulfillment=(),
        tax_breakdown=(),
        discounts=(),
        notes=f"A test event of {shop.name}. There is no such order.",
        placed_at=now,
        updated_at=now,
        is_test=True,
        lines=(line,),
    )
