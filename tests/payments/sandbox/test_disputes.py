from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Pass, Wire
from tests.payments.sandbox.samples import hold, payment

DAY = 24 * 60 * 60
PAID = [("authorization", 4900), ("capture", 4900)]
WITHDRAWN = [*PAID, ("dispute", 4900)]
CHARGEBACK, INQUIRY = "pm_card_createDispute", "pm_card_createDisputeInquiry"


def disputed(client: stripe.StripeClient, card: str = CHARGEBACK) -> stripe.Dispute:
    intent = client.v1.payment_intents.create(payment(payment_method=card))
    return client.v1.disputes.list({"payment_intent": intent.id}).data[0]


def answer(client: stripe.StripeClient, dispute: stripe.Dispute, text: str, **changes: Any) -> stripe.Dispute:
    params: Any = {"evidence": {"uncategorized_text": text}, **changes}
    return client.v1.disputes.update(dispute.id, params)


def told(client: stripe.StripeClient, count: int) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": count}).data][::-1]


@pytest.mark.parametrize(
    ("card", "reason"),
    [(CHARGEBACK, "fraudulent"), ("pm_card_createDisputeProductNotReceived", "product_not_received")],
)
def test_chargeback_takes_the_money(client: stripe.StripeClient, ledger: Ledger, card: str, reason: str) -> None:
    dispute = disputed(client, card)

    assert (dispute.amount, dispute.currency, dispute.reason) == (4900, "usd", reason)
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    (withdrawal,) = dispute.balance_transactions
    assert (withdrawal.amount, withdrawal.fee, withdrawal.net) == (-4900, 1500, -6400)
    assert (withdrawal.type, withdrawal.reporting_category) == ("adjustment", "dispute")
    assert client.v1.charges.retrieve(str(dispute.charge)).disputed is True
    assert told(client, 4) == [
        "charge.succeeded", "charge.dispute.created", "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]  # fmt: skip
    assert ledger() == WITHDRAWN


def test_evidence_is_due_at_the_end_of_a_day(client: stripe.StripeClient) -> None:
    details = disputed(client).evidence_details

    assert details.due_by is not None
    assert datetime.fromtimestamp(details.due_by, tz=UTC).strftime("%H:%M:%S") == "23:59:59"
    assert (details.has_evidence, details.past_due, details.submission_count) == (False, False, 0)


def test_hold_is_disputed_once_captured(client: stripe.StripeClient, ledger: Ledger) -> None:
    held = client.v1.payment_intents.create(hold(payment_method=CHARGEBACK))
    assert client.v1.disputes.list({"charge": str(held.latest_charge)}).data == []

    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 4000})

    assert client.v1.disputes.list({"charge": str(held.latest_charge)}).data[0].amount == 4000
    assert ledger() == [("authorization", 4900), ("capture", 4000), ("void", 900), ("dispute", 4000)]


def test_charged_back_charge_is_not_refunded(client: stripe.StripeClient, ledger: Ledger) -> None:
    dispute = disputed(client)

    with pytest.raises(stripe.InvalidRequestError, match="has been charged back; cannot issue a refund") as no:
        client.v1.refunds.create({"charge": str(dispute.charge), "amount": 100})

    assert no.value.code == "charge_disputed"
    assert ledger() == WITHDRAWN


def test_winning_evidence_brings_the_money_back(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass
) -> None:
    dispute = disputed(client)

    submitted = answer(client, dispute, "winning_evidence")
    assert (submitted.status, submitted.evidence_details.submission_count) == ("under_review", 1)
    assert told(client, 1) == ["charge.dispute.updated"]
    assert let_pass(60) == ["decide_dispute"]

    won = client.v1.disputes.retrieve(dispute.id)
    assert (won.status, won.is_charge_refundable) == ("won", True)
    assert [moved.net for moved in won.balance_transactions] == [-6400, 4900]
    assert told(client, 2) == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    assert client.v1.refunds.create({"charge": str(dispute.charge)}).status == "succeeded"
    assert ledger() == [*WITHDRAWN, ("dispute_reversal", 4900), ("refund", 4900)]


def test_losing_evidence_loses(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    dispute = disputed(client)
    answer(client, dispute, "losing_evidence")
    let_pass(60)

    assert client.v1.disputes.retrieve(dispute.id).status == "lost"
    assert told(client, 1) == ["charge.dispute.closed"]
    assert ledger() == WITHDRAWN


@pytest.mark.parametrize("text", ["We did deliver.", "escalate_inquiry_evidence"])
def test_other_evidence_stays_under_review(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass, text: str
) -> None:
    dispute = disputed(client)
    answer(client, dispute, text)
    let_pass(30 * DAY)

    assert client.v1.disputes.retrieve(dispute.id).status == "under_review"
    assert ledger() == WITHDRAWN


def test_staged_evidence_waits_to_be_submitted(client: stripe.StripeClient, let_pass: Pass) -> None:
    dispute = disputed(client)

    staged = answer(client, dispute, "winning_evidence", submit=False, metadata={"case": "7"})
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert let_pass(60) == []

    assert client.v1.disputes.update(dispute.id, {"submit": True}).status == "under_review"
    assert let_pass(60) == ["decide_dispute"]
    assert client.v1.disputes.retrieve(dispute.id).metadata["case"] == "7"


def test_unanswered_chargeback_is_lost(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    dispute = disputed(client)

    assert let_pass(9 * DAY) == ["miss_dispute_deadline"]

    assert client.v1.disputes.retrieve(dispute.id).status == "lost"
    assert told(client, 1) == ["charge.dispute.closed"]
    assert ledger() == WITHDRAWN


def test_accepted_dispute_is_lost_for_good(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    dispute = disputed(client)

    assert client.v1.disputes.close(dispute.id).status == "lost"

    with pytest.raises(stripe.InvalidRequestError, match="This dispute is already closed"):
        client.v1.disputes.close(dispute.id)
    with pytest.raises(stripe.InvalidRequestError, match="This dispute is already closed"):
        answer(client, dispute, "No, we did deliver.")
    assert let_pass(10 * DAY) == []
    assert ledger() == WITHDRAWN


def test_evidence_is_submitted_once(client: stripe.StripeClient) -> None:
    dispute = disputed(client)
    answer(client, dispute, "We did deliver.")

    with pytest.raises(stripe.InvalidRequestError, match="already been submitted"):
        answer(client, dispute, "And another thing.")

    assert client.v1.disputes.retrieve(dispute.id).evidence.uncategorized_text == "We did deliver."


def test_inquiry_moves_no_money(client: stripe.StripeClient, ledger: Ledger) -> None:
    inquiry = disputed(client, INQUIRY)

    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert inquiry.balance_transactions == []
    assert inquiry.payment_method_details is not None
    assert inquiry.payment_method_details.to_dict()["card"]["case_type"] == "inquiry"
    assert told(client, 2) == ["charge.dispute.created", "payment_intent.succeeded"]
    assert ledger() == PAID


def test_inquiry_is_escalated(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    inquiry = disputed(client, INQUIRY)

    assert answer(client, inquiry, "escalate_inquiry_evidence").status == "warning_under_review"
    let_pass(60)

    escalated = client.v1.disputes.retrieve(inquiry.id)
    assert (escalated.status, escalated.is_charge_refundable) == ("needs_response", False)
    assert told(client, 2) == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    assert let_pass(10 * DAY) == ["miss_dispute_deadline"]
    assert ledger() == WITHDRAWN


def test_escalation_undoes_refunds(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    inquiry = disputed(client, INQUIRY)
    refund = client.v1.refunds.create({"charge": str(inquiry.charge), "amount": 2000})
    answer(client, inquiry, "escalate_inquiry_evidence")
    let_pass(60)

    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert ledger() == [*PAID, ("refund", 2000), ("refund_failure", 2000), ("dispute", 4900)]


@pytest.mark.parametrize("text", ["winning_evidence", "losing_evidence"])
def test_answered_inquiry_is_closed(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass, text: str
) -> None:
    inquiry = disputed(client, INQUIRY)
    answer(client, inquiry, text)
    let_pass(60)

    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert ledger() == PAID


@pytest.mark.parametrize("is_answered", [True, False])
def test_inquiry_is_over_after_120_days(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass, is_answered: bool
) -> None:
    inquiry = disputed(client, INQUIRY)
    if is_answered:
        answer(client, inquiry, "We did deliver.")

    assert let_pass(119 * DAY) == []
    assert let_pass(DAY) == ["close_inquiry"]

    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert ledger() == PAID


def test_disputes_are_listed_and_expanded(client: stripe.StripeClient) -> None:
    first, second = disputed(client), disputed(client, INQUIRY)

    assert [found.id for found in client.v1.disputes.list().data] == [second.id, first.id]
    assert [found.id for found in client.v1.disputes.list({"charge": str(first.charge)}).data] == [first.id]
    shown = client.v1.disputes.retrieve(first.id, {"expand": ["charge", "payment_intent"]}).to_dict()
    assert (shown["charge"]["disputed"], shown["payment_intent"]["amount"]) == (True, 4900)


def test_unknown_dispute_is_missing(wire: Wire) -> None:
    missing = wire("GET", "/v1/disputes/du_1nobody")

    assert (missing.status, missing.error["code"]) == (404, "resource_missing")
    assert missing.error["message"] == "No such dispute: 'du_1nobody'"


def test_issuer_warns_of_fraud(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_createIssuerFraudRecord"))

    (warning,) = client.v1.radar.early_fraud_warnings.list({"payment_intent": intent.id}).data
    assert (warning.charge, warning.actionable) == (intent.latest_charge, True)
    assert told(client, 2) == ["radar.early_fraud_warning.created", "payment_intent.succeeded"]
    assert client.v1.charges.retrieve(str(intent.latest_charge)).disputed is False
    assert ledger() == PAID


def test_refund_answers_the_warning(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_createIssuerFraudRecord"))
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 900})
    (warning,) = client.v1.radar.early_fraud_warnings.list().data
    assert warning.actionable is True

    client.v1.refunds.create({"payment_intent": intent.id})

    assert client.v1.radar.early_fraud_warnings.retrieve(warning.id).actionable is False
    assert told(client, 1) == ["radar.early_fraud_warning.updated"]
    assert ledger() == [*PAID, ("refund", 900), ("refund", 4000)]
