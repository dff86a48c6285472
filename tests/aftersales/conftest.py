from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from commerce.orders.models import Adjustment
from commerce.payments.models import PaymentAttempt, Refund
from tests.stripe_account import StripeAccount


@pytest.fixture(autouse=True)
def _all_sides_agree(db: None, stripe_account: StripeAccount) -> Iterator[None]:
    """After each test the provider's ledger, the attempts, the refunds and the adjustments say the same."""
    yield
    ledger: Counter[str] = Counter()
    for entry, amount in stripe_account.ledger():
        ledger[entry] += amount
    attempts = PaymentAttempt.objects.filter(status__in=["authorized", "captured", "voided"])
    refunds = Refund.objects.exclude(status__in=["requested", "failed"])
    at_provider = sum(one.amount_minor for one in refunds if one.provider_reference)
    adjusted = Adjustment.objects.filter(kind="refund").exclude(status="failed")
    promised = Refund.objects.exclude(status="failed")

    assert ledger["authorization"] == sum(one.amount_minor for one in attempts)
    assert ledger["capture"] == sum(one.captured_minor for one in attempts)
    assert ledger["void"] == sum(
        one.amount_minor - one.captured_minor for one in attempts if one.status != "authorized"
    )
    assert ledger["refund"] - ledger["refund_failure"] == at_provider
    assert sum(one.refunded_minor for one in attempts) == sum(one.amount_minor for one in promised)
    assert sum(one.amount_minor or 0 for one in adjusted) == sum(one.amount_minor for one in promised)
