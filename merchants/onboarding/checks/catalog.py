"""Whether there is anything to buy."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from commerce.accounts.models import Merchant
from commerce.backoffice.readiness import Check, Finding, missing, ok, warning
from commerce.backoffice.rights import Area
from commerce.catalog.models import Product, Variant
from merchants.onboarding.samples import shown_samples


def for_sale(merchant: Merchant) -> QuerySet[Variant]:
    """Return what agents may sell: active variants of active products, in stock or not."""
    return _shown(merchant).filter(product__is_checkout_enabled=True)


def _shown(merchant: Merchant) -> QuerySet[Variant]:
    """Return what agents find, whether they may sell it or send buyers to its page."""
    return Variant.objects.filter(
        merchant=merchant, status=Variant.Status.ACTIVE, product__status=Product.Status.ACTIVE
    )


def buyable(merchant: Merchant) -> QuerySet[Variant]:
    """Return what can be bought right now: it has a price, and there is some of it."""
    is_there = Q(stock__is_tracked=False) | Q(stock__allow_backorder=True)
    return for_sale(merchant).filter(is_there | Q(stock__on_hand__gt=F("stock__reserved")), price_minor__gt=0)


def look_at_products(merchant: Merchant, _now: datetime) -> Finding:
    offered, there = for_sale(merchant), buyable(merchant)
    count = there.values("product").distinct().count()
    if not offered.exists():
        if _shown(merchant).exists():
            return missing("Everything is only shown: no product can be bought through agents.")
        return missing("Nothing is offered yet. Add a product, or read a file of them.")
    if not count:
        return missing("Nothing can be bought: what is offered has no price, or there is none of it.")
    words = f"{count} {'product' if count == 1 else 'products'} can be bought{_besides(merchant)}."
    return warning(words, *gaps) if (gaps := _gaps(merchant)) else ok(words)


def _besides(merchant: Merchant) -> str:
    """Say how many products are only shown, as the merchant wants it of them."""
    shown = _shown(merchant).filter(product__is_checkout_enabled=False).values("product").distinct().count()
    return f", {shown} {'is' if shown == 1 else 'are'} only shown" if shown else ""


def _gaps(merchant: Merchant) -> list[str]:
    """Say what makes an offer less than it could be, with one example of each."""
    products = Product.objects.filter(pk__in=for_sale(merchant).values("product"))
    gaps = {
        "without a picture": products.filter(media__isnull=True),
        "without a description": products.filter(description=""),
        "made up as a sample": shown_samples(merchant),
        "with a price of zero": products.filter(variants__price_minor=0, variants__status=Variant.Status.ACTIVE),
    }
    return [
        f"{len(titles)} {what}, such as {titles[0]}."
        for what, found in gaps.items()
        if (titles := list(found.order_by("title", "pk").distinct().values_list("title", flat=True)[:1000]))
    ]


PRODUCTS = Check(
    id="products",
    title="Products",
    why="Agents find what is active, has a price and is in stock. Pictures and words decide what they show.",
    page="admin:setup_products",
    area=Area.CATALOG,
    look=look_at_products,
)
