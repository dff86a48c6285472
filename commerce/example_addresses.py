"""Addresses that look like those of a country, to try deliveries and taxes with. Pure; nobody lives there."""

from __future__ import annotations

from commerce.buyers import Address
from commerce.places import NO_POSTAL_CODE

# A city with its region, where the country's addresses need one, and a postal code of it.
_CITIES = {
    "AT": "Wien||1010",
    "AU": "Sydney|NSW|2000",
    "BE": "Brussels||1000",
    "BG": "Sofia||1000",
    "BR": "São Paulo|SP|01310-100",
    "CA": "Toronto|ON|M5H 2N2",
    "CH": "Bern||3011",
    "CN": "Shanghai||200001",
    "CY": "Nicosia||1010",
    "CZ": "Praha||110 00",
    "DE": "Berlin||10115",
    "DK": "København||1050",
    "EE": "Tallinn||10111",
    "ES": "Madrid||28001",
    "FI": "Helsinki||00100",
    "FR": "Paris||75001",
    "GB": "London||EC1A 1BB",
    "GR": "Athens||105 57",
    "HR": "Zagreb||10000",
    "HU": "Budapest||1051",
    "IE": "Dublin||D02 X285",
    "IL": "Tel Aviv||6100000",
    "IN": "Mumbai|MH|400001",
    "IS": "Reykjavík||101",
    "IT": "Roma||00184",
    "JP": "Tokyo||100-0001",
    "KR": "Seoul||04524",
    "LT": "Vilnius||01103",
    "LU": "Luxembourg||1111",
    "LV": "Riga||1010",
    "MT": "Valletta||VLT 1111",
    "MX": "Ciudad de México||06000",
    "NL": "Amsterdam||1012 AB",
    "NO": "Oslo||0150",
    "NZ": "Auckland||1010",
    "PL": "Warszawa||00-001",
    "PT": "Lisboa||1100-148",
    "RO": "București||010011",
    "SE": "Stockholm||111 20",
    "SG": "Singapore||018956",
    "SI": "Ljubljana||1000",
    "SK": "Bratislava||811 01",
    "TR": "İstanbul||34000",
    "US": "San Francisco|CA|94131",
    "ZA": "Cape Town||8001",
}

NAME = "Test Buyer"


def example_address(country: str, *, region: str = "", postal_code: str = "") -> Address:
    """Return an address in a country: in that region and with that postal code, where they are known."""
    city, usual_region, usual_code = _CITIES.get(country, "Main Town||1000").split("|")
    is_usual = not region or region == usual_region
    code = postal_code or (usual_code if is_usual else "")
    if country in NO_POSTAL_CODE:
        code = ""
    return Address(
        name=NAME,
        line_one="1 Main Street",
        city=city if is_usual and not postal_code else "Main Town",
        region=region or usual_region,
        postal_code=code or ("" if country in NO_POSTAL_CODE else "1000"),
        country=country,
    )
