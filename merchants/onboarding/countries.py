"""What is usual in a country: its name, its currency, its time zone, and whether prices contain tax.

Names, currencies and time zones are those of the Unicode CLDR, as Babel has them.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from commerce.money import CURRENCIES
from commerce.places import COUNTRIES

# Where a country has several time zones: the one in which most of its people live.
_MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
}


@lru_cache(maxsize=1)
def country_choices() -> list[tuple[str, str]]:
    """Return every country's code and name, by name."""
    return sorted(((code, country_name(code)) for code in COUNTRIES), key=lambda one: one[1])


def country_name(code: str) -> str:
    """Return what a country is called in English."""
    return str(_names().get(code, code))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return dict(Locale("en").territories)


def usual_currency(country: str) -> str:
    """Return the currency that a country pays in, US dollars where none is known."""
    known = (code.lower() for code in get_territory_currencies(country))
    return next((code for code in known if code in CURRENCIES), "usd")


def usual_time_zone(country: str) -> str:
    """Return the time zone of most of a country's people."""
    zones = [_MAIN_ZONES[country]] if country in _MAIN_ZONES else get_global("territory_zones").get(country, [])
    return next((zone for zone in zones if zone in available_timezones()), "UTC")


def has_prices_with_tax(country: str) -> bool:
    """Say whether a country's shops show prices that contain the tax, as all but a few do."""
    return country not in ("US", "CA", "PR", "GU", "VI", "AS", "MP")


@lru_cache(maxsize=1)
def zone_choices() -> list[tuple[str, str]]:
    """Return every time zone that has a place's name."""
    named = (zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in sorted(named))]
