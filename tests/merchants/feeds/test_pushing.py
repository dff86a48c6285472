"""Products are sent to a platform as they are, once for each change, until it has taken them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from commerce.catalog.models import Product, Variant
from commerce.inventory.models import StockItem
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import Event, RetryLaterError, drain
from commerce.outgoing.addresses import ForbiddenUrlError
from merchants.feeds import following, nightly, pushing
from merchants.feeds.following import follow_changes
from merchants.feeds.models import DriftFinding, Feed, FeedBuild, PublishedItem, PushProduct, PushTry
from merchants.feeds.services import build_feed, set_push_target
from merchants.feeds.subscribers import push_feed
from tests.clock import NOW
from tests.merchants.feeds.platform import KEY, Platform, platform
from tests.merchants.feeds.shelves import feed_of, selling_agent, shop, tote, variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def remote(settings: Settings) -> Iterator[Platform]:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with platform() as kept:
        yield kept
    assert kept.complaints == []


@pytest.fixture
def feed(remote: Platform) -> Feed:
    """A feed that is pushed: two products, three variants, and not yet sent."""
    merchant = shop()
    agent = selling_agent(merchant)
    product = tote(merchant)
    variant(product, "Navy", "L", stock__on_hand=5)
    variant(product, "Red", "L", stock__on_hand=5)
    variant(tote(merchant, handle="cap", title="Cap", option_names=[]), stock__on_hand=5)
    feed = feed_of(merchant, "acp", "jsonl", agent=agent, target_country="US")
    set_push_target(feed, url=remote.url, key=KEY, now=timezone.now())
    return feed


def deliver() -> list[str]:
    """Hand the outbox's events to their subscriber, as the relay does. Returns why some were put off."""
    reasons = []
    for row in OutboxEvent.objects.filter(status="pending").order_by("pk"):
        try:
            push_feed(Event(row.pk, row.topic, row.key, row.payload, 1, row.subscriber))
        except RetryLaterError as problem:
            reasons.append(str(problem))
        else:
            row.delete()
    return reasons


def settle() -> None:
    """Follow all changes and send what there is, as often as it takes."""
    for _ in range(3):
        follow_changes(now=timezone.now())
        deliver()


def navy() -> Variant:
    return Variant.objects.get(option_values=["Navy", "L"])


def test_everything_is_sent_once(feed: Feed, remote: Platform) -> None:
    settle()

    assert [(method, path) for method, path, _, _ in remote.requests] == [
        ("POST", "/v1/feeds"),
        ("PATCH", "/v1/feeds/feed%2F1/products"),
    ]
    assert remote.requests[0][3] == {"target_country": "US"}
    assert set(remote.products) == set(Product.objects.values_list("pk", flat=True))
    assert remote.variant(navy().pk)["price"] == {"amount": 2400, "currency": "USD"}
    assert set(PublishedItem.objects.values_list("state", flat=True)) == {"checkout"}
    assert not OutboxEvent.objects.exists()
    assert not PushProduct.objects.filter(marked_at__isnull=False).exists()


def test_only_what_has_changed_is_sent(feed: Feed, remote: Platform) -> None:
    settle()
    Variant.objects.filter(pk=navy().pk).update(price_minor=1900)
    StockItem.objects.filter(variant=navy()).update(on_hand=0)

    settle()

    assert remote.sent()[1:] == [[navy().product_id]]
    told = remote.variant(navy().pk)
    assert (told["price"]["amount"], told["availability"]) == (
        1900,
        {"available": False, "status": "out_of_stock"},
    )
    item = PublishedItem.objects.get(item_id=navy().pk)
    assert (item.price_minor, item.availability) == (1900, "out_of_stock")


def test_a_change_that_changes_nothing_is_not_sent(feed: Feed, remote: Platform) -> None:
    settle()
    Product.objects.update(tags=["new"])

    settle()

    assert len(remote.sent()) == 1


def test_the_same_words_on_another_day_are_sent_again(feed: Feed, remote: Platform) -> None:
    """A platform answers a repeated key from memory: what was true before must not go under the key of then."""
    settle()
    for day, price in enumerate((1900, 2400, 1900), start=1):
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            Variant.objects.filter(pk=navy().pk).update(price_minor=price)
            settle()

    assert remote.variant(navy().pk)["price"]["amount"] == 1900
    keys = [headers["idempotency-key"] for method, _, headers, _ in remote.requests if method == "PATCH"]
    assert len(set(keys)) == len(keys) == 4


def test_a_lost_answer_is_repeated_under_the_same_key(feed: Feed, remote: Platform) -> None:
    settle()
    Variant.objects.filter(pk=navy().pk).update(price_minor=1900)
    remote.faults = [None]

    settle()

    keys = [headers["idempotency-key"] for method, _, headers, _ in remote.requests if method == "PATCH"]
    assert (len(keys), keys[1] == keys[2]) == (3, True)
    assert remote.variant(navy().pk)["price"]["amount"] == 1900
    assert list(PushTry.objects.order_by("pk").values_list("status", flat=True)) == [201, 200, None, 200]


def test_what_is_sent_late_is_what_is_true_then(feed: Feed, remote: Platform) -> None:
    settle()
    remote.faults = [(503, {}, {})]
    Variant.objects.filter(pk=navy().pk).update(price_minor=1900)
    follow_changes(now=timezone.now())
    deliver()
    assert remote.variant(navy().pk)["price"]["amount"] == 2400
    Variant.objects.filter(pk=navy().pk).update(price_minor=1500)

    settle()

    assert [body["products"][0]["variants"][0]["price"]["amount"] for _, _, _, body in remote.requests[-1:]] == [
        1500
    ]
    assert remote.variant(navy().pk)["price"]["amount"] == 1500


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [429])
def test_retry_after_is_kept_to(feed: Feed, remote: Platform, status: int) -> None:
    remote.faults = [(status, {}, {"Retry-After": "7200"})]
    before = timezone.now()

    drain()

    event = OutboxEvent.objects.get()
    assert timedelta(hours=2) <= event.due_at - before < timedelta(hours=2, minutes=1)
    feed.refresh_from_db()
    assert (feed.push_error, feed.leased_until) == (f"it answered {status}: {{}}", None)

    settle()
    feed.refresh_from_db()
    assert feed.push_error == ""
    assert len(remote.products) == 2


def test_a_wrong_key_is_shown_and_tried_again_with_the_right_one(feed: Feed, remote: Platform) -> None:
    remote.faults = [(401, {"type": "unauthorized", "code": "unauthorized", "message": "Unknown key."}, {})]
    deliver()
    feed.refresh_from_db()
    assert feed.push_error == "it answered 401: Unknown key."

    set_push_target(feed, url=remote.url, key=KEY, now=timezone.now())
    settle()

    feed.refresh_from_db()
    assert (feed.push_error, len(remote.products)) == ("", 2)


def test_a_product_that_is_not_taken_keeps_no_other_back(feed: Feed, remote: Platform) -> None:
    cap = Product.objects.get(handle="cap")
    remote.hated = {cap.pk}

    settle()

    assert set(remote.products) == {navy().product_id}
    refused = PushProduct.objects.get(product_id=cap.pk)
    assert (refused.refusal, refused.marked_at) == (f"it answered 422: We do not list {cap.pk}.", None)
    assert not PublishedItem.objects.filter(product_id=cap.pk).exists()
    assert not OutboxEvent.objects.exists()

    remote.hated = set()
    Product.objects.filter(pk=cap.pk).update(title="Wool Cap")
    settle()
    assert remote.products[cap.pk]["title"] == "Wool Cap"


def test_not_accepted_is_not_sent(feed: Feed, remote: Platform) -> None:
    remote.faults = [(201, {"id": "feed/1"}, {}), (200, {"id": "feed/1", "accepted": False}, {})]
    remote.feeds = 1

    (reason,) = deliver()

    assert reason.startswith("it answered 200")
    assert not PublishedItem.objects.exists()
    settle()
    assert len(remote.products) == 2


@pytest.mark.parametrize("answer", [{}, {"id": 7}, {"id": ""}, {"id": "x" * 300}])
def test_a_feed_without_an_id_is_none(feed: Feed, remote: Platform, answer: dict[str, Any]) -> None:
    remote.faults = [(201, answer, {})]

    deliver()

    feed.refresh_from_db()
    assert (feed.remote_id, len(remote.requests)) == ("", 1)


def test_many_products_go_in_several_requests(
    feed: Feed, remote: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "BATCH", 3)
    monkeypatch.setattr(pushing, "BATCH_BYTES", 4500)
    for number in range(5):
        variant(tote(feed.merchant, handle=f"more-{number}"), "Navy", "L")

    settle()

    assert len(remote.products) == 7
    assert max(len(products) for products in remote.sent()) == 3
    assert len(remote.sent()) > 2


def test_what_does_not_fit_into_the_time_is_another_event(
    feed: Feed, remote: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "BATCH", 1)
    monkeypatch.setattr(pushing, "BUDGET_SECONDS", 0)

    deliver()

    assert (OutboxEvent.objects.count(), remote.products) == (1, {})
    monkeypatch.setattr(pushing, "BUDGET_SECONDS", 10)
    deliver()
    assert len(remote.products) == 2


def test_what_is_gone_is_discontinued(feed: Feed, remote: Platform) -> None:
    settle()
    lost, cap = navy(), Product.objects.get(handle="cap")
    Variant.objects.filter(pk=lost.pk).update(status="inactive")
    Product.objects.filter(pk=cap.pk).delete()

    settle()

    gone = {"available": False, "status": "discontinued"}
    assert remote.variant(lost.pk)["availability"] == gone
    assert [one["availability"] for one in remote.products[cap.pk]["variants"]] == [gone]


def test_a_sale_that_ends_by_itself_is_told(feed: Feed, remote: Platform) -> None:
    now = timezone.now()
    ends_at = now + timedelta(seconds=40)
    Variant.objects.filter(pk=navy().pk).update(sale_price_minor=1000, sale_ends_at=ends_at)
    settle()
    assert remote.variant(navy().pk)["price"]["amount"] == 1000

    Variant.objects.filter(pk=navy().pk).update(sale_ends_at=now)
    PublishedItem.objects.filter(item_id=navy().pk).update(changes_at=now)
    settle()

    assert "list_price" not in remote.variant(navy().pk)
    assert remote.variant(navy().pk)["price"]["amount"] == 2400
    assert PublishedItem.objects.get(item_id=navy().pk).changes_at is None


def begin_a_sale() -> None:
    """Have the moment come at which a variant's price changes by itself."""
    Variant.objects.filter(pk=navy().pk).update(sale_price_minor=1000)
    PublishedItem.objects.filter(item_id=navy().pk).update(changes_at=timezone.now())


def test_a_sale_that_is_not_taken_is_sent_once(feed: Feed, remote: Platform) -> None:
    settle()
    remote.hated = {navy().product_id}
    begin_a_sale()

    settle()

    assert remote.sent()[1:] == [[navy().product_id]]
    assert PushProduct.objects.get(product_id=navy().product_id).marked_at is None


def test_all_sales_that_begin_at_once_are_marked_at_once(
    feed: Feed, remote: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    PublishedItem.objects.update(changes_at=timezone.now())
    monkeypatch.setattr(following, "BATCH", 1)

    follow_changes(now=timezone.now())

    assert PushProduct.objects.filter(marked_at__isnull=False).count() == 2
    assert not PublishedItem.objects.filter(changes_at__isnull=False).exists()


def test_a_sale_that_waits_for_the_platform_keeps_its_key(feed: Feed, remote: Platform) -> None:
    settle()
    remote.faults = [(503, {}, {}), (503, {}, {})]
    begin_a_sale()

    settle()

    keys = [headers["idempotency-key"] for method, _, headers, _ in remote.requests if method == "PATCH"]
    assert (len(keys), len(set(keys[1:]))) == (4, 1)
    assert remote.variant(navy().pk)["price"]["amount"] == 1000


def test_a_platform_that_forgot_the_feed_gets_it_anew(feed: Feed, remote: Platform) -> None:
    settle()
    remote.products.clear()
    remote.is_lost = True

    nightly.check_nightly(feed.pk, now=timezone.now())
    settle()

    feed.refresh_from_db()
    assert (feed.remote_id, len(remote.products)) == ("feed/2", 2)


def test_a_platform_that_forgets_in_between_gets_it_anew(feed: Feed, remote: Platform) -> None:
    settle()
    remote.is_lost = True
    Variant.objects.filter(pk=navy().pk).update(price_minor=1)

    settle()

    assert (remote.feed_id, len(remote.products)) == ("feed/2", 2)


def test_another_address_is_another_feed(feed: Feed, remote: Platform) -> None:
    settle()
    with platform() as other:
        set_push_target(feed, url=other.url, key="", now=timezone.now())
        settle()

        assert len(other.products) == 2
    assert len(remote.sent()) == 1


def test_private_addresses_are_refused(feed: Feed, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = []

    with pytest.raises(ForbiddenUrlError):
        set_push_target(feed, url="https://169.254.169.254/", key=KEY, now=timezone.now())

    deliver()
    assert "ForbiddenUrlError" in PushTry.objects.get().error


def test_the_key_is_sealed_and_never_logged(feed: Feed, remote: Platform) -> None:
    settle()

    stored = bytes(Feed.objects.get().sealed_push_key or b"")
    assert KEY.encode() not in stored
    assert all(KEY not in str(row) for row in PushTry.objects.values())


def test_two_processes_do_not_push_at_once(feed: Feed, remote: Platform) -> None:
    Feed.objects.update(leased_until=timezone.now() + timedelta(minutes=1))

    assert deliver() == ["another process is at work on the feed"]
    assert remote.requests == []


def test_what_was_given_up_is_asked_for_again(feed: Feed, remote: Platform) -> None:
    OutboxEvent.objects.update(status="dead")

    settle()

    assert len(remote.products) == 2


def test_switched_off_nothing_is_sent(feed: Feed, remote: Platform) -> None:
    Feed.objects.update(is_active=False)

    settle()

    assert remote.requests == []


def test_files_of_a_pushed_feed_are_no_promise(feed: Feed, remote: Platform) -> None:
    """They can be looked at and sent by hand; what counts is what the platform has taken."""
    settle()
    Variant.objects.update(price_minor=1)

    made = build_feed(feed.pk, now=timezone.now())

    assert made.status == FeedBuild.Status.PUBLISHED
    assert sorted(made.files.values_list("name", flat=True)) == ["metadata.json", "products.jsonl"]
    assert set(PublishedItem.objects.values_list("price_minor", flat=True)) == {2400}


def test_what_the_platform_was_not_told_is_found_and_mended(feed: Feed, remote: Platform) -> None:
    settle()
    PublishedItem.objects.filter(item_id=navy().pk).update(price_minor=9999)
    PushProduct.objects.update(digest=None)

    nightly.check_nightly(feed.pk, now=timezone.now())
    assert DriftFinding.objects.get().mended_at is None
    settle()

    assert DriftFinding.objects.get().mended_at is not None
    assert PublishedItem.objects.get(item_id=navy().pk).price_minor == 2400
