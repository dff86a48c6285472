from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from commerce.accounts.models import Merchant
from commerce.catalog.changes import Change
from commerce.errors import CommerceError
from commerce.inventory.stocking import upsert_stocked_product
from merchants.imports.reading import Problem, ReadProduct


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import has done, and everything that was wrong, in the order of the file."""

    products_created: int = 0
    products_updated: int = 0
    products_unchanged: int = 0
    products_skipped: int = 0
    variants_created: int = 0
    variants_updated: int = 0
    variants_unchanged: int = 0
    variants_deactivated: int = 0
    stock_created: int = 0
    stock_updated: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def products(self) -> int:
        """How many products the shop has from the file."""
        return self.products_created + self.products_updated + self.products_unchanged

    @property
    def variants(self) -> int:
        return self.variants_created + self.variants_updated + self.variants_unchanged


def import_products(
    merchant: Merchant, products: Iterable[ReadProduct], *, is_recounted: bool = False
) -> ImportSummary:
    """Write what a reader found, each product in a transaction of its own. Idempotent.

    What cannot be written is skipped with a problem. Stock counts for new variants only, unless
    `is_recounted` says that the file is a count of today.
    """
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    for product in products:
        problems.extend(product.problems)
        try:
            counts += _write(merchant, product, is_recounted=is_recounted)
        except CommerceError as problem:
            counts["products_skipped"] += 1
            problems.append(_problem(product, problem))
    return ImportSummary(**counts, problems=tuple(sorted(problems, key=lambda one: one.row)))


def _write(merchant: Merchant, product: ReadProduct, *, is_recounted: bool) -> Counter[str]:
    if product.data is None:
        return Counter(products_skipped=1)
    change = upsert_stocked_product(merchant, product.data, is_recounted=is_recounted)
    catalog = change.catalog
    return Counter(
        products_created=catalog.product is Change.CREATED,
        products_updated=catalog.product is Change.UPDATED,
        products_unchanged=catalog.product is Change.UNCHANGED,
        variants_created=catalog.variants_created,
        variants_updated=catalog.variants_updated,
        variants_unchanged=catalog.variants_unchanged,
        variants_deactivated=catalog.variants_deactivated,
        stock_created=change.stock_created,
        stock_updated=change.stock_updated,
    )


def _problem(product: ReadProduct, problem: CommerceError) -> Problem:
    """Say of which row a refusal is: the variant's it points to, else the product's first."""
    row = product.row
    match problem.target:
        case ("variants", int(index), *_) if index < len(product.variant_rows):
            row = product.variant_rows[index]
    return Problem(row, "", product.handle, f"{problem.message} The product was left as it was.")
