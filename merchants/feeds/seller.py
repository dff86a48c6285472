"""What is true of everything in a feed: who sells, under which terms, and whether agents may buy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from commerce.accounts.models import Merchant
from commerce.checkout.shop import load_shop
from commerce.fulfillment.terms import MethodTerms, ZoneTerms
from commerce.text import line
from merchants.feeds.models import Feed


@dataclass(frozen=True, slots=True)
class Delivery:
    """What it costs to send one item somewhere: to whole countries, or to parts of one."""

    countries: tuple[str, ...]
    regions: tuple[str, ...]
    postal_prefixes: tuple[str, ...]
    service: str
    min_days: int
    max_days: int
    amount_minor: int

    def covers_whole(self, country: str) -> bool:
        return country in self.countries and not self.regions and not self.postal_prefixes


@dataclass(frozen=True, slots=True)
class Seller:
    """A merchant's side of a feed. `remote_id` names the feed at the platform, where there is one."""

    merchant_id: str
    slug: str
    name: str
    currency: str
    country: str
    zone: ZoneInfo
    privacy_url: str
    terms_url: str
    return_policy_url: str
    shipping_policy_url: str
    help_center_url: str
    return_days: int
    default_brand: str
    target_country: str
    feed_id: str
    remote_id: str
    is_paused: bool
    offers_checkout: bool
    are_prices_with_tax: bool
    methods: tuple[MethodTerms, ...]

    def deliveries(self, *, weight_grams: int, price_minor: int) -> Iterator[Delivery]:
        """Yield what each way of shipping costs for one item by itself, in the order of their ids."""
        for method in self.methods:
            if method.kind != "shipping":
                continue
            amounts = [
                rate.amount_minor
                for rate in method.rates
                if rate.fits(weight_grams=weight_grams, subtotal_minor=price_minor)
            ]
            if amounts:
                yield self._delivery(method, min(amounts))

    def shipping_minor(self, *, weight_grams: int, price_minor: int) -> int | None:
        """Return the least that sending one item to anywhere in the seller's country costs; None if unknown."""
        options = self.deliveries(weight_grams=weight_grams, price_minor=price_minor)
        return min((one.amount_minor for one in options if one.covers_whole(self.country)), default=None)

    def _delivery(self, method: MethodTerms, amount_minor: int) -> Delivery:
        zone = method.zone or ZoneTerms()
        return Delivery(
            countries=zone.countries or (self.country,),
            regions=zone.regions,
            postal_prefixes=zone.postal_prefixes,
            service=method.title,
            min_days=method.min_days,
            max_days=method.max_days,
            amount_minor=amount_minor,
        )

    @property
    def countries_served(self) -> frozenset[str]:
        """Where anything is sent to; without a list of countries only the own one is certain."""
        zones = (method.zone for method in self.methods if method.kind == "shipping")
        return frozenset(country for zone in zones for country in (zone and zone.countries) or (self.country,))


def load_seller(feed: Feed) -> Seller:
    """Read all that a feed says of its merchant."""
    merchant = Merchant.objects.get(pk=feed.merchant_id)
    shop = load_shop(merchant)
    at_home = [rate for rate in shop.tax_table if rate.country == merchant.country]
    return Seller(
        merchant_id=merchant.pk,
        slug=merchant.slug,
        name=line(merchant.name),
        currency=merchant.currency,
        country=merchant.country,
        zone=shop.zone,
        privacy_url=merchant.privacy_url,
        terms_url=merchant.terms_url,
        return_policy_url=merchant.return_policy_url,
        shipping_policy_url=merchant.shipping_policy_url,
        help_center_url=merchant.help_center_url,
        return_days=merchant.return_days,
        default_brand=feed.default_brand,
        target_country=feed.target_country,
        feed_id=feed.pk,
        remote_id=feed.remote_id,
        is_paused=merchant.status != Merchant.Status.ACTIVE,
        offers_checkout=feed.agent is not None and feed.agent.is_active,
        are_prices_with_tax=bool(at_home) and all(rate.is_inclusive for rate in at_home),
        methods=shop.methods,
    )
