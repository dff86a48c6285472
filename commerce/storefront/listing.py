"""Products as they are shown: words, pictures and variants, each with the offer that the checkout goes by.

One statement whatever the number of products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commerce.inventory.offers import Offer, offers_from, offers_read
from commerce.statements import Read, read


@dataclass(frozen=True, slots=True)
class Picture:
    url: str
    alt: str
    variant_id: str


@dataclass(frozen=True, slots=True)
class ListedVariant:
    """A variant with what is offered right now. `sale_ends_at` is there while a sale runs that ends."""

    offer: Offer
    is_active: bool
    gtin: str
    mpn: str
    sale_ends_at: datetime | None

    @property
    def id(self) -> str:
        return self.offer.variant_id

    @property
    def is_on_sale(self) -> bool:
        return self.offer.price_minor != self.offer.regular_price_minor


@dataclass(frozen=True, slots=True)
class Listing:
    """A product with those of its variants that were asked for. `variant_count` counts all that are active.

    Condition, gender, age group and material are empty where the merchant has not told them.
    """

    id: str
    handle: str
    title: str
    description: str
    brand: str
    category: str
    tags: tuple[str, ...]
    option_names: tuple[str, ...]
    condition: str
    gender: str
    age_group: str
    material: str
    merchant_page_url: str
    status: str
    created_at: datetime
    updated_at: datetime
    pictures: tuple[Picture, ...]
    variants: tuple[ListedVariant, ...]
    variant_count: int

    @property
    def is_on_show(self) -> bool:
        return self.status == "active" and self.variant_count > 0

    def variant(self, variant_id: str) -> ListedVariant | None:
        return next((one for one in self.variants if one.id == variant_id), None)


def load_listings(merchant_id: str, wanted: Mapping[str, Sequence[str]], *, now: datetime) -> tuple[Listing, ...]:
    """Load a merchant's products, each with those variants, in the order given. Unknown ids are left out."""
    variant_ids = [variant_id for ids in wanted.values() for variant_id in ids]
    products, variants, offers, pictures = read(
        Read(_PRODUCTS, [list(wanted), merchant_id]),
        Read(_VARIANTS, [variant_ids]),
        offers_read(merchant_id, variant_ids),
        Read(_PICTURES, [list(wanted)]),
    )
    known = offers_from(offers, now=now)
    listed = {row["id"]: _variant(row, known[row["id"]]) for row in variants if row["id"] in known}
    found = {row["id"]: row for row in products}
    return tuple(
        _listing(found[product_id], [listed[one] for one in ids if one in listed], pictures)
        for product_id, ids in wanted.items()
        if product_id in found
    )


_PRODUCTS = """
    SELECT p.id, p.handle, p.title, p.description, p.brand, p.category, p.tags, p.option_names, p.condition,
           p.gender, p.age_group, p.material, p.url, p.status, p.created_at, p.updated_at,
           (SELECT count(*) FROM catalog_variant v WHERE v.product_id = p.id AND v.status = 'active') AS variants
    FROM (SELECT * FROM catalog_product WHERE id = ANY(%s::varchar[]) OFFSET 0) p WHERE p.merchant_id = %s
"""

_VARIANTS = """
    SELECT id, status, gtin, mpn, sale_ends_at FROM catalog_variant WHERE id = ANY(%s::varchar[])
"""

_PICTURES = """
    SELECT product_id, url, alt, coalesce(variant_id, '') AS variant_id FROM catalog_media
    WHERE product_id = ANY(%s::varchar[]) ORDER BY product_id, position, id
"""


def _variant(row: Mapping[str, Any], offer: Offer) -> ListedVariant:
    ends = datetime.fromisoformat(row["sale_ends_at"]) if row["sale_ends_at"] else None
    is_on_sale = offer.price_minor != offer.regular_price_minor
    return ListedVariant(
        offer=offer,
        is_active=row["status"] == "active",
        gtin=row["gtin"],
        mpn=row["mpn"],
        sale_ends_at=ends if is_on_sale else None,
    )


def _listing(
    row: Mapping[str, Any], variants: Sequence[ListedVariant], pictures: Sequence[Mapping[str, Any]]
) -> Listing:
    return Listing(
        id=row["id"],
        handle=row["handle"],
        title=row["title"],
        description=row["description"],
        brand=row["brand"],
        category=row["category"],
        tags=tuple(row["tags"]),
        option_names=tuple(row["option_names"]),
        condition=row["condition"],
        gender=row["gender"],
        age_group=row["age_group"],
        material=row["material"],
        merchant_page_url=row["url"],
        status=row["status"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        pictures=tuple(
            Picture(one["url"], one["alt"], one["variant_id"])
            for one in pictures
            if one["product_id"] == row["id"]
        ),
        variants=tuple(variants),
        variant_count=row["variants"],
    )
