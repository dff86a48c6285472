"""Differences between a feed and the shop are found, kept, mended, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Product, Variant
from commerce.inventory.models import StockItem
from merchants.feeds import drift, nightly
from merchants.feeds.drift import check_feed
from merchants.feeds.models import DriftCheck, DriftFinding, Feed, PublishedItem
from merchants.feeds.services import build_feed
from tests.merchants.feeds.shelves import NOW, feed_of, selling_agent, shop, tote, variant

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=6)


@pytest.fixture
def feed() -> Feed:
    """A feed of two items that says what is true."""
    merchant = shop()
    agent = selling_agent(merchant)
    product = tote(merchant)
    variant(product, "Navy", "L", stock__on_hand=5)
    variant(product, "Red", "L", stock__on_hand=5)
    feed = feed_of(merchant, agent=agent)
    build_feed(feed.pk, now=NOW)
    return Feed.objects.select_related("agent", "build").get()


def check(feed: Feed, *, now: Any = LATER) -> DriftCheck:
    return check_feed(feed, cause="asked", now=now)


def findings() -> list[tuple[str, str, str]]:
    open_ones = DriftFinding.objects.filter(mended_at__isnull=True)
    return sorted(open_ones.values_list("field", "told", "live"))


def navy() -> Any:
    return Variant.objects.filter(option_values=["Navy", "L"])


def test_where_all_is_true_nothing_is_found(feed: Feed) -> None:
    done = check(feed)

    assert (done.items, done.differences, findings()) == (2, 0, [])
    feed.refresh_from_db()
    assert feed.checked_at == LATER
    assert feed.due_cause == "schedule"


DIFFERENCES: dict[str, tuple[Callable[[], Any], list[tuple[str, str, str]]]] = {
    "a price": (lambda: navy().update(price_minor=1999), [("price", "24.00 USD", "19.99 USD")]),
    "a sale": (lambda: navy().update(sale_price_minor=1900), [("sale price", "none", "19.00 USD")]),
    "sold out": (
        lambda: StockItem.objects.filter(variant__in=navy()).update(on_hand=0),
        [("availability", "in_stock", "out_of_stock")],
    ),
    "to be ordered": (
        lambda: StockItem.objects.filter(variant__in=navy()).update(on_hand=0, allow_backorder=True),
        [("availability", "in_stock", "backorder")],
    ),
    "not to be sold": (
        lambda: Product.objects.update(is_checkout_enabled=False),
        [("eligibility", "checkout", "discovery")] * 2,
    ),
    "no agent": (lambda: Agent.objects.update(is_active=False), [("eligibility", "checkout", "discovery")] * 2),
    "a pause": (lambda: Merchant.objects.update(status="paused"), [("eligibility", "checkout", "off")] * 2),
    "a variant gone": (lambda: navy().update(status="inactive"), [("eligibility", "checkout", "gone")]),
    "a product gone": (lambda: Product.objects.update(status="draft"), [("eligibility", "checkout", "gone")] * 2),
    "a product deleted": (lambda: Product.objects.all().delete(), [("eligibility", "checkout", "gone")] * 2),
    "a new item": (
        lambda: variant(Product.objects.get(), "Blue", "L"),
        [("eligibility", "not told of", "checkout")],
    ),
    "no description": (
        lambda: Product.objects.update(description=""),
        [("eligibility", "checkout", "refused")] * 2,
    ),
}


@pytest.mark.parametrize(("change", "expected"), DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_a_difference_is_found_and_mended(
    feed: Feed, change: Callable[[], Any], expected: list[tuple[str, str, str]]
) -> None:
    change()
    feed = Feed.objects.select_related("agent", "build").get()

    done = check(feed)

    assert (findings(), done.differences) == (expected, len(expected))
    feed.refresh_from_db()
    assert (feed.due_at, feed.due_cause) == (LATER, "drift")

    made = build_feed(feed.pk, now=LATER)
    assert made.cause == "drift"
    assert findings() == []
    assert DriftFinding.objects.filter(mended_at__isnull=False).count() == len(expected)
    assert check(Feed.objects.select_related("agent").get()).differences == 0


def test_a_sale_that_ran_out_is_a_difference(feed: Feed) -> None:
    navy().update(sale_price_minor=1900, sale_ends_at=NOW + timedelta(hours=1))
    build_feed(feed.pk, now=NOW)

    assert check(feed, now=NOW + timedelta(minutes=59)).differences == 0
    check(feed, now=NOW + timedelta(hours=1))

    assert findings() == [("sale price", "19.00 USD", "none")]


def test_a_difference_seen_again_is_the_same(feed: Feed) -> None:
    navy().update(price_minor=1999)
    check(feed)
    navy().update(price_minor=1899)
    check(feed, now=LATER + timedelta(hours=1))

    finding = DriftFinding.objects.get()
    assert (finding.live, finding.found_at) == ("18.99 USD", LATER)


def test_what_came_right_by_itself_is_closed(feed: Feed) -> None:
    navy().update(price_minor=1999)
    check(feed)
    navy().update(price_minor=2400)

    check(feed, now=LATER + timedelta(hours=1))

    assert DriftFinding.objects.get().mended_at == LATER + timedelta(hours=1)


def test_each_time_is_remembered(feed: Feed) -> None:
    for price in (1999, 2400, 1999, 2400):
        navy().update(price_minor=price)
        check(feed)

    assert DriftFinding.objects.count() == 2
    assert list(DriftCheck.objects.order_by("pk").values_list("differences", flat=True)) == [1, 0, 1, 0]


def test_of_very_many_differences_some_are_kept(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "KEPT_FINDINGS", 1)
    Variant.objects.update(price_minor=1)

    assert check(feed).differences == 2
    assert DriftFinding.objects.count() == 1


def test_what_is_refused_is_expected_to_be(feed: Feed) -> None:
    Product.objects.update(description="")
    build_feed(feed.pk, now=NOW)

    assert check(feed).differences == 0


def test_every_night_each_feed_is_compared(feed: Feed) -> None:
    feed_of(feed.merchant, "google", "tsv", is_active=False)
    PublishedItem.objects.update(price_minor=1)

    assert nightly.feeds_to_check() == [feed.pk]
    done = nightly.check_nightly(feed.pk, now=timezone.now())

    assert done is not None
    assert (done.cause, done.differences) == ("nightly", 2)
    assert nightly.check_nightly("feed_gone", now=timezone.now()) is None
