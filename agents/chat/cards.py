"""Products as the conversation shows them: cards beside each other, or a table. Pure.

Everything a merchant wrote is text here, and addresses are web addresses or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from commerce.pages.wording import AVAILABILITY, amount_text, words
from commerce.text import web_address

MOST_VARIANTS = 12
MOST_PRODUCTS = 8
DESCRIPTION = 160

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class VariantView:
    """`choice` is what choosing it says in the shopper's name; empty where it cannot be bought."""

    name: str
    price: str
    listed: str
    stock: str
    is_available: bool
    choice: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """`condition` is empty where it is new, or not told."""

    title: str
    brand: str
    condition: str
    description: str
    image: str
    page: str
    price: str
    listed: str
    is_from: bool
    stock: str
    is_available: bool
    variants: tuple[VariantView, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Products as columns; each row is what is compared and what each product has of it."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    choices: tuple[str, ...]


def product_cards(products: Sequence[Json]) -> tuple[ProductCard, ...]:
    """Put products of the catalog into words."""
    return tuple(_card(one) for one in products[:MOST_PRODUCTS] if one.get("variants"))


def comparison(products: Sequence[Json]) -> Comparison:
    """Put products beside each other."""
    known = [one for one in products if one.get("variants")]
    cards = [_card(one) for one in known]
    rows = [
        ("Price", tuple(f"from {card.price}" if card.is_from else card.price for card in cards)),
        ("Stock", tuple(card.stock for card in cards)),
        *((name, tuple(_values(one, name) for one in known)) for name in _option_names(known)),
        ("Brand", tuple(card.brand for card in cards)),
        ("Condition", tuple(str(one.get("condition", "")).capitalize() for one in known)),
        ("About", tuple(card.description for card in cards)),
    ]
    return Comparison(
        tuple(card.title for card in cards),
        tuple((name, cells) for name, cells in rows if any(cells)),
        tuple(next((one.choice for one in card.variants if one.choice), "") for card in cards),
    )


def _card(product: Json) -> ProductCard:
    variants = [_variant(one, product["title"], len(product["variants"])) for one in product["variants"]]
    cheapest = _cheapest(product["variants"])
    prices = {one["price"]["amount"] for one in product["variants"]}
    images = [cheapest.get("image", ""), *product.get("images", ())]
    return ProductCard(
        title=product["title"],
        brand=product.get("brand", ""),
        condition="" if product.get("condition") == "new" else str(product.get("condition", "")).capitalize(),
        description=_cut(product.get("description", "")),
        image=next(filter(None, map(web_address, images)), ""),
        page=web_address(product.get("page_url", "")),
        price=_price(cheapest["price"]),
        listed=_price(cheapest["list_price"]) if cheapest.get("list_price") else "",
        is_from=len(prices) > 1 or bool(product.get("other_variants")),
        stock=_stock(cheapest),
        is_available=bool(cheapest["is_purchasable"]),
        variants=tuple(variants[:MOST_VARIANTS]),
        others=int(product.get("other_variants", 0)) + max(len(variants) - MOST_VARIANTS, 0),
    )


def _cheapest(variants: Iterable[Json]) -> Json:
    return min(variants, key=lambda one: (not one["is_purchasable"], one["price"]["amount"]))


def _variant(variant: Json, title: str, count: int) -> VariantView:
    options = ", ".join(one["value"] for one in variant["options"])
    name = options or (variant["title"] if count > 1 else "")
    wanted = f"{title}, {name}" if name and name != title else title
    return VariantView(
        name=name,
        price=_price(variant["price"]),
        listed=_price(variant["list_price"]) if variant.get("list_price") else "",
        stock=_stock(variant),
        is_available=bool(variant["is_purchasable"]),
        choice=f"I would like the {wanted}." if variant["is_purchasable"] else "",
    )


def _stock(variant: Json) -> str:
    obstacle = next(iter(variant.get("obstacles", ())), None)
    if obstacle and obstacle["code"] != "out_of_stock":
        return str(obstacle["message"])
    if variant["availability"] == "low_stock" and "available_quantity" in variant:
        return f"Only {variant['available_quantity']} left"
    return words(variant["availability"], AVAILABILITY)


def _price(price: Json) -> str:
    return amount_text(price["amount"], price["currency"].lower())


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= DESCRIPTION else f"{text[: DESCRIPTION - 1].rstrip()}…"


def _option_names(products: Iterable[Json]) -> Iterator[str]:
    names = (option["name"] for one in products for variant in one["variants"] for option in variant["options"])
    yield from dict.fromkeys(names)


def _values(product: Json, name: str) -> str:
    values = (
        option["value"]
        for variant in product["variants"]
        for option in variant["options"]
        if option["name"] == name
    )
    return ", ".join(list(dict.fromkeys(values))[:MOST_VARIANTS])
