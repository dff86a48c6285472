from __future__ import annotations

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Q, QuerySet

from commerce.catalog.models import Product, Variant


def search_products(merchant_id: str, text: str, *, limit: int, offset: int = 0) -> list[Product]:
    """Return a merchant's products for sale that match all the words, the best first; all without words.

    Variants, media and stock come along, so that a presenter runs no query.
    """
    products = Product.objects.filter(merchant_id=merchant_id, status=Product.Status.ACTIVE)
    products = products.filter(variants__status=Variant.Status.ACTIVE).distinct()
    if words := text.strip():
        query = SearchQuery(words, search_type="websearch", config="english")
        matching = Q(search=query) | Q(title__icontains=words)
        products = (
            Product.objects.filter(pk__in=products.values("pk"))
            .filter(matching)
            .annotate(rank=SearchRank(F("search"), query))
            .order_by("-rank", "title", "pk")
        )
    else:
        products = products.order_by("title", "pk")
    return list(_with_variants(products)[offset : offset + limit])


def product_of_variant(merchant_id: str, variant_id: str) -> Product | None:
    """Return the product for sale that a variant belongs to, with all its variants."""
    products = Product.objects.filter(
        merchant_id=merchant_id, status=Product.Status.ACTIVE, variants__pk=variant_id
    )
    return _with_variants(products.order_by("pk")).first()


def _with_variants(products: QuerySet[Product]) -> QuerySet[Product]:
    return products.prefetch_related("media", "variants__stock")
