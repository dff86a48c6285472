"""Shipments as plain values, beside the order they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commerce.orders.records import Address, OrderRecord, Words


@dataclass(frozen=True, slots=True)
class ShipmentLineRecord:
    """So many units of a line; `returned` of them the buyer has sent back since."""

    line_id: str
    quantity: int
    returned: int = 0


@dataclass(frozen=True, slots=True)
class ShipmentEventRecord:
    id: int
    kind: str
    description: Words
    location: Words
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ShipmentRecord:
    id: str
    kind: str
    status: str
    carrier: Words
    tracking_number: Words
    tracking_url: Address
    access_url: Address
    lines: tuple[ShipmentLineRecord, ...]
    events: tuple[ShipmentEventRecord, ...]
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """An order with everything that happened to it."""

    order: OrderRecord
    shipments: tuple[ShipmentRecord, ...] = ()
