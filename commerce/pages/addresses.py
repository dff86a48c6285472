"""Where a shop and its products are shown to everybody. The only place that makes these addresses."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string


def shop_path(merchant_slug: str) -> str:
    return reverse("shop_page", args=[merchant_slug])


def product_path(merchant_slug: str, handle: str) -> str:
    return reverse("product_page", args=[merchant_slug, handle])


def assistant_path(merchant_id: str) -> str:
    """Return where to ask a shop's assistant; empty where it has none."""
    return str(import_string(settings.SHOP_ASSISTANT)(merchant_id))


def shops_url() -> str:
    """Return the address of the page that names all shops."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('shops_page')}"


def shop_url(merchant_slug: str) -> str:
    """Return the address of a shop, by its merchant's slug."""
    return f"{settings.PUBLIC_BASE_URL}{shop_path(merchant_slug)}"


def product_url(merchant_slug: str, handle: str, variant_id: str = "") -> str:
    """Return the address of a product, by its merchant's slug and its handle, or of one variant of it."""
    chosen = f"?{urlencode({'variant': variant_id})}" if variant_id else ""
    return f"{settings.PUBLIC_BASE_URL}{product_path(merchant_slug, handle)}{chosen}"
