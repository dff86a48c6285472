"""Writing products from plain data: the same data twice changes nothing the second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Now

from commerce.accounts.models import Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.errors import CommerceError

MAX_PRICE_MINOR = 10**12
"""No single price is higher, so that no order's sum ever leaves a 64-bit column."""


class InvalidProductError(CommerceError):
    """The data cannot become a product; `target` leads to the field, by the variant's index where it is one's."""

    code = "invalid_product"


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class StockData:
    """What is said of a variant's stock; `commerce.inventory.stocking` writes it."""

    on_hand: int = 0
    is_tracked: bool = True
    allow_backorder: bool = False


@dataclass(frozen=True, slots=True)
class MediaData:
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantData:
    """One variant. Its option values are its key within the product; `image_url` is one of the product's media."""

    option_values: tuple[str, ...] = ()
    price_minor: int
    currency: str
    title: str = ""
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    sale_price_minor: int | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
    is_digital: bool = False
    download_url: str = ""
    weight_grams: int = 0
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    max_quantity_per_order: int | None = None
    image_url: str = ""
    stock: StockData = StockData()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductData:
    """One product. Its handle is its key at the merchant's.

    `kept_options` names variants of which nothing usable is known now: they stay as they are instead of
    being set inactive with those that vanished.
    """

    handle: str
    title: str
    variants: tuple[VariantData, ...]
    description: str = ""
    brand: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    option_names: tuple[str, ...] = ()
    tax_code: str = ""
    url: str = ""
    status: str = Product.Status.ACTIVE
    media: tuple[MediaData, ...] = ()
    kept_options: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What a write has changed. `variant_ids` follows the order of the data's variants."""

    product_id: str
    product: Change
    variant_ids: tuple[str, ...]
    variants_created: int = 0
    variants_updated: int = 0
    variants_unchanged: int = 0
    variants_deactivated: int = 0


_PRODUCT_COLUMNS = (
    "title",
    "description",
    "brand",
    "category",
    "tags",
    "option_names",
    "tax_code",
    "url",
    "status",
)
_VARIANT_COLUMNS = (
    *(one.name for one in fields(VariantData) if one.name not in ("option_values", "image_url", "stock")),
    "position",
    "status",
)


@transaction.atomic
def upsert_product(merchant: Merchant, data: ProductData) -> ProductChange:
    """Create or change a product with its variants and media to be what the data says. Idempotent.

    Variants that are not in the data become inactive and keep their ids; pictures that are not in it are
    removed. Holds the product's row; about seven statements however many variants. Stock is not touched:
    `commerce.inventory.stocking.upsert_stocked_product` writes both. Raises InvalidProductError.
    """
    _check(merchant, data)
    product, is_new = _locked_product(merchant, data)
    before = list(product.variants.order_by("pk"))
    written, counts = _write_variants(product, before, data)
    is_media_changed = _write_media(product, data, written)
    return ProductChange(
        product_id=product.pk,
        product=_write_product(product, data, is_new=is_new, is_media_changed=is_media_changed),
        variant_ids=tuple(written[one.option_values].pk for one in data.variants),
        variants_created=counts[Change.CREATED],
        variants_updated=counts[Change.UPDATED],
        variants_unchanged=counts[Change.UNCHANGED],
        variants_deactivated=_deactivate(before, written, data.kept_options),
    )


def _locked_product(merchant: Merchant, data: ProductData) -> tuple[Product, bool]:
    """Return the product's row, held until the transaction ends, and whether it has just been made."""
    rows = Product.objects.select_for_update(no_key=True).filter(merchant=merchant, handle=data.handle)
    product = rows.first()
    if product is not None:
        return product, False
    new = Product(merchant=merchant, handle=data.handle, **_product_values(data))
    Product.objects.bulk_create([new], ignore_conflicts=True)
    product = rows.get()
    return product, product.pk == new.pk


def _write_product(product: Product, data: ProductData, *, is_new: bool, is_media_changed: bool) -> Change:
    if is_new:
        return Change.CREATED
    if not _take_over(product, _product_values(data)) and not is_media_changed:
        return Change.UNCHANGED
    product.save(update_fields=[*_PRODUCT_COLUMNS, "updated_at"])
    return Change.UPDATED


def _write_variants(
    product: Product, before: Iterable[Variant], data: ProductData
) -> tuple[dict[tuple[str, ...], Variant], Counter[Change]]:
    """Write what differs in one statement. Returns the data's variants by their option values."""
    known = {tuple(variant.option_values): variant for variant in before}
    written: dict[tuple[str, ...], Variant] = {}
    counts: Counter[Change] = Counter()
    changed: list[Variant] = []
    for position, one in enumerate(data.variants, start=1):
        variant = known.get(one.option_values)
        if variant is None:
            variant = _variant(product, one, position)
            change = Change.CREATED
        else:
            change = Change.UPDATED if _take_over(variant, _variant_values(one, position)) else Change.UNCHANGED
        counts[change] += 1
        written[one.option_values] = variant
        if change is not Change.UNCHANGED:
            changed.append(variant)
    Variant.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*_VARIANT_COLUMNS, "updated_at"],
    )
    return written, counts


def _variant(product: Product, data: VariantData, position: int) -> Variant:
    return Variant(
        merchant_id=product.merchant_id,
        product=product,
        option_values=list(data.option_values),
        **_variant_values(data, position),
    )


def _deactivate(
    before: Iterable[Variant],
    written: Mapping[tuple[str, ...], Variant],
    kept: frozenset[tuple[str, ...]],
) -> int:
    vanished = [
        variant.pk
        for variant in before
        if variant.status != Variant.Status.INACTIVE
        and (options := tuple(variant.option_values)) not in written
        and options not in kept
    ]
    if not vanished:
        return 0
    rows = Variant.objects.filter(pk__in=vanished)
    return rows.update(status=Variant.Status.INACTIVE, updated_at=Now())


def _write_media(product: Product, data: ProductData, variants: Mapping[tuple[str, ...], Variant]) -> bool:
    """Make the product's pictures those of the data. Returns whether anything had to be written."""
    owners: dict[str, str] = {}
    for one in data.variants:
        if one.image_url:
            owners.setdefault(one.image_url, variants[one.option_values].pk)
    known = {media.url: media for media in product.media.order_by("pk")}
    changed = []
    for position, wanted in enumerate(data.media, start=1):
        values = {"alt": wanted.alt, "position": position, "variant_id": owners.get(wanted.url)}
        media = known.pop(wanted.url, None)
        if media is None:
            changed.append(Media(product=product, url=wanted.url, **values))
        elif _take_over(media, values):
            changed.append(media)
    Media.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["product", "url"],
        update_fields=["alt", "position", "variant"],
    )
    if known:
        Media.objects.filter(pk__in=[media.pk for media in known.values()]).delete()
    return bool(changed or known)


def _take_over(row: models.Model, values: Mapping[str, Any]) -> bool:
    """Set the values on a row that is not saved yet. Returns whether one of them is new."""
    differs = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            differs = True
    return differs


def _product_values(data: ProductData) -> dict[str, Any]:
    values = {name: getattr(data, name) for name in _PRODUCT_COLUMNS}
    return values | {"tags": list(data.tags), "option_names": list(data.option_names)}


def _variant_values(data: VariantData, position: int) -> dict[str, Any]:
    told = {"position": position, "status": Variant.Status.ACTIVE}
    values = {name: getattr(data, name) for name in _VARIANT_COLUMNS if name not in told}
    return {**values, **told, "title": data.title or " / ".join(data.option_values)[:255]}


def _check(merchant: Merchant, data: ProductData) -> None:
    """Raise InvalidProductError for what the columns or the rules of a product do not allow."""
    _check_columns(Product(merchant=merchant, handle=data.handle, **_product_values(data)), ())
    if not data.variants and not data.kept_options:
        raise InvalidProductError(f"'{data.handle}' has no variant.", target=("variants",))
    _check_options(data)
    urls = [one.url for one in data.media]
    if len(set(urls)) != len(urls):
        raise InvalidProductError(f"'{data.handle}' has the same picture twice.", target=("media",))
    for one in data.media:
        _check_columns(Media(url=one.url, alt=one.alt), ("media",))
    product = Product(merchant=merchant)
    for index, variant in enumerate(data.variants):
        _check_price(merchant, variant, index)
        _check_columns(_variant(product, variant, index + 1), ("variants", index))
        if variant.image_url and variant.image_url not in urls:
            text = f"The picture {variant.image_url} of a variant is none of the product's."
            raise InvalidProductError(text, target=("variants", index, "image_url"))


def _check_options(data: ProductData) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, variant in enumerate(data.variants):
        name = " / ".join(variant.option_values) or "without options"
        if len(variant.option_values) != len(data.option_names):
            text = f"The variant {name} has {len(variant.option_values)} options, not {len(data.option_names)}."
            raise InvalidProductError(text, target=("variants", index, "option_values"))
        if variant.option_values in seen:
            text = f"The variant {name} is there twice."
            raise InvalidProductError(text, target=("variants", index, "option_values"))
        seen.add(variant.option_values)


def _check_price(merchant: Merchant, variant: VariantData, index: int) -> None:
    if variant.currency != merchant.currency:
        text = f"{merchant.name} sells in {merchant.currency.upper()}, not in {variant.currency.upper()}."
        raise InvalidProductError(text, target=("variants", index, "currency"))
    if not 0 <= variant.price_minor <= MAX_PRICE_MINOR:
        text = f"A price is from 0 to {MAX_PRICE_MINOR} minor units."
        raise InvalidProductError(text, target=("variants", index, "price_minor"))
    sale = variant.sale_price_minor
    if sale is not None and not 0 <= sale < variant.price_minor:
        text = "A sale price is below the regular price."
        raise InvalidProductError(text, target=("variants", index, "sale_price_minor"))


_REFERENCES = ("merchant", "product", "variant")


def _check_columns(row: models.Model, target: Sequence[str | int]) -> None:
    """Hold a row against its columns: lengths, addresses, choices, digits. Runs no query."""
    names = {field.attname: field.verbose_name for field in row._meta.concrete_fields}
    for attribute, name in names.items():
        value = getattr(row, attribute)
        if any("\x00" in text for text in (value if isinstance(value, list) else [str(value)])):
            raise InvalidProductError(f"The {name} contains a NUL character.", target=(*target, attribute))
    try:
        row.clean_fields(exclude=_REFERENCES)
    except ValidationError as problem:
        attribute, messages = next(iter(problem.message_dict.items()))
        text = f"The {names[attribute]} is not valid: {' '.join(messages)}"
        raise InvalidProductError(text, target=(*target, attribute)) from problem
