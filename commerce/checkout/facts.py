"""What is true right now about the lines and codes of a session: one statement, however many lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from commerce import sealing
from commerce.checkout.document import Document
from commerce.discounts.selectors import promotions_from, promotions_read
from commerce.inventory.offers import Offer, offers_from, offers_read
from commerce.pricing.discounts import Promotion
from commerce.statements import read


@dataclass(frozen=True, slots=True)
class Facts:
    """Live offers by variant id, and the promotions that may apply."""

    offers: Mapping[str, Offer]
    promotions: Sequence[Promotion]


def load_facts(merchant_id: str, document: Document, *, now: datetime) -> Facts:
    """Read prices, stock and promotions for a document in one statement."""
    offers, promotions = read(
        offers_read(merchant_id, [line.variant_id for line in document.lines]),
        promotions_read(merchant_id, document.codes, buyer=buyer_fingerprint(document)),
    )
    return Facts(offers_from(offers, now=now), promotions_from(promotions))


def buyer_fingerprint(document: Document) -> str:
    """Return by what a buyer is recognised for limits per buyer; empty where nobody is known yet."""
    email = document.email.strip().lower()
    return sealing.fingerprint(email) if email else ""
