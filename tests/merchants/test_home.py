"""The first page: numbers that are true in the shop's own day, and lead to the rows they count."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.webhooks.models import Delivery, Endpoint
from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.accounts.services import issue_key
from commerce.aftersales.models import Return
from commerce.checkout.models import CheckoutSession
from commerce.emails.models import Email
from commerce.inventory.models import StockItem
from commerce.orders.models import Order, OrderLine
from commerce.payments.models import Dispute, PaymentAttempt
from commerce.reconciliation.models import Difference
from tests.factories import AgentFactory, MerchantFactory
from tests.merchants.staff import member, staff_of
from tests.merchants.world import add_rows

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
"""Half past eleven in the evening of the 25th in Los Angeles."""


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create(time_zone="America/Los_Angeles", currency="usd")


@pytest.fixture
def mona(shop: Merchant) -> Client:
    return member(shop, "manager")


def order(agent: Agent, at: datetime, total: int = 1000, **told: Any) -> Order:
    number = Order.objects.count() + 1
    values = {"items_minor": total, "total_minor": total, "currency": agent.merchant.currency, **told}
    return Order.objects.create(
        merchant=agent.merchant,
        agent=agent,
        checkout_session_id=f"cs_{number}",
        number=f"A{number}",
        permalink_token=f"token{number}",
        email="ada@example.com",
        placed_at=at,
        updated_at=at,
        **values,
    )


def session(key: AgentKey, at: datetime, status: str, **document: Any) -> None:
    CheckoutSession.objects.create(
        merchant=key.agent.merchant,
        agent=key.agent,
        agent_key=key,
        status=status,
        currency="usd",
        total_minor=0,
        document=json.dumps({"lines": [], "issues": [], "intent_trace": None, **document}, separators=(",", ":")),
        created_at=at,
        updated_at=at,
        expires_at=at,
    )


def figures(browser: Client) -> dict[str, tuple[list[str], str]]:
    found = browser.get("/admin/").context["figures"]
    return {one.title: (one.values, one.note) for one in found}


def rows_behind(browser: Client, link: str) -> int:
    return int(browser.get(link).context["cl"].result_count)


def test_a_day_is_a_day_of_the_shop(mona: Client, shop: Merchant) -> None:
    agent = AgentFactory.create(merchant=shop)
    order(agent, datetime(2026, 11, 25, 8, 0, tzinfo=UTC), 1234_56)
    order(agent, datetime(2026, 11, 25, 7, 59, tzinfo=UTC), 500)  # the evening before
    order(agent, datetime(2026, 11, 26, 7, 0, tzinfo=UTC), 1000, status="canceled")
    order(AgentFactory.create(), NOW, 99_00)

    assert figures(mona)["Sold today"] == (["1,234.56 USD"], "1 order")
    assert figures(mona)["Sold in 30 days"] == (["1,239.56 USD"], "2 orders")


def test_what_is_older_than_30_days_is_left_out(mona: Client, shop: Merchant) -> None:
    agent = AgentFactory.create(merchant=shop)
    order(agent, datetime(2026, 10, 27, 7, 0, tzinfo=UTC))  # midnight begins the first of the 30 days
    order(agent, datetime(2026, 10, 27, 6, 59, tzinfo=UTC))

    assert figures(mona)["Sold in 30 days"] == (["10.00 USD"], "1 order")


def test_conversion_is_of_sessions_opened(mona: Client, shop: Merchant) -> None:
    key, _ = issue_key(AgentFactory.create(merchant=shop))
    for status in ("completed", "canceled", "expired", "ready"):
        session(key, NOW - timedelta(days=1), status)
    session(key, NOW - timedelta(days=31), "completed")

    assert figures(mona)["Sessions that became orders"] == (["25.0 %"], "1 of 4 in 30 days")
    assert figures(mona)["Sessions given up"] == (["50.0 %"], "2 of 4 in 30 days")


def test_agents_stand_side_by_side(mona: Client, shop: Merchant) -> None:
    first, second = (AgentFactory.create(merchant=shop, name=name) for name in ("Atlas", "Birch"))
    key, _ = issue_key(second)
    order(first, NOW, 100)
    for number in range(2):
        order(second, NOW, 1000 + number)
        session(key, NOW, "completed")
    session(key, NOW, "expired")

    rows = mona.get("/admin/").context["agents"]

    assert [(row.name, row.orders, row.amounts, row.sessions, row.conversion) for row in rows] == [
        ("Birch", 2, ["20.01 USD"], 3, "66.7 %"),
        ("Atlas", 1, ["1.00 USD"], 0, "–"),  # noqa: RUF001
    ]
    assert [rows_behind(mona, row.orders_link) for row in rows] == [2, 1]
    assert [rows_behind(mona, row.sessions_link) for row in rows] == [3, 0]


def test_every_number_leads_to_as_many_rows(mona: Client, shop: Merchant) -> None:
    key, _ = issue_key(AgentFactory.create(merchant=shop))
    for days, status in ((0, "confirmed"), (3, "shipped"), (3, "canceled"), (40, "confirmed")):
        order(key.agent, NOW - timedelta(days=days), status=status)
        session(key, NOW - timedelta(days=days), "completed" if days else "canceled")

    found = mona.get("/admin/").context["figures"]

    assert [rows_behind(mona, one.link) for one in found] == [1, 2, 2, 1]


def test_what_agents_said_and_were_told(mona: Client, shop: Merchant) -> None:
    key, _ = issue_key(AgentFactory.create(merchant=shop))
    said = {"reason_code": "shipping_cost", "trace_summary": "Dearer than <b>the mug</b>"}
    gone = {"kind": "error", "code": "out_of_stock", "text": "x"}
    warned = {"kind": "warning", "code": "low_stock", "text": "x"}
    for _ in range(2):
        session(key, NOW, "canceled", intent_trace=said)
    session(key, NOW, "expired", issues=[gone, gone, warned])
    session(key, NOW, "canceled")
    session(key, NOW, "ready", issues=[gone])

    answer = mona.get("/admin/")
    told = answer.context["gave_up"]

    assert (told["read"], told["words"]) == (4, ["Dearer than <b>the mug</b>"])
    assert [(one["words"], one["said"], one["count"], one["share"]) for one in told["reasons"]] == [
        ("shipping cost", True, 2, 50),
        ("out of stock", False, 1, 25),
    ]
    assert [rows_behind(mona, one["link"]) for one in told["reasons"]] == [2, 1]
    assert "Dearer than &lt;b&gt;the mug&lt;/b&gt;" in answer.content.decode()


def test_test_purchases_are_counted_nowhere(mona: Client, shop: Merchant) -> None:
    agent = AgentFactory.create(merchant=shop)
    for is_test in (False, True, None):
        order(agent, NOW, is_test=is_test)
        key, _ = issue_key(agent)
        AgentKey.objects.filter(pk=key.pk).update(is_test=bool(is_test))
        session(key, NOW, "completed")
        session(key, NOW, "canceled", intent_trace={"reason_code": "shipping_cost"})

    page = mona.get("/admin/").context

    assert [one.note for one in page["figures"]] == ["2 orders", "2 orders", *["2 of 4 in 30 days"] * 2]
    assert [rows_behind(mona, one.link) for one in page["figures"]] == [2, 2, 2, 2]
    assert [(row.sessions, row.conversion) for row in page["agents"]] == [(4, "50.0 %")]
    assert (page["gave_up"]["read"], page["gave_up"]["reasons"][0]["count"]) == (2, 2)
    assert rows_behind(mona, page["gave_up"]["reasons"][0]["link"]) == 2
    assert rows_behind(mona, "/admin/checkout/checkoutsession/?purpose=tests") == 2
    assert rows_behind(mona, "/admin/orders/order/?purpose=tests") == 1


def everything_waits(shop: Merchant) -> None:
    add_rows(shop, 0, 2)
    OrderLine.objects.filter(order__merchant=shop).update(fulfilled=0)
    PaymentAttempt.objects.filter(merchant=shop).update(
        status="authorized", captured_minor=0, capture_before=timezone.now() + timedelta(days=3, minutes=1)
    )
    Dispute.objects.filter(attempt__merchant=shop).update(respond_by=datetime(2026, 12, 1, 20, 0, tzinfo=UTC))
    StockItem.objects.filter(variant__merchant=shop).update(on_hand=3)
    Endpoint.objects.filter(agent__merchant=shop).update(failures=4)
    Delivery.objects.filter(order__merchant=shop).update(status="dead")


def test_what_waits_is_counted_and_found(mona: Client, shop: Merchant) -> None:
    everything_waits(shop)
    everything_waits(MerchantFactory.create())

    waits = mona.get("/admin/").context["waiting"]

    assert {one.title: one.count for one in waits} == {
        "Orders to ship": 2,
        "Variants low in stock": 2,
        "Webhook endpoints that fail": 2,
        "Webhook deliveries given up": 2,
        "Payments held and not captured": 2,
        "Disputes to answer": 2,
        "Differences with the payment provider": 2,
        "Returns to decide": 2,
        "E-mails that did not arrive": 2,
    }
    assert {one.title: rows_behind(mona, one.link) for one in waits} == {one.title: 2 for one in waits}
    details = {one.title: one.detail for one in waits if one.detail}
    assert details["Payments held and not captured"].replace("\xa0", " ") == (
        "58.00 USD, the first lapses in 3 days"
    )
    assert details["Disputes to answer"].startswith("the first until 1 December")
    assert [one.title for one in waits if one.is_urgent] == [
        "Webhook endpoints that fail",
        "Disputes to answer",
        "Differences with the payment provider",
    ]


def test_what_does_not_wait_is_not_counted(mona: Client, shop: Merchant) -> None:
    everything_waits(shop)
    OrderLine.objects.update(is_digital=True)
    PaymentAttempt.objects.update(status="captured", captured_minor=2900)
    Dispute.objects.update(status="under_review")
    Difference.objects.update(gone_at=NOW)
    StockItem.objects.update(on_hand=4)
    Endpoint.objects.update(failures=0, is_active=False, disabled_reason="switched off by staff")
    Delivery.objects.update(status="delivered")
    Return.objects.update(status="declined")
    Email.objects.update(status="sent")

    answer = mona.get("/admin/")

    assert answer.context["waiting"] == []
    assert "Nothing waits" in answer.content.decode()


def test_a_role_is_shown_what_it_may_see(shop: Merchant) -> None:
    everything_waits(shop)

    titles = {one.title for one in member(shop, "support").get("/admin/").context["waiting"]}

    assert titles == {
        "Orders to ship",
        "Variants low in stock",
        "Payments held and not captured",
        "Disputes to answer",
        "Differences with the payment provider",
        "Returns to decide",
        "E-mails that did not arrive",
    }


def test_the_operator_sees_currencies_apart(chief: Client, shop: Merchant) -> None:
    order(AgentFactory.create(merchant=shop), NOW, 1000)
    for _ in range(2):
        order(AgentFactory.create(merchant=MerchantFactory.create(currency="jpy")), NOW, 5000)

    page = chief.get("/admin/").context

    assert {one.title: one.values for one in page["figures"]}["Sold today"] == ["10,000 JPY", "10.00 USD"]
    assert page["zone"] == "UTC"
    datasets = json.loads(page["chart_of_sales"])["datasets"]
    assert [(one["label"], one["data"][-1]) for one in datasets] == [("JPY", "10000"), ("USD", "10.00")]


def test_a_new_shop_is_told_how_to_begin(mona: Client) -> None:
    html = mona.get("/admin/").content.decode()

    assert "No agent has been here in 30 days" in html
    assert "Nothing waits" in html


def test_who_belongs_to_no_shop_sees_no_numbers(shop: Merchant) -> None:
    order(AgentFactory.create(merchant=shop), NOW, 1000)

    assert "10.00 USD" not in staff_of().get("/admin/").content.decode()


def statements(browser: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get("/admin/").status_code == 200
    return len(captured)


def test_statements_do_not_grow_with_the_shop(mona: Client, shop: Merchant) -> None:
    everything_waits(shop)
    key, _ = issue_key(AgentFactory.create(merchant=shop))
    order(key.agent, NOW)
    few = statements(mona)
    for number in range(20):
        order(AgentFactory.create(merchant=shop), NOW - timedelta(days=number))
        session(key, NOW - timedelta(days=number), "canceled", intent_trace={"reason_code": f"reason_{number}"})

    assert statements(mona) == few <= 20
