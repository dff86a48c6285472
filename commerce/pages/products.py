"""A product as its page shows it: one of its variants chosen, every value a text. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from commerce.checkout.evaluation import availability
from commerce.checkout.shop import Shop
from commerce.fulfillment.terms import MethodTerms, ZoneTerms
from commerce.pages import wording
from commerce.pages.addresses import product_path, product_url
from commerce.pages.wording import amount_text, moment_text
from commerce.storefront.listing import ListedVariant, Listing, Picture
from commerce.text import line, plain, shorten, web_address

MAX_CHOICES = 60
MAX_NAMED_COUNTRIES = 5


@dataclass(frozen=True, slots=True)
class PriceView:
    """`regular` and `until` are empty where nothing is on sale, `until` also where a sale has no end."""

    now: str
    regular: str = ""
    until: str = ""
    is_from: bool = False


@dataclass(frozen=True, slots=True)
class PictureView:
    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A value of an option, and the address of the variant that has it."""

    value: str
    path: str
    is_chosen: bool
    is_available: bool


@dataclass(frozen=True, slots=True)
class OptionView:
    name: str
    chosen: str
    choices: tuple[ChoiceView, ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """A product among others. `condition` is empty where it is new, or not told."""

    title: str
    path: str
    picture: PictureView | None
    price: PriceView
    availability: str
    is_available: bool
    brand: str
    condition: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    title: str
    detail: str
    price: str


@dataclass(frozen=True, slots=True)
class ProductView:
    """`condition` is empty where it is new, or not told."""

    title: str
    brand: str
    condition: str
    summary: str
    description: str
    price: PriceView
    availability: str
    is_available: bool
    is_sold_here: bool
    options: tuple[OptionView, ...]
    picture: PictureView | None
    pictures: tuple[PictureView, ...]
    facts: tuple[tuple[str, str], ...]
    deliveries: tuple[DeliveryView, ...]
    is_digital: bool
    variant_id: str
    canonical_url: str
    merchant_page_url: str


def chosen_variant(listing: Listing, shop: Shop) -> ListedVariant:
    """Return the variant that a page shows where none is named: the first that can be had, else the first."""
    for variant in listing.variants:
        if _is_available(variant, shop):
            return variant
    return listing.variants[0]


def product_view(listing: Listing, chosen: ListedVariant, *, shop: Shop) -> ProductView:
    """Put a product into words. Needs all its variants."""
    pictures = [PictureView(one.url, line(one.alt) or line(listing.title)) for one in _pictures(listing, chosen)]
    offer, description = chosen.offer, plain(listing.description)
    return ProductView(
        title=line(listing.title),
        brand=line(listing.brand),
        condition=_condition(listing),
        summary=shorten(" ".join(description.split()), 200),
        description=description,
        price=_price(chosen, shop),
        availability=availability_text(chosen, shop),
        is_available=_is_available(chosen, shop),
        is_sold_here=offer.is_checkout_enabled,
        options=tuple(_options(listing, chosen, shop)),
        picture=pictures[0] if pictures else None,
        pictures=tuple(pictures[1:]),
        facts=tuple(_facts(listing, chosen)),
        deliveries=() if offer.is_digital else tuple(_deliveries(chosen, shop)),
        is_digital=offer.is_digital,
        variant_id=chosen.id,
        canonical_url=product_url(shop.slug, listing.handle),
        merchant_page_url=web_address(listing.merchant_page_url),
    )


def card_view(listing: Listing, *, shop: Shop) -> CardView:
    """Put a product among others into words: the cheapest of the variants that came along."""
    cheapest = min(listing.variants, key=lambda one: (not _is_available(one, shop), one.offer.price_minor))
    prices = {one.offer.price_minor for one in listing.variants}
    picture = next((one for one in listing.pictures if web_address(one.url)), None)
    price = _price(cheapest, shop)
    return CardView(
        title=line(listing.title),
        path=product_path(shop.slug, listing.handle),
        picture=PictureView(picture.url, line(picture.alt)) if picture else None,
        price=PriceView(price.now, price.regular, "", is_from=len(prices) > 1),
        availability=availability_text(cheapest, shop),
        is_available=_is_available(cheapest, shop),
        brand=line(listing.brand),
        condition=_condition(listing),
    )


def availability_text(variant: ListedVariant, shop: Shop) -> str:
    state = availability(variant.offer, shop.low_stock_threshold)
    if state == "low_stock":
        return f"Only {variant.offer.available} left"
    return wording.words(state, wording.AVAILABILITY)


def _condition(listing: Listing) -> str:
    """Return in which condition a product is, where a buyer has to know before looking further."""
    return "" if listing.condition in ("", "new") else wording.words(listing.condition, {})


def _is_available(variant: ListedVariant, shop: Shop) -> bool:
    return availability(variant.offer, shop.low_stock_threshold) != "out_of_stock"


def _price(variant: ListedVariant, shop: Shop) -> PriceView:
    offer = variant.offer
    now = amount_text(offer.price_minor, offer.currency)
    if not variant.is_on_sale:
        return PriceView(now)
    return PriceView(
        now, amount_text(offer.regular_price_minor, offer.currency), _until(variant.sale_ends_at, shop)
    )


def _until(ends_at: datetime | None, shop: Shop) -> str:
    return moment_text(ends_at.astimezone(shop.zone)) if ends_at else ""


def _pictures(listing: Listing, chosen: ListedVariant) -> list[Picture]:
    """Return the chosen variant's pictures ahead of those of all variants; other variants' come last."""
    shown = [one for one in listing.pictures if web_address(one.url)]
    return sorted(shown, key=lambda one: 0 if one.variant_id == chosen.id else 1 if not one.variant_id else 2)


def _options(listing: Listing, chosen: ListedVariant, shop: Shop) -> Iterable[OptionView]:
    """Yield the options with their values; each leads to the variant that differs from the chosen one least."""
    selected = [value for _, value in chosen.offer.options]
    for place, name in enumerate(listing.option_names[: len(selected)]):
        values = list(dict.fromkeys(_value(one, place) for one in listing.variants))[:MAX_CHOICES]
        choices = (_choice(listing, chosen, place, value, shop) for value in values)
        yield OptionView(line(name), line(selected[place]), tuple(choices))


def _choice(listing: Listing, chosen: ListedVariant, place: int, value: str, shop: Shop) -> ChoiceView:
    selected = chosen.offer.options

    def closeness(variant: ListedVariant) -> tuple[int, bool]:
        same = sum(one == other for one, other in zip(variant.offer.options, selected, strict=False))
        return same, _is_available(variant, shop)

    meant = max((one for one in listing.variants if _value(one, place) == value), key=closeness)
    return ChoiceView(
        value=line(value),
        path=f"{product_path(shop.slug, listing.handle)}?variant={meant.id}",
        is_chosen=_value(chosen, place) == value,
        is_available=_is_available(meant, shop),
    )


def _value(variant: ListedVariant, place: int) -> str:
    options = variant.offer.options
    return options[place][1] if place < len(options) else ""


def _facts(listing: Listing, chosen: ListedVariant) -> Iterable[tuple[str, str]]:
    named = (
        ("Brand", line(listing.brand)),
        ("Category", line(listing.category)),
        ("Condition", wording.words(listing.condition, {})),
        ("Gender", wording.words(listing.gender, {})),
        ("Age group", wording.words(listing.age_group, wording.AGE_GROUP)),
        ("Material", line(listing.material)),
        ("SKU", chosen.offer.sku),
        ("GTIN", line(chosen.gtin)),
        ("MPN", line(chosen.mpn)),
    )
    return ((name, value) for name, value in named if value)


def _deliveries(chosen: ListedVariant, shop: Shop) -> Iterable[DeliveryView]:
    """Yield the ways in which one unit by itself can get to a buyer, the cheapest first."""
    weight, price = chosen.offer.weight_grams, chosen.offer.price_minor
    ways = []
    for method in shop.methods:
        fitting = [rate for rate in method.rates if rate.fits(weight_grams=weight, subtotal_minor=price)]
        if fitting:
            ways.append((min(rate.amount_minor for rate in fitting), method.title, method))
    for cost, _, method in sorted(ways, key=lambda way: way[:2]):
        yield DeliveryView(
            title=_delivery_title(method),
            detail=_delivery_detail(method),
            price=amount_text(cost, shop.currency) if cost else "Free",
        )


def _delivery_title(method: MethodTerms) -> str:
    if method.kind == "pickup" or not method.carrier or method.carrier == method.title:
        return line(method.title)
    return line(f"{method.title} with {method.carrier}")


def _delivery_detail(method: MethodTerms) -> str:
    place = method.location
    if method.kind == "pickup":
        return ", ".join(part for part in (place.name, place.city) if part) if place else ""
    days = (
        f"{method.min_days}" if method.min_days == method.max_days else f"{method.min_days} to {method.max_days}"
    )
    plural = "" if days == "1" else "s"
    return f"{days} working day{plural}, {_reach(method.zone or ZoneTerms())}"


def _reach(zone: ZoneTerms) -> str:
    if not zone.countries:
        return "to all countries"
    if len(zone.countries) > MAX_NAMED_COUNTRIES:
        return f"to {len(zone.countries)} countries"
    countries = ", ".join(zone.countries)
    if zone.postal_prefixes:
        return f"to some places in {', '.join((*zone.regions, countries))}"
    return f"to {', '.join((*zone.regions, countries))}"
