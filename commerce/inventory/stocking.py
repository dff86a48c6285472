"""Products together with what there is of them: catalog and stock written as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from commerce.accounts.models import Merchant
from commerce.catalog.services import ProductChange, ProductData, StockData, upsert_product
from commerce.errors import CommerceError
from commerce.inventory.models import StockItem

MAX_ON_HAND = 2_000_000_000


class ImpossibleStockError(CommerceError):
    """The number cannot be on hand: out of range, negative, or below what is held for buyers right now."""

    code = "impossible_stock"


@dataclass(frozen=True, slots=True)
class StockedChange:
    """What a write has changed, stock included."""

    catalog: ProductChange
    stock_created: int = 0
    stock_updated: int = 0


@transaction.atomic
def upsert_stocked_product(merchant: Merchant, data: ProductData, *, is_recounted: bool = False) -> StockedChange:
    """Create or change a product with its variants, media and stock. Idempotent; all of it or nothing.

    Stock is set where a variant has none yet; what is there already stays, because sales have moved it,
    unless `is_recounted` says that the numbers are a count of today. What is reserved is never touched.
    Raises InvalidProductError, ImpossibleStockError.
    """
    change = upsert_product(merchant, data)
    wanted = {
        variant_id: variant.stock for variant_id, variant in zip(change.variant_ids, data.variants, strict=True)
    }
    rows = StockItem.objects.filter(pk__in=wanted).order_by("pk")
    known = {row.pk: row for row in (rows.select_for_update(no_key=True) if is_recounted else rows)}
    _check(wanted, known if is_recounted else {})
    missing = [_row(variant_id, wanted[variant_id]) for variant_id in sorted(wanted) if variant_id not in known]
    StockItem.objects.bulk_create(missing, ignore_conflicts=True)
    updated = _recount(known, wanted) if is_recounted else 0
    return StockedChange(change, stock_created=len(missing), stock_updated=updated)


def _row(variant_id: str, stock: StockData) -> StockItem:
    return StockItem(
        variant_id=variant_id,
        on_hand=stock.on_hand,
        is_tracked=stock.is_tracked,
        allow_backorder=stock.allow_backorder,
    )


def _recount(known: Mapping[str, StockItem], wanted: Mapping[str, StockData]) -> int:
    """Set what is on hand of locked rows. Returns how many differed."""
    changed = []
    for variant_id, row in known.items():
        stock = wanted[variant_id]
        told = (stock.on_hand, stock.is_tracked, stock.allow_backorder)
        if told != (row.on_hand, row.is_tracked, row.allow_backorder):
            row.on_hand, row.is_tracked, row.allow_backorder = told
            changed.append(row)
    StockItem.objects.bulk_update(changed, ["on_hand", "is_tracked", "allow_backorder"])
    return len(changed)


def _check(wanted: Mapping[str, StockData], known: Mapping[str, StockItem]) -> None:
    for index, (variant_id, stock) in enumerate(wanted.items()):
        target = ("variants", index, "stock")
        if abs(stock.on_hand) > MAX_ON_HAND:
            raise ImpossibleStockError(f"{stock.on_hand} on hand is out of range.", target=target)
        reserved = known[variant_id].reserved if variant_id in known else 0
        if stock.is_tracked and not stock.allow_backorder and stock.on_hand < reserved:
            held = f"fewer than the {reserved} held for buyers right now" if reserved else "fewer than none"
            raise ImpossibleStockError(f"{stock.on_hand} on hand is {held}.", target=target)
