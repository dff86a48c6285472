from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from agents.acp.discovery import discovery
from agents.catalog.views import CatalogLookups, CatalogProduct, CatalogSearch, CatalogVariant
from agents.llms_txt import llms_txt, shop_llms_txt
from agents.orders.views import OrderCancel, OrderDetail, OrderReturns, Orders

urlpatterns = [
    path(".well-known/acp.json", discovery),
    path("llms.txt", llms_txt, name="llms_txt"),
    path("products/<slug:merchant_slug>/llms.txt", shop_llms_txt, name="shop_llms_txt"),
    path("acp/", include("agents.acp.urls")),
    path("chat/", include("agents.chat.urls")),
    path("catalog/search", CatalogSearch.as_view()),
    path("catalog/lookup", CatalogLookups.as_view()),
    path("catalog/products/<str:product_id>", CatalogProduct.as_view()),
    path("catalog/variants/<str:variant_id>", CatalogVariant.as_view()),
    path("agent/orders", Orders.as_view()),
    path("agent/orders/<str:order_id>", OrderDetail.as_view()),
    path("agent/orders/<str:order_id>/cancel", OrderCancel.as_view()),
    path("agent/orders/<str:order_id>/returns", OrderReturns.as_view()),
    path("docs/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs/api", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="api_docs"),
]
