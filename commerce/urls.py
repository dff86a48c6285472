"""All addresses. What points upward from the domain is named here as text."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from commerce import pages
from commerce.inbox.views import fulfillment_webhook, provider_webhook
from commerce.pages.showroom import product_page, shop_page, shops_page
from commerce.pages.sitemaps import robots, sitemap_index, sitemap_section

handler400 = "agents.fallbacks.bad_request"
handler404 = "agents.fallbacks.not_found"
handler500 = "agents.fallbacks.server_error"

urlpatterns = [
    path("", pages.front_page, name="front_page"),
    path("orders/<slug:token>", pages.order_page, name="order_page"),
    path("carts/<slug:cart_id>", pages.cart_page, name="cart_page"),
    path("checkout/<slug:session_id>", pages.payment_page, name="payment_page"),
    path("checkout/<slug:session_id>/confirm", pages.confirm_payment, name="confirm_payment"),
    path("checkout/<slug:session_id>/abandon", pages.abandon_payment, name="abandon_payment"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap_index, name="sitemap_index"),
    path("sitemap-<slug:section>.xml", sitemap_section, name="sitemap_section"),
    path("products", shops_page, name="shops_page"),
    path("products/<slug:merchant_slug>", shop_page, name="shop_page"),
    path("products/<slug:merchant_slug>/<slug:handle>", product_page, name="product_page"),
    path("admin/", admin.site.urls),
    path("account/two-factor/", include("allauth.mfa.urls")),
    path("account/", include("merchants.onboarding.urls")),
    path("account/", include("allauth.account.urls")),
    path("payments/webhooks/stripe", provider_webhook, name="provider_webhook"),
    path("payments/webhooks/stripe/<slug:account_id>", provider_webhook, name="account_webhook"),
    path("fulfillment/webhooks/<slug:slug>", fulfillment_webhook, name="fulfillment_webhook"),
    path("feeds/", include("merchants.feeds.urls")),
    path("", include("agents.urls")),
]
