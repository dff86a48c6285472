"""Products together with what there is of them: catalog and stock written as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import QuerySet

from commerce.accounts.models import Merchant
from commerce.catalog.changes import Change, FieldChange, ProductPlan
from commerce.catalog.product_data import ProductData, StockData
from commerce.catalog.rules import InvalidProductError
from commerce.catalog.services import (
    Planned,
    ProductChange,
    change_of,
    plan_products,
    preview_products,
    tried_twice,
    write_plans,
)
from commerce.errors import CommerceError
from commerce.inventory.models import StockItem
from commerce.recordset import insert_rows, update_rows

MAX_ON_HAND = 2_000_000_000

_LEVELS = ("on_hand", "is_tracked", "allow_backorder")


class ImpossibleStockError(CommerceError):
    """The number cannot be on hand: out of range, negative, or below what is held for buyers right now."""

    code = "impossible_stock"


@dataclass(frozen=True, slots=True)
class StockedChange:
    """What a write has changed, stock included."""

    catalog: ProductChange
    stock_created: int = 0
    stock_updated: int = 0

    @property
    def is_anything(self) -> bool:
        """Whether the write has touched a row at all."""
        catalog = self.catalog
        variants = catalog.variants_created + catalog.variants_updated + catalog.variants_deactivated
        return catalog.product is not Change.UNCHANGED or bool(variants + self.stock_created + self.stock_updated)


Outcome = StockedChange | InvalidProductError | ImpossibleStockError
"""What became of one product of many: its change, or why it was left as it was."""


def upsert_stocked_product(merchant: Merchant, data: ProductData, *, is_recounted: bool = False) -> StockedChange:
    """Create or change a product with its variants, media and stock. Idempotent; all of it or nothing.

    Stock is set where a variant has none yet; what is there already stays, because sales have moved it,
    unless `is_recounted` says that the numbers are a count of today. What is reserved is never touched.
    Raises InvalidProductError, ImpossibleStockError.
    """
    (outcome,) = upsert_stocked_products(merchant, [data], is_recounted=is_recounted)
    if isinstance(outcome, CommerceError):
        raise outcome
    return outcome


def upsert_stocked_products(
    merchant: Merchant, wanted: Sequence[ProductData], *, is_recounted: bool = False
) -> list[Outcome]:
    """Do for many products, whose handles are there once, what `upsert_stocked_product` does for one.

    One transaction, a dozen statements. A product that cannot be written costs only itself: its outcome is
    the error. Rows are held until the end of the transaction, stock in the order of variant ids.
    """
    return tried_twice(lambda: _upsert(merchant, wanted, is_recounted=is_recounted))


def preview_stocked_products(
    merchant: Merchant, wanted: Sequence[ProductData], *, is_recounted: bool = False
) -> list[Outcome]:
    """Say what `upsert_stocked_products` would answer now. Holds nothing and writes nothing."""
    plans = _with_stock(preview_products(merchant, wanted), StockItem.objects.all(), is_recounted=is_recounted)
    return [_outcome(plan) for plan in plans]


@dataclass(slots=True)
class _StockPlan:
    catalog: ProductPlan
    new: list[StockItem] = field(default_factory=list)
    changed: list[StockItem] = field(default_factory=list)
    fields: list[FieldChange] = field(default_factory=list)


@transaction.atomic
def _upsert(merchant: Merchant, wanted: Sequence[ProductData], *, is_recounted: bool) -> list[Outcome]:
    rows = StockItem.objects.select_for_update(no_key=True) if is_recounted else StockItem.objects.all()
    planned = _with_stock(plan_products(merchant, wanted), rows, is_recounted=is_recounted)
    plans = [plan for plan in planned if isinstance(plan, _StockPlan)]
    write_plans([plan.catalog for plan in plans])
    insert_rows(
        [row for plan in plans for row in plan.new],
        ["variant_id", *_LEVELS, "reserved"],
        unless="variant_id",
    )
    update_rows([row for plan in plans for row in plan.changed], _LEVELS)
    return [_outcome(plan) for plan in planned]


def _outcome(plan: _StockPlan | CommerceError) -> Outcome:
    if not isinstance(plan, _StockPlan):
        return plan  # type: ignore[return-value] # one of the two that are refused here
    catalog = change_of(plan.catalog)
    if plan.fields and not plan.catalog.is_new:
        catalog = replace(catalog, fields=(*catalog.fields, *plan.fields))
    return StockedChange(catalog, stock_created=len(plan.new), stock_updated=len(plan.changed))


def _with_stock(
    planned: Iterable[Planned], rows: QuerySet[StockItem], *, is_recounted: bool
) -> list[_StockPlan | CommerceError]:
    """Add to each plan what has to be written of its stock."""
    planned = list(planned)
    ids = [
        one.row.pk
        for plan in planned
        if isinstance(plan, ProductPlan) and not plan.is_new
        for one in plan.variants
        if one.change is not Change.CREATED
    ]
    known = {row.pk: row for row in rows.filter(pk__in=ids).order_by("pk")} if ids else {}
    return [_stock_plan(plan, known, is_recounted=is_recounted) for plan in planned]


def _stock_plan(
    planned: Planned, known: Mapping[str, StockItem], *, is_recounted: bool
) -> _StockPlan | CommerceError:
    if isinstance(planned, InvalidProductError):
        return planned
    plan = _StockPlan(planned)
    for index, (data, variant) in enumerate(zip(planned.data.variants, planned.variants, strict=True)):
        row = known.get(variant.row.pk)
        is_kept = "stock" in data.kept and variant.change is not Change.CREATED
        if is_kept or (row is not None and not is_recounted):
            continue
        wanted = _with_kept(data.stock, row)
        try:
            _check(wanted, row.reserved if row else 0, index)
        except ImpossibleStockError as problem:
            return problem
        if row is None:
            plan.new.append(_row(variant.row.pk, wanted))
        else:
            _recount(plan, variant.name, row, wanted)
    return plan


def _with_kept(stock: StockData, row: StockItem | None) -> StockData:
    """Return the levels as they shall be: those of which nothing is said stay as they are."""
    return replace(stock, **{level: getattr(row, level) for level in stock.kept}) if row else stock


def _recount(plan: _StockPlan, name: str, row: StockItem, stock: StockData) -> None:
    before = len(plan.fields)
    for level in _LEVELS:
        old, new = getattr(row, level), getattr(stock, level)
        if old != new:
            plan.fields.append(FieldChange(name, level, old, new))
            setattr(row, level, new)
    if len(plan.fields) > before:
        plan.changed.append(row)


def _row(variant_id: str, stock: StockData) -> StockItem:
    return StockItem(
        variant_id=variant_id,
        on_hand=stock.on_hand,
        is_tracked=stock.is_tracked,
        allow_backorder=stock.allow_backorder,
    )


def _check(stock: StockData, reserved: int, index: int) -> None:
    target = ("variants", index, "stock")
    if abs(stock.on_hand) > MAX_ON_HAND:
        raise ImpossibleStockError(f"{stock.on_hand} on hand is out of range.", target=target)
    if stock.is_tracked and not stock.allow_backorder and stock.on_hand < reserved:
        held = f"fewer than the {reserved} held for buyers right now" if reserved else "fewer than none"
        raise ImpossibleStockError(f"{stock.on_hand} on hand is {held}.", target=target)
