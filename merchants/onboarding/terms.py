"""Writing what the setup's forms ask: terms of a shop, each in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Model
from django.utils.text import slugify

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product
from commerce.catalog.product_data import MediaData, ProductData, StockData, VariantData
from commerce.discounts.models import Discount
from commerce.errors import CommerceError
from commerce.fulfillment.models import FulfillmentMethod, FulfillmentRate, ShippingZone
from commerce.ids import random_text
from commerce.inventory.stocking import upsert_stocked_product
from commerce.tax.models import TaxRate
from merchants.onboarding.countries import country_name
from merchants.onboarding.tax_suggestions import Suggestion


def has_amounts(merchant: Merchant) -> bool:
    """Say whether anything is priced already, so that the shop's currency can no longer be another one."""
    priced: tuple[type[Model], ...] = (Product, FulfillmentMethod, Discount)
    return any(model._default_manager.filter(merchant=merchant).exists() for model in priced)


class TaxStandsError(CommerceError):
    """The shop says that it charges no tax, and its table says otherwise."""

    code = "tax_stands"


@dataclass(frozen=True, slots=True)
class FirstProduct:
    """What is asked about one product, in its simplest form: one thing, one price."""

    title: str
    description: str
    price_minor: int
    on_hand: int
    weight_grams: int
    image_url: str


def add_product(merchant: Merchant, told: FirstProduct) -> str:
    """Put one product on sale and return its id. Raises InvalidProductError, ImpossibleStockError."""
    handle = slugify(told.title)[:80] or "product"
    if Product.objects.filter(merchant=merchant, handle=handle).exists():
        handle = f"{handle}-{random_text(6).lower()}"
    variant = VariantData(
        price_minor=told.price_minor,
        currency=merchant.currency,
        weight_grams=told.weight_grams,
        image_urls=(told.image_url,) if told.image_url else (),
        stock=StockData(on_hand=told.on_hand),
    )
    data = ProductData(
        handle=handle,
        title=told.title,
        description=told.description,
        variants=(variant,),
        media=(MediaData(told.image_url),) if told.image_url else (),
    )
    return upsert_stocked_product(merchant, data).catalog.product_id


@dataclass(frozen=True, slots=True)
class FlatRate:
    """One price for every parcel; nothing from `free_from_minor` on, where that is said."""

    title: str
    amount_minor: int
    min_days: int
    max_days: int
    free_from_minor: int | None = None


@transaction.atomic
def add_home_delivery(merchant: Merchant, told: FlatRate) -> FulfillmentMethod:
    """Send parcels within the shop's own country at a flat rate. A way of that name is changed."""
    zone = _home_zone(merchant)
    method, _ = FulfillmentMethod.objects.update_or_create(
        merchant=merchant,
        zone=zone,
        title=told.title,
        kind=FulfillmentMethod.Kind.SHIPPING,
        defaults={"min_days": told.min_days, "max_days": told.max_days, "is_active": True},
    )
    method.rates.all().delete()
    free_from = told.free_from_minor
    FulfillmentRate.objects.create(method=method, amount_minor=told.amount_minor, max_subtotal_minor=free_from)
    if free_from is not None:
        FulfillmentRate.objects.create(method=method, amount_minor=0, min_subtotal_minor=free_from)
    return method


def _home_zone(merchant: Merchant) -> ShippingZone:
    for zone in merchant.shipping_zones.order_by("pk"):
        if (zone.countries, zone.regions, zone.postal_prefixes) == ([merchant.country], [], []):
            return zone
    name = country_name(merchant.country)
    is_taken = merchant.shipping_zones.filter(name=name).exists()
    return ShippingZone.objects.create(
        merchant=merchant, name=f"{name} (home)" if is_taken else name, countries=[merchant.country]
    )


@transaction.atomic
def add_taxes(merchant: Merchant, rates: Iterable[Suggestion]) -> None:
    """Enter rates that the merchant has confirmed. One that is there already gets the percentage that was said."""
    for rate in rates:
        values = asdict(rate)
        told = {name: values.pop(name) for name in ("percentage", "is_inclusive", "applies_to_shipping")}
        TaxRate.objects.update_or_create(merchant=merchant, postal_prefix="", tax_code="", **values, defaults=told)
    charge_tax(merchant.pk)


def charge_tax(merchant_id: str) -> None:
    """Take back that no tax is due: a rate was entered, and checkouts charge what stands in the table."""
    Merchant.objects.filter(pk=merchant_id, charges_no_tax=True).update(charges_no_tax=False)


@transaction.atomic
def declare_no_tax(merchant: Merchant, *, ended: Iterable[TaxRate] = ()) -> None:
    """Keep that the merchant says no tax is due on what it sells, and end the rates that it has said so of.

    Raises TaxStandsError where another rate is charged.
    """
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    TaxRate.objects.filter(merchant=merchant, pk__in=[rate.pk for rate in ended]).delete()
    if standing := standing_taxes(merchant):
        raise TaxStandsError(f"This is still charged: {', '.join(map(name_of, standing))}.")
    Merchant.objects.filter(pk=merchant.pk).update(charges_no_tax=True)


def standing_taxes(merchant: Merchant) -> list[TaxRate]:
    """Return the rates that a checkout charges by."""
    return list(merchant.tax_rates.order_by("country", "region", "jurisdiction", "pk"))


def name_of(rate: TaxRate) -> str:
    """Call a rate by what it is and where it counts, such as California 7.25 % (US, CA)."""
    where = ", ".join(part for part in (rate.country, rate.region, rate.postal_prefix, rate.tax_code) if part)
    return f"{rate} ({where})"
