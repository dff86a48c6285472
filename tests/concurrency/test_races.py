"""Races on real PostgreSQL, judged by the provider's own ledger."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial

import pytest
from pytest_django import Settings

from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery
from agents.webhooks.services import register_endpoint
from commerce.accounts.models import Agent, AgentKeySpend, Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.discounts.models import DiscountUsage
from commerce.inventory.models import Reservation, StockItem
from commerce.orders.models import Order
from commerce.outbox.relay import drain
from commerce.payments.models import PaymentAttempt
from tests.api import AcpClient, Answer
from tests.concurrency.racing import race
from tests.factories import DiscountFactory, VariantFactory
from tests.receiver import receiver
from tests.stripe_account import StripeAccount
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def variant(merchant: Merchant, on_hand: int, price: int = 2400) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=price, stock__on_hand=on_hand)


def stock(one: Variant) -> tuple[int, int]:
    item = StockItem.objects.get(pk=one.pk)
    return item.on_hand, item.reserved


def repeated(acp: AcpClient, session_id: str, token: str, key: str) -> Answer:
    """Complete as an agent does: the same call again while it is told to wait."""
    answers: list[Answer] = []

    def is_answered() -> bool:
        answers.append(acp.complete(session_id, token, key=key))
        return answers[-1].status != 409

    wait_until(is_answered, "an answer other than to wait")
    return answers[-1]


def test_200_buyers_of_20_units(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> None:
    tote = variant(merchant, 20)
    sessions = [acp.create(tote.pk) for _ in range(200)]
    tokens = [stripe_account.mint(session.total()) for session in sessions]

    answers = race(
        [
            partial(repeated, acp, session.body["id"], token, f"buyer-{number}")
            for number, (session, token) in enumerate(zip(sessions, tokens, strict=True))
        ]
    )

    statuses = Counter(answer.body["status"] for answer in answers)
    assert statuses == {"completed": 20, "not_ready_for_payment": 180}
    refused = [answer for answer in answers if answer.body["status"] != "completed"]
    assert all("out_of_stock" in answer.codes for answer in refused)
    assert (Order.objects.count(), stock(tote)) == (20, (0, 0))
    assert stripe_account.ledger() == [("authorization", sessions[0].total())] * 20
    assert PaymentAttempt.objects.count() == 20
    assert Reservation.objects.filter(status="committed").count() == 20


@pytest.mark.parametrize("keys", ["same key", "different keys"])
def test_50_completes_of_one_session(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount, keys: str
) -> None:
    tote = variant(merchant, 100)
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())
    names = ["k"] * 50 if keys == "same key" else [f"k{number}" for number in range(50)]

    answers = race([partial(acp.complete, session.body["id"], token, key=name) for name in names])

    assert set(Counter(answer.status for answer in answers)) <= {200, 405, 409}
    done = [answer for answer in answers if answer.status == 200]
    assert done
    assert {answer.body["order"]["id"] for answer in done} == {Order.objects.get().pk}
    assert len({answer.raw for answer in done}) == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status == 409)
    assert (stripe_account.ledger(), stock(tote)) == ([("authorization", session.total())], (99, 0))
    if keys == "same key":
        assert {answer.status for answer in answers} <= {200, 409}
        assert acp.complete(session.body["id"], token, key="k").raw == done[0].raw


def test_an_order_is_announced_once_and_without_what_led_to_it(
    acp: AcpClient, agent: Agent, merchant: Merchant, stripe_account: StripeAccount, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    told = {"provider": "aff.example", "token": "atp_SECRET", "touchpoint": "first"}
    session = acp.create(variant(merchant, 100).pk, affiliate_attribution=told)
    token = stripe_account.mint(session.total())
    with receiver() as listening:
        register_endpoint(agent, listening.url)
        race([partial(repeated, acp, session.body["id"], token, f"k{number % 3}") for number in range(12)])
        race([drain] * 4)
        race([deliver_due] * 4)

    ((headers, body),) = listening.received
    order = Order.objects.get()
    assert (json.loads(body)["type"], json.loads(body)["data"]["id"]) == ("order_create", order.pk)
    assert headers["request-id"] == Delivery.objects.get().pk
    assert b"atp_" not in body
    assert b"attribution" not in body
    assert b"intent_trace" not in body


def test_complete_against_cancel_leaves_one_winner(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote = variant(merchant, 100)
    winners = []
    for _ in range(12):
        session = acp.create(tote.pk)
        session_id, token = session.body["id"], stripe_account.mint(session.total())
        complete, cancel = race([partial(acp.complete, session_id, token), partial(acp.cancel, session_id)])
        final = acp.read(session_id)
        winners.append(final.body["status"])
        if final.body["status"] == "completed":
            assert (complete.status, cancel.status in (405, 409)) == (200, True)
        else:
            assert (final.body["status"], cancel.status, complete.status) == ("canceled", 200, 405)

    orders = winners.count("completed")
    assert Order.objects.count() == orders
    assert len(stripe_account.ledger()) == orders
    assert stock(tote) == (100 - orders, 0)


def test_20_creates_with_one_key_give_one_session(acp: AcpClient, merchant: Merchant) -> None:
    body = {"currency": "usd", "line_items": [{"id": variant(merchant, 5).pk}], "capabilities": {}}

    answers = race([partial(acp.post, "/checkout_sessions", body, key="k") for _ in range(20)])

    assert set(Counter(answer.status for answer in answers)) <= {201, 409}
    assert len({answer.raw for answer in answers if answer.status == 201}) == 1
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {"idempotency_in_flight"}
    assert all("retry-after" in answer.headers for answer in answers if answer.status == 409)
    assert CheckoutSession.objects.count() == 1


def test_updates_at_once_leave_one_of_them(acp: AcpClient, merchant: Merchant) -> None:
    session = acp.create(variant(merchant, 100).pk)
    variant_id = session.body["line_items"][0]["item"]["id"]

    answers = race(
        [
            partial(acp.update, session.body["id"], line_items=[{"id": variant_id, "quantity": number}])
            for number in range(1, 21)
        ]
    )

    final = acp.read(session.body["id"])
    assert {answer.status for answer in answers} == {200}
    assert final.raw in {answer.raw for answer in answers}
    assert final.total("items_base_amount") == 2400 * final.body["line_items"][0]["quantity"]


def test_baskets_in_opposite_order_do_not_deadlock(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote, cap, map_ = (variant(merchant, 1000) for _ in range(3))
    baskets = [(tote.pk, cap.pk, map_.pk), (map_.pk, cap.pk, tote.pk)] * 20
    sessions = [acp.create(*basket) for basket in baskets]
    tokens = [stripe_account.mint(session.total()) for session in sessions]

    answers = race(
        [partial(acp.complete, session.body["id"], token) for session, token in zip(sessions, tokens, strict=True)]
    )

    assert {answer.body["status"] for answer in answers} == {"completed"}
    assert [stock(one) for one in (tote, cap, map_)] == [(960, 0)] * 3


def test_a_token_shared_by_many_sessions_pays_for_one(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote = variant(merchant, 100)
    sessions = [acp.create(tote.pk) for _ in range(20)]
    token = stripe_account.mint(sessions[0].total())

    answers = race([partial(acp.complete, session.body["id"], token) for session in sessions])

    assert Counter(answer.body["status"] for answer in answers) == {"completed": 1, "ready_for_payment": 19}
    assert (Order.objects.count(), len(stripe_account.ledger()), stock(tote)) == (1, 1, (99, 0))


def test_the_last_uses_of_a_discount_go_to_as_many_buyers(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote = variant(merchant, 100)
    discount = DiscountFactory.create(merchant=merchant, code="FIVE", usage_limit=5)
    sessions = [acp.create(tote.pk, discounts={"codes": ["FIVE"]}) for _ in range(20)]
    tokens = [stripe_account.mint(99_999) for _ in sessions]

    answers = race(
        [partial(acp.complete, session.body["id"], token) for session, token in zip(sessions, tokens, strict=True)]
    )

    assert Counter(answer.body["status"] for answer in answers) == {"completed": 5, "ready_for_payment": 15}
    assert (DiscountUsage.objects.get(pk=discount.pk).used, Order.objects.count()) == (5, 5)
    assert len(stripe_account.ledger()) == 5


def test_one_use_per_buyer_holds_for_a_buyer_in_many_tabs(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote = variant(merchant, 100)
    DiscountFactory.create(merchant=merchant, code="FIRST", usage_limit_per_buyer=1)
    sessions = [acp.create(tote.pk, discounts={"codes": ["FIRST"]}) for _ in range(10)]
    tokens = [stripe_account.mint(99_999) for _ in sessions]

    race(
        [partial(acp.complete, session.body["id"], token) for session, token in zip(sessions, tokens, strict=True)]
    )

    assert (Order.objects.count(), len(stripe_account.ledger())) == (1, 1)


def test_a_daily_limit_holds_for_calls_at_once(
    agent: Agent, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    key, secret = issue_key(agent, limit_per_day_minor=3 * 3074)
    acp = AcpClient(secret)
    tote = variant(merchant, 100)
    sessions = [acp.create(tote.pk) for _ in range(12)]
    tokens = [stripe_account.mint(99_999) for _ in sessions]

    race(
        [partial(acp.complete, session.body["id"], token) for session, token in zip(sessions, tokens, strict=True)]
    )

    assert AgentKeySpend.objects.get(key=key).amount_minor == 3 * 3074
    assert (Order.objects.count(), len(stripe_account.ledger())) == (3, 3)


def test_declines_at_once_give_everything_back(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote = variant(merchant, 5)
    sessions = [acp.create(tote.pk) for _ in range(20)]
    tokens = [stripe_account.mint(99_999, card="pm_card_visa_chargeDeclined") for _ in sessions]

    race(
        [partial(acp.complete, session.body["id"], token) for session, token in zip(sessions, tokens, strict=True)]
    )

    assert (stock(tote), Order.objects.count(), stripe_account.ledger()) == ((5, 0), 0, [])


def test_answers_under_load_are_whole(acp: AcpClient, merchant: Merchant) -> None:
    """One key, two bodies, at once: one is done, the other is a conflict, never a mixture."""
    ids = [variant(merchant, 5).pk for _ in range(2)]
    bodies = [{"currency": "usd", "line_items": [{"id": one}], "capabilities": {}} for one in ids]

    answers = race([partial(acp.post, "/checkout_sessions", bodies[number % 2], key="k") for number in range(20)])

    won = {answer.body["line_items"][0]["item"]["id"] for answer in answers if answer.status == 201}
    assert len(won) == 1
    assert {answer.status for answer in answers} <= {201, 409, 422}
    assert CheckoutSession.objects.count() == 1
