"""Writing products from plain data: the same data twice changes nothing the second time.

Many products are written as cheaply as one: rows are read, locked and written in sets, a fixed number of
statements however many products and variants. Planning and writing are apart, so that a preview says what
the writing would do because it is the same plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from commerce import clock
from commerce.accounts.models import Merchant
from commerce.catalog import changes, rules
from commerce.catalog.changes import Change, FieldChange, ProductPlan
from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.product_data import PRODUCT_COLUMNS, VARIANT_COLUMNS, ProductData
from commerce.catalog.rules import InvalidProductError
from commerce.catalog.sql import product_ids
from commerce.recordset import insert_rows, update_rows

Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What a write has changed. `variant_ids` follows the order of the data's variants.

    `still_inactive` has the places in it of those that the data names and does not say to be for sale.
    """

    product_id: str
    product: Change
    variant_ids: tuple[str, ...]
    variants_created: int = 0
    variants_updated: int = 0
    variants_unchanged: int = 0
    variants_deactivated: int = 0
    fields: tuple[FieldChange, ...] = ()
    still_inactive: tuple[int, ...] = ()


Planned = ProductPlan | InvalidProductError
"""A plan, or why there can be none."""


def upsert_product(merchant: Merchant, data: ProductData) -> ProductChange:
    """Create or change a product with its variants and media to be what the data says. Idempotent.

    Variants that are not in the data become inactive and keep their ids; pictures that are not in it are
    removed; what the data names as kept stays. Holds the product's row. Stock is not touched:
    `commerce.inventory.stocking` writes both. Raises InvalidProductError.
    """
    return tried_twice(lambda: _upsert(merchant, data))


def show_only(products: QuerySet[Product], *, now: datetime) -> list[Product]:
    """Have agents show products and send buyers to their pages. Returns those that agents sold until now."""
    return _sell_through_agents(products.filter(is_checkout_enabled=True), False, now)


def sell_through_agents(products: QuerySet[Product], *, now: datetime) -> list[Product]:
    """Have agents sell products again. Returns those that were only shown until now."""
    return _sell_through_agents(products.filter(is_checkout_enabled=False), True, now)


def _sell_through_agents(products: QuerySet[Product], is_sold: bool, now: datetime) -> list[Product]:
    changed = list(products)
    rows = Product.objects.filter(pk__in=[product.pk for product in changed])
    rows.update(is_checkout_enabled=is_sold, updated_at=now)
    return changed


@transaction.atomic
def _upsert(merchant: Merchant, data: ProductData) -> ProductChange:
    (planned,) = plan_products(merchant, [data])
    if isinstance(planned, InvalidProductError):
        raise planned
    write_plans([planned])
    return change_of(planned)


def tried_twice(write: Callable[[], Written]) -> Written:
    """Write, and once more where somebody else has made the same row in that moment: it is there now."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        with transaction.atomic():
            return write()


def plan_products(merchant: Merchant, wanted: Sequence[ProductData]) -> list[Planned]:
    """Say for each product what has to be written. Handles are there once.

    Needs an open transaction and holds the rows of the products there are, so that the plan stays true.
    """
    return _planned(merchant, wanted, Product.objects.select_for_update(no_key=True))


def preview_products(merchant: Merchant, wanted: Sequence[ProductData]) -> list[Planned]:
    """Say for each product what would have to be written now. Holds nothing."""
    return _planned(merchant, wanted, Product.objects.all())


def write_plans(plans: Sequence[ProductPlan]) -> None:
    """Write what the plans say, in the transaction that made them.

    Raises IntegrityError where somebody else has made one of the new rows meanwhile.
    """
    now = clock.now()
    new = sorted((plan.product for plan in plans if plan.is_new), key=lambda product: product.handle)
    changed = [plan.product for plan in plans if plan.change is Change.UPDATED]
    created: list[Variant] = []
    updated: list[Variant] = []
    for plan in plans:
        created += [one.row for one in plan.variants if one.change is Change.CREATED]
        updated += [one.row for one in plan.variants if one.change is Change.UPDATED]
        updated += [one.row for one in plan.vanished]
    for product in changed:
        product.updated_at = now
    for variant in created:
        variant.created_at = variant.updated_at = now
    for variant in updated:
        variant.updated_at = now
    insert_rows(new, _NEW_PRODUCT)
    update_rows(changed, [*PRODUCT_COLUMNS, "updated_at"])
    update_rows(updated, ["option_values", *VARIANT_COLUMNS, "position", "updated_at"])
    insert_rows(created, _NEW_VARIANT)
    _write_media(plans)


def change_of(plan: ProductPlan) -> ProductChange:
    """Return what a plan changes, field by field where the product is not new."""
    counts = Counter(one.change for one in plan.variants)
    fields = [*plan.fields, *(change for one in (*plan.variants, *plan.vanished) for change in one.fields)]
    return ProductChange(
        product_id=plan.product.pk,
        product=plan.change,
        variant_ids=tuple(one.row.pk for one in plan.variants),
        variants_created=counts[Change.CREATED],
        variants_updated=counts[Change.UPDATED],
        variants_unchanged=counts[Change.UNCHANGED],
        variants_deactivated=len(plan.vanished),
        fields=() if plan.is_new else tuple(fields),
        still_inactive=tuple(_still_inactive(plan)),
    )


def _still_inactive(plan: ProductPlan) -> Iterable[int]:
    for place, (data, variant) in enumerate(zip(plan.data.variants, plan.variants, strict=True)):
        if "status" in data.kept and variant.row.status == Variant.Status.INACTIVE:
            yield place


_NEW_PRODUCT = ("id", "merchant_id", "handle", *PRODUCT_COLUMNS, "created_at", "updated_at")
_NEW_VARIANT = (
    "id",
    "merchant_id",
    "product_id",
    "option_values",
    *VARIANT_COLUMNS,
    "position",
    "created_at",
    "updated_at",
)


def _planned(merchant: Merchant, wanted: Sequence[ProductData], rows: QuerySet[Product]) -> list[Planned]:
    refused: dict[str, Planned] = {}
    for data in wanted:
        try:
            rules.check(merchant, data)
        except InvalidProductError as problem:
            refused[data.handle] = problem
    usable = [data for data in wanted if data.handle not in refused]
    known = rows.filter(pk__in=product_ids(merchant.pk, [data.handle for data in usable])).order_by("pk")
    plans = _plans(merchant, usable, {row.handle: row for row in known}) | refused
    return [plans[data.handle] for data in wanted]


def _product(merchant: Merchant, data: ProductData, now: datetime) -> Product:
    values = {name: getattr(data, name) for name in PRODUCT_COLUMNS}
    values |= {"tags": list(data.tags), "option_names": list(data.option_names)}
    return Product(merchant=merchant, handle=data.handle, created_at=now, updated_at=now, **values)


def _plans(merchant: Merchant, wanted: Iterable[ProductData], known: dict[str, Product]) -> dict[str, Planned]:
    ids = [row.pk for row in known.values()]
    variants, media = defaultdict(list), defaultdict(list)
    for variant in Variant.objects.filter(product__in=ids).order_by("position", "pk"):
        variants[variant.product_id].append(variant)
    for picture in Media.objects.filter(product__in=ids).order_by("position", "pk"):
        media[picture.product_id].append(picture)
    plans: dict[str, Planned] = {}
    now = clock.now()
    for data in wanted:
        product = known.get(data.handle) or _product(merchant, data, now)
        before = changes.Before(data.handle not in known, variants[product.pk], media[product.pk])
        try:
            plans[data.handle] = changes.plan_product(data, product, before)
        except InvalidProductError as problem:
            plans[data.handle] = problem
    return plans


def _write_media(plans: Iterable[ProductPlan]) -> None:
    new, changed, vanished = [], [], []
    for plan in plans:
        new += plan.new_media
        changed += plan.changed_media
        vanished += [media.pk for media in plan.vanished_media]
    if vanished:
        Media.objects.filter(pk__in=vanished).delete()
    update_rows(changed, ["alt", "position", "variant_id"])
    insert_rows(new, ["product_id", "variant_id", "url", "alt", "position"])
