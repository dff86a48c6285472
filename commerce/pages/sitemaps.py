"""What search engines may look at: `robots.txt`, and a sitemap of all shops and products on show.

The index names one sitemap a shop, in pages of some thousand products; each page is one statement and holds
no more than itself in memory. `lastmod` is when a product or one of its variants was last changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.core.paginator import Paginator
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import conditional_page, require_safe

from commerce.pages.addresses import product_path, shop_path

PAGE_SIZE = 5000
KEPT_SECONDS = 600

_CLOSED_TO_CRAWLERS = (
    "acp",
    "agent",
    "admin",
    "carts",
    "catalog",
    "checkout",
    "fulfillment",
    "health",
    "orders",
    "payments",
)


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ShopEntry:
    """A shop with products on show: how many, and when one of them was last changed."""

    merchant_id: str
    slug: str
    products: int
    changed_at: datetime


if TYPE_CHECKING:
    Entries = Sitemap[Entry]
else:
    Entries = Sitemap


class PublicSitemap(Entries):
    """Addresses as the world knows them, whatever name this server was called by."""

    limit = PAGE_SIZE

    def __init__(self) -> None:
        parts = urlsplit(settings.PUBLIC_BASE_URL)
        self.protocol, self._domain = parts.scheme, parts.netloc

    def get_domain(self, site: object = None) -> str:  # noqa: ARG002 - the framework's signature
        return self._domain

    def location(self, item: Entry) -> str:
        return item.path

    def lastmod(self, item: Entry) -> datetime:
        return item.changed_at


class ShopsSitemap(PublicSitemap):
    """The pages of the shops themselves."""

    def __init__(self, shops: Sequence[ShopEntry]) -> None:
        super().__init__()
        self._shops = shops

    def items(self) -> list[Entry]:
        return [Entry(shop_path(one.slug), one.changed_at) for one in self._shops]


class ProductsSitemap(PublicSitemap):
    """The products of one shop."""

    def __init__(self, shop: ShopEntry) -> None:
        super().__init__()
        self._shop = shop

    @property
    def paginator(self) -> Paginator[Entry]:
        return Paginator(_Products(self._shop), self.limit)  # type: ignore[arg-type] # counted and cut, as it needs

    def get_latest_lastmod(self) -> datetime:
        return self._shop.changed_at


class _Products:
    """A shop's products on show in the order of their handles, read only where a slice is taken."""

    def __init__(self, shop: ShopEntry) -> None:
        self._shop = shop

    def count(self) -> int:
        return self._shop.products

    def __len__(self) -> int:
        return self._shop.products

    def __getitem__(self, window: slice) -> list[Entry]:
        with connection.cursor() as cursor:
            cursor.execute(_PRODUCTS, [self._shop.merchant_id, window.stop - window.start, window.start])
            return [Entry(product_path(self._shop.slug, handle), changed) for handle, changed in cursor]


@require_safe
@conditional_page
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the same for everybody
    """Say what crawlers may read. Of a product's addresses those with a variant, of a shop's the first page."""
    lines = ["User-agent: *", *(f"Disallow: /{name}/" for name in _CLOSED_TO_CRAWLERS)]
    lines += ["Disallow: /products/*?", "Allow: /products/*?variant=", ""]
    lines += [f"Sitemap: {settings.PUBLIC_BASE_URL}/sitemap.xml", ""]
    return _kept(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Name the sitemaps of all shops."""
    shops = _shops()
    sections: dict[str, type[Sitemap[Any]] | Sitemap[Any]] = {"shops": ShopsSitemap(shops)} if shops else {}
    sections |= {f"products-{shop.slug}": ProductsSitemap(shop) for shop in shops}
    response = views.index(request, sections, sitemap_url_name="sitemap_section")
    return _kept(_at_public_address(response, request))


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """List a page of one shop's products, or the shops."""
    if section == "shops":
        found: PublicSitemap = ShopsSitemap(_shops())
    else:
        kind, _, slug = section.partition("-")
        shop = next(iter(_shops(slug)), None) if kind == "products" and slug else None
        if shop is None:
            raise Http404("There is no such sitemap.")
        found = ProductsSitemap(shop)
    return _kept(views.sitemap(request, {section: found}, section=section))


def _at_public_address(response: TemplateResponse, request: HttpRequest) -> TemplateResponse:
    """Name the sitemaps by the public address; the framework takes the one it was called by."""
    called_by = f"//{request.get_host()}/"
    for one in (response.context_data or {})["sitemaps"]:
        one.location = f"{settings.PUBLIC_BASE_URL}/{one.location.partition(called_by)[2]}"
    return response


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, must-revalidate"
    return response


def _shops(slug: str = "") -> list[ShopEntry]:
    """Return the shops that are open and have something on show; only that of the slug where one is named."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOPS, [slug, slug])
        return [ShopEntry(*row) for row in cursor]


_SHOPS = """
    SELECT m.id, m.slug, shown.products, greatest(shown.changed_at, (
               SELECT max(v.updated_at) FROM catalog_variant v WHERE v.merchant_id = m.id
           ))
    FROM accounts_merchant m
    CROSS JOIN LATERAL (
        SELECT count(*) AS products, max(p.updated_at) AS changed_at FROM catalog_product p
        WHERE p.merchant_id = m.id AND p.status = 'active' AND p.search IS NOT NULL
    ) shown
    WHERE m.status = 'active' AND shown.products > 0 AND (%s = '' OR m.slug = %s) ORDER BY m.slug
"""

_PRODUCTS = """
    SELECT p.handle, greatest(p.updated_at, (
               SELECT max(v.updated_at) FROM catalog_variant v WHERE v.product_id = p.id
           ))
    FROM (
        SELECT id, handle, updated_at FROM catalog_product
        WHERE merchant_id = %s AND status = 'active' AND search IS NOT NULL ORDER BY handle LIMIT %s OFFSET %s
    ) p ORDER BY p.handle
"""
