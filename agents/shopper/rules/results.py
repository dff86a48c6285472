"""What tools return, read from their JSON. Text of merchants stays text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from agents.shopper.rules.addresses import AddressParts

Json = Mapping[str, Any]

SELLABLE = frozenset({"in_stock", "low_stock", "backorder", "preorder"})


@dataclass(frozen=True, slots=True)
class Variant:
    id: str
    title: str
    options: tuple[tuple[str, str], ...]
    price: str
    list_price: str
    availability: str
    available: int | None
    most: int | None
    is_purchasable: bool
    is_digital: bool
    obstacles: tuple[tuple[str, str], ...]  # code, message


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    title: str
    brand: str
    description: str
    tags: tuple[str, ...]
    variants: tuple[Variant, ...]

    @property
    def is_purchasable(self) -> bool:
        return any(one.is_purchasable for one in self.variants)

    @property
    def lowest(self) -> Variant:
        return min(self.variants, key=lambda one: amount(one.price))

    @property
    def highest(self) -> Variant:
        return max(self.variants, key=lambda one: amount(one.price))


@dataclass(frozen=True, slots=True)
class Line:
    line_id: str
    variant_id: str
    title: str
    options: tuple[tuple[str, str], ...]
    quantity: int
    unit_price: str
    total: str
    availability: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way of sending."""

    id: str
    title: str
    price: str
    kind: str
    earliest: date | None
    latest: date | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Note:
    kind: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Cart:
    id: str
    lines: tuple[Line, ...]
    total: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkout:
    id: str
    status: str
    lines: tuple[Line, ...]
    email: str
    first_name: str
    last_name: str
    address: AddressParts
    ways: tuple[Way, ...]
    applied: tuple[tuple[str, str], ...]  # code, amount
    rejected: tuple[tuple[str, str], ...]  # code, message
    totals: tuple[tuple[str, str], ...]  # label, amount
    total: str
    missing: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def is_ready(self) -> bool:
        return self.status == "ready_for_payment"

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "canceled", "expired")

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.applied)

    @property
    def chosen(self) -> Way | None:
        return next((one for one in self.ways if one.is_chosen), None)

    @property
    def problems(self) -> tuple[Note, ...]:
        """What stands in the way and is more than something missing."""
        return tuple(one for one in self.notes if one.kind == "error" and one.code != "missing")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search. Where nothing was found, `nearest` are other things."""

    products: tuple[Product, ...]
    more: str = ""
    corrections: tuple[tuple[str, str], ...] = ()
    miss: str = ""
    message: str = ""
    nearest: tuple[Product, ...] = ()
    price_min: str = ""
    price_max: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    product: Product


@dataclass(frozen=True, slots=True)
class Compared:
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class OrderLine:
    line_id: str
    title: str
    quantity: int
    status: str


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    number: str
    status: str
    lines: tuple[OrderLine, ...]
    total: str
    shipments: tuple[Json, ...]
    adjustments: tuple[Json, ...]
    page: str
    may_cancel: bool
    may_return: bool


@dataclass(frozen=True, slots=True)
class Orders:
    orders: tuple[Order, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking to pay."""

    outcome: str
    message: str = ""
    said: str = ""
    checkout: Checkout | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What a tool could not do, and what it offers instead: ids with what they are called."""

    code: str
    message: str
    valid: tuple[str, ...] = ()
    next_step: str = ""


Result = Found | Looked | Compared | Cart | Checkout | Orders | Asked | Failure


def amount(price: str) -> Decimal:
    """Return the number in a price such as "58.00 USD", to compare by."""
    try:
        return Decimal(price.split()[0].replace(",", ""))
    except (InvalidOperation, IndexError):
        return Decimal(0)
