"""What the post office did: everything planned, everything sent."""

from __future__ import annotations

import re
from datetime import timedelta

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from commerce.emails.models import Email
from commerce.emails.sending import send_due
from commerce.emails.subscribers import tell_buyer
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import Event


def plan_all(order: Order, *, times: int = 1) -> list[tuple[str, str]]:
    """Hand every event of an order to the subscriber. Returns the kinds and references that are planned by now."""
    told = OutboxEvent.objects.filter(key=order.pk, subscriber="commerce.emails.subscribers.tell_buyer")
    for event in [*told.order_by("pk")] * times:
        tell_buyer(Event(event.pk, event.topic, event.key, event.payload, 1, event.subscriber))
    planned = Email.objects.filter(order=order).order_by("created_at", "pk")
    return list(planned.values_list("kind", "reference"))


def send_all(order: Order) -> list[EmailMultiAlternatives]:
    """Plan and send everything of an order. Returns what went out, in the order in which it did."""
    plan_all(order)
    before = len(mail.outbox)
    send_due()
    return [one for one in mail.outbox[before:] if isinstance(one, EmailMultiAlternatives)]


def html_of(message: EmailMultiAlternatives) -> str:
    (alternative,) = message.alternatives
    assert alternative[1] == "text/html"
    return str(alternative[0])


def words_of(html: str) -> str:
    """Return the words of a page, without its head."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL).partition("<main>")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def let_time_pass(**passed: float) -> None:
    """Make what waits for its next try due."""
    for one in Email.objects.filter(status="pending"):
        Email.objects.filter(pk=one.pk).update(due_at=one.due_at - timedelta(**passed))
    assert timezone.now()
