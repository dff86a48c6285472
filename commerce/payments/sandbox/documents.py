"""The JSON documents that Stripe objects are kept and sent as."""

from copy import deepcopy
from typing import Any

Document = dict[str, Any]
Params = dict[str, Any]


def public(document: Document) -> Document:
    """Copy a document without the keys that only the sandbox knows, which start with an underscore."""
    return {key: value for key, value in document.items() if not key.startswith("_")}


def snapshot(document: Document) -> Document:
    """Copy what is public of a document deeply, so that later changes do not show in it."""
    return deepcopy(public(document))


def merge(current: Document | None, given: Document, blank: Document) -> Document:
    """Lay given values over current ones in the shape of blank, as Stripe does with addresses."""
    merged = {**blank, **(current or {})}
    for key, value in given.items():
        if isinstance(value, dict):
            nested = blank.get(key)
            merged[key] = merge(merged.get(key), value, nested if isinstance(nested, dict) else {})
        else:
            merged[key] = value if value != "" else None
    return merged


def blank_address() -> Document:
    """Return an address with every line empty."""
    return dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def blank_billing_details() -> Document:
    """Return the billing details of a card nobody described."""
    return {"address": blank_address(), "email": None, "name": None, "phone": None, "tax_id": None}


def blank_shipping() -> Document:
    """Return a shipment to nobody."""
    return {
        "address": blank_address(),
        "carrier": None,
        "name": None,
        "phone": None,
        "tracking_number": None,
    }
