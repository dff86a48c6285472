"""Puts a build in place: its files, and the record of what each item was said to be, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import orjson
from django.db import connection, transaction

from merchants.feeds.building import Built, ItemProblem
from merchants.feeds.layouts import Layouts, remembered
from merchants.feeds.models import Blob, Feed, FeedBuild, FeedFile, FeedProblem
from merchants.feeds.storage import store

STATEMENT_SECONDS = 120
"""How long recording may take: it touches every item that changed, in a single statement."""


def publish(
    feed: Feed, build: FeedBuild, built: Built, *, layouts: Layouts, priced_at: datetime, now: datetime
) -> None:
    """Make a build what readers get from this moment on.

    Opens a transaction of its own. Files whose content is as before keep the time of their change. Of a feed that
    is pushed the platform knows what it has taken, not what stands in the files.
    """
    blobs = {file.name: store(file.path, now=now) for file in built.files}
    report = store(built.report, now=now) if built.counts else None
    before = {file.name: file for file in feed.build.files.all()} if feed.build else {}
    with transaction.atomic():
        if not feed.is_pushed:
            with built.staged.open("rb") as lines:
                record_items(feed.pk, lines, priced_at=priced_at)
        FeedFile.objects.bulk_create(
            FeedFile(
                build=build,
                name=file.name,
                blob=blobs[file.name],
                rows=file.rows,
                is_former=file.is_former,
                changed_at=_changed_at(before.get(file.name), blobs[file.name], now),
            )
            for file in built.files
        )
        FeedProblem.objects.filter(build__feed=feed).delete()
        FeedProblem.objects.bulk_create((_problem(build, one) for one in built.problems), batch_size=500)
        _finish(build, built, report, now)
        Feed.objects.filter(pk=feed.pk).update(build=build, **remembered(layouts))
        feed.build = build


def _changed_at(before: FeedFile | None, blob: Blob, now: datetime) -> datetime:
    return before.changed_at if before and before.blob_id == blob.pk else now


def _finish(build: FeedBuild, built: Built, report: Blob | None, now: datetime) -> None:
    build.status = FeedBuild.Status.PUBLISHED
    build.rows, build.gone, build.refused = built.rows, built.gone, built.refused
    build.problem_counts = [[*key, count] for key, count in sorted(built.counts.items())]
    build.report, build.finished_at = report, now
    build.save(update_fields=["status", "rows", "gone", "refused", "problem_counts", "report", "finished_at"])


def _problem(build: FeedBuild, found: ItemProblem) -> FeedProblem:
    one = found.problem
    return FeedProblem(
        build=build,
        item_id=found.item_id,
        product_id=found.product_id,
        title=found.title[:255],
        sku=found.sku,
        rule=one.rule,
        field=one.field,
        value=one.value[:100],
        advice=one.advice[:300],
        effect=one.effect,
    )


def record_items(
    feed_id: str, staged: Iterable[bytes], *, priced_at: datetime, product_ids: list[str] | None = None
) -> None:
    """Record what a feed now says of every item, or of all items of some products.

    Needs an open transaction; unchanged items are not written. What is not staged is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.feeds_staged")
        cursor.execute(_STAGE)
        with cursor.copy(f"COPY feeds_staged ({_STAGED}) FROM STDIN") as copy:
            for line in staged:
                copy.write_row(orjson.loads(line))
        cursor.execute("CREATE INDEX ON feeds_staged (item_id)")
        cursor.execute("ANALYZE feeds_staged")
        cursor.execute(_RECORD, [feed_id, priced_at, priced_at, priced_at])
        cursor.execute(_NEVER_TOLD, [feed_id, product_ids, product_ids])
        cursor.execute(_VANISHED, [priced_at, feed_id, product_ids, product_ids])


_STAGED = (
    "item_id, product_id, state, title, url, image_url, brand, currency, price_minor, sale_price_minor,"
    " availability, digest, changes_at"
)

_STAGE = """
    CREATE TEMPORARY TABLE feeds_staged (
        item_id varchar, product_id varchar, state varchar, title varchar, url varchar, image_url varchar,
        brand varchar, currency varchar, price_minor bigint, sale_price_minor bigint, availability varchar,
        digest varchar, changes_at timestamptz
    ) ON COMMIT DROP
"""

# What is refused keeps how it was last published, and is told to be gone from then on if it ever was.
_RECORD = f"""
    INSERT INTO feeds_publisheditem AS t (feed_id, {_STAGED}, told_at)
    SELECT %s, item_id, product_id, state, title, url, image_url, brand, currency, price_minor,
           sale_price_minor, availability, decode(digest, 'hex'), changes_at, %s
    FROM feeds_staged
    ON CONFLICT (feed_id, item_id) DO UPDATE SET
        state = excluded.state,
        product_id = excluded.product_id,
        title = CASE excluded.state WHEN 'refused' THEN t.title ELSE excluded.title END,
        url = CASE excluded.state WHEN 'refused' THEN t.url ELSE excluded.url END,
        image_url = CASE excluded.state WHEN 'refused' THEN t.image_url ELSE excluded.image_url END,
        brand = CASE excluded.state WHEN 'refused' THEN t.brand ELSE excluded.brand END,
        currency = CASE excluded.state WHEN 'refused' THEN t.currency ELSE excluded.currency END,
        price_minor = CASE excluded.state WHEN 'refused' THEN t.price_minor ELSE excluded.price_minor END,
        sale_price_minor = excluded.sale_price_minor,
        availability = excluded.availability,
        digest = excluded.digest,
        changes_at = excluded.changes_at,
        told_at = %s,
        gone_at = CASE WHEN excluded.state <> 'refused' THEN NULL
                       WHEN t.state IN ('checkout', 'discovery') THEN %s ELSE t.gone_at END
    WHERE t.digest <> excluded.digest OR t.state <> excluded.state OR t.availability <> excluded.availability
       OR t.price_minor <> excluded.price_minor OR t.changes_at IS DISTINCT FROM excluded.changes_at
       OR t.sale_price_minor IS DISTINCT FROM excluded.sale_price_minor
"""

_NEVER_TOLD = """
    DELETE FROM feeds_publisheditem t WHERE t.feed_id = %s AND t.state = 'refused' AND t.gone_at IS NULL
      AND (%s::varchar[] IS NULL OR t.product_id = ANY(%s::varchar[]))
      AND NOT EXISTS (SELECT 1 FROM feeds_staged s WHERE s.item_id = t.item_id)
"""

_VANISHED = """
    UPDATE feeds_publisheditem t
    SET state = 'off', availability = 'out_of_stock', sale_price_minor = NULL, changes_at = NULL,
        gone_at = coalesce(t.gone_at, %s)
    WHERE t.feed_id = %s AND (t.state <> 'off' OR t.gone_at IS NULL)
      AND (%s::varchar[] IS NULL OR t.product_id = ANY(%s::varchar[]))
      AND NOT EXISTS (SELECT 1 FROM feeds_staged s WHERE s.item_id = t.item_id)
"""
