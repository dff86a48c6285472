"""Which ways there are to get some lines to a place, what each costs and when it arrives. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from commerce.fulfillment.terms import LocationTerms, MethodTerms
from commerce.places import Place

DIGITAL_OPTION_ID = "digital"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: total weight in grams, and the value of the items before discounts."""

    weight_grams: int
    subtotal_minor: int


@dataclass(frozen=True, slots=True)
class Option:
    """One way with its price. `earliest` and `latest` bound the delivery, the pick-up or the window."""

    id: str
    kind: str
    title: str
    amount_minor: int
    description: str = ""
    carrier: str = ""
    earliest: datetime | None = None
    latest: datetime | None = None
    location: LocationTerms | None = None


def digital_option() -> Option:
    """Return the way of things that need no parcel."""
    return Option(
        id=DIGITAL_OPTION_ID,
        kind="digital",
        title="Digital delivery",
        amount_minor=0,
        description="Available right after the purchase",
    )


def quote(
    methods: Sequence[MethodTerms], *, place: Place, parcel: Parcel, now: datetime, zone: ZoneInfo
) -> list[Option]:
    """Return the options for a parcel, cheapest first, quicker first among equals.

    Dates are reckoned in the merchant's zone: working days from today, or from tomorrow after the
    method's cut-off hour.
    """
    options = [
        option
        for method in methods
        if (option := quote_method(method, place=place, parcel=parcel, now=now, zone=zone))
    ]
    return sorted(options, key=lambda option: (option.amount_minor, option.latest or now, option.id))


def quote_method(
    method: MethodTerms, *, place: Place, parcel: Parcel, now: datetime, zone: ZoneInfo
) -> Option | None:
    """Price one method, None where it does not deliver to the place or has no rate for the parcel."""
    if method.zone is not None and not method.zone.covers(place):
        return None
    prices = [
        rate.amount_minor
        for rate in method.rates
        if rate.fits(weight_grams=parcel.weight_grams, subtotal_minor=parcel.subtotal_minor)
    ]
    if not prices:
        return None
    earliest, latest = _bounds(method, now.astimezone(zone))
    return Option(
        id=method.id,
        kind=method.kind,
        title=method.title,
        amount_minor=min(prices),
        description=method.description,
        carrier=method.carrier,
        earliest=earliest,
        latest=latest,
        location=method.location,
    )


def _bounds(method: MethodTerms, local_now: datetime) -> tuple[datetime, datetime]:
    start = local_now.date()
    if local_now.hour >= method.cutoff_hour:
        start += timedelta(days=1)
    first, last = add_working_days(start, method.min_days), add_working_days(start, method.max_days)
    zone = local_now.tzinfo
    if method.kind == "local_delivery":
        window = (time(method.window_start_hour), time(method.window_end_hour))
        return tuple(datetime.combine(first, hour, tzinfo=zone) for hour in window)  # type: ignore[return-value]
    return (
        datetime.combine(first, time(9), tzinfo=zone),
        datetime.combine(last, time(20), tzinfo=zone),
    )


def add_working_days(day: date, count: int) -> date:
    """Return the `count`-th working day (Monday to Friday) after `day`; `day` itself for 0 on a weekday."""
    while day.weekday() >= 5:
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return day
