"""What waits for the staff at one order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.urls import reverse

from commerce.aftersales.models import Return
from commerce.emails.models import Email
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.services import is_pickup, unsent
from commerce.orders.models import Order
from commerce.pages.wording import amount_text
from commerce.payments.models import Dispute, Refund


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is to be done. `is_urgent` where money or patience runs out."""

    text: str
    buttons: tuple[Button, ...] = ()
    is_urgent: bool = False


Clock = Callable[[datetime], str]
"""Writes a moment in the merchant's time zone."""


def button(label: str, row: Any, action: str) -> Button:
    """Return a button that leads to a page of a row: one of its actions, or "change" for the row itself."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{action}"
    return Button(label, reverse(name, args=[quote(str(row.pk))]))


def money_tasks(order: Order, at: Clock) -> Iterator[Task]:
    """Yield disputes that want an answer, and a last refund that did not arrive."""
    if order.payment_id is None:
        return
    for dispute in Dispute.objects.filter(attempt_id=order.payment_id, status__in=_UNANSWERED).order_by("pk"):
        until = f" until {at(dispute.respond_by)}" if dispute.respond_by else ""
        evidence = button("Download the evidence", order, "evidence")
        yield Task(f"The bank asks about the payment, and takes an answer{until}.", (evidence,), is_urgent=True)
    last = Refund.objects.filter(attempt_id=order.payment_id).order_by("requested_at", "pk").last()
    if last is not None and last.status == Refund.Status.FAILED:
        amount = amount_text(last.amount_minor, order.currency)
        again = button("Refund again", order, "refund")
        yield Task(f"A refund of {amount} did not reach the buyer.", (again,), is_urgent=True)


_UNANSWERED = (Dispute.Status.NEEDS_RESPONSE, Dispute.Status.WARNING_NEEDS_RESPONSE)


def sending_tasks(order: Order, shipments: Sequence[Shipment]) -> Iterator[Task]:
    """Yield what is to be packed, handed over, or looked after because it did not arrive."""
    left = sum(unsent(order, order.lines.filter(is_digital=False)).values())
    if left:
        units = "1 unit waits" if left == 1 else f"{left} units wait"
        what, label, action = ("laid out", "Lay out", "lay_out") if is_pickup(order) else ("sent", "Ship", "ship")
        buttons = (button(label, order, action), button("Packing list", order, "packing_list"))
        yield Task(f"{units} to be {what}.", buttons)
    for shipment in shipments:
        if (shipment.kind, shipment.status) in _WAITING:
            words = _WAITING[shipment.kind, shipment.status]
            yield Task(
                words, (button("Say how far it is", shipment, "step"),), is_urgent=shipment.status == "failed"
            )


_WAITING = {
    ("shipping", "processing"): "A parcel is packed, and waits to be handed over.",
    ("shipping", "failed"): "A parcel could not be delivered.",
    ("pickup", "processing"): "A pick-up is packed, and waits to be laid out.",
    ("pickup", "ready_for_pickup"): "A pick-up waits for the buyer.",
    ("pickup", "failed"): "A pick-up was not collected.",
}


def return_tasks(returns: Sequence[Return]) -> Iterator[Task]:
    """Yield what is to be decided, received and refunded."""
    for one in returns:
        if one.status in _STEPS:
            text, *actions = _STEPS[one.status]
            buttons = tuple(button(label, one, action) for label, action in actions)
            yield Task(str(text), buttons)


_STEPS: dict[str, tuple[Any, ...]] = {
    Return.Status.REQUESTED: (
        "The buyer asks to send something back.",
        ("Approve", "approve"),
        ("Decline", "decline"),
    ),
    Return.Status.APPROVED: ("Something is on its way back.", ("Take it in", "receive")),
    Return.Status.RECEIVED: (
        "Something came back, and is not refunded.",
        ("Refund it", "refund"),
        ("Close without a refund", "close"),
    ),
}


def email_tasks(emails: Sequence[Email]) -> Iterator[Task]:
    """Yield what did not reach the buyer."""
    for one in emails:
        if one.status in (Email.Status.REFUSED, Email.Status.FAILED):
            look = button("Look at it", one, "change")
            yield Task(f"An e-mail did not reach the buyer: {one.get_kind_display().lower()}.", (look,))
