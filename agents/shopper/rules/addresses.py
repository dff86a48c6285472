"""Postal addresses in free text, as they are written in many countries, on one line or several. Pure.

The postal code is found first, by the shapes of countries, the surest first; it parts what comes before (name,
street, in some countries the city) from what comes after (elsewhere the city, then the country).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace

from agents.shopper.rules.contacts import NAME, find_recipient, is_name, tidy
from agents.shopper.rules.countries import (
    CITIES,
    COUNTRY_NAMES,
    REGION_CODES,
    REGION_NAMES,
    country_code,
    place_named,
    region_of,
)
from agents.shopper.rules.streets import (
    HOUSE_NUMBER,
    PO_BOX,
    Street,
    has_street_word,
    is_surely_street,
    is_unit,
    may_be_street,
    read_box,
    read_street,
)
from agents.shopper.rules.words import FILLERS, Taken, alternatives, fold, words_of
from commerce.places import region_code


@dataclass(frozen=True, slots=True)
class AddressParts:
    """What was said of an address; "" is what was not."""

    name: str = ""
    line_one: str = ""
    line_two: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def given(self) -> dict[str, str]:
        return {name: text for name, text in asdict(self).items() if text}

    def over(self, before: AddressParts) -> AddressParts:
        """Put what was said now over what was known. A street in another town leaves nothing of the old one."""
        is_new_place = bool(self.line_one and (self.city or self.postal_code))
        kept = AddressParts(name=before.name, country=before.country) if is_new_place else before
        merged = replace(kept, **self.given())
        if is_new_place and not self.country and region_code(before.country, self.region) != self.region:
            merged = replace(merged, country="")
        return merged


_STATES = {country: alternatives({*REGION_CODES[country], *REGION_NAMES[country]}) for country in REGION_CODES}
_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŻŠŽČ]"
_CITY = (
    rf"(?P<city>(?:(?:'s-|s-|St\.?\s|La\s|Le\s)?{_CAPITAL}[^\W\d_]*[\w'./-]*)(?:[ ](?:(?:am|an|der|de|la|le"
    rf"|les|sur|sous|en|i|im|bei|of|upon|and|del|den|aan|di|da)[ ])*(?:{_CAPITAL}[\w'.-]*|\d{{1,2}}(?=\b)))*)"
)
_CITY_ANY = r"(?P<city>[^\W\d_][^\d,;\n]*)"


@dataclass(frozen=True, slots=True)
class _Tail:
    """A shape of postal codes. `is_sure` where nothing but an address looks like it."""

    country: str
    pattern: re.Pattern[str]
    is_sure: bool = True


def _tail(country: str, pattern: str, *, is_sure: bool = True, flags: re.RegexFlag = re.NOFLAG) -> _Tail:
    return _Tail(country, re.compile(pattern, flags), is_sure)


_ANY_CASE = re.IGNORECASE
_TAILS = (
    _tail(
        "CA",
        rf"(?:\b(?P<region>{_STATES['CA']})\b[.,\s]*)?\b(?P<code>[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d)\b",
        flags=_ANY_CASE,
    ),
    _tail("GB", r"\b(?P<code>(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}))\b", flags=_ANY_CASE),
    _tail(
        "US",
        rf"\b(?P<region>{_STATES['US']})\b[.,\s]+(?P<code>\d{{5}}(?:-\d{{4}})?)\b(?!\s*-?\d)",
        flags=_ANY_CASE,
    ),
    _tail("AU", rf"\b(?P<region>{_STATES['AU']})\b[.,\s]+(?P<code>\d{{4}})\b", flags=_ANY_CASE),
    _tail("NL", rf"\b(?:NL-?\s?)?(?P<code>\d{{4}}\s?[A-Z]{{2}})\b[,\s]+{_CITY}"),
    _tail("JP", r"(?:〒\s?|\b)(?P<code>\d{3}-\d{4})\b(?!-)"),
    _tail("IE", r"\b(?P<code>[AC-FHKNPRTV-Y]\d[\dW] ?[\dAC-FHKNPRTV-Y]{4})\b"),
    _tail("BR", r"\b(?P<code>\d{5}-\d{3})\b(?!-)"),
    _tail("PT", rf"\b(?P<code>\d{{4}}-\d{{3}})\b[,\s]+{_CITY}"),
    _tail("PL", rf"\b(?P<code>\d{{2}}-\d{{3}})\b[,\s]+{_CITY}"),
    _tail("SE", rf"\b(?:SE?-?\s?)?(?P<code>\d{{3}} \d{{2}})\b[,\s]+{_CITY}", is_sure=False),
    _tail("", rf"(?:\b(?P<prefix>[A-Z]{{1,2}})-)?\b(?P<code>\d{{4,6}})\b[,\s]+{_CITY}", is_sure=False),
    _tail("US", r"\b(?P<code>\d{5}-\d{4})\b"),
    _tail("", r"\b(?P<code>\d{4,6})\b", is_sure=False),
)
_PREFIXES = {"D": "DE", "F": "FR", "I": "IT", "A": "AT", "B": "BE", "E": "ES", "L": "LU", "S": "SE", "N": "NO"}
_STATE_END = {
    country: re.compile(rf"[,\s]\s*(?P<region>{codes})\.?\s*(?:,|$)") for country, codes in _STATES.items()
}
_NUMBER_COMMA = re.compile(
    r"(\b\d{1,4}(?:\s?(?:bis|ter|[a-zA-Z]))?)\s*,\s*(?=(?:rue|avenue|av\.?|boulevard|bd|place|quai|cours"
    r"|impasse|allée|chemin|route|via|calle)\b)",
    re.IGNORECASE,
)
_COMMA_NUMBER = re.compile(
    r"(\b(?:via|viale|piazza|corso|calle|avenida|avda\.?|plaza|paseo|carrer|rua"
    r"|c/)\s[^,;\n\d]+?)\s*,\s*(?=n?[º°.]?\s?\d{1,4}\b(?!\d))",
    re.IGNORECASE,
)
_COUNTRY_END = re.compile(rf"[\s,]+(?P<country>(?:the )?(?:{alternatives(COUNTRY_NAMES)}))[\s.!]*$")
_NAME_LAST = re.compile(rf"(?:[:!.]|\b(?:instead|please|now|is))\s*(?P<name>{NAME})\s*$")
_STREET_ALONE = re.compile(r"^[a-z' -]+\s(?:lane|road|street|avenue|close|drive|hill|row|way|green|mews|terrace)$")
_HOUSE = re.compile(r"^the\s|\b(?:house|cottage|farm|lodge|barn|mill|hall|manor|vicarage|rectory|villa)$")
_PROVINCE = re.compile(r"[\s,]+\(?(?P<region>[A-Z]{2})\)?$")


@dataclass(frozen=True, slots=True)
class _Place:
    """The end of an address: where it begins in the text, and what was written behind it."""

    parts: AddressParts
    before: str
    after: str
    is_sure: bool


def find_address(text: str, *, is_asked: bool = False) -> Taken[AddressParts]:
    """Find an address, whole or in part. `is_asked` says that one was asked for, so that less is enough."""
    written = _COMMA_NUMBER.sub(r"\1 ", _NUMBER_COMMA.sub(r"\1 ", text.replace("\n", ", ")))
    place = _place(written)
    if place is not None:
        segments = _segments(place.before)
        found = _with_street(segments, place.parts, is_certain=place.is_sure or is_asked)
        if found.value.line_one or place.is_sure or (is_asked and place.parts.city):
            return Taken(_completed(found.value), f"{found.rest} , {place.after}")
    return _without_code(written, is_asked=is_asked)


def _segments(text: str) -> list[str]:
    return [one.strip(" ?!") for one in re.split(r"[,;]", text) if one.strip(" .?!-")]


def _place(text: str) -> _Place | None:
    """Find the postal code and what stands around it."""
    country, body, behind = _country(text)
    for tail in _TAILS:
        if country and tail.country and tail.country != country:
            continue
        matches = list(tail.pattern.finditer(body))
        if matches and (found := _read_tail(tail, matches[-1], body, country)):
            return replace(found, after=f"{found.after} {behind}".strip())
    return None


def _country(text: str) -> tuple[str, str, str]:
    """Take a country off the end of a text, or out of a segment of its own."""
    folded = fold(text)
    if len(folded) == len(text) and (match := _COUNTRY_END.search(folded)):
        code = country_code(match["country"].removeprefix("the "))
        if code and not (match["country"] == "georgia" and re.search(r"\d", text[match.end() :])):
            return code, text[: match.start()], ""
    parts = re.split(r"[,;]", text.rstrip(" ,;"))
    for index, one in enumerate(parts):
        code = country_code(one) if index and (len(one.strip()) > 2 or one.strip() in ("UK", "US")) else ""
        if code and index >= len(parts) - 4:
            return code, ",".join(parts[:index]), ",".join(parts[index + 1 :])
    return "", text, ""


def _read_tail(tail: _Tail, match: re.Match[str], body: str, country: str) -> _Place | None:
    found = match.groupdict()
    code = (found["code"] or "").upper()
    before, after = body[: match.start()], body[match.end() :]
    where = country or tail.country or _PREFIXES.get(found.get("prefix") or "", "")
    region = region_code(where, found.get("region") or "") if found.get("region") else ""
    city = (found.get("city") or "").strip(" .")
    if not city and re.match(r"^\s*\w", after) and not tail.country and not tail.is_sure:
        return None
    parts = AddressParts(city=city, region=region, postal_code=_spaced(where, code), country=where)
    if city:
        parts, after = _italian(parts, after)
    return _Place(parts, before, after, tail.is_sure or bool(country))


def _italian(parts: AddressParts, after: str) -> tuple[AddressParts, str]:
    """00184 Roma RM, 00184 Roma (RM): the province stands behind the city."""
    if match := _PROVINCE.search(parts.city):
        return replace(parts, city=parts.city[: match.start()], region=match["region"]), after
    if match := re.match(r"^\s*\((?P<region>[A-Z]{2})\)", after):
        return replace(parts, region=match["region"]), after[match.end() :]
    return parts, after


def _spaced(country: str, code: str) -> str:
    """Write a postal code as its country does."""
    plain = re.sub(r"[\s-]", "", code)
    if country == "CA" and len(plain) == 6:
        return f"{plain[:3]} {plain[3:]}"
    if country == "GB":
        return f"{plain[:-3]} {plain[-3:]}"
    if country == "NL" and len(plain) == 6:
        return f"{plain[:4]} {plain[4:]}"
    return code


def _with_street(segments: list[str], parts: AddressParts, *, is_certain: bool) -> Taken[AddressParts]:
    """Read name, street, unit and city out of the segments before the postal code, from the back."""
    index = _street_index(segments, is_certain=is_certain)
    boxes = [place for place, one in enumerate(segments) if PO_BOX.search(one)]
    if boxes and (index is None or not has_street_word(segments[index])):
        index = boxes[-1]
    if index is None and parts.country in ("GB", "IE") and (named := _named_house(segments, parts)):
        return named
    if index is None:
        city = segments[-1] if segments and not parts.city else ""
        known = _last_words(city)
        rest = segments[:-1] if city and known == city else segments
        return Taken(replace(parts, city=parts.city or known), ", ".join(rest))
    in_box = index in boxes and not has_street_word(segments[index])
    street = read_box(segments[index]) if in_box else read_street(segments[index], is_certain=is_certain)
    if street is None:
        return Taken(parts, ", ".join(segments))
    parts = replace(parts, line_one=street.line, line_two=street.unit)
    parts = _behind_street([*([street.after] if street.after else []), *segments[index + 1 :]], parts)
    return _before_street(segments[:index], street, parts)


def _named_house(segments: list[str], parts: AddressParts) -> Taken[AddressParts] | None:
    """Read a house that has a name instead of a number, as there are in the British Isles."""
    street = next((place for place, one in enumerate(segments) if _STREET_ALONE.search(fold(one))), None)
    if street is None or (street + 1 == len(segments) and not parts.city):
        return None
    parts = replace(parts, line_one=segments[street], city=parts.city or segments[-1])
    before = segments[:street]
    if before and _HOUSE.search(fold(before[-1])):
        parts = replace(parts, line_one=before[-1], line_two=segments[street])
        before = before[:-1]
    name, rest = _name_at_end(before[-1]) if before else ("", "")
    return Taken(replace(parts, name=name), ", ".join([*before[:-1], rest] if name else before))


def _street_index(segments: list[str], *, is_certain: bool) -> int | None:
    """Return which segment has the street: the last with a street's word, else the last with a number."""
    numbered = [index for index, one in enumerate(segments) if HOUSE_NUMBER.search(one) and not (is_unit(one))]
    named = [index for index in numbered if has_street_word(segments[index])]
    if named:
        return named[-1]
    return numbered[-1] if numbered and is_certain else None


def _behind_street(segments: list[str], parts: AddressParts) -> AddressParts:
    """What stands between street and postal code: parts of the house, then the city, then a county."""
    units = [one for one in segments if is_unit(one)]
    places = [one for one in segments if not is_unit(one)]
    if units and not parts.line_two:
        parts = replace(parts, line_two=", ".join(units))
    if parts.city:
        return replace(parts, line_two=parts.line_two or ", ".join(places))
    if parts.country == "JP" and len(places) > 1:
        return replace(parts, line_two=", ".join(places[:-2]), city=places[-2], region=places[-1])
    if places and not parts.city:
        parts = replace(parts, city=places[0])
        if len(places) > 1 and not parts.region and parts.country not in ("US", "CA", "AU"):
            parts = replace(parts, region=places[-1])
    return parts


def _before_street(segments: list[str], street: Street, parts: AddressParts) -> Taken[AddressParts]:
    """What stands before the street: a flat, then who gets it, then what has nothing to do with it."""
    before = [*segments, *([street.lead] if street.lead else [])]
    if before and is_unit(before[-1]):
        parts = replace(parts, line_two=", ".join(one for one in (before[-1], parts.line_two) if one))
        before = before[:-1]
    if not before:
        return Taken(parts, "")
    name, rest = _name_at_end(before[-1])
    if name:
        return Taken(replace(parts, name=name), ", ".join([*before[:-1], rest]).strip(" ,"))
    return Taken(parts, ", ".join(before))


def _name_at_end(text: str) -> tuple[str, str]:
    bare = re.sub(
        r"^\W*(?:(?:(?:my|her|his|their|the|recipient's)\s+)?name\s*(?:is|:)?|to|for|attn)\s*:?\s+",
        "",
        text,
        flags=re.IGNORECASE,
    ).strip(" :")
    has_capitals = (
        bool(re.match(_CAPITAL, bare.split()[0]) and re.match(_CAPITAL, bare.split()[-1])) if bare else False
    )
    if is_name(bare) and (has_capitals or (len(bare.split()) == 2 and not FILLERS & set(words_of(bare)))):
        return tidy(bare), ""
    taken = find_recipient(text)
    if not taken.value and (match := _NAME_LAST.search(text)) and is_name(match["name"]):
        return tidy(match["name"]), text[: match.start()]
    return taken.value, taken.rest


def _last_words(text: str) -> str:
    """Return the city at the end of prose such as "ship to Springfield"."""
    after = re.split(r"\b(?:to|in|at|is|for)\s+", text)[-1].strip()
    return after if after and re.match(_CAPITAL, after) else ""


def _without_code(text: str, *, is_asked: bool) -> Taken[AddressParts]:
    """Read an address that has no postal code: a street at least, and what can be told behind it."""
    country, body, behind = _country(text)
    region = ""
    for where in ("US", "CA", "AU"):
        match = _STATE_END[where].search(body)
        if match and (not country or country == where) and HOUSE_NUMBER.search(body[: match.start()]):
            country, region = where, region_code(where, match["region"])
            behind, body = f"{body[match.end() :]} {behind}", body[: match.start()]
            break
    segments = _segments(body)
    if not any(is_surely_street(one) or (is_asked and may_be_street(one)) for one in segments):
        return Taken(AddressParts(), text)
    found = _with_street(segments, AddressParts(region=region, country=country), is_certain=is_asked)
    if not found.value.line_one:
        return Taken(AddressParts(), text)
    return Taken(_completed(found.value), f"{found.rest} , {behind}".strip(" ,"))


def _completed(parts: AddressParts) -> AddressParts:
    """Add what the rest of an address says without writing it: the state of a ZIP code, the country of a city."""
    known = CITIES.get(fold(parts.city))
    if not parts.country and known:
        parts = replace(parts, country=known.country)
    if not parts.country and parts.city and (place := place_named(parts.city)) and place.country:
        parts = replace(parts, country=place.country)
    if not parts.region:
        region = region_of(parts.country, parts.postal_code) or (
            known.region if known and known.country == parts.country else ""
        )
        parts = replace(parts, region=region)
    return replace(parts, city=parts.city.strip(" .,"), line_one=parts.line_one.strip(" .,"))
