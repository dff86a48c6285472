"""What differs between the two books. Pure: an entry in, findings out.

Nothing is found where something may be under way: a payment, a refund or a decision of the last minutes, a buyer
who may be authenticating, or work of ours that waits in the outbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commerce.fulfillment.models import Shipment
from commerce.money import Money
from commerce.orders.models import Order
from commerce.payments.gateway import FoundPayment
from commerce.payments.models import FREEZING, PaymentAttempt, Refund
from commerce.reconciliation.books import Entry
from commerce.reconciliation.models import Difference

UNDER_WAY = timedelta(minutes=15)

Kind = Difference.Kind
Status = PaymentAttempt.Status
LIVE = (Status.AUTHORIZED, Status.CAPTURED)


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference of one payment, in words for people. `amount_minor` is what is in question."""

    kind: Difference.Kind
    entry: Entry
    provider_says: str
    we_say: str
    amount_minor: int
    currency: str


def is_under_way(entry: Entry, *, now: datetime) -> bool:
    """Say whether either side may be writing about a payment just now."""
    attempt, moments = entry.attempt, [refund.created_at for refund in entry.refunds]
    if entry.payment:
        moments.append(entry.payment.created_at)
    if attempt:
        told = (attempt.submitted_at, attempt.settled_at, attempt.challenged_until)
        moments += [moment for moment in told if moment is not None]
    for refund in entry.promised:
        moments += [moment for moment in (refund.requested_at, refund.settled_at) if moment is not None]
    return any(moment > now - UNDER_WAY for moment in moments)


def compare(entry: Entry) -> list[Finding]:
    """Return what differs about a payment."""
    if entry.attempt is None:
        return list(_orphan(entry))
    if entry.attempt.status == Status.SUBMITTING:
        return [
            _finding(Kind.OUTCOME_UNKNOWN, entry, _standing(entry.payment), "asked, and not known what came of it")
        ]
    if entry.payment is None:
        return list(_missing(entry, entry.attempt))
    if not entry.is_own:
        return list(_second(entry, entry.attempt, entry.payment))
    sums = [] if entry.is_busy else [*_sums(entry, entry.attempt, entry.payment), *_unsent(entry, entry.attempt)]
    return [*sums, *_orders(entry, entry.attempt, entry.payment)]


def returned_minor(entry: Entry) -> int:
    """Return what the provider has given back of a payment, or is about to."""
    return sum(one.refund.amount_minor for one in entry.refunds if one.refund.status != "failed")


def sent_minor(entry: Entry) -> int:
    """Return what we know to have been given back by the provider; what was only released it knows nothing of."""
    sent = [one for one in entry.promised if one.provider_reference and one.status != Refund.Status.FAILED]
    return sum(one.amount_minor for one in sent)


def _has_money(entry: Entry, payment: FoundPayment) -> bool:
    return payment.held_minor > 0 or payment.captured_minor > returned_minor(entry)


def _orphan(entry: Entry) -> Iterator[Finding]:
    if entry.payment and _has_money(entry, entry.payment):
        yield _finding(Kind.ORPHAN, entry, _standing(entry.payment), "no such payment")


def _missing(entry: Entry, attempt: PaymentAttempt) -> Iterator[Finding]:
    if attempt.status in LIVE:
        yield _finding(Kind.MISSING_PAYMENT, entry, "no such payment", _ours(attempt))
    else:
        yield from _unpaid(entry, attempt)


def _second(entry: Entry, attempt: PaymentAttempt, payment: FoundPayment) -> Iterator[Finding]:
    if _has_money(entry, payment):
        we_say = f"another payment of {attempt.pk}"
        yield _finding(Kind.SECOND_PAYMENT, entry, _standing(payment), we_say, payment.amount_minor)


def _sums(entry: Entry, attempt: PaymentAttempt, payment: FoundPayment) -> Iterator[Finding]:
    theirs = (payment.amount_minor, payment.currency)
    if attempt.status in LIVE and theirs != (attempt.amount_minor, attempt.currency):
        amounts = _money(*theirs), _money(attempt.amount_minor, attempt.currency)
        yield _finding(Kind.AMOUNT, entry, *amounts, abs(payment.amount_minor - attempt.amount_minor))
    is_held = payment.held_minor > 0 and payment.captured_minor == 0
    if attempt.status == Status.CHALLENGED or (attempt.status == Status.AUTHORIZED and not is_held):
        yield _finding(Kind.STATUS, entry, _standing(payment), _ours(attempt))
    elif attempt.status == Status.CAPTURED and payment.captured_minor != attempt.captured_minor:
        off = abs(payment.captured_minor - attempt.captured_minor)
        yield _finding(Kind.CAPTURED, entry, _standing(payment), _ours(attempt), off)
    yield from _given_back(entry, attempt)


def _given_back(entry: Entry, attempt: PaymentAttempt) -> Iterator[Finding]:
    theirs, sent = returned_minor(entry), sent_minor(entry)
    promised = sum(one.amount_minor for one in entry.promised if one.status != Refund.Status.FAILED)
    if theirs != sent:
        says = [f"{_money(minor, attempt.currency)} given back" for minor in (theirs, sent)]
        yield _finding(Kind.REFUNDED, entry, says[0], says[1], abs(theirs - sent))
    elif promised != attempt.refunded_minor:
        listed = f"{_money(theirs, attempt.currency)} given back"
        counted = (
            f"{_money(attempt.refunded_minor, attempt.currency)}, refunds of {_money(promised, attempt.currency)}"
        )
        yield _finding(Kind.REFUNDED, entry, listed, counted, abs(promised - attempt.refunded_minor))


def _unsent(entry: Entry, attempt: PaymentAttempt) -> Iterator[Finding]:
    waiting = [one for one in entry.promised if one.status == Refund.Status.REQUESTED]
    if waiting and attempt.status != Status.AUTHORIZED:
        minor = sum(one.amount_minor for one in waiting)
        promised = f"{_money(minor, attempt.currency)} promised in {', '.join(one.pk for one in waiting)}"
        yield _finding(Kind.REFUND_UNSENT, entry, "no such refund", promised[:300], minor)


def _orders(entry: Entry, attempt: PaymentAttempt, payment: FoundPayment) -> Iterator[Finding]:
    """Hold money against orders: none is held or taken without one, and none stands without money."""
    order: Order | None = getattr(attempt, "order", None)
    if _has_money(entry, payment) and (order is None or attempt.status not in LIVE):
        left = payment.held_minor + payment.captured_minor - returned_minor(entry)
        yield _finding(Kind.WITHOUT_ORDER, entry, _standing(payment), f"{_ours(attempt)}, {_told(order)}", left)
    elif attempt.status not in LIVE:
        yield from _unpaid(entry, attempt)
    elif order and attempt.status == Status.CAPTURED:
        yield from _kept(entry, order, attempt, payment)


def _kept(entry: Entry, order: Order, attempt: PaymentAttempt, payment: FoundPayment) -> Iterator[Finding]:
    """An order that was canceled before any of it was sent owes all; but for what the bank has, or had."""
    is_unsent = all(one.status == Shipment.Status.CANCELED for one in order.shipments.all())
    is_disputed = any(one.status in FREEZING for one in attempt.disputes.all())
    if order.status != Order.Status.CANCELED or not is_unsent or is_disputed:
        return
    promised = sum(one.amount_minor for one in entry.promised if one.status == Refund.Status.REQUESTED)
    left = payment.captured_minor - returned_minor(entry) - promised
    if left > 0:
        returned = f"{_standing(payment)}, {_money(returned_minor(entry), payment.currency)} given back"
        yield _finding(Kind.CANCELED_UNREFUNDED, entry, returned, _told(order), left)


def _unpaid(entry: Entry, attempt: PaymentAttempt) -> Iterator[Finding]:
    order: Order | None = getattr(attempt, "order", None)
    if order and order.status != Order.Status.CANCELED:
        yield _finding(Kind.ORDER_UNPAID, entry, _standing(entry.payment), f"{_ours(attempt)}, {_told(order)}")


def _told(order: Order | None) -> str:
    return f"order {order} is {order.status}" if order else "no order"


def _finding(
    kind: Difference.Kind, entry: Entry, provider_says: str, we_say: str, amount_minor: int | None = None
) -> Finding:
    known = entry.attempt or entry.payment
    assert known is not None  # noqa: S101 - an entry has one side at least
    amount = known.amount_minor if amount_minor is None else amount_minor
    return Finding(kind, entry, provider_says, we_say, amount, known.currency)


def _standing(payment: FoundPayment | None) -> str:
    """Say how a payment stands at the provider."""
    if payment is None:
        return "no such payment"
    amount = _money(payment.amount_minor, payment.currency)
    if payment.captured_minor:
        return f"{_money(payment.captured_minor, payment.currency)} of {amount} captured"
    if payment.held_minor:
        return f"{_money(payment.held_minor, payment.currency)} held"
    return f"{amount}, {payment.status.replace('_', ' ')}"


def _ours(attempt: PaymentAttempt) -> str:
    if attempt.status == Status.CAPTURED:
        taken = _money(attempt.captured_minor, attempt.currency)
        return f"{taken} of {_money(attempt.amount_minor, attempt.currency)} captured"
    return f"{_money(attempt.amount_minor, attempt.currency)}, {attempt.status}"


def _money(minor: int, currency: str) -> str:
    try:
        return str(Money(minor, currency))
    except ValueError:  # the provider may know currencies that we do not
        return f"{minor} {currency}"
