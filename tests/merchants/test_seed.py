from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from commerce.accounts.models import Merchant
from commerce.buyers import Address, Buyer, Recipient
from commerce.catalog.models import Product, Variant
from commerce.checkout.document import Document, Line
from commerce.checkout.evaluation import Evaluation, evaluate
from commerce.checkout.facts import load_facts
from commerce.checkout.shop import Shop, load_shop
from commerce.discounts.models import Discount
from commerce.inbox.services import authenticate
from commerce.inventory.models import StockItem
from commerce.signatures import sign
from merchants.imports.reading import UnreadableFileError
from merchants.seeding import OtherCurrencyError, seed
from tests.factories import MerchantFactory
from tests.merchants.imports.files import first, write

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 20, 18, 0, tzinfo=UTC)


def test_makes_two_shops() -> None:
    harbor, fjord = seed()

    assert (harbor.slug, harbor.name, harbor.currency) == ("harbor-supply", "Harbor Supply Co.", "usd")
    assert (fjord.slug, fjord.name, fjord.currency) == ("fjord-and-fell", "Fjord & Fell", "eur")
    assert (harbor.imported.products, harbor.imported.variants) == (24, 60)
    assert (fjord.imported.products, fjord.imported.variants) == (6, 8)
    assert harbor.imported.problems == fjord.imported.problems == ()
    merchant = Merchant.objects.get(pk=harbor.merchant_id)
    assert (merchant.time_zone, merchant.country, merchant.region) == ("America/Los_Angeles", "US", "CA")
    assert merchant.support_email == "help@harborsupply.example"


def test_demo_catalog_has_what_a_demo_needs() -> None:
    seed()

    variants = Variant.objects.filter(merchant__slug="harbor-supply")
    stock = StockItem.objects.filter(variant__merchant__slug="harbor-supply")
    assert variants.filter(is_digital=True).count() == 1
    assert variants.filter(sale_price_minor__isnull=False).count() == 3
    assert stock.filter(on_hand=0, is_tracked=True, allow_backorder=False).count() == 3
    assert stock.filter(on_hand__range=(1, 3), is_tracked=True, allow_backorder=False).count() == 1
    assert stock.filter(on_hand__gte=100).count() == 15
    assert Product.objects.filter(merchant__slug="harbor-supply", tax_code="books").count() == 2
    assert not variants.exclude(gtin="").filter(gtin__regex=r"^(?!29)").exists()


def snapshot() -> list[object]:
    shops = Merchant.objects.order_by("slug").values_list("pk", "revision", "sealed_fulfillment_secret")
    return [
        *((pk, revision, bytes(secret or b"")) for pk, revision, secret in shops),
        *Product.objects.order_by("pk").values_list("pk", "updated_at"),
        *Variant.objects.order_by("pk").values_list("pk", "updated_at"),
        *Discount.objects.order_by("pk").values_list("pk"),
    ]


def test_second_time_changes_nothing() -> None:
    seed()
    before = snapshot()

    harbor, _ = seed()

    assert snapshot() == before
    assert (harbor.is_new, harbor.fulfillment_secret) == (False, None)
    assert (harbor.imported.products_unchanged, harbor.imported.variants_unchanged) == (24, 60)


def test_second_time_mends_what_was_changed() -> None:
    seed()
    discount = Discount.objects.get(merchant__slug="harbor-supply", code="WELCOME10")
    Discount.objects.filter(pk=discount.pk).update(percent=Decimal(50), name="Half price")
    Merchant.objects.filter(slug="harbor-supply").update(name="Our Shop", country="CA")

    seed()

    discount.refresh_from_db()
    assert (discount.percent, discount.name) == (Decimal(10), "Welcome: 10 % off")
    merchant = Merchant.objects.get(slug="harbor-supply")
    assert (merchant.name, merchant.country) == ("Our Shop", "US")


def test_stock_is_set_again_only_where_told() -> None:
    seed()
    spork = StockItem.objects.filter(variant__sku="TT-SPORK")
    spork.update(on_hand=3)

    seed()
    assert spork.get().on_hand == 3

    seed(is_recounted=True)
    assert spork.get().on_hand == 500


def test_own_file_under_an_own_name(tmp_path: Path) -> None:
    own, fjord = seed(slug="camp-shop", name="The Camp Shop", file=write(tmp_path, first()))

    assert (own.slug, own.name, own.imported.products) == ("camp-shop", "The Camp Shop", 1)
    assert fjord.slug == "fjord-and-fell"
    assert not Merchant.objects.filter(slug="harbor-supply").exists()


def test_unreadable_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text('Handle,Title,Variant Price\nmug,Mug,12\npan,"Pan\n')

    with pytest.raises(UnreadableFileError):
        seed(file=path)

    assert not Merchant.objects.exists()


def test_merchant_with_another_currency_is_left_alone() -> None:
    MerchantFactory.create(slug="camp-shop", name="Camp", currency="jpy")

    with pytest.raises(OtherCurrencyError, match="Camp sells in JPY; the demo's prices are USD"):
        seed(slug="camp-shop")

    assert Merchant.objects.get().name == "Camp"


def test_fulfillment_secret_is_shown_once_and_verifies() -> None:
    harbor, _ = seed()
    assert harbor.fulfillment_secret is not None
    assert harbor.fulfillment_secret not in repr(harbor)

    body = b"{}"
    signature = sign(body, secret=harbor.fulfillment_secret, timestamp=int(NOW.timestamp()))
    assert authenticate("harbor-supply", body=body, signature=signature, now=NOW).pk == harbor.merchant_id


def evaluated(
    shop: Shop, sku: str, quantity: int, place: tuple[str, str, str], codes: tuple[str, ...] = ()
) -> Evaluation:
    variant_id = Variant.objects.values_list("pk", flat=True).get(sku=sku)
    country, region, postal_code = place
    address = Address("Ada Park", "", "1 Main St", "", "Town", region, postal_code, country)
    document = Document(
        lines=(Line("li_1", variant_id, quantity),),
        buyer=Buyer(email="ada@example.com"),
        recipient=Recipient(name="Ada Park", address=address),
        codes=codes,
    )
    return evaluate(document, shop=shop, facts=load_facts(shop.id, document, now=NOW), now=NOW)


SAN_FRANCISCO, SACRAMENTO = ("US", "CA", "94131"), ("US", "CA", "95814")
NEW_YORK, ALBANY, SEATTLE = ("US", "NY", "10011"), ("US", "NY", "12207"), ("US", "WA", "98101")
TORONTO = ("CA", "ON", "M5V 2T6")


@pytest.mark.parametrize(
    ("sku", "place", "shipping", "tax"),
    [
        ("TT-MUG-CRM", SAN_FRANCISCO, 595, 125),  # 8.625 % of 14.50
        ("TT-MUG-CRM", SACRAMENTO, 595, 105),  # 7.25 %
        ("TT-MUG-CRM", NEW_YORK, 595, 129 + 53),  # 8.875 % of the mug and of its shipping
        ("TT-MUG-CRM", ALBANY, 595, 58 + 24),  # 4 %
        ("TT-MUG-CRM", SEATTLE, 595, 94 + 39),  # 6.5 %
        ("TT-SKIL-26", SACRAMENTO, 1295, 392),
        ("BRW-TENT-2", SACRAMENTO, 0, 2266),  # 329.00 less 5 %
        ("SMP-NIGHT", TORONTO, 1495, 110 + 194),  # a book: 5 %; its shipping 13 %
        ("TT-MUG-CRM", TORONTO, 1495, 188 + 194),
    ],
)
def test_american_shop_charges(sku: str, place: tuple[str, str, str], shipping: int, tax: int) -> None:
    harbor, _ = seed()
    shop = load_shop(Merchant.objects.get(pk=harbor.merchant_id))

    totals = evaluated(shop, sku, 1, place).document.totals

    assert (totals.fulfillment_minor, totals.tax_minor) == (shipping, tax)


@pytest.mark.parametrize(
    ("place", "titles"),
    [
        (
            SAN_FRANCISCO,
            ["Pick up at the store", "Standard", "Evening delivery in San Francisco", "Express"],
        ),
        (SACRAMENTO, ["Pick up at the store", "Standard", "Express"]),
        (TORONTO, ["Pick up at the store", "Standard to Canada"]),
        (("JP", "", "1500001"), ["Pick up at the store", "International"]),
    ],
)
def test_ways_of_delivery(place: tuple[str, str, str], titles: list[str]) -> None:
    harbor, _ = seed()
    shop = load_shop(Merchant.objects.get(pk=harbor.merchant_id))

    document = evaluated(shop, "TT-MUG-CRM", 1, place).document

    assert [option.title for option in document.options] == titles


@pytest.mark.parametrize(
    ("sku", "quantity", "codes", "off", "rejected"),
    [
        ("TT-MUG-CRM", 1, ("WELCOME10",), 145, []),
        ("TT-MUG-CRM", 1, ("SHIP0",), 595, []),
        ("TT-MUG-CRM", 1, ("TAKE15",), 0, ["minimum_not_met"]),
        ("QB-DAY-SLT", 1, ("TAKE15",), 1500, []),
        ("TT-MUG-CRM", 1, ("SUMMER24",), 0, ["expired"]),
        ("TT-MUG-CRM", 1, ("FIRST50",), 290, []),
        ("BRW-TENT-2", 1, (), 1645, []),
    ],
)
def test_discounts(sku: str, quantity: int, codes: tuple[str, ...], off: int, rejected: list[str]) -> None:
    harbor, _ = seed()
    shop = load_shop(Merchant.objects.get(pk=harbor.merchant_id))

    document = evaluated(shop, sku, quantity, SAN_FRANCISCO, codes).document

    assert sum(discount.amount_minor for discount in document.discounts) == off
    assert [code.reason for code in document.rejected_codes] == rejected


@pytest.mark.parametrize(
    ("sku", "country", "included", "shipping"),
    [
        ("SF-WALKS", "DE", 176 + 78, 490),  # 7 % in 26.90, 19 % in 4.90
        ("HB-SOAP", "FR", 142 + 165, 990),  # 20 % in 8.50 and in 9.90
        ("SF-WALKS", "NL", 222 + 172, 990),  # 9 % in 26.90, 21 % in 9.90
    ],
)
def test_european_prices_contain_their_tax(sku: str, country: str, included: int, shipping: int) -> None:
    _, fjord = seed()
    shop = load_shop(Merchant.objects.get(pk=fjord.merchant_id))

    totals = evaluated(shop, sku, 1, (country, "", "24937")).document.totals

    assert (totals.tax_minor, totals.included_tax_minor, totals.fulfillment_minor) == (0, included, shipping)
