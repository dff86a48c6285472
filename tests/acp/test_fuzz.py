"""The API fuzzed from its own OpenAPI document: valid and broken requests, never a 5xx, always as documented."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from commerce.accounts.models import Agent, Merchant
from commerce.wsgi import application
from tests.api import AcpClient
from tests.factories import DiscountFactory, VariantFactory
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db(transaction=True)

schema = schemathesis.openapi.from_wsgi("/docs/openapi.json", application)

CHECKED = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture
def known(acp: AcpClient, agent: Agent, merchant: Merchant) -> dict[str, str]:
    """Ids that exist, so that a part of the requests gets further than "not found"."""
    DiscountFactory.create(merchant=merchant, code="TEN")
    tote = VariantFactory.create(merchant=merchant)
    order = placed_order(3, agent=agent)
    return {
        "session_id": acp.create(tote.pk).body["id"],
        "cart_id": acp.post("/carts", {"line_items": [{"id": tote.pk}]}).body["id"],
        "variant_id": tote.pk,
        "product_id": tote.product_id,
        "order_id": order.pk,
        "line_id": order.lines.get().pk,
    }


@schema.parametrize()
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_fuzz(case: Case[Any], acp: AcpClient, known: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {acp.token}"}
    chosen = crc32(repr((case.path_parameters, case.query, case.body)).encode())  # alike whenever it is tried
    if chosen % 5:
        headers["API-Version"] = "2026-04-17"
    for place, name in enumerate(case.path_parameters):
        if (chosen // 5 + place) % 3:
            case.path_parameters[name] = known[name]
    items = case.body.get("line_items") if isinstance(case.body, dict) else None
    if isinstance(items, list):
        for item in items:
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                item["id"] = known["line_id" if "order_id" in case.path_parameters else "variant_id"]

    response = case.call(headers=headers)

    case.validate_response(response, checks=CHECKED)
