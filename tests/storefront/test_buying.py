from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.checkout.shop import load_shop
from commerce.storefront.buying import Destination, obstacles
from commerce.storefront.lookup import By, Key, look_up
from tests.factories import (
    FulfillmentMethodFactory,
    PickupLocationFactory,
    ProductFactory,
    ShippingZoneFactory,
    VariantFactory,
)

NORWAY, GERMANY = Destination("NO"), Destination("DE")


def hindered(merchant: Merchant, destination: Destination | None = None, **given: Any) -> list[str]:
    variant = VariantFactory.create(merchant=merchant, **given)
    (listing,) = look_up(merchant.pk, [Key(By.ID, variant.pk)], now=timezone.now()).listings
    found = obstacles(listing, listing.variants[0], shop=load_shop(merchant), destination=destination)
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({}, []),
        ({"stock__on_hand": 0}, ["out_of_stock"]),
        ({"stock__on_hand": 0, "stock__allow_backorder": True}, []),
        ({"stock__on_hand": 0, "stock__is_tracked": False}, []),
        ({"stock": False}, ["out_of_stock"]),
    ],
)
def test_stock_hinders(merchant: Merchant, given: dict[str, Any], codes: list[str]) -> None:
    assert hindered(merchant, **given) == codes


def test_another_currency_than_the_shops_hinders(merchant: Merchant) -> None:
    assert hindered(merchant, currency="eur") == ["not_for_sale"]


def test_what_is_only_shown_is_told_apart_from_what_is_out_of_stock(merchant: Merchant) -> None:
    shown = ProductFactory.create(merchant=merchant, is_checkout_enabled=False)

    assert hindered(merchant, product=shown) == ["discovery_only"]
    assert hindered(merchant, product=shown, stock__on_hand=0) == ["discovery_only", "out_of_stock"]


@pytest.mark.parametrize(
    ("destination", "codes"),
    [
        (Destination("US"), []),
        (Destination("US", "CA"), []),
        (NORWAY, ["no_shipping_to"]),
    ],
)
def test_countries_nobody_ships_to_hinder(merchant: Merchant, destination: Destination, codes: list[str]) -> None:
    assert hindered(merchant, destination) == codes


def test_downloads_go_everywhere(merchant: Merchant) -> None:
    assert hindered(merchant, NORWAY, is_digital=True) == []


def test_a_zone_may_be_the_world_a_region_or_some_towns(merchant: Merchant) -> None:
    zone = ShippingZoneFactory.create(merchant=merchant, countries=["DE"], regions=["BE"], postal_prefixes=["10"])
    FulfillmentMethodFactory.create(merchant=merchant, zone=zone)

    assert hindered(merchant, GERMANY) == []
    assert hindered(merchant, Destination("DE", "BE")) == []
    assert hindered(merchant, Destination("DE", "HH")) == ["no_shipping_to"]
    world = ShippingZoneFactory.create(merchant=merchant, countries=[])
    FulfillmentMethodFactory.create(merchant=merchant, zone=world)
    assert hindered(merchant, NORWAY) == []


def test_a_pick_up_is_not_sending(merchant: Merchant) -> None:
    place = PickupLocationFactory.create(merchant=merchant, country="NO")
    FulfillmentMethodFactory.create(merchant=merchant, kind="pickup", zone=None, location=place)

    assert hindered(merchant, NORWAY) == ["no_shipping_to"]


def test_what_is_too_heavy_for_every_rate_is_not_sent(merchant: Merchant) -> None:
    zone = ShippingZoneFactory.create(merchant=merchant, countries=["DE"])
    method = FulfillmentMethodFactory.create(merchant=merchant, zone=zone)
    method.rates.update(max_weight_grams=1000)

    assert hindered(merchant, GERMANY, weight_grams=999) == []
    assert hindered(merchant, GERMANY, weight_grams=1000, stock__on_hand=0) == ["out_of_stock", "no_shipping_to"]
