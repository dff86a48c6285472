"""Changes of the catalog are noticed whoever makes them, and feeds follow without being built for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.inventory.models import StockItem
from merchants.feeds.following import follow_changes
from merchants.feeds.models import CatalogChange, DriftFinding, Feed
from merchants.feeds.scheduling import due_feeds
from merchants.feeds.services import build_feed
from tests.factories import MediaFactory, TaxRateFactory
from tests.merchants.feeds.shelves import NOW, feed_of, selling_agent, shop, tote, variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def navy() -> Variant:
    merchant = shop()
    agent = selling_agent(merchant)
    navy = variant(tote(merchant), "Navy", "L", stock__on_hand=5)
    feed = feed_of(merchant, agent=agent)
    build_feed(feed.pk, now=NOW)
    CatalogChange.objects.all().delete()
    return navy


NOTED: dict[str, Callable[[Variant], Any]] = {
    "a price": lambda one: Variant.objects.update(price_minor=1),
    "a sale": lambda one: Variant.objects.update(sale_price_minor=1),
    "a variant switched off": lambda one: Variant.objects.update(status="inactive"),
    "a new variant": lambda one: variant(one.product, "Red", "L"),
    "a deleted variant": lambda one: Variant.objects.all().delete(),
    "a title": lambda one: Product.objects.update(title="New"),
    "a product switched off": lambda one: Product.objects.update(status="draft"),
    "a product not to be sold": lambda one: Product.objects.update(is_checkout_enabled=False),
    "a deleted product": lambda one: Product.objects.all().delete(),
    "a picture": lambda one: MediaFactory.create(product=one.product),
    "a changed picture": lambda one: Media.objects.update(url="https://cdn.example.com/2.jpg"),
    "a removed picture": lambda one: Media.objects.all().delete(),
    "the last one sold": lambda one: StockItem.objects.update(on_hand=0),
    "the last one held": lambda one: StockItem.objects.update(reserved=5),
    "backorders": lambda one: StockItem.objects.update(allow_backorder=True),
    "stock not counted": lambda one: StockItem.objects.update(is_tracked=False),
    "no stock row": lambda one: StockItem.objects.all().delete(),
}
NOT_NOTED: dict[str, Callable[[Variant], Any]] = {
    "one of many sold": lambda one: StockItem.objects.update(on_hand=4),
    "one of many held": lambda one: StockItem.objects.update(reserved=1),
    "the same again": lambda one: Variant.objects.update(price_minor=one.price_minor),
    "the same product again": lambda one: Product.objects.update(title=one.product.title),
}
EVERYTHING: dict[str, Callable[[Variant], Any]] = {
    "the shop's name": lambda one: Merchant.objects.update(name="New"),
    "a pause": lambda one: Merchant.objects.update(status="paused"),
    "a tax": lambda one: TaxRateFactory.create(merchant=one.merchant),
    "the agent": lambda one: Agent.objects.update(is_active=False),
}


@pytest.mark.parametrize("change", NOTED.values(), ids=NOTED.keys())
def test_what_a_feed_tells_is_noted(navy: Variant, change: Callable[[Variant], Any]) -> None:
    product_id = navy.product_id

    change(navy)

    noted = set(CatalogChange.objects.values_list("merchant_id", "product_id"))
    assert noted == {(navy.merchant_id, product_id)}


@pytest.mark.parametrize("change", NOT_NOTED.values(), ids=NOT_NOTED.keys())
def test_what_no_feed_tells_is_not_noted(navy: Variant, change: Callable[[Variant], Any]) -> None:
    change(navy)

    assert not CatalogChange.objects.exists()


@pytest.mark.parametrize("change", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_a_shops_terms_are_everything(navy: Variant, change: Callable[[Variant], Any]) -> None:
    change(navy)

    assert set(CatalogChange.objects.values_list("merchant_id", "product_id")) == {(navy.merchant_id, "")}


def test_shops_without_feeds_note_nothing() -> None:
    variant(tote(shop()), "Navy", "L")
    Feed.objects.update(is_active=False)
    Variant.objects.update(price_minor=1)

    assert not CatalogChange.objects.exists()


def test_many_changes_are_one_build_after_the_pause(navy: Variant) -> None:
    feed = Feed.objects.get()
    for price in range(1, 6):
        Variant.objects.update(price_minor=price)
        assert follow_changes(now=NOW + timedelta(minutes=price)) == 1

    feed.refresh_from_db()
    assert (feed.due_at, feed.due_cause) == (NOW + timedelta(minutes=15), "change")
    assert due_feeds(now=NOW + timedelta(minutes=14)) == []
    assert due_feeds(now=NOW + timedelta(minutes=15)) == [feed.pk]

    made = build_feed(feed.pk, now=NOW + timedelta(minutes=15))
    feed.refresh_from_db()
    assert made.cause == "change"
    assert (feed.due_at, feed.due_cause) == (NOW + timedelta(minutes=15, days=1), "schedule")


def test_after_a_quiet_day_a_change_is_built_soon(navy: Variant) -> None:
    later = NOW + timedelta(hours=5)
    Variant.objects.update(price_minor=1)

    follow_changes(now=later)

    assert Feed.objects.get().due_at == later + timedelta(seconds=5)


def test_a_change_during_a_build_is_built_afterwards(navy: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed.objects.get()
    Variant.objects.update(price_minor=1)
    Feed.objects.update(leased_until=NOW + timedelta(hours=9), due_at=NOW + timedelta(days=1))

    follow_changes(now=NOW + timedelta(hours=8))

    feed.refresh_from_db()
    assert feed.due_at == NOW + timedelta(hours=8, seconds=5)
    assert due_feeds(now=NOW + timedelta(hours=8, seconds=6)) == []
    assert due_feeds(now=NOW + timedelta(hours=9, seconds=1)) == [feed.pk]


def test_changes_are_taken_once(navy: Variant) -> None:
    Variant.objects.update(price_minor=1)

    assert (follow_changes(now=NOW), follow_changes(now=NOW)) == (1, 0)


def test_a_failure_loses_no_change(navy: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    from merchants.feeds import following

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("not now")

    Variant.objects.update(price_minor=1)
    with monkeypatch.context() as patched:
        patched.setattr(following, "request_build", fail)
        with pytest.raises(RuntimeError, match="not now"):
            follow_changes(now=NOW)

    assert CatalogChange.objects.count() == 1
    assert follow_changes(now=NOW) == 1


def test_what_changed_is_a_difference_until_it_is_told(navy: Variant) -> None:
    feed = Feed.objects.get()
    Variant.objects.update(price_minor=1900)
    found_at = NOW + timedelta(minutes=1)

    follow_changes(now=found_at)

    finding = DriftFinding.objects.get()
    assert (finding.item_id, finding.field, finding.told, finding.live) == (
        navy.pk,
        "price",
        "24.00 USD",
        "19.00 USD",
    )
    assert (finding.found_at, finding.mended_at) == (found_at, None)

    build_feed(feed.pk, now=timezone.now())
    finding.refresh_from_db()
    assert finding.mended_at is not None


def test_a_feed_that_has_said_nothing_yet_differs_in_nothing() -> None:
    merchant = shop()
    feed_of(merchant)
    variant(tote(merchant), "Navy", "L")

    follow_changes(now=NOW)

    assert not DriftFinding.objects.exists()
    assert due_feeds(now=NOW) == [Feed.objects.get().pk]
