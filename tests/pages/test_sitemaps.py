from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.pages import sitemaps
from tests.factories import MerchantFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db

BASE = "https://shops.example"


@pytest.fixture(autouse=True)
def public_address(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = BASE


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create(slug="mugs")


def get(path: str, status: int = 200) -> Any:
    response = Client().get(path)
    assert response.status_code == status
    return response


def addresses(path: str) -> dict[str, str]:
    """Return the addresses that a sitemap lists with the day of their last change."""
    text = get(path).content.decode()
    return dict(re.findall(r"<loc>(.*?)</loc><lastmod>(.{10})", text))


def sell(shop: Merchant, handle: str, *, day: int, variant_day: int | None = None) -> Product:
    variant = VariantFactory.create(merchant=shop, product__handle=handle)
    Product.objects.filter(pk=variant.product_id).update(updated_at=datetime(2026, 1, day, tzinfo=UTC))
    Variant.objects.filter(pk=variant.pk).update(updated_at=datetime(2026, 1, variant_day or day, tzinfo=UTC))
    return variant.product


def test_lists_products_with_the_day_of_their_last_change(shop: Merchant) -> None:
    sell(shop, "camp-mug", day=7)
    sell(shop, "tea-cup", day=3, variant_day=9)

    assert addresses("/sitemap-products-mugs.xml") == {
        f"{BASE}/products/mugs/camp-mug": "2026-01-07",
        f"{BASE}/products/mugs/tea-cup": "2026-01-09",
    }
    assert addresses("/sitemap-shops.xml") == {f"{BASE}/products/mugs": "2026-01-09"}
    assert addresses("/sitemap.xml") == {
        f"{BASE}/sitemap-shops.xml": "2026-01-09",
        f"{BASE}/sitemap-products-mugs.xml": "2026-01-09",
    }
    response = get("/sitemap-products-mugs.xml")
    assert response["Last-Modified"] == "Fri, 09 Jan 2026 00:00:00 GMT"
    assert response["Cache-Control"] == "public, max-age=600, must-revalidate"


def test_only_what_is_on_show_is_listed(shop: Merchant) -> None:
    sell(shop, "camp-mug", day=1)
    for status in ("draft", "archived"):
        VariantFactory.create(merchant=shop, product__status=status)
    VariantFactory.create(merchant=shop, status="inactive")
    ProductFactory.create(merchant=shop)
    paused = MerchantFactory.create(slug="paused", status="paused")
    sell(paused, "hidden", day=1)
    MerchantFactory.create(slug="empty")

    assert set(addresses("/sitemap.xml")) == {f"{BASE}/sitemap-shops.xml", f"{BASE}/sitemap-products-mugs.xml"}
    assert set(addresses("/sitemap-shops.xml")) == {f"{BASE}/products/mugs"}
    assert set(addresses("/sitemap-products-mugs.xml")) == {f"{BASE}/products/mugs/camp-mug"}
    for path in ("products-paused", "products-empty", "products-none", "products-", "nothing", "products"):
        get(f"/sitemap-{path}.xml", 404)


def test_pages_hold_so_many_each_and_take_two_statements(shop: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps.PublicSitemap, "limit", 3)
    for number in range(8):
        sell(shop, f"mug-{number}", day=number + 1)

    index = addresses("/sitemap.xml")
    seen: list[str] = []
    for address in index:
        if "products-mugs" in address:
            with CaptureQueriesContext(connection) as queries:
                page = addresses(address.removeprefix(BASE))
            assert (len(queries), len(page) <= 3) == (2, True)
            seen += page

    assert [address.partition("?")[2] for address in index] == ["", "", "p=2", "p=3"]
    assert seen == [f"{BASE}/products/mugs/mug-{number}" for number in range(8)]
    for page_number in ("4", "0", "x"):
        get(f"/sitemap-products-mugs.xml?p={page_number}", 404)


def test_the_index_takes_one_statement(shop: Merchant) -> None:
    for number in range(3):
        sell(MerchantFactory.create(), f"mug-{number}", day=1)

    with CaptureQueriesContext(connection) as queries:
        assert len(addresses("/sitemap.xml")) == 4
    assert len(queries) == 1


def test_nothing_on_show_is_an_empty_index() -> None:
    assert addresses("/sitemap.xml") == {}
    assert addresses("/sitemap-shops.xml") == {}


def test_robots_may_read_products_and_nothing_personal() -> None:
    response = get("/robots.txt")

    lines = response.content.decode().splitlines()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert lines[0] == "User-agent: *"
    closed = {line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")}
    assert {"/admin/", "/orders/", "/carts/", "/acp/", "/catalog/", "/products/*?"} <= closed
    assert "/products/" not in closed
    assert "Allow: /products/*?variant=" in lines
    assert f"Sitemap: {BASE}/sitemap.xml" in lines
