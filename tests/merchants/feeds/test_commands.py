from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from merchants.feeds.models import Feed, FeedBuild, PublishedItem
from merchants.feeds.profiles import PROFILES
from merchants.feeds.readers import read_feed
from tests.merchants.feeds.shelves import feed_of, shop, tote, variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")


def run(command: str, *arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def stock() -> None:
    merchant = shop()
    variant(tote(merchant, handle="good"), "Navy", "L", sku="GOOD")
    variant(tote(merchant, handle="bad", brand=""), "Navy", "L", sku="BAD")


def test_files_are_written_and_nothing_is_published(tmp_path: Path) -> None:
    stock()

    told = run("build_feed", merchant="harbor-supply", profile="openai", format="jsonl.gz", out=tmp_path / "new")

    assert "1 items, 0 told to be gone, 1 refused" in told
    assert "BAD" in told
    assert "Some facts every row must have" in told
    written = gzip.decompress((tmp_path / "new" / "products.jsonl.gz").read_bytes())
    assert json.loads(written)["brand"] == "Fogline"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["problems.csv", "products.jsonl.gz"]
    assert (Feed.objects.count(), FeedBuild.objects.count(), PublishedItem.objects.count()) == (0, 0, 0)


def test_a_feed_is_made_built_and_its_address_shown_once() -> None:
    stock()

    first = run("build_feed", merchant="harbor-supply", profile="stripe")
    second = run("build_feed", merchant="harbor-supply", profile="stripe")

    feed = Feed.objects.get()
    assert (feed.file_format, FeedBuild.objects.count()) == ("csv", 2)
    assert f"https://shop.example/feeds/{feed.token_prefix}" in first
    assert "shown only now" in first
    assert "https://" not in second


def test_the_preferred_kind_of_file_is_parquet() -> None:
    stock()

    run("build_feed", merchant="harbor-supply", profile="openai")

    assert Feed.objects.get().file_format == "parquet"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"merchant": "nobody", "profile": "openai"}, "There is no merchant 'nobody'"),
        ({"merchant": "harbor-supply", "profile": "openai", "format": "xml"}, "is read as parquet, jsonl.gz"),
        ({"merchant": "harbor-supply", "profile": "stripe", "format": "tsv", "out": Path("x")}, "is read as csv"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    stock()

    with pytest.raises(CommandError, match=words):
        run("build_feed", **options)
    assert not Feed.objects.exists()


def test_a_feed_at_work_is_not_built_twice() -> None:
    from django.utils import timezone

    stock()
    feed_of(shop(slug="other"), leased_until=timezone.now().replace(year=2999))

    with pytest.raises(CommandError, match="being built"):
        run("build_feed", merchant="other", profile="openai")


GOOD: dict[str, Any] = {
    "item_id": "1",
    "title": "Tote",
    "description": "A tote.",
    "url": "https://shop.example/1",
    "brand": "Fogline",
    "seller_name": "Harbor",
    "image_url": "https://cdn.example.com/1.jpg",
    "availability": "in_stock",
    "price": "24.00 USD",
}


def written(folder: Path, *rows: dict[str, Any], name: str = "feed.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_good_file_has_nothing_wrong(tmp_path: Path) -> None:
    assert run("check_feed", written(tmp_path, GOOD)) == "1 rows, 0 refused.\n"


@pytest.mark.parametrize("file_format", ["jsonl.gz", "csv.gz", "tsv.gz", "parquet"])
def test_what_is_built_here_passes_here(tmp_path: Path, file_format: str) -> None:
    merchant = shop(return_days=30)
    product = tote(merchant)
    for color in ("Navy", "Red"):
        variant(product, color, "L", gtin="", length_mm=100, width_mm=200, sale_price_minor=100)
    run("build_feed", merchant="harbor-supply", profile="openai", format=file_format, out=tmp_path)

    assert run("check_feed", tmp_path / f"products.{file_format}") == "2 rows, 0 refused.\n"


@pytest.mark.parametrize(("profile", "name"), [("google", "products.tsv.gz"), ("stripe", "products.csv")])
def test_other_profiles_are_read_too(tmp_path: Path, profile: str, name: str) -> None:
    variant(tote(shop()), "Navy", "L", mpn="1")
    run("build_feed", merchant="harbor-supply", profile=profile, out=tmp_path)

    assert run("check_feed", tmp_path / name, profile=profile) == "1 rows, 0 refused.\n"


def refused(path: Path) -> str:
    out = io.StringIO()
    with pytest.raises(CommandError, match="refused"):
        call_command("check_feed", path, stdout=out)
    return out.getvalue()


def test_each_refused_row_says_why(tmp_path: Path) -> None:
    group = {"group_id": "p", "listing_has_variations": True}
    rows = [
        {**GOOD, **group, "variant_dict": {"Color": "Navy"}},
        {**GOOD, "price": "free"},
        {**GOOD, **group, "item_id": "3", "variant_dict": {"Color": "Navy"}},
        {**GOOD, **group, "item_id": "4", "variant_dict": {"Size": "L"}},
        {**GOOD, "item_id": 5},
    ]

    told = refused(written(tmp_path, *rows))

    assert "5 rows, 4 refused." in told
    for words in (
        "Amounts are written like 19.99 USD",
        "Give every row an id of its own.",
        "Give every variant options by which it differs from the others.",
        "Give every variant the same options: Color.",
        "Write it as text, in quotes.",
    ):
        assert words in told


def across(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Return good rows of one group with these changes, each with an id and a color of its own."""
    return [
        {
            **GOOD,
            "item_id": f"item-{number}",
            "group_id": "p",
            "listing_has_variations": True,
            "variant_dict": {"Color": f"Color {number}"},
            **row,
        }
        for number, row in enumerate(rows)
    ]


def problems(path: Path, profile: str = "openai") -> list[tuple[int, str, str, str]]:
    return [
        (row.number, one.rule, one.field, str(one.effect))
        for row in read_feed(path, PROFILES[profile])
        for one in row.problems
    ]


def test_a_groups_id_is_no_items_wherever_that_is(tmp_path: Path) -> None:
    rows = [*across({}, {}), {**GOOD, "item_id": "p"}]

    assert problems(written(tmp_path, *rows)) == [
        (1, "V-20", "group_id", "refused"),
        (2, "V-20", "group_id", "refused"),
    ]


def test_a_gtin_that_a_group_shares_is_nobodys(tmp_path: Path) -> None:
    shared, own = {"gtin": "0036000291452"}, {"gtin": "4006381333931"}
    rows = [*across(shared, own, shared), {**GOOD, "item_id": "alone", **own}]

    assert problems(written(tmp_path, *rows)) == [(1, "V-11", "gtin", "left_out"), (3, "V-11", "gtin", "left_out")]


def test_groups_of_other_profiles_are_looked_at_too(tmp_path: Path) -> None:
    names = "id title description link image_link availability price brand gtin item_group_id".split()
    good = ["Tote", "A tote.", GOOD["url"], GOOD["image_url"], "in_stock", "24.00 USD", "Fogline", "0036000291452"]
    lines = ["\t".join([item_id, *good, group]) for item_id, group in (("a", "p"), ("b", "p"), ("p", ""))]
    path = tmp_path / "feed.tsv"
    path.write_text("\n".join(["\t".join(names), *lines]))

    assert problems(path, "google") == [
        (number, *found)
        for number in (1, 2)
        for found in (("V-20", "item_group_id", "refused"), ("V-11", "gtin", "left_out"))
    ]


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("is_eligible_search", "true", ("V-04", "left_out")),
        ("review_count", "12", ("V-13", "left_out")),
        ("gtin", 4006381333931, ("V-01", "left_out")),
    ],
)
def test_json_has_types(tmp_path: Path, field: str, value: Any, found: tuple[str, str]) -> None:
    rule, effect = found

    assert problems(written(tmp_path, {**GOOD, field: value})) == [(1, rule, field, effect)]


def test_a_row_that_only_deletes_needs_no_more_than_its_id(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,title,delete\nvar_1,,true\n,,true\nvar_3,Tote,perhaps\n")

    assert problems(path, "stripe")[:2] == [(2, "V-08", "id", "refused"), (3, "V-08", "description", "refused")]


def test_old_names_are_understood_and_told(tmp_path: Path) -> None:
    old = {name: value for name, value in GOOD.items() if name not in ("item_id", "url", "image_url")}
    old |= {
        "id": "1",
        "sku": "other",
        "link": GOOD["url"],
        "image_link": GOOD["image_url"],
        "enable_search": "true",
        "is_eligible_search": "nonsense",
        "inventory_quantity": "7",
        "group_id": "p",
        "listing_has_variations": True,
        "Custom_variant1_category": "Color",
        "Custom_variant1_option": "Navy",
    }
    path = tmp_path / "feed.csv"
    path.write_text(",".join(old) + "\n" + ",".join("true" if one is True else f'"{one}"' for one in old.values()))

    told = run("check_feed", path)

    assert "1 rows, 0 refused." in told
    for words in ("Call it url.", "Send item_id only; id was read.", "Leave it out: it is not read any more."):
        assert words in told


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("feed.jsonl", b"{"),
        ("feed.jsonl", b"[]"),
        ("feed.jsonl.gz", b"no gzip"),
        ("feed.csv", b'item_id\n"open'),
        ("feed.csv", b"item_id\n\xff\xfe"),
        ("feed.parquet", b"PAR1"),
        ("feed.xml", b"<rss/>"),
        ("missing.csv", None),
    ],
)
def test_files_that_cannot_be_read_say_so(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)

    with pytest.raises(CommandError):
        run("check_feed", tmp_path / name)
