"""An order without the way through checkout, for what happens afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from commerce.accounts.models import Agent
from commerce.buyers import Address, Buyer, Recipient
from commerce.catalog.models import Variant
from commerce.ids import new_id, order_number, random_text
from commerce.orders.models import Order
from commerce.orders.records import ChosenOption, OrderLineRecord, OrderRecord
from commerce.orders.services import place_order_writes
from commerce.statements import write
from tests.factories import AgentFactory, VariantFactory

PLACED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def order_record(agent: Agent, *lines: tuple[Variant, int], **changes: Any) -> OrderRecord:
    """Return an order of some variants, shipped for 5.00, without tax."""
    records = tuple(_line(variant, quantity, place) for place, (variant, quantity) in enumerate(lines, 1))
    items = sum(line.items_minor for line in records)
    fields: dict[str, Any] = {
        "id": new_id("ord"),
        "merchant_id": agent.merchant_id,
        "agent_id": agent.pk,
        "payment_id": None,
        "checkout_session_id": new_id("cs"),
        "number": order_number(),
        "permalink_token": random_text(32),
        "status": "confirmed",
        "sequence": 1,
        "currency": "usd",
        "items_minor": items,
        "items_discount_minor": 0,
        "discount_minor": 0,
        "fulfillment_minor": 500,
        "tax_minor": 0,
        "included_tax_minor": 0,
        "total_minor": items + 500,
        "email": "ada.park@example.com",
        "buyer": Buyer(email="ada.park@example.com", first_name="Ada"),
        "destination": Recipient(
            "Ada Park",
            address=Address("Ada Park", "", "1234 Chat Road", "", "San Francisco", "CA", "94131", "US"),
        ),
        "fulfillment": (ChosenOption("fm_x", "shipping", "Standard", 500, tuple(one.id for one in records)),),
        "tax_breakdown": (),
        "discounts": (),
        "notes": "",
        "placed_at": PLACED,
        "updated_at": PLACED,
        "lines": records,
        **changes,
    }
    return OrderRecord(**fields)


def _line(variant: Variant, quantity: int, position: int) -> OrderLineRecord:
    amount = variant.price_minor * quantity
    return OrderLineRecord(
        id=new_id("li"),
        position=position,
        variant_id=variant.pk,
        product_id=variant.product_id,
        title=variant.product.title,
        sku=variant.sku,
        image_url="",
        is_digital=variant.is_digital,
        unit_price_minor=variant.price_minor,
        ordered=quantity,
        current=quantity,
        fulfilled=0,
        items_minor=amount,
        items_discount_minor=0,
        tax_minor=0,
        included_tax_minor=0,
        total_minor=amount,
    )


def place(record: OrderRecord) -> Order:
    """Write an order as checkout does."""
    with transaction.atomic():
        write(*place_order_writes(record))
    return Order.objects.get(pk=record.id)


def placed_order(*quantities: int, agent: Agent | None = None, **variant: Any) -> Order:
    """Place an order with a line of so many units each, of an agent of some merchant."""
    agent = agent or AgentFactory.create()
    lines = [
        (VariantFactory.create(merchant=agent.merchant, **variant), quantity) for quantity in quantities or (1,)
    ]
    return place(order_record(agent, *lines))
