"""How many SQL statements each call takes: a budget, and the same for any number of lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from tests.api import AcpClient, Answer
from tests.conftest import StripeAccount, method_id
from tests.factories import DiscountFactory, VariantFactory

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def count(call: Callable[[], Answer]) -> int:
    """Return how many statements a successful call takes, transaction control apart."""
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status in (200, 201), answer.body
    return sum(not query["sql"].startswith(CONTROL) for query in queries.captured_queries)


@pytest.fixture(params=[1, 20], ids=["1 line", "20 lines"])
def items(request: pytest.FixtureRequest, merchant: Merchant, acp: AcpClient) -> list[str]:
    ids = [VariantFactory.create(merchant=merchant).pk for _ in range(request.param)]
    acp.create(ids[0])  # what a shop offers is read once and kept until it changes
    return ids


def test_the_budget_of_a_checkout(
    acp: AcpClient, merchant: Merchant, items: list[str], stripe_account: StripeAccount
) -> None:
    session_id = acp.create(*items).body["id"]
    choice = [{"option_id": method_id(merchant, "Express"), "item_ids": items}]
    token = stripe_account.mint(999_999)

    assert count(lambda: acp.create(*items)) == 4
    assert count(lambda: acp.read(session_id)) == 2
    assert count(lambda: acp.update(session_id, selected_fulfillment_options=choice)) == 5
    assert count(lambda: acp.update(session_id, line_items=[{"id": one, "quantity": 2} for one in items])) == 5
    assert count(lambda: acp.complete(session_id, token)) == 8
    assert count(lambda: acp.read(session_id)) == 2


def test_codes_limits_and_changed_addresses_stay_in_the_budget(
    agent: Agent, merchant: Merchant, items: list[str], stripe_account: StripeAccount
) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN", usage_limit=9, usage_limit_per_buyer=9)
    _, secret = issue_key(agent, limit_per_order_minor=999_999, limit_per_day_minor=999_999)
    acp = AcpClient(secret)
    session_id = acp.create(*items, discounts={"codes": ["TEN"]}).body["id"]
    token = stripe_account.mint(999_999)

    assert count(lambda: acp.create(*items, discounts={"codes": ["TEN"]})) <= 4
    assert count(lambda: acp.update(session_id, discounts={"codes": ["TEN", "NOPE"]})) <= 5
    assert count(lambda: acp.complete(session_id, token)) <= 12


def test_a_declined_payment_stays_in_the_budget(
    acp: AcpClient, items: list[str], stripe_account: StripeAccount
) -> None:
    session_id = acp.create(*items).body["id"]
    token = stripe_account.mint(999_999, card="pm_card_visa_chargeDeclined")

    assert count(lambda: acp.complete(session_id, token)) <= 12


def test_the_budget_of_a_cart(acp: AcpClient, items: list[str]) -> None:
    body = {"line_items": [{"id": one} for one in items]}
    path = f"/carts/{acp.post('/carts', body).body['id']}"

    assert count(lambda: acp.post("/carts", body)) == 4
    assert count(lambda: acp.get(path)) == 3
    assert count(lambda: acp.put(path, body, key="k")) == 5
    assert count(lambda: acp.post(f"{path}/cancel")) == 5


def test_a_repetition_takes_three(acp: AcpClient, items: list[str]) -> None:
    body = {"currency": "usd", "line_items": [{"id": items[0]}], "capabilities": {}}
    acp.post("/checkout_sessions", body, key="k")

    assert count(lambda: acp.post("/checkout_sessions", body, key="k")) == 3
