from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from commerce.payments.models import PaymentAttempt


def request_key_of(attempt_id: str) -> str | None:
    """Return which request began an attempt, None where there is no such attempt."""
    return PaymentAttempt.objects.filter(pk=attempt_id).values_list("request_key", flat=True).first()


def live_references(attempt_ids: set[str]) -> set[str]:
    """Return those of some attempts that hold money or may turn out to."""
    statuses = ["submitting", "challenged", "authorized", "captured"]
    live = PaymentAttempt.objects.filter(pk__in=attempt_ids, status__in=statuses)
    return set(live.values_list("pk", flat=True))


def attempt_of(*, account_id: str | None, provider_reference: str, attempt_id: str = "") -> PaymentAttempt | None:
    """Return the attempt behind a payment at an account, also one whose reference is not known here yet.

    Attempts at other accounts are not looked at: whoever owns an account writes what it likes into it.
    """
    named = Q(provider_reference=provider_reference) | Q(pk=attempt_id)
    attempts = PaymentAttempt.objects.filter(named, account=account_id)
    return attempts.first() if provider_reference else None


def statuses_of(names: Collection[str], *, account_id: str | None) -> dict[str, str]:
    """Return how attempts at an account stand, by their ids and by what the provider calls their payments."""
    named = Q(pk__in=names) | Q(provider_reference__in=names)
    rows = PaymentAttempt.objects.filter(named, account=account_id).values_list(
        "pk", "provider_reference", "status"
    )
    return {name: status for pk, reference, status in rows for name in (pk, reference) if name}
