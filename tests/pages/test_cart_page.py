from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from commerce.carts.models import Cart
from commerce.catalog.models import Product, Variant
from merchants.seeding import seed
from tests.pages.building import share_cart
from tests.pages.reading import Page

pytestmark = pytest.mark.django_db

HARBOR = "harbor-supply"


@pytest.fixture(autouse=True)
def shops(db: None) -> None:
    seed()


def page(cart_id: str) -> Page:
    response = Client().get(f"/carts/{cart_id}")
    assert response.status_code == 200
    return Page(response.content.decode())


def test_shows_lines_at_the_prices_of_now() -> None:
    cart_id = share_cart(HARBOR, ("QB-DAY-MOS", 2), ("FOG-BEA-TEA", 1), ("BRW-TENT-2", 5), now=timezone.now())

    shown = page(cart_id)

    assert "A cart at Harbor Supply Co." in shown.texts
    moss = ["Color: Moss", "$118.00 each · Only 3 left", "2", "$236.00"]
    assert shown.row("Roll-Top Daypack 22 L") == moss
    assert shown.row("Merino Watch Beanie") == ["Color: Teal", "$27.00 each · In stock", "1", "$27.00"]
    assert shown.row("Ridge Tent for Two") == ["$329.00 each · Can be ordered ahead", "5", "$1,645.00"]
    assert shown.row("Items in USD") == ["$1,908.00"]


def test_what_is_no_longer_sold_costs_nothing() -> None:
    cart_id = share_cart(HARBOR, ("BRW-ADAPT", 1), ("TT-SPORK", 1), now=timezone.now())
    Variant.objects.filter(sku="TT-SPORK").update(status="inactive")

    shown = page(cart_id)

    assert shown.row("World Travel Adapter") == ["$32.00 each · Out of stock", "1", "$32.00"]
    assert shown.row("Titanium Spork") == ["No longer sold", "1", "–"]  # noqa: RUF001
    assert shown.row("Items in USD") == ["$32.00"]


def test_what_agents_may_not_sell_is_said() -> None:
    cart_id = share_cart(HARBOR, ("TT-SPORK", 1), now=timezone.now())
    Product.objects.filter(handle="titanium-spork").update(is_checkout_enabled=False)

    (price, *_) = page(cart_id).row("Titanium Spork")

    assert price.endswith("each · Sold on the shop's own pages only")


def test_empty_cart_says_so() -> None:
    shown = page(share_cart(HARBOR, now=timezone.now()))

    assert "The cart is empty. The agent that made it can put something in." in shown.texts
    assert "table" not in shown.tags


def test_hostile_words_stay_words() -> None:
    title = "<script>alert(1)</script> & <5"
    Product.objects.filter(handle="titanium-spork").update(title=title)

    shown = page(share_cart(HARBOR, ("TT-SPORK", 1), now=timezone.now()))

    assert "alert(1) & <5" in shown.texts
    assert "script" not in shown.tags


def test_nobody_keeps_or_finds_the_page() -> None:
    response = Client().get(f"/carts/{share_cart(HARBOR, now=timezone.now())}")

    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("status", ["canceled", "expired"])
def test_cart_that_is_over_is_not_found(status: str) -> None:
    cart_id = share_cart(HARBOR, now=timezone.now())
    Cart.objects.update(status=status)

    assert Client().get(f"/carts/{cart_id}").status_code == 404
