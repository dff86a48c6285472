"""Taxes that are usual at a shop's home: offered to a merchant, never entered by themselves.

General rates as the tax administrations had published them for the beginning of 2026; for the states of the US
those of the state, with what it adds everywhere in it. Reduced rates, city and county taxes are not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from merchants.onboarding.countries import country_name, has_prices_with_tax

AS_OF = "January 2026"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One row that might belong into the merchant's table."""

    jurisdiction: str
    country: str
    percentage: Decimal
    region: str = ""
    is_inclusive: bool = False
    applies_to_shipping: bool = True


_GENERAL = {
    country: (name, Decimal(rate))
    for name, rates in {
        "VAT": "AT=20 BE=21 BG=20 CY=19 CZ=21 DE=19 DK=25 EE=24 ES=21 FI=25.5 FR=20 GB=20 GR=24 HR=25 HU=27 IE=23"
        " IS=24 IT=22 LT=21 LU=17 LV=21 MT=18 NL=21 NO=25 PL=23 PT=23 RO=21 SE=25 SI=22 SK=23 CH=8.1 LI=8.1"
        " IL=18 MX=16 ZA=15 AE=5 SA=15 TR=20 KR=10 PH=12 TH=7",
        "GST": "AU=10 NZ=15 SG=9",
        "Consumption tax": "JP=10",
    }.items()
    for country, _, rate in (entry.partition("=") for entry in rates.split())
}

_STATES = {
    state: Decimal(rate)
    for state, _, rate in (
        entry.partition("=")
        for entry in """AL=4 AR=6.5 AZ=5.6 CA=7.25 CO=2.9 CT=6.35 DC=6 FL=6 GA=4 HI=4 IA=6 ID=6 IL=6.25 IN=7 KS=6.5
        KY=6 LA=5 MA=6.25 MD=6 ME=5.5 MI=6 MN=6.875 MO=4.225 MS=7 NC=4.75 ND=5 NE=5.5 NJ=6.625 NM=4.875 NV=6.85
        NY=4 OH=5.75 OK=4.5 PA=6 RI=7 SC=6 SD=4.2 TN=7 TX=6.25 UT=6.1 VA=5.3 VT=6 WA=6.5 WI=5 WV=6 WY=4""".split()
    )
}

# What a province of Canada adds to the federal GST of 5 %.
_PROVINCES = {
    "BC": ("British Columbia PST", "7"),
    "MB": ("Manitoba RST", "7"),
    "NB": ("New Brunswick HST", "10"),
    "NL": ("Newfoundland and Labrador HST", "10"),
    "NS": ("Nova Scotia HST", "9"),
    "ON": ("Ontario HST", "8"),
    "PE": ("Prince Edward Island HST", "10"),
    "QC": ("Québec QST", "9.975"),
    "SK": ("Saskatchewan PST", "6"),
}


def suggestions_for(country: str, region: str = "") -> list[Suggestion]:
    """Return what is usual for a shop in a country, and where it matters in a state or province of it."""
    if country == "US":
        return _american(region)
    if country == "CA":
        return _canadian(region)
    if country not in _GENERAL:
        return []
    name, percentage = _GENERAL[country]
    is_inclusive = has_prices_with_tax(country)
    return [Suggestion(f"{country_name(country)} {name}", country, percentage, is_inclusive=is_inclusive)]


def _american(state: str) -> list[Suggestion]:
    if state not in _STATES:
        return []
    return [Suggestion(f"{state} sales tax", "US", _STATES[state], state, applies_to_shipping=False)]


def _canadian(province: str) -> list[Suggestion]:
    federal = Suggestion("Canada GST", "CA", Decimal(5))
    if province not in _PROVINCES:
        return [federal]
    name, rate = _PROVINCES[province]
    return [federal, Suggestion(name, "CA", Decimal(rate), province)]
