"""Countries, regions and postal codes as tax tables and shipping zones compare them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COUNTRIES = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV
    BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET
    FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM
    IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD
    ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE
    PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST
    SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS
    XK YE YT ZA ZM ZW""".split()
)

# Countries whose tax or post depends on the region, so that an address without one is incomplete.
NEEDS_REGION = frozenset({"US", "CA", "AU"})

# Countries whose addresses have no postal code (Universal Postal Union).
NO_POSTAL_CODE = frozenset(
    """AE AG AN AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GD GH GM GN GQ GY HK IE JM KE KI KM
    KN KP LC ML MO MR MS MU MW NR NU PA QA RW SB SC SL SO SR ST SY TD TF TK TL TO TT TV TZ UG VU YE ZA
    ZW""".split()
)

_REGION_NAMES = {
    "US": """AL=Alabama AK=Alaska AZ=Arizona AR=Arkansas CA=California CO=Colorado CT=Connecticut DE=Delaware
    DC=District_of_Columbia FL=Florida GA=Georgia HI=Hawaii ID=Idaho IL=Illinois IN=Indiana IA=Iowa KS=Kansas
    KY=Kentucky LA=Louisiana ME=Maine MD=Maryland MA=Massachusetts MI=Michigan MN=Minnesota MS=Mississippi
    MO=Missouri MT=Montana NE=Nebraska NV=Nevada NH=New_Hampshire NJ=New_Jersey NM=New_Mexico NY=New_York
    NC=North_Carolina ND=North_Dakota OH=Ohio OK=Oklahoma OR=Oregon PA=Pennsylvania RI=Rhode_Island
    SC=South_Carolina SD=South_Dakota TN=Tennessee TX=Texas UT=Utah VT=Vermont VA=Virginia WA=Washington
    WV=West_Virginia WI=Wisconsin WY=Wyoming PR=Puerto_Rico""",
    "CA": """AB=Alberta BC=British_Columbia MB=Manitoba NB=New_Brunswick NL=Newfoundland_and_Labrador
    NS=Nova_Scotia NT=Northwest_Territories NU=Nunavut ON=Ontario PE=Prince_Edward_Island QC=Quebec
    SK=Saskatchewan YT=Yukon""",
    "AU": """ACT=Australian_Capital_Territory NSW=New_South_Wales NT=Northern_Territory QLD=Queensland
    SA=South_Australia TAS=Tasmania VIC=Victoria WA=Western_Australia""",
}

_REGION_CODES = {
    country: {
        name.replace("_", " ").upper(): code for code, _, name in (entry.partition("=") for entry in names.split())
    }
    for country, names in _REGION_NAMES.items()
}


@dataclass(frozen=True, slots=True)
class Place:
    """What decides tax and delivery: ISO country, region code, postal code without spaces."""

    country: str
    region: str = ""
    postal_code: str = ""


def place_of(*, country: str, region: str, postal_code: str) -> Place:
    """Bring what somebody typed into the form that tables use: "us", "California" -> US, CA."""
    code = country.strip().upper()
    return Place(code, region_code(code, region), compact_postal_code(postal_code))


def region_code(country: str, region: str) -> str:
    """Return a region's code: "California" and "US-CA" both mean CA in the US."""
    text = region.strip().upper()
    text = text.removeprefix(f"{country}-")
    return _REGION_CODES.get(country, {}).get(text, text)


def knows_region(country: str, code: str) -> bool:
    """Say whether a code is a region of a country whose regions are listed here."""
    return code in _REGION_CODES[country].values() if country in _REGION_CODES else True


def region_of(countries: Iterable[str], text: str) -> str | None:
    """Return the code of what somebody called a region of one of some countries.

    None where it is none: the regions of all these countries are listed here, and it is not among them.
    """
    named = sorted(countries, key=lambda country: country not in _REGION_CODES)
    codes = ((country, region_code(country, text)) for country in named)
    return next((code for country, code in codes if knows_region(country, code)), None)


def compact_postal_code(text: str) -> str:
    """Remove what is written for people: "94 131" and "sw1a 1aa" become 94131 and SW1A1AA."""
    return text.replace(" ", "").upper()
