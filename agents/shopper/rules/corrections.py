"""Parts of an address by their names, and answers that are one part: "no, number 14", "the zip is 94107". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.shopper.rules.addresses import AddressParts
from agents.shopper.rules.contacts import tidy
from agents.shopper.rules.countries import REGION_CODES, country_code, place_named, region_of
from agents.shopper.rules.streets import HOUSE_NUMBER, has_street_word, is_unit, may_be_street
from agents.shopper.rules.words import Taken, cut_out, fold
from commerce.places import knows_region, region_code

_WRONG = r"(?:\s*(?:is|was)\s+(?:wrong|incorrect|not\s+right|misspelt)\b\W*(?:it\b)?)?"
_IS = rf"{_WRONG}\s*(?:code\s*)?(?:is|was|should\s+be|must\s+be|has\s+to\s+be|to|:|=|as)?\s*(?:actually\s+)?"
_END = r"(?=\s*(?:$|[,.;!\n]|\bnot\b|\band\b|\bplease\b|\binstead\b))"


def _named(names: str, value: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:\b(?:change|correct|update|set)\s+)?(?:\b(?:the|my|her|his"
        rf"|their)\s+)?\b(?:{names})\b{_IS}(?P<value>{value}){_END}",
        re.IGNORECASE,
    )


_PARTS = {
    "postal_code": _named(r"zip(?:\s*-?code)?|post(?:al)?\s*-?code|postcode|plz", r"[A-Za-z]{0,2}\d[\w -]{1,9}"),
    "city": _named(r"city|town", r"[^\W\d_][^\d,;.!\n]*?"),
    "region": _named(r"state|province|region|county", r"[^\W\d_][^\d,;.!\n]*?"),
    "country": _named(r"country", r"[^\W\d_][^\d,;!\n]*?"),
    "line_one": _named(r"street(?:\s+(?:name|address))?|line\s+one|address\s+line\s+1", r"[\w][^,;!\n]*?"),
    "name": _named(
        r"recipient(?:'?s)?(?:\s+name)?|name\s+on\s+the\s+parcel|(?:her|his|their)\s+name",
        r"[^\W\d_][^\d,;!\n]*?",
    ),
}
_NUMBER = re.compile(
    r"\b(?:house\s+|street\s+|door\s+|building\s+)?(?:number|nr\.?|no\.|num)\s*(?:is|should\s+be|to|:|="
    r"|#)?\s*(?P<value>\d+[a-zA-Z]?(?:[-/]\d+[a-zA-Z]?)?)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?P<new>[\w'.-]+(?:\s+[\w'.-]+){0,3}?)\s*,?\s+(?:not|instead\s+of"
    r"|rather\s+than)\s+(?P<old>[\w'.-]+(?:\s+[\w'.-]+){0,3}?)\s*(?=$|[,.;!\n])",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:no|sorry|oops|actually|it'?s|its|it\s+is|i\s+meant|that'?s|make\s+it|should\s+be|is|in|at)\b\W*)+",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\b(?P<value>(?:apt|apartment|unit|suite|flat|floor|room)\b\.?\s*(?:is\s+|number\s+|no\.\s*)?#?\s*\d*[\w-]+)",
    re.IGNORECASE,
)


def find_correction(text: str, before: AddressParts) -> Taken[AddressParts]:
    """Find parts of an address called by their names, as they are to stand over what was known before."""
    parts, rest = AddressParts(), text
    for part, pattern in _PARTS.items():
        if match := pattern.search(rest):
            value = _written(part, match["value"].strip(" .,"), before)
            if value:
                parts, rest = replace(parts, **{part: value}), cut_out(rest, match)
    if before.line_one:
        parts, rest = _in_street(parts, rest, before)
    if parts.postal_code and not parts.region:
        country = parts.country or before.country
        parts = replace(parts, region=region_of(country, parts.postal_code))
    return Taken(parts, rest)


def _written(part: str, value: str, before: AddressParts) -> str:
    if part == "country":
        return country_code(value)
    if part == "region":
        code = region_code(before.country, value)
        return code if knows_region(before.country, code) else value
    if part == "name":
        return tidy(value)
    return value.upper() if part == "postal_code" else value


def _in_street(parts: AddressParts, rest: str, before: AddressParts) -> tuple[AddressParts, str]:
    """Mend the street that is known: its number, a flat, or one word for another."""
    if (match := _NUMBER.search(rest)) and not parts.line_one:
        line = HOUSE_NUMBER.sub(match["value"], before.line_one, count=1)
        return replace(parts, line_one=line), cut_out(rest, match)
    if match := _UNIT.search(rest):
        return replace(parts, line_two=match["value"].strip()), cut_out(rest, match)
    if match := _NOT.search(rest):
        new, old = _OPENING.sub("", match["new"]), match["old"]
        for part, text in before.given().items():
            found = re.search(rf"\b{re.escape(old)}\b", text, re.IGNORECASE)
            if found and new:
                value = f"{text[: found.start()]}{new}{text[found.end() :]}"
                return replace(parts, **{part: value}), cut_out(rest, match)
    return parts, rest


def read_answer(text: str, asked: Sequence[str], before: AddressParts) -> AddressParts:
    """Read a text that is nothing but the parts of an address that were asked for, in any order."""
    wanted = [one.removeprefix("address.") for one in asked if one.startswith("address.")]
    if not wanted:
        return AddressParts()
    parts = AddressParts()
    for segment in (one.strip() for one in re.split(r"[,;\n]", _OPENING.sub("", text.strip()))):
        part, value = _part_of(segment.strip(" .!"), [one for one in wanted if not getattr(parts, one)], before)
        if part:
            parts = replace(parts, **{part: value})
    if parts.region in REGION_CODES["US"] and not (parts.country or before.country):
        parts = replace(parts, country="US")
    if "region" in wanted and not parts.region and parts.postal_code:
        parts = replace(parts, region=region_of(parts.country or before.country, parts.postal_code))
    return parts


def _part_of(segment: str, wanted: Sequence[str], before: AddressParts) -> tuple[str, str]:
    """Say which of the parts asked for a segment is."""
    if _is_state_of_us(segment, wanted, before):
        return "region", segment
    if "country" in wanted and (code := country_code(segment)):
        return "country", code
    code = region_code(before.country, segment)
    if "region" in wanted and before.country and knows_region(before.country, code) and segment:
        return "region", code
    has_digit = bool(re.search(r"\d", segment))
    if "line_one" in wanted and (may_be_street(segment) or has_street_word(segment)):
        return "line_one", segment
    if "postal_code" in wanted and has_digit and re.fullmatch(r"[\w][\w -]{2,9}", segment):
        return "postal_code", segment.upper()
    if is_unit(segment):
        return "line_two", segment
    if "city" in wanted and _may_be_city(segment, is_alone=list(wanted) == ["city"]):
        return "city", segment
    return "", ""


def _is_state_of_us(segment: str, wanted: Sequence[str], before: AddressParts) -> bool:
    """Say whether two letters are a state rather than a country: IL is Illinois where a place is asked for."""
    return segment in REGION_CODES["US"] and not before.country and len(wanted) > 1


def _may_be_city(segment: str, *, is_alone: bool) -> bool:
    if not re.fullmatch(r"[^\W\d_][^\d@?]*", segment) or len(segment.split()) > 4:
        return False
    place = place_named(segment)
    return bool((place and fold(place.city) == fold(segment)) or segment[:1].isupper() or is_alone)
