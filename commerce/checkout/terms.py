"""What a buyer agrees to, in a form in which two parties can compare it. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import rfc8785

from commerce.checkout.document import Document, Session


def canonical_terms(session: Session) -> bytes:
    """Write a session's terms as canonical JSON (RFC 8785): what is bought, at what price, how and where it goes.

    Promised times are left out: they follow the clock, and a later promise is not a higher price.
    """
    document = session.document
    return rfc8785.dumps(
        {
            "checkout_session": session.id,
            "currency": session.currency,
            "lines": [_line(document, index) for index in range(len(document.lines))],
            "discounts": [{"name": one.name, "amount": one.amount_minor} for one in document.discounts],
            "fulfillment": [_chosen(document, selection.option_id) for selection in document.selections],
            "recipient": asdict(document.recipient) if document.recipient else None,
            "email": document.email,
            "totals": _totals(document),
        }
    )


def terms_hash(terms: bytes) -> str:
    """Return the fingerprint of terms: SHA-256, hexadecimal."""
    return hashlib.sha256(terms).hexdigest()


def _line(document: Document, index: int) -> dict[str, Any]:
    line = document.lines[index]
    return {
        "variant": line.variant_id,
        "title": line.title,
        "options": [list(option) for option in line.options],
        "quantity": line.quantity,
        "unit_price": line.unit_price_minor,
        "discount": line.items_discount_minor,
        "tax": line.tax_minor,
        "total": line.total_minor,
    }


def _chosen(document: Document, option_id: str) -> dict[str, Any]:
    option = next(one for one in document.options if one.id == option_id)
    return {"id": option.id, "title": option.title, "amount": option.amount_minor}


def _totals(document: Document) -> dict[str, int]:
    totals = document.totals
    return {
        "items": totals.items_minor,
        "items_discount": totals.items_discount_minor,
        "discount": totals.discount_minor,
        "fulfillment": totals.fulfillment_minor,
        "tax": totals.tax_minor,
        "included_tax": totals.included_tax_minor,
        "total": totals.total_minor,
    }
