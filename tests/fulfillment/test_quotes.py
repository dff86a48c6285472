from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from commerce.fulfillment.quotes import Option, Parcel, add_working_days, quote
from commerce.fulfillment.terms import LocationTerms, MethodTerms, RateTerms, ZoneTerms
from commerce.places import Place

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 11, 23, 20, tzinfo=UTC)  # noon in Los Angeles
HOME = Place("US", "CA", "94131")

STANDARD = MethodTerms(
    "fm_standard",
    "shipping",
    "Standard",
    rates=(
        RateTerms(500, max_weight_grams=1000, max_subtotal_minor=7500),
        RateTerms(900, min_weight_grams=1000, max_subtotal_minor=7500),
        RateTerms(0, min_subtotal_minor=7500),
    ),
    zone=ZoneTerms(countries=("US",)),
    min_days=2,
    max_days=5,
)
EXPRESS = MethodTerms(
    "fm_express", "shipping", "Express", (RateTerms(1500),), zone=ZoneTerms(("US",)), min_days=1, max_days=1
)


def offers(
    *methods: MethodTerms, place: Place = HOME, weight: int = 400, subtotal: int = 2400, now: datetime = MONDAY
) -> list[Option]:
    return quote(methods, place=place, parcel=Parcel(weight, subtotal), now=now, zone=LOS_ANGELES)


@pytest.mark.parametrize(
    ("weight", "subtotal", "amount"),
    [(0, 0, 500), (999, 7499, 500), (1000, 7499, 900), (50_000, 100, 900), (50_000, 7500, 0)],
)
def test_the_rate_that_fits_counts(weight: int, subtotal: int, amount: int) -> None:
    (option,) = offers(STANDARD, weight=weight, subtotal=subtotal)

    assert option.amount_minor == amount


def test_a_method_without_a_fitting_rate_is_not_offered() -> None:
    letter = MethodTerms("fm_l", "shipping", "Letter", (RateTerms(100, max_weight_grams=50),))

    assert offers(letter, weight=51) == []


def test_the_cheapest_comes_first() -> None:
    assert [option.title for option in offers(EXPRESS, STANDARD)] == ["Standard", "Express"]


@pytest.mark.parametrize(
    ("zone", "place", "is_covered"),
    [
        (ZoneTerms(), Place("JP"), True),
        (ZoneTerms(("US", "CA")), Place("CA", "ON"), True),
        (ZoneTerms(("US",)), Place("CA", "ON"), False),
        (ZoneTerms(("US",), regions=("CA", "OR")), Place("US", "WA", "98101"), False),
        (ZoneTerms(("US",), postal_prefixes=("941", "940")), Place("US", "CA", "94131"), True),
        (ZoneTerms(("US",), postal_prefixes=("941",)), Place("US", "CA", "90001"), False),
    ],
)
def test_a_zone_covers_its_places(zone: ZoneTerms, place: Place, *, is_covered: bool) -> None:
    assert zone.covers(place) is is_covered


def test_dates_are_working_days_of_the_merchant() -> None:
    (option,) = offers(STANDARD)

    assert option.earliest == datetime(2026, 11, 25, 9, tzinfo=LOS_ANGELES)
    assert option.latest == datetime(2026, 11, 30, 20, tzinfo=LOS_ANGELES)


def test_after_the_cutoff_an_order_counts_for_the_next_day() -> None:
    before = offers(EXPRESS, now=datetime(2026, 11, 23, 21, 59, tzinfo=UTC))[0]
    after = offers(EXPRESS, now=datetime(2026, 11, 23, 22, 0, tzinfo=UTC))[0]

    assert before.latest == datetime(2026, 11, 24, 20, tzinfo=LOS_ANGELES)
    assert after.latest == datetime(2026, 11, 25, 20, tzinfo=LOS_ANGELES)


def test_the_calendar_is_the_merchants_not_ours() -> None:
    """In Los Angeles it is still Friday morning when it is Saturday in Auckland."""
    now = datetime(2026, 11, 27, 17, tzinfo=UTC)

    here = quote([EXPRESS], place=HOME, parcel=Parcel(1, 1), now=now, zone=LOS_ANGELES)[0]
    there = quote([EXPRESS], place=HOME, parcel=Parcel(1, 1), now=now, zone=ZoneInfo("Pacific/Auckland"))[0]

    assert here.latest is not None
    assert there.latest is not None
    assert here.latest.date() == date(2026, 11, 30)
    assert there.latest.date() == date(2026, 12, 1)


def test_local_delivery_is_a_window_of_one_day() -> None:
    courier = MethodTerms(
        "fm_c",
        "local_delivery",
        "Courier",
        (RateTerms(900),),
        min_days=1,
        max_days=3,
        window_start_hour=17,
        window_end_hour=20,
    )

    (option,) = offers(courier)

    assert option.earliest == datetime(2026, 11, 24, 17, tzinfo=LOS_ANGELES)
    assert option.latest == datetime(2026, 11, 24, 20, tzinfo=LOS_ANGELES)


def test_pickup_names_its_place_and_needs_no_zone() -> None:
    place = LocationTerms("Pier 9", "9 Embarcadero", "San Francisco", "CA", "94111", "US")
    pickup = MethodTerms("fm_p", "pickup", "Pick up", (RateTerms(0),), location=place, min_days=0, max_days=0)

    (option,) = offers(pickup, place=Place(""))

    assert option.location == place
    assert option.earliest == datetime(2026, 11, 23, 9, tzinfo=LOS_ANGELES)


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [("2026-11-23", 0, "2026-11-23"), ("2026-11-27", 1, "2026-11-30"), ("2026-11-28", 0, "2026-11-30"), ("2026-11-28", 1, "2026-12-01"), ("2026-11-23", 5, "2026-11-30")],
)  # fmt: skip
def test_weekends_do_not_count(day: str, count: int, then: str) -> None:
    assert add_working_days(date.fromisoformat(day), count) == date.fromisoformat(then)
