"""Files are the same for the same catalog, say what is gone, and are never half in place."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.errors import BusyError
from merchants.feeds import building, services, storage
from merchants.feeds.forgetting import clean_up
from merchants.feeds.items import read_catalog
from merchants.feeds.models import Blob, BlobChunk, Feed, FeedBuild, FeedFile, FeedProblem, PublishedItem
from merchants.feeds.profiles import PROFILES
from merchants.feeds.rules import check
from merchants.feeds.services import (
    UnknownFormatError,
    build_feed,
    create_feed,
    preferred_format,
)
from merchants.feeds.writers import FormatUnavailableError
from tests.merchants.feeds.shelves import (
    NOW,
    build,
    content,
    feed_of,
    rows,
    rows_of,
    selling_agent,
    shop,
    tote,
    variant,
)

pytestmark = pytest.mark.django_db

ALL_FORMATS = [
    ("openai", "parquet"),
    ("openai", "jsonl.gz"),
    ("openai", "csv.gz"),
    ("openai", "tsv.gz"),
    ("google", "csv"),
    ("stripe", "csv"),
    ("acp", "jsonl"),
]


def stocked_shop() -> Merchant:
    merchant = shop()
    for number in range(7):
        product = tote(merchant, handle=f"tote-{number}", description="Ümlaut, “quoted”\nand broken.")
        for color in ("Navy", "Red"):
            variant(product, color, "L", mpn=f"{number}{color}")
    return merchant


@pytest.mark.parametrize(("profile", "file_format"), ALL_FORMATS)
def test_the_same_catalog_makes_the_same_bytes(profile: str, file_format: str) -> None:
    feed = feed_of(stocked_shop(), profile, file_format)

    first, second = build(feed), build(feed, now=NOW + timedelta(hours=9))

    assert first.rows == second.rows == 14
    assert {file.name: file.blob_id for file in first.files.all()} == {
        file.name: file.blob_id for file in second.files.all()
    }
    assert {file.changed_at for file in second.files.all()} == {file.changed_at for file in first.files.all()}


def test_every_format_says_the_same() -> None:
    merchant = stocked_shop()

    def said(file_format: str) -> list[tuple[Any, ...]]:
        feed, _ = create_feed(merchant, profile="openai", file_format=file_format, name=file_format, now=NOW)
        return [
            (
                row["item_id"],
                row["price"],
                " ".join(row["description"].split()),
                row["is_digital"] in (False, "false"),
            )
            for row in rows(feed)
        ]

    assert said("jsonl.gz") == said("csv.gz") == said("tsv.gz")


def test_parquet_has_types() -> None:
    feed = feed_of(stocked_shop(), "openai", "parquet")

    (file,) = build(feed).files.all()
    table = pq.read_table(io.BytesIO(content(file)))

    (row, *others) = table.to_pylist()
    assert len(others) == 13
    assert pa.types.is_map(table.schema.field("variant_dict").type)
    assert (row["is_eligible_search"], row["price"], row["additional_image_urls"]) == (True, "24.00 USD", None)
    assert dict(row["variant_dict"]) == {"Color": "Navy", "Size": "L"}
    assert pq.ParquetFile(io.BytesIO(content(file))).metadata.row_group(0).column(0).compression == "ZSTD"


def test_cells_are_quoted_and_objects_are_json() -> None:
    feed = feed_of(stocked_shop(), "openai", "csv.gz")

    (file,) = build(feed).files.all()
    text = gzip.decompress(content(file)).decode()

    row = next(csv.DictReader(io.StringIO(text)))
    assert row["variant_dict"] == '{"Color":"Navy","Size":"L"}'
    assert (row["is_eligible_search"], row["is_eligible_checkout"]) == ("true", "false")
    assert row["description"] == "Ümlaut, “quoted”\nand broken."
    assert '"Ümlaut, “quoted”\nand broken."' in text


def test_shards_are_chosen_by_the_items_id() -> None:
    feed = feed_of(stocked_shop(), shards=4)

    made = build(feed)
    places = {row["item_id"]: file.name for file in made.files.all() for row in rows_of_file(file)}
    first, *_ = sorted(places)
    Variant.objects.filter(pk=first).update(status="inactive")
    again = {row["item_id"]: file.name for file in build(feed).files.all() for row in rows_of_file(file)}

    names = [f"products-0{number}-of-04.jsonl.gz" for number in range(1, 5)]
    assert sorted(made.files.values_list("name", flat=True)) == names
    assert len(places) == made.rows == 14
    assert again == places


def rows_of_file(file: FeedFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(content(file)).splitlines()]


def test_a_grown_catalog_gets_more_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ITEMS_PER_FILE", 5)
    feed = feed_of(stocked_shop())

    assert build(feed).files.count() == 4
    feed.refresh_from_db()
    assert feed.shards == 4


@pytest.mark.parametrize("changes", [{"shards": 2}, {"file_format": "csv.gz"}])
def test_former_names_answer_until_the_platform_was_told(changes: dict[str, Any]) -> None:
    feed = feed_of(stocked_shop())
    build(feed)
    Feed.objects.update(**changes)
    Variant.objects.update(price_minor=1900)

    names = {
        days: {file.name: file.is_former for file in build(feed, now=NOW + timedelta(days=days)).files.all()}
        for days in (1, 20, 32)
    }

    former, present = {"products.jsonl.gz": True}, {name: False for name, is_former in names[32].items()}
    assert names == {1: {**former, **present}, 20: {**former, **present}, 32: present}
    kept = FeedFile.objects.filter(is_former=True).latest("pk")
    assert (kept.rows, {row["price"] for row in rows_of_file(kept)}) == (14, {"19.00 USD"})
    feed.refresh_from_db()
    assert (feed.former_layouts, feed.former_until) == ([], None)


def test_names_that_change_back_are_the_present_ones() -> None:
    feed = feed_of(stocked_shop())
    for shards in (1, 2, 1):
        Feed.objects.update(shards=shards)
        made = build(feed)

    assert {file.name: file.is_former for file in made.files.all()} == {
        "products.jsonl.gz": False,
        "products-01-of-02.jsonl.gz": True,
        "products-02-of-02.jsonl.gz": True,
    }


def test_a_kind_that_cannot_be_written_any_more_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = feed_of(stocked_shop(), "openai", "parquet")
    build(feed)
    Feed.objects.update(file_format="jsonl.gz")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    assert [file.name for file in build(feed).files.all()] == ["products.jsonl.gz"]


def test_pages_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = stocked_shop()

    def handles(page: int) -> list[str]:
        return [group.goods.handle for groups in read_catalog(merchant.pk, page=page) for group in groups]

    assert handles(1) == handles(3) == handles(100) == [f"tote-{number}" for number in range(7)]


def test_statements_do_not_grow_with_the_items() -> None:
    merchant = stocked_shop()
    feed = feed_of(merchant)
    build(feed)

    def statements() -> int:
        Variant.objects.update(price_minor=F("price_minor") + 1)
        with CaptureQueriesContext(connection) as queries:
            build(feed)
        return len(queries)

    few = statements()
    for number in range(20):
        variant(tote(merchant, handle=f"more-{number}"), "Navy", "L")

    assert statements() == few


def test_what_is_gone_is_told_first_and_for_long_enough() -> None:
    merchant = shop()
    stays, sleeps, goes = (variant(tote(merchant, handle=handle), "Navy", "L") for handle in ("a", "b", "c"))
    feed = feed_of(merchant, agent=selling_agent(merchant))
    build(feed)
    Variant.objects.filter(pk=sleeps.pk).update(status="inactive")
    Product.objects.filter(pk=goes.product_id).delete()

    *gone, left = rows(feed, now=NOW + timedelta(days=1))
    later = rows(feed, now=NOW + timedelta(days=29))
    at_last = rows(feed, now=NOW + timedelta(days=32))

    assert sorted(row["item_id"] for row in gone) == sorted([sleeps.pk, goes.pk])
    for row in gone:
        assert row == {
            "item_id": row["item_id"],
            "title": "Canvas Tote - Navy / L",
            "description": "No longer sold.",
            "url": row["url"],
            "brand": "Fogline",
            "seller_name": "Harbor Supply",
            "image_url": "https://cdn.harborsupply.example/tote.jpg",
            "availability": "out_of_stock",
            "price": "24.00 USD",
            "is_eligible_search": False,
            "is_eligible_checkout": False,
        }
    assert (left["item_id"], left["is_eligible_search"]) == (stays.pk, True)
    assert len(later) == 3
    assert [row["item_id"] for row in at_last] == [stays.pk]


def test_what_comes_back_is_there_again() -> None:
    merchant = shop()
    navy = variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant)
    build(feed)
    Variant.objects.update(status="inactive")
    assert [row["is_eligible_search"] for row in rows(feed)] == [False]
    Variant.objects.update(status="active")

    assert [row["is_eligible_search"] for row in rows(feed)] == [True]
    item = PublishedItem.objects.get()
    assert (item.item_id, item.state, item.gone_at) == (navy.pk, "discovery", None)


def test_what_was_told_and_is_refused_now_is_told_to_be_gone() -> None:
    """Left out alone it would be shown for two more weeks, at the old price."""
    merchant = shop()
    navy = variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant)
    build(feed)
    Product.objects.update(description="")
    Variant.objects.update(price_minor=9900)

    (row,) = rows(feed, now=NOW + timedelta(hours=1))
    (still,) = rows(feed, now=NOW + timedelta(days=2))

    assert (row["item_id"], row["is_eligible_search"], row["price"]) == (navy.pk, False, "24.00 USD")
    assert row == still
    made = FeedBuild.objects.latest("pk")
    assert (made.rows, made.gone, made.refused) == (0, 1, 1)


@pytest.mark.parametrize(("profile", "file_format"), [("openai", "csv.gz"), ("stripe", "csv")])
def test_what_is_refused_now_is_told_before_all_that_is_for_sale(profile: str, file_format: str) -> None:
    merchant = shop()
    stays, lapses, sleeps = (
        variant(tote(merchant, handle=handle), "Navy", "L", mpn=handle) for handle in ("a", "b", "c")
    )
    feed = feed_of(merchant, profile, file_format)
    build(feed)
    Product.objects.filter(pk=lapses.product_id).update(description="")
    Variant.objects.filter(pk=sleeps.pk).update(status="inactive")

    told = [row[PROFILES[profile].id_field] for row in rows(feed)]

    assert told == [sleeps.pk, lapses.pk, stays.pk]


def test_what_is_gone_is_told_within_the_caps() -> None:
    """A title is cut while a product is for sale; the row that says it is gone has to be taken, too."""
    merchant = shop()
    lost = variant(tote(merchant, title="Canvas Tote " * 20), "Navy", "L", title="Navy " * 40)
    feed = feed_of(merchant)
    (sold,) = rows(feed)
    Variant.objects.filter(pk=lost.pk).update(status="inactive")

    (gone,) = rows(feed)

    assert gone["title"] == sold["title"]
    checked = check(PROFILES["openai"].columns, dict(gone))
    assert (checked.row, checked.problems) == (gone, ())


def test_what_was_refused_from_the_start_is_never_told_of() -> None:
    merchant = shop()
    variant(tote(merchant, description=""), "Navy", "L")
    feed = feed_of(merchant)

    assert rows(feed) == []
    Product.objects.update(status="draft")
    assert rows(feed) == []
    assert not PublishedItem.objects.exists()


def test_only_what_has_changed_is_written() -> None:
    merchant = stocked_shop()
    feed = feed_of(merchant)
    build(feed)
    before = dict(PublishedItem.objects.values_list("item_id", "told_at"))
    first, *_ = sorted(before)
    Variant.objects.filter(pk=first).update(price_minor=999)

    build(feed, now=NOW + timedelta(hours=1))

    after = dict(PublishedItem.objects.values_list("item_id", "told_at"))
    assert {item_id for item_id in after if after[item_id] != before[item_id]} == {first}


def test_each_problem_is_in_the_report() -> None:
    merchant = shop()
    variant(tote(merchant, brand="", title="=cmd()"), "Navy", "L", sku="TOTE-1")
    feed = feed_of(merchant)

    made = build(feed)

    assert made.report is not None
    text = b"".join(storage.read(made.report.pk)).decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert {name: row[name] for name in ("sku", "title", "rule", "field", "effect")} == {
        "sku": "TOTE-1",
        "title": "'=cmd() - Navy / L",
        "rule": "V-08",
        "field": "brand",
        "effect": "refused",
    }
    assert made.problem_counts == [["V-08", "brand", "refused", 1]]


def test_of_very_many_problems_some_are_kept_and_all_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SHOWN_REFUSALS", 3)
    merchant = shop()
    for number in range(5):
        variant(tote(merchant, handle=f"t{number}", brand=""), "Navy", "L")

    made = build(feed_of(merchant))

    assert FeedProblem.objects.count() == 3
    assert made.problem_counts == [["V-08", "brand", "refused", 5]]


def test_a_failed_build_leaves_what_was_published(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = stocked_shop()
    feed = feed_of(merchant)
    good = build(feed)
    Variant.objects.update(price_minor=1)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(services, "publish", fail)
    with pytest.raises(RuntimeError, match="disk"):
        build_feed(feed.pk, now=NOW)

    feed.refresh_from_db()
    failed = FeedBuild.objects.latest("pk")
    assert (failed.status, failed.error, feed.build_id) == ("failed", "RuntimeError: the disk is full", good.pk)
    assert (feed.leased_until, feed.due_at) == (None, NOW + timedelta(minutes=5))
    assert set(PublishedItem.objects.values_list("price_minor", flat=True)) == {2400}


def test_one_process_builds_at_a_time() -> None:
    feed = feed_of(stocked_shop(), leased_until=NOW + timedelta(minutes=1))

    with pytest.raises(BusyError):
        build_feed(feed.pk, now=NOW)
    assert not FeedBuild.objects.exists()


def test_after_a_killed_build_the_next_one_goes_on() -> None:
    feed = feed_of(stocked_shop(), leased_until=NOW - timedelta(seconds=1))
    killed = FeedBuild.objects.create(feed=feed, cause="schedule", started_at=NOW - timedelta(hours=1))

    build(feed)

    killed.refresh_from_db()
    assert (killed.status, killed.error) == ("failed", "interrupted")


def test_a_feed_is_due_again_after_its_interval_or_when_a_sale_ends() -> None:
    merchant = shop()
    navy = variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant, interval_minutes=60)

    build(feed)
    assert feed.due_at == NOW + timedelta(minutes=60)

    ends_at = NOW + timedelta(minutes=10)
    Variant.objects.filter(pk=navy.pk).update(sale_price_minor=900, sale_ends_at=ends_at)
    build(feed)
    assert feed.due_at == ends_at
    assert [row.get("sale_price") for row in rows(feed, now=ends_at)] == [None]


@pytest.mark.parametrize(
    ("profile", "file_format"), [("openai", "csv"), ("google", "parquet"), ("stripe", "csv.gz")]
)
def test_formats_that_a_platform_does_not_read_are_refused(profile: str, file_format: str) -> None:
    with pytest.raises(UnknownFormatError):
        create_feed(shop(), profile=profile, file_format=file_format, now=NOW)


def test_without_its_extra_parquet_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(FormatUnavailableError, match=r"agentic-commerce-engine\[parquet\]"):
        create_feed(shop(), profile="openai", file_format="parquet", now=NOW)
    assert preferred_format("openai") == "jsonl.gz"


def test_content_is_kept_once_and_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "CHUNK_BYTES", 10)
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 3 + b"!")

    first, second = storage.store(path, now=NOW), storage.store(path, now=NOW)

    assert first.pk == second.pk
    assert (first.size, BlobChunk.objects.count()) == (31, 4)
    assert list(storage.read(first.pk)) == [b"0123456789"] * 3 + [b"!"]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()

    blob = storage.store(path, now=NOW)

    assert (blob.size, list(storage.read(blob.pk))) == (0, [])


def test_old_builds_are_forgotten() -> None:
    merchant = shop()
    navy = variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant)
    for price in range(100, 105):
        Variant.objects.filter(pk=navy.pk).update(price_minor=price)
        build(feed)
    Blob.objects.update(created_at=NOW - timedelta(days=1))

    clean_up(now=NOW)

    assert (FeedBuild.objects.count(), FeedFile.objects.count(), Blob.objects.count()) == (5, 2, 2)
    assert Feed.objects.get().build_id == FeedBuild.objects.latest("pk").pk
    assert rows_of(FeedBuild.objects.latest("pk"))[0]["price"] == "1.04 USD"
