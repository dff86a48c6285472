from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from agents.acp.discovery import discovery
from agents.catalog.views import CatalogLookups, CatalogProduct, CatalogSearch, CatalogVariant

urlpatterns = [
    path(".well-known/acp.json", discovery),
    path("acp/", include("agents.acp.urls")),
    path("catalog/search", CatalogSearch.as_view()),
    path("catalog/lookup", CatalogLookups.as_view()),
    path("catalog/products/<str:product_id>", CatalogProduct.as_view()),
    path("catalog/variants/<str:variant_id>", CatalogVariant.as_view()),
    path("docs/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs/api", SpectacularSwaggerView.as_view(url_name="openapi"), name="api_docs"),
]
