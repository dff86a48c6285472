"""An order as plain values: what a presenter, a page or a webhook needs of it, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

from commerce.buyers import Buyer, Recipient
from commerce.pricing.taxes import TaxShare
from commerce.text import line, web_address

Words = Annotated[str, AfterValidator(line)]
Address = Annotated[str, AfterValidator(web_address)]
"""Texts that came from outside: one line of what can be seen, and nothing but web addresses."""


@dataclass(frozen=True, slots=True)
class ChosenOption:
    """How some lines get to the buyer, as it was chosen: kind, title, price and promised time."""

    id: str
    kind: str
    title: Words
    amount_minor: int
    line_ids: tuple[str, ...]
    carrier: Words = ""
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderLineRecord:
    """One line. Quantities: ordered never changes, current falls with returns, fulfilled grows."""

    id: str
    position: int
    variant_id: str
    product_id: str
    title: Words
    sku: Words
    image_url: Address
    is_digital: bool
    unit_price_minor: int
    ordered: int
    current: int
    fulfilled: int
    items_minor: int
    items_discount_minor: int
    tax_minor: int
    included_tax_minor: int
    total_minor: int

    @property
    def subtotal_minor(self) -> int:
        return self.items_minor - self.items_discount_minor

    @property
    def status(self) -> str:
        """removed, fulfilled, partial or processing, derived from the quantities in this order."""
        if self.current == 0:
            return "removed"
        if self.fulfilled == self.current:
            return "fulfilled"
        return "partial" if self.fulfilled else "processing"


@dataclass(frozen=True, slots=True)
class AdjustmentRecord:
    id: str
    kind: str
    status: str
    amount_minor: int | None
    lines: tuple[dict[str, object], ...]
    reason: Words
    description: Words
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order. `total_minor` is what was charged at checkout and never changes."""

    id: str
    merchant_id: str
    agent_id: str
    payment_id: str | None
    checkout_session_id: str
    number: str
    permalink_token: str
    status: str
    sequence: int
    currency: str
    items_minor: int
    items_discount_minor: int
    discount_minor: int
    fulfillment_minor: int
    tax_minor: int
    included_tax_minor: int
    total_minor: int
    email: str
    buyer: Buyer
    destination: Recipient | None
    fulfillment: tuple[ChosenOption, ...]
    tax_breakdown: tuple[TaxShare, ...]
    discounts: tuple[dict[str, object], ...]
    notes: str
    placed_at: datetime
    updated_at: datetime
    is_test: bool | None = False
    lines: tuple[OrderLineRecord, ...] = ()
    adjustments: tuple[AdjustmentRecord, ...] = ()

    @property
    def subtotal_minor(self) -> int:
        return self.items_minor - self.items_discount_minor

    @property
    def refunded_minor(self) -> int:
        """The sum of the refunds that went through."""
        return sum(
            adjustment.amount_minor or 0
            for adjustment in self.adjustments
            if adjustment.kind == "refund" and adjustment.status == "completed"
        )
