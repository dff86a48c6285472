from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from commerce.aftersales.models import Return
from commerce.fulfillment.models import Shipment
from commerce.orders.models import Adjustment, Order
from commerce.pages import wording
from commerce.text import web_address


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123450, "usd", "$1,234.50"),
        (5, "usd", "$0.05"),
        (-300, "usd", "\u2212$3.00"),
        (2690, "eur", "€26.90"),
        (500, "jpy", "¥500"),
        (1234567, "kwd", "KWD\u00a01,234.567"),
        (1200, "chf", "CHF\u00a012.00"),
        (0, "usd", "$0.00"),
    ],
)
def test_amounts_follow_the_currency(minor: int, currency: str, text: str) -> None:
    assert wording.amount_text(minor, currency) == text


def test_moments_are_in_the_zone_they_are_given_in() -> None:
    at = datetime(2026, 4, 21, 0, 5, tzinfo=UTC)

    assert wording.moment_text(at) == "April 21, 2026, 12:05 am UTC"
    assert wording.moment_text(at.astimezone(ZoneInfo("America/Los_Angeles"))) == "April 20, 2026, 5:05 pm PDT"
    assert wording.day_text(at) == "Tuesday, April 21, 2026"


@pytest.mark.parametrize(("hour", "text"), [(0, "12 am"), (9, "9 am"), (12, "12 pm"), (17, "5 pm"), (23, "11 pm")])
def test_hours(hour: int, text: str) -> None:
    assert wording.hour_text(datetime(2026, 4, 21, hour, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "ups.example/1",
        "",
        "http://[",
        "https://",
        " ",
    ],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    assert web_address(url) == ""


def test_web_addresses_stay_as_they_are() -> None:
    assert web_address("https://ups.example/track?n=1&x=2") == "https://ups.example/track?n=1&x=2"


def test_every_status_has_words() -> None:
    assert set(wording.ORDER_STATUS) == set(wording.ORDER_MEANING) == set(Order.Status.values)
    assert set(wording.SHIPMENT_STATUS) == set(Shipment.Status.values)
    assert set(wording.ADJUSTMENT_KIND) == set(Adjustment.Kind.values)
    assert set(wording.ADJUSTMENT_STATUS) == set(wording.RETURN_STATUS) == set(Adjustment.Status.values)
    assert set(wording.RETURN_REASON) == set(Return.Reason.values)


def test_words_of_an_unknown_code_are_readable() -> None:
    assert wording.words("lost_at_sea", wording.SHIPMENT_STATUS) == "Lost at sea"
