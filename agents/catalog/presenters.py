from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agents.catalog import bodies
from commerce.checkout.evaluation import availability
from commerce.checkout.shop import Shop
from commerce.pages.addresses import product_url
from commerce.storefront.buying import Destination, obstacles
from commerce.storefront.facets import Count, Facets
from commerce.storefront.listing import ListedVariant, Listing
from commerce.storefront.lookup import LookedUp
from commerce.storefront.search import Found, Miss, Reason
from commerce.text import line, plain, web_address

SHORT_DESCRIPTION = 600


@dataclass(frozen=True, slots=True)
class Counter:
    """Where things are sold, and where to they would be sent."""

    shop: Shop
    destination: Destination | None = None


def page(
    found: Found, counter: Counter, *, facets: Facets | None = None, choices: Facets | None = None
) -> bodies.CatalogPage:
    """Write a page of what was found, or why nothing was and what could be chosen instead."""
    body: bodies.CatalogPage = {"products": [_short(one, counter) for one in found.listings]}
    if found.next_cursor:
        body["next_cursor"] = found.next_cursor
    if found.corrections:
        body["corrections"] = [{"written": one.written, "instead": list(one.instead)} for one in found.corrections]
    if found.miss:
        body["nothing_found"] = _nothing(found.miss, counter)
        if choices:
            body["nothing_found"]["choices"] = _facets(choices, counter.shop.currency)
    if facets:
        body["facets"] = _facets(facets, counter.shop.currency)
    return body


def product(listing: Listing, counter: Counter) -> bodies.CatalogProduct:
    """Write a product with all its words."""
    body: bodies.CatalogProduct = {
        "id": listing.id,
        "handle": listing.handle,
        "title": line(listing.title),
        "description": plain(listing.description),
        "tags": [line(tag) for tag in listing.tags],
        "images": [picture.url for picture in listing.pictures if web_address(picture.url)],
        "page_url": product_url(counter.shop.slug, listing.handle),
        "variants": [_variant(one, listing, counter) for one in listing.variants],
    }
    _add_facts(body, listing)
    listed = sum(variant.is_active for variant in listing.variants)
    if listing.variant_count > listed:
        body["other_variants"] = listing.variant_count - listed
    return body


def _add_facts(body: bodies.CatalogProduct, listing: Listing) -> None:
    if listing.brand:
        body["brand"] = line(listing.brand)
    if listing.category:
        body["category"] = line(listing.category)
    if listing.condition:
        body["condition"] = listing.condition
    if listing.gender:
        body["gender"] = listing.gender
    if listing.age_group:
        body["age_group"] = listing.age_group
    if listing.material:
        body["material"] = line(listing.material)


def looked_up(answer: LookedUp, counter: Counter) -> bodies.CatalogLookup:
    """Write what each key names."""
    return {
        "items": [
            {
                "by": str(match.key.by),
                "value": match.key.value,
                "status": str(match.status),
                "product_ids": list(match.product_ids),
                "variant_ids": list(match.variant_ids),
            }
            for match in answer.matches
        ],
        "products": [_short(one, counter) for one in answer.listings],
    }


def _short(listing: Listing, counter: Counter) -> bodies.CatalogProduct:
    body = product(listing, counter)
    body["description"] = plain(listing.description, SHORT_DESCRIPTION)
    return body


def _variant(variant: ListedVariant, listing: Listing, counter: Counter) -> bodies.CatalogVariant:
    offer, shop = variant.offer, counter.shop
    state = availability(offer, shop.low_stock_threshold)
    hindered = obstacles(listing, variant, shop=shop, destination=counter.destination)
    body: bodies.CatalogVariant = {
        "id": offer.variant_id,
        "title": line(offer.variant_title or offer.title),
        "options": [{"name": line(name), "value": line(value)} for name, value in offer.options],
        "price": {"amount": offer.price_minor, "currency": offer.currency},
        "availability": state,
        "is_purchasable": not hindered,
        "is_digital": offer.is_digital,
        "page_url": product_url(shop.slug, listing.handle, offer.variant_id),
    }
    if variant.is_on_sale:
        body["list_price"] = {"amount": offer.regular_price_minor, "currency": offer.currency}
    if variant.sale_ends_at:
        body["sale_ends_at"] = variant.sale_ends_at.isoformat().replace("+00:00", "Z")
    if offer.available is not None and state != "in_stock":
        body["available_quantity"] = offer.available
    if offer.max_quantity is not None:
        body["max_quantity_per_order"] = offer.max_quantity
    if hindered:
        body["obstacles"] = [{"code": one.code, "message": one.message} for one in hindered]
    _add_codes(body, variant)
    return body


def _add_codes(body: bodies.CatalogVariant, variant: ListedVariant) -> None:
    if variant.offer.sku:
        body["sku"] = variant.offer.sku
    if variant.gtin:
        body["gtin"] = line(variant.gtin)
    if variant.mpn:
        body["mpn"] = line(variant.mpn)
    if variant.offer.image_url:
        body["image"] = variant.offer.image_url


def _nothing(miss: Miss, counter: Counter) -> bodies.NothingFound:
    return {
        "code": str(miss.reason),
        "message": _why(miss, counter.shop.name),
        "unknown_words": list(miss.unknown_words),
        "nearest": [_short(one, counter) for one in miss.nearest],
    }


def _why(miss: Miss, shop_name: str) -> str:
    if miss.reason is Reason.OUTSIDE_FILTERS:
        return f"{shop_name} has this, but not within these filters. Those of choices could be had."
    if miss.unknown_words:
        words = ", ".join(miss.unknown_words)
        reason = f"{shop_name} does not carry this: nothing here is called {words}."
    else:
        reason = f"{shop_name} does not carry this: nothing here has all of these words."
    return f"{reason} What is in nearest is something else." if miss.nearest else reason


def _facets(facets: Facets, currency: str) -> bodies.Facets:
    body: bodies.Facets = {
        "products": facets.products,
        "is_complete": facets.is_complete,
        "brands": _values(facets.brands),
        "categories": _values(facets.categories),
        "tags": _values(facets.tags),
        "conditions": _values(facets.conditions),
        "options": [{"name": line(name), "values": _values(values)} for name, values in facets.options],
    }
    if facets.price_min is not None and facets.price_max is not None:
        body["price_min"] = {"amount": facets.price_min, "currency": currency}
        body["price_max"] = {"amount": facets.price_max, "currency": currency}
    return body


def _values(counts: Iterable[Count]) -> list[bodies.FacetValue]:
    return [{"value": line(one.value), "products": one.products} for one in counts]
