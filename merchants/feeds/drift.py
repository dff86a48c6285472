"""Finds where a feed says something else than what is live, keeps it, and has it mended.

Compared are price, sale price, availability and whether an item can be bought, shown or not; what a build would
refuse is expected to be refused. Every difference has a row from when it was found until it was mended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from commerce.money import Money
from merchants.feeds.entries import Standing
from merchants.feeds.items import Group, read_catalog, read_products
from merchants.feeds.judging import Judged, judged
from merchants.feeds.marking import mark_products, request_push
from merchants.feeds.models import DriftCheck, DriftFinding, Feed, FeedBuild, PublishedItem
from merchants.feeds.profiles import PROFILES
from merchants.feeds.scheduling import request_build
from merchants.feeds.seller import Seller, load_seller

KEPT_FINDINGS = 1000
"""How many differences of one check are kept one by one; the check knows how many there were."""

_PUBLISHED = ("checkout", "discovery")
_NOT_TOLD = "not told of"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that a feed says of an item, and what is true."""

    item_id: str
    product_id: str
    title: str
    field: str
    told: str
    live: str


def check_feed(feed: Feed, *, cause: str, now: datetime) -> DriftCheck:
    """Compare a whole feed with what is live, keep the differences and have them mended."""
    comparison = _Comparison(feed, load_seller(feed), now)
    for groups in read_catalog(feed.merchant_id):
        comparison.compare(groups)
    comparison.add_lost_products()
    return _keep(feed, comparison, cause=cause, examined=None, now=now)


def note_changed(feed: Feed, product_ids: Collection[str], *, now: datetime) -> DriftCheck:
    """Compare products that have changed with what a feed says of them, and keep the differences.

    They are mended by whoever has noticed the change, when the feed may follow.
    """
    comparison = _compared_products(feed, product_ids, now=now)
    return _keep(feed, comparison, cause=DriftCheck.Cause.CHANGE, examined=product_ids, now=now)


def close_mended(feed: Feed, *, now: datetime) -> int:
    """Look again at what was found, after something was published. Returns how much is in order now."""
    is_open = DriftFinding.objects.filter(feed=feed, mended_at__isnull=True)
    product_ids = set(is_open.values_list("product_id", flat=True))
    if not product_ids:
        return 0
    comparison = _compared_products(feed, product_ids, now=now)
    return _close(feed, comparison.found, product_ids, now)


def _compared_products(feed: Feed, product_ids: Collection[str], *, now: datetime) -> _Comparison:
    comparison = _Comparison(feed, load_seller(feed), now)
    groups = read_products(feed.merchant_id, product_ids)
    comparison.compare(groups)
    comparison.add_missing_products(set(product_ids) - {group.goods.id for group in groups})
    return comparison


@dataclass(slots=True)
class _Comparison:
    """What a feed says against what is live: how many items were looked at, and what differs."""

    feed: Feed
    seller: Seller
    now: datetime
    items: int = 0
    found: list[Difference] = field(default_factory=list)

    def compare(self, groups: Sequence[Group]) -> None:
        """Look at some products for sale, and at what is told of variants that they have lost."""
        rows = PublishedItem.objects.filter(feed=self.feed, product_id__in=[one.goods.id for one in groups])
        told = {row.item_id: row for row in rows}
        for group in groups:
            for one in judged(group, PROFILES[self.feed.profile], self.seller, now=self.now):
                self.items += 1
                self.found.extend(_of_item(one, told.pop(one.entry.item.id, None)))
        self.found.extend(_lost(row) for row in told.values() if row.state in _PUBLISHED)

    def add_missing_products(self, product_ids: Collection[str]) -> None:
        rows = PublishedItem.objects.filter(feed=self.feed, product_id__in=product_ids, state__in=_PUBLISHED)
        self.found.extend(_lost(row) for row in rows)

    def add_lost_products(self) -> None:
        """Look for what is told of products that are not for sale at all; other variants were seen with theirs."""
        self.found.extend(_lost(row) for row in PublishedItem.objects.raw(_LOST, [self.feed.pk]))


def _lost(row: PublishedItem) -> Difference:
    return Difference(row.item_id, row.product_id, row.title, "eligibility", row.state, "gone")


_LOST = """
    SELECT t.* FROM feeds_publisheditem t
    WHERE t.feed_id = %s AND t.state IN ('checkout', 'discovery') AND NOT EXISTS (
        SELECT 1 FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
        WHERE p.id = t.product_id AND v.status = 'active' AND p.status = 'active')
    ORDER BY t.item_id
"""


def _of_item(one: Judged, told: PublishedItem | None) -> Iterator[Difference]:
    entry, item = one.entry, one.entry.item
    live = "refused" if one.is_refused else str(entry.standing if one.row is not None else Standing.OFF)
    state = told.state if told else _NOT_TOLD

    def difference(field: str, said: str, is_now: str) -> Difference:
        return Difference(item.id, item.product_id, entry.title, field, said, is_now)

    if state != live and (state in _PUBLISHED or live in _PUBLISHED):
        yield difference("eligibility", state, live)
    if told is None or state not in _PUBLISHED or live not in _PUBLISHED:
        return
    if (told.price_minor, told.currency) != (item.price_minor, item.currency):
        yield difference("price", _amount(told.price_minor, told), str(Money(item.price_minor, item.currency)))
    if told.sale_price_minor != entry.sale_minor:
        now = "none" if entry.sale_minor is None else str(Money(entry.sale_minor, item.currency))
        yield difference("sale price", _amount(told.sale_price_minor, told), now)
    if told.availability != entry.availability:
        yield difference("availability", told.availability, entry.availability)


def _amount(minor: int | None, told: PublishedItem) -> str:
    return "none" if minor is None else str(Money(minor, told.currency))


def _keep(
    feed: Feed, comparison: _Comparison, *, cause: str, examined: Collection[str] | None, now: datetime
) -> DriftCheck:
    """Record what was found, close what is in order, and have the rest mended unless it just changed."""
    with transaction.atomic():
        check = DriftCheck.objects.create(
            feed=feed, cause=cause, items=comparison.items, differences=len(comparison.found), checked_at=now
        )
        Feed.objects.filter(pk=feed.pk).update(checked_at=now)
        _close(feed, comparison.found, examined, now)
        _open(feed, comparison.found[:KEPT_FINDINGS], now)
        if comparison.found and cause != DriftCheck.Cause.CHANGE:
            _mend(feed, {one.product_id for one in comparison.found}, now)
    return check


def _open(feed: Feed, differences: Sequence[Difference], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            _OPEN,
            [
                [feed.pk, one.item_id, one.product_id, one.title, one.field, one.told, one.live, now]
                for one in differences
            ],
        )


_OPEN = """
    INSERT INTO feeds_driftfinding (feed_id, item_id, product_id, title, field, told, live, found_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (feed_id, item_id, field) WHERE mended_at IS NULL
    DO UPDATE SET told = excluded.told, live = excluded.live
"""


def _close(feed: Feed, differences: Sequence[Difference], examined: Collection[str] | None, now: datetime) -> int:
    """Note what is in order again, of the products that were looked at."""
    still = {(one.item_id, one.field) for one in differences}
    is_open = DriftFinding.objects.filter(feed=feed, mended_at__isnull=True)
    if examined is not None:
        is_open = is_open.filter(product_id__in=examined)
    mended = [row.pk for row in is_open if (row.item_id, row.field) not in still]
    return DriftFinding.objects.filter(pk__in=mended).update(mended_at=now)


def _mend(feed: Feed, product_ids: Collection[str], now: datetime) -> None:
    if feed.is_pushed:
        mark_products(feed, product_ids, now=now)
        request_push(feed, now=now)
    else:
        request_build(feed, at=now, cause=FeedBuild.Cause.DRIFT)
