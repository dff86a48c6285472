"""What is kept of the past, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from merchants.feeds.models import (
    DriftCheck,
    DriftFinding,
    Feed,
    FeedBuild,
    FeedFile,
    FeedProblem,
    PublishedItem,
    PushTry,
)
from merchants.feeds.storage import forget_unused
from merchants.feeds.told import KEPT

KEPT_BUILDS = 50
DETAILED_BUILDS = 2
"""Of how many builds files are kept: the published one, and the one that somebody may be reading still."""

KEPT_CHECKS = timedelta(days=90)
KEPT_FINDINGS = timedelta(days=180)
KEPT_TRIES = timedelta(days=30)


def clean_up(*, now: datetime) -> None:
    """Forget what nobody will ask for any more."""
    for feed in Feed.objects.order_by("pk"):
        _forget_old_builds(feed)
    DriftCheck.objects.filter(checked_at__lt=now - KEPT_CHECKS).delete()
    DriftFinding.objects.filter(mended_at__lt=now - KEPT_FINDINGS).delete()
    PushTry.objects.filter(tried_at__lt=now - KEPT_TRIES).delete()
    PublishedItem.objects.filter(gone_at__lt=now - 2 * KEPT, state=PublishedItem.State.OFF).delete()
    forget_unused(now=now)


@transaction.atomic
def _forget_old_builds(feed: Feed) -> None:
    """Keep the history of a feed short, and files of the newest builds only."""
    kept = list(feed.builds.order_by("-started_at", "-pk").values_list("pk", flat=True)[:KEPT_BUILDS])
    published = feed.builds.filter(status=FeedBuild.Status.PUBLISHED).order_by("-started_at", "-pk")
    detailed = list(published.values_list("pk", flat=True)[:DETAILED_BUILDS])
    old = FeedBuild.objects.filter(feed=feed).exclude(pk__in=detailed)
    FeedFile.objects.filter(build__in=old).delete()
    FeedProblem.objects.filter(build__in=old).delete()
    old.update(report=None)
    old.exclude(pk__in=kept).delete()
