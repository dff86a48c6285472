"""A shop with something on its shelves, and what its feeds say of it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Product, Variant
from merchants.feeds.models import Feed, FeedBuild, FeedFile, FeedProblem
from merchants.feeds.services import build_feed, create_feed
from merchants.feeds.storage import read
from tests.factories import (
    AgentFactory,
    FulfillmentMethodFactory,
    MediaFactory,
    MerchantFactory,
    ProductFactory,
    ShippingZoneFactory,
    VariantFactory,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CDN = "https://cdn.harborsupply.example"


def shop(**changes: Any) -> Merchant:
    """A shop in San Francisco that sends to the US for 5.00."""
    merchant = MerchantFactory.create(**{"slug": "harbor-supply", **changes})
    FulfillmentMethodFactory.create(
        merchant=merchant,
        zone=ShippingZoneFactory.create(merchant=merchant, countries=["US"]),
        title="Standard",
        rate=500,
    )
    return merchant


def tote(merchant: Merchant, **changes: Any) -> Product:
    """A product with options and a picture, and no variant yet."""
    facts = {
        "handle": "canvas-tote",
        "title": "Canvas Tote",
        "brand": "Fogline",
        "category": "Bags > Totes",
        "option_names": ["Color", "Size"],
    }
    product = ProductFactory.create(merchant=merchant, **{**facts, **changes})
    MediaFactory.create(product=product, url=f"{CDN}/tote.jpg")
    return product


def variant(product: Product, *options: str, **changes: Any) -> Variant:
    """A variant of a product with these options, in stock unless told otherwise."""
    position = product.variants.count() + 1
    facts = {
        "option_values": list(options),
        "title": " / ".join(options),
        "price_minor": 2400,
        "position": position,
    }
    return VariantFactory.create(merchant=product.merchant, product=product, **{**facts, **changes})


def selling_agent(merchant: Merchant) -> Agent:
    return AgentFactory.create(merchant=merchant)


def feed_of(merchant: Merchant, profile: str = "openai", file_format: str = "jsonl.gz", **changes: Any) -> Feed:
    feed, _ = create_feed(merchant, profile=profile, file_format=file_format, now=NOW)
    if changes:
        Feed.objects.filter(pk=feed.pk).update(**changes)
    feed.refresh_from_db()
    return feed


def build(feed: Feed, *, now: datetime = NOW) -> FeedBuild:
    made = build_feed(feed.pk, now=now)
    feed.refresh_from_db()
    return made


def content(file: FeedFile) -> bytes:
    return b"".join(read(file.blob_id))


def rows(feed: Feed, *, now: datetime = NOW) -> list[dict[str, Any]]:
    """Build a feed and return its rows, cells of delimited files as text."""
    return rows_of(build(feed, now=now))


def rows_of(made: FeedBuild) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for file in made.files.exclude(name="metadata.json").order_by("name"):
        data = content(file)
        if file.name.endswith(".gz"):
            data = gzip.decompress(data)
        if ".jsonl" in file.name:
            found += [json.loads(line) for line in data.splitlines()]
        else:
            delimiter = "," if ".csv" in file.name else "\t"
            found += csv.DictReader(io.StringIO(data.decode()), delimiter=delimiter)
    return found


def told(made: FeedBuild) -> set[tuple[str, str, str]]:
    """Return rule, field and effect of what was wrong, advice apart."""
    problems = FeedProblem.objects.filter(build=made).exclude(effect="advice")
    return set(problems.values_list("rule", "field", "effect"))


def told_last(feed: Feed) -> set[tuple[str, str, str]]:
    assert feed.build is not None
    return told(feed.build)
