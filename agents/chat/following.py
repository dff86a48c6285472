"""What becomes of a payment and an order after the turn that made them: told in the conversation by itself."""

from __future__ import annotations

from django.db import transaction

from agents.chat.models import ChatCheckout
from agents.chat.recording import record
from commerce import clock
from commerce.checkout.confirmations import void_write
from commerce.checkout.sql import find_any_session
from commerce.checkout.states import OPEN, Status
from commerce.orders.models import Order
from commerce.statements import write

BATCH = 200
FAILED_AT_BANK = "The bank did not confirm the payment, so nothing was charged. Another card may do."
FAILED = "The payment did not go through, and nothing was charged."
OVER = "This checkout is over, and nothing was charged for it."


def look_after() -> int:
    """Tell of payments that were waited for and are decided now. Returns how many were."""
    waiting = ChatCheckout.objects.exclude(awaits="").order_by("created_at", "pk")[:BATCH]
    return sum(_told(row) for row in waiting)


def follow_order(order_id: str, *, sequence: int) -> bool:
    """Show an order anew in the conversation that it came from. False where it came from elsewhere."""
    order = Order.objects.filter(pk=order_id).values("checkout_session_id").first()
    row = ChatCheckout.objects.filter(session_id=order["checkout_session_id"]).first() if order else None
    if row is None:
        return False
    with transaction.atomic():
        ChatCheckout.objects.filter(pk=row.pk).update(order_id=order_id, awaits="")
        told = {"order": order_id, "checkout": row.pk, "sequence": sequence}
        record(row.conversation_id, "order", told)
    return True


@transaction.atomic
def _told(row: ChatCheckout) -> bool:
    """Tell what became of a payment, once."""
    if row.awaits == ChatCheckout.Awaits.PROVIDER:  # a yes that was not used must not pay once this is said
        write(void_write(row.session_id, now=clock.now()))
    session = find_any_session(row.session_id)
    if session is None or session.status in (Status.CHALLENGED, Status.COMPLETING):
        return False
    if not ChatCheckout.objects.filter(pk=row.pk).exclude(awaits="").update(awaits=""):
        return False
    if session.status is Status.COMPLETED:
        told = {"order": session.order_id, "checkout": row.pk}
        ChatCheckout.objects.filter(pk=row.pk).update(order_id=session.order_id)
        record(row.conversation_id, "order", told)
        return True
    was_at_bank = row.awaits == ChatCheckout.Awaits.BANK
    text = (FAILED_AT_BANK if was_at_bank else FAILED) if session.status in OPEN else OVER
    told = {"code": "declined" if session.status in OPEN else "expired", "text": text, "checkout": row.pk}
    record(row.conversation_id, "problem", told)
    return True
