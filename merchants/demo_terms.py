"""The terms of the two demo shops: where they are, what they tax, how they ship, what they give off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from commerce.fulfillment.terms import LocationTerms, MethodTerms, RateTerms, ZoneTerms
from commerce.places import COUNTRIES
from commerce.pricing.discounts import Promotion
from commerce.tax.calculator import TaxRow

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ShopTerms:
    """All there is to a demo shop besides its products. Ids in methods and promotions are left empty."""

    slug: str
    name: str
    currency: str
    time_zone: str
    country: str
    region: str
    postal_code: str
    website: str
    support_phone: str
    support_hours: str
    taxes: tuple[TaxRow, ...]
    zones: Mapping[str, ZoneTerms]
    methods: tuple[MethodTerms, ...]
    promotions: tuple[Promotion, ...]
    catalog: Path


# ZIP codes of the five boroughs by their first three digits.
_NEW_YORK_CITY = ("100", "101", "102", "103", "104", "111", "112", "113", "114", "116")


def _american(jurisdiction: str, percentage: str, region: str, prefix: str = "", *, ships: bool = False) -> TaxRow:
    return TaxRow(jurisdiction, "US", Decimal(percentage), region, prefix, applies_to_shipping=ships)


def _canadian(jurisdiction: str, percentage: str, region: str = "", code: str = "") -> TaxRow:
    return TaxRow(jurisdiction, "CA", Decimal(percentage), region, tax_code=code, applies_to_shipping=True)


def _vat(jurisdiction: str, country: str, percentage: str, code: str = "") -> TaxRow:
    """VAT is contained in the price and falls on shipping as well."""
    return TaxRow(
        jurisdiction,
        country,
        Decimal(percentage),
        tax_code=code,
        is_inclusive=True,
        applies_to_shipping=not code,
    )


_AMERICAN_TAXES = (
    _american("California", "7.25", "CA"),
    _american("San Francisco District", "1.375", "CA", "941"),
    _american("New York State", "4", "NY", ships=True),
    *(_american("New York City", "4.5", "NY", prefix, ships=True) for prefix in _NEW_YORK_CITY),
    *(_american("Metropolitan Commuter District", "0.375", "NY", prefix, ships=True) for prefix in _NEW_YORK_CITY),
    _american("Texas", "6.25", "TX", ships=True),
    _american("Washington", "6.5", "WA", ships=True),
    _canadian("Canada GST", "5"),
    # Ontario gives its part of the HST back on books at the till; British Columbia exempts them from PST.
    _canadian("Ontario HST", "8", "ON"),
    _canadian("Ontario HST", "0", "ON", "books"),
    _canadian("British Columbia PST", "7", "BC"),
    _canadian("British Columbia PST", "0", "BC", "books"),
)

_UNITED_STATES = ZoneTerms(("US",))
_CANADA = ZoneTerms(("CA",))
_SAN_FRANCISCO = ZoneTerms(("US",), ("CA",), ("941",))
_ELSEWHERE = ZoneTerms(tuple(sorted(COUNTRIES - {"US", "CA"})))

_STORE = LocationTerms(
    name="Harbor Supply Store",
    line_one="12 Quayside Walk",
    city="San Francisco",
    region="CA",
    postal_code="94111",
    country="US",
    phone="+1 415 555 0142",
    instructions="Ring at the blue door and give the number of your order.",
)

HARBOR_SUPPLY = ShopTerms(
    slug="harbor-supply",
    name="Harbor Supply Co.",
    currency="usd",
    time_zone="America/Los_Angeles",
    country="US",
    region="CA",
    postal_code="94111",
    website="harborsupply.example",
    support_phone="+1 415 555 0142",
    support_hours="Monday to Friday, 9 am to 5 pm Pacific time",
    taxes=_AMERICAN_TAXES,
    zones={
        "United States": _UNITED_STATES,
        "San Francisco": _SAN_FRANCISCO,
        "Canada": _CANADA,
        "Rest of the world": _ELSEWHERE,
    },
    methods=(
        MethodTerms(
            "",
            "shipping",
            "Standard",
            (
                RateTerms(595, max_weight_grams=2000, max_subtotal_minor=7500),
                RateTerms(1295, min_weight_grams=2000, max_subtotal_minor=7500),
                RateTerms(0, min_subtotal_minor=7500),
            ),
            description="Free from 75 USD",
            carrier="USPS",
            zone=_UNITED_STATES,
            min_days=3,
            max_days=6,
        ),
        MethodTerms(
            "",
            "shipping",
            "Express",
            (
                RateTerms(1495, max_weight_grams=2000),
                RateTerms(2495, min_weight_grams=2000, max_weight_grams=10_000),
                RateTerms(4995, min_weight_grams=10_000),
            ),
            carrier="UPS",
            zone=_UNITED_STATES,
            min_days=1,
            max_days=2,
        ),
        MethodTerms(
            "",
            "local_delivery",
            "Evening delivery in San Francisco",
            (RateTerms(950, max_weight_grams=15_000),),
            description="By cargo bike, on the next working day",
            carrier="Harbor Supply",
            zone=_SAN_FRANCISCO,
            min_days=1,
            max_days=1,
            window_start_hour=17,
            window_end_hour=20,
        ),
        MethodTerms(
            "",
            "pickup",
            "Pick up at the store",
            (RateTerms(0),),
            description="Ready the same day if ordered before 2 pm",
            location=_STORE,
            min_days=0,
            max_days=5,
        ),
        MethodTerms(
            "",
            "shipping",
            "Standard to Canada",
            (RateTerms(1495, max_weight_grams=2000), RateTerms(2995, min_weight_grams=2000)),
            carrier="USPS",
            zone=_CANADA,
            min_days=6,
            max_days=10,
        ),
        MethodTerms(
            "",
            "shipping",
            "International",
            (
                RateTerms(2495, max_weight_grams=2000),
                RateTerms(5495, min_weight_grams=2000, max_weight_grams=20_000),
            ),
            description="Duties and taxes are paid on delivery",
            carrier="USPS",
            zone=_ELSEWHERE,
            min_days=8,
            max_days=15,
        ),
    ),
    promotions=(
        Promotion("", "Welcome: 10 % off", "WELCOME10", percent=Decimal(10)),
        Promotion("", "Free shipping", "SHIP0", is_free_shipping=True, priority=20),
        Promotion("", "15 USD off from 100 USD", "TAKE15", amount_minor=1500, minimum_subtotal_minor=10_000),
        Promotion("", "Summer 2024", "SUMMER24", percent=Decimal(20), ends_at=datetime(2024, 9, 1, tzinfo=UTC)),
        Promotion(
            "",
            "First fifty: 20 % off",
            "FIRST50",
            percent=Decimal(20),
            usage_limit=50,
            usage_limit_per_buyer=1,
        ),
        Promotion("", "5 % off from 250 USD", percent=Decimal(5), minimum_subtotal_minor=25_000, priority=5),
    ),
    catalog=_FOLDER / "demo_catalog.csv",
)

_NEIGHBORS = ZoneTerms(("FR", "NL"))
_GERMANY = ZoneTerms(("DE",))

FJORD_AND_FELL = ShopTerms(
    slug="fjord-and-fell",
    name="Fjord & Fell",
    currency="eur",
    time_zone="Europe/Berlin",
    country="DE",
    region="",
    postal_code="24937",
    website="fjordandfell.example",
    support_phone="+49 461 5550 142",
    support_hours="Monday to Saturday, 10 am to 6 pm",
    taxes=(
        _vat("Germany VAT", "DE", "19"),
        _vat("Germany VAT", "DE", "7", "books"),
        _vat("France VAT", "FR", "20"),
        _vat("France VAT", "FR", "5.5", "books"),
        _vat("Netherlands VAT", "NL", "21"),
        _vat("Netherlands VAT", "NL", "9", "books"),
    ),
    zones={"Germany": _GERMANY, "France and the Netherlands": _NEIGHBORS},
    methods=(
        MethodTerms(
            "",
            "shipping",
            "Parcel",
            (RateTerms(490, max_subtotal_minor=5000), RateTerms(0, min_subtotal_minor=5000)),
            description="Free from 50 EUR",
            carrier="DHL",
            zone=_GERMANY,
            min_days=1,
            max_days=3,
        ),
        MethodTerms(
            "",
            "shipping",
            "Parcel abroad",
            (RateTerms(990, max_weight_grams=5000), RateTerms(1690, min_weight_grams=5000)),
            carrier="DHL",
            zone=_NEIGHBORS,
            min_days=2,
            max_days=5,
        ),
    ),
    promotions=(Promotion("", "Welcome: 10 % off", "WELCOME10", percent=Decimal(10)),),
    catalog=_FOLDER / "demo_catalog_fjord_and_fell.csv",
)
