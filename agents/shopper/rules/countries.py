"""Countries by the names people write, regions by postal codes, and cities that say where. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.shopper.rules.words import Taken, alternatives, cut_out, fold
from commerce.places import region_code

_NAMES = """
    AD=Andorra AE=United_Arab_Emirates AF=Afghanistan AG=Antigua_and_Barbuda AI=Anguilla AL=Albania
    AM=Armenia AO=Angola AQ=Antarctica AR=Argentina AS=American_Samoa AT=Austria AU=Australia AW=Aruba
    AX=Åland_Islands AZ=Azerbaijan BA=Bosnia_and_Herzegovina BB=Barbados BD=Bangladesh BE=Belgium
    BF=Burkina_Faso BG=Bulgaria BH=Bahrain BI=Burundi BJ=Benin BL=Saint_Barthélemy BM=Bermuda BN=Brunei
    BO=Bolivia BQ=Caribbean_Netherlands BR=Brazil BS=Bahamas BT=Bhutan BV=Bouvet_Island BW=Botswana
    BY=Belarus BZ=Belize CA=Canada CC=Cocos_Islands CD=Democratic_Republic_of_the_Congo
    CF=Central_African_Republic CG=Republic_of_the_Congo CH=Switzerland CI=Ivory_Coast CK=Cook_Islands
    CL=Chile CM=Cameroon CN=China CO=Colombia CR=Costa_Rica CU=Cuba CV=Cape_Verde CW=Curaçao
    CX=Christmas_Island CY=Cyprus CZ=Czechia DE=Germany DJ=Djibouti DK=Denmark DM=Dominica
    DO=Dominican_Republic DZ=Algeria EC=Ecuador EE=Estonia EG=Egypt EH=Western_Sahara ER=Eritrea ES=Spain
    ET=Ethiopia FI=Finland FJ=Fiji FK=Falkland_Islands FM=Micronesia FO=Faroe_Islands FR=France GA=Gabon
    GB=United_Kingdom GD=Grenada GE=Georgia GF=French_Guiana GG=Guernsey GH=Ghana GI=Gibraltar GL=Greenland
    GM=Gambia GN=Guinea GP=Guadeloupe GQ=Equatorial_Guinea GR=Greece
    GS=South_Georgia_and_South_Sandwich_Islands GT=Guatemala GU=Guam GW=Guinea-Bissau GY=Guyana HK=Hong_Kong
    HM=Heard_and_McDonald_Islands HN=Honduras HR=Croatia HT=Haiti HU=Hungary ID=Indonesia IE=Ireland
    IL=Israel IM=Isle_of_Man IN=India IO=British_Indian_Ocean_Territory IQ=Iraq IR=Iran IS=Iceland IT=Italy
    JE=Jersey JM=Jamaica JO=Jordan JP=Japan KE=Kenya KG=Kyrgyzstan KH=Cambodia KI=Kiribati KM=Comoros
    KN=Saint_Kitts_and_Nevis KP=North_Korea KR=South_Korea KW=Kuwait KY=Cayman_Islands KZ=Kazakhstan LA=Laos
    LB=Lebanon LC=Saint_Lucia LI=Liechtenstein LK=Sri_Lanka LR=Liberia LS=Lesotho LT=Lithuania LU=Luxembourg
    LV=Latvia LY=Libya MA=Morocco MC=Monaco MD=Moldova ME=Montenegro MF=Saint_Martin MG=Madagascar
    MH=Marshall_Islands MK=North_Macedonia ML=Mali MM=Myanmar MN=Mongolia MO=Macao
    MP=Northern_Mariana_Islands MQ=Martinique MR=Mauritania MS=Montserrat MT=Malta MU=Mauritius MV=Maldives
    MW=Malawi MX=Mexico MY=Malaysia MZ=Mozambique NA=Namibia NC=New_Caledonia NE=Niger NF=Norfolk_Island
    NG=Nigeria NI=Nicaragua NL=Netherlands NO=Norway NP=Nepal NR=Nauru NU=Niue NZ=New_Zealand OM=Oman
    PA=Panama PE=Peru PF=French_Polynesia PG=Papua_New_Guinea PH=Philippines PK=Pakistan PL=Poland
    PM=Saint_Pierre_and_Miquelon PN=Pitcairn_Islands PR=Puerto_Rico PS=Palestinian_Territories PT=Portugal
    PW=Palau PY=Paraguay QA=Qatar RE=Réunion RO=Romania RS=Serbia RU=Russia RW=Rwanda SA=Saudi_Arabia
    SB=Solomon_Islands SC=Seychelles SD=Sudan SE=Sweden SG=Singapore SH=Saint_Helena SI=Slovenia
    SJ=Svalbard_and_Jan_Mayen SK=Slovakia SL=Sierra_Leone SM=San_Marino SN=Senegal SO=Somalia SR=Suriname
    SS=South_Sudan ST=São_Tomé_and_Príncipe SV=El_Salvador SX=Sint_Maarten SY=Syria SZ=Eswatini
    TC=Turks_and_Caicos_Islands TD=Chad TF=French_Southern_Territories TG=Togo TH=Thailand TJ=Tajikistan
    TK=Tokelau TL=Timor-Leste TM=Turkmenistan TN=Tunisia TO=Tonga TR=Turkey TT=Trinidad_and_Tobago TV=Tuvalu
    TW=Taiwan TZ=Tanzania UA=Ukraine UG=Uganda UM=U.S._Outlying_Islands US=United_States UY=Uruguay
    UZ=Uzbekistan VA=Vatican_City VC=Saint_Vincent_and_Grenadines VE=Venezuela VG=British_Virgin_Islands
    VI=U.S._Virgin_Islands VN=Vietnam VU=Vanuatu WF=Wallis_and_Futuna WS=Samoa XK=Kosovo YE=Yemen YT=Mayotte
    ZA=South_Africa ZM=Zambia ZW=Zimbabwe
""".split()

# What else countries are called, by others and by themselves; folded.
_OTHER_NAMES = {
    "US": "usa u.s.a. u.s. united_states_of_america america the_us the_states",
    "GB": "uk u.k. great_britain england scotland wales northern_ireland the_uk britain",
    "NL": "holland nederland the_netherlands",
    "DE": "deutschland",
    "AT": "osterreich oesterreich",
    "CH": "schweiz suisse svizzera",
    "ES": "espana",
    "IT": "italia",
    "BE": "belgique belgie",
    "SE": "sverige",
    "NO": "norge",
    "DK": "danmark",
    "FI": "suomi",
    "PL": "polska",
    "CZ": "czech_republic",
    "IE": "republic_of_ireland eire",
    "JP": "nippon",
    "KR": "korea",
    "BR": "brasil",
    "AE": "uae",
    "TR": "turkiye",
    "CN": "prc",
    "FR": "la_france",
}

COUNTRY_NAMES = {
    fold(name.replace("_", " ")): code for code, _, name in (one.partition("=") for one in _NAMES)
} | {name.replace("_", " "): code for code, names in _OTHER_NAMES.items() for name in names.split()}
_TITLES = {code: name.replace("_", " ") for code, _, name in (one.partition("=") for one in _NAMES)}

# Names that mean something else more often: a state, a first name, a bird.
_AMBIGUOUS = frozenset({"georgia", "jersey", "chad", "jordan", "turkey", "america", "guinea", "mali"})

# Cities large enough that nobody adds the country.
_CITIES = {
    "US": "new_york:NY new_york_city:NY brooklyn:NY los_angeles:CA san_francisco:CA oakland:CA san_diego:CA "
    "sacramento:CA san_jose:CA chicago:IL houston:TX dallas:TX austin:TX philadelphia:PA phoenix:AZ boston:MA "
    "seattle:WA denver:CO miami:FL atlanta:GA detroit:MI minneapolis:MN las_vegas:NV new_orleans:LA "
    "nashville:TN baltimore:MD st._louis:MO saint_louis:MO salt_lake_city:UT kansas_city:MO san_antonio:TX "
    "santa_monica:CA palo_alto:CA long_beach:CA",
    "CA": "toronto:ON ottawa:ON montreal:QC vancouver:BC calgary:AB edmonton:AB winnipeg:MB quebec_city:QC "
    "halifax:NS",
    "GB": "london manchester birmingham leeds glasgow edinburgh liverpool bristol sheffield cardiff belfast "
    "nottingham oxford brighton",
    "FR": "paris lyon marseille toulouse nice nantes strasbourg bordeaux lille rennes grenoble montpellier",
    "DE": "berlin hamburg munich munchen muenchen cologne koln koeln frankfurt stuttgart dusseldorf leipzig "
    "dresden hannover bremen nuremberg nurnberg flensburg kiel bonn",
    "IT": "rome roma milan milano naples napoli turin torino palermo genoa genova bologna florence firenze "
    "venice venezia verona",
    "ES": "madrid barcelona valencia sevilla seville zaragoza malaga bilbao",
    "NL": "amsterdam rotterdam utrecht eindhoven the_hague den_haag groningen",
    "BE": "brussels bruxelles antwerp ghent bruges",
    "AT": "vienna wien graz salzburg innsbruck linz",
    "CH": "zurich geneva geneve basel bern lausanne",
    "PT": "lisbon lisboa porto",
    "IE": "dublin cork galway limerick",
    "SE": "stockholm gothenburg goteborg malmo",
    "NO": "oslo bergen trondheim",
    "DK": "copenhagen kobenhavn aarhus",
    "FI": "helsinki tampere",
    "PL": "warsaw warszawa krakow gdansk wroclaw",
    "CZ": "prague praha brno",
    "GR": "athens thessaloniki",
    "HU": "budapest",
    "AU": "sydney:NSW melbourne:VIC brisbane:QLD perth:WA adelaide:SA canberra:ACT hobart:TAS darwin:NT",
    "NZ": "auckland wellington christchurch",
    "JP": "tokyo osaka kyoto yokohama sapporo nagoya fukuoka kobe",
    "KR": "seoul busan",
    "CN": "beijing shanghai shenzhen",
    "IN": "mumbai delhi new_delhi bangalore bengaluru chennai kolkata",
    "BR": "sao_paulo rio_de_janeiro",
    "MX": "mexico_city guadalajara",
    "SG": "singapore",
    "HK": "hong_kong",
    "AE": "dubai abu_dhabi",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where something would be sent, as far as a name of a place says it."""

    country: str = ""
    region: str = ""
    city: str = ""

    @property
    def ship_to(self) -> str:
        """Return it as a search takes it: FR, US-CA."""
        return f"{self.country}-{self.region}" if self.country and self.region else self.country


def _city_table() -> dict[str, Destination]:
    table: dict[str, Destination] = {}
    for country, cities in _CITIES.items():
        for one in cities.split():
            name, _, region = one.partition(":")
            table[name.replace("_", " ")] = Destination(country, region)
    return table


CITIES = _city_table()

# First and last three digits of American ZIP codes, and whose they are.
_ZIP_RANGES = """010-027=MA 028-029=RI 030-038=NH 039-049=ME 050-059=VT 060-069=CT 070-089=NJ 100-149=NY 150-196=PA
    197-199=DE 200-205=DC 206-219=MD 220-246=VA 247-268=WV 270-289=NC 290-299=SC 300-319=GA 320-349=FL 350-369=AL
    370-385=TN 386-397=MS 398-399=GA 400-427=KY 430-459=OH 460-479=IN 480-499=MI 500-528=IA 530-549=WI 550-567=MN
    570-577=SD 580-588=ND 590-599=MT 600-629=IL 630-658=MO 660-679=KS 680-693=NE 700-714=LA 716-729=AR 730-749=OK
    750-799=TX 800-816=CO 820-831=WY 832-838=ID 840-847=UT 850-865=AZ 870-884=NM 889-898=NV 900-961=CA 967-968=HI
    970-979=OR 980-994=WA 995-999=AK 006-009=PR""".split()
_ZIP_STATES = [(*entry.partition("=")[0].split("-"), entry.partition("=")[2]) for entry in _ZIP_RANGES]
_CANADIAN = dict(
    one.split("=")
    for one in "A=NL B=NS C=PE E=NB G=QC H=QC J=QC K=ON L=ON M=ON N=ON P=ON R=MB S=SK T=AB V=BC Y=YT".split()
)
_AUSTRALIAN = {"2": "NSW", "3": "VIC", "4": "QLD", "5": "SA", "6": "WA", "7": "TAS", "0": "NT"}


def region_of(country: str, postal_code: str) -> str:
    """Return the state or province that a postal code lies in, "" where it does not say."""
    code = postal_code.strip().upper()
    if country == "US":
        return next((state for first, last, state in _ZIP_STATES if first <= code[:3] <= last), "")
    if country == "CA":
        return _CANADIAN.get(code[:1], "")
    if country == "AU":
        return "ACT" if code[:2] == "26" and code < "2620" else _AUSTRALIAN.get(code[:1], "")
    return ""


def country_code(name: str) -> str:
    """Return the code of a country by any of its names or by the code itself, "" for anything else."""
    text = fold(name).strip(" .,;:!?")
    if text in COUNTRY_NAMES:
        return COUNTRY_NAMES[text]
    code = name.strip(" .,;:!?")
    return code if code in _TITLES else ""


def country_name(code: str) -> str:
    return _TITLES.get(code, code)


_REGIONS = {
    "US": """Alabama/Alaska/Arizona/Arkansas/California/Colorado/Connecticut/Delaware/District of Columbia/Florida/
        Georgia/Hawaii/Idaho/Illinois/Indiana/Iowa/Kansas/Kentucky/Louisiana/Maine/Maryland/Massachusetts/Michigan/
        Minnesota/Mississippi/Missouri/Montana/Nebraska/Nevada/New Hampshire/New Jersey/New Mexico/New York/
        North Carolina/North Dakota/Ohio/Oklahoma/Oregon/Pennsylvania/Rhode Island/South Carolina/South Dakota/
        Tennessee/Texas/Utah/Vermont/Virginia/Washington/West Virginia/Wisconsin/Wyoming/Puerto Rico""",
    "CA": """Alberta/British Columbia/Manitoba/New Brunswick/Newfoundland and Labrador/Nova Scotia/
        Northwest Territories/Nunavut/Ontario/Prince Edward Island/Quebec/Saskatchewan/Yukon""",
    "AU": """Australian Capital Territory/New South Wales/Northern Territory/Queensland/South Australia/Tasmania/
        Victoria/Western Australia""",
}
REGION_NAMES = {
    country: tuple(" ".join(one.split()) for one in names.split("/")) for country, names in _REGIONS.items()
}
REGION_CODES = {
    country: tuple(region_code(country, name) for name in names) for country, names in REGION_NAMES.items()
}

_REGION_PLACES = {
    fold(name): Destination(country, region_code(country, name))
    for country, names in REGION_NAMES.items()
    for name in names
}
_PLACE = re.compile(rf"\b(?P<place>{alternatives({*COUNTRY_NAMES, *CITIES, *_REGION_PLACES})})(?![\w-])")
_TOWARDS = re.compile(r"\b(?:to|in|from|at|near|for|reach)\s+(?:the\s+)?$")
_UPPER = re.compile(r"\b(?:to|in)\s+(?:the\s+)?(?P<code>US|UK|USA|UAE|NZ|EU)\b")
_CODES = {"UK": "GB", "USA": "US", "UAE": "AE"}


def place_named(name: str) -> Destination | None:
    """Return the place that a name by itself is."""
    text = fold(name).strip(" .,;:!?").removeprefix("the ")
    if text in CITIES:
        known = CITIES[text]
        return Destination(known.country, known.region, name.strip(" .,;:!?"))
    if text in _REGION_PLACES and text not in COUNTRY_NAMES:
        return _REGION_PLACES[text]
    code = country_code(name)
    return Destination(code) if code else _REGION_PLACES.get(text)


def find_destination(text: str) -> Taken[Destination | None]:
    """Find where something goes: "for my sister in Lyon", "do you ship to Norway?"."""
    folded = fold(text)
    for match in _PLACE.finditer(folded) if len(folded) == len(text) else ():
        lead = _TOWARDS.search(folded[: match.start()])
        if lead and match["place"] != "us" and (found := place_named(text[match.start() : match.end()])):
            return Taken(found, f"{text[: lead.start()].rstrip()} , {text[match.end() :].lstrip()}")
    if code := _UPPER.search(text):
        country = _CODES.get(code["code"], code["code"])
        return Taken(Destination(country) if country in _TITLES else None, cut_out(text, code))
    return Taken(None, text)
