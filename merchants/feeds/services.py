"""Making feeds, building them, and giving out their addresses and keys."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from commerce import clock, sealing
from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from commerce.errors import BusyError, CommerceError
from commerce.ids import random_text
from commerce.outgoing.addresses import require_allowed
from merchants.feeds.building import Built, build_files
from merchants.feeds.drift import close_mended
from merchants.feeds.layouts import Layout, Layouts, layouts_of
from merchants.feeds.marking import mark_everything, request_push
from merchants.feeds.models import Feed, FeedBuild
from merchants.feeds.profiles import PROFILES
from merchants.feeds.publishing import publish
from merchants.feeds.scheduling import build_soon, plan_for_sales, wake
from merchants.feeds.seller import load_seller
from merchants.feeds.writers import FormatUnavailableError, require_format

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RENEWED_AFTER_SECONDS = 20
AFTER_A_FAILURE = timedelta(minutes=5)

ITEMS_PER_FILE = 400_000
"""A platform takes 500,000 rows a file; the number of files doubles before that."""


class UnknownFormatError(CommerceError):
    """The platform does not read this kind of file."""

    code = "unknown_format"


class NotPushableError(CommerceError):
    """The platform takes files and no single products."""

    code = "not_pushable"


def require_readable(profile: str, file_format: str) -> None:
    """Raise UnknownFormatError or FormatUnavailableError for a file that cannot be written for a platform."""
    known = PROFILES[profile].formats
    if file_format not in known:
        text = f"{Feed.Profile(profile).label} is read as {', '.join(known)}."
        raise UnknownFormatError(text, target=("file_format",))
    require_format(file_format)


def preferred_format(profile: str) -> str:
    """Return the kind of file that a platform likes best, of those that can be written here."""
    for file_format in PROFILES[profile].formats:
        with suppress(FormatUnavailableError):
            require_format(file_format)
            return file_format
    raise AssertionError("every profile has a format that needs no extra")


def create_feed(
    merchant: Merchant,
    *,
    profile: str,
    file_format: str,
    name: str = "",
    agent: Agent | None = None,
    now: datetime,
) -> tuple[Feed, str]:
    """Make a feed that is built soon. The second value is the token of its address, shown once.

    Raises UnknownFormatError, FormatUnavailableError.
    """
    require_readable(profile, file_format)
    token = random_text(40)
    feed = Feed(
        merchant=merchant,
        name=name or str(Feed.Profile(profile).label),
        profile=profile,
        file_format=file_format,
        agent=agent,
        due_at=now,
        **_known_by(token),
    )
    feed.save(force_insert=True)
    wake()
    return feed, token


def rotate_token(feed: Feed) -> str:
    """Give a feed a new address. The token is shown once; the address before it leads nowhere."""
    token = random_text(40)
    Feed.objects.filter(pk=feed.pk).update(**_known_by(token))
    return token


def _known_by(token: str) -> dict[str, str]:
    return {"token_prefix": token[:6], "token_hash": token_hash(token)}


def token_hash(token: str) -> str:
    """A token has 238 random bits, so a plain hash cannot be guessed backwards."""
    return hashlib.sha256(token.encode()).hexdigest()


def feed_url(token: str, file_name: str = "") -> str:
    """Return where a platform fetches a feed."""
    return f"{settings.PUBLIC_BASE_URL}/feeds/{token}/{file_name}"


@transaction.atomic
def set_push_target(feed: Feed, *, url: str, key: str, now: datetime) -> None:
    """Have a feed pushed to a platform, or with no address fetched again. Without a key the present one stays.

    Another address is another feed there: all products are sent anew. Raises ForbiddenUrlError, NotPushableError.
    """
    if url and not PROFILES[feed.profile].is_nested:
        raise NotPushableError("Only an Agentic Commerce Protocol feed is sent; others are fetched.")
    if url:
        require_allowed(url)
    changed: dict[str, object] = {"push_url": url, "push_error": ""}
    if key:
        changed["sealed_push_key"] = sealing.seal(key)
    if url != feed.push_url:
        changed |= {"remote_id": "", "remote_round": feed.remote_round + 1, "due_at": now}
        feed.push_products.all().delete()
        feed.items.all().delete()
    Feed.objects.filter(pk=feed.pk).update(**changed)
    feed.refresh_from_db()
    wake()
    if feed.is_pushed:
        mark_everything(feed, now=now)
        request_push(feed, now=now)


@transaction.atomic
def follow_terms(feed: Feed, *, now: datetime) -> None:
    """Have everything told anew after a feed's own terms have changed."""
    build_soon(feed, now=now)
    if feed.is_pushed:
        mark_everything(feed, now=now)
        request_push(feed, now=now)


def build_feed(feed_id: str, *, cause: str = "", now: datetime) -> FeedBuild:
    """Build a feed and publish it, for the cause that it was asked for with. Raises BusyError while it is at work.

    Holds a lease that it renews; transactions are only opened to publish. Whatever goes wrong, what was
    published before stays.
    """
    feed = _claim(feed_id, now)
    build = FeedBuild.objects.create(feed=feed, cause=cause or feed.due_cause, started_at=now)
    try:
        with tempfile.TemporaryDirectory(prefix="feed-") as directory:
            layouts = layouts_of(feed, shards=_shards(feed), now=now)
            built = _built(feed, layouts, Path(directory), now)
            publish(feed, build, built, layouts=layouts, priced_at=now, now=clock.now())
    except Exception as problem:
        _give_up(feed, build, problem, now)
        raise
    _end(feed, now)
    return build


def _claim(feed_id: str, now: datetime) -> Feed:
    """Take the lease of a feed; builds whose process has died are closed."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    if not Feed.objects.filter(free, pk=feed_id).update(leased_until=now + LEASE):
        raise BusyError("The feed is being built.", retry_after=30)
    interrupted = FeedBuild.objects.filter(feed=feed_id, status=FeedBuild.Status.RUNNING)
    interrupted.update(status=FeedBuild.Status.FAILED, error="interrupted", finished_at=now)
    feed = Feed.objects.select_related("agent", "build").get(pk=feed_id)
    # What is asked for from now on is asked for after this build.
    Feed.objects.filter(pk=feed_id).update(
        due_at=now + timedelta(minutes=feed.interval_minutes), due_cause=FeedBuild.Cause.SCHEDULE
    )
    return feed


def _built(feed: Feed, layouts: Layouts, directory: Path, now: datetime) -> Built:
    seller = load_seller(feed)
    return build_files(
        PROFILES[feed.profile],
        seller,
        layouts=layouts,
        directory=directory,
        now=now,
        on_page=_renewing(feed.pk),
    )


def _shards(feed: Feed) -> int:
    """Return how many files a feed has; twice as many once the catalog has outgrown them."""
    shards = feed.shards
    if PROFILES[feed.profile].is_nested:
        return 1
    count = Variant.objects.filter(merchant_id=feed.merchant_id, status=Variant.Status.ACTIVE).count()
    while count > shards * ITEMS_PER_FILE:
        shards *= 2
    if shards != feed.shards:
        Feed.objects.filter(pk=feed.pk).update(shards=shards)
    return shards


def _renewing(feed_id: str) -> Callable[[], None]:
    renewed = time.monotonic()

    def renew() -> None:
        nonlocal renewed
        if time.monotonic() - renewed > RENEWED_AFTER_SECONDS:
            renewed = time.monotonic()
            Feed.objects.filter(pk=feed_id).update(leased_until=clock.now() + LEASE)

    return renew


def _give_up(feed: Feed, build: FeedBuild, problem: Exception, now: datetime) -> None:
    if not isinstance(problem, CommerceError):
        logger.exception("a feed could not be built", extra={"feed": feed.pk})
    build.status, build.finished_at = FeedBuild.Status.FAILED, clock.now()
    build.error = f"{type(problem).__name__}: {problem}"[:300].replace("\x00", "\ufffd")
    build.save(update_fields=["status", "error", "finished_at"])
    Feed.objects.filter(pk=feed.pk).update(leased_until=None, due_at=now + AFTER_A_FAILURE)


def _end(feed: Feed, now: datetime) -> None:
    """Give the lease back, plan the next build, and see what was mended by this one."""
    Feed.objects.filter(pk=feed.pk).update(leased_until=None)
    plan_for_sales(feed, now=now)
    close_mended(feed, now=clock.now())


def write_files(merchant: Merchant, *, profile: str, file_format: str, directory: Path, now: datetime) -> Built:
    """Write a feed's files into a directory and publish nothing. What a feed of that kind has told is known to it.

    Raises UnknownFormatError, FormatUnavailableError.
    """
    require_readable(profile, file_format)
    feeds = Feed.objects.filter(merchant=merchant, profile=profile, file_format=file_format)
    feed = feeds.select_related("agent").order_by("created_at").first()
    feed = feed or Feed(merchant=merchant, profile=profile, file_format=file_format)
    directory.mkdir(parents=True, exist_ok=True)
    return _built(feed, Layouts(Layout(file_format, _shards(feed))), directory, now)
