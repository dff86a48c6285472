"""What the demo adds to a catalog that lacks it, so that every way through the checkout can be tried.

An export of another shop often has one piece of each thing, nothing to download and nothing sold out.
Whatever is there already is left as it is, but for the stock of the few variants the demo buys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.discounts.models import Discount
from commerce.fulfillment.models import FulfillmentMethod, FulfillmentRate, ShippingZone
from commerce.inventory.models import StockItem

WANTED_IN_STOCK = 4
STOCK = 1000
LEAST_PRICE_MINOR = 200

PIECES = (
    ("demo-enamel-mug", "Enamel Mug", 1800, "A mug of enamelled steel, white with a blue rim."),
    ("demo-wool-blanket", "Wool Blanket", 8900, "A blanket of undyed wool, 130 by 180 cm."),
    ("demo-canvas-tote", "Canvas Tote", 2400, "A tote of heavy cotton canvas."),
    ("demo-brass-lantern", "Brass Lantern", 5600, "A lantern of brass for one candle."),
)


@dataclass(frozen=True, slots=True)
class Items:
    """Variant ids of what can be bought, what is sold out, and what is downloaded."""

    in_stock: list[str]
    out_of_stock: str
    digital: str


def complete_catalog(merchant: Merchant) -> Items:
    """Find what the demo needs in a merchant's catalog, and add what is missing. May run again."""
    sold_out = _sold_out(merchant)
    chosen = _plentiful(merchant)
    for handle, title, price_minor, description in PIECES[: WANTED_IN_STOCK - len(chosen)]:
        chosen.append(_add(merchant, handle, title, price_minor, description))
    ids = [variant.pk for variant in chosen]
    StockItem.objects.filter(variant_id__in=ids, on_hand__lt=F("reserved") + STOCK).update(
        on_hand=F("reserved") + STOCK
    )
    return Items(in_stock=ids, out_of_stock=sold_out.pk, digital=_digital(merchant).pk)


def _for_sale(merchant: Merchant) -> QuerySet[Variant]:
    active = Variant.objects.filter(
        merchant=merchant, status=Variant.Status.ACTIVE, product__status=Product.Status.ACTIVE
    )
    return active.order_by("created_at", "pk")


def _plentiful(merchant: Merchant) -> list[Variant]:
    """Choose variants to buy, in the order of the catalog, each of another product where there are enough."""
    candidates = _for_sale(merchant).filter(
        Q(max_quantity_per_order__isnull=True) | Q(max_quantity_per_order__gte=10),
        Q(stock__on_hand__gt=F("stock__reserved")) | Q(stock__is_tracked=False),
        is_digital=False,
        price_minor__gte=LEAST_PRICE_MINOR,
    )
    in_order = candidates.order_by("product__created_at", "product_id", "position", "pk")[:500]
    one_each: dict[str, Variant] = {}
    for variant in in_order:
        one_each.setdefault(variant.product_id, variant)
    chosen = list(one_each.values())
    return [*chosen, *(variant for variant in in_order if variant not in chosen)][:WANTED_IN_STOCK]


def _sold_out(merchant: Merchant) -> Variant:
    empty = _for_sale(merchant).filter(
        stock__is_tracked=True, stock__allow_backorder=False, stock__on_hand__lte=F("stock__reserved")
    )
    if known := empty.filter(is_digital=False).first():
        return known
    description = "Folded from one sheet of oak veneer. The last one has been sold."
    return _add(merchant, "demo-oak-tray", "Oak Tray", 3900, description, on_hand=0)


def _digital(merchant: Merchant) -> Variant:
    downloads = _for_sale(merchant).filter(is_digital=True)
    available = Q(stock__is_tracked=False) | Q(stock__on_hand__gte=F("stock__reserved") + STOCK)
    if known := downloads.filter(available).first():
        return known
    description = "How to look after wool, canvas and brass: 24 pages to download."
    added = _add(merchant, "demo-care-guide", "Care Guide", 900, description)
    Variant.objects.filter(pk=added.pk).update(is_digital=True, weight_grams=0)
    StockItem.objects.filter(pk=added.pk).update(is_tracked=False)
    return added


def _add(
    merchant: Merchant, handle: str, title: str, price_minor: int, description: str, *, on_hand: int = STOCK
) -> Variant:
    product, _ = Product.objects.get_or_create(
        merchant=merchant, handle=handle, defaults={"title": title, "description": description}
    )
    variant, _ = Variant.objects.get_or_create(
        product=product,
        option_values=[],
        defaults={
            "merchant": merchant,
            "price_minor": price_minor,
            "currency": merchant.currency,
            "weight_grams": 400,
        },
    )
    StockItem.objects.get_or_create(variant=variant, defaults={"on_hand": on_hand})
    return variant


def complete_discounts(merchant: Merchant, *, now: datetime) -> dict[str, str]:
    """Return a code that takes a share off every order, and one that has expired; added where missing."""
    codes = Discount.objects.filter(merchant=merchant, kind=Discount.Kind.PERCENT, code__isnull=False)
    running = codes.filter(
        Q(starts_at__isnull=True) | Q(starts_at__lte=now),
        is_active=True,
        is_combinable=True,
        minimum_subtotal_minor=0,
        ends_at__isnull=True,
        usage_limit__isnull=True,
        usage_limit_per_buyer__isnull=True,
    )
    over = codes.filter(is_active=True, ends_at__lt=now)
    percent = running.order_by("code").first() or _discount(merchant, "Demo welcome", "DEMO10")
    expired = over.order_by("code").first() or _discount(
        merchant, "Demo sale, over", "DEMOOVER", ends_at=now - timedelta(days=30)
    )
    return {"percent": str(percent.code), "expired": str(expired.code)}


def _discount(merchant: Merchant, name: str, code: str, ends_at: datetime | None = None) -> Discount:
    values = {"name": name, "kind": Discount.Kind.PERCENT, "percent": Decimal(10), "ends_at": ends_at}
    return Discount.objects.get_or_create(merchant=merchant, code=code, defaults=values)[0]


def complete_shipping(merchant: Merchant, *, country: str) -> None:
    """See to it that there are at least two ways to send things to a country."""
    reaching = FulfillmentMethod.objects.filter(
        Q(zone__countries=[]) | Q(zone__countries__contains=[country]),
        merchant=merchant,
        kind=FulfillmentMethod.Kind.SHIPPING,
        is_active=True,
    )
    if reaching.count() >= 2:
        return
    zone, _ = ShippingZone.objects.get_or_create(
        merchant=merchant, name="Everywhere (demo)", defaults={"countries": []}
    )
    for title, days, amount_minor in (("Standard", (3, 6), 500), ("Express", (1, 2), 1500)):
        method, is_new = FulfillmentMethod.objects.get_or_create(
            merchant=merchant, zone=zone, title=title, defaults={"min_days": days[0], "max_days": days[1]}
        )
        if is_new:
            FulfillmentRate.objects.create(method=method, amount_minor=amount_minor)
