"""Writing what a reader found, or saying what writing it would change.

Products are written in batches, a transaction each and a dozen statements whatever is in it. Where the database
refuses a batch its products are tried one by one, so that one costs only itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError

from commerce.accounts.models import Merchant
from commerce.catalog.changes import FieldChange
from commerce.catalog.product_data import ProductData
from commerce.errors import CommerceError
from commerce.inventory.stocking import Outcome, preview_stocked_products, upsert_stocked_products
from merchants.imports.reading import Problem, ReadProduct, Severity

BATCH_PRODUCTS = 100
BATCH_VARIANTS = 1000

SKIPPED = "skipped"

# What the database says of a product and not of itself: SQLSTATE classes of data, constraints, races, limits.
_REFUSALS = ("22", "23", "40", "54", "55P03", "57014")


@dataclass(frozen=True, slots=True)
class ProductResult:
    """What became, or would become, of one product of the file: created, updated, unchanged or skipped."""

    row: int
    handle: str
    title: str
    change: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of some products. `counts` are by the names of ImportSummary's fields."""

    counts: Counter[str]
    products: tuple[ProductResult, ...]
    problems: tuple[Problem, ...]


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
    problems: tuple[Problem, ...] = field(default=())

    @property
    def products(self) -> int:
        """How many products the shop has from the file."""
        return self.products_created + self.products_updated + self.products_unchanged

    @property
    def variants(self) -> int:
        return self.variants_created + self.variants_updated + self.variants_unchanged

    @property
    def is_anything(self) -> bool:
        """Whether anything is new or changed."""
        products = self.products_created + self.products_updated
        variants = self.variants_created + self.variants_updated + self.variants_deactivated
        return bool(products + variants + self.stock_created + self.stock_updated)


def import_products(
    merchant: Merchant, products: Iterable[ReadProduct], *, is_recounted: bool = False
) -> ImportSummary:
    """Write what a reader found. Idempotent; whoever was interrupted starts anew.

    What cannot be written is skipped with a problem. Stock counts for new variants only, unless
    `is_recounted` says that the file is a count of today.
    """
    batches = (write_batch(merchant, batch, is_recounted=is_recounted) for batch in in_batches(products))
    return summed_up(batches)


def summed_up(results: Iterable[BatchResult]) -> ImportSummary:
    """Add up what became of all batches."""
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    for result in results:
        counts += result.counts
        problems += result.problems
    return ImportSummary(**counts, problems=tuple(sorted(problems, key=lambda one: one.row)))


def in_batches(products: Iterable[ReadProduct]) -> Iterator[list[ReadProduct]]:
    """Part products into batches in which each handle is there once."""
    batch: list[ReadProduct] = []
    handles: set[str] = set()
    variants = 0
    for product in products:
        handle = product.data.handle if product.data else ""
        more = len(product.data.variants) if product.data else 0
        if batch and (len(batch) == BATCH_PRODUCTS or variants + more > BATCH_VARIANTS or handle in handles):
            yield batch
            batch, handles, variants = [], set(), 0
        batch.append(product)
        variants += more
        if handle:
            handles.add(handle)
    if batch:
        yield batch


def write_batch(merchant: Merchant, batch: Sequence[ReadProduct], *, is_recounted: bool) -> BatchResult:
    """Write a batch in one transaction, or its products one by one where the database refuses it as a whole."""
    usable = [product.data for product in batch if product.data is not None]
    try:
        outcomes: Sequence[Outcome | CommerceError] = upsert_stocked_products(
            merchant, usable, is_recounted=is_recounted
        )
    except DatabaseError as problem:
        if not _is_refusal(problem):
            raise
        outcomes = [_write_alone(merchant, data, is_recounted=is_recounted) for data in usable]
    return _result(batch, outcomes)


def preview_batch(merchant: Merchant, batch: Sequence[ReadProduct], *, is_recounted: bool) -> BatchResult:
    """Say what `write_batch` would do now, without writing."""
    usable = [product.data for product in batch if product.data is not None]
    return _result(batch, preview_stocked_products(merchant, usable, is_recounted=is_recounted))


class RefusedByDatabaseError(CommerceError):
    """The database did not take one product, for a reason that is the product's own or of the moment."""

    code = "refused_by_database"


def _write_alone(merchant: Merchant, data: ProductData, *, is_recounted: bool) -> Outcome | CommerceError:
    try:
        (outcome,) = upsert_stocked_products(merchant, [data], is_recounted=is_recounted)
    except DatabaseError as problem:
        if not _is_refusal(problem):
            raise
        reason = str(problem).partition("\n")[0]
        return RefusedByDatabaseError(f"It could not be written now: {reason}. Import the file again.")
    return outcome


def _is_refusal(problem: DatabaseError) -> bool:
    state = getattr(problem.__cause__, "sqlstate", None) or ""
    return state.startswith(_REFUSALS)


def _result(batch: Sequence[ReadProduct], outcomes: Iterable[Outcome | CommerceError]) -> BatchResult:
    """Bring products together with what became of those that could be read."""
    remaining = iter(outcomes)
    counts: Counter[str] = Counter()
    products: list[ProductResult] = []
    problems: list[Problem] = []
    for product in batch:
        problems += product.problems
        outcome = next(remaining) if product.data is not None else None
        title = product.data.title if product.data else ""
        if outcome is None or isinstance(outcome, CommerceError):
            counts["products_skipped"] += 1
            products.append(ProductResult(product.row, product.handle, title, SKIPPED))
            problems += [_problem(product, outcome)] if outcome is not None else []
            continue
        catalog = outcome.catalog
        problems += (_still_inactive(product, place) for place in catalog.still_inactive)
        counts[f"products_{catalog.product}"] += 1
        counts["variants_created"] += catalog.variants_created
        counts["variants_updated"] += catalog.variants_updated
        counts["variants_unchanged"] += catalog.variants_unchanged
        counts["variants_deactivated"] += catalog.variants_deactivated
        counts["stock_created"] += outcome.stock_created
        counts["stock_updated"] += outcome.stock_updated
        change = catalog.product if catalog.product == "created" or not outcome.is_anything else "updated"
        products.append(ProductResult(product.row, product.handle, title, change, catalog.fields))
    return BatchResult(+counts, tuple(products), tuple(problems))


def _still_inactive(product: ReadProduct, place: int) -> Problem:
    """Say that a variant in the file is not for sale: whether it should be, only the merchant knows."""
    advice = "It is inactive and stays so, for no column says what is for sale. Activate it at the product."
    return Problem(product.variant_rows[place], "", product.handle, advice, Severity.NOTICE)


def _problem(product: ReadProduct, problem: CommerceError) -> Problem:
    """Say of which row a refusal is: the variant's it points to, else the product's first."""
    row = product.row
    match problem.target:
        case ("variants", int(index), *_) if index < len(product.variant_rows):
            row = product.variant_rows[index]
    advice = f"{problem.message} The product was left as it was."
    return Problem(row, "", product.handle, advice, Severity.ERROR)
