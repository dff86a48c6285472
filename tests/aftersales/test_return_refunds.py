"""Money for what came back: at most its share, and the same on every side."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from commerce.aftersales.models import Return
from commerce.aftersales.returns import (
    Received,
    ReturnStateError,
    approve_return,
    receive_return,
    refund_return,
    request_return,
)
from commerce.aftersales.selectors import refund_proposal
from commerce.aftersales.services import refund_order
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.payments.refunds import RefundFrozenError, RefundTooLargeError
from tests.purchase import Counter, Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def come_back(purchase: Purchase, totes: int, caps: int = 0) -> Return:
    """Deliver everything that is not sent yet, and take so many back."""
    now = timezone.now()
    if not purchase.order.shipments.exists():
        record_step(purchase.order.pk, Parcel("P1"), Step("delivered", now), now=now)
    tote, cap = purchase.line(purchase.tote), purchase.line(purchase.cap)
    wanted = {tote: totes, cap: caps}
    made = request_return(purchase.order.pk, wanted, reason="damaged", now=now)
    approve_return(made.pk, now=now)
    arrived = {line: Received(count) for line, count in wanted.items() if count}
    return receive_return(made.pk, arrived, now=now)


def give_back(returned: Return, amount: int, **told: Any) -> Return:
    return refund_return(returned.pk, amount_minor=amount, **told, now=timezone.now())


def test_the_share_is_given_back(paid: Purchase) -> None:
    returned = come_back(paid, 1)
    share = paid.order.lines.get(variant=paid.tote).total_minor // 3

    proposal = refund_proposal(returned)
    give_back(returned, proposal.items_minor)
    paid.settle()

    order = paid.acp.read(paid.session_id).body["order"]
    back = Return.objects.get()
    assert (proposal.items_minor, proposal.is_whole, back.status) == (share, False, "refunded")
    assert (paid.given_back(), back.refund and back.refund.status) == (share, "succeeded")
    assert [(one["type"], one["status"], one.get("amount"), one["reason"]) for one in order["adjustments"]] == [
        ("return", "completed", None, "damaged"),
        ("refund", "completed", share, "damaged"),
    ]
    assert order["adjustments"][0]["line_items"] == [{"id": paid.line(paid.tote), "quantity": 1}]
    assert [line["quantity"]["current"] for line in order["line_items"]] == [2, 1]
    assert paid.log()[-3:] == ["refund_requested", "return_refunded", "refund_succeeded"]


def test_everything_comes_back_with_its_delivery(paid: Purchase) -> None:
    returned = come_back(paid, 3, 1)

    proposal = refund_proposal(returned)
    give_back(returned, proposal.items_minor + proposal.delivery_minor, delivery_minor=proposal.delivery_minor)
    paid.settle()

    assert proposal.is_whole
    assert proposal.delivery_minor >= 500
    assert paid.given_back() == paid.order.total_minor


def test_unit_by_unit_gives_back_the_whole_to_the_cent(paid: Purchase) -> None:
    for totes, caps in ((1, 0), (1, 1), (1, 0)):
        returned = come_back(paid, totes, caps)
        proposal = refund_proposal(returned)
        give_back(returned, proposal.items_minor)
    paid.settle()

    assert paid.given_back() == paid.order.total_minor - proposal.delivery_minor


def test_the_fee_is_kept_and_less_may_be_given(paid: Purchase) -> None:
    returned = come_back(paid, 1)
    share = refund_proposal(returned).items_minor
    with pytest.raises(RefundTooLargeError):
        give_back(returned, share - 299, restocking_fee_minor=300)

    give_back(returned, share - 400, restocking_fee_minor=300)
    paid.settle()

    assert (paid.given_back(), Return.objects.get().restocking_fee_minor) == (share - 400, 300)


def test_never_more_than_its_share(paid: Purchase) -> None:
    returned = come_back(paid, 1)
    share = refund_proposal(returned).items_minor

    for amount in (1_000_000, share + 1, 0, -5):
        with pytest.raises(RefundTooLargeError):
            give_back(returned, amount)
    for told in ("delivery_minor", "restocking_fee_minor"):
        for extra in (1_000_000, -1):
            with pytest.raises(RefundTooLargeError):
                give_back(returned, 100, **{told: extra})

    assert (paid.attempt().refunded_minor, Return.objects.get().status) == (0, "received")


def test_delivery_is_given_back_once(paid: Purchase) -> None:
    first, second = come_back(paid, 1), come_back(paid, 1)
    delivery = refund_proposal(first).delivery_minor
    give_back(first, 100 + delivery, delivery_minor=delivery)

    assert refund_proposal(second).delivery_minor == 0
    with pytest.raises(RefundTooLargeError):
        give_back(second, 100, delivery_minor=1)


def test_what_was_given_back_before_counts(paid: Purchase) -> None:
    returned = come_back(paid, 3, 1)
    refund_order(paid.order.pk, amount_minor=paid.order.total_minor - 1000, now=timezone.now())

    assert refund_proposal(returned).left_minor == 1000
    with pytest.raises(RefundTooLargeError, match="From 1 to 1000"):
        give_back(returned, 1001)
    give_back(returned, 1000)
    paid.settle()
    assert paid.given_back() == paid.order.total_minor


def test_it_is_given_back_once(paid: Purchase) -> None:
    returned = come_back(paid, 1)
    give_back(returned, 500)

    with pytest.raises(ReturnStateError):
        give_back(returned, 500)
    paid.settle()

    assert paid.given_back() == 500


def test_a_refund_that_fails_can_be_made_again(counter: Counter) -> None:
    purchase = counter.buy("pm_card_refundFail")
    purchase.settle()
    give_back(come_back(purchase, 1), 500)
    purchase.settle()
    purchase.stripe.advance(3600)
    purchase.hear()
    again = Return.objects.get()
    assert (again.status, purchase.attempt().refunded_minor) == ("received", 0)

    give_back(again, 400)
    purchase.settle()

    assert purchase.attempt().refunded_minor == 400
    assert [one for one in purchase.adjustments() if one[0] == "refund"][-1] == ("refund", "failed", 500)


def test_nothing_is_given_back_while_a_bank_decides(counter: Counter) -> None:
    purchase = counter.buy("pm_card_createDispute")
    purchase.settle()
    purchase.hear()
    returned = come_back(purchase, 1)

    with pytest.raises(RefundFrozenError):
        give_back(returned, 500)

    assert Return.objects.get().status == "received"
