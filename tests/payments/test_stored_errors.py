"""An error that the provider keeps under an idempotency key ends nothing: a hold is taken, or given back, once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from commerce.payments.gateway import forget_gateway
from commerce.payments.models import PaymentAttempt
from commerce.payments.refunds import request_refund
from commerce.payments.transfers import ProviderUndecidedError, capture, send_refund, void
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = ["error_before_kept", "error_after"]


def misbehave(purchase: Purchase, call: str, fault: str) -> None:
    """Have the provider answer the next such call with an error."""
    account = purchase.stripe
    form = urlencode({"key": account.key, "call": call, "fault": fault, "times": 1})
    answer = urllib3.request("POST", f"{account.base}/_sandbox/chaos", body=form)
    assert answer.status == 200, answer.data


def repeated(work: Any) -> Any:
    """Do something until the provider says what became of it; it may not take more than three times."""
    for _ in range(2):
        try:
            return work()
        except ProviderUndecidedError:
            continue
    return work()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hold_is_captured_once(bought: Purchase, fault: str) -> None:
    attempt = bought.attempt()
    misbehave(bought, "POST /v1/payment_intents/*/capture", fault)

    assert repeated(lambda: capture(attempt.pk, now=timezone.now()))

    assert [entry for entry, _ in bought.stripe.ledger()] == ["authorization", "capture"]
    assert bought.attempt().status == PaymentAttempt.Status.CAPTURED


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hold_is_given_back_once(bought: Purchase, fault: str) -> None:
    attempt = bought.attempt()
    misbehave(bought, "POST /v1/payment_intents/*/cancel", fault)

    repeated(lambda: void(attempt.pk, now=timezone.now()))

    assert [entry for entry, _ in bought.stripe.ledger()] == ["authorization", "void"]
    assert bought.attempt().status == PaymentAttempt.Status.VOIDED


def test_a_refund_waits_for_a_key_that_the_provider_takes(paid: Purchase, settings: Settings) -> None:
    with transaction.atomic():
        refund = request_refund(paid.attempt().pk, amount_minor=500, request_key="r", now=timezone.now())
    settings.STRIPE_SECRET_KEY = "sk_test_not a key"
    forget_gateway()
    with pytest.raises(ProviderUndecidedError):
        send_refund(refund.pk, now=timezone.now())

    settings.STRIPE_SECRET_KEY = paid.stripe.key
    forget_gateway()
    send_refund(refund.pk, now=timezone.now())

    refund.refresh_from_db()
    assert (refund.status, paid.given_back()) == ("succeeded", 500)
