"""What shoppers allow themselves to spend. What was spent is summed under the shopper's lock, never counted up.

A token counts from when it is promised until its payment is known to have failed, or its confirmation ran out
unused; so no count has to be taken back, and a process that dies in between leaves nothing wrong. What the
shop has refunded counts no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from commerce.accounts.models import Merchant
from commerce.errors import CommerceError, NotFoundError
from commerce.money import Money
from commerce.payments.models import PaymentAttempt
from commerce.wallet.models import Mandate, Shopper

Status = PaymentAttempt.Status
_NOT_PAID = (Status.DECLINED, Status.FAILED, Status.VOIDED)


class MandateExceededError(CommerceError):
    """The shopper has not allowed so much."""

    code = "mandate_exceeded"


def grant_mandate(
    shopper: Shopper,
    *,
    currency: str,
    limit_per_order_minor: int | None = None,
    limit_per_period_minor: int | None = None,
    period: str = Mandate.Period.MONTH,
    merchants: tuple[Merchant, ...] = (),
    expires_at: datetime | None = None,
) -> Mandate:
    """Limit what a shopper's agent may spend. At least one limit must be given."""
    mandate = Mandate.objects.create(
        shopper=shopper,
        currency=currency,
        limit_per_order_minor=limit_per_order_minor,
        limit_per_period_minor=limit_per_period_minor,
        period=period,
        expires_at=expires_at,
    )
    mandate.merchants.set(merchants)
    return mandate


def revoke_mandate(shopper: Shopper, mandate_id: str, *, now: datetime) -> None:
    """Let a limit hold no longer. Raises NotFoundError."""
    found = Mandate.objects.filter(pk=mandate_id, shopper=shopper, revoked_at__isnull=True)
    if not found.update(revoked_at=now):
        raise NotFoundError("There is no such limit.")


def standing_mandates(shopper: Shopper, *, now: datetime) -> list[Mandate]:
    """Return the limits that hold now."""
    return list(
        Mandate.objects.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), shopper=shopper, revoked_at=None
        )
        .prefetch_related("merchants")
        .order_by("created_at", "pk")
    )


def require_allowed(shopper: Shopper, merchant: Merchant, amount: Money, *, now: datetime) -> None:
    """Raise MandateExceededError where a limit of the shopper's does not allow a purchase.

    Needs the shopper's lock, so that two purchases at once see each other.
    """
    zone = ZoneInfo(merchant.time_zone)
    for mandate in standing_mandates(shopper, now=now):
        merchants = {one.pk for one in mandate.merchants.all()}
        if mandate.currency != amount.currency or (merchants and merchant.pk not in merchants):
            continue
        _require_order(mandate, amount)
        if mandate.limit_per_period_minor is not None:
            since = period_start(mandate.period, now.astimezone(zone))
            spent = _spent(shopper.pk, mandate.currency, sorted(merchants), since, now)
            _require_period(mandate, amount, spent)


def period_start(period: str, local: datetime) -> datetime:
    """Return the midnight at which the calendar day, week (from Monday) or month of a local time began."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Mandate.Period.WEEK:
            return midnight - timedelta(days=midnight.weekday())
        case Mandate.Period.MONTH:
            return midnight.replace(day=1)
        case _:
            return midnight


def _require_order(mandate: Mandate, amount: Money) -> None:
    limit = mandate.limit_per_order_minor
    if limit is not None and amount.minor > limit:
        allowed = Money(limit, amount.currency)
        raise MandateExceededError(f"Your limit is {allowed} for one order, and this is {amount}.")


def _require_period(mandate: Mandate, amount: Money, spent: int) -> None:
    limit = mandate.limit_per_period_minor or 0
    if spent + amount.minor > limit:
        left = Money(max(limit - spent, 0), amount.currency)
        raise MandateExceededError(
            f"Of your limit for this {mandate.period}, {left} are left, and this is {amount}."
        )


_SPENT = """
SELECT COALESCE(sum(t.amount_minor - COALESCE(p.refunded_minor, 0)), 0)
FROM wallet_wallettoken t
JOIN wallet_card c ON c.id = t.card_id
JOIN checkout_confirmation f ON f.id = t.confirmation_id
LEFT JOIN payments_paymentattempt p ON p.id = f.attempt_id
WHERE c.shopper_id = %s AND t.currency = %s AND t.created_at >= %s
  AND (%s = '{}'::text[] OR t.merchant_id = ANY(%s))
  AND CASE WHEN f.used_at IS NULL THEN f.expires_at > %s ELSE COALESCE(p.status, '') <> ALL(%s) END
"""


def _spent(shopper_id: str, currency: str, merchants: list[str], since: datetime, now: datetime) -> int:
    """Sum what was paid, or may still be, in a currency since a moment."""
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, [shopper_id, currency, since, merchants, merchants, now, list(_NOT_PAID)])
        (total,) = cursor.fetchone()
    return int(total)
