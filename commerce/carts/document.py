"""What a cart holds, as plain values: the JSON document of its row. Prices are looked up, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from commerce.buyers import Buyer
from commerce.inventory.offers import Offer


@dataclass(frozen=True, slots=True)
class CartLine:
    id: str
    variant_id: str
    quantity: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class CartDocument:
    lines: tuple[CartLine, ...]
    buyer: Buyer | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with what is true of it now; `offer` is None where it is no longer sold."""

    line: CartLine
    offer: Offer | None

    @property
    def items_minor(self) -> int:
        return self.offer.price_minor * self.line.quantity if self.offer else 0


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart at the prices of this moment. Totals are estimates: no tax, no shipping, no discount."""

    id: str
    currency: str
    lines: tuple[PricedLine, ...]
    buyer: Buyer | None
    expires_at: datetime

    @property
    def items_minor(self) -> int:
        return sum(line.items_minor for line in self.lines)


_codec = TypeAdapter(CartDocument)


def encode(document: CartDocument) -> str:
    return _codec.dump_json(document).decode()


def decode(text: str | bytes) -> CartDocument:
    return _codec.validate_json(text)
