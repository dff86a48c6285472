"""The discount extension: what was applied, where it went, and which codes did nothing."""

from __future__ import annotations

from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.common import moment
from commerce.checkout.document import Discounted, Document

DISCOUNT_EXTENSION: bodies.ExtensionDeclaration = {
    "name": "discount",
    "extends": [
        "$.CheckoutSessionCreateRequest.discounts",
        "$.CheckoutSessionUpdateRequest.discounts",
        "$.CheckoutSession.discounts",
    ],
}


def discounts(document: Document, currency: str) -> bodies.Discounts:
    return {
        "codes": list(document.codes),
        "applied": [_applied(one, document, currency) for one in document.discounts],
        "rejected": [
            {"code": one.code, "reason": f"discount_code_{one.reason}", "message": one.message}
            for one in document.rejected_codes
        ],
    }


def _applied(one: Discounted, document: Document, currency: str) -> bodies.AppliedDiscount:
    written: bodies.AppliedDiscount = {
        "id": one.id,
        "coupon": _coupon(one, currency),
        "amount": one.amount_minor,
        "automatic": one.code is None,
        "method": "each" if one.percent is not None else "across",
        "priority": max(one.priority, 1),
        "allocations": [
            {"path": f"$.line_items[{index}]", "amount": amount}
            for index, amount in enumerate(one.per_line)
            if amount
        ],
    }
    if one.shipping_minor:
        written["allocations"].append({"path": "$.totals.fulfillment", "amount": one.shipping_minor})
    if one.code is not None:
        written["code"] = _as_submitted(one.code, document)
    if one.starts_at:
        written["start"] = moment(one.starts_at)
    if one.ends_at:
        written["end"] = moment(one.ends_at)
    return written


def _as_submitted(code: str, document: Document) -> str:
    """Return a code the way the agent wrote it."""
    return next((given for given in document.codes if given.strip().upper() == code.upper()), code)


def _coupon(one: Discounted, currency: str) -> bodies.Coupon:
    written: bodies.Coupon = {"id": one.discount_id, "name": one.name, "duration": "once"}
    if one.percent is not None:
        written["percent_off"] = float(one.percent)
    elif one.amount_off_minor is not None:
        written["amount_off"] = one.amount_off_minor
        written["currency"] = currency
    elif one.is_free_shipping:
        written["amount_off"] = one.shipping_minor
        written["currency"] = currency
    return written


def discount_details(document: Document, index: int) -> list[bodies.DiscountDetail]:
    """Say for one line what each discount took off it."""
    details: list[bodies.DiscountDetail] = []
    for one in document.discounts:
        if not one.per_line[index]:
            continue
        detail: bodies.DiscountDetail = {
            "type": "percentage" if one.percent is not None else "fixed",
            "amount": one.per_line[index],
            "description": one.name,
            "source": "coupon" if one.code else "automatic",
        }
        if one.code:
            detail["code"] = _as_submitted(one.code, document)
        details.append(detail)
    return details
