"""What realistic questions find in the demo's shops: the product that a person would expect stands first.

Without other shops' exports (`tests.exports`) their questions are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from commerce.accounts.models import Merchant
from commerce.storefront.search import Found, search
from commerce.storefront.wanted import Wanted, read_question
from merchants.imports.product_files import read_products
from merchants.imports.services import import_products
from merchants.seeding import seed
from tests.exports import export
from tests.factories import MerchantFactory

HARBOR = [
    # as it is called
    ("canvas tote", "Canvas Market Tote"),
    ("Headlamp 320", "Headlamp 320"),
    ("titanium spork", "Titanium Spork"),
    ("cast iron skillet", "Cast-Iron Skillet 26 cm"),
    ("first aid kit", "Pocket First-Aid Kit"),
    ("night train", "The Night Train Handbook"),
    # by an option
    ("navy tote", "Canvas Market Tote"),
    ("harbor blue rain jacket", "Packable Rain Jacket"),
    ("orange dry bag 20 l", "Harbor Dry Bag"),
    ("black water bottle 750ml", "Insulated Bottle"),
    ("large travel towel", "Quick-Dry Travel Towel"),
    ("spiral-bound walks", "Fog and Ridge: 40 Walks around the Bay"),
    ("tan passport wallet", "Leather Passport Wallet"),
    # by what it is for, what it is made of, who makes it
    ("hiking socks", "Cushioned Trail Socks"),
    ("merino hat", "Merino Watch Beanie"),
    ("backpack for commuting", "Roll-Top Daypack 22 L"),
    ("pack with laptop sleeve", "Roll-Top Daypack 22 L"),
    ("waterproof bag", "Harbor Dry Bag"),
    ("something for cooking: skillet for induction", None),
    ("usb-c headlamp", "Headlamp 320"),
    ("tent for two", "Ridge Tent for Two"),
    ("a book about trains", "The Night Train Handbook"),
    ("leather care", "Boot Care Kit"),
    ("brackwater hammock", "Travel Hammock"),
    ("california hiking map", "Coast Trail Map, Download"),
    ("luggage organizer", "Packing Cubes, Set of Three"),
    # forms and units
    ("mugs", "Enamel Camp Mug"),
    ("packing cube", "Packing Cubes, Set of Three"),
    ("26cm skillet", "Cast-Iron Skillet 26 cm"),
    ("daypack 22l", "Roll-Top Daypack 22 L"),
    ("INSULATED bottle", "Insulated Bottle"),
    # slips
    ("rain jaket", "Packable Rain Jacket"),
    ("sokcs", "Cushioned Trail Socks"),
    ("hedlamp", "Headlamp 320"),
    ("titanum spork", "Titanium Spork"),
    ("skilet", "Cast-Iron Skillet 26 cm"),
    ("treking poles", "Folding Trekking Poles, Pair"),
    ("passport walet", "Leather Passport Wallet"),
    ("insulted botle", "Insulated Bottle"),
    ("hammok", "Travel Hammock"),
    ("firstaid", "Pocket First-Aid Kit"),
    ("beenie", "Merino Watch Beanie"),
    ("enamal mug", "Enamel Camp Mug"),
    ("sleping pad", "Insulated Sleeping Pad"),
    # one word for two, two for one, another word for it
    ("drybag", "Harbor Dry Bag"),
    ("head lamp", "Headlamp 320"),
    ("day pack", "Roll-Top Daypack 22 L"),
    ("rucksack", "Roll-Top Daypack 22 L"),
    ("grey dry bag", "Harbor Dry Bag"),
    ("torch", "Headlamp 320"),
    ("travel charger", "World Travel Adapter"),
    # codes
    ("TT-BTL-750-PIN", "Insulated Bottle"),
    ("fog-soc-m-gr", "Cushioned Trail Socks"),
    ("2910042000433", "Headlamp 320"),
    # what is not carried, and what comes nearest
    ("espresso machine", None),
    ("laptop", "Roll-Top Daypack 22 L"),
    ("kayak", None),
    ("red wine", None),
    ("mountain bike", None),
    ("iphone 15", None),
]  # fmt: skip

NEAR = [
    ("sleeping bag", "Insulated Sleeping Pad"),
    ("waterproof hiking backpack", "Roll-Top Daypack 22 L"),
    ("enamel teapot", "Enamel Camp Mug"),
    ("wool jacket", "Packable Rain Jacket"),
    ("merino gloves", "Merino Watch Beanie"),
    ("tent for six people", "Ridge Tent for Two"),
]

FJORD = [
    ("wool blanket", None),
    ("wool throw", "Wool Throw"),
    ("heather throw", "Wool Throw"),
    ("Skjaer forlag", "Forty Fjord Walks | Tide Tables, Download"),
    ("skjær walks", "Forty Fjord Walks"),
    ("sea salt soap", "Sea Salt Soap"),
    ("lantern candel", "Candle Lantern"),
    ("rain hat size m", "Waxed Rain Hat"),
    ("tide tabels", "Tide Tables, Download"),
]

JEWELERY = [
    ("gold necklace", "Dainty Gold Necklace"),
    ("chakra bracelet", "7 Shakra Bracelet"),
    ("silver earings", "Boho Earrings | Gold Elephant Earrings | Galaxy Earrings"),
    ("turquoise earrings", "Boho Earrings"),
    ("leather choker", "Choker with Bead | Choker with Gold Pendant"),
    ("dreamcatcher", "Dreamcatcher Pendant Necklace"),
    ("origami necklas", "Origami Crane Necklace"),
    ("moon braclet", "Moon Charm Bracelet"),
    ("gold elephant", "Gold Elephant Earrings"),
    ("angel earings", "Guardian Angel Earrings"),
    ("purple gemstone", "Gemstone Necklace"),
    ("sterling ltd galaxy", "Galaxy Earrings"),
    ("wedding ring", None),
]

APPAREL = [
    ("blue shirt", "Ocean Blue Shirt"),
    ("leather jacket", "Classic Leather Jacket"),
    ("yellow jumper", "Yellow Wool Jumper"),
    ("yellow sweater", "Yellow Wool Jumper"),
    ("chequered shirt", "Chequered Red Shirt"),
    ("silk tuxedo", "Blue Silk Tuxedo"),
    ("denim top", "Dark Denim Top"),
    ("varsity top", "Classic Varsity Top"),
    ("olive jaket", "Olive Green Jacket"),
    ("striped blouse", "Striped Silk Blouse"),
    ("white coton shirt", "White Cotton Shirt"),
    ("black bag", "Black Leather Bag"),
    ("winter jacket", "Soft Winter Jacket"),
    ("sports tee", "Red Sports Tee"),
    ("wetsuit", None),
]


@pytest.fixture(scope="module", autouse=True)
def shops(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The shops, read once for all questions: nothing here writes."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed()
        for name in ("apparel", "jewelery"):
            file = export(name)
            if file.exists():
                shop = MerchantFactory.create(slug=name, currency="usd")
                import_products(shop, read_products(file, currency="usd"))
        yield
        transaction.set_rollback(True)


def ask(slug: str, words: str) -> Found:
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        pytest.skip("the exports are not here")
    return search(merchant.pk, Wanted(read_question(words)), now=timezone.now(), limit=10)


@pytest.mark.parametrize(
    ("slug", "words", "title"),
    [
        (slug, *question)
        for slug, questions in (
            ("harbor-supply", HARBOR),
            ("fjord-and-fell", FJORD),
            ("jewelery", JEWELERY),
            ("apparel", APPAREL),
        )
        for question in questions
    ],
)
def test_the_expected_product_stands_first(slug: str, words: str, title: str | None) -> None:
    found = ask(slug, words)

    assert next((one.title for one in found.listings), None) in (title.split(" | ") if title else [None])
    assert (found.miss is None) == (title is not None)


@pytest.mark.parametrize(("words", "title"), NEAR)
def test_what_is_not_carried_comes_with_the_nearest(words: str, title: str) -> None:
    found = ask("harbor-supply", words)

    assert found.listings == ()
    assert found.miss is not None
    assert title in [one.title for one in found.miss.nearest][:2]
