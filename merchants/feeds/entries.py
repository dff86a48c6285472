"""What is true of an item at a moment, in our own words. Profiles only translate; nothing is invented here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from commerce.pages.addresses import product_url
from commerce.text import visible
from merchants.feeds.items import Goods, Group, Item, Picture
from merchants.feeds.seller import Seller
from merchants.imports.text import plain_text, readable

IN_STOCK, OUT_OF_STOCK, BACKORDER = "in_stock", "out_of_stock", "backorder"

COLOR_NAMES = frozenset(("color", "colour"))
SIZE_NAMES = frozenset(("size",))
MATERIAL_NAMES = frozenset(("material", "fabric"))


class Standing(StrEnum):
    """What agents may do with an item."""

    CHECKOUT = "checkout"
    DISCOVERY = "discovery"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Entry:
    """One variant as it is now. `sale_minor` is only there while the sale lasts; empty text is not known.

    `group_id` is empty where no options tell the product's variants apart; `backorders_ship_on` where it is past.
    """

    item: Item
    goods: Goods
    seller: Seller
    standing: Standing
    availability: str
    title: str
    description: str
    url: str
    brand: str
    mpn: str
    image_url: str
    more_image_urls: tuple[str, ...]
    group_id: str
    options: tuple[tuple[str, str], ...]
    color: str
    size: str
    material: str
    sale_minor: int | None
    shipping_minor: int | None
    backorders_ship_on: date | None

    @property
    def paid_minor(self) -> int:
        """What a buyer pays for one right now."""
        return self.item.price_minor if self.sale_minor is None else self.sale_minor


def described(group: Group, seller: Seller, *, now: datetime) -> Iterator[Entry]:
    """Yield a product's variants as they are now."""
    goods = group.goods
    whole = plain_text(goods.description) if "<" in goods.description else goods.description
    description = visible(whole).strip()
    today = now.astimezone(seller.zone).date()
    is_grouped = len(group.items) > 1 and bool(goods.option_names)
    brand = readable(goods.brand) or seller.default_brand
    options_of = {item.id: _options(goods, item) for item in group.items}
    colors = {item_id: _option(options, COLOR_NAMES) for item_id, options in options_of.items()}
    for item in group.items:
        options = options_of[item.id]
        pictures = _pictures(group.pictures, item, colors)
        sale = item.sale_at(now)
        paid = item.price_minor if sale is None else sale
        late = item.backorders_ship_on
        yield Entry(
            item=item,
            goods=goods,
            seller=seller,
            standing=_standing(goods, seller),
            availability=availability(item) if not seller.is_paused else OUT_OF_STOCK,
            title=_title(goods, item),
            description=description,
            url=product_url(seller.slug, goods.handle, item.id),
            brand=brand,
            mpn=item.mpn or _own_part_number(brand, item, seller),
            image_url=pictures[0].url if pictures else "",
            more_image_urls=tuple(one.url for one in pictures[1:]),
            group_id=goods.id if is_grouped else "",
            options=options,
            color=colors[item.id],
            size=_option(options, SIZE_NAMES),
            material=_option(options, MATERIAL_NAMES) or readable(goods.material),
            sale_minor=sale,
            shipping_minor=None
            if item.is_digital
            else seller.shipping_minor(weight_grams=item.weight_grams, price_minor=paid),
            backorders_ship_on=late if late and late > today else None,
        )


def availability(item: Item) -> str:
    """Return whether an item can be had, as a checkout would say it."""
    if item.available is None or item.available > 0:
        return IN_STOCK
    return BACKORDER if item.allow_backorder else OUT_OF_STOCK


def digest_of(*parts: bytes) -> bytes:
    """Return by which what was told is recognised as the same."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        whole.update(part)
    return whole.digest()


def _standing(goods: Goods, seller: Seller) -> Standing:
    if seller.is_paused:
        return Standing.OFF
    is_sold = seller.offers_checkout and goods.is_checkout_enabled
    return Standing.CHECKOUT if is_sold else Standing.DISCOVERY


def _title(goods: Goods, item: Item) -> str:
    title, variant = readable(goods.title), readable(item.title)
    return f"{title} - {variant}" if variant and goods.option_names else title


def _options(goods: Goods, item: Item) -> tuple[tuple[str, str], ...]:
    pairs = zip(goods.option_names, item.option_values, strict=False)
    return tuple((readable(name), readable(value)) for name, value in pairs)


def _option(options: Sequence[tuple[str, str]], names: frozenset[str]) -> str:
    return next((value for name, value in options if name.casefold() in names), "")


def _own_part_number(brand: str, item: Item, seller: Seller) -> str:
    """Return the SKU where the shop itself is the maker: then it is the maker's number."""
    is_own = bool(brand) and brand.casefold() == seller.name.strip().casefold()
    return item.sku[:70] if is_own else ""


def _pictures(pictures: Sequence[Picture], item: Item, colors: Mapping[str, str]) -> list[Picture]:
    """Return what shows the variant, the best first: its own, its color's, the product's, and only then others.

    A picture belongs to one variant although it may show several: all sizes of a color look the same.
    """
    mine = colors[item.id]

    def rank(picture: Picture) -> int:
        if picture.variant_id == item.id:
            return 0
        if picture.variant_id and mine and colors.get(picture.variant_id) == mine:
            return 1
        return 2 if not picture.variant_id else 3

    usable = [picture for picture in pictures if is_photo(picture.url)] or pictures
    ranked = sorted(usable, key=rank)
    return [picture for picture in ranked if rank(picture) < 3] or ranked[:1]


def is_photo(url: str) -> bool:
    """Say whether an address may be a JPEG or PNG: by its ending, where it has one that tells."""
    return not urlsplit(url).path.lower().endswith(_OTHER_PICTURES)


_OTHER_PICTURES = (".webp", ".gif", ".svg", ".avif", ".bmp", ".tif", ".tiff", ".heic", ".ico", ".pdf", ".mp4")
