"""Collecting before buying (CART-*)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.carts.models import Cart
from commerce.catalog.models import Variant
from tests.api import BUYER, AcpClient
from tests.factories import VariantFactory


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400)


def lines(*ids: str) -> dict[str, Any]:
    return {"line_items": [{"id": one, "quantity": 1} for one in ids]}


def test_a_cart_has_estimated_totals(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", {"line_items": [{"id": tote.pk, "quantity": 3}], "buyer": BUYER})

    assert cart.status == 201
    assert (cart.total("items_base_amount"), cart.total()) == (7200, 7200)
    assert cart.body["currency"] == "usd"
    assert cart.body["buyer"] == BUYER
    assert set(cart.body) == {
        "id",
        "line_items",
        "currency",
        "totals",
        "messages",
        "continue_url",
        "expires_at",
        "buyer",
    }


def test_reads_at_the_prices_of_the_moment(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", lines(tote.pk))
    Variant.objects.filter(pk=tote.pk).update(price_minor=3000)

    read = acp.get(f"/carts/{cart.body['id']}")

    assert (read.status, read.total()) == (200, 3000)


def test_is_replaced_whole_and_lives_on(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    cap = VariantFactory.create(merchant=merchant)
    cart = acp.post("/carts", {**lines(tote.pk, cap.pk), "buyer": BUYER})
    Cart.objects.update(expires_at=timezone.now() + timedelta(hours=1))

    replaced = acp.put(f"/carts/{cart.body['id']}", {"line_items": [{"id": cap.pk, "quantity": 2}]})

    assert replaced.status == 200
    assert [(line["item"]["id"], line["quantity"]) for line in replaced.body["line_items"]] == [(cap.pk, 2)]
    assert replaced.body["line_items"][0]["id"] == cart.body["line_items"][1]["id"]
    assert "buyer" not in replaced.body
    assert replaced.body["expires_at"] >= cart.body["expires_at"]


def test_cancel_returns_the_last_state_and_then_nothing_is_found(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", lines(tote.pk))
    path = f"/carts/{cart.body['id']}"

    canceled = acp.post(f"{path}/cancel", {})

    assert (canceled.status, canceled.body["line_items"]) == (200, cart.body["line_items"])
    assert [acp.get(path).status, acp.put(path, lines(tote.pk)).status] == [404, 404]
    assert acp.post(f"{path}/cancel").status == 404


def test_an_expired_cart_is_not_found(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", lines(tote.pk))
    Cart.objects.update(expires_at=timezone.now())

    assert acp.get(f"/carts/{cart.body['id']}").status == 404


def test_unavailable_items_stay_and_are_said(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    gone = VariantFactory.create(merchant=merchant, stock__on_hand=0)
    few = VariantFactory.create(merchant=merchant, stock__on_hand=2)

    cart = acp.post("/carts", {"line_items": [{"id": tote.pk}, {"id": gone.pk}, {"id": few.pk, "quantity": 3}]})

    assert cart.status == 201
    assert len(cart.body["line_items"]) == 3
    assert [(one["code"], one["param"]) for one in cart.body["messages"]] == [
        ("out_of_stock", "$.line_items[1]"),
        ("quantity_exceeded", "$.line_items[2]"),
    ]


def test_an_item_withdrawn_later_stays_and_is_said(acp: AcpClient, merchant: Merchant, tote: Variant) -> None:
    cap = VariantFactory.create(merchant=merchant)
    cart = acp.post("/carts", lines(tote.pk, cap.pk))
    Variant.objects.filter(pk=tote.pk).update(status="inactive")

    read = acp.get(f"/carts/{cart.body['id']}")
    replaced = acp.put(f"/carts/{cart.body['id']}", lines(tote.pk, cap.pk))

    assert [one["code"] for one in read.body["messages"]] == ["out_of_stock"]
    assert replaced.status == 200
    assert replaced.total() == cap.price_minor


@pytest.mark.parametrize("body", [{}, {"line_items": []}, {"line_items": None}, {"line_items": [{"id": "x"}]}])
def test_refuses_a_cart_of_nothing(acp: AcpClient, tote: Variant, body: dict[str, Any]) -> None:
    cart = acp.post("/carts", lines(tote.pk))

    created = acp.post("/carts", body)
    replaced = acp.put(f"/carts/{cart.body['id']}", body)

    assert (created.status, replaced.status) == (400, 400)
    assert created.body["param"].startswith("$.line_items")
    assert acp.get(f"/carts/{cart.body['id']}").raw == cart.raw


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", True])
def test_refuses_a_quantity_that_is_none(acp: AcpClient, tote: Variant, quantity: Any) -> None:
    answer = acp.post("/carts", {"line_items": [{"id": tote.pk, "quantity": quantity}]})

    assert (answer.status, answer.body["param"]) == (400, "$.line_items[0].quantity")


def test_nobody_else_sees_a_cart(acp: AcpClient, stranger: AcpClient, tote: Variant) -> None:
    path = f"/carts/{acp.post('/carts', lines(tote.pk)).body['id']}"

    answers = [stranger.get(path), stranger.put(path, lines(tote.pk)), stranger.post(f"{path}/cancel")]

    assert [answer.status for answer in answers] == [404, 404, 404]
    assert acp.get(path).status == 200


def test_a_cart_can_become_a_session(acp: AcpClient, tote: Variant) -> None:
    cart = acp.post("/carts", lines(tote.pk))

    session = acp.create(*(line["item"]["id"] for line in cart.body["line_items"]))

    assert session.total("subtotal") == cart.total("subtotal")
