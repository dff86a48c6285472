"""The demo's shops, made or brought up to date. Running it again changes nothing that is as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.text import slugify

from commerce.accounts.models import Merchant
from commerce.discounts.models import Discount
from commerce.errors import CommerceError
from commerce.fulfillment.models import FulfillmentMethod, FulfillmentRate, PickupLocation, ShippingZone
from commerce.fulfillment.terms import LocationTerms, MethodTerms, RateTerms, ZoneTerms
from commerce.inbox.services import new_fulfillment_secret
from commerce.pricing.discounts import Promotion
from commerce.tax.calculator import TaxRow
from commerce.tax.models import TaxRate
from merchants.demo_terms import FJORD_AND_FELL, HARBOR_SUPPLY, ShopTerms
from merchants.imports.product_files import read_products
from merchants.imports.reading import ReadProduct
from merchants.imports.services import ImportSummary, import_products

Row = TypeVar("Row", bound=Model)


class UnusableNameError(CommerceError):
    """A shop cannot be called like this."""

    code = "unusable_name"


class OtherCurrencyError(CommerceError):
    """A merchant of that name sells in another currency than the demo's prices."""

    code = "other_currency"


@dataclass(frozen=True, slots=True)
class SeededShop:
    """One shop as it stands now. The secret is only there where it was made now; it cannot be shown again."""

    merchant_id: str
    slug: str
    name: str
    currency: str
    is_new: bool
    fulfillment_secret: str | None = field(repr=False)
    imported: ImportSummary


def seed(
    *,
    slug: str = HARBOR_SUPPLY.slug,
    name: str = "",
    file: Path | None = None,
    is_recounted: bool = False,
) -> tuple[SeededShop, ...]:
    """Make the demo's two shops, the first under that slug with the products of a Shopify export.

    A shop that is there already keeps its name unless one is given. Idempotent. Every file is read
    through before anything is written; then each shop's terms and each product are a transaction of
    their own. Stock is set again only where `is_recounted`. Raises UnusableNameError, UnreadableFileError,
    OtherCurrencyError.
    """
    _require_usable(slug, name)
    main = FJORD_AND_FELL if slug == FJORD_AND_FELL.slug else HARBOR_SUPPLY
    known_as = main.name if slug == main.slug else slug.replace("-", " ").title()
    main = replace(main, slug=slug, name=known_as, catalog=file or main.catalog)
    shops = [(main, name)] if main.slug == FJORD_AND_FELL.slug else [(main, name), (FJORD_AND_FELL, "")]
    read = [read_products(terms.catalog, currency=terms.currency) for terms, _ in shops]
    return tuple(
        _seed_shop(terms, given, products, is_recounted=is_recounted)
        for (terms, given), products in zip(shops, read, strict=True)
    )


def _require_usable(slug: str, name: str) -> None:
    if slugify(slug) != slug or not 1 <= len(slug) <= 50:
        raise UnusableNameError(f"'{slug}' is no short name: small letters, digits and dashes, at most 50.")
    if len(name) > 100:
        raise UnusableNameError("A shop's name has at most 100 characters.")


def _seed_shop(terms: ShopTerms, name: str, products: Iterable[ReadProduct], *, is_recounted: bool) -> SeededShop:
    merchant, is_new, secret = _write_terms(terms, name=name)
    return SeededShop(
        merchant_id=merchant.pk,
        slug=merchant.slug,
        name=merchant.name,
        currency=merchant.currency,
        is_new=is_new,
        fulfillment_secret=secret,
        imported=import_products(merchant, products, is_recounted=is_recounted),
    )


@transaction.atomic
def _write_terms(terms: ShopTerms, *, name: str) -> tuple[Merchant, bool, str | None]:
    """Write all but the products. Holds the merchant's row, so that two runs at once wait for each other."""
    new = Merchant(slug=terms.slug, name=name or terms.name, currency=terms.currency)
    Merchant.objects.bulk_create([new], ignore_conflicts=True)
    merchant = Merchant.objects.select_for_update(no_key=True).get(slug=terms.slug)
    _require_currency(merchant, terms.currency)
    _take_over(merchant, {**_merchant_values(terms), "name": name or merchant.name})
    for tax in terms.taxes:
        _write_tax(merchant, tax)
    _write_methods(merchant, terms)
    for promotion in terms.promotions:
        _write_discount(merchant, promotion)
    secret = None if merchant.sealed_fulfillment_secret else new_fulfillment_secret(merchant)
    return merchant, merchant.pk == new.pk, secret


def _require_currency(merchant: Merchant, currency: str) -> None:
    if merchant.currency != currency:
        own, ours = merchant.currency.upper(), currency.upper()
        raise OtherCurrencyError(f"{merchant.name} sells in {own}; the demo's prices are {ours}.")


def _merchant_values(terms: ShopTerms) -> dict[str, Any]:
    site = f"https://{terms.website}"
    return {
        "time_zone": terms.time_zone,
        "country": terms.country,
        "region": terms.region,
        "postal_code": terms.postal_code,
        "support_email": f"help@{terms.website}",
        "support_phone": terms.support_phone,
        "support_hours": terms.support_hours,
        "help_center_url": f"{site}/help",
        "terms_url": f"{site}/terms",
        "privacy_url": f"{site}/privacy",
        "return_policy_url": f"{site}/returns",
        "shipping_policy_url": f"{site}/shipping",
    }


def _write_tax(merchant: Merchant, tax: TaxRow) -> None:
    values = asdict(tax)
    told = {name: values.pop(name) for name in ("percentage", "is_inclusive", "applies_to_shipping")}
    _ensure(TaxRate.objects.filter(merchant=merchant), {"merchant": merchant, **values}, told)


def _write_methods(merchant: Merchant, terms: ShopTerms) -> None:
    zones = {zone: _write_zone(merchant, name, zone) for name, zone in terms.zones.items()}
    for method in terms.methods:
        zone = zones[method.zone] if method.zone else None
        location = _write_location(merchant, method.location) if method.location else None
        _write_method(merchant, method, zone, location)


def _write_zone(merchant: Merchant, name: str, zone: ZoneTerms) -> ShippingZone:
    values = {part: list(codes) for part, codes in asdict(zone).items()}
    return _ensure(ShippingZone.objects.filter(merchant=merchant), {"merchant": merchant, "name": name}, values)


def _write_location(merchant: Merchant, location: LocationTerms) -> PickupLocation:
    values = asdict(location)
    key = {"merchant": merchant, "name": values.pop("name")}
    return _ensure(PickupLocation.objects.filter(merchant=merchant), key, values)


def _write_method(
    merchant: Merchant, terms: MethodTerms, zone: ShippingZone | None, location: PickupLocation | None
) -> None:
    values = {
        name: getattr(terms, name)
        for name in MethodTerms.__slots__
        if name not in ("id", "title", "zone", "location", "rates")
    }
    key = {"merchant": merchant, "title": terms.title}
    methods = FulfillmentMethod.objects.filter(merchant=merchant)
    method = _ensure(methods, key, {**values, "zone": zone, "location": location})
    wanted = [asdict(rate) for rate in terms.rates]
    rates = method.rates.order_by("pk")
    if list(rates.values(*RateTerms.__slots__)) != wanted:
        rates.delete()
        FulfillmentRate.objects.bulk_create(FulfillmentRate(method=method, **rate) for rate in wanted)


def _write_discount(merchant: Merchant, promotion: Promotion) -> None:
    values = {
        "kind": _kind(promotion),
        "percent": promotion.percent,
        "amount_minor": promotion.amount_minor,
        "minimum_subtotal_minor": promotion.minimum_subtotal_minor,
        "starts_at": promotion.starts_at,
        "ends_at": promotion.ends_at,
        "usage_limit": promotion.usage_limit,
        "usage_limit_per_buyer": promotion.usage_limit_per_buyer,
        "priority": promotion.priority,
    }
    key = {"merchant": merchant, "code": promotion.code}
    if promotion.code is None:
        key["name"] = promotion.name
    else:
        values["name"] = promotion.name
    _ensure(Discount.objects.filter(merchant=merchant), key, values)


def _kind(promotion: Promotion) -> str:
    if promotion.is_free_shipping:
        return Discount.Kind.FREE_SHIPPING
    return Discount.Kind.FIXED if promotion.percent is None else Discount.Kind.PERCENT


def _ensure(rows: QuerySet[Row], key: Mapping[str, Any], values: Mapping[str, Any]) -> Row:
    """Return the row with that key, made where it is missing, and with those values."""
    row = rows.filter(**key).order_by("pk").first()
    if row is None:
        return rows.create(**key, **values)
    _take_over(row, values)
    return row


def _take_over(row: Model, values: Mapping[str, Any]) -> None:
    """Save only what differs, because every change of a shop's terms makes all processes read them anew."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
