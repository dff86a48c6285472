"""What an agent finds in the catalog: for sale, priced and counted at this moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Product
from tests.factories import MediaFactory, MerchantFactory, ProductFactory, VariantFactory


@pytest.fixture
def token(agent: Agent) -> str:
    return issue_key(agent, scopes=("catalog",))[1]


def get(token: str, path: str, *, status: int = 200, **query: str) -> dict[str, Any]:
    answer = Client().get(f"/catalog/{path}", query, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def titles(page: dict[str, Any]) -> list[str]:
    return [product["title"] for product in page["products"]]


def test_a_product_comes_with_price_stock_and_pictures(token: str, merchant: Merchant) -> None:
    tote = ProductFactory.create(merchant=merchant, title="Canvas Tote", brand="Harbor", option_names=["Color"])
    MediaFactory.create(product=tote, url="https://cdn.harborsupply.example/tote.jpg")
    now = timezone.now()
    sale = {
        "sale_price_minor": 1800,
        "sale_starts_at": now - timedelta(days=1),
        "sale_ends_at": now + timedelta(days=1),
    }
    VariantFactory.create(
        merchant=merchant, product=tote, position=1, option_values=["Navy"], sku="TOTE-NAVY", **sale
    )
    VariantFactory.create(merchant=merchant, product=tote, position=2, option_values=["Red"], stock__on_hand=0)

    (found,) = get(token, "search", q="tote")["products"]

    assert (found["title"], found["brand"]) == ("Canvas Tote", "Harbor")
    assert found["images"] == ["https://cdn.harborsupply.example/tote.jpg"]
    navy, red = found["variants"]
    assert navy["price"] == {"amount": 1800, "currency": "usd"}
    assert navy["list_price"] == {"amount": 2400, "currency": "usd"}
    assert navy["options"] == [{"name": "Color", "value": "Navy"}]
    assert (navy["sku"], navy["availability"]) == ("TOTE-NAVY", "in_stock")
    assert (red["availability"], red["available_quantity"]) == ("out_of_stock", 0)
    assert "list_price" not in red


def test_only_what_is_for_sale_at_this_merchant_is_found(token: str, merchant: Merchant) -> None:
    VariantFactory.create(merchant=merchant, product__title="Sold here")
    VariantFactory.create(merchant=MerchantFactory.create(), product__title="Sold elsewhere")
    VariantFactory.create(merchant=merchant, product__title="Draft", product__status=Product.Status.DRAFT)
    VariantFactory.create(merchant=merchant, product__title="Withdrawn", status="inactive")

    assert titles(get(token, "search")) == ["Sold here"]


def test_words_match_title_and_description_the_title_first(token: str, merchant: Merchant) -> None:
    for title, description in (
        ("Wool socks", "Warm."),
        ("Boots", "Wear them with wool socks."),
        ("Mug", "For tea."),
    ):
        product = ProductFactory.create(merchant=merchant, title=title, description=description)
        VariantFactory.create(merchant=merchant, product=product)

    assert titles(get(token, "search", q="wool sock")) == ["Wool socks", "Boots"]
    assert titles(get(token, "search", q="100%_'\";--")) == []


def test_pages_follow_one_another(token: str, merchant: Merchant) -> None:
    for number in range(5):
        VariantFactory.create(merchant=merchant, product__title=f"Mug {number}")

    first = get(token, "search", limit="2")
    second = get(token, "search", limit="2", offset=str(first["next_offset"]))
    last = get(token, "search", limit="2", offset=str(second["next_offset"]))

    assert titles(first) + titles(second) + titles(last) == [f"Mug {number}" for number in range(5)]
    assert "next_offset" not in last


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "1.5", "٣", "9" * 5000])
def test_a_limit_that_is_none_is_refused(token: str, merchant: Merchant, limit: str) -> None:
    problem = get(token, "search", status=400, limit=limit)

    assert problem["code"] == "invalid"
    assert "from 1 to 50" in problem["message"]


def test_a_variant_is_found_by_its_id_at_its_own_merchant_only(token: str, merchant: Merchant) -> None:
    mine, other = VariantFactory.create(merchant=merchant), VariantFactory.create()

    assert get(token, f"variants/{mine.pk}")["products"][0]["variants"][0]["id"] == mine.pk
    assert get(token, f"variants/{other.pk}", status=404)["code"] == "not_found"
    assert get(token, "variants/nul%00", status=404)["code"] == "not_found"


def test_a_key_needs_the_scope(agent: Agent) -> None:
    _, token = issue_key(agent, scopes=("checkout",))

    assert get(token, "search", status=403)["type"] == "invalid_request"
