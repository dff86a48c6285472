"""What the clock does: sessions and carts end, and forgotten units come back, but never under a payment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.carts.models import Cart
from commerce.carts.services import expire_carts
from commerce.checkout.models import CheckoutSession
from commerce.checkout.services import expire_sessions
from commerce.checkout.sweeps import release_reservations
from commerce.discounts.models import DiscountUsage
from commerce.discounts.services import reserve_uses
from commerce.inventory.models import StockItem
from commerce.inventory.services import reserve_writes
from commerce.payments.models import PaymentAttempt
from commerce.payments.services import Attempt, begin_write
from commerce.statements import write
from tests.api import AcpClient
from tests.factories import DiscountFactory, VariantFactory
from tests.stripe_account import StripeAccount


def test_an_open_session_ends_with_its_time(acp: AcpClient, merchant: Merchant, settings: Settings) -> None:
    settings.CHECKOUT_SESSION_HOURS = 6
    session_id = acp.create(VariantFactory.create(merchant=merchant).pk).body["id"]
    now = timezone.now()

    early, late = expire_sessions(now=now), expire_sessions(now=now + timedelta(hours=6, seconds=1))

    assert (early, late) == (0, 1)
    shown = acp.read(session_id)
    assert (shown.status, shown.body["status"]) == (200, "expired")
    assert acp.update(session_id, buyer={"email": "grace@example.com"}).status == 405
    assert acp.cancel(session_id).status == 405


def test_a_session_reads_as_expired_before_it_is_marked(acp: AcpClient, merchant: Merchant) -> None:
    session_id = acp.create(VariantFactory.create(merchant=merchant).pk).body["id"]
    CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert acp.read(session_id).body["status"] == "expired"
    assert CheckoutSession.objects.get().status == "ready"


def test_a_session_that_is_over_or_being_completed_is_left_alone(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    tote = VariantFactory.create(merchant=merchant)
    done, canceled, completing = (acp.create(tote.pk) for _ in range(3))
    acp.complete(done.body["id"], stripe_account.mint(done.total()))
    acp.cancel(canceled.body["id"])
    CheckoutSession.objects.filter(pk=completing.body["id"]).update(status="completing")

    assert expire_sessions(now=timezone.now() + timedelta(days=2)) == 0

    assert set(CheckoutSession.objects.values_list("status", flat=True)) == {"completed", "canceled", "completing"}


def test_a_cart_ends_with_its_time(acp: AcpClient, merchant: Merchant) -> None:
    acp.post("/carts", {"line_items": [{"id": VariantFactory.create(merchant=merchant).pk}]})
    now = timezone.now()

    assert expire_carts(now=now) == 0
    assert expire_carts(now=now + timedelta(days=15)) == 1
    assert Cart.objects.get().status == "expired"


def hold(variant_id: str, now: datetime, *, reference: str, discount_id: str) -> None:
    with transaction.atomic():
        expires_at = now + timedelta(minutes=15)
        write(*reserve_writes({variant_id: 2}, reference=reference, expires_at=expires_at, now=now))
        reserve_uses([discount_id], reference=reference, buyer="grace@example.com", now=now)


@pytest.mark.parametrize("status", [None, "declined", "submitting", "authorized"])
def test_forgotten_units_come_back_unless_they_may_be_paid(merchant: Merchant, status: str | None) -> None:
    tote = VariantFactory.create(merchant=merchant, stock__on_hand=5)
    discount = DiscountFactory.create(merchant=merchant, usage_limit=3)
    now = timezone.now()
    hold(tote.pk, now, reference="pay_1", discount_id=discount.pk)
    if status:
        attempt = Attempt("pay_1", merchant.pk, "cs_1", 4800, "usd", False, "spt_1", "k", now)
        write(begin_write(attempt))
        PaymentAttempt.objects.update(status=status)
    may_be_paid = status in ("submitting", "authorized")

    early = release_reservations(now=now + timedelta(minutes=14))
    late = release_reservations(now=now + timedelta(minutes=16))

    assert (early, late) == (0, 0 if may_be_paid else 1)
    assert StockItem.objects.get().reserved == (2 if may_be_paid else 0)
    assert DiscountUsage.objects.get().used == (1 if may_be_paid else 0)
    assert release_reservations(now=now + timedelta(minutes=17)) == 0
