from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import ValidationError
from rest_framework.request import Request

from agents.acp.documentation import BearerSchema, responses
from agents.acp.errors import exception_response, invalid_body
from agents.catalog import presenters
from agents.catalog.bodies import CatalogLookup, CatalogPage
from agents.catalog.presenters import Counter
from agents.catalog.schemas import LookupRequest, ProductParameters, SearchParameters, destination
from agents.http import AgentView, caller_of, json_response
from agents.json_body import read_json
from agents.openapi import body_of
from agents.query import parameters_of, read_query
from commerce import clock
from commerce.checkout.shop import shop_at
from commerce.errors import NotFoundError
from commerce.storefront.facets import facets
from commerce.storefront.listing import Listing
from commerce.storefront.lookup import look_up, product_listing
from commerce.storefront.search import Reason, search


class CatalogView(AgentView):
    schema = BearerSchema()
    scope = "catalog"

    def handle_exception(self, exc: Exception) -> Any:
        return exception_response(exc)

    def counter(self, request: Request, ship_to: str | None) -> Counter:
        caller = caller_of(request)
        return Counter(shop_at(caller.merchant_id, caller.merchant_revision), destination(ship_to))

    def one_product(self, listing: Listing | None, counter: Counter) -> HttpResponse:
        if listing is None:
            raise NotFoundError("There is no such item for sale.")
        body: CatalogPage = {"products": [presenters.product(listing, counter)]}
        return json_response(200, orjson.dumps(body))


class CatalogSearch(CatalogView):
    @extend_schema(
        operation_id="search_catalog",
        tags=["catalog"],
        parameters=parameters_of(SearchParameters),
        responses=responses(body_of(CatalogPage), meaning="A page of products, or why there is none."),
    )
    def get(self, request: Request) -> HttpResponse:
        """Find products for sale, with live prices and stock."""
        asked = read_query(SearchParameters, request.query_params)
        counter, now = self.counter(request, asked.ship_to), clock.now()
        offset = 0 if asked.cursor else asked.offset
        found = search(
            counter.shop.id,
            asked.wanted(),
            now=now,
            limit=asked.limit,
            cursor=asked.cursor,
            offset=offset,
        )
        counted = facets(counter.shop.id, found.wanted, now=now) if asked.facets else None
        is_outside = found.miss is not None and found.miss.reason is Reason.OUTSIDE_FILTERS
        choices = facets(counter.shop.id, found.wanted.without_filters(), now=now) if is_outside else None
        body = presenters.page(found, counter, facets=counted, choices=choices)
        if found.next_cursor and not asked.cursor:
            body["next_offset"] = offset + asked.limit
        return json_response(200, orjson.dumps(body))


class CatalogLookups(CatalogView):
    @extend_schema(
        operation_id="look_up_catalog",
        tags=["catalog"],
        request=LookupRequest,
        responses=responses(
            body_of(CatalogLookup), meaning="What each key names.", errors=(400, 401, 403, 413, 415, 429, 503)
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Look up many products at once by ids, SKUs, GTINs or handles. Changes nothing and needs no key."""
        try:
            asked = LookupRequest.model_validate(read_json(request._request).value)
        except ValidationError as problem:
            raise invalid_body(problem) from problem
        counter = self.counter(request, asked.ship_to)
        answer = look_up(counter.shop.id, [one.key() for one in asked.items], now=clock.now())
        return json_response(200, orjson.dumps(presenters.looked_up(answer, counter)))


class CatalogProduct(CatalogView):
    @extend_schema(
        operation_id="get_catalog_product",
        tags=["catalog"],
        parameters=parameters_of(ProductParameters),
        responses=responses(body_of(CatalogPage), meaning="The product."),
    )
    def get(self, request: Request, product_id: str) -> HttpResponse:
        """Look at a product, by its id or its handle, with all its variants and all its words."""
        counter = self.counter(request, read_query(ProductParameters, request.query_params).ship_to)
        by = {"product_id": product_id} if product_id.startswith("prod_") else {"handle": product_id}
        return self.one_product(product_listing(counter.shop.id, now=clock.now(), **by), counter)


class CatalogVariant(CatalogView):
    @extend_schema(
        operation_id="get_catalog_variant",
        tags=["catalog"],
        parameters=parameters_of(ProductParameters),
        responses=responses(body_of(CatalogPage), meaning="The product."),
    )
    def get(self, request: Request, variant_id: str) -> HttpResponse:
        """Look at the product that a variant belongs to."""
        counter = self.counter(request, read_query(ProductParameters, request.query_params).ship_to)
        found = product_listing(counter.shop.id, variant_id=variant_id, now=clock.now())
        return self.one_product(found, counter)
