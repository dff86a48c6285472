"""Whether a shop has nothing left to do by itself, so that what is there now is what came of it."""

from __future__ import annotations

from agents.chat.models import Turn
from agents.chat.turns import WAITING
from commerce.checkout.models import CheckoutSession
from commerce.checkout.states import Status
from commerce.inbox.models import InboxMessage, ProviderEvent
from commerce.outbox.models import OutboxEvent
from commerce.payments.models import PaymentAttempt, Refund

UNDECIDED = (PaymentAttempt.Status.SUBMITTING,)
UNDER_WAY = (Refund.Status.REQUESTED, Refund.Status.PENDING)


def is_at_rest() -> bool:
    """Say whether nothing is under way."""
    under_way = (
        Turn.objects.filter(status__in=WAITING),
        CheckoutSession.objects.filter(status=Status.COMPLETING),
        PaymentAttempt.objects.filter(status__in=UNDECIDED),
        Refund.objects.filter(status__in=UNDER_WAY),
        OutboxEvent.objects.filter(status=OutboxEvent.Status.PENDING),
        ProviderEvent.objects.filter(handled_at=None),
        InboxMessage.objects.filter(handled_at=None),
    )
    return not any(rows.exists() for rows in under_way)
