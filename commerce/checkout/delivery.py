"""How the lines of a session get to the buyer: what is on offer, what is chosen, what it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commerce.buyers import Address
from commerce.checkout.document import Document, Line, Selection
from commerce.checkout.hints import served_text
from commerce.checkout.messages import Issue, blocking, info, missing
from commerce.checkout.shop import Shop
from commerce.fulfillment.quotes import (
    DIGITAL_OPTION_ID,
    Option,
    Parcel,
    digital_option,
    quote,
    quote_method,
)
from commerce.places import Place, place_of

_PART_NAMES = {
    "line_one": "street line",
    "city": "city",
    "region": "state or province",
    "postal_code": "postal code",
    "country": "country",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Options and choices of a session. `tax_place` is None while it is not known where things go."""

    options: tuple[Option, ...]
    selections: tuple[Selection, ...]
    amount_minor: int
    tax_place: Place | None
    issues: tuple[Issue, ...]


def plan(lines: tuple[Line, ...], document: Document, *, shop: Shop, now: datetime) -> Plan:
    """Quote every way, keep what was chosen where it still exists, choose what was not.

    Where nothing was chosen, the cheapest delivery is taken; a pick-up never by itself, unless there is
    nothing else. Digital lines need no choice and no address.
    """
    physical = [line for line in lines if not line.is_digital]
    address = document.recipient.address if document.recipient else None
    is_addressed = address is not None and not address.missing_parts() and not address.has_unknown_region()
    options = _options(physical, address if is_addressed else None, shop, now)
    chosen, issues = _selections(physical, options, document, is_addressed=is_addressed)
    options, amount = _costs(options, chosen, physical, address, shop, now)
    if digital := [line.id for line in lines if line.is_digital]:
        options = [*options, digital_option()]
        chosen = [*chosen, Selection(DIGITAL_OPTION_ID, tuple(digital))]
    return Plan(
        options=tuple(options),
        selections=tuple(chosen),
        amount_minor=amount,
        tax_place=_tax_place(physical, options, chosen, address if is_addressed else None, shop),
        issues=(*_address_issues(physical, options, chosen, address, shop), *issues),
    )


def _parcel(lines: Iterable[Line]) -> Parcel:
    lines = list(lines)
    return Parcel(
        weight_grams=sum(line.weight_grams * line.quantity for line in lines),
        subtotal_minor=sum(line.items_minor for line in lines),
    )


def _options(physical: Sequence[Line], address: Address | None, shop: Shop, now: datetime) -> list[Option]:
    """Quote what can be offered: without an address only pick-up."""
    if not physical:
        return []
    methods = [method for method in shop.methods if address is not None or method.kind == "pickup"]
    place = address.place if address else Place("")
    return quote(methods, place=place, parcel=_parcel(physical), now=now, zone=shop.zone)


def _selections(
    physical: Sequence[Line], options: Sequence[Option], document: Document, *, is_addressed: bool
) -> tuple[list[Selection], list[Issue]]:
    by_id = {option.id: option for option in options}
    chosen_for: dict[str, str] = {}
    vanished = False
    for selection in document.selections:
        if selection.option_id in by_id:
            chosen_for.update(dict.fromkeys(selection.line_ids, selection.option_id))
        elif selection.option_id != DIGITAL_OPTION_ID:
            vanished = True
    default = _default(options, [*chosen_for.values()], is_addressed=is_addressed)
    grouped: dict[str, list[str]] = {}
    for line in physical:
        option_id = chosen_for.get(line.id, default)
        if option_id:
            grouped.setdefault(option_id, []).append(line.id)
    selections = [Selection(option_id, tuple(line_ids)) for option_id, line_ids in grouped.items()]
    if vanished and selections:
        title = by_id[selections[0].option_id].title
        return selections, [info("selection_replaced", f"The chosen way is not offered any more; now: {title}.")]
    return selections, []


def _default(options: Sequence[Option], chosen: Sequence[str], *, is_addressed: bool) -> str | None:
    """Return the option of lines without a choice: what other lines have, else the cheapest delivery."""
    if chosen:
        return chosen[0]
    delivered = [option for option in options if option.kind != "pickup"]
    if delivered:
        return delivered[0].id
    return options[0].id if options and is_addressed else None


def _costs(
    options: list[Option],
    chosen: Sequence[Selection],
    physical: Sequence[Line],
    address: Address | None,
    shop: Shop,
    now: datetime,
) -> tuple[list[Option], int]:
    """Price each chosen option for the lines it is chosen for, and show it at that price."""
    prices: dict[str, int] = {option.id: option.amount_minor for option in options}
    for selection in chosen:
        if len(selection.line_ids) == len(physical):
            continue
        method = shop.method(selection.option_id)
        lines = [line for line in physical if line.id in selection.line_ids]
        place = address.place if address else Place("")
        part = method and quote_method(method, place=place, parcel=_parcel(lines), now=now, zone=shop.zone)
        if part:
            prices[selection.option_id] = part.amount_minor
    shown = [replace(option, amount_minor=prices[option.id]) for option in options]
    return shown, sum(prices[selection.option_id] for selection in chosen)


def _tax_place(
    physical: Sequence[Line],
    options: Sequence[Option],
    chosen: Sequence[Selection],
    address: Address | None,
    shop: Shop,
) -> Place | None:
    """Return where the sale is taxed: where things go, where they are collected, or for downloads the
    buyer's place, else the merchant's."""
    if not physical:
        return address.place if address else shop.home
    by_id = {option.id: option for option in options}
    picked = [by_id[one.option_id] for one in chosen if one.option_id != DIGITAL_OPTION_ID]
    places = [option.location for option in picked if option.location]
    if places and len(places) == len(picked):
        location = places[0]
        return place_of(country=location.country, region=location.region, postal_code=location.postal_code)
    return address.place if address else None


def _address_issues(
    physical: Sequence[Line],
    options: Sequence[Option],
    chosen: Sequence[Selection],
    address: Address | None,
    shop: Shop,
) -> Iterable[Issue]:
    """Say what is wrong with the address, unless everything is collected and none is needed."""
    by_id = {option.id: option for option in options}
    if not physical or (all(by_id[one.option_id].kind in ("pickup", "digital") for one in chosen) and chosen):
        return
    if address is None:
        yield missing("A delivery address is needed.", "recipient", "address")
        return
    gaps = address.missing_parts()
    for part in gaps:
        yield missing(f"The address has no {_PART_NAMES[part]}.", "recipient", "address", part)
    if gaps:
        return
    if address.has_unknown_region():
        text = f"'{address.region}' is no state or province of {address.country.upper()}."
        yield blocking("invalid_address", text, "recipient", "address", "region")
    elif not options:
        text = f"Nothing can be delivered to this address. {served_text(shop)}".rstrip()
        yield blocking("address_not_served", text, "recipient", "address")
