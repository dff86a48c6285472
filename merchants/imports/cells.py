"""What a cell means. What cannot be understood is reported, and None is the answer: what is there stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from commerce.catalog.product_data import MAX_PRICE_MINOR
from commerce.money import decimal_text, exponent, parse_decimal, round_half_even
from merchants.imports.reading import Severity
from merchants.imports.tables import Row
from merchants.imports.text import readable

_TRUE = frozenset(("true", "yes", "y", "t", "1"))
_FALSE = frozenset(("false", "no", "n", "f", "0"))
_PLAIN_NUMBER = re.compile(r"-?(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})", re.ASCII)
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:[.,]\d{3})+", re.ASCII)
_MAX_COUNT = 2_000_000_000
_GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "mg": Decimal("0.001"),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
_MILLIMETRES = {
    "mm": Decimal(1),
    "cm": Decimal(10),
    "m": Decimal(1000),
    "in": Decimal("25.4"),
    "ft": Decimal("304.8"),
    "yd": Decimal("914.4"),
}
_UNITS = _GRAMS | _MILLIMETRES
_UNIT_NAMES = {
    "lbs": "lb",
    "gram": "g",
    "grams": "g",
    "kgs": "kg",
    "inch": "in",
    "inches": "in",
    '"': "in",
    "ounces": "oz",
}

_is_web_address = URLValidator(schemes=["http", "https"])

Cell = Callable[[Row, str], Any]
"""Reads a cell that is not empty. None where it says nothing usable, which has been reported then."""


class Told:
    """What a row tells of a record, by the record's fields: those whose column the file has and can be read."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.values: dict[str, Any] = {}

    def take(self, field: str, column: str, cell: Cell, *, blank: Any) -> None:
        """Read a field from its column; `blank` is what an empty cell says."""
        if not self.row.has(column):
            return
        value = blank if self.row.is_blank(column) else cell(self.row, column)
        if value is not None or (value is blank and self.row.is_blank(column)):
            self.values[field] = value

    def kept(self, fields: frozenset[str]) -> frozenset[str]:
        """Return the fields of which nothing is told."""
        return fields - self.values.keys()


def tell_sale_price(told: Told, column: str, regular: int, amount: Cell) -> None:
    """Read a sale price. One that is none is told as none; one of nothing is a gift, and said to be one."""
    told.take("sale_price_minor", column, amount, blank=None)
    sale = told.values.get("sale_price_minor")
    if sale is None:
        return
    if sale >= regular:
        told.row.report(column, "Write a sale price below the regular price, or none; there is no sale now.")
        told.values["sale_price_minor"] = None
    elif sale == 0:
        advice = "It costs nothing while the sale lasts. Empty the cell where there is none."
        told.row.report(column, advice, Severity.NOTICE)


def keep_sale_of_unknown_days(told: Told, column: str, *, days: Mapping[str, str]) -> None:
    """Tell nothing of a sale where one of its days cannot be read: it would begin at once, or never end.

    `days` has what the row says of them, by the fields.
    """
    is_known = all(field in told.values or not said.strip() for field, said in days.items())
    if is_known or told.values.get("sale_price_minor") is None:
        return
    for field in ("sale_price_minor", *days):
        told.values.pop(field, None)
    told.row.report(column, "Its beginning or its end cannot be read: the sale was left as it was.")


def text(limit: int = 255) -> Cell:
    """Return what reads one readable line, cut where it is longer."""
    return lambda row, column: row.text(column, limit)


def flag(row: Row, column: str, *, default: bool | None = None) -> bool | None:
    """Read TRUE or FALSE; `default` where the cell is empty or says neither."""
    said = row.text(column).casefold()
    if said in _TRUE | _FALSE:
        return said in _TRUE
    if said:
        read_as = "" if default is None else f"; it was read as {str(default).upper()}"
        row.report(column, f"Write TRUE or FALSE{read_as}.")
    return default


def one_of(row: Row, column: str, *, choices: Sequence[str]) -> str | None:
    """Read one of some words; None where the cell says another."""
    said = row.text(column).casefold()
    if said in choices:
        return said
    row.report(column, f"Write {', '.join(choices[:-1])} or {choices[-1]}; the cell was ignored.")
    return None


def number(row: Row, column: str, *, decimal_comma: bool = False) -> Decimal | None:
    """Read a number with a point, or with a comma where the file writes them so; None where it is none."""
    said = row.text(column).lstrip("'")
    if (decimal_comma or row.header.decimal_comma) and "." not in said:
        said = said.replace(",", ".", 1)
    return Decimal(said) if _PLAIN_NUMBER.fullmatch(said) else None


def whole_number(row: Row, column: str, *, may_be_negative: bool = False) -> int | None:
    """Read a number, fractions rounded; None where the cell is empty or no number."""
    if row.is_blank(column):
        return None
    found = None if _is_parted(row, column) else number(row, column)
    if found is None or abs(found) > _MAX_COUNT or (found < 0 and not may_be_negative):
        row.report(column, f"Write a number{'' if may_be_negative else ' from 0 up'}; the cell was ignored.")
        return None
    return round(found)


def _is_parted(row: Row, column: str) -> bool:
    """Say whether a point may part thousands: where commas part decimals, 1.000 is a thousand or one."""
    return row.header.decimal_comma and _THOUSANDS.fullmatch(row.text(column)) is not None


def price(row: Row, column: str, *, currency: str, decimal_comma: bool = False) -> int | None:
    """Read an amount as minor units; None where the cell is empty or no amount of the currency."""
    if row.is_blank(column):
        return None
    found = number(row, column, decimal_comma=decimal_comma)
    minor = _minor(found, currency)
    if minor is None:
        row.report(column, f"Write an amount in {currency.upper()} with a point, such as {_example(currency)}.")
    return minor


def needed_price(row: Row, column: str, amount: Cell) -> int | None:
    """Read the price without which there is no variant; None where there is none, which has been reported then."""
    found: int | None = None if row.is_blank(column) else amount(row, column)
    if found is None:
        blank = "Give the variant a price. " if row.is_blank(column) else ""
        row.refuse(column, f"{blank}Without a price the variant was left out; what was there before stays.")
    elif found == 0:
        row.report(column, "It is sold for nothing. Give it a price, unless it is a gift.", Severity.NOTICE)
    return found


def money(row: Row, column: str, *, currency: str) -> int | None:
    """Read an amount with its currency, such as "12.34 USD", as minor units; None where it is none."""
    if row.is_blank(column):
        return None
    said = re.fullmatch(
        r"(?P<code>[A-Za-z]{3})?\s*(?P<amount>[\d.,]+)\s*(?P<behind>[A-Za-z]{3})?", row.text(column)
    )
    example = f"{_example(currency)} {currency.upper()}"
    if (
        said is None
        or bool(said["code"]) == bool(said["behind"])
        or _minor(_decimal(said["amount"]), currency) is None
    ):
        row.report(column, f"Write the amount, a space and the currency, such as {example}.")
        return None
    code = said["code"] or said["behind"]
    if code.lower() != currency:
        row.report(
            column, f"The shop sells in {currency.upper()}: write it so, such as {example}.", Severity.ERROR
        )
        return None
    if row.text(column) != f"{said['amount']} {currency.upper()}":
        row.report(
            column,
            f"It was understood; the format writes it as {said['amount']} {currency.upper()}.",
            Severity.NOTICE,
        )
    return _minor(_decimal(said["amount"]), currency)


def _decimal(said: str) -> Decimal | None:
    return Decimal(said) if _PLAIN_NUMBER.fullmatch(said) else None


def _minor(amount: Decimal | None, currency: str) -> int | None:
    if amount is None or amount < 0:
        return None
    try:
        minor = parse_decimal(str(amount), currency)
    except ValueError:
        return None
    return minor if minor <= MAX_PRICE_MINOR else None


def _example(currency: str) -> str:
    return decimal_text(1999, currency) if exponent(currency) else "1999"


def measure(row: Row, column: str, *, unit: str = "", decimal_comma: bool = False) -> int | None:
    """Read a length in whole millimetres or a weight in whole grams. Its unit stands in the cell, or is given."""
    said = row.text(column).casefold().lstrip("'")
    found = re.fullmatch(r"(?P<number>-?[\d.,]+)\s*(?P<unit>[a-z\"]*)\.?", said)
    amount = found["number"] if found else ""
    if (decimal_comma or row.header.decimal_comma) and "." not in amount:
        amount = amount.replace(",", ".", 1)
    factor = unit_factor(found["unit"] or unit) if found else None
    if found is None or factor is None or not _PLAIN_NUMBER.fullmatch(amount) or Decimal(amount) < 0:
        example = f" in {unit}" if unit else " with its unit, such as 1.5 kg or 20 cm"
        row.report(column, f"Write a number from 0 up{example}; the cell was ignored.")
        return None
    whole = round_half_even(Decimal(amount) * factor)
    if whole > _MAX_COUNT:
        row.report(column, "Check the number and its unit: that is too much to be true. The cell was ignored.")
        return None
    return whole


def unit_factor(unit: str) -> Decimal | None:
    """Return how many grams or millimetres a unit has; None where it is neither of weight nor of length."""
    name = _UNIT_NAMES.get(unit, unit)
    return _UNITS.get(name)


def moment(row: Row, column: str, *, time_zone: str, is_end: bool = False) -> datetime | None:
    """Read a date or a time; without a zone it is the shop's. An end that is a date is the end of that day."""
    return moment_in(row, column, row.text(column), time_zone=time_zone, is_end=is_end)


def moment_in(row: Row, column: str, said: str, *, time_zone: str, is_end: bool = False) -> datetime | None:
    """Read a part of a cell as `moment` reads all of it."""
    try:
        found = datetime.fromisoformat(_two_digit_hour(said.strip()))
        is_date = len(said.strip()) <= len("2026-04-01")
        if is_date:
            found = datetime.combine(found.date() + timedelta(days=1 if is_end else 0), time())
        aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(time_zone))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        row.report(
            column, "Write a date such as 2026-11-24, or a time such as 2026-11-24T09:00-05:00; it was ignored."
        )
        return None


def day(row: Row, column: str, *, time_zone: str) -> date | None:
    """Read a date, or the day of a time, as it is in the shop's zone."""
    at = moment(row, column, time_zone=time_zone)
    return None if at is None else at.astimezone(ZoneInfo(time_zone)).date()


def _two_digit_hour(said: str) -> str:
    """WooCommerce writes 9:00:00 for nine o'clock."""
    return re.sub(r"^(\d{4}-\d{2}-\d{2}[ T])(\d):", r"\g<1>0\2:", said)


def gtin(row: Row, column: str) -> str | None:
    """Read a GTIN (EAN, UPC, ISBN-13); empty where the cell is, None where its digits or check digit are wrong."""
    return gtin_in(row, column, row.raw(column))


def gtin_in(row: Row, column: str, said: str) -> str | None:
    """Read a part of a cell as a GTIN."""
    digits = re.sub("[\\s'\u2019-]", "", readable(said))
    if not digits:
        return ""
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (8, 12, 13, 14):
        row.report(column, "Write a GTIN of 8, 12, 13 or 14 digits; it was left out.")
        return None
    if not has_right_check_digit(digits):
        row.report(column, "The last digit does not fit the others: look for a typing error. It was left out.")
        return None
    return digits


def has_right_check_digit(digits: str) -> bool:
    """Say whether the last digit of a GTIN follows from the others (GS1 General Specifications, 7.9)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def web_address(row: Row, column: str) -> str | None:
    """Read an http or https address; empty where the cell is, None where it is none."""
    said = row.text(column, limit=2000)
    return web_address_in(row, column, said) if said else ""


def web_address_in(row: Row, column: str, said: str) -> str | None:
    """Read a part of a cell as an address."""
    address = f"https:{said}" if said.startswith("//") else said
    if len(address) > 500 or not _is_reachable(address):
        advice = "Write an http or https address without a password, at most 500 characters; it was left out."
        row.report(column, advice, value=said)
        return None
    return address


@lru_cache(maxsize=4096)
def _is_reachable(address: str) -> bool:
    """Say whether it is an address of the web, and one that gives away no password."""
    try:
        _is_web_address(address)
    except ValidationError:
        return False
    return "@" not in address.split("/")[2]
