"""The port of a tax engine. `TAX_CALCULATOR` names the one in use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from commerce.places import Place
from commerce.pricing.taxes import AmountTax

EXEMPT = "exempt"
"""The tax code of what is taxed nowhere."""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One row of a merchant's table of rates; see `commerce.tax.models.TaxRate`."""

    jurisdiction: str
    country: str
    percentage: Decimal
    region: str = ""
    postal_prefix: str = ""
    tax_code: str = ""
    is_inclusive: bool = False
    applies_to_shipping: bool = False


@dataclass(frozen=True, slots=True)
class TaxableLine:
    amount_minor: int
    tax_code: str = ""


@dataclass(frozen=True, slots=True)
class TaxRequest:
    """What is to be taxed: amounts after discounts, and where it goes."""

    merchant_id: str
    currency: str
    place: Place
    lines: tuple[TaxableLine, ...]
    shipping_minor: int
    table: tuple[TaxRow, ...]


@dataclass(frozen=True, slots=True)
class TaxResult:
    """One tax a line, in the order of the request, and the tax of shipping."""

    lines: tuple[AmountTax, ...]
    shipping: AmountTax


class TaxCalculator(Protocol):
    def calculate(self, request: TaxRequest) -> TaxResult:
        """Compute the tax of each line and of shipping."""


@lru_cache(maxsize=4)
def _calculator(path: str) -> TaxCalculator:
    calculator: TaxCalculator = import_string(path)()
    return calculator


def tax_calculator() -> TaxCalculator:
    """Return the configured tax engine."""
    return _calculator(settings.TAX_CALCULATOR)
