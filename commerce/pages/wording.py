"""Amounts, times and statuses in the words of a page. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from commerce.money import exponent

_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

_MINUS = "\N{MINUS SIGN}"

ORDER_STATUS = {
    "confirmed": "Confirmed",
    "processing": "Being prepared",
    "shipped": "On its way",
    "completed": "Complete",
    "canceled": "Canceled",
}

ORDER_MEANING = {
    "confirmed": "The shop has the order and will prepare it.",
    "processing": "The shop is at work on the order.",
    "shipped": "Everything has left the shop.",
    "completed": "Everything has arrived.",
    "canceled": "Nothing of this order will be sent any more.",
}

LINE_STATUS = {
    "processing": "not sent yet",
    "partial": "partly sent",
    "fulfilled": "sent",
    "removed": "canceled or returned",
}

SHIPMENT_STATUS = {
    "processing": "Being packed",
    "shipped": "Handed to the carrier",
    "in_transit": "On its way",
    "out_for_delivery": "Out for delivery",
    "ready_for_pickup": "Ready to be picked up",
    "delivered": "Delivered",
    "failed": "Delivery failed",
    "returned": "Returned",
    "canceled": "Canceled",
}

ADJUSTMENT_KIND = {
    "refund": "Refund",
    "credit": "Credit",
    "return": "Return",
    "exchange": "Exchange",
    "price_adjustment": "Price adjustment",
    "cancellation": "Cancellation",
    "dispute": "Payment dispute",
}

RETURN_STATUS = {"pending": "Under way", "completed": "Received", "failed": "Not sent back"}

RETURN_REASON = {
    "damaged": "Damaged or defective",
    "wrong_item": "Wrong item",
    "too_small": "Too small",
    "too_large": "Too large",
    "not_as_described": "Not as described",
    "no_longer_needed": "No longer needed",
    "other": "Other reason",
}

ADJUSTMENT_STATUS = {"pending": "under way", "completed": "done", "failed": "failed"}

AVAILABILITY = {
    "in_stock": "In stock",
    "out_of_stock": "Out of stock",
    "backorder": "Can be ordered ahead",
}

AGE_GROUP = {
    "newborn": "Newborn (up to 3 months)",
    "infant": "Infant (3 to 12 months)",
    "toddler": "Toddler (1 to 5 years)",
    "kids": "Kids (5 to 13 years)",
}


def amount_text(minor: int, currency: str) -> str:
    """Write minor units for people: "$1,234.50", "¥500", "CHF 12.00", and a minus sign before what is negative."""
    digits = exponent(currency)
    number = f"{Decimal(abs(minor)).scaleb(-digits):,.{digits}f}"
    sign = _SIGNS.get(currency, f"{currency.upper()}\N{NO-BREAK SPACE}")
    return f"{_MINUS if minor < 0 else ''}{sign}{number}"


def date_text(day: date) -> str:
    """Write a date: "April 21, 2026"."""
    return f"{day:%B} {day.day}, {day.year}"


def day_text(at: datetime) -> str:
    """Write a day: "Tuesday, April 21, 2026"."""
    return f"{at:%A, %B} {at.day}, {at.year}"


def hour_text(at: datetime) -> str:
    """Write a time of day: "5 pm", "12:30 am"."""
    minutes = f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"


def moment_text(at: datetime) -> str:
    """Write a moment: "April 21, 2026, 5 pm PDT"."""
    return f"{at:%B} {at.day}, {at.year}, {hour_text(at)} {at:%Z}"


def words(code: str, known: dict[str, str]) -> str:
    """Return the words of a code; one that is new here is shown as it is, readably."""
    return known.get(code) or code.replace("_", " ").capitalize()
