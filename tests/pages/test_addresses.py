from __future__ import annotations

from pytest_django import Settings

from commerce.pages.addresses import product_url, shop_url, shops_url


def test_addresses_are_those_of_the_world(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://shops.example"

    assert shops_url() == "https://shops.example/products"
    assert shop_url("mugs") == "https://shops.example/products/mugs"
    assert product_url("mugs", "camp-mug") == "https://shops.example/products/mugs/camp-mug"
    chosen = "https://shops.example/products/mugs/camp-mug?variant=var_1"
    assert product_url("mugs", "camp-mug", "var_1") == chosen
