"""What a session knows, as plain values: the JSON document of its row.

Amounts are minor units of the session's currency. The document holds what was last shown to the agent:
completing compares with exactly that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from commerce.buyers import Buyer, Recipient
from commerce.checkout.messages import Issue
from commerce.checkout.states import Status
from commerce.fulfillment.quotes import Option
from commerce.pricing.taxes import TaxShare


@dataclass(frozen=True, slots=True)
class Line:
    """One variant with its quantity, its words and what it costs. `available` None: not counted."""

    id: str
    variant_id: str
    quantity: int
    product_id: str = ""
    title: str = ""
    variant_title: str = ""
    options: tuple[tuple[str, str], ...] = ()
    sku: str = ""
    category: str = ""
    url: str = ""
    image_url: str = ""
    tax_code: str = ""
    is_digital: bool = False
    weight_grams: int = 0
    availability: str = "in_stock"
    available: int | None = None
    max_quantity: int | None = None
    unit_price_minor: int = 0
    regular_price_minor: int = 0
    items_minor: int = 0
    items_discount_minor: int = 0
    tax_minor: int = 0
    included_tax_minor: int = 0

    @property
    def subtotal_minor(self) -> int:
        return self.items_minor - self.items_discount_minor

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class Selection:
    """The option chosen for some lines."""

    option_id: str
    line_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discounted:
    """A discount that took something off: `per_line` follows the lines, `shipping_minor` the rest."""

    id: str
    discount_id: str
    name: str
    amount_minor: int
    per_line: tuple[int, ...]
    shipping_minor: int = 0
    code: str | None = None
    percent: str | None = None
    amount_off_minor: int | None = None
    is_free_shipping: bool = False
    is_limited: bool = False
    is_limited_per_buyer: bool = False
    priority: int = 10
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejectedCode:
    code: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Totals:
    """`total = items - items_discount - discount + fulfillment + tax`; included tax stands apart."""

    items_minor: int = 0
    items_discount_minor: int = 0
    discount_minor: int = 0
    fulfillment_minor: int = 0
    tax_minor: int = 0
    included_tax_minor: int = 0
    total_minor: int = 0
    is_taxed: bool = False
    tax_shares: tuple[TaxShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """The card's issuer asks the buyer to authenticate; `brand` such as visa is empty where it is not known."""

    brand: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Document:
    lines: tuple[Line, ...]
    buyer: Buyer | None = None
    recipient: Recipient | None = None
    options: tuple[Option, ...] = ()
    selections: tuple[Selection, ...] = ()
    codes: tuple[str, ...] = ()
    discounts: tuple[Discounted, ...] = ()
    rejected_codes: tuple[RejectedCode, ...] = ()
    totals: Totals = Totals()
    issues: tuple[Issue, ...] = ()
    interventions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    locale: str = ""
    time_zone: str = ""
    notes: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    # Told to us and never shown again.
    attribution: tuple[dict[str, Any], ...] = ()
    intent_trace: dict[str, Any] | None = None
    risk_signals: dict[str, Any] | None = None
    challenge: Challenge | None = None
    # A way that was asked for and is not on offer. The session waits until another is chosen.
    refused_option: str = ""
    is_test: bool = False

    @property
    def email(self) -> str:
        """Where the receipt goes: the buyer's address, else the recipient's."""
        if self.buyer and self.buyer.email:
            return self.buyer.email
        return self.recipient.email if self.recipient else ""


@dataclass(frozen=True, slots=True)
class Session:
    """A checkout session as it was read or is about to be written. `version` is that of the row it comes from.

    `guesses` is how many codes a change has newly named that there are not: for who slows down guessing, not kept.
    """

    id: str
    merchant_id: str
    agent_id: str
    agent_key_id: str
    status: Status
    currency: str
    document: Document
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    attempt_id: str = ""
    order_id: str = ""
    version: int = 1
    guesses: int = 0


_codec = TypeAdapter(Document)


def encode(document: Document) -> str:
    """Write a document as JSON text."""
    return _codec.dump_json(document).decode()


def decode(text: str | bytes) -> Document:
    """Read what `encode` wrote, also where fields have been added since."""
    return _codec.validate_json(text)
