"""What waits among orders, returns, payments and disputes."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, Min, OuterRef, QuerySet, Sum
from django.utils import timezone
from django.utils.timesince import timeuntil

from commerce import clock
from commerce.aftersales.models import Return
from commerce.money import Money
from commerce.orders.models import Order, OrderLine
from commerce.payments.models import Dispute, PaymentAttempt

UNSHIPPED = (Order.Status.CONFIRMED, Order.Status.PROCESSING)


def to_ship(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Pick orders with something in them that has to be sent and is not."""
    left = OrderLine.objects.filter(order=OuterRef("pk"), is_digital=False, fulfilled__lt=F("current"))
    return orders.filter(Exists(left), status__in=UNSHIPPED)


def to_decide(returns: QuerySet[Return]) -> QuerySet[Return]:
    """Pick what buyers want to send back and have not been answered."""
    return returns.filter(status=Return.Status.REQUESTED)


def to_refund(returns: QuerySet[Return]) -> QuerySet[Return]:
    """Pick what has come back and is not given money for."""
    return returns.filter(status=Return.Status.RECEIVED)


def held(attempts: QuerySet[PaymentAttempt]) -> QuerySet[PaymentAttempt]:
    """Pick payments whose amount is held and not taken."""
    return attempts.filter(status=PaymentAttempt.Status.AUTHORIZED)


def amounts_of(attempts: QuerySet[PaymentAttempt]) -> str:
    """Say what payments come to in each currency, and when the first of them lapses."""
    sums = (
        attempts.order_by("currency").values_list("currency").annotate(Sum("amount_minor"), Min("capture_before"))
    )
    return "; ".join(f"{Money(minor, currency)}{_lapses(first)}" for currency, minor, first in sums)


def _lapses(at: datetime | None) -> str:
    return f", the first lapses in {timeuntil(at, clock.now())}" if at else ""


def to_answer(disputes: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """Pick disputes that a bank waits to hear of."""
    waiting = (Dispute.Status.NEEDS_RESPONSE, Dispute.Status.WARNING_NEEDS_RESPONSE)
    return disputes.filter(status__in=waiting)


def first_deadline(disputes: QuerySet[Dispute]) -> str:
    """Say until when the first of some disputes is to be answered."""
    first = disputes.aggregate(first=Min("respond_by"))["first"]
    if first is None:
        return ""
    return f"the first until {timezone.localtime(first):%-d %B, %H:%M}"
