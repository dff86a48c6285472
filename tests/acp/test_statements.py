"""How many SQL statements each call takes and how many rows it touches: budgets that do not grow with the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from tests.api import AcpClient, Answer
from tests.conftest import method_id
from tests.factories import DiscountFactory, VariantFactory
from tests.stripe_account import StripeAccount

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
    assert count(lambda: acp.complete(session_id, token)) == 6
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


def test_no_statement_is_parsed_anew_each_time(
    acp: AcpClient, merchant: Merchant, items: list[str], stripe_account: StripeAccount
) -> None:
    """Psycopg keeps what it has parsed of up to 4096 characters and 50 parameters."""
    DiscountFactory.create(merchant=merchant, code="TEN")
    sizes: list[tuple[int, int]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        sizes.append((len(sql), len(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        session_id = acp.create(*items, discounts={"codes": ["TEN"]}).body["id"]
        acp.update(session_id, discounts={"codes": ["TEN"]})
        acp.complete(session_id, stripe_account.mint(9_999_999))

    assert max(length for length, _ in sizes) <= 4096
    assert max(count for _, count in sizes) <= 50


ROWS_OF_A_CHECKOUT = 80


def rows_touched() -> int:
    """Return how many rows the open transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])


def fill(table: str, count: int, **changed: str) -> None:
    """Copy one row of a table many times, some columns changed to SQL of the copy's `number`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attidentity = '' AND attgenerated = ''",
            [table],
        )
        names = [row[0] for row in cursor.fetchall()]
        values = ", ".join(changed.get(name, name) for name in names)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
            f" FROM (SELECT * FROM {table} LIMIT 1) one, generate_series(1, {count}) number"
        )


@pytest.mark.parametrize("are_statistics_fresh", [True, False])
def test_a_checkout_touches_as_few_rows_in_a_large_shop(
    are_statistics_fresh: bool, acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    variant_id = VariantFactory.create(merchant=merchant).pk
    DiscountFactory.create(merchant=merchant, code="TEN", usage_limit=9)
    acp.complete(acp.create(variant_id).body["id"], stripe_account.mint(999_999))
    fill(
        "catalog_variant",
        2000,
        id="'var_' || number",
        option_values="array['Size ' || number]",
        sku="'S' || number",
    )
    fill("inventory_stockitem", 2000, variant_id="'var_' || number")
    fill("discounts_discount", 2000, id="'disc_' || number", code="'CODE' || number")
    fill("checkout_checkoutsession", 2000, id="'cs_' || number", status="'ready'")
    fill("idempotency_idempotencyrecord", 2000, key="'old ' || number")
    fill("inventory_reservation", 2000, stock_id="'var_' || number", reference="'pay_' || number", status="'held'")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if are_statistics_fresh else "SELECT 1")
        cursor.execute("DISCARD PLANS")
    choice = [{"option_id": method_id(merchant, "Express"), "item_ids": [variant_id]}]
    token = stripe_account.mint(999_999)
    before = rows_touched()

    session_id = acp.create(variant_id, discounts={"codes": ["TEN"]}).body["id"]
    acp.update(session_id, selected_fulfillment_options=choice)
    acp.read(session_id)
    completed = acp.complete(session_id, token)

    assert completed.body["status"] == "completed"
    assert rows_touched() - before <= ROWS_OF_A_CHECKOUT
