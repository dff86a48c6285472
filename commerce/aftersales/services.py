from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from commerce.aftersales.giving_back import give_back, left_to_give_back
from commerce.aftersales.returns import reopen_unrefunded
from commerce.aftersales.shares import delivery_of, part_of, share_of
from commerce.errors import CommerceError
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.services import lines_of, on_shelf, order_status, take_off, unsent
from commerce.ids import new_id
from commerce.inventory.services import restock
from commerce.orders.models import Adjustment, Order, OrderLine
from commerce.orders.services import lock_order, log_change
from commerce.payments.models import Dispute, Refund
from commerce.payments.refunds import RefundFrozenError

logger = logging.getLogger(__name__)


class NothingToCancelError(CommerceError):
    """The units are in a shipment already, or were canceled before."""

    code = "nothing_to_cancel"


@transaction.atomic
def refund_order(
    order_id: str, *, amount_minor: int, now: datetime, reason: str = "", note: str = "", request_key: str = ""
) -> Adjustment:
    """Give back a part of what was paid for an order, and leave its units as they are.

    The same `request_key` is one refund however often it is asked. Raises RefundTooLargeError.
    """
    order = lock_order(order_id)
    return give_back(order, amount_minor, now=now, reason=reason, note=note, request_key=request_key)


@transaction.atomic
def cancel_order(
    order_id: str, *, now: datetime, quantities: Mapping[str, int] | None = None, reason: str = "", note: str = ""
) -> Adjustment:
    """Cancel units that are in no shipment yet, put them back on hand, and give back what they cost.

    What a carrier could not deliver is in no shipment any more, and goes back on hand when it is brought back.
    `quantities` by line id; without them everything that is left is meant. Delivery is given back with the last
    unit of the goods of which nothing was sent; nothing is while a bank that disputes the payment has the money.
    Raises NothingToCancelError.
    """
    order = lock_order(order_id)
    lines = lines_of(order)
    left = unsent(order, lines.values())
    wanted = left if quantities is None else {line: count for line, count in quantities.items() if count}
    _require_unsent(wanted, left)
    amount = _owed(order, lines, wanted)
    shelf = on_shelf(order, (line for line in lines.values() if not line.is_digital))
    take_off(order, lines, wanted)
    restock({lines[one].variant_id: min(count, shelf[one]) for one, count in wanted.items() if one in shelf})
    order.status = order_status(order, lines)
    adjustment = Adjustment.objects.create(
        id=new_id("adj"),
        order=order,
        kind=Adjustment.Kind.CANCELLATION,
        lines=[{"id": line, "quantity": count} for line, count in sorted(wanted.items())],
        reason=reason,
        description=note[:255],
        occurred_at=now,
    )
    detail = {"adjustment": adjustment.pk, "lines": wanted, "reason": reason}
    log_change(order, kind="canceled", now=now, detail=detail)
    if amount := min(amount, left_to_give_back(order)):
        try:
            give_back(order, amount, now=now, reason=reason, note="Canceled", request_key=adjustment.pk)
        except RefundFrozenError:
            logger.warning("canceled while disputed: the bank has the money", extra={"order": order_id})
    return adjustment


def _owed(order: Order, lines: Mapping[str, OrderLine], wanted: Mapping[str, int]) -> int:
    """Return what units that are canceled have cost, and delivery where nothing is left to be delivered.

    What was given back for the delivery before is not given back with the last of the goods once more.
    """
    sent = order.shipments.exclude(status=Shipment.Status.CANCELED)
    if not sent.exists() and _is_rest(lines.values(), wanted):
        return left_to_give_back(order)
    share = share_of(lines.values(), wanted)
    goods = [line for line in lines.values() if not line.is_digital]
    is_nothing_sent = not sent.exclude(kind=Shipment.Kind.DIGITAL).exists()
    if is_nothing_sent and any(line.pk in wanted for line in goods) and _is_rest(goods, wanted):
        kept = {line.pk: line.current - wanted.get(line.pk, 0) for line in lines.values() if line.is_digital}
        kept_minor = sum(part_of(lines[one], after=lines[one].ordered - n, units=n) for one, n in kept.items())
        most = left_to_give_back(order) - kept_minor
        return max(share, min(share + delivery_of(order, lines.values()), most))
    return share


def _is_rest(lines: Iterable[OrderLine], wanted: Mapping[str, int]) -> bool:
    return all(line.current == wanted.get(line.pk, 0) for line in lines)


def cancel_unpaid(attempt_id: str, *, now: datetime) -> None:
    """Cancel what is not sent yet of an order whose hold is gone. May run twice."""
    order_id = Order.objects.values_list("pk", flat=True).get(payment_id=attempt_id)
    try:
        cancel_order(order_id, reason="payment_lapsed", note="The payment lapsed before it was taken", now=now)
    except NothingToCancelError:
        logger.exception("an order was sent and its payment has lapsed", extra={"order": order_id})


def _require_unsent(wanted: Mapping[str, int], left: Mapping[str, int]) -> None:
    if not wanted:
        raise NothingToCancelError("Everything of this order is in a shipment already, or was canceled.")
    for line_id, count in wanted.items():
        if not 0 < count <= left.get(line_id, 0):
            raise NothingToCancelError(
                f"{left.get(line_id, 0)} of line {line_id} can be canceled.", target=("quantities", line_id)
            )


@transaction.atomic
def note_refund(refund_id: str, *, now: datetime) -> None:
    """Show on its order how a refund stands, also one that was made at the provider. May run twice.

    What was taken without an order is given back without one.
    """
    refund = Refund.objects.get(pk=refund_id)
    order_id = Order.objects.filter(payment_id=refund.attempt_id).values_list("pk", flat=True).first()
    if order_id is None:
        logger.info("a refund without an order: %s", refund.status, extra={"refund": refund_id})
        return
    order = lock_order(order_id)
    refund.refresh_from_db()
    status = _SHOWN[Refund.Status(refund.status)]
    adjustment, is_new = Adjustment.objects.get_or_create(
        reference=refund_id,
        defaults={
            "id": new_id("adj"),
            "order": order,
            "kind": Adjustment.Kind.REFUND,
            "status": status,
            "amount_minor": refund.amount_minor,
            "occurred_at": now,
        },
    )
    if not is_new and adjustment.status == status:
        return
    Adjustment.objects.filter(pk=adjustment.pk).update(status=status)
    if refund.status == Refund.Status.FAILED:
        reopen_unrefunded(refund_id)
    detail = {"refund": refund_id, "amount_minor": refund.amount_minor, "failure_code": refund.failure_code}
    log_change(order, kind=f"refund_{refund.status}", now=now, detail=detail)


_SHOWN = {
    Refund.Status.REQUESTED: Adjustment.Status.PENDING,
    Refund.Status.PENDING: Adjustment.Status.PENDING,
    Refund.Status.SUCCEEDED: Adjustment.Status.COMPLETED,
    Refund.Status.FAILED: Adjustment.Status.FAILED,
}


@transaction.atomic
def note_dispute(dispute_id: str, *, now: datetime) -> None:
    """Show on its order how a dispute stands. May run twice.

    The bank may ask back what was taken without an order, too: only a person can tell it so.
    """
    dispute = Dispute.objects.get(pk=dispute_id)
    order_id = Order.objects.filter(payment_id=dispute.attempt_id).values_list("pk", flat=True).first()
    if order_id is None:
        logger.error("a dispute without an order: %s", dispute.status, extra={"dispute": dispute_id})
        return
    order = lock_order(order_id)
    dispute.refresh_from_db()
    status, told = _DISPUTED[Dispute.Status(dispute.status)]
    adjustment, is_new = Adjustment.objects.get_or_create(
        reference=dispute_id,
        defaults={
            "id": new_id("adj"),
            "order": order,
            "kind": Adjustment.Kind.DISPUTE,
            "status": status,
            "amount_minor": dispute.amount_minor,
            "reason": dispute.reason,
            "description": told,
            "occurred_at": dispute.opened_at,
        },
    )
    if not is_new and (adjustment.status, adjustment.description) == (status, told):
        return
    Adjustment.objects.filter(pk=adjustment.pk).update(status=status, description=told)
    detail = {"dispute": dispute_id, "amount_minor": dispute.amount_minor, "reason": dispute.reason}
    log_change(order, kind=f"dispute_{dispute.status}", now=now, detail=detail)


_DISPUTED = {
    Dispute.Status.WARNING_NEEDS_RESPONSE: (Adjustment.Status.PENDING, "The bank asks about the payment"),
    Dispute.Status.WARNING_UNDER_REVIEW: (Adjustment.Status.PENDING, "The bank looks at the answer"),
    Dispute.Status.WARNING_CLOSED: (Adjustment.Status.FAILED, "The bank is content"),
    Dispute.Status.NEEDS_RESPONSE: (Adjustment.Status.PENDING, "The payment is disputed"),
    Dispute.Status.UNDER_REVIEW: (Adjustment.Status.PENDING, "The bank looks at the evidence"),
    Dispute.Status.WON: (Adjustment.Status.FAILED, "The dispute was decided for the shop"),
    Dispute.Status.LOST: (Adjustment.Status.COMPLETED, "The dispute was decided for the cardholder"),
}
