"""What a field may hold, one small function a kind. Each returns what is wrong, or None."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from commerce.money import CURRENCIES, exponent
from commerce.outgoing.addresses import is_public
from commerce.text import visible
from merchants.feeds.entries import is_photo
from merchants.feeds.rules import Checker, Fault, Row, shown
from merchants.imports.cells import has_right_check_digit

PLACEHOLDERS = frozenset(
    (
        "null",
        "none",
        "n/a",
        "na",
        "nil",
        "unknown",
        "undefined",
        "tbd",
        "todo",
        "-",
        "--",
        "?",
        "nan",
        "default title",
    )
)

_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MONEY = re.compile(r"(\d{1,15})(?:\.(\d{1,4}))? ([A-Z]{3})")
_STARS = re.compile(r"[0-5](?:\.\d{1,2})?")
_DECIMAL = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


def text(*, most: int, may_be_cut: bool = False) -> Checker:
    """Plain words of at most so many characters."""

    def check(value: str, _row: Row) -> Fault | None:
        if _INVISIBLE.search(value) or visible(value) != value.replace("\r", ""):
            return Fault("V-01", "Type the text anew: it has characters that nobody can see.")
        if value.strip().casefold() in PLACEHOLDERS:
            return Fault("V-03", "Write what it really is, or leave it empty.")
        if _TAG.search(value):
            return Fault("V-01", "Write plain text without HTML.")
        if len(value) > most:
            cut = shortened(value, most) if may_be_cut else None
            done = "it was cut here." if may_be_cut else "it was not published."
            return Fault("V-09", f"Shorten it to {most} characters; {done}", cut)
        return None

    return check


def shortened(value: str, most: int) -> str:
    """Cut a text that is too long at the end of a word, and say so."""
    if len(value) <= most:
        return value
    head = value[: most - 1]
    cut = head.rsplit(None, 1)[0] if " " in head[most // 2 :] else head
    return f"{cut.rstrip(' ,;:-')}…"


def identifier(*, most: int) -> Checker:
    def check(value: str, _row: Row) -> Fault | None:
        if value.casefold() in PLACEHOLDERS:
            return Fault("V-03", "Give it an id that is its own: this word stands for none.")
        if not value.isprintable() or any(letter.isspace() for letter in value):
            return Fault("V-05", "Use an id without spaces.")
        return Fault("V-05", f"Use an id of at most {most} characters.") if len(value) > most else None

    return check


def address(value: str, _row: Row) -> Fault | None:
    """An address that everybody can open. Where this very feed is fetched from needs no proof."""
    parts = _split(value)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or " " in value:
        return Fault("V-02", "Write the whole address, such as https://shop.example/page.")
    if "@" in parts.netloc:
        return Fault("V-02", "Write the address without a user name or password.")
    if parts.netloc != _split_own(settings.PUBLIC_BASE_URL) and not _looks_public(parts.hostname):
        return Fault("V-02", f"Nobody outside can open {parts.hostname}; use an address of the public internet.")
    return None


def picture(value: str, row: Row) -> Fault | None:
    if fault := address(value, row):
        return fault
    if not is_photo(value):
        return Fault("V-12", "Add a picture as JPEG or PNG; this kind is not shown.")
    return None


def pictures(value: list[str], row: Row) -> Fault | None:
    """Further pictures. A bad one costs itself only; the checker takes it out."""
    good = [one for one in value if picture(one, row) is None]
    if len(good) == len(value):
        return None
    bad = next(one for one in value if picture(one, row) is not None)
    fault = picture(bad, row)
    advice = fault.advice if fault else ""
    return Fault(fault.rule if fault else "V-12", f"{bad}: {advice}", good or None)


def choice(*words: str, rule: str = "V-10") -> Checker:
    known = frozenset(words)
    advice = f"Use one of: {', '.join(words)}."

    def check(value: str, _row: Row) -> Fault | None:
        return None if value in known else Fault(rule, advice)

    return check


def flag(value: object, _row: Row) -> Fault | None:
    return None if isinstance(value, bool) else Fault("V-04", "Write true or false, in small letters.")


def parse_money(value: str) -> tuple[int, str] | None:
    """Read "19.99 USD" as minor units and a lower-case code; None where it is not written like that."""
    found = _MONEY.fullmatch(value)
    if found is None or found[3].lower() not in CURRENCIES:
        return None
    currency, fraction = found[3].lower(), found[2] or ""
    if len(fraction) > exponent(currency):
        return None
    return int(found[1] + fraction.ljust(exponent(currency), "0")), currency


def money(*, least: int = 1, rule: str = "V-06") -> Checker:
    def check(value: str, _row: Row) -> Fault | None:
        parsed = parse_money(value)
        if parsed is None:
            advice = "Write a number with a point, one space and the currency: 19.99 USD."
            return Fault("V-06", advice)
        if parsed[0] < least:
            return Fault(rule, "Give it a price above zero: nothing free can be listed.")
        return None

    return check


def sale_price(value: str, row: Row) -> Fault | None:
    sale, price = parse_money(value), parse_money(row.get("price", ""))
    if sale is None:
        return Fault("V-06", "Write a number with a point, one space and the currency: 19.99 USD.")
    if price is None or sale[1] != price[1] or not 0 < sale[0] < price[0]:
        return Fault("V-15", "Make the sale price lower than the price and higher than zero, or end the sale.")
    return None


def gtin(value: str, _row: Row) -> Fault | None:
    if not value.isascii() or not value.isdigit() or len(value) not in (8, 12, 13, 14):
        return Fault("V-11", "Write the 8, 12, 13 or 14 digits below the bar code, without spaces.")
    if not has_right_check_digit(value):
        return Fault("V-11", "The last digit does not fit the others: compare it with the bar code.")
    return None


def decimal_above_zero(value: str, _row: Row) -> Fault | None:
    if not _DECIMAL.fullmatch(value) or not Decimal(value):
        return Fault("V-13", "Write a number above zero, such as 12.5.")
    return None


def whole_number(*, least: int = 0) -> Checker:
    def check(value: object, _row: Row) -> Fault | None:
        is_number = isinstance(value, int) and not isinstance(value, bool) and value >= least
        return None if is_number else Fault("V-13", f"Write a whole number from {least} up.")

    return check


def rating(*, count: str) -> Checker:
    """Stars out of five, and how many reviews they come from: those of the very same thing."""

    def check(value: str, row: Row) -> Fault | None:
        if not _STARS.fullmatch(value) or Decimal(value) > 5:
            return Fault("V-13", "Write a number from 0 to 5 with at most two digits behind the point.")
        return None if row.get(count) else Fault("V-17", f"Say in {count} how many reviews the stars come from.")

    return check


def agreeing(*names: str, most: int) -> Checker:
    """Plain words that say the same as the option of one of these names: nobody else compares the two."""
    is_text = text(most=most)

    def check(value: str, row: Row) -> Fault | None:
        if fault := is_text(value, row):
            return fault
        options = row.get("variant_dict")
        pairs = options.items() if isinstance(options, dict) else ()
        chosen = next((one for name, one in pairs if str(name).casefold() in names), value)
        if str(chosen).strip().casefold() == value.strip().casefold():
            return None
        return Fault("V-20", f"Say the same as in variant_dict: {shown(chosen)}.")

    return check


def pairs(value: object, _row: Row) -> Fault | None:
    """Names and values, all of them text that says something."""
    is_fine = (
        isinstance(value, dict)
        and value
        and all(
            isinstance(name, str) and isinstance(one, str) and name.strip() and one.strip()
            for name, one in value.items()
        )
    )
    return None if is_fine else Fault("V-20", "Give every option a name and a value.")


def countries(known: Collection[str]) -> Checker:
    def check(value: object, _row: Row) -> Fault | None:
        is_fine = isinstance(value, list) and value and all(one in known for one in value)
        return None if is_fine else Fault("V-10", f"Use upper-case codes out of: {', '.join(sorted(known))}.")

    return check


def country(value: str, _row: Row) -> Fault | None:
    is_code = len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()
    return None if is_code else Fault("V-10", "Use an upper-case two-letter code such as US.")


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


@lru_cache(maxsize=4)
def _split_own(base: str) -> str:
    return urlsplit(base).netloc


@lru_cache(maxsize=1024)
def _looks_public(host: str) -> bool:
    """Say whether a host may be reached from outside. Names are not looked up; some never lead anywhere."""
    try:
        return is_public(host.strip("[]"))
    except ValueError:
        name = host.rstrip(".").lower()
        return "." in name and not name.endswith((".local", ".localhost", ".internal", ".lan", ".home", ".test"))
