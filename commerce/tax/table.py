"""Tax by the merchant's own table of rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from commerce.places import Place
from commerce.pricing.taxes import AmountTax, Rate, tax_on
from commerce.tax.calculator import EXEMPT, TaxRequest, TaxResult, TaxRow


class TableTax:
    """Implements `TaxCalculator` with the rows of a merchant's table."""

    def calculate(self, request: TaxRequest) -> TaxResult:
        here = [row for row in request.table if covers(row, request.place)]
        lines = tuple(tax_on(line.amount_minor, rates_for(here, line.tax_code)) for line in request.lines)
        shipping_rows = [row for row in here if row.applies_to_shipping]
        shipping = (
            tax_on(request.shipping_minor, rates_for(shipping_rows, "")) if request.shipping_minor else AmountTax()
        )
        return TaxResult(lines, shipping)


def rates_for(rows: Sequence[TaxRow], tax_code: str) -> list[Rate]:
    """Pick the most specific row of each jurisdiction, in the order the jurisdictions stand in the table.

    What is exempt is taxed nowhere. Codes are typed in two places, so capitals make no difference.
    """
    code = tax_code.casefold()
    if code == EXEMPT:
        return []
    best: dict[str, TaxRow] = {}
    for row in _fitting(rows, code):
        rival = best.get(row.jurisdiction)
        if rival is None or _specificity(row) > _specificity(rival):
            best[row.jurisdiction] = row
    return [Rate(row.jurisdiction, row.percentage, row.is_inclusive) for row in best.values() if row.percentage]


def covers(row: TaxRow, place: Place) -> bool:
    """Say whether a rate counts at a place."""
    return (
        row.country == place.country
        and row.region in ("", place.region)
        and place.postal_code.startswith(row.postal_prefix)
    )


def _fitting(rows: Iterable[TaxRow], code: str) -> list[TaxRow]:
    return [row for row in rows if row.tax_code.casefold() in ("", code)]


def _specificity(row: TaxRow) -> tuple[bool, int, bool]:
    return (bool(row.tax_code), len(row.postal_prefix), bool(row.region))
