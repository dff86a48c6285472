"""The pages of shops and products: for everybody, with the price and stock of this moment."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page, require_safe

from commerce import clock
from commerce.accounts.models import Merchant
from commerce.accounts.selectors import open_shops
from commerce.catalog.models import Product
from commerce.checkout.shop import Shop, shop_at
from commerce.money import decimal_text
from commerce.pages.addresses import assistant_path, shop_path, shop_url, shops_url
from commerce.pages.products import CardView, card_view, chosen_variant, product_view
from commerce.pages.rendering import page, public
from commerce.pages.shelves import read_asked, shelf_view
from commerce.pages.structured import structured_data, structured_data_tag
from commerce.storefront.cursors import InvalidCursorError
from commerce.storefront.listing import ListedVariant, Listing
from commerce.storefront.lookup import product_listing
from commerce.storefront.search import search
from commerce.storefront.wanted import Wanted, read_question
from commerce.text import line

MAX_NEAREST = 4


@require_safe
@conditional_page
def product_page(request: HttpRequest, merchant_slug: str, handle: str) -> HttpResponse:
    """Show a product, with the variant that `?variant=` names or else one that can be had."""
    merchant, shop = _open_shop(merchant_slug)
    listing = product_listing(shop.id, handle=handle, now=clock.now())
    if listing is None:
        return _no_product(request, merchant, shop, handle)
    wanted = request.GET.get("variant", "")
    chosen = listing.variant(wanted) if wanted else chosen_variant(listing, shop)
    if chosen is None:
        return _no_variant(request, merchant, shop, listing, wanted)
    return _show(request, merchant, shop, listing, chosen)


@require_safe
@conditional_page
def shops_page(request: HttpRequest) -> HttpResponse:
    """Name the shops that sell here."""
    shops = [(line(merchant.name), shop_path(merchant.slug)) for merchant in open_shops()]
    context = {"shops": shops, "canonical_url": shops_url()}
    return public(page(request, "products/shops.html", context))


@require_safe
@conditional_page
def shop_page(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Show a shop's products, or those that are looked for."""
    merchant, shop = _open_shop(merchant_slug)
    try:
        shelf = shelf_view(read_asked(request.GET), shop=shop, now=clock.now())
    except InvalidCursorError as problem:
        raise Http404(problem.message) from problem
    context = {
        "merchant": merchant,
        "shelf": shelf,
        "canonical_url": shop_url(shop.slug),
        "chat_path": assistant_path(shop.id),
    }
    return public(page(request, "products/shop.html", context))


def _open_shop(slug: str) -> tuple[Merchant, Shop]:
    """Return a shop that sells. A paused one is to the world as if there were none."""
    merchant = Merchant.objects.filter(slug=slug, status=Merchant.Status.ACTIVE).first()
    if merchant is None:
        raise Http404("There is no such shop.")
    return merchant, shop_at(merchant.pk, merchant.revision)


def _show(
    request: HttpRequest, merchant: Merchant, shop: Shop, listing: Listing, chosen: ListedVariant
) -> HttpResponse:
    data = structured_data_tag(structured_data(listing, chosen, shop=shop))
    context = {
        "merchant": merchant,
        "product": product_view(listing, chosen, shop=shop),
        "price": decimal_text(chosen.offer.price_minor, chosen.offer.currency),
        "currency": chosen.offer.currency.upper(),
        "structured_data": data,
        "shop_path": shop_path(shop.slug),
        "chat_path": assistant_path(shop.id),
    }
    return public(page(request, "products/product.html", context))


def _no_product(request: HttpRequest, merchant: Merchant, shop: Shop, handle: str) -> HttpResponse:
    """Say that a product is gone, or was never here, and show what is nearest to it."""
    known = Product.objects.filter(merchant_id=shop.id, handle=handle).exclude(status=Product.Status.DRAFT)
    title = known.values_list("title", flat=True).first()
    nearest = _nearest(title or handle.replace("-", " ").replace("_", " "), shop)
    return _missing(request, merchant, shop, title=title or "", nearest=nearest)


def _no_variant(
    request: HttpRequest, merchant: Merchant, shop: Shop, listing: Listing, variant_id: str
) -> HttpResponse:
    """Say that a variant is gone, or never was one of this product, and show the product."""
    was_sold = Product.objects.filter(pk=listing.id, variants__pk=variant_id.replace("\x00", "")).exists()
    title = listing.title if was_sold else ""
    return _missing(request, merchant, shop, title=title, nearest=(card_view(listing, shop=shop),))


def _missing(
    request: HttpRequest, merchant: Merchant, shop: Shop, *, title: str, nearest: tuple[CardView, ...]
) -> HttpResponse:
    context = {"merchant": merchant, "title": line(title), "nearest": nearest, "shop_path": shop_path(shop.slug)}
    return public(page(request, "products/missing.html", context, status=410 if title else 404))


def _nearest(words: str, shop: Shop) -> tuple[CardView, ...]:
    wanted = Wanted(read_question(words))
    found = search(shop.id, wanted, now=clock.now(), limit=MAX_NEAREST)
    listings = found.miss.nearest if found.miss else found.listings
    return tuple(card_view(one, shop=shop) for one in listings[:MAX_NEAREST])
