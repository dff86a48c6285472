"""A shop's public page: its shelves, what a search finds on them, page by page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Merchant
from merchants.seeding import seed
from tests.factories import MerchantFactory, VariantFactory
from tests.pages.reading import Page
from tests.pages.shelves import harbor

pytestmark = pytest.mark.django_db

HARBOR = "/products/harbor-supply"


@pytest.fixture
def shop(db: None) -> None:
    harbor("dry-bag", "packable-rain-jacket", "sleeping-pad", "travel-towel", "travel-adapter", "passport-wallet")


def page(path: str, *, status: int = 200, **query: str) -> Page:
    response = Client().get(path, query or None)
    assert response.status_code == status
    return Page(response.content.decode())


def products(shown: Page) -> list[str]:
    return [
        path.rsplit("/", 1)[1] for path in shown.links if path.startswith("/products/") and path.count("/") == 3
    ]


def test_shows_all_that_is_sold() -> None:
    seed()

    shown = page(HARBOR)

    assert "Harbor Supply Co." in shown.texts
    assert len(products(shown)) == 24
    assert products(shown)[0] == "boot-care-kit"
    assert "from $17.00" in shown.text
    assert "$36.00 $27.00" in shown.text
    assert f"{HARBOR}?category=Camp+kitchen" in shown.links
    assert shown.told["canonical"].endswith(HARBOR)
    assert "robots" not in shown.told
    assert "https://harborsupply.example/returns" in shown.links


def test_a_search_shows_what_it_finds_and_is_not_indexed(shop: None) -> None:
    shown = page(HARBOR, q="dry bag")

    assert products(shown) == ["dry-bag"]
    assert shown.told["robots"] == "noindex, follow"
    assert "canonical" not in shown.told
    assert 'value="dry bag"' in shown.html


def test_corrected_words_are_told(shop: None) -> None:
    shown = page(HARBOR, q="rain jaket")

    assert "Nothing here is called “jaket”. Shown is what goes by “jacket”." in shown.texts
    assert products(shown) == ["packable-rain-jacket"]


def test_what_is_not_carried_is_said_with_what_is_near(shop: None) -> None:
    shown = page(HARBOR, q="sleeping bag")

    assert "There is no “sleeping bag” here." in shown.texts
    assert "This comes nearest:" in shown.texts
    assert "sleeping-pad" in products(shown)
    assert HARBOR in shown.links
    nothing = page(HARBOR, q="xyzzy")
    assert (products(nothing), "This comes nearest:" in nothing.texts) == ([], False)


def test_choices_narrow_and_can_be_taken_back(shop: None) -> None:
    shown = page(HARBOR, category="Travel", available="1", sort="-price")

    assert products(shown) == ["passport-wallet", "travel-towel"]
    assert f"{HARBOR}?sort=-price&available=1" in shown.links
    none = page(HARBOR, q="adapter", available="1")
    assert "There is none with these choices. Without them there is:" in none.texts
    assert products(none) == ["travel-adapter"]


def test_pages_lead_to_one_another() -> None:
    merchant = MerchantFactory.create()
    for number in range(30):
        VariantFactory.create(
            merchant=merchant, product__title=f"Mug {number:02}", product__handle=f"mug-{number:02}"
        )
    path = f"/products/{merchant.slug}"

    first = page(path, q="mug", sort="newest")
    (further,) = [link for link in first.links if "cursor=" in link]
    second = page(further)

    assert len(products(first)) == 24
    assert sorted(products(first) + products(second)) == [f"mug-{number:02}" for number in range(30)]
    assert first.told["next"] == further
    assert not [link for link in second.links if "cursor=" in link]


def test_what_makes_no_sense_is_left_out(shop: None) -> None:
    assert len(products(page(HARBOR, sort="cheap", available="perhaps", page="7"))) == 6
    assert "There is nothing here" in page(HARBOR, status=404, cursor="made-up").texts
    assert "There is no “?!” here." in page(HARBOR, q="?!\x00").texts


def test_hostile_questions_stay_words(shop: None) -> None:
    shown = page(HARBOR, q='"><script>alert(1)</script>', category="<img src=x>")

    assert not {"script", "img"} & set(shown.tags)


def test_an_empty_shop_says_so() -> None:
    shown = page(f"/products/{MerchantFactory.create().slug}")

    assert "There is nothing on the shelves yet." in shown.texts


def test_a_shop_that_is_paused_or_unknown_is_not_there(shop: None) -> None:
    Merchant.objects.filter(slug="harbor-supply").update(status="paused")

    assert "There is nothing here" in page(HARBOR, status=404).texts
    page("/products/none", status=404)
    assert HARBOR not in page("/products").links


def test_all_open_shops_are_named(shop: None) -> None:
    MerchantFactory.create(slug="fjord-and-fell", name="Fjord & Fell")
    shown = page("/products")

    assert [link for link in shown.links if link.startswith("/products/")] == ["/products/fjord-and-fell", HARBOR]
    Merchant.objects.update(status="paused")
    assert "No shop is open right now." in page("/products").texts


def test_statements_do_not_grow_with_the_shelves(shop: None) -> None:
    page(HARBOR)

    with CaptureQueriesContext(connection) as queries:
        page(HARBOR)

    assert len(queries) == 5


def test_everybody_may_keep_it_for_a_moment(shop: None) -> None:
    response = Client().get(HARBOR)

    assert response["Cache-Control"] == "public, max-age=30, must-revalidate"
    assert "form-action 'self'" in response["Content-Security-Policy"]
    assert Client().get(HARBOR, headers={"If-None-Match": response["ETag"]}).status_code == 304
