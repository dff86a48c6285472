"""A product in the words of schema.org, for search engines and agents that read pages. Pure.

Only what is known is said: what a merchant has not told is left out. Source: schema.org, and Google Search
Central, "Product structured data" (merchant listings and variants).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from commerce.checkout.evaluation import availability
from commerce.checkout.shop import Shop
from commerce.fulfillment.terms import MethodTerms
from commerce.money import decimal_text
from commerce.pages.addresses import product_url, shop_url
from commerce.storefront.listing import ListedVariant, Listing
from commerce.text import line, plain, web_address

MAX_VARIANTS = 50
MAX_COUNTRIES = 50

_AVAILABILITY = {
    "in_stock": "https://schema.org/InStock",
    "low_stock": "https://schema.org/LimitedAvailability",
    "backorder": "https://schema.org/BackOrder",
    "out_of_stock": "https://schema.org/OutOfStock",
}
_CONDITION = {
    "new": "https://schema.org/NewCondition",
    "refurbished": "https://schema.org/RefurbishedCondition",
    "used": "https://schema.org/UsedCondition",
}
# Ages as Google reads these words in product data: from, to, and the unit, months or years.
_AGES = {
    "newborn": (0, 3, "MON"),
    "infant": (3, 12, "MON"),
    "toddler": (1, 5, "ANN"),
    "kids": (5, 13, "ANN"),
    "adult": (13, None, "ANN"),
}
# Names of options that schema.org has properties for.
_PROPERTIES = {
    "color": "color",
    "colour": "color",
    "size": "size",
    "material": "material",
    "pattern": "pattern",
}
_WORKING_DAYS = [f"https://schema.org/{day}" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")]
_ESCAPES = {ord(letter): f"\\u{ord(letter):04X}" for letter in "<>&\u2028\u2029"}


def structured_data(listing: Listing, chosen: ListedVariant, *, shop: Shop) -> dict[str, Any]:
    """Return a product, or a group of products where there are several variants, the chosen one first."""
    variants = [chosen, *(one for one in listing.variants if one.id != chosen.id)][:MAX_VARIANTS]
    common = {"@context": "https://schema.org", "url": product_url(shop.slug, listing.handle), **_words(listing)}
    if len(listing.variants) == 1:
        return {**common, **_variant(listing, chosen, shop), "@type": "Product", "name": line(listing.title)}
    group = {**common, "@type": "ProductGroup", "productGroupID": listing.id, "name": line(listing.title)}
    if pictures := _pictures(listing):
        group["image"] = pictures
    if varies := [f"https://schema.org/{name}" for name in map(_property, listing.option_names) if name]:
        group["variesBy"] = list(dict.fromkeys(varies))
    group["hasVariant"] = [{"@type": "Product", **_variant(listing, one, shop)} for one in variants]
    return group


def structured_data_tag(content: dict[str, Any]) -> SafeString:
    """Write data for a page. Nothing in it can end the element or begin another."""
    text = json.dumps(content, ensure_ascii=False).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308 - escaped above


def _words(listing: Listing) -> dict[str, Any]:
    words: dict[str, Any] = {}
    if description := plain(listing.description):
        words["description"] = description
    if brand := line(listing.brand):
        words["brand"] = {"@type": "Brand", "name": brand}
    if category := line(listing.category):
        words["category"] = category
    if audience := _audience(listing):
        words["audience"] = {"@type": "PeopleAudience", **audience}
    return words


def _audience(listing: Listing) -> dict[str, Any]:
    audience: dict[str, Any] = {"suggestedGender": listing.gender} if listing.gender else {}
    if listing.age_group in _AGES:
        least, most, unit = _AGES[listing.age_group]
        age = {"@type": "QuantitativeValue", "minValue": least, "unitCode": unit}
        audience["suggestedAge"] = age if most is None else {**age, "maxValue": most}
    return audience


def _variant(listing: Listing, variant: ListedVariant, shop: Shop) -> dict[str, Any]:
    offer = variant.offer
    values = ", ".join(text for _, value in offer.options if (text := line(value)))
    body: dict[str, Any] = {
        "name": f"{line(listing.title)} ({values})" if values else line(listing.title),
        "productID": offer.variant_id,
        "offers": _offer(listing, variant, shop),
    }
    if offer.sku:
        body["sku"] = offer.sku
    if is_gtin(variant.gtin):
        body["gtin"] = variant.gtin
    if variant.mpn:
        body["mpn"] = line(variant.mpn)
    if pictures := _pictures(listing, variant):
        body["image"] = pictures
    if material := line(listing.material):
        body["material"] = material
    body.update(_options(variant))
    return body


def _options(variant: ListedVariant) -> dict[str, Any]:
    body: dict[str, Any] = {}
    others = []
    for name, value in ((line(name), line(value)) for name, value in variant.offer.options):
        if value and (known := _property(name)):
            body[known] = value
        elif name and value:
            others.append({"@type": "PropertyValue", "name": name, "value": value})
    if others:
        body["additionalProperty"] = others
    return body


def _property(option_name: str) -> str:
    return _PROPERTIES.get(option_name.strip().lower(), "")


def _pictures(listing: Listing, variant: ListedVariant | None = None) -> list[str]:
    """Return the pictures of a product that are nobody's or this variant's, its own first."""
    own = [one.url for one in listing.pictures if variant and one.variant_id == variant.id]
    general = [one.url for one in listing.pictures if not one.variant_id or variant is None]
    return [url for url in dict.fromkeys((*own, *general)) if web_address(url)]


def _offer(listing: Listing, variant: ListedVariant, shop: Shop) -> dict[str, Any]:
    offer, currency = variant.offer, variant.offer.currency.upper()
    body: dict[str, Any] = {
        "@type": "Offer",
        "url": product_url(shop.slug, listing.handle, offer.variant_id),
        "price": decimal_text(offer.price_minor, offer.currency),
        "priceCurrency": currency,
        "availability": _AVAILABILITY[availability(offer, shop.low_stock_threshold)],
        "seller": {"@type": "Organization", "name": shop.name, "url": shop_url(shop.slug)},
    }
    if variant.is_on_sale:
        body["priceSpecification"] = {
            "@type": "UnitPriceSpecification",
            "priceType": "https://schema.org/StrikethroughPrice",
            "price": decimal_text(offer.regular_price_minor, offer.currency),
            "priceCurrency": currency,
        }
    if listing.condition:
        body["itemCondition"] = _CONDITION[listing.condition]
    if variant.sale_ends_at:
        body["priceValidUntil"] = variant.sale_ends_at.astimezone(shop.zone).isoformat()
    if link := dict(shop.links).get("return_policy"):
        body["hasMerchantReturnPolicy"] = {"@type": "MerchantReturnPolicy", "merchantReturnLink": link}
    if not offer.is_digital and (shipping := list(_shipping(variant, shop))):
        body["shippingDetails"] = shipping
    return body


def _shipping(variant: ListedVariant, shop: Shop) -> Iterable[dict[str, Any]]:
    """Yield what sending one unit costs, where a whole country or region of it pays the same."""
    for method in shop.methods:
        zone = method.zone
        prices = [
            rate.amount_minor
            for rate in method.rates
            if rate.fits(weight_grams=variant.offer.weight_grams, subtotal_minor=variant.offer.price_minor)
        ]
        if method.kind != "shipping" or not prices or zone is None or zone.postal_prefixes:
            continue
        if 0 < len(zone.countries) <= MAX_COUNTRIES and (not zone.regions or len(zone.countries) == 1):
            yield _shipping_details(method, min(prices), shop.currency)


def _shipping_details(method: MethodTerms, amount_minor: int, currency: str) -> dict[str, Any]:
    zone = method.zone
    regions = {"addressRegion": list(zone.regions)} if zone and zone.regions else {}
    places = [
        {"@type": "DefinedRegion", "addressCountry": country, **regions}
        for country in (zone.countries if zone else ())
    ]
    days = {"@type": "QuantitativeValue", "minValue": method.min_days, "maxValue": method.max_days}
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {
            "@type": "MonetaryAmount",
            "value": decimal_text(amount_minor, currency),
            "currency": currency.upper(),
        },
        "shippingDestination": places[0] if len(places) == 1 else places,
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "transitTime": {**days, "unitCode": "DAY"},
            "businessDays": {"@type": "OpeningHoursSpecification", "dayOfWeek": _WORKING_DAYS},
        },
    }


def is_gtin(code: str) -> bool:
    """Say whether a code has the length and the check digit of a GTIN (GS1 General Specifications, 7.9)."""
    if len(code) not in (8, 12, 13, 14) or not (code.isascii() and code.isdigit()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0
