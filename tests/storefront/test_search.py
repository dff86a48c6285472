"""What is found, in which order, page by page; on PostgreSQL with the products' own triggers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.storefront.cursors import InvalidCursorError
from commerce.storefront.search import Found, Reason, search
from commerce.storefront.wanted import Filters, Sort, Stock, Wanted, read_question
from tests.clock import NOW
from tests.factories import MerchantFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create()


def sell(shop: Merchant, title: str, *options: str, price: int = 2400, stock: int = 5, **product: Any) -> Product:
    """Put a product on show: with a variant for each value of its option Color, or with a single one."""
    names = ["Color"] if options else []
    made = ProductFactory.create(
        merchant=shop, title=title, **{"description": "", "option_names": names, **product}
    )
    for place, value in enumerate(options or ("",)):
        values = [value] if value else []
        VariantFactory.create(
            merchant=shop,
            product=made,
            position=place,
            option_values=values,
            price_minor=price,
            stock__on_hand=stock,
        )
    return made


def find(
    shop: Merchant, words: str = "", *, sort: Sort = Sort.RELEVANCE, limit: int = 20, **filters: Any
) -> Found:
    wanted = Wanted(read_question(words), Filters(**filters), sort)
    return search(shop.pk, wanted, now=NOW, limit=limit)


def titles(found: Found) -> list[str]:
    return [one.title for one in found.listings]


def options(found: Found) -> list[tuple[str, ...]]:
    return [
        tuple(value for _, value in variant.offer.options) for one in found.listings for variant in one.variants
    ]


def test_words_of_options_and_codes_find_a_product(shop: Merchant) -> None:
    sell(shop, "Canvas Tote", "Navy", "Sand")
    sell(shop, "Beanie", "Teal")
    Variant.objects.filter(option_values=["Teal"]).update(sku="FOG-BEA-7", gtin="4006381333931", mpn="B7")

    assert titles(find(shop, "navy tote")) == ["Canvas Tote"]
    for code in ("FOG-BEA-7", "fog-bea-7", "4006381333931", "b7"):
        assert titles(find(shop, code)) == ["Beanie"], code


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Crème Brûlée Torch", "creme brulee"),
        ("Skjær Kart", "skjaer"),
        ("Große Tasse", "grosse tasse"),
        ("Чашка эмалированная", "чашка"),
        ("日本茶 セット", "日本茶"),
        ("Skillet 26 cm", "26cm"),
        ("Pack 22L", "22 l"),
        ("The Who", "the who"),
        ("Men's Socks", "mens sock"),
    ],
)
def test_any_language_and_spelling_of_units_is_read(shop: Merchant, title: str, words: str) -> None:
    sell(shop, title)

    found = find(shop, words)

    assert (titles(found), found.corrections) == ([title], ())


def test_phrases_exclusions_and_alternatives(shop: Merchant) -> None:
    for title in ("Camp Mug", "Mug for Camp", "Tote", "Backpack"):
        sell(shop, title)

    assert titles(find(shop, '"camp mug"')) == ["Camp Mug"]
    assert set(titles(find(shop, "mug -tote"))) == {"Camp Mug", "Mug for Camp"}
    assert set(titles(find(shop, "tote or backpack"))) == {"Tote", "Backpack"}


def test_a_title_counts_more_than_a_description(shop: Merchant) -> None:
    sell(shop, "Boots", description="Wear them with wool socks, wool socks, wool socks.")
    sell(shop, "Boots with socks", brand="Wool")
    sell(shop, "Wool socks")

    assert titles(find(shop, "wool socks")) == ["Wool socks", "Boots with socks", "Boots"]


def test_only_what_is_on_show_here_is_found(shop: Merchant) -> None:
    sell(shop, "Mug")
    sell(shop, "Mug draft", status=Product.Status.DRAFT)
    sell(shop, "Mug archived", status=Product.Status.ARCHIVED)
    sell(MerchantFactory.create(), "Mug elsewhere")
    withdrawn = sell(shop, "Mug withdrawn")
    withdrawn.variants.update(status="inactive")
    ProductFactory.create(merchant=shop, title="Mug without variants")

    for sort in Sort:
        assert titles(find(shop, "mug", sort=sort)) == titles(find(shop, sort=sort)) == ["Mug"]


def test_words_follow_every_change_of_a_product_and_its_variants(shop: Merchant) -> None:
    tote = sell(shop, "Tote", "Navy")
    navy = tote.variants.get()

    Product.objects.filter(pk=tote.pk).update(title="Bag")
    assert (titles(find(shop, "bag")), titles(find(shop, "tote"))) == (["Bag"], [])
    Variant.objects.bulk_update([Variant(pk=navy.pk, option_values=["Rust"])], ["option_values"])
    assert (titles(find(shop, "rust")), titles(find(shop, "navy"))) == (["Bag"], [])
    Variant.objects.bulk_create([Variant(merchant=shop, product=tote, option_values=["Moss"], price_minor=1, currency="usd")])  # fmt: skip
    assert titles(find(shop, "moss bag")) == ["Bag"]
    tote.variants.filter(option_values=["Moss"]).delete()
    assert titles(find(shop, "moss")) == []
    tote.variants.update(status="inactive")
    assert titles(find(shop, "bag")) == []
    tote.variants.update(status="active")
    assert titles(find(shop, "bag")) == ["Bag"]


def test_a_stale_copy_does_not_overwrite_the_words(shop: Merchant) -> None:
    tote = sell(shop, "Tote", "Navy")
    VariantFactory.create(merchant=shop, product=tote, option_values=["Moss"])

    tote.save()

    assert titles(find(shop, "moss")) == ["Tote"]


def test_a_changed_price_writes_no_product(shop: Merchant) -> None:
    tote = sell(shop, "Tote", "Navy")
    with connection.cursor() as cursor:
        version = "SELECT xmin::text FROM catalog_product WHERE id = %s"
        cursor.execute(version, [tote.pk])
        before = cursor.fetchone()
        tote.variants.update(price_minor=9)
        cursor.execute(version, [tote.pk])
        assert cursor.fetchone() == before


def test_prices_are_those_of_the_moment(shop: Merchant) -> None:
    tote = sell(shop, "Tote", price=3000)
    tote.variants.update(sale_price_minor=1000, sale_starts_at=NOW, sale_ends_at=NOW + timedelta(hours=1))

    def prices(at: timedelta) -> list[int]:
        wanted = Wanted(filters=Filters(price_max=1000))
        found = search(shop.pk, wanted, now=NOW + at, limit=5)
        return [one.variants[0].offer.price_minor for one in found.listings]

    assert prices(timedelta(seconds=-1)) == []
    assert prices(timedelta(0)) == prices(timedelta(minutes=59)) == [1000]
    assert prices(timedelta(hours=1)) == []


def test_variants_outside_the_filters_are_left_out(shop: Merchant) -> None:
    tote = sell(shop, "Tote", "Navy", "Sand", "Rust")
    tote.variants.filter(option_values=["Sand"]).update(price_minor=5000)

    found = find(shop, "tote", price_max=3000)

    assert options(found) == [("Navy",), ("Rust",)]
    assert found.listings[0].variant_count == 3


@pytest.mark.parametrize(
    ("stock", "state", "found"),
    [
        (Stock.ANY, {"on_hand": 0}, True),
        (Stock.AVAILABLE, {"on_hand": 0}, False),
        (Stock.AVAILABLE, {"on_hand": 2, "reserved": 2}, False),
        (Stock.AVAILABLE, {"on_hand": 2, "reserved": 1}, True),
        (Stock.AVAILABLE, {"on_hand": 0, "allow_backorder": True}, True),
        (Stock.IN_STOCK, {"on_hand": 0, "allow_backorder": True}, False),
        (Stock.IN_STOCK, {"on_hand": 0, "is_tracked": False}, True),
        (Stock.AVAILABLE, None, False),
    ],
)
def test_stock_is_that_of_the_moment(
    shop: Merchant, stock: Stock, state: dict[str, Any] | None, found: bool
) -> None:
    given = {"stock": False} if state is None else {f"stock__{name}": value for name, value in state.items()}
    VariantFactory.create(merchant=shop, product__title="Tote", **given)

    assert titles(find(shop, stock=stock)) == (["Tote"] if found else [])


def test_text_filters_take_one_of_several_values_in_any_case(shop: Merchant) -> None:
    sell(shop, "A", brand="Fogline", category="Clothing > Socks", tags=["merino", "sale"])
    sell(shop, "B", brand="Skjær", category="Clothing")
    sell(shop, "C", brand="Fogline Kids", category="Clothing Care", tags=["merino"])

    assert titles(find(shop, brands=("fogline", "SKJAER"))) == ["A", "B"]
    assert titles(find(shop, categories=("clothing",))) == ["A", "B"]
    assert titles(find(shop, categories=("Clothing > Socks", "clothing care"))) == ["A", "C"]
    assert titles(find(shop, tags=("Merino",), brands=("Fogline",))) == ["A"]
    assert titles(find(shop, brands=("❤",))) == []


def test_options_must_hold_of_one_variant(shop: Merchant) -> None:
    shirt = ProductFactory.create(merchant=shop, title="Shirt", option_names=["Color", "Size"])
    for place, values in enumerate((["Navy", "M"], ["Sand", "L"])):
        VariantFactory.create(merchant=shop, product=shirt, position=place, option_values=values)

    def found(*wanted: tuple[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
        return options(find(shop, options=wanted))

    assert found(("color", ("navy",)), ("SIZE", ("m", "l"))) == [("Navy", "M")]
    assert found(("Color", ("Navy",)), ("Size", ("L",))) == []
    assert found(("Color", ("navy", "sand"))) == [("Navy", "M"), ("Sand", "L")]
    assert found(("Material", ("Navy",))) == []


def test_sorts_by_lowest_price_and_by_age(shop: Merchant) -> None:
    for days, (title, price) in enumerate((("Mid", 2000), ("Low", 1000), ("High", 3000))):
        made = sell(shop, title, "Navy", price=price)
        VariantFactory.create(merchant=shop, product=made, option_values=["Dear"], price_minor=99_000)
        Product.objects.filter(pk=made.pk).update(created_at=NOW - timedelta(days=days))

    assert titles(find(shop, sort=Sort.PRICE)) == ["Low", "Mid", "High"]
    assert titles(find(shop, sort=Sort.PRICE_DESCENDING)) == ["High", "Mid", "Low"]
    assert titles(find(shop, sort=Sort.NEWEST)) == ["Mid", "Low", "High"]
    assert titles(find(shop)) == ["High", "Low", "Mid"]


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("words", ["", "mug"])
@pytest.mark.parametrize("filters", [{}, {"stock": Stock.AVAILABLE}])
def test_pages_have_each_product_once(shop: Merchant, sort: Sort, words: str, filters: dict[str, Any]) -> None:
    for number in range(7):
        sell(shop, f"Mug {number // 3}", price=1000 + number // 3)
    wanted = Wanted(read_question(words), Filters(**filters), sort)
    seen: list[str] = []
    cursor = ""

    for _ in range(4):
        found = search(shop.pk, wanted, now=NOW, limit=2, cursor=cursor)
        seen += [one.id for one in found.listings]
        cursor = found.next_cursor

    assert (len(seen), len(set(seen)), cursor) == (7, 7, "")
    assert seen == [one.id for one in search(shop.pk, wanted, now=NOW, limit=20).listings]


def test_what_comes_and_goes_meanwhile_moves_no_page(shop: Merchant) -> None:
    for title in "BCDE":
        sell(shop, title)
    first = search(shop.pk, Wanted(), now=NOW, limit=2)
    sell(shop, "A")
    Product.objects.filter(title="C").update(status="archived")

    second = search(shop.pk, Wanted(), now=NOW, limit=2, cursor=first.next_cursor)

    assert titles(first) + titles(second) == ["B", "C", "D", "E"]


def test_a_cursor_fits_its_search_only(shop: Merchant) -> None:
    for number in range(3):
        sell(shop, f"Mug {number}")
    cursor = search(shop.pk, Wanted(), now=NOW, limit=1).next_cursor

    for merchant_id, wanted, text in (
        (shop.pk, Wanted(read_question("mug")), cursor),
        (shop.pk, Wanted(sort=Sort.PRICE), cursor),
        (shop.pk, Wanted(filters=Filters(price_max=5)), cursor),
        (MerchantFactory.create().pk, Wanted(), cursor),
        (shop.pk, Wanted(), cursor[:-1] + ("a" if cursor[-1] != "a" else "b")),
        (shop.pk, Wanted(), "nonsense"),
    ):
        with pytest.raises(InvalidCursorError):
            search(merchant_id, wanted, now=NOW, limit=1, cursor=text)


def test_pages_of_corrected_words_stay_corrected(shop: Merchant) -> None:
    for number in range(3):
        sell(shop, f"Jacket {number}")
    wanted = Wanted(read_question("jaket"))

    first = search(shop.pk, wanted, now=NOW, limit=2)
    second = search(shop.pk, wanted, now=NOW, limit=2, cursor=first.next_cursor)

    assert [one.instead for one in first.corrections] == [("jacket",)]
    assert sorted(titles(first) + titles(second)) == ["Jacket 0", "Jacket 1", "Jacket 2"]


def test_what_is_not_carried_is_told_apart_from_what_is_near(shop: Merchant) -> None:
    sell(shop, "Camp Mug")
    sell(shop, "Espresso Cup")

    found = find(shop, "espresso machine")

    assert found.listings == ()
    assert found.miss is not None
    assert (found.miss.reason, found.miss.unknown_words) == (Reason.NOT_CARRIED, ("machine",))
    assert [one.title for one in found.miss.nearest] == ["Espresso Cup"]


def test_known_words_that_never_meet_are_not_carried_either(shop: Merchant) -> None:
    sell(shop, "Sleeping Pad")
    sell(shop, "Dry Bag")

    found = find(shop, "sleeping bag")

    assert found.miss is not None
    assert (found.miss.reason, found.miss.unknown_words) == (Reason.NOT_CARRIED, ())
    assert {one.title for one in found.miss.nearest} == {"Sleeping Pad", "Dry Bag"}


def test_a_word_misspelt_in_a_description_does_not_hide_the_right_one(shop: Merchant) -> None:
    sell(shop, "Angel Earrings")
    sell(shop, "Boho Earrings", description="These earings go with everything.")

    assert titles(find(shop, "earings")) == ["Boho Earrings"]
    assert titles(find(shop, "angel earings")) == ["Angel Earrings"]


def test_words_of_other_shops_and_drafts_are_unknown(shop: Merchant) -> None:
    sell(MerchantFactory.create(), "Espresso Machine")
    sell(shop, "Espresso Grinder", status=Product.Status.DRAFT)
    sell(shop, "Mug")

    miss = find(shop, "espreso").miss

    assert miss is not None
    assert (miss.unknown_words, miss.nearest) == (("espreso",), ())


def test_what_lies_outside_the_filters_is_near(shop: Merchant) -> None:
    sell(shop, "Tote", price=2400)

    miss = find(shop, "tote", price_max=1000).miss

    assert miss is not None
    assert (miss.reason, [one.title for one in miss.nearest]) == (Reason.OUTSIDE_FILTERS, ["Tote"])


def test_an_empty_shop_carries_nothing(shop: Merchant) -> None:
    for words in ("", "mug", "???"):
        miss = find(shop, words).miss
        assert miss is not None
        assert (miss.reason, miss.nearest) == (Reason.NOT_CARRIED, ())


@pytest.mark.parametrize("count", [1, 12])
def test_takes_two_statements_for_any_number(shop: Merchant, count: int) -> None:
    for number in range(count):
        sell(shop, f"Mug {number}", "Navy", "Sand")

    with CaptureQueriesContext(connection) as queries:
        found = find(shop, "mug")

    assert (len(queries), len(found.listings)) == (2, count)
