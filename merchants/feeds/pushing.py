"""Sends products to a platform that takes them one by one: what has changed, as it is at the moment of sending.

A product waits while it is marked; sent is what the catalog says then, so that a late repetition never brings back
an old price. What the platform has accepted is recorded as published. Its refusal of a whole request is narrowed
down to the product that it does not take, so that the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import orjson
from django.db import connection, transaction
from django.db.models import F, Q

from commerce.outbox.relay import RetryLaterError
from commerce.outgoing.retrying import requested_pause
from merchants.feeds.building import staged_line, told_no_more
from merchants.feeds.drift import close_mended
from merchants.feeds.entries import digest_of
from merchants.feeds.items import read_products
from merchants.feeds.judging import judged
from merchants.feeds.marking import is_waiting, mark_everything, request_push
from merchants.feeds.models import Feed, PushProduct
from merchants.feeds.platform import NOT_TAKEN, Reply, call
from merchants.feeds.profiles import PROFILES
from merchants.feeds.profiles.profile import Record
from merchants.feeds.publishing import record_items
from merchants.feeds.seller import Seller, load_seller

BATCH = 100
BATCH_BYTES = 400_000
BUDGET_SECONDS = 10
"""How long one event keeps sending; the rest is left to the next one."""

LEASE = timedelta(seconds=55)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A product to be sent. `record` is None where there is nothing to tell of it."""

    product_id: str
    marked_at: datetime
    digest_before: bytes | None
    record: Record | None = None
    staged: tuple[bytes, ...] = ()

    @property
    def digest(self) -> bytes:
        return digest_of(orjson.dumps(self.record))

    @property
    def is_news(self) -> bool:
        return self.record is not None and self.digest != self.digest_before


def push(feed_id: str, *, now: datetime) -> bool:
    """Send what waits for a feed, for some seconds. Returns whether more is waiting.

    Raises RetryLaterError where the platform cannot be reached or does not take anything now.
    """
    feed = _claim(feed_id, now)
    if feed is None:
        return False
    try:
        _require_remote(feed, now)
        _push(feed, now)
    except RetryLaterError as problem:
        Feed.objects.filter(pk=feed.pk).update(push_error=str(problem)[:300])
        raise
    finally:
        Feed.objects.filter(pk=feed.pk).update(leased_until=None)
    Feed.objects.filter(pk=feed.pk).exclude(push_error="").update(push_error="")
    close_mended(feed, now=now)
    return is_waiting(feed)


def _claim(feed_id: str, now: datetime) -> Feed | None:
    """Take a feed's lease. None where nothing is pushed any more."""
    feed = Feed.objects.select_related("agent").filter(pk=feed_id, is_active=True).exclude(push_url="").first()
    if feed is None or feed.sealed_push_key is None:
        return None
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    if not Feed.objects.filter(free, pk=feed_id).update(leased_until=now + LEASE):
        raise RetryLaterError("another process is at work on the feed")
    return feed


def _require_remote(feed: Feed, now: datetime) -> None:
    """Make the feed at the platform, where it has none yet."""
    if feed.remote_id:
        return
    body = {"target_country": feed.target_country} if feed.target_country else {}
    reply = call(feed, "POST", "/feeds", body, variety=str(feed.remote_round), now=now)
    remote_id = reply.body.get("id")
    if not reply.answer.is_success or not isinstance(remote_id, str) or not 0 < len(remote_id) <= 200:
        raise _later(reply, now)
    Feed.objects.filter(pk=feed.pk).update(remote_id=remote_id)
    feed.remote_id = remote_id


def _push(feed: Feed, now: datetime) -> None:
    seller = load_seller(feed)
    until = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < until:
        waiting = _waiting(feed, seller, now)
        if not waiting:
            return
        for batch in _batches([one for one in waiting if one.is_news]):
            _send(feed, batch, until, now)
        _settle(feed, [one for one in waiting if not one.is_news], now)


def _waiting(feed: Feed, seller: Seller, now: datetime) -> list[Waiting]:
    """Return what has waited longest, as the catalog has it now."""
    marked = PushProduct.objects.filter(feed=feed, marked_at__isnull=False).order_by("marked_at", "pk")[:BATCH]
    rows = [
        Waiting(row.product_id, row.marked_at, bytes(row.digest) if row.digest else None)
        for row in marked
        if row.marked_at
    ]
    return list(_rendered(rows, seller, now))


def _rendered(waiting: Sequence[Waiting], seller: Seller, now: datetime) -> Iterator[Waiting]:
    profile = PROFILES["acp"]
    groups = read_products(seller.merchant_id, [one.product_id for one in waiting])
    page = [judged(group, profile, seller, now=now) for group in groups]
    verdicts = {group.goods.id: found for group, found in zip(groups, page, strict=True)}
    told = told_no_more(profile, seller, [one.product_id for one in waiting], page, now=now)
    for one in waiting:
        found = verdicts.get(one.product_id, [])
        rows = [verdict.row for verdict in found if verdict.row is not None]
        records = profile.gather(rows, told.get(one.product_id, ()), seller)
        yield Waiting(
            one.product_id,
            one.marked_at,
            one.digest_before,
            records[0] if records else None,
            tuple(staged_line(verdict, now=now) for verdict in found),
        )


def _batches(waiting: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """Split what is to be sent into requests that a platform takes."""
    batch: list[Waiting] = []
    size = 0
    for one in waiting:
        weight = len(orjson.dumps(one.record))
        if batch and size + weight > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += weight
    if batch:
        yield batch


def _send(feed: Feed, batch: Sequence[Waiting], until: float, now: datetime) -> None:
    """Send some products in one request; where it is refused, in smaller ones, until the time is over."""
    if time.monotonic() > until:
        return
    reply = call(
        feed,
        "PATCH",
        f"/feeds/{quote(feed.remote_id, safe='')}/products",
        {"products": [one.record for one in batch]},
        variety=max(one.marked_at for one in batch).isoformat(),
        products=len(batch),
        now=now,
    )
    if reply.answer.is_success and reply.body.get("accepted") is True:
        _settle(feed, batch, now)
    elif reply.status in NOT_TAKEN and len(batch) > 1:
        half = len(batch) // 2
        _send(feed, batch[:half], until, now)
        _send(feed, batch[half:], until, now)
    elif reply.status in NOT_TAKEN:
        _refused(feed, batch[0], reply)
    else:
        if reply.status == 404:
            _start_over(feed, now)
        raise _later(reply, now)


@transaction.atomic
def _settle(feed: Feed, batch: Sequence[Waiting], now: datetime) -> None:
    """Record what the platform has, and that these products wait no longer unless they were marked again."""
    if not batch:
        return
    record_items(
        feed.pk,
        [line for one in batch for line in one.staged],
        priced_at=now,
        product_ids=[one.product_id for one in batch],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            _SETTLE,
            [
                [one.digest if one.record is not None else None, now, one.marked_at, feed.pk, one.product_id]
                for one in batch
            ],
        )


# Marked again meanwhile, a product is sent again; what the platform has is known all the same.
_SETTLE = """
    UPDATE feeds_pushproduct SET digest = %s, pushed_at = %s, refusal = '',
        marked_at = CASE WHEN marked_at = %s THEN NULL ELSE marked_at END
    WHERE feed_id = %s AND product_id = %s
"""


def _refused(feed: Feed, one: Waiting, reply: Reply) -> None:
    """Stop sending a product that the platform does not take; the next change of it is sent again."""
    rows = PushProduct.objects.filter(feed=feed, product_id=one.product_id)
    rows.filter(marked_at=one.marked_at).update(marked_at=None, refusal=reply.words)
    rows.exclude(marked_at=one.marked_at).update(refusal=reply.words)


@transaction.atomic
def _start_over(feed: Feed, now: datetime) -> None:
    """The platform does not know the feed any more: make it anew and send everything."""
    Feed.objects.filter(pk=feed.pk).update(remote_id="", remote_round=F("remote_round") + 1)
    PushProduct.objects.filter(feed=feed).update(digest=None)
    mark_everything(feed, now=now)


def verify_remote(feed: Feed, *, now: datetime) -> bool:
    """Ask the platform whether it still knows the feed; where it does not, everything is sent anew."""
    if not feed.remote_id or feed.sealed_push_key is None:
        return False
    reply = call(feed, "GET", f"/feeds/{quote(feed.remote_id, safe='')}", now=now)
    if reply.status == 404:
        _start_over(feed, now)
        with transaction.atomic():
            request_push(feed, now=now)
    return reply.answer.is_success


def _later(reply: Reply, now: datetime) -> RetryLaterError:
    return RetryLaterError(reply.words, after=requested_pause(reply.answer, now=now))
