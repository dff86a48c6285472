"""A merchant's terms as one immutable value, kept in memory for as long as they have not changed.

Whatever a price depends on besides the catalog (tax rates, shipping, policies) changes rarely and is read
with every checkout. A trigger raises the merchant's `revision` with each such change; every request reads
the revision with its key, so a kept value is never older than the request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from zoneinfo import ZoneInfo

from commerce.accounts.models import Merchant
from commerce.fulfillment.models import FulfillmentMethod
from commerce.fulfillment.terms import LocationTerms, MethodTerms, RateTerms, ZoneTerms
from commerce.payments.connections import Connection, connection_of
from commerce.places import Place, place_of
from commerce.tax.calculator import TaxRow
from commerce.tax.models import TaxRate
from commerce.text import line, visible, web_address

MAX_TITLE, MAX_DESCRIPTION = 120, 500


@dataclass(frozen=True, slots=True)
class Shop:
    """What checking out at a merchant's depends on, besides what is bought. Without `payments` nobody can pay."""

    id: str
    slug: str
    name: str
    currency: str
    zone: ZoneInfo
    home: Place
    payment_account: str
    payments: Connection | None
    is_captured_at_once: bool
    low_stock_threshold: int
    links: tuple[tuple[str, str], ...]
    support_email: str
    support_phone: str
    support_hours: str
    help_center_url: str
    return_days: int
    tax_table: tuple[TaxRow, ...]
    methods: tuple[MethodTerms, ...]

    def method(self, method_id: str) -> MethodTerms | None:
        """Return the way of fulfillment of that id."""
        return next((method for method in self.methods if method.id == method_id), None)


_kept: dict[str, tuple[int, Shop]] = {}
_lock = Lock()


def shop_at(merchant_id: str, revision: int) -> Shop:
    """Return a merchant's terms at least as new as `revision`, reading them only where they changed."""
    kept = _kept.get(merchant_id)
    if kept is not None and kept[0] == revision:
        return kept[1]
    merchant = Merchant.objects.get(pk=merchant_id)
    shop = load_shop(merchant)
    with _lock:
        _kept[merchant_id] = (merchant.revision, shop)
    return shop


def load_shop(merchant: Merchant) -> Shop:
    """Read a merchant's terms from the database."""
    return Shop(
        id=merchant.id,
        slug=merchant.slug,
        name=line(merchant.name, MAX_TITLE),
        currency=merchant.currency,
        zone=ZoneInfo(merchant.time_zone),
        home=place_of(country=merchant.country, region=merchant.region, postal_code=merchant.postal_code),
        payment_account=merchant.payment_account,
        payments=connection_of(merchant),
        is_captured_at_once=merchant.capture == Merchant.Capture.AUTOMATIC,
        low_stock_threshold=merchant.low_stock_threshold,
        links=tuple(_links(merchant)),
        support_email=visible(merchant.support_email),
        support_phone=line(merchant.support_phone),
        support_hours=line(merchant.support_hours),
        help_center_url=web_address(merchant.help_center_url),
        return_days=merchant.return_days,
        tax_table=_tax_table(merchant.id),
        methods=_methods(merchant.id),
    )


def terms_fingerprint(shop: Shop) -> str:
    """Return a hash of what decides how much a buyer pays in a shop, and whether things get there."""
    terms = (shop.currency, shop.zone.key, shop.home, shop.is_captured_at_once, shop.tax_table, shop.methods)
    return hashlib.sha256(repr(terms).encode()).hexdigest()


def _links(merchant: Merchant) -> Iterable[tuple[str, str]]:
    pages = (
        ("terms_of_use", merchant.terms_url),
        ("privacy_policy", merchant.privacy_url),
        ("return_policy", merchant.return_policy_url),
        ("shipping_policy", merchant.shipping_policy_url),
        ("support", merchant.help_center_url),
    )
    return ((kind, url) for kind, url in pages if web_address(url))


def _tax_table(merchant_id: str) -> tuple[TaxRow, ...]:
    rows = TaxRate.objects.filter(merchant_id=merchant_id).order_by("country", "jurisdiction", "pk")
    return tuple(
        TaxRow(
            jurisdiction=line(row.jurisdiction),
            country=row.country,
            percentage=row.percentage,
            region=row.region,
            postal_prefix=row.postal_prefix,
            tax_code=row.tax_code,
            is_inclusive=row.is_inclusive,
            applies_to_shipping=row.applies_to_shipping,
        )
        for row in rows
    )


def _methods(merchant_id: str) -> tuple[MethodTerms, ...]:
    methods = (
        FulfillmentMethod.objects.filter(merchant_id=merchant_id, is_active=True)
        .select_related("zone", "location")
        .prefetch_related("rates")
        .order_by("pk")
    )
    return tuple(_method(method) for method in methods)


def _method(method: FulfillmentMethod) -> MethodTerms:
    zone, place = method.zone, method.location
    return MethodTerms(
        id=method.id,
        kind=method.kind,
        title=line(method.title, MAX_TITLE),
        rates=tuple(
            RateTerms(
                amount_minor=rate.amount_minor,
                min_weight_grams=rate.min_weight_grams,
                max_weight_grams=rate.max_weight_grams,
                min_subtotal_minor=rate.min_subtotal_minor,
                max_subtotal_minor=rate.max_subtotal_minor,
            )
            for rate in method.rates.all()
        ),
        description=line(method.description, MAX_DESCRIPTION),
        carrier=line(method.carrier, MAX_TITLE),
        zone=ZoneTerms(tuple(zone.countries), tuple(zone.regions), tuple(zone.postal_prefixes)) if zone else None,
        location=LocationTerms(
            name=line(place.name, MAX_TITLE),
            line_one=line(place.line_one),
            city=line(place.city),
            region=place.region,
            postal_code=place.postal_code,
            country=place.country,
            phone=line(place.phone),
            instructions=line(place.instructions, MAX_DESCRIPTION),
        )
        if place
        else None,
        min_days=method.min_days,
        max_days=method.max_days,
        cutoff_hour=method.cutoff_hour,
        window_start_hour=method.window_start_hour,
        window_end_hour=method.window_end_hour,
    )
