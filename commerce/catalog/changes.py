"""What would have to be written for a product to be as its data says. Pure: rows in, rows out, nothing saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import models

from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.product_data import PRODUCT_COLUMNS, VARIANT_COLUMNS, ProductData, VariantData
from commerce.catalog.rules import check_kept_sale, check_option_count

Options = tuple[str, ...]


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after. `variant` is its name; None where the field is the product's own."""

    variant: str | None
    field: str
    old: Any
    new: Any


@dataclass(slots=True)
class VariantPlan:
    row: Variant
    name: str
    change: Change
    fields: list[FieldChange] = field(default_factory=list)


@dataclass(slots=True)
class ProductPlan:
    """Rows as they shall be, and what of them has to be written. `variants` follows the order of the data's."""

    data: ProductData
    product: Product
    is_new: bool
    fields: list[FieldChange] = field(default_factory=list)
    variants: list[VariantPlan] = field(default_factory=list)
    vanished: list[VariantPlan] = field(default_factory=list)
    new_media: list[Media] = field(default_factory=list)
    changed_media: list[Media] = field(default_factory=list)
    vanished_media: list[Media] = field(default_factory=list)

    @property
    def change(self) -> Change:
        if self.is_new:
            return Change.CREATED
        return Change.UPDATED if self.fields else Change.UNCHANGED


@dataclass(frozen=True, slots=True)
class Before:
    """What there is of a product, in the order of positions."""

    is_new: bool
    variants: Sequence[Variant] = ()
    media: Sequence[Media] = ()


def plan_product(data: ProductData, product: Product, before: Before) -> ProductPlan:
    """Compare a product with its data. The rows take over the new values.

    Raises InvalidProductError where what is kept does not go with what is new.
    """
    plan = ProductPlan(data, product, before.is_new)
    if not before.is_new:
        told = {name: getattr(data, name) for name in PRODUCT_COLUMNS if name not in data.kept}
        plan.fields = _take_over(product, told, None)
    plan.variants, plan.vanished = _plan_variants(data, product, before.variants)
    if "media" not in data.kept:
        _plan_media(plan, before)
    return plan


def _plan_variants(
    data: ProductData, product: Product, before: Sequence[Variant]
) -> tuple[list[VariantPlan], list[VariantPlan]]:
    known = _known(before, data)
    rows = [known.get(one.option_values) for one in data.variants]
    positions = _positions(rows, before)
    plans = []
    for index, (one, row, position) in enumerate(zip(data.variants, rows, positions, strict=True)):
        check_option_count(one.option_values, product.option_names, index)
        if row is None:
            plans.append(_new_variant(product, one, position))
        else:
            plans.append(_changed_variant(row, one, position))
            check_kept_sale(row, index)
    stays = {id(row) for row in rows}
    vanished = [
        _deactivated(row)
        for row in before
        if "variants" not in data.kept
        and id(row) not in stays
        and row.status != Variant.Status.INACTIVE
        and tuple(row.option_values) not in data.kept_options
    ]
    return plans, vanished


def _known(before: Iterable[Variant], data: ProductData) -> dict[Options, Variant]:
    """Return the rows of the data's variants: by their options, or by their SKU where the options got new names.

    A SKU is only trusted where one variant on each side has it, and neither has found its like.
    """
    known = {tuple(row.option_values): row for row in before}
    wanted = {one.option_values for one in data.variants}
    left = [row for options, row in known.items() if options not in wanted and options not in data.kept_options]
    strange = [one for one in data.variants if one.option_values not in known and "sku" not in one.kept]
    counts = Counter(row.sku for row in left)
    wanted_counts = Counter(one.sku for one in strange)
    by_sku = {row.sku: row for row in left if row.sku and counts[row.sku] == 1}
    for one in strange:
        if one.sku in by_sku and wanted_counts[one.sku] == 1:
            known[one.option_values] = by_sku[one.sku]
    return known


def _positions(rows: Sequence[Variant | None], before: Sequence[Variant]) -> list[int]:
    """Return the variants' positions: as they are, where they are in the right order already."""
    places = {id(row): place for place, row in enumerate(before)}
    found = [row for row in rows if row is not None]
    order = [places[id(row)] for row in found]
    if found and order == sorted(order) and rows[: len(found)] == found:
        last = max(row.position for row in before)
        return [row.position if row else last + 1 + index - len(found) for index, row in enumerate(rows)]
    return list(range(1, len(rows) + 1))


def _new_variant(product: Product, data: VariantData, position: int) -> VariantPlan:
    values = {name: getattr(data, name) for name in VARIANT_COLUMNS} | {"title": _title(data)}
    row = Variant(
        merchant_id=product.merchant_id,
        product=product,
        option_values=list(data.option_values),
        position=position,
        **values,
    )
    is_there = FieldChange(data.name, "status", None, row.status)
    return VariantPlan(row, data.name, Change.CREATED, [is_there])


def _changed_variant(row: Variant, data: VariantData, position: int) -> VariantPlan:
    told = {name: getattr(data, name) for name in VARIANT_COLUMNS if name not in data.kept}
    if "title" in data.kept:
        told |= {"title": _title(data)} if row.title == " / ".join(row.option_values) else {}
    elif not data.title:
        told["title"] = _title(data) if row.title else ""
    told |= {"option_values": data.option_values, "position": position}
    fields = _take_over(row, told, data.name)
    return VariantPlan(row, data.name, Change.UPDATED if fields else Change.UNCHANGED, fields)


def _title(data: VariantData) -> str:
    return data.title or data.name[:255].rstrip()


def _deactivated(row: Variant) -> VariantPlan:
    name = " / ".join(row.option_values)
    fields = _take_over(row, {"status": Variant.Status.INACTIVE}, name)
    return VariantPlan(row, name, Change.DEACTIVATED, fields)


def _plan_media(plan: ProductPlan, before: Before) -> None:
    """Make the pictures those of the data. Where these follow one another already their positions stay."""
    known = {media.url: media for media in before.media}
    old, new = list(known), [one.url for one in plan.data.media]
    if old != new:
        plan.fields.append(FieldChange(None, "media", old, new))
    owners, silent = _owners(plan, before.variants)
    for place, wanted in enumerate(plan.data.media, start=1):
        media = known.pop(wanted.url, None)
        owner = owners.get(wanted.url)
        if media is None:
            row = Media(product=plan.product, variant_id=owner, url=wanted.url, alt=wanted.alt, position=place)
            plan.new_media.append(row)
            continue
        if owner is None and media.variant_id in silent:
            owner = media.variant_id
        said = _take_over(media, {"alt": wanted.alt, "variant_id": owner}, None)
        plan.fields += [FieldChange(None, f"{one.field} of {wanted.url}", one.old, one.new) for one in said]
        moved = _take_over(media, {"position": place}, None) if old != new else []
        if said or moved:
            plan.changed_media.append(media)
    plan.vanished_media.extend(known.values())


def _owners(plan: ProductPlan, before: Iterable[Variant]) -> tuple[dict[str, str], set[str]]:
    """Return whose a picture is, the first of those that share it, and the variants that keep theirs."""
    owners: dict[str, str] = {}
    silent = {row.pk for row in before if tuple(row.option_values) in plan.data.kept_options}
    for one, variant in zip(plan.data.variants, plan.variants, strict=True):
        if "image_urls" in one.kept:
            silent.add(variant.row.pk)
        for url in one.image_urls:
            owners.setdefault(url, variant.row.pk)
    return owners, silent


def _take_over(row: models.Model, values: Mapping[str, Any], variant: str | None) -> list[FieldChange]:
    """Set values on a row that is not saved yet. Returns those that are new."""
    changes = []
    for name, value in values.items():
        new = list(value) if isinstance(value, tuple) else value
        old = getattr(row, name)
        if old != new:
            setattr(row, name, new)
            changes.append(FieldChange(variant, name, old, new))
    return changes
