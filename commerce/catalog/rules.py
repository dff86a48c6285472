"""What a product must be like before it is written. Runs no query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from commerce.accounts.models import Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.product_data import (
    MAX_PRICE_MINOR,
    PRODUCT_COLUMNS,
    VARIANT_COLUMNS,
    ProductData,
    VariantData,
)
from commerce.errors import CommerceError
from commerce.money import Money


class InvalidProductError(CommerceError):
    """The data cannot become a product; `target` leads to the field, by the variant's index where it is one's."""

    code = "invalid_product"


def check(merchant: Merchant, data: ProductData) -> None:
    """Raise InvalidProductError for what the columns or the rules of a product do not allow."""
    product = Product(merchant=merchant, handle=data.handle)
    _check_columns(product, {name: getattr(data, name) for name in ("handle", *PRODUCT_COLUMNS)}, ())
    if not data.variants and not data.kept_options and "variants" not in data.kept:
        raise InvalidProductError(f"'{data.handle}' has no variant.", target=("variants",))
    _check_options(data)
    urls = {one.url for one in data.media}
    if len(urls) != len(data.media):
        raise InvalidProductError(f"'{data.handle}' has the same picture twice.", target=("media",))
    for one in data.media:
        _check_columns(Media(), {"url": one.url, "alt": one.alt}, ("media",))
    row = Variant(product=product)
    for index, variant in enumerate(data.variants):
        _check_variant(merchant, row, variant, index)
        if strange := [url for url in variant.image_urls if url not in urls]:
            text = f"The picture {strange[0]} of a variant is none of the product's."
            raise InvalidProductError(text, target=("variants", index, "image_urls"))


def check_option_count(option_values: Sequence[str], option_names: Sequence[str], index: int) -> None:
    """Raise InvalidProductError where a variant has not one value for each option."""
    if len(option_values) != len(option_names):
        name = " / ".join(option_values) or "without options"
        text = f"The variant {name} has {len(option_values)} options, not {len(option_names)}."
        raise InvalidProductError(text, target=("variants", index, "option_values"))


def _check_sale(price_minor: int, sale_price_minor: int | None, index: int) -> None:
    """Raise InvalidProductError where a sale does not make the variant cheaper."""
    if sale_price_minor is not None and not 0 <= sale_price_minor < price_minor:
        text = "A sale price is below the regular price."
        raise InvalidProductError(text, target=("variants", index, "sale_price_minor"))


def check_kept_sale(row: Variant, index: int) -> None:
    """Raise InvalidProductError where a sale of which nothing was said is none with the price that was."""
    if row.sale_price_minor is not None and row.sale_price_minor >= row.price_minor:
        sale, price = (Money(minor, row.currency) for minor in (row.sale_price_minor, row.price_minor))
        text = f"Its sale price of {sale} is not below the new price of {price}: end the sale, or say a new one."
        raise InvalidProductError(text, target=("variants", index, "sale_price_minor"))


def _check_variant(merchant: Merchant, row: Variant, variant: VariantData, index: int) -> None:
    if variant.currency != merchant.currency:
        text = f"{merchant.name} sells in {merchant.currency.upper()}, not in {variant.currency.upper()}."
        raise InvalidProductError(text, target=("variants", index, "currency"))
    if not 0 <= variant.price_minor <= MAX_PRICE_MINOR:
        text = f"A price is from 0 to {MAX_PRICE_MINOR} minor units."
        raise InvalidProductError(text, target=("variants", index, "price_minor"))
    if "sale_price_minor" not in variant.kept:
        _check_sale(variant.price_minor, variant.sale_price_minor, index)
    values = {name: getattr(variant, name) for name in ("option_values", *VARIANT_COLUMNS)}
    _check_columns(row, values, ("variants", index))


def _check_options(data: ProductData) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, variant in enumerate(data.variants):
        check_option_count(variant.option_values, data.option_names, index)
        if variant.option_values in seen:
            text = f"The variant {variant.name or 'without options'} is there twice."
            raise InvalidProductError(text, target=("variants", index, "option_values"))
        seen.add(variant.option_values)


def _check_columns(row: models.Model, values: dict[str, object], target: Sequence[str | int]) -> None:
    """Hold values against their columns: lengths, addresses, choices, digits."""
    for attribute, value in values.items():
        is_long = isinstance(value, str) and len(value) > _LONG_CHARACTERS
        if text := (_complaint if is_long else _repeated_complaint)(type(row), attribute, value):
            raise InvalidProductError(text, target=(*target, attribute))


def _complaint(model: type[models.Model], attribute: str, value: object) -> str:
    """Say what a column does not allow about a value; empty where it does."""
    field: Any = model._meta.get_field(attribute)
    if _has_unstorable_characters(value):
        return f"The {field.verbose_name} contains a NUL character or half of a character."
    if value in field.empty_values and field.blank:
        return ""
    try:
        field.clean(list(value) if isinstance(value, tuple) else value, None)
    except ValidationError as problem:
        return f"The {field.verbose_name} is not valid: {' '.join(problem.messages)}"
    return ""


_LONG_CHARACTERS = 200
_repeated_complaint = lru_cache(maxsize=8192)(_complaint)  # prices, brands, addresses come again and again


def _has_unstorable_characters(value: object) -> bool:
    if isinstance(value, tuple):
        return any(_has_unstorable_characters(one) for one in value)
    if not isinstance(value, str) or value.isascii():
        return isinstance(value, str) and "\x00" in value
    return "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value)
