"""What may be chosen, in words that name ids and prices. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from commerce.checkout.shop import Shop
from commerce.fulfillment.quotes import Option
from commerce.money import Money
from commerce.text import line

_SHOWN_OPTIONS = 10
_SHOWN_PLACES = 20


def options_text(options: Iterable[Option], currency: str) -> str:
    """Write ways of fulfillment with their ids, titles, prices and days."""
    return "; ".join(_option_text(option, currency) for option in list(options)[:_SHOWN_OPTIONS])


def _option_text(option: Option, currency: str) -> str:
    text = f"'{option.id}' = {line(option.title, 60)}, {Money(option.amount_minor, currency)}"
    if option.earliest is None or option.latest is None:
        return text
    first, last = option.earliest.date(), option.latest.date()
    return f"{text}, {first}" if first == last else f"{text}, {first} to {last}"


def unknown_option_text(named: str, options: Iterable[Option], currency: str) -> str:
    """Say that an option is none of those on offer, and which there are."""
    known = options_text(options, currency)
    offered = f"On offer: {known}." if known else "There are none yet: they come with the delivery address."
    return f"There is no fulfillment option '{named[:60]}'. {offered}"


def served_text(shop: Shop) -> str:
    """Say where a shop delivers to; empty where it names no places."""
    places: dict[str, set[str]] = {}
    for method in shop.methods:
        if method.kind == "pickup" or method.zone is None:
            continue
        if not method.zone.countries:
            return ""
        for country in method.zone.countries:
            places.setdefault(country, set()).update(method.zone.regions or ("",))
    named = [_place_text(country, regions) for country, regions in sorted(places.items())]
    more = ", …" if len(named) > _SHOWN_PLACES else ""
    return f"This shop delivers to: {', '.join(named[:_SHOWN_PLACES])}{more}." if named else ""


def _place_text(country: str, regions: set[str]) -> str:
    return country if "" in regions else f"{country} ({', '.join(sorted(regions))})"
