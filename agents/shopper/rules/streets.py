"""Street lines: what is one, where it begins and ends in running text, and what names a part of a house. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.shopper.rules.countries import CITIES
from agents.shopper.rules.words import alternatives, fold

# Before or after the name, in the languages of the countries most sold to; folded.
_AFTER = (
    "street st avenue ave av road rd boulevard blvd lane ln drive dr court ct place pl square sq terrace ter way "
    "parkway pkwy highway hwy circle cir crescent cres close row mews hill gardens gate grove broadway walk wharf "
    "quay alley loop trail path plaza pike esplanade parade pde embankment rise view heights strasse str gata vei"
).split()
_BEFORE = (
    "rue avenue av boulevard bd blvd place impasse allee chemin route quai cours passage square via viale piazza "
    "corso largo vicolo strada calle avenida avda av. plaza paseo carrer ronda camino rua travessa praca "
    "ulica ul. "
    "am an der den dem im unter zum zur alte neue c/ passeig"
).split()
_COMPOUND = (
    r"\w+(?:str\.?|strasse|gasse|weg|platz|allee|damm|ufer|ring|straat|laan|gracht|plein|kade|dijk|weg"
    r"|singel|steeg|"
    r"gatan|vagen|veien|gata|gade|vej|katu|tie|dori|chome|cho)\b"
)
# Words that name nothing but a street, so that a number beside one is an address even where none was asked for.
_SURELY_AFTER = "street st avenue ave road rd boulevard blvd lane drive court terrace parkway strasse str".split()
_SURELY_BEFORE = (
    "rue avenue boulevard via viale piazza corso calle avenida strada rua travessa ulica ul."
).split()
_SURE = re.compile(
    rf"\w\s+(?:{alternatives(_SURELY_AFTER)})\b|(?:^|\s)(?:{alternatives(_SURELY_BEFORE)})\s+[^\W\d]"
    r"|\w+(?:strasse|str\.|straat|gracht|gasse|platz|allee|laan|gatan|gata)\b"
)
_STREET_AFTER = rf"\b(?:{alternatives(_AFTER)})\b\.?"
_STREET_BEFORE = rf"(?:^|(?<=\s))(?:{alternatives(_BEFORE)})\s+\S"

_DIRECTION = (
    r"(?:NE|NW|SE|SW|N|S|E|W|(?:north|south)(?:-?(?:east|west))?|east|west|ouest|est|nord|sud)\b\.?"
    r"(?!\s+(?:sussex|yorkshire|lothian|hollywood|palm|orange|lake|haven|hartford|vancouver|bend|york|carolina"
    r"|dakota|virginia|london|end|ham|point|valley|covina|lafayette|chester|jordan)\b)"
)

_HOUSE_NUMBER = r"\d{1,5}(?:\s?[a-zA-Z](?![^\W\d_]))?(?:\s?[-/]\s?\d{1,4}[a-zA-Z]?)*(?:\s(?:bis|ter|quater)\b)?"
HOUSE_NUMBER = re.compile(rf"\b{_HOUSE_NUMBER}")

_UNIT_WORDS = (
    r"apt|apartment|appt|appartement|unit|suite|ste|flat|floor|fl|room|rm|bldg|building|block|box|bat|etage"
    r"|étage|piso|planta|esc|scala|interno|int|top|stiege|hof|c/o|care\s+of|p\.?\s?o\.?\s+box|level|lot"
    r"|penthouse"
)
UNIT = re.compile(
    rf"\s*,?\s*(?P<unit>(?:\b(?:{_UNIT_WORDS})\b\.?\s*#?\s*[\w-]*(?:\s?[ºª°])?(?:\s[A-Z]\b)?|#\s*\w+"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)\s+floor\b|\b\d{{1,2}}\s?[ºª°]\s?\w?\b))\s*$",
    re.IGNORECASE,
)
_UNIT_ONLY = re.compile(
    rf"^\s*(?:(?:{_UNIT_WORDS})\b\.?\s*#?\s*[\w-]*(?:\s+\S+){{0,2}}|#\s*\w+|\d{{1,2}}(?:st|nd|rd"
    rf"|th)\s+floor|\d{{1,2}}\s?[ºª°]\s?\w?)\s*$",
    re.IGNORECASE,
)
_UNIT_BEFORE = re.compile(rf"(?:\b(?:{_UNIT_WORDS})\b\.?\s*#?|#)\s*$", re.IGNORECASE)
_LEAD = re.compile(r"^.*\b(?:to|at|is|address|it's|its|in|live|lives|reads)\b\s*:?\s+(?=\S)", re.IGNORECASE)
_NUMBER_AND_NAME = re.compile(
    rf"(?:{_HOUSE_NUMBER}\s+[^\W\d_a-z]|[^\W\d_a-z][^\W\d_]+(?:\s[^\W\d_]+)*\s{_HOUSE_NUMBER}$)"
)
_SAINTS = re.compile(
    r"^(?:louis|paul|petersburg|augustine|charles|albans|helens|helier|johns|ives|andrews|cloud)\b"
)


@dataclass(frozen=True, slots=True)
class Street:
    """A street line in a text: what came before it, the line, a part of the house, and what follows."""

    lead: str
    line: str
    unit: str = ""
    after: str = ""


PO_BOX = re.compile(
    r"\b(?:p\.?\s?o\.?\s?box|post\s+office\s+box|postfach|bo[iî]te\s+postale)\s*#?\s*\d+\b", re.IGNORECASE
)


def is_unit(segment: str) -> bool:
    return bool(_UNIT_ONLY.match(segment))


def has_street_word(text: str) -> bool:
    """Say whether a text names a kind of street beside something else."""
    folded = fold(text)
    if re.search(_COMPOUND, folded):
        return True
    if re.search(rf"\w\s+{_STREET_AFTER}", folded):
        return True
    return bool(re.search(_STREET_BEFORE, folded))


def is_surely_street(text: str) -> bool:
    """Say whether a text is a street with a number, whatever was talked about."""
    return bool(PO_BOX.search(text) or (HOUSE_NUMBER.search(text) and _SURE.search(fold(text))))


def may_be_street(text: str) -> bool:
    """Say whether a text may be a street in answer to a question: a number beside a name with a capital."""
    return is_surely_street(text) or bool(_NUMBER_AND_NAME.match(text.strip()))


def read_street(segment: str, *, is_certain: bool) -> Street | None:
    """Read a street line in a segment. Without a street's word it has to be certain that one is there."""
    if not HOUSE_NUMBER.search(segment) or not (is_certain or has_street_word(segment)):
        return None
    return _number_first(segment) or _number_last(segment)


def read_box(segment: str) -> Street | None:
    """Read a box at a post office, which stands in the place of a street."""
    match = PO_BOX.search(segment)
    if match is None:
        return None
    return Street(segment[: match.start()].strip(), match[0], "", segment[match.end() :].strip(" ,"))


def _number_first(segment: str) -> Street | None:
    """12 Main St Apt 4B Springfield; 12 rue de la Paix. The last number that a street's name follows begins it."""
    for match in reversed(
        list(re.finditer(rf"(?:(?<=\s)|^|(?<=,)){_HOUSE_NUMBER},?\s+(?=[^\W\d_#]|\d+(?:st|nd|rd|th)\b)", segment))
    ):
        tail = segment[match.start() :]
        name = segment[match.end() :]
        before = segment[: match.start()]
        if re.match(r"^(?:bis|ter)\b", name) or _UNIT_ONLY.match(name) or _UNIT_BEFORE.search(before):
            continue
        if has_street_word(before) and not has_street_word(f"x {name}") and _ends_in_number(before, match[0]):
            continue
        return _parted(before, tail)
    return None


def _ends_in_number(before: str, number: str) -> bool:
    """Say whether the street's word stands before its number, as in Via Roma 10 Milano."""
    return bool(number) and not re.search(r"\d", before)


def _number_last(segment: str) -> Street | None:
    """Hauptstraße 5; Via Roma 10; Damrak 1-3. What follows the number may be a part of the house."""
    matches = list(HOUSE_NUMBER.finditer(segment))
    if not matches or not segment[: matches[0].start()].strip():
        return None
    match = next((one for one in matches if has_street_word(segment[: one.start()])), matches[-1])
    lead, line = _without_lead(segment[: match.end()])
    after = segment[match.end() :].strip(" ,")
    if is_unit(after):
        return Street(lead, line, after)
    return Street(lead, line, "", after)


def _without_lead(text: str) -> tuple[str, str]:
    lead = _LEAD.match(text)
    return (text[: lead.end()].strip(), text[lead.end() :].strip()) if lead else ("", text.strip())


def _parted(before: str, tail: str) -> Street:
    """Part a line that begins with its number from the house's part and the city behind."""
    end = _end_of_street(tail)
    line, after = tail[:end].strip(" ,"), tail[end:].strip(" ,")
    if not after and (unit := UNIT.search(line)) and unit.start() > 0:
        return Street(before.strip(), line[: unit.start()].strip(" ,"), unit["unit"].strip())
    if front := re.match(rf"^(?:(?:{_UNIT_WORDS})\b\.?\s*#?\s*[\w-]+|#\s*\w+)", after, re.IGNORECASE):
        return Street(before.strip(), line, front[0].strip(), after[front.end() :].strip(" ,"))
    return Street(before.strip(), line, "", after)


def _end_of_street(tail: str) -> int:
    """Return where the street ends and a city may begin, in text without a comma."""
    ends = [
        match.end()
        for match in re.finditer(rf"(?<=\w\s){_STREET_AFTER}(?:\s+{_DIRECTION})?", tail, re.IGNORECASE)
        if not _SAINTS.match(fold(tail[match.end() :]).strip())
        or not fold(match[0]).startswith("st")
        or _has_earlier(tail, match.start())
    ]
    saints = [end for end in ends if _SAINTS.match(fold(tail[end:]).strip())]
    ends = [end for end in ends if end not in saints] or ends
    if ends:
        return ends[-1]
    return _before_city(tail)


def _has_earlier(tail: str, start: int) -> bool:
    return not re.search(rf"(?<=\w\s){_STREET_AFTER}", tail[:start], re.IGNORECASE)


def _before_city(tail: str) -> int:
    """A street without a word for it ends where a known city begins, or at the end."""
    folded = fold(tail)
    for city in sorted(CITIES, key=len, reverse=True):
        if folded.endswith(f" {city}"):
            return len(tail) - len(city)
    return len(tail)
