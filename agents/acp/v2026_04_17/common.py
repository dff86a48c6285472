"""Parts that sessions, carts and orders share on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from agents.acp.errors import param_of
from agents.acp.v2026_04_17 import bodies
from commerce.buyers import Address, Buyer, Recipient
from commerce.checkout.messages import Issue, Remedy
from commerce.money import decimal_text
from commerce.places import region_code
from commerce.pricing.taxes import TaxShare

# Issue codes of the domain in the closed list of this version; warnings have a list of their own.
ERROR_CODES = {
    "missing": "missing",
    "unavailable": "out_of_stock",
    "discovery_only": "unsupported",
    "out_of_stock": "out_of_stock",
    "insufficient_stock": "quantity_exceeded",
    "quantity_limit": "quantity_exceeded",
    "invalid_address": "invalid",
    "unknown_option": "invalid",
    "address_not_served": "region_restricted",
    "payment_declined": "payment_declined",
    "payment_unavailable": "unsupported",
    "confirmation_required": "approval_required",
    "intervention_required": "intervention_required",
    "spending_limit": "maximum_exceeded",
    "terms_changed": "conflict",
    "discount_usage_limit_reached": "conflict",
}
WARNING_CODES = {"low_stock": "low_stock", "price_changed": "price_change"}

RESOLUTIONS = {
    Remedy.AGENT: "recoverable",
    Remedy.BUYER_INPUT: "requires_buyer_input",
    Remedy.BUYER_REVIEW: "requires_buyer_review",
}


def moment(when: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def message(issue: Issue) -> bodies.Message:
    """Write one issue. Warnings carry the discount codes' reasons as they are."""
    written: bodies.Message = {
        "type": issue.kind.value,
        "content_type": "plain",
        "content": issue.text,
    }
    if issue.kind == "error":
        written["code"] = ERROR_CODES.get(issue.code, "invalid")
        written["resolution"] = RESOLUTIONS[issue.remedy]
    elif issue.kind == "warning":
        written["code"] = WARNING_CODES.get(issue.code, issue.code)
    if param := param_of(issue.target):
        written["param"] = param
        if issue.is_missing:
            written["content"] = f"{issue.text} Send it as {field_text(param)}."
    return written


def field_text(param: str) -> str:
    """Write a JSONPath as the name of a field, and of a whole address its parts."""
    name = param.removeprefix("$.")
    if name != "fulfillment_details.address":
        return name
    return f"{name} (name, line_one, city, state, postal_code, country)"


def total(kind: str, text: str, amount: int) -> bodies.Total:
    return {"type": kind, "display_text": text, "amount": amount}


def line_totals(*, items: int, discount: int, subtotal: int, tax: int | None, whole: int) -> list[bodies.Total]:
    """Write the totals of one line; `tax` is None where it is not known yet."""
    totals = [total("items_base_amount", "Price", items)]
    if discount:
        totals.append(total("items_discount", "Discount", discount))
    totals.append(total("subtotal", "Subtotal", subtotal))
    if tax is not None:
        totals.append(total("tax", "Tax", tax))
    totals.append(total("total", "Total", whole))
    return totals


def tax_total(amount: int, included: int, shares: Sequence[TaxShare], currency: str) -> bodies.Total:
    """Write the tax entry. What prices contain already is named in words, because it adds nothing."""
    written = total("tax", "Tax included in prices" if included and not amount else "Tax", amount)
    on_top = [share for share in shares if not share.is_inclusive]
    if on_top:
        written["breakdown"] = [
            {
                "jurisdiction": share.jurisdiction,
                "rate": float(share.percentage / 100),
                "amount": share.amount_minor,
            }
            for share in on_top
        ]
    inside = [share for share in shares if share.is_inclusive and share.amount_minor]
    if inside:
        parts = ", ".join(
            f"{decimal_text(share.amount_minor, currency)} {currency.upper()} {share.jurisdiction}"
            f" ({share.percentage.normalize():f} %)"
            for share in inside
        )
        written["description"] = f"Prices include {parts}"
    return written


def buyer(known: Buyer | None) -> bodies.Buyer | None:
    """Write who buys, None where not even an e-mail address is known."""
    if known is None or not known.email:
        return None
    written: bodies.Buyer = {"email": known.email}
    if known.first_name:
        written["first_name"] = known.first_name
    if known.last_name:
        written["last_name"] = known.last_name
    if known.full_name:
        written["full_name"] = known.full_name
    if known.phone_number:
        written["phone_number"] = known.phone_number
    if known.customer_id:
        written["customer_id"] = known.customer_id
    if known.account_type:
        written["account_type"] = known.account_type
    if known.company_name:
        written["company"] = {"name": known.company_name}
    return written


def address(known: Address, *, name: str = "") -> bodies.Address:
    """Write an address; the region as its code where it is known."""
    written: bodies.Address = {
        "name": known.name or name,
        "line_one": known.line_one,
        "city": known.city,
        "state": region_code(known.country, known.region) if known.region else "",
        "country": known.country,
        "postal_code": known.postal_code,
    }
    if known.line_two:
        written["line_two"] = known.line_two
    if known.company:
        written["company"] = known.company
    return written


def fulfillment_details(known: Recipient) -> bodies.FulfillmentDetails:
    written: bodies.FulfillmentDetails = {}
    if known.name:
        written["name"] = known.name
    if known.phone_number:
        written["phone_number"] = known.phone_number
    if known.email:
        written["email"] = known.email
    if known.address:
        written["address"] = address(known.address, name=known.name)
    return written
