"""How things are told: products, orders, what is missing. Prices and titles as the tools gave them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from agents.shopper.rules.addresses import AddressParts
from agents.shopper.rules.countries import country_name
from agents.shopper.rules.picking import open_options
from agents.shopper.rules.results import Cart, Checkout, Line, Order, Product, Variant, Way, amount

MOST_LISTED = 8
MOST_OFFERED = 4

_STOCK = {
    "in_stock": "in stock",
    "low_stock": "in stock, but only a few are left",
    "backorder": "not there at the moment, but it can be ordered ahead",
    "preorder": "can be ordered ahead",
    "out_of_stock": "sold out",
    "discontinued": "no longer sold",
}
_PARTS = {
    "email": "your e-mail address for the receipt",
    "name": "the name of the person who receives it",
    "address": "the postal address it goes to",
    "line_one": "the street and house number",
    "city": "the city",
    "region": "the state or province",
    "postal_code": "the postal code",
    "country": "the country",
    "first_name": "your first name",
    "last_name": "your last name",
    "phone_number": "a telephone number",
}


def joined(parts: Iterable[str], last: str = "and") -> str:
    """Write a list as English does: a, b and c."""
    texts = [one for one in parts if one]
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}" if len(texts) > 1 else "".join(texts)


def price_of(variants: Sequence[Variant]) -> str:
    """Write the price of variants: one, or from the lowest on."""
    lowest = min(variants, key=lambda one: amount(one.price))
    if all(one.price == lowest.price for one in variants):
        before = f" (was {lowest.list_price})" if lowest.list_price else ""
        return f"{lowest.price}{before}"
    return f"from {lowest.price}"


def values_of(product: Product) -> str:
    """Write what there is to choose: Natural, Navy or Olive."""
    return "; ".join(joined(values, "or") for _, values in open_options(product.variants))


def product_line(product: Product) -> str:
    """Write a product on one line."""
    choices = values_of(product)
    parts = [f"{product.title}, {price_of(product.variants)}", f" ({choices})" if choices else ""]
    if not product.is_purchasable:
        parts.append(f": {obstacle_of(product.variants)}")
    return "".join(parts)


def product_list(products: Sequence[Product]) -> str:
    """Write products as a numbered list, so that they can be called by their numbers."""
    return "\n".join(
        f"{number}. {product_line(one)}" for number, one in enumerate(products[:MOST_LISTED], start=1)
    )


def variant_name(product: Product, variant: Variant) -> str:
    return named(product.title, variant.options)


def named(title: str, options: Sequence[tuple[str, str]]) -> str:
    """Write a thing with its options: Canvas Market Tote (Navy)."""
    values = ", ".join(value for _, value in options)
    return f"{title} ({values})" if values and values.lower() not in title.lower() else title


def nearest_names(product: Product, gone: Variant, others: Sequence[Variant]) -> str:
    """Name the variants that differ least from one that cannot be had."""
    ranked = sorted(others, key=lambda one: -len(set(one.options) & set(gone.options)))
    return joined((variant_name(product, one) for one in ranked[:MOST_OFFERED]), "or")


def obstacle_of(variants: Sequence[Variant]) -> str:
    """Say why none of these can be bought."""
    for one in variants:
        if one.obstacles:
            return one.obstacles[0][1].rstrip(".")
    return stock_of(variants[0])


def stock_of(variant: Variant) -> str:
    text = _STOCK.get(variant.availability, variant.availability.replace("_", " ") or "not known to me")
    if variant.available and variant.availability == "low_stock":
        return f"in stock, with {variant.available} left"
    return text


def lines_of(lines: Sequence[Line]) -> str:
    return joined(line_name(one) for one in lines)


def line_name(line: Line) -> str:
    return f"{line.quantity} x {named(line.title, line.options)}"


def content_of(held: Cart | Checkout) -> str:
    """Write a cart or checkout line by line with its totals."""
    rows = [f"- {line_name(one)}: {one.total}" for one in held.lines]
    if isinstance(held, Checkout):
        rows += [f"{label}: {money}" for label, money in held.totals if label.lower() not in ("items", "total")]
    return "\n".join([*rows, f"Total: {held.total}"])


def day(when: date) -> str:
    return f"{when:%A}, {when.day} {when:%B}"


def arrival(way: Way) -> str:
    if way.latest is None:
        return ""
    if way.earliest is None or way.earliest == way.latest:
        return f"on {day(way.latest)}"
    return f"between {day(way.earliest)} and {day(way.latest)}"


def way_line(way: Way) -> str:
    when = arrival(way)
    return f"{way.title}, {way.price}" + (
        f", {'ready' if way.kind == 'pickup' else 'arrives'} {when}" if when else ""
    )


def way_list(ways: Sequence[Way]) -> str:
    return "\n".join(
        f"{number}. {way_line(one)}{' (chosen now)' if one.is_chosen else ''}"
        for number, one in enumerate(ways, start=1)
    )


def request_for(parts: Sequence[str]) -> str:
    """Ask for what is missing, and only for that."""
    names = [_PARTS.get(one.removeprefix("address."), one.replace("_", " ")) for one in parts]
    text = joined(names)
    hint = " You can write it all in one message." if len(parts) > 2 or "address" in parts else ""
    return f"To go on I need {text}.{hint}"


def address_line(address: AddressParts) -> str:
    place = " ".join(one for one in (address.city, address.region, address.postal_code) if one)
    parts = (address.name, address.line_one, address.line_two, place, country_name(address.country))
    return ", ".join(one for one in parts if one)


def order_text(order: Order) -> str:
    """Say how an order stands: what was bought, where it is, and what was given back."""
    what = joined(f"{one.quantity} x {one.title}" for one in order.lines)
    rows = [f"Order {order.number}: {what}, {order.total}. It is {_status(order.status)}."]
    rows += [_shipment(one) for one in order.shipments]
    for one in order.adjustments:
        money = f" of {one['amount']}" if one.get("amount") else ""
        rows.append(
            f"{_status(str(one.get('type', 'change'))).capitalize()}{money}: "
            f"{_status(str(one.get('status', '')))}."
        )
    return "\n".join([*rows, f"Its page: {order.page}"] if order.page else rows)


def _status(text: str) -> str:
    return text.replace("_", " ")


def _shipment(one: object) -> str:
    told = dict(one) if isinstance(one, dict) else {}
    number = told.get("tracking_number")
    carrier = " ".join(
        filter(None, (f"with {told['carrier']}" if told.get("carrier") else "", f"({number})" if number else ""))
    )
    when = f", expected {told['arrives']}" if told.get("arrives") else ""
    events = told.get("events") or []
    last = f". Last news: {events[-1]}" if events else ""
    return f"Parcel {carrier + ': ' if carrier else ''}{_status(str(told.get('status', '')))}{when}{last}."
