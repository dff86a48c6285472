"""Many write products at once: their words are complete, and nobody waits for another shop's or product's."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.storefront.search import search
from commerce.storefront.wanted import Wanted, read_question
from tests.concurrency.racing import race
from tests.factories import MerchantFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)


def titles(merchant: Merchant, words: str) -> list[str]:
    found = search(merchant.pk, Wanted(read_question(words)), now=timezone.now(), limit=20)
    return [one.title for one in found.listings]


def test_every_variant_added_at_once_is_found() -> None:
    tote = ProductFactory.create(title="Tote", option_names=["Color"])
    colors = "amber birch coral denim ember fawn grape hazel".split()

    def add(color: str) -> Variant:
        return VariantFactory.create(merchant=tote.merchant, product=tote, option_values=[color])

    race([partial(add, color) for color in colors])

    assert [titles(tote.merchant, color) for color in colors] == [["Tote"]] * len(colors)


def test_a_new_word_makes_nobody_wait() -> None:
    merchant = MerchantFactory.create()

    def sell(title: str) -> None:
        VariantFactory.create(merchant=merchant, product__title=title)

    with transaction.atomic():
        sell("Zeppelin mug")
        race([partial(sell, f"Zeppelin cup {number}") for number in range(3)])

    assert len(titles(merchant, "zepelin")) == 4


def test_products_changed_in_any_order_do_not_lock_each_other_out() -> None:
    merchant = MerchantFactory.create()
    variants = [VariantFactory.create(merchant=merchant) for _ in range(6)]

    def rename(prefix: str, chosen: list[Variant]) -> None:
        rows = [Variant(pk=one.pk, option_values=[f"{prefix} {place}"]) for place, one in enumerate(chosen)]
        Variant.objects.bulk_update(rows, ["option_values"])

    race([partial(rename, "up", variants), partial(rename, "down", variants[::-1])] * 4)

    assert Product.objects.filter(search__isnull=True).count() == 0
    assert len(titles(merchant, "up or down")) == 6
