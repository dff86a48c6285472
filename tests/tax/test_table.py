from __future__ import annotations

from decimal import Decimal

from commerce.places import Place
from commerce.tax.calculator import TaxableLine, TaxRequest, TaxResult, TaxRow
from commerce.tax.table import TableTax

CALIFORNIA = TaxRow("California", "US", Decimal("7.25"), region="CA")
SAN_FRANCISCO = TaxRow("San Francisco", "US", Decimal("1.375"), region="CA", postal_prefix="941")
BOOKS = TaxRow("California", "US", Decimal(0), region="CA", tax_code="books")
WASHINGTON = TaxRow("Washington", "US", Decimal("6.5"), region="WA", applies_to_shipping=True)


def tax(place: Place, *lines: TaxableLine, table: tuple[TaxRow, ...], shipping: int = 0) -> TaxResult:
    request = TaxRequest("mer_x", "usd", place, lines, shipping, table)
    return TableTax().calculate(request)


def added(place: Place, *table: TaxRow, tax_code: str = "") -> int:
    return tax(place, TaxableLine(10_000, tax_code), table=table).lines[0].added_minor


def test_rates_of_a_place_add_up() -> None:
    assert added(Place("US", "CA", "94131"), CALIFORNIA, SAN_FRANCISCO) == 862
    assert added(Place("US", "CA", "90001"), CALIFORNIA, SAN_FRANCISCO) == 725
    assert added(Place("US", "NV", "89501"), CALIFORNIA, SAN_FRANCISCO) == 0
    assert added(Place("DE", "", "94131"), CALIFORNIA, SAN_FRANCISCO) == 0


def test_a_rate_for_a_tax_code_beats_the_general_one() -> None:
    place = Place("US", "CA", "94131")

    assert added(place, CALIFORNIA, BOOKS, tax_code="books") == 0
    assert added(place, CALIFORNIA, BOOKS, tax_code="") == 725
    assert added(place, CALIFORNIA, BOOKS, SAN_FRANCISCO, tax_code="books") == 138


def test_what_is_exempt_is_taxed_nowhere() -> None:
    everywhere = TaxRow("Sales tax", "US", Decimal(5))

    assert added(Place("US", "CA", "94131"), CALIFORNIA, everywhere, tax_code="exempt") == 0


def test_the_longest_postal_prefix_of_a_jurisdiction_counts() -> None:
    wide = TaxRow("City", "US", Decimal(1), postal_prefix="94")
    narrow = TaxRow("City", "US", Decimal(2), postal_prefix="9413")

    assert added(Place("US", "CA", "94131"), wide, narrow) == 200
    assert added(Place("US", "CA", "94501"), wide, narrow) == 100


def test_a_region_beats_the_whole_country() -> None:
    country = TaxRow("VAT", "CA", Decimal(5))
    region = TaxRow("VAT", "CA", Decimal(13), region="ON")

    assert added(Place("CA", "ON", "M5V2T6"), country, region) == 1300
    assert added(Place("CA", "AB", "T2P1J9"), country, region) == 500


def test_shipping_is_taxed_where_it_is() -> None:
    line = TaxableLine(10_000)

    taxed = tax(Place("US", "WA", "98101"), line, table=(WASHINGTON,), shipping=1000)
    untaxed = tax(Place("US", "CA", "94131"), line, table=(CALIFORNIA,), shipping=1000)

    assert taxed.shipping.added_minor == 65
    assert untaxed.shipping.added_minor == 0


def test_capitals_of_a_tax_code_make_no_difference() -> None:
    assert added(Place("US", "CA"), CALIFORNIA, BOOKS, tax_code="Books") == 0
    assert added(Place("US", "CA"), CALIFORNIA, tax_code="Exempt") == 0
    assert added(Place("US", "CA"), CALIFORNIA, tax_code="Bookshelves") == 725
