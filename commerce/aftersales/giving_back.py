"""Money that goes back: one refund, and one adjustment that tells of it."""

from __future__ import annotations

from datetime import datetime

from commerce.ids import new_id
from commerce.orders.models import Adjustment, Order
from commerce.orders.services import log_change
from commerce.payments.models import Refund
from commerce.payments.refunds import PAID, RefundTooLargeError, request_refund


def left_to_give_back(order: Order) -> int:
    """Return how much of what was paid for an order is not given back or promised to be."""
    payment = order.payment
    return payment.amount_minor - payment.refunded_minor if payment and payment.status in PAID else 0


def give_back(
    order: Order, amount_minor: int, *, now: datetime, reason: str, note: str, request_key: str
) -> Adjustment:
    """Promise a refund of a locked order and say so on the order. The same `request_key` is one refund.

    Raises RefundTooLargeError, RefundFrozenError.
    """
    if order.payment_id is None:
        raise RefundTooLargeError("Nothing was paid for this order.", target=("amount_minor",))
    stripe_reason = reason if reason in Refund.Reason.values else ""
    refund = request_refund(
        order.payment_id, amount_minor=amount_minor, reason=stripe_reason, request_key=request_key, now=now
    )
    if known := Adjustment.objects.filter(reference=refund.pk).first():
        return known
    adjustment = Adjustment.objects.create(
        id=new_id("adj"),
        order=order,
        kind=Adjustment.Kind.REFUND,
        status=Adjustment.Status.PENDING,
        amount_minor=amount_minor,
        reason=reason,
        description=note[:255],
        reference=refund.pk,
        occurred_at=now,
    )
    log_change(order, kind="refund_requested", now=now, detail={"refund": refund.pk, "amount_minor": amount_minor})
    return adjustment
