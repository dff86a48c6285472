"""What a buyer agrees to, in a form in which two parties can compare it. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import rfc8785

from commerce.checkout.document import Document, Session
from commerce.fulfillment.quotes import Option


def canonical_terms(session: Session) -> bytes:
    """Write a session's terms as canonical JSON (RFC 8785): what is bought, at what price, where it goes and when.

    Days are those of the merchant's calendar, in which the ways of delivery are quoted.
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


@dataclass(frozen=True, slots=True)
class Delay:
    """The last day on which a delivery would arrive, as it was shown and as it is."""

    was: date
    is_now: date


def delay_of(shown: Document, fresh: Document) -> Delay | None:
    """Return by how much what was chosen arrives later than was shown, None where it does not.

    Needs documents with the same choices.
    """
    for selection in shown.selections:
        before, after = (_option(one, selection.option_id).latest for one in (shown, fresh))
        if before and after and after.date() > before.date():
            return Delay(before.date(), after.date())
    return None


def with_days_of(shown: Document, fresh: Document) -> Document:
    """Return a document with the last days that were shown, as it is agreed to: earlier ones need no new yes."""
    days = {one.id: one.latest for one in shown.options}
    options = tuple(replace(one, latest=days.get(one.id, one.latest)) for one in fresh.options)
    return replace(fresh, options=options)


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
    option = _option(document, option_id)
    by = option.latest.date().isoformat() if option.latest else ""
    return {"id": option.id, "title": option.title, "amount": option.amount_minor, "arrives_by": by}


def _option(document: Document, option_id: str) -> Option:
    return next(one for one in document.options if one.id == option_id)


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
