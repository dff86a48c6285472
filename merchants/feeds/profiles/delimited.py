"""What the profiles for Google and Stripe write alike."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime, timedelta

from merchants.feeds.entries import Entry
from merchants.feeds.profiles.profile import money_text
from merchants.feeds.rules import Fault, Row
from merchants.feeds.seller import Delivery

_CENTIMETERS = 10


def centimeters(millimeters: int | None) -> str | None:
    if not millimeters:
        return None
    whole, tenth = divmod(millimeters, _CENTIMETERS)
    return f"{whole}.{tenth} cm" if tenth else f"{whole} cm"


def grams(entry: Entry) -> str | None:
    item = entry.item
    return f"{item.weight_grams} g" if item.weight_grams and not item.is_digital else None


def measure(value: str, _row: Row) -> Fault | None:
    """A number and its unit, as the functions above write them."""
    number, _, unit = value.partition(" ")
    is_fine = unit in ("cm", "in", "g", "kg", "oz", "lb") and number.replace(".", "", 1).isdigit()
    return None if is_fine else Fault("V-14", "Write a number and its unit, such as 20 cm.")


def sale_days(entry: Entry) -> str | None:
    """Return the days of a sale in the merchant's zone, first and last; None where one of them is open."""
    starts, ends = entry.item.sale_starts_at, entry.item.sale_ends_at
    if entry.sale_minor is None or starts is None or ends is None:
        return None
    zone = entry.seller.zone
    last = ends.astimezone(zone) - timedelta(microseconds=1)
    return f"{starts.astimezone(zone):%Y-%m-%d}/{last:%Y-%m-%d}"


def sale_moments(entry: Entry) -> str | None:
    """Return when a sale begins and ends, with the zone; None where one of them is open."""
    starts, ends = entry.item.sale_starts_at, entry.item.sale_ends_at
    if entry.sale_minor is None or starts is None or ends is None:
        return None
    return f"{_moment(entry, starts)}/{_moment(entry, ends)}"


def _moment(entry: Entry, when: datetime) -> str:
    return when.astimezone(entry.seller.zone).strftime("%Y-%m-%dT%H:%M%z")


def deliveries(entry: Entry, served: Container[str]) -> Iterator[tuple[str, str, Delivery, str]]:
    """Yield country, part of it (empty for all), terms and price of each way to send an item to those served."""
    if entry.item.is_digital:
        return
    for one in entry.seller.deliveries(weight_grams=entry.item.weight_grams, price_minor=entry.paid_minor):
        amount = money_text(one.amount_minor, entry.item.currency)
        for country in one.countries:
            if country not in served:
                continue
            for part in _parts(one):
                yield country, part, one, amount


def _parts(one: Delivery) -> tuple[str, ...]:
    """Return the parts of a country; none where regions and postal codes narrow it together."""
    if one.postal_prefixes:
        return () if one.regions else tuple(f"{prefix}*" for prefix in one.postal_prefixes)
    return one.regions or ("",)


def service_name(one: Delivery) -> str:
    """Return a method's title without what separates the parts of an entry."""
    return one.service.replace(":", " ").replace(",", " ").strip() or "Standard"
