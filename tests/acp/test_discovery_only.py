"""Products that agents may show and not sell: found, priced, and refused at the till with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.inventory.models import Reservation
from commerce.orders.models import Order
from tests.api import AcpClient, Answer
from tests.factories import ProductFactory, VariantFactory
from tests.stripe_account import StripeAccount


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    product = ProductFactory.create(merchant=merchant, is_checkout_enabled=False)
    return VariantFactory.create(merchant=merchant, product=product, price_minor=2400)


def why(answer: Answer) -> list[tuple[str, str, str]]:
    return [(one["code"], one["param"], one["content"]) for one in answer.messages]


def test_a_checkout_shows_it_and_cannot_be_paid(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    cap = VariantFactory.create(merchant=merchant)

    session = acp.create(cap.pk, tote.pk)

    assert (session.status, session.body["status"]) == (201, "not_ready_for_payment")
    assert session.body["line_items"][1]["unit_amount"] == 2400
    reason = "Canvas Tote cannot be bought here, only on the shop's own pages."
    assert why(session) == [("unsupported", "$.line_items[1]", reason)]


def test_the_page_to_buy_it_on_is_named(acp: AcpClient, tote: Variant) -> None:
    Product.objects.update(url="https://harborsupply.example/tote")

    reason = "Canvas Tote cannot be bought here, only on its own page: https://harborsupply.example/tote."
    assert why(acp.create(tote.pk)) == [("unsupported", "$.line_items[0]", reason)]


def test_without_it_the_session_is_ready(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    cap = VariantFactory.create(merchant=merchant)
    session_id = acp.create(cap.pk, tote.pk).body["id"]

    updated = acp.update(session_id, line_items=[{"id": cap.pk, "quantity": 1}])

    assert (updated.body["status"], updated.messages) == ("ready_for_payment", [])


def test_switched_off_meanwhile_it_is_not_sold(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    cap = VariantFactory.create(merchant=merchant)
    session = acp.create(cap.pk)
    Product.objects.update(is_checkout_enabled=False)

    refused = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert refused.body["status"] == "not_ready_for_payment"
    assert "unsupported" in refused.codes
    assert (Order.objects.count(), Reservation.objects.count(), stripe_account.ledger()) == (0, 0, [])


def test_a_cart_keeps_it_and_says_so(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", {"line_items": [{"id": tote.pk}]})

    reason = "Canvas Tote cannot be bought here, only on the shop's own pages."
    assert (cart.status, why(cart)) == (201, [("unsupported", "$.line_items[0]", reason)])


def test_the_catalog_search_says_so(acp: AcpClient, tote: Variant) -> None:
    headers = {"Authorization": f"Bearer {acp.token}"}
    found: Any = acp.http.get("/catalog/search", {"q": "tote"}, headers=headers).json()

    (variant,) = found["products"][0]["variants"]
    assert (variant["id"], variant["price"]["amount"], variant["is_purchasable"]) == (tote.pk, 2400, False)
    message = "This cannot be bought here, only on the shop's own pages."
    assert variant["obstacles"] == [{"code": "discovery_only", "message": message}]
