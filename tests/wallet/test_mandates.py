"""What shoppers allow themselves: per order, per period, for some shops, until a time, until revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from commerce.accounts.models import Merchant
from commerce.checkout.models import Confirmation
from commerce.money import Money
from commerce.payments.models import PaymentAttempt
from commerce.wallet.mandates import (
    MandateExceededError,
    grant_mandate,
    period_start,
    require_allowed,
    revoke_mandate,
    standing_mandates,
)
from commerce.wallet.models import Shopper, WalletToken
from commerce.wallet.services import add_card, welcome_guest
from tests.factories import MerchantFactory

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def shopper(db: None) -> Shopper:
    return welcome_guest().shopper


def allows(
    shopper: Shopper, merchant: Merchant, minor: int, *, now: datetime = NOW, currency: str = "usd"
) -> bool:
    try:
        require_allowed(shopper, merchant, Money(minor, currency), now=now)
    except MandateExceededError:
        return False
    return True


def spend(
    shopper: Shopper,
    merchant: Merchant,
    minor: int,
    *,
    at: datetime = NOW,
    status: str = "captured",
    refunded: int = 0,
    runs_out: datetime | None = None,
) -> None:
    """Write a token that paid, or one that still may where it runs out."""
    attempt = ""
    if runs_out is None:
        attempt = PaymentAttempt.objects.create(
            merchant=merchant,
            reference="cs_1",
            amount_minor=minor,
            currency="usd",
            status=status,
            refunded_minor=refunded,
            submitted_at=at,
            leased_until=at,
        ).pk
    confirmation = Confirmation.objects.create(
        session_id="cs_1",
        terms_hash="",
        terms="",
        total_minor=minor,
        currency="usd",
        confirmed_at=at,
        expires_at=runs_out or at,
        used_at=None if runs_out else at,
        attempt_id=attempt,
    )
    card = add_card(shopper, "pm_card_visa", now=at)
    WalletToken.objects.create(
        confirmation=confirmation, card=card, merchant=merchant, amount_minor=minor, currency="usd", created_at=at
    )


def test_without_a_limit_everything_is_allowed(shopper: Shopper, merchant: Merchant) -> None:
    assert allows(shopper, merchant, 10**9)


def test_one_order_may_not_be_above_its_limit(shopper: Shopper, merchant: Merchant) -> None:
    grant_mandate(shopper, currency="usd", limit_per_order_minor=5000)
    assert [allows(shopper, merchant, minor) for minor in (5000, 5001)] == [True, False]


def test_other_currencies_and_shops_are_not_covered(shopper: Shopper, merchant: Merchant) -> None:
    grant_mandate(shopper, currency="usd", limit_per_order_minor=100, merchants=(merchant,))
    other = MerchantFactory.create()
    assert allows(shopper, merchant, 500, currency="eur")
    assert allows(shopper, other, 500)
    assert not allows(shopper, merchant, 500)


@pytest.mark.parametrize(
    ("period", "days_ago", "counts"),
    [
        ("day", 0, True),
        ("day", 1, False),
        ("week", 2, True),
        ("week", 3, False),
        ("month", 17, True),
        ("month", 18, False),
    ],
)
def test_a_period_counts_what_was_spent_in_it(
    shopper: Shopper, merchant: Merchant, period: str, days_ago: int, counts: bool
) -> None:
    spend(shopper, merchant, 600, at=NOW - timedelta(days=days_ago))
    grant_mandate(shopper, currency="usd", limit_per_period_minor=1000, period=period)
    assert allows(shopper, merchant, 400)
    assert allows(shopper, merchant, 401) is not counts


@pytest.mark.parametrize(
    ("how", "counts"),
    [
        ({"status": "captured"}, True),
        ({"status": "authorized"}, True),
        ({"status": "submitting"}, True),
        ({"status": "declined"}, False),
        ({"status": "voided"}, False),
        ({"runs_out": NOW + timedelta(minutes=5)}, True),
        ({"runs_out": NOW - timedelta(minutes=5)}, False),
    ],
)
def test_what_was_not_paid_does_not_count(
    shopper: Shopper, merchant: Merchant, how: dict[str, Any], counts: bool
) -> None:
    spend(shopper, merchant, 600, **how)
    grant_mandate(shopper, currency="usd", limit_per_period_minor=1000)
    assert allows(shopper, merchant, 401) is not counts


def test_what_was_given_back_does_not_count(shopper: Shopper, merchant: Merchant) -> None:
    spend(shopper, merchant, 600, refunded=250)
    grant_mandate(shopper, currency="usd", limit_per_period_minor=1000)
    assert [allows(shopper, merchant, minor) for minor in (650, 651)] == [True, False]


def test_what_others_spend_does_not_count(shopper: Shopper, merchant: Merchant) -> None:
    spend(welcome_guest().shopper, merchant, 900)
    grant_mandate(shopper, currency="usd", limit_per_period_minor=1000)
    assert allows(shopper, merchant, 1000)


def test_a_limit_ends(shopper: Shopper, merchant: Merchant) -> None:
    grant_mandate(shopper, currency="usd", limit_per_order_minor=1, expires_at=NOW)
    assert allows(shopper, merchant, 2)
    assert not allows(shopper, merchant, 2, now=NOW - timedelta(seconds=1))


def test_a_limit_can_be_revoked(shopper: Shopper, merchant: Merchant) -> None:
    mandate = grant_mandate(shopper, currency="usd", limit_per_order_minor=1)
    revoke_mandate(shopper, mandate.pk, now=NOW)
    assert standing_mandates(shopper, now=NOW) == []
    assert allows(shopper, merchant, 2)


@pytest.mark.django_db
def test_a_limit_limits_something(shopper: Shopper) -> None:
    with pytest.raises(IntegrityError):
        grant_mandate(shopper, currency="usd")


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("day", datetime(2026, 11, 18, tzinfo=UTC)),
        ("week", datetime(2026, 11, 16, tzinfo=UTC)),
        ("month", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_periods_begin_at_midnight(period: str, start: datetime) -> None:
    assert period_start(period, datetime(2026, 11, 18, 23, 59, tzinfo=UTC)) == start


def test_the_shop_s_own_midnight_counts(shopper: Shopper) -> None:
    tokyo = MerchantFactory.create(time_zone="Asia/Tokyo")
    spend(shopper, tokyo, 900, at=datetime(2026, 11, 18, 14, tzinfo=UTC))
    grant_mandate(shopper, currency="usd", limit_per_period_minor=1000, period="day")
    assert not allows(shopper, tokyo, 900, now=datetime(2026, 11, 18, 14, 59, tzinfo=UTC))
    assert allows(shopper, tokyo, 900, now=datetime(2026, 11, 18, 15, 1, tzinfo=UTC))
