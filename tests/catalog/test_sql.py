"""Ids found by hand are those that the ORM finds."""

from __future__ import annotations

import pytest

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product
from commerce.catalog.sql import product_ids
from tests.factories import MerchantFactory, ProductFactory

pytestmark = pytest.mark.django_db

HANDLES = ["tote", "mug", "nowhere", 'it\'s "so" 👜']


def shop(*handles: str) -> Merchant:
    merchant = MerchantFactory.create()
    for handle in handles:
        ProductFactory.create(merchant=merchant, handle=handle)
    return merchant


def test_ids_are_those_of_the_merchants_products() -> None:
    merchant = shop("tote", "mug", "pan", 'it\'s "so" 👜')
    shop("tote", "nowhere")

    found = product_ids(merchant.pk, HANDLES)

    known = Product.objects.filter(merchant=merchant, handle__in=HANDLES)
    assert sorted(found) == sorted(known.values_list("pk", flat=True))
    assert len(found) == 3


def test_no_handles_find_nothing() -> None:
    assert product_ids(shop("tote").pk, []) == []
