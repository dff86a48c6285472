from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.catalog.changes import Change, FieldChange
from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.product_data import MediaData, ProductData
from commerce.catalog.rules import InvalidProductError
from commerce.catalog.services import upsert_product
from tests.catalog.samples import FRONT, NAVY, shop, tote, variant
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


def test_creates_everything() -> None:
    merchant = shop()

    change = upsert_product(merchant, tote())

    product = Product.objects.get()
    assert (product.merchant_id, product.handle, product.title) == (merchant.pk, "canvas-tote", "Canvas Tote")
    assert (product.brand, product.category, product.tags) == ("Fogline", "Bags", ["bags", "cotton"])
    assert (product.option_names, product.status) == (["Color"], "active")
    assert (change.product_id, change.product) == (product.pk, Change.CREATED)
    assert (change.variants_created, change.variants_updated, change.variants_deactivated) == (2, 0, 0)
    natural, navy = Variant.objects.order_by("position")
    assert change.variant_ids == (natural.pk, navy.pk)
    assert (natural.merchant_id, natural.option_values, natural.title) == (merchant.pk, ["Natural"], "Natural")
    assert (natural.sku, natural.price_minor, natural.currency) == ("FOG-T-NAT", 2400, "usd")
    assert (navy.position, navy.weight_grams, navy.status) == (2, 400, "active")
    pictures = list(Media.objects.order_by("position").values_list("url", "alt", "variant_id"))
    assert pictures == [(FRONT, "The tote from the front", None), (NAVY, "", navy.pk)]


def test_same_data_changes_nothing() -> None:
    merchant = shop()
    first = upsert_product(merchant, tote())
    before = (*Product.objects.values(), *Variant.objects.order_by("pk").values(), *Media.objects.values())

    again = upsert_product(merchant, tote())

    after = (*Product.objects.values(), *Variant.objects.order_by("pk").values(), *Media.objects.values())
    assert after == before
    assert (again.product, again.variants_unchanged) == (Change.UNCHANGED, 2)
    assert (again.variants_created, again.variants_updated, again.variants_deactivated) == (0, 0, 0)
    assert again.variant_ids == first.variant_ids


def test_changed_price_touches_one_variant() -> None:
    merchant = shop()
    natural_id, navy_id = upsert_product(merchant, tote()).variant_ids
    before = Variant.objects.get(pk=navy_id)

    change = upsert_product(
        merchant, tote(variant("Natural", sku="FOG-T-NAT", price_minor=2600), variant("Navy", image_urls=(NAVY,)))
    )

    assert (change.variants_updated, change.variants_unchanged) == (1, 1)
    assert change.variant_ids == (natural_id, navy_id)
    assert Variant.objects.get(pk=natural_id).price_minor == 2600
    assert Variant.objects.get(pk=navy_id).updated_at == before.updated_at


def test_vanished_variant_becomes_inactive_and_returns_as_itself() -> None:
    merchant = shop()
    natural_id, navy_id = upsert_product(merchant, tote()).variant_ids

    gone = upsert_product(merchant, tote(variant("Natural", sku="FOG-T-NAT")))
    assert gone.variants_deactivated == 1
    assert Variant.objects.get(pk=navy_id).status == "inactive"

    back = upsert_product(merchant, tote())
    assert (back.variants_created, back.variants_updated) == (0, 1)
    assert back.variant_ids == (natural_id, navy_id)
    assert Variant.objects.get(pk=navy_id).status == "active"


def test_kept_variant_stays_as_it_is() -> None:
    merchant = shop()
    _, navy_id = upsert_product(merchant, tote()).variant_ids

    kept = frozenset({("Navy",)})
    change = upsert_product(merchant, tote(variant("Natural", sku="FOG-T-NAT"), kept_options=kept))

    assert change.variants_deactivated == 0
    assert Variant.objects.get(pk=navy_id).status == "active"


def test_vanished_picture_is_removed() -> None:
    merchant = shop()
    upsert_product(merchant, tote())

    change = upsert_product(
        merchant, tote(variant("Natural", sku="FOG-T-NAT"), variant("Navy"), media=(MediaData(FRONT, "Front"),))
    )

    assert (change.product, change.variants_unchanged) == (Change.UPDATED, 2)
    assert list(Media.objects.values_list("url", "alt")) == [(FRONT, "Front")]


def test_products_of_two_merchants_share_a_handle() -> None:
    ours, theirs = shop(), shop()
    upsert_product(ours, tote())

    change = upsert_product(theirs, tote())

    assert change.product is Change.CREATED
    assert Product.objects.filter(handle="canvas-tote").count() == 2


def statements(count: int) -> int:
    merchant = shop()
    variants = [variant(f"Color {number}") for number in range(count)]
    with CaptureQueriesContext(connection) as captured:
        upsert_product(merchant, tote(*variants))
    return len(captured)


def test_statements_do_not_grow_with_variants() -> None:
    assert statements(1) == statements(80) <= 10


@pytest.mark.parametrize(
    ("data", "target", "words"),
    [
        (tote(variant("Red", currency="eur")), ("variants", 0, "currency"), "sells in USD, not in EUR"),
        (tote(variant("Red", price_minor=-1)), ("variants", 0, "price_minor"), "from 0 to"),
        (tote(variant("Red", price_minor=10**13)), ("variants", 0, "price_minor"), "from 0 to"),
        (tote(variant("Red", sale_price_minor=2400)), ("variants", 0, "sale_price_minor"), "below the regular"),
        (tote(variant("Red"), variant("Red")), ("variants", 1, "option_values"), "Red is there twice"),
        (tote(variant("Red", "M")), ("variants", 0, "option_values"), "has 2 options, not 1"),
        (tote(variant("Red", gtin="123")), ("variants", 0, "gtin"), "8, 12, 13 or 14 digits"),
        (tote(variant("Red", sku="x" * 101)), ("variants", 0, "sku"), "at most 100 characters"),
        (
            tote(variant("Red", image_urls=("https://a.example/b.jpg",))),
            ("variants", 0, "image_urls"),
            "none of the",
        ),
        (tote(handle="no spaces"), ("handle",), "valid"),
        (tote(title=""), ("title",), "blank"),
        (tote(title="Null\x00"), ("title",), "NUL"),
        (tote(tags=("null\x00",)), ("tags",), "NUL"),
        (tote(status="sold"), ("status",), "not a valid choice"),
        (tote(media=(MediaData("nowhere"),)), ("media", "url"), "valid URL"),
        (tote(variant("Red"), media=(MediaData(FRONT), MediaData(FRONT))), ("media",), "same picture twice"),
        (ProductData(handle="empty", title="Empty", variants=()), ("variants",), "has no variant"),
    ],
)
def test_refuses_and_writes_nothing(data: ProductData, target: tuple[str | int, ...], words: str) -> None:
    with pytest.raises(InvalidProductError) as caught:
        upsert_product(shop(), data)

    assert caught.value.target == target
    assert words in caught.value.message
    assert not Product.objects.exists()


def test_prices_are_minor_units_of_the_merchants_currency() -> None:
    merchant = MerchantFactory.create(currency="jpy")

    upsert_product(merchant, tote(variant("Natural", price_minor=2400, currency="jpy")))

    assert Variant.objects.get().currency == "jpy"


def test_what_is_kept_stays_and_is_made_where_it_is_missing() -> None:
    merchant = shop()
    upsert_product(merchant, tote(variant("Natural", sku="FOG-T-NAT", max_quantity_per_order=2)))

    silent = frozenset(("brand", "media", "tags"))
    few = tote(
        variant("Natural", kept=frozenset(("sku", "max_quantity_per_order"))), kept=silent, media=(), brand=""
    )
    change = upsert_product(merchant, replace(few, title="Tote", tags=()))
    elsewhere = upsert_product(shop(), few)

    product = Product.objects.get(pk=change.product_id)
    assert (product.title, product.brand, product.tags) == ("Tote", "Fogline", ["bags", "cotton"])
    assert product.media.count() == 2
    row = Variant.objects.get(pk=change.variant_ids[0])
    assert (row.sku, row.max_quantity_per_order) == ("FOG-T-NAT", 2)
    assert change.fields == (FieldChange(None, "title", "Canvas Tote", "Tote"),)
    assert (elsewhere.product, Product.objects.get(pk=elsewhere.product_id).brand) == (Change.CREATED, "")


def test_kept_sale_above_the_new_price_is_refused() -> None:
    merchant = shop()
    upsert_product(merchant, tote(variant("Natural", sale_price_minor=2000)))

    cheaper = variant("Natural", price_minor=1900, kept=frozenset(("sale_price_minor",)))
    with pytest.raises(InvalidProductError) as caught:
        upsert_product(merchant, tote(cheaper, title="Renamed"))

    assert caught.value.target == ("variants", 0, "sale_price_minor")
    assert caught.value.message == (
        "Its sale price of 20.00 USD is not below the new price of 19.00 USD: end the sale, or say a new one."
    )
    assert Product.objects.get().title == "Canvas Tote"
    assert Variant.objects.get().price_minor == 2400


def test_variant_with_renamed_options_is_found_by_its_sku() -> None:
    merchant = shop()
    (natural_id, navy_id) = upsert_product(
        merchant, tote(variant("Natural", sku="N"), variant("Navy", sku="B"))
    ).variant_ids

    renamed = tote(variant("Ecru", "L", sku="N"), variant("Navy", "L", sku="B"), option_names=("Color", "Size"))
    change = upsert_product(merchant, renamed)

    assert change.variant_ids == (natural_id, navy_id)
    assert (change.variants_created, change.variants_updated, change.variants_deactivated) == (0, 2, 0)
    assert Variant.objects.get(pk=natural_id).option_values == ["Ecru", "L"]
    assert Variant.objects.get(pk=natural_id).title == "Ecru / L"


@pytest.mark.parametrize("skus", [("", ""), ("SAME", "SAME")])
def test_sku_that_is_not_the_variants_own_finds_nothing(skus: tuple[str, str]) -> None:
    merchant = shop()
    upsert_product(merchant, tote(variant("Natural", sku=skus[0]), variant("Navy", sku=skus[1])))

    change = upsert_product(merchant, tote(variant("Ecru", sku=skus[0])))

    assert (change.variants_created, change.variants_deactivated) == (1, 2)


def test_positions_in_the_right_order_stay() -> None:
    merchant = shop()
    upsert_product(merchant, tote())
    Variant.objects.filter(option_values=["Natural"]).update(position=3)
    Variant.objects.filter(option_values=["Navy"]).update(position=8)
    Media.objects.filter(url=NAVY).update(position=5)

    same = upsert_product(merchant, tote())
    more = upsert_product(merchant, tote(*tote().variants, variant("Olive")))
    turned = upsert_product(merchant, tote(variant("Olive"), *tote().variants))

    assert (same.product, same.variants_unchanged) == (Change.UNCHANGED, 2)
    assert (more.variants_created, more.variants_unchanged) == (1, 2)
    assert (turned.variants_updated, turned.variants_unchanged) == (3, 0)
    assert [row.title for row in Variant.objects.order_by("position")] == ["Olive", "Natural", "Navy"]


def test_pictures_say_how_they_changed() -> None:
    merchant = shop()
    upsert_product(merchant, tote())

    change = upsert_product(merchant, tote(media=(MediaData(NAVY), MediaData(FRONT, "Front"))))

    assert change.fields == (
        FieldChange(None, "media", [FRONT, NAVY], [NAVY, FRONT]),
        FieldChange(None, f"alt of {FRONT}", "The tote from the front", "Front"),
    )
    assert list(Media.objects.order_by("position").values_list("url", flat=True)) == [NAVY, FRONT]


def test_picture_of_a_variant_that_is_kept_stays_its_own() -> None:
    merchant = shop()
    _, navy_id = upsert_product(merchant, tote()).variant_ids

    upsert_product(merchant, tote(variant("Natural", sku="FOG-T-NAT"), kept_options=frozenset({("Navy",)})))

    assert Media.objects.get(url=NAVY).variant_id == navy_id


def test_title_that_was_never_given_stays_empty() -> None:
    merchant = shop()
    upsert_product(merchant, tote())
    Variant.objects.update(title="")

    assert upsert_product(merchant, tote()).variants_unchanged == 2
