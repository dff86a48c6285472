"""Every way in which the two books can differ, and nothing where they say the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.aftersales.services import cancel_order, refund_order
from commerce.catalog.models import Variant
from commerce.checkout.sweeps import resume_interrupted
from commerce.fulfillment.models import Shipment
from commerce.inbox.models import ProviderEvent
from commerce.inbox.provider_events import fetch_missed, handle_event
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.payments.gateway import forget_gateway
from commerce.payments.models import Dispute, PaymentAttempt, Refund
from commerce.reconciliation import services
from commerce.reconciliation.models import Difference
from commerce.reconciliation.services import Side, Sums, compare_account
from tests.api import AcpClient
from tests.challenge import Challenged
from tests.provider import wire_to
from tests.purchase import Counter, Purchase
from tests.reconciliation.conftest import OVER, Elsewhere, books, compare, differences, settle, tamper
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db


def test_a_shop_in_order_has_no_differences(counter: Counter) -> None:
    held, returned, canceled = [counter.buy() for _ in range(3)]
    settle(returned.attempt())
    refund_order(returned.order.pk, amount_minor=1500, now=timezone.now())
    settle(returned.attempt())
    cancel_order(canceled.order.pk, reason="other", now=timezone.now())
    settle(canceled.attempt())
    session = counter.acp.create(held.tote.pk)
    token = counter.stripe.mint(session.total(), card="pm_card_visa_chargeDeclined")
    counter.acp.complete(session.body["id"], token)

    comparison = compare()

    total = held.order.total_minor
    side = Side(2, 2 * total, total, 1500)
    assert comparison.sums == [Sums("usd", side, side)]
    assert (comparison.under_way, comparison.others, comparison.unread) == (0, 0, 0)
    assert (comparison.new, Difference.objects.count()) == ([], 0)


def test_what_is_under_way_is_not_compared(bought: Purchase, challenged: Challenged, elsewhere: Elsewhere) -> None:
    elsewhere.pay(500, payment_attempt="pay_gone", merchant=bought.order.merchant_id)
    elsewhere.intents.cancel(bought.attempt().provider_reference)

    comparison = compare(timedelta(minutes=5))

    assert (comparison.under_way, comparison.new) == (3, [])
    assert challenged.attempt().status == "challenged"
    assert [row[0] for row in differences()] == []


def test_a_payment_that_nobody_here_knows(merchant: Merchant, elsewhere: Elsewhere) -> None:
    intent = elsewhere.pay(7900, payment_attempt="pay_gone", merchant=merchant.pk)
    elsewhere.pay(100, order="of another business")
    elsewhere.pay(200, payment_attempt="pay_theirs", merchant="mer_of_another_installation")

    comparison = compare()

    assert differences() == [("orphan", "79.00 USD held", "no such payment", 7900)]
    row = Difference.objects.get()
    assert (row.subject, row.provider_reference, row.merchant, row.attempt) == (
        intent.id,
        intent.id,
        merchant,
        None,
    )
    assert (comparison.new, comparison.others) == ([row], 1)
    assert comparison.sums == [Sums("usd", Side(1, 7900, 0, 0), Side())]


def test_an_orphan_that_is_given_back_is_gone(merchant: Merchant, elsewhere: Elsewhere) -> None:
    intent = elsewhere.pay(7900, payment_attempt="pay_gone", merchant=merchant.pk)
    compare()
    elsewhere.intents.cancel(intent.id)

    for _ in range(2):
        assert compare(timedelta(days=9)).new == []

    row = Difference.objects.get()
    assert (row.gone_at is not None, row.settled_at, differences()) == (True, None, [])


def test_a_second_payment_of_one_attempt(bought: Purchase, elsewhere: Elsewhere) -> None:
    attempt = bought.attempt()
    again = elsewhere.pay(500, payment_attempt=attempt.pk, merchant=attempt.merchant_id)

    compare()

    assert differences() == [("second_payment", "5.00 USD held", f"another payment of {attempt.pk}", 500)]
    row = Difference.objects.get()
    assert (row.subject, row.attempt, row.provider_reference) == (again.id, attempt, again.id)


@pytest.mark.parametrize(
    ("changes", "kind", "provider_says", "we_say", "amount"),
    [
        ("amount_minor = 9395", "amount", "92.94 USD", "93.95 USD", 101),
        ("currency = 'eur'", "amount", "92.94 USD", "92.94 EUR", 0),
        ("captured_minor = 9000", "captured", "92.94 USD of 92.94 USD captured", "90.00 USD of 92.94 USD captured", 294),
        ("status = 'authorized', captured_minor = 0", "status", "92.94 USD of 92.94 USD captured", "92.94 USD, authorized", 9294),
        ("refunded_minor = 100", "refunded", "0.00 USD given back", "1.00 USD, refunds of 0.00 USD", 100),
        ("provider_reference = 'pi_nowhere'", "missing_payment", "no such payment", "92.94 USD of 92.94 USD captured", 9294),
    ],
)  # fmt: skip
def test_an_attempt_that_was_tampered_with(
    taken: Purchase, changes: str, kind: str, provider_says: str, we_say: str, amount: int
) -> None:
    tamper(taken.attempt(), changes)
    before = books()

    compare()

    assert (kind, provider_says, we_say, amount) in differences()
    assert books() == before


@pytest.mark.parametrize("status", ["voided", "failed"])
def test_money_that_stands_behind_no_order(taken: Purchase, status: str) -> None:
    tamper(taken.attempt(), f"status = '{status}', captured_minor = 0")

    compare()

    order = f"order {taken.order.number} is confirmed"
    assert differences() == [
        ("without_order", "92.94 USD of 92.94 USD captured", f"92.94 USD, {status}, {order}", 9294)
    ]


def test_a_hold_of_an_attempt_without_an_order(merchant: Merchant, elsewhere: Elsewhere, bought: Purchase) -> None:
    lost = PaymentAttempt.objects.create(
        merchant=merchant,
        reference="cs_lost",
        amount_minor=500,
        currency="usd",
        status="failed",
        token_fingerprint="f" * 64,
        leased_until=timezone.now(),
        submitted_at=timezone.now(),
    )
    elsewhere.pay(500, payment_attempt=lost.pk, merchant=merchant.pk)

    compare()

    assert differences() == [("without_order", "5.00 USD held", "5.00 USD, failed, no order", 500)]
    assert Difference.objects.get().attempt == lost


def test_an_order_that_was_not_paid(bought: Purchase, elsewhere: Elsewhere) -> None:
    elsewhere.intents.cancel(bought.attempt().provider_reference)
    tamper(bought.attempt(), "status = 'voided'")

    compare()

    order = f"order {bought.order.number} is confirmed"
    assert differences() == [("order_unpaid", "92.94 USD, canceled", f"92.94 USD, voided, {order}", 9294)]


def told(purchase: Purchase) -> None:
    """Hear what happened at the provider, and do what follows for the payment."""
    fetch_missed(now=timezone.now())
    for event in ProviderEvent.objects.filter(handled_at=None):
        handle_event(event.pk, now=timezone.now())
    settle(purchase.attempt())


def test_a_canceled_order_whose_refund_failed(counter: Counter) -> None:
    canceled = counter.buy("pm_card_refundFail")
    settle(canceled.attempt())
    cancel_order(canceled.order.pk, now=timezone.now())
    settle(canceled.attempt())
    compare()
    assert differences() == []

    counter.stripe.advance(3600)
    told(canceled)
    tamper(canceled.attempt(), "submitted_at = submitted_at - interval '9 days', settled_at = NULL")
    Refund.objects.update(requested_at=timezone.now() - timedelta(days=9))
    compare()

    order = f"order {canceled.order.number} is canceled"
    assert differences() == [
        ("canceled_unrefunded", "92.94 USD of 92.94 USD captured, 0.00 USD given back", order, 9294)
    ]


def test_an_order_canceled_while_the_bank_had_the_money_that_came_back(counter: Counter) -> None:
    canceled = counter.buy("pm_card_createDispute")
    settle(canceled.attempt())
    told(canceled)
    cancel_order(canceled.order.pk, now=timezone.now())
    compare()
    assert (Dispute.objects.get().status, differences()) == ("needs_response", [])

    evidence = cast(Any, {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True})
    counter.stripe.client().v1.disputes.update(Dispute.objects.get().provider_reference, evidence)
    counter.stripe.advance(120)
    told(canceled)
    compare()

    assert Dispute.objects.get().status == "won"
    assert [(kind, left) for kind, _, _, left in differences()] == [("canceled_unrefunded", 9294)]


def test_a_canceled_order_that_was_sent_before_keeps_what_that_cost(taken: Purchase) -> None:
    Order.objects.update(status="canceled")
    Shipment.objects.create(id="shp_1", order=taken.order, status="returned", created_at=timezone.now())

    compare()

    assert differences() == []


def test_a_refund_made_elsewhere_is_gone_once_it_was_told(taken: Purchase, elsewhere: Elsewhere) -> None:
    elsewhere.refund(taken.attempt(), 900)
    before = books()

    assert len(compare().new) == 1
    assert len(compare(OVER * 2).new) == 0

    assert differences() == [("refunded", "9.00 USD given back", "0.00 USD given back", 900)]
    assert books() == before
    fetch_missed(now=timezone.now())
    for event in ProviderEvent.objects.all():
        handle_event(event.pk, now=timezone.now())
    compare(OVER * 3)
    assert (differences(), Difference.objects.count()) == ([], 1)


def test_a_refund_that_was_promised_and_never_made(taken: Purchase) -> None:
    refund_order(taken.order.pk, amount_minor=1500, now=timezone.now())
    OutboxEvent.objects.all().delete()

    compare()

    refund = Refund.objects.get()
    assert differences() == [("refund_unsent", "no such refund", f"15.00 USD promised in {refund.pk}", 1500)]


def test_what_waits_in_the_outbox_may_be_done_already(bought: Purchase, elsewhere: Elsewhere) -> None:
    elsewhere.intents.capture(bought.attempt().provider_reference)

    compare()
    assert differences() == []

    OutboxEvent.objects.update(status="dead")
    compare()
    assert differences() == [("status", "92.94 USD of 92.94 USD captured", "92.94 USD, authorized", 9294)]


def test_what_has_waited_in_the_outbox_for_a_day_hides_nothing(taken: Purchase) -> None:
    refund_order(taken.order.pk, amount_minor=1500, now=timezone.now())

    compare()
    assert differences() == []

    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(days=1))
    compare()
    assert [(kind, minor) for kind, _, _, minor in differences()] == [("refund_unsent", 1500)]


def test_what_a_stored_error_hides_is_shown_until_it_is_found(
    acp: AcpClient, stripe_account: StripeAccount, settings: Settings, tote: Variant
) -> None:
    """The effect is there, and the key answers 500 for good."""
    session = acp.create(tote.pk)
    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_gateway()
        wire.faults = ["spoil"]
        with pytest.raises(AssertionError, match=r"went wrong|not answered"):
            acp.complete(session.body["id"], stripe_account.mint(session.total()))
        compare()
        assert [row[0] for row in differences()] == ["outcome_unknown"]

        assert resume_interrupted(now=timezone.now() + OVER) == 1
        compare(OVER * 2)

    assert differences() == []
    assert Difference.objects.get().gone_at is not None
    assert (Order.objects.count(), PaymentAttempt.objects.get().status) == (1, "authorized")
    assert stripe_account.ledger() == [("authorization", session.total())]


def test_an_old_payment_is_compared_when_it_is_given_back(taken: Purchase, elsewhere: Elsewhere) -> None:
    tamper(taken.attempt(), "submitted_at = submitted_at - interval '9 days', settled_at = NULL")
    elsewhere.account.advance(9 * 86400)
    elsewhere.refund(taken.attempt(), 900)
    now = timezone.now() + timedelta(days=9) + OVER

    comparison = compare_account(None, since=now - timedelta(hours=2), now=now)

    assert [row.kind for row in comparison.new] == ["refunded"]
    assert comparison.sums == [Sums("usd", Side(1, 9294, 9294, 900), Side(1, 9294, 9294, 0))]


def test_a_look_ends_however_much_differs(
    merchant: Merchant, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "AT_A_TIME", 1)
    monkeypatch.setattr(services, "LOOKING_FOR", -1.0)
    for number in range(3):
        elsewhere.pay(100 + number, payment_attempt=f"pay_{number}", merchant=merchant.pk)

    comparison = compare()

    assert (len(comparison.new), comparison.unread, Difference.objects.count()) == (1, 2, 1)
