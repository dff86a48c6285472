"""What a cell means. Whatever cannot be understood is reported, and an answer given that does no harm."""

from __future__ import annotations

import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from commerce.catalog.product_data import MAX_PRICE_MINOR
from commerce.money import decimal_text, parse_decimal
from merchants.imports.tables import Row

_TRUE = frozenset(("true", "yes", "y", "t", "1"))
_FALSE = frozenset(("false", "no", "n", "f", "0"))
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_MAX_COUNT = 2_000_000_000

_is_web_address = URLValidator(schemes=["http", "https"])


def flag(row: Row, column: str, *, default: bool) -> bool:
    """Read TRUE or FALSE; `default` where the cell is empty."""
    text = row.text(column).casefold()
    if not text:
        return default
    if text not in _TRUE | _FALSE:
        row.report(column, f"Write TRUE or FALSE; it was read as {str(default).upper()}.")
        return default
    return text in _TRUE


def whole_number(row: Row, column: str, *, may_be_negative: bool = False) -> int | None:
    """Read a number, fractions rounded; None where the cell is empty or no number."""
    text = row.text(column)
    if not text:
        return None
    number = round(Decimal(text)) if _PLAIN_NUMBER.fullmatch(text) else None
    if number is None or abs(number) > _MAX_COUNT or (number < 0 and not may_be_negative):
        row.report(column, f"Write a number{'' if may_be_negative else ' from 0 up'}; the cell was ignored.")
        return None
    return number


def price(row: Row, column: str, *, currency: str) -> int | None:
    """Read an amount as minor units; None where the cell is empty or no amount of the currency."""
    text = row.text(column)
    if not text:
        return None
    try:
        minor = parse_decimal(text, currency) if _PLAIN_NUMBER.fullmatch(text) else -1
    except ValueError:
        minor = -1
    if not 0 <= minor <= MAX_PRICE_MINOR:
        row.report(column, f"Write an amount in {currency.upper()} with a point, such as {_example(currency)}.")
        return None
    return minor


def _example(currency: str) -> str:
    return decimal_text(1999, currency)


def gtin(row: Row, column: str) -> str:
    """Read a GTIN (EAN, UPC, ISBN-13); empty where its digits or its check digit are wrong."""
    text = re.sub("[\\s'\u2019-]", "", row.text(column))
    if not text:
        return ""
    if not text.isascii() or not text.isdigit() or len(text) not in (8, 12, 13, 14):
        row.report(column, "A GTIN has 8, 12, 13 or 14 digits; it was left out.")
        return ""
    if not has_right_check_digit(text):
        row.report(column, "The last digit does not fit the others: look for a typing error. It was left out.")
        return ""
    return text


def has_right_check_digit(digits: str) -> bool:
    """Say whether the last digit of a GTIN follows from the others (GS1 General Specifications, 7.9)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def web_address(row: Row, column: str) -> str:
    """Read an http or https address; empty where it is none."""
    text = row.text(column, limit=2000)
    if not text:
        return ""
    address = f"https:{text}" if text.startswith("//") else text
    try:
        _is_web_address(address)
    except ValidationError:
        address = ""
    if not address or len(address) > 500:
        row.report(column, "Write an http or https address of at most 500 characters; it was left out.")
        return ""
    return address
