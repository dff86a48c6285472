"""Products are written in batches, and one that the database refuses costs only itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connection

from commerce.catalog.models import Product, Variant
from merchants.imports import services
from merchants.imports.reading import Problem, ReadProduct, Severity
from merchants.imports.services import BATCH_PRODUCTS, BATCH_VARIANTS, in_batches, preview_batch, write_batch
from tests.catalog.samples import shop, tote, variant
from tests.merchants.imports.files import first, further, read

pytestmark = pytest.mark.django_db


def product(handle: str, *, variants: int = 1, row: int = 2) -> ReadProduct:
    rows = tuple(variant(f"Color {number}") for number in range(variants))
    return ReadProduct(row, handle, tote(*rows, handle=handle, media=()), (), tuple(range(row, row + variants)))


def sizes(*products: ReadProduct) -> list[int]:
    return [len(batch) for batch in in_batches(products)]


def test_batches_are_limited_in_every_way() -> None:
    many = [product(f"p-{number}") for number in range(BATCH_PRODUCTS + 1)]
    large = [product(f"p-{number}", variants=BATCH_VARIANTS // 2) for number in range(3)]

    assert sizes(*many) == [BATCH_PRODUCTS, 1]
    assert sizes(*large) == [2, 1]
    assert sizes(product("a"), product("b"), product("a")) == [2, 1]
    assert sizes(product("a", variants=BATCH_VARIANTS * 2)) == [1]
    assert sizes() == []


def test_what_the_database_refuses_costs_only_itself() -> None:
    merchant = shop()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_product ADD CONSTRAINT no_b CHECK (handle <> 'b')")
    batch = [
        product("a"),
        ReadProduct(5, "unread", None, (Problem(5, "x", "", "y"),)),
        product("b", row=7),
        product("c"),
    ]

    result = write_batch(merchant, batch, is_recounted=False)

    assert sorted(Product.objects.values_list("handle", flat=True)) == ["a", "c"]
    assert [one.change for one in result.products] == ["created", "skipped", "skipped", "created"]
    assert result.counts == {
        "products_created": 2,
        "products_skipped": 2,
        "variants_created": 2,
        "stock_created": 2,
    }
    (kept, refused) = result.problems
    assert (kept.row, refused.row, refused.value, refused.severity) == (5, 7, "b", Severity.ERROR)
    assert refused.advice.startswith("It could not be written now: new row for relation")
    assert refused.advice.endswith("Import the file again. The product was left as it was.")


def test_database_that_is_gone_is_no_problem_of_the_products(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(services, "upsert_stocked_products", gone)

    with pytest.raises(DatabaseError):
        write_batch(shop(), [product("a")], is_recounted=False)


def test_preview_counts_as_the_import_does(tmp_path: Path) -> None:
    merchant = shop()
    rows = [first(Option1_Name="Color", Option1_Value="Red"), further(Option1_Value="Blue")]
    write_batch(merchant, read(tmp_path, *rows), is_recounted=False)
    rows = [
        first(Option1_Name="Color", Option1_Value="Red", Title="Mug"),
        first(Handle="pan", Title=""),
        first(Handle="x", Variant_Price=""),
    ]
    before = list(Variant.objects.order_by("pk").values())

    previewed = preview_batch(merchant, read(tmp_path, *rows), is_recounted=False)

    assert list(Variant.objects.order_by("pk").values()) == before
    assert Product.objects.count() == 1
    assert previewed == write_batch(merchant, read(tmp_path, *rows), is_recounted=False)
    assert [(one.row, one.handle, one.change) for one in previewed.products] == [
        (2, "camp-mug", "updated"),
        (3, "pan", "created"),
        (4, "x", "skipped"),
    ]
    assert [(one.variant, one.field, one.old, one.new) for one in previewed.products[0].fields] == [
        (None, "title", "Camp Mug", "Mug"),
        ("Blue", "status", "active", "inactive"),
    ]
