"""Paying, declining, and what a session is afterwards (CS-12..24, CS-35, ORD-*)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Agent, AgentKeySpend, Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.discounts.models import DiscountUsage, Redemption
from commerce.inventory.models import Reservation, StockItem
from commerce.orders.models import Order, OrderEvent
from commerce.outbox.models import OutboxEvent
from commerce.payments.models import PaymentAttempt
from tests.api import BUYER, SAN_FRANCISCO, AcpClient, payment
from tests.conftest import method_id
from tests.factories import DiscountFactory, TaxRateFactory, VariantFactory
from tests.stripe_account import StripeAccount


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=10)


def stock(variant: Variant) -> tuple[int, int]:
    item = StockItem.objects.get(pk=variant.pk)
    return item.on_hand, item.reserved


def test_an_order_is_placed_and_the_amount_shown_is_authorized(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create({"id": tote.pk, "quantity": 2})

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert done.status == 200
    assert done.body["status"] == "completed"
    assert done.body["order"]["checkout_session_id"] == session.body["id"]
    assert done.body["order"]["permalink_url"].startswith("http")
    assert done.messages == []
    assert stripe_account.ledger() == [("authorization", session.total())]
    assert stock(tote) == (8, 0)


def test_what_is_written_agrees(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = acp.create({"id": tote.pk, "quantity": 2})

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    order = Order.objects.get()
    attempt = PaymentAttempt.objects.get()
    (intent,) = stripe_account.intents()
    assert order.pk == done.body["order"]["id"]
    assert order.total_minor == attempt.amount_minor == intent.amount == session.total()
    assert (attempt.status, attempt.provider_reference) == ("authorized", intent.id)
    assert intent.metadata.to_dict() == {
        "checkout_session": session.body["id"],
        "merchant": order.merchant_id,
        "payment_attempt": attempt.pk,
    }
    assert Reservation.objects.get().status == "committed"
    assert OrderEvent.objects.get().kind == "placed"
    assert sorted(OutboxEvent.objects.values_list("subscriber", flat=True)) == [
        "agents.chat.subscribers.follow",
        "agents.webhooks.subscribers.announce_order",
        "commerce.emails.subscribers.tell_buyer",
        "commerce.payments.subscribers.capture_attempt",
    ]


def test_the_token_is_kept_nowhere_and_echoed_nowhere(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total())

    done = acp.complete(session.body["id"], token)

    attempt = PaymentAttempt.objects.get()
    assert attempt.sealed_token is None
    assert token not in str(PaymentAttempt.objects.values().get())
    assert token not in str(CheckoutSession.objects.values().get())
    assert token.encode() not in done.raw


def test_the_order_mirrors_the_session(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")
    guide = VariantFactory.create(
        merchant=merchant, is_digital=True, price_minor=900, product__title="Trail Guide"
    )
    session = acp.create(
        {"id": tote.pk, "quantity": 2}, guide.pk, discounts={"codes": ["TEN"]}, order_notes="Ring twice"
    )

    order = acp.complete(session.body["id"], stripe_account.mint(session.total())).body["order"]

    def amounts(totals: list[dict[str, Any]]) -> dict[str, int]:
        return {one["type"]: one["amount"] for one in totals}

    assert amounts(order["totals"]) == amounts(session.body["totals"])
    assert [line["id"] for line in order["line_items"]] == [line["id"] for line in session.body["line_items"]]
    assert [line["quantity"] for line in order["line_items"]] == [
        {"ordered": 2, "current": 2, "fulfilled": 0},
        {"ordered": 1, "current": 1, "fulfilled": 0},
    ]
    assert [line["status"] for line in order["line_items"]] == ["processing", "processing"]
    assert order["status"] == "confirmed"
    assert order["confirmation"]["order_notes"] == "Ring twice"
    assert order["support"] == {"email": "help@harborsupply.example"}
    assert [(one["type"], one["status"]) for one in order["fulfillments"]] == [
        ("shipping", "pending"),
        ("digital", "pending"),
    ]
    assert order["fulfillments"][0]["destination"]["city"] == "San Francisco"
    assert order["estimated_delivery"]["earliest"] <= order["estimated_delivery"]["latest"]


def test_reading_afterwards_shows_the_same_order(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    first, second = acp.read(session.body["id"]), acp.read(session.body["id"])

    assert first.body == second.body == done.body


def test_the_buyer_may_come_with_the_completion(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk, buyer=None)

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()), buyer=BUYER)

    assert done.body["status"] == "completed"
    assert Order.objects.get().email == "ada.park@example.com"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "$.payment_data"),
        ({"payment_data": None}, "$.payment_data"),
        ({"payment_data": {}}, "$.payment_data.handler_id"),
        ({"payment_data": {**payment("t"), "handler_id": "other"}}, "$.payment_data.handler_id"),
        ({"payment_data": {"handler_id": "card_tokenized"}}, "$.payment_data.instrument"),
        (
            {"payment_data": {**payment("t"), "instrument": {"type": "cash", "credential": {"type": "spt", "token": "t"}}}},
            "$.payment_data.instrument.type",
        ),
        (
            {"payment_data": {**payment("t"), "instrument": {"type": "card", "credential": {"type": "pan", "token": "t"}}}},
            "$.payment_data.instrument.credential.type",
        ),
        ({"payment_data": payment("")}, "$.payment_data.instrument.credential.token"),
        ({"payment_data": payment("x" * 4097)}, "$.payment_data.instrument.credential.token"),
        ({"payment_data": payment("4242424242424242")}, "$.payment_data.instrument.credential.token"),
        ({"payment_data": payment("4242 4242 4242 4242")}, "$.payment_data.instrument.credential.token"),
    ],
)  # fmt: skip
def test_payment_data_that_cannot_be_used_is_refused(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, body: dict[str, Any], param: str
) -> None:
    session = acp.create(tote.pk)

    answer = acp.post(f"/checkout_sessions/{session.body['id']}/complete", body)

    assert (answer.status, answer.body["param"]) == (400, param)
    assert b"4242" not in answer.raw
    assert acp.read(session.body["id"]).raw == session.raw
    assert stripe_account.intents() == []


@pytest.mark.parametrize(
    ("card", "text"),
    [
        ("pm_card_visa_chargeDeclined", "declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired"),
        ("pm_card_chargeDeclinedProcessingError", "error"),
        ("pm_card_radarBlock", "declined"),
    ],
)
def test_a_declined_card_leaves_the_session_open_for_another(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, card: str, text: str
) -> None:
    session = acp.create(tote.pk)

    declined = acp.complete(session.body["id"], stripe_account.mint(session.total(), card=card))

    assert declined.status == 200
    assert declined.body["status"] == "ready_for_payment"
    assert declined.codes == ["payment_declined"]
    assert text in declined.messages[0]["content"].lower()
    assert "order" not in declined.body
    assert (stock(tote), stripe_account.ledger()) == ((10, 0), [])

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert done.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]
    assert list(PaymentAttempt.objects.order_by("submitted_at").values_list("status", flat=True)) == [
        "declined",
        "authorized",
    ]


def test_a_token_above_its_limit_is_declined(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = acp.create(tote.pk)

    short = acp.complete(session.body["id"], stripe_account.mint(session.total() - 1))
    exact = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert (short.codes, short.body["status"]) == (["payment_declined"], "ready_for_payment")
    assert "limit" in short.messages[0]["content"]
    assert exact.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", session.total())]


def test_a_token_that_was_used_revoked_foreign_or_unknown_is_declined(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    first, second = acp.create(tote.pk), acp.create(tote.pk)
    used, revoked = (stripe_account.mint(first.total()) for _ in range(2))
    stripe_account.revoke(revoked)
    acp.complete(first.body["id"], used)

    answers = {
        token: acp.complete(second.body["id"], token)
        for token in (used, revoked, stripe_account.mint(99_999, currency="eur"), "spt_nothing", "../../refunds")
    }

    assert [answer.codes for answer in answers.values()] == [["payment_declined"]] * 5
    assert stripe_account.ledger() == [("authorization", first.total())]
    assert Order.objects.count() == 1


def test_an_expired_token_is_declined(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = acp.create(tote.pk)
    token = stripe_account.mint(session.total(), lives_seconds=3600)
    stripe_account.advance(3600)

    assert acp.complete(session.body["id"], token).codes == ["payment_declined"]
    assert stripe_account.ledger() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"fulfillment_details": None},
        {"buyer": None},
        {"fulfillment_details": {"address": {**SAN_FRANCISCO, "postal_code": ""}}},
    ],
    ids=["no address", "no e-mail", "gap in address"],
)
def test_an_incomplete_session_is_not_charged(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, changes: dict[str, Any]
) -> None:
    session = acp.create(tote.pk, **changes)

    answer = acp.complete(session.body["id"], stripe_account.mint(99_999))

    assert (answer.status, answer.body["status"]) == (200, "incomplete")
    assert "missing" in answer.codes
    assert "order" not in answer.body
    assert (Order.objects.count(), stripe_account.intents(), stock(tote)) == (0, [], (10, 0))


def test_the_last_units_gone_in_the_meantime_are_not_charged(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    StockItem.objects.filter(pk=tote.pk).update(on_hand=0)

    answer = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert answer.body["status"] == "not_ready_for_payment"
    assert "out_of_stock" in answer.codes
    assert (Order.objects.count(), stripe_account.intents()) == (0, [])


@pytest.mark.parametrize("change", ["price", "tax", "shipping", "discount"])
def test_changed_terms_are_shown_before_they_are_charged(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount, change: str
) -> None:
    DiscountFactory.create(merchant=merchant, code="TEN")
    session = acp.create(tote.pk, discounts={"codes": ["TEN"]})
    if change == "price":
        Variant.objects.filter(pk=tote.pk).update(price_minor=2500)
    elif change == "tax":
        TaxRateFactory.create(merchant=merchant, jurisdiction="San Francisco", percentage=1)
    elif change == "shipping":
        merchant.fulfillment_methods.get(title="Standard").rates.update(amount_minor=700)
    else:
        merchant.discounts.update(is_active=False)

    refused = acp.complete(session.body["id"], stripe_account.mint(99_999))

    assert (refused.status, refused.body["status"]) == (200, "ready_for_payment")
    assert "conflict" in refused.codes
    assert stripe_account.intents() == []
    conflict = next(message for message in refused.messages if message.get("code") == "conflict")
    assert conflict["resolution"] == "requires_buyer_review"
    assert f"{session.total() / 100:.2f} USD" in conflict["content"]
    assert f"{refused.total() / 100:.2f} USD" in conflict["content"]

    done = acp.complete(session.body["id"], stripe_account.mint(99_999))

    assert done.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", refused.total())]


def test_a_later_promise_of_delivery_is_no_change_of_terms(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    merchant.fulfillment_methods.update(max_days=30)

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert done.body["status"] == "completed"


@pytest.mark.parametrize("end", ["completed", "canceled", "expired"])
def test_a_session_that_is_over_stays_as_it_is(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, end: str
) -> None:
    session_id = acp.create(tote.pk).body["id"]
    if end == "completed":
        acp.complete(session_id, stripe_account.mint(99_999))
    elif end == "canceled":
        acp.cancel(session_id)
    else:
        CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    before, charged = acp.read(session_id), stripe_account.ledger()

    answers = [
        acp.update(session_id, order_notes="x"),
        acp.complete(session_id, stripe_account.mint(99_999)),
        acp.cancel(session_id),
    ]

    assert before.body["status"] == end
    assert [(one.status, one.body["code"]) for one in answers] == [(405, "invalid_session_state")] * 3
    assert [one.headers["allow"] for one in answers] == ["GET"] * 3
    assert acp.read(session_id).raw == before.raw
    assert stripe_account.ledger() == charged


def test_cancel_ends_a_session(acp: AcpClient, tote: Variant) -> None:
    session = acp.create(tote.pk)

    canceled = acp.cancel(session.body["id"])

    assert (canceled.status, canceled.body["status"]) == (200, "canceled")
    assert canceled.body["line_items"] == session.body["line_items"]
    assert acp.read(session.body["id"]).body["status"] == "canceled"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 200),
        ({}, 200),
        ({"x": 1}, 200),
        ({"intent_trace": {"reason_code": "shipping_cost", "trace_summary": "Too dear"}}, 200),
        ({"intent_trace": {"reason_code": "brand_new_reason"}}, 200),
        ({"intent_trace": {"trace_summary": "no reason"}}, 400),
        ({"intent_trace": {"reason_code": "other", "trace_summary": "x" * 501}}, 400),
        ({"intent_trace": {"reason_code": "other", "metadata": {"a": {"b": 1}}}}, 400),
        ({"intent_trace": "because"}, 400),
    ],
)
def test_the_reason_of_a_cancellation_is_kept_and_never_shown(
    acp: AcpClient, tote: Variant, body: Any, status: int
) -> None:
    session_id = acp.create(tote.pk).body["id"]

    answer = acp.cancel(session_id, body)

    assert answer.status == status
    assert b"Too dear" not in answer.raw + acp.read(session_id).raw
    if body and status == 200 and "trace_summary" in body.get("intent_trace", {}):
        assert "Too dear" in CheckoutSession.objects.get().document


def test_attribution_is_kept_and_never_shown(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    told = {"provider": "aff.example", "token": "atp_SECRET", "touchpoint": "first"}
    session = acp.create(tote.pk, affiliate_attribution=told)

    done = acp.complete(
        session.body["id"],
        stripe_account.mint(session.total()),
        affiliate_attribution={**told, "token": "atp_LAST"},
    )

    assert b"atp_" not in session.raw + done.raw
    assert CheckoutSession.objects.get().document.count("atp_") == 2


def test_a_free_order_needs_no_charge(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> None:
    guide = VariantFactory.create(merchant=merchant, is_digital=True, price_minor=900, stock__on_hand=3)
    DiscountFactory.create(merchant=merchant, code="GIFT", percent=100, usage_limit=1)
    session = acp.create(guide.pk, discounts={"codes": ["GIFT"]})

    done = acp.complete(session.body["id"], "spt_not_needed")

    assert (session.total(), done.body["status"]) == (0, "completed")
    assert (stripe_account.intents(), PaymentAttempt.objects.count(), stock(guide)) == ([], 0, (2, 0))
    assert Redemption.objects.get().status == "redeemed"


def test_an_amount_below_the_providers_minimum_is_said(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    pin = VariantFactory.create(merchant=merchant, is_digital=True, price_minor=20)
    session = acp.create(pin.pk)

    answer = acp.complete(session.body["id"], stripe_account.mint(1000))

    assert (answer.status, answer.body["status"], answer.codes) == (200, "ready_for_payment", ["unsupported"])
    assert (stripe_account.ledger(), PaymentAttempt.objects.get().status) == ([], "failed")


# --- limits ----------------------------------------------------------------------------------------------


def test_a_limited_discount_is_counted_once_and_given_back(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    discount = DiscountFactory.create(merchant=merchant, code="ONCE", usage_limit=1)
    session = acp.create(tote.pk, discounts={"codes": ["ONCE"]})

    acp.complete(session.body["id"], stripe_account.mint(99_999, card="pm_card_visa_chargeDeclined"))
    given_back = DiscountUsage.objects.get(pk=discount.pk).used
    done = acp.complete(session.body["id"], stripe_account.mint(99_999))
    next_session = acp.create(tote.pk, discounts={"codes": ["ONCE"]})

    assert (given_back, done.body["status"]) == (0, "completed")
    assert DiscountUsage.objects.get(pk=discount.pk).used == 1
    assert next_session.codes == ["discount_code_usage_limit_reached"]


def test_a_discount_per_buyer_is_counted_per_buyer(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    DiscountFactory.create(merchant=merchant, code="FIRST", usage_limit_per_buyer=1)
    session = acp.create(tote.pk, discounts={"codes": ["FIRST"]})
    acp.complete(session.body["id"], stripe_account.mint(99_999))

    same = acp.create(tote.pk, discounts={"codes": ["FIRST"]}, buyer={"email": "Ada.Park@Example.com"})
    other = acp.create(tote.pk, discounts={"codes": ["FIRST"]}, buyer={"email": "grace@example.com"})

    assert same.codes == ["discount_code_usage_limit_reached"]
    assert other.codes == []


def test_a_key_spends_no_more_per_order_than_it_may(
    agent: Agent, tote: Variant, stripe_account: StripeAccount
) -> None:
    _, token = issue_key(agent, limit_per_order_minor=3073)
    client = AcpClient(token)
    session = client.create(tote.pk)

    refused = client.complete(session.body["id"], stripe_account.mint(99_999))
    _, larger = issue_key(agent, limit_per_order_minor=3074)
    allowed = AcpClient(larger).complete(session.body["id"], stripe_account.mint(99_999))

    assert (session.total(), refused.codes, refused.body["status"]) == (
        3074,
        ["maximum_exceeded"],
        "ready_for_payment",
    )
    assert allowed.body["status"] == "completed"
    assert stripe_account.ledger() == [("authorization", 3074)]


def test_a_key_spends_no_more_a_day_than_it_may(
    agent: Agent, tote: Variant, stripe_account: StripeAccount
) -> None:
    key, token = issue_key(agent, limit_per_day_minor=7000)
    client = AcpClient(token)
    sessions = [client.create(tote.pk).body["id"] for _ in range(3)]

    declined = client.complete(sessions[0], stripe_account.mint(99_999, card="pm_card_visa_chargeDeclined"))
    done = [client.complete(one, stripe_account.mint(99_999)) for one in sessions]

    assert declined.codes == ["payment_declined"]
    assert [one.body["status"] for one in done] == ["completed", "completed", "ready_for_payment"]
    assert done[2].codes == ["maximum_exceeded"]
    assert AgentKeySpend.objects.get(key=key).amount_minor == 2 * 3074
    assert stock(tote) == (8, 0)


def test_the_merchant_may_charge_at_once(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(capture="automatic")
    session = acp.create(tote.pk)

    acp.complete(session.body["id"], stripe_account.mint(session.total()))

    attempt = PaymentAttempt.objects.get()
    assert stripe_account.ledger() == [("authorization", session.total()), ("capture", session.total())]
    assert (attempt.status, attempt.captured_minor) == ("captured", session.total())


def test_express_is_charged_when_express_is_chosen(
    acp: AcpClient, merchant: Merchant, tote: Variant, stripe_account: StripeAccount
) -> None:
    session = acp.create(tote.pk)
    choice = {"option_id": method_id(merchant, "Express"), "item_ids": [tote.pk]}
    updated = acp.update(session.body["id"], selected_fulfillment_options=[choice])

    done = acp.complete(session.body["id"], stripe_account.mint(99_999))

    assert stripe_account.ledger() == [("authorization", updated.total())]
    assert done.body["order"]["fulfillments"][0]["description"] == "Express"
