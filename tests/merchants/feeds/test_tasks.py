from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string

from commerce import settings as project
from merchants.feeds import tasks
from merchants.feeds.forgetting import clean_up
from merchants.feeds.models import CatalogChange, DriftCheck, DriftFinding, Feed, FeedBuild, PublishedItem, PushTry
from tests.merchants.feeds.shelves import NOW, build, feed_of, shop, tote, variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Feed:
    feed = feed_of(shop())
    variant(tote(feed.merchant), "Navy", "L")
    return feed


def test_the_clock_knows_its_tasks() -> None:
    named = [entry["task"] for entry in project.CELERY_BEAT_SCHEDULE.values() if "feeds" in entry["task"]]

    assert len(named) == 4
    for name in named:
        assert import_string(name).name == name


def test_what_is_due_is_handed_to_workers(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(tasks.build_feed, "apply_async", lambda **options: asked.append(options["kwargs"]))
    Feed.objects.update(due_at=timezone.now())

    tasks.build_due()

    assert asked == [{"feed_id": feed.pk}]


def test_a_task_builds_unless_another_does(feed: Feed) -> None:
    tasks.build_feed(feed_id=feed.pk)
    Feed.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    tasks.build_feed(feed_id=feed.pk)

    assert FeedBuild.objects.count() == 1


def test_changes_and_differences_are_looked_for(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(tasks.check_feed, "apply_async", lambda **options: asked.append(options["kwargs"]))
    build(feed)

    tasks.follow_changes()
    tasks.check_all()
    tasks.check_feed(feed_id=feed.pk)

    assert not CatalogChange.objects.exists()
    assert asked == [{"feed_id": feed.pk}]
    assert set(DriftCheck.objects.values_list("cause", flat=True)) == {"change", "nightly"}


def test_the_past_is_forgotten_at_last(feed: Feed) -> None:
    build(feed)
    tasks.forget_old_builds()
    long_ago = NOW - timedelta(days=400)
    told = {"item_id": "var_1", "product_id": "prod_1", "field": "price", "told": "1", "live": "2"}
    DriftCheck.objects.create(feed=feed, cause="nightly", items=1, differences=0, checked_at=long_ago)
    DriftFinding.objects.create(feed=feed, **told, found_at=long_ago, mended_at=long_ago)
    DriftFinding.objects.create(feed=feed, **told, found_at=long_ago)
    PushTry.objects.create(feed=feed, request_id="r", method="GET", path="/", milliseconds=1, tried_at=long_ago)
    PublishedItem.objects.create(
        feed=feed, item_id="var_1", product_id="prod_1", state="off", currency="usd", price_minor=1, digest=b"",
        told_at=long_ago, gone_at=long_ago,
    )  # fmt: skip

    clean_up(now=NOW)

    assert (DriftCheck.objects.count(), PushTry.objects.count()) == (0, 0)
    assert list(DriftFinding.objects.values_list("mended_at", flat=True)) == [None]
    assert list(PublishedItem.objects.values_list("state", flat=True)) == ["discovery"]
    assert FeedBuild.objects.get().files.count() == 1
