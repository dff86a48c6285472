"""`/llms.txt`: how an agent shops here, as plain Markdown (llmstxt.org); one more for each shop.

Names and categories are merchants' words: they are written so that they are words and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import conditional_page, require_safe

from agents.acp.versions import SUPPORTED
from commerce import clock
from commerce.accounts.models import Merchant
from commerce.accounts.selectors import open_shops
from commerce.pages.addresses import shop_url
from commerce.storefront.facets import category_counts
from commerce.storefront.wanted import Wanted
from commerce.text import line, web_address

KEPT_SECONDS = 300
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


@require_safe
@conditional_page
def llms_txt(request: HttpRequest) -> HttpResponse:
    """Say how an agent uses what runs here, and which shops there are."""
    shops = [
        {
            "name": words(merchant.name),
            "url": shop_url(merchant.slug),
            "currency": merchant.currency.upper(),
            "country": merchant.country,
        }
        for merchant in open_shops()
    ]
    return _text(request, "llms.txt", {"shops": shops})


@require_safe
@conditional_page
def shop_llms_txt(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Say what one shop sells, in which currency, under which policies and who helps."""
    merchant = Merchant.objects.filter(slug=merchant_slug, status=Merchant.Status.ACTIVE).first()
    if merchant is None:
        raise Http404("There is no such shop.")
    counts = category_counts(merchant.pk, Wanted(), now=clock.now())
    context = {
        "name": words(merchant.name),
        "url": shop_url(merchant.slug),
        "currency": merchant.currency.upper(),
        "country": merchant.country,
        "categories": [
            (words(one.value), one.products, f"{shop_url(merchant.slug)}?category={quote(one.value, safe='')}")
            for one in counts
        ],
        "policies": [(label, link(url)) for label, url in _policies(merchant) if link(url)],
        "support": [words(text) for text in (merchant.support_email, merchant.support_phone) if text],
    }
    return _text(request, "shop_llms.txt", context)


def words(text: str) -> str:
    """Write a merchant's text as one line in which no character means anything to Markdown."""
    return _MARKUP.sub(r"\\\1", line(text, 200))


def link(url: str) -> str:
    """Write an address so that it cannot end the link it stands in; empty for what is no web address."""
    return web_address(url).replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C")


def _policies(merchant: Merchant) -> tuple[tuple[str, str], ...]:
    return (
        ("Shipping", merchant.shipping_policy_url),
        ("Returns", merchant.return_policy_url),
        ("Terms of use", merchant.terms_url),
        ("Privacy", merchant.privacy_url),
        ("Help", merchant.help_center_url),
    )


def _text(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    told = {"base_url": settings.PUBLIC_BASE_URL, "versions": ", ".join(SUPPORTED), "version": SUPPORTED[-1]}
    response = render(request, template, {**told, **context}, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, must-revalidate"
    return response
