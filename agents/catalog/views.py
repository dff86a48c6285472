from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from agents.acp.documentation import BearerSchema, responses
from agents.acp.errors import exception_response
from agents.catalog.bodies import CatalogPage
from agents.catalog.presenters import product
from agents.errors import RequestError
from agents.http import AgentView, caller_of, json_response
from agents.openapi import body_of
from commerce.catalog.selectors import product_of_variant, search_products
from commerce.checkout.shop import shop_at
from commerce.errors import NotFoundError

MAX_LIMIT = 50


class CatalogView(AgentView):
    schema = BearerSchema()
    scope = "catalog"

    def handle_exception(self, exc: Exception) -> Any:
        return exception_response(exc)


class CatalogSearch(CatalogView):
    @extend_schema(
        operation_id="search_catalog",
        tags=["catalog"],
        parameters=[
            OpenApiParameter("q", str, description="Words to find; all products without them."),
            OpenApiParameter("limit", int, description=f"At most {MAX_LIMIT}; 10 unless told."),
            OpenApiParameter("offset", int, description="`next_offset` of the page before."),
        ],
        responses=responses(body_of(CatalogPage), meaning="A page of products."),
    )
    def get(self, request: Request) -> HttpResponse:
        """Find products for sale, with live prices and stock."""
        caller = caller_of(request)
        shop = shop_at(caller.merchant_id, caller.merchant_revision)
        limit = _number(request, "limit", default=10, least=1, most=MAX_LIMIT)
        offset = _number(request, "offset", default=0, least=0, most=100_000)
        words = request.query_params.get("q", "")[:200].replace("\x00", " ")
        found = search_products(shop.id, words, limit=limit + 1, offset=offset)
        now = timezone.now()
        page: CatalogPage = {"products": [product(one, shop=shop, now=now) for one in found[:limit]]}
        if len(found) > limit:
            page["next_offset"] = offset + limit
        return json_response(200, orjson.dumps(page))


class CatalogVariant(CatalogView):
    @extend_schema(operation_id="get_catalog_variant", tags=["catalog"], responses=responses(body_of(CatalogPage)))
    def get(self, request: Request, variant_id: str) -> HttpResponse:
        """Look at the product that a variant belongs to."""
        caller = caller_of(request)
        shop = shop_at(caller.merchant_id, caller.merchant_revision)
        found = product_of_variant(shop.id, variant_id.replace("\x00", ""))
        if found is None:
            raise NotFoundError("There is no such item for sale.")
        page: CatalogPage = {"products": [product(found, shop=shop, now=timezone.now())]}
        return json_response(200, orjson.dumps(page))


def _number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise RequestError(400, "invalid", f"{name} must be a number from {least} to {most}.")
    return int(text)
