"""Refunds that do not simply succeed: pending at first, or failed in the end."""

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Pass
from tests.payments.sandbox.samples import payment

PAID = [("authorization", 4900), ("capture", 4900)]
TEN_MINUTES = 600


def refund(client: stripe.StripeClient, card: str, **changes: int) -> stripe.Refund:
    intent = client.v1.payment_intents.create(payment(payment_method=card))
    return client.v1.refunds.create({"payment_intent": intent.id, "amount": changes.get("amount", 4900)})


def told_last(client: stripe.StripeClient, count: int) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": count}).data][::-1]


def test_refund_is_pending_at_first(client: stripe.StripeClient, ledger: Ledger) -> None:
    pending = refund(client, "pm_card_pendingRefund")

    assert (pending.status, pending.pending_reason) == ("pending", "processing")
    assert pending.balance_transaction is None
    assert client.v1.charges.retrieve(str(pending.charge)).amount_refunded == 4900
    assert told_last(client, 2) == ["refund.created", "charge.refunded"]
    assert ledger() == PAID


def test_pending_refund_succeeds_later(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    pending = refund(client, "pm_card_pendingRefund")

    assert let_pass(TEN_MINUTES - 60) == []
    assert let_pass(60) == ["settle_refund"]

    settled = client.v1.refunds.retrieve(pending.id, {"expand": ["balance_transaction"]}).to_dict()
    assert settled["status"] == "succeeded"
    assert "pending_reason" not in settled
    assert (settled["balance_transaction"]["type"], settled["balance_transaction"]["amount"]) == ("refund", -4900)
    assert told_last(client, 2) == ["refund.updated", "charge.refund.updated"]
    assert ledger() == [*PAID, ("refund", 4900)]


def test_pending_refund_counts_already(client: stripe.StripeClient, ledger: Ledger) -> None:
    pending = refund(client, "pm_card_pendingRefund", amount=4000)

    with pytest.raises(stripe.InvalidRequestError, match=r"greater than unrefunded amount on charge \(\$9.00\)"):
        client.v1.refunds.create({"charge": str(pending.charge), "amount": 1000})

    assert ledger() == PAID


def test_refund_fails_later(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    made = refund(client, "pm_card_refundFail")
    assert made.status == "succeeded"

    assert let_pass(TEN_MINUTES) == ["fail_refund"]

    failed = client.v1.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]}).to_dict()
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    returned = failed["failure_balance_transaction"]
    assert (returned["type"], returned["amount"], returned["source"]) == ("refund_failure", 4900, made.id)
    charge = client.v1.charges.retrieve(str(made.charge))
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    assert ledger() == [*PAID, ("refund", 4900), ("refund_failure", 4900)]


def test_failed_refund_is_told(client: stripe.StripeClient, let_pass: Pass) -> None:
    made = refund(client, "pm_card_refundFail")

    let_pass(TEN_MINUTES)

    assert told_last(client, 3) == ["refund.updated", "charge.refund.updated", "refund.failed"]
    event = client.v1.events.list({"limit": 1}).data[0].to_dict()
    assert event["created"] == made.created + TEN_MINUTES
    assert event["data"]["object"]["status"] == "failed"
    assert event["data"]["previous_attributes"]["status"] == "succeeded"
    assert event["request"] == {"id": None, "idempotency_key": None}


def test_failed_part_leaves_the_other_part(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    first = refund(client, "pm_card_refundFail", amount=900)
    let_pass(TEN_MINUTES)
    client.v1.refunds.create({"charge": str(first.charge), "amount": 4900})

    assert client.v1.charges.retrieve(str(first.charge)).amount_refunded == 4900
    assert ledger() == [*PAID, ("refund", 900), ("refund_failure", 900), ("refund", 4900)]


def test_balance_transaction_becomes_available(client: stripe.StripeClient, let_pass: Pass) -> None:
    made = refund(client, "pm_card_visa")
    moved = client.v1.balance_transactions.retrieve(str(made.balance_transaction))

    let_pass(2 * 24 * 60 * 60)

    assert (moved.status, moved.net, moved.fee_details) == ("pending", -4900, [])
    assert client.v1.balance_transactions.retrieve(moved.id).status == "available"
