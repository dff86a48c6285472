"""What both sides have written down of payments, brought together payment by payment.

The provider is always read first: what we write down while we read is then newer than what it is compared with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from commerce.accounts.models import Merchant
from commerce.outbox.models import OutboxEvent
from commerce.payments.connections import gateway_at, latest
from commerce.payments.gateway import FoundPayment, FoundRefund
from commerce.payments.models import PaymentAttempt, Refund

AT_A_TIME = 500
STUCK_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment in both books. Either side may be missing, not both.

    `attempt` comes with its order and shipments, its refunds and disputes; `merchant_id` is empty where nobody's
    shop is told of. Busy is an attempt of which work waits in the outbox: it may be done at the provider already.
    """

    merchant_id: str
    payment: FoundPayment | None
    refunds: Sequence[FoundRefund]
    attempt: PaymentAttempt | None
    is_busy: bool = False

    @property
    def subject(self) -> str:
        """The attempt; of a payment that is not the attempt's own, the payment."""
        return self.attempt.pk if self.attempt and self.is_own else self.reference

    @property
    def is_own(self) -> bool:
        return self.attempt is not None and self.attempt.provider_reference in ("", self.reference)

    @property
    def reference(self) -> str:
        if self.payment:
            return self.payment.provider_reference
        return self.attempt.provider_reference if self.attempt else ""

    @property
    def promised(self) -> Sequence[Refund]:
        return list(self.attempt.refunds.all()) if self.attempt else []


@dataclass(frozen=True, slots=True)
class Books:
    """Both books of one account for a time. `others` counts payments there that are of other installations."""

    entries: Sequence[Entry]
    others: int


def read_books(account_id: str | None, *, since: datetime, until: datetime | None, now: datetime) -> Books:
    """Return what was paid, or given back of what was paid earlier, within a time. Not inside a transaction.

    An account may have payments that were not made here; those are left out. Raises ProviderUnreachableError.
    """
    gateway = gateway_at(latest(account_id))
    payments = [one for one in gateway.payments_since(since, until=until) if one.attempt_id]
    refunds: defaultdict[str, list[FoundRefund]] = defaultdict(list)
    for refund in gateway.refunds_since(since, until=until):
        refunds[refund.payment_reference].append(refund)
    entries = _entries(account_id, payments, refunds)
    others = len(payments) - len(entries)
    unseen = _changed(account_id, since, until) - _seen(entries)
    older = refunds.keys() - {payment.provider_reference for payment in payments}
    entries += read_again(account_id, references=older, attempts=unseen, now=now)
    return Books(entries, others)


def read_again(
    account_id: str | None, *, references: Collection[str], attempts: Collection[str], now: datetime
) -> list[Entry]:
    """Return some payments as both sides have them by now, of the provider's and of ours, or of both.

    What waits is read between the two: where nothing does, what was done is written down. Raises
    ProviderUnreachableError.
    """
    gateway = gateway_at(latest(account_id))
    payments, refunds = [], {}
    own = {one.provider_reference for one in _attempts(account_id, Q(pk__in=attempts))}
    for reference in sorted({*references, *own} - {""}):
        payment = gateway.payment_record(reference)
        if payment is not None:
            payments.append(payment)
            refunds[reference] = gateway.refunds_of(reference)
    busy = _busy({*attempts, *(payment.attempt_id for payment in payments)}, now)
    entries = _entries(account_id, payments, refunds)
    without = _attempts(account_id, Q(pk__in=set(attempts) - _seen(entries)))
    entries += [Entry(one.merchant_id, None, (), one) for one in without]
    return [replace(one, is_busy=bool(one.attempt and one.attempt.pk in busy)) for one in entries]


def _busy(attempts: Collection[str], now: datetime) -> set[str]:
    """Return attempts of which work waits. What has waited for a day is stuck, and hides nothing any more."""
    waiting = OutboxEvent.objects.filter(status=OutboxEvent.Status.PENDING, created_at__gt=now - STUCK_AFTER)
    refunds = Refund.objects.filter(attempt__in=attempts, pk__in=waiting.values("key"))
    keys = waiting.filter(key__in=attempts).values_list("key", flat=True)
    return {*keys, *refunds.values_list("attempt", flat=True)}


def _seen(entries: Sequence[Entry]) -> set[str]:
    """Return the attempts whose own payment is among some entries, not only another one that names them."""
    return {one.attempt.pk for one in entries if one.attempt and one.is_own}


def _entries(
    account_id: str | None, payments: Sequence[FoundPayment], refunds: Mapping[str, Sequence[FoundRefund]]
) -> list[Entry]:
    """Find our side of some payments; what has none, and was not made for a shop of ours, is left out."""
    entries = []
    for start in range(0, len(payments), AT_A_TIME):
        part = payments[start : start + AT_A_TIME]
        attempts, shops = _attempts_behind(account_id, part), _shops(account_id, part)
        for payment in part:
            attempt = attempts.get(payment.provider_reference) or attempts.get(payment.attempt_id)
            is_ours = payment.attempt_id and (not payment.merchant_id or payment.merchant_id in shops)
            shop = payment.merchant_id if payment.merchant_id in shops else ""
            if attempt or is_ours:
                merchant_id = attempt.merchant_id if attempt else shop
                entries.append(Entry(merchant_id, payment, refunds.get(payment.provider_reference, ()), attempt))
    return entries


def _attempts_behind(account_id: str | None, payments: Sequence[FoundPayment]) -> dict[str, PaymentAttempt]:
    """Return attempts by their ids and by what the provider calls their payments."""
    named = Q(pk__in=[one.attempt_id for one in payments])
    known = Q(provider_reference__in=[one.provider_reference for one in payments])
    attempts = _attempts(account_id, named | known)
    return {name: one for one in attempts for name in (one.pk, one.provider_reference) if name}


def _shops(account_id: str | None, payments: Sequence[FoundPayment]) -> set[str]:
    """Return those of the shops that payments name which are here.

    Who owns an account writes into it what they like, so it tells of nobody else's shop.
    """
    shops = Merchant.objects.filter(pk__in={one.merchant_id for one in payments})
    if account_id is not None:
        shops = shops.filter(provider_accounts=account_id)
    return set(shops.values_list("pk", flat=True))


def _attempts(account_id: str | None, which: Q) -> list[PaymentAttempt]:
    attempts = PaymentAttempt.objects.filter(which, account=account_id)
    with_all = attempts.select_related("order").prefetch_related("refunds", "disputes", "order__shipments")
    return list(with_all.order_by("pk"))


_MOMENTS_OF_OTHERS = ("refunds__requested_at", "refunds__settled_at", "disputes__updated_at")


def _changed(account_id: str | None, since: datetime, until: datetime | None) -> set[str]:
    """Return our attempts that were made or decided within a time, or of which a refund or a dispute was."""
    attempts = PaymentAttempt.objects.filter(account=account_id)
    found: set[str] = set()
    for moment in ("submitted_at", "settled_at", *_MOMENTS_OF_OTHERS):
        within = {f"{moment}__gte": since, **({f"{moment}__lt": until} if until else {})}
        found.update(attempts.filter(**within).values_list("pk", flat=True))
    return found
