"""What stands at the top of an order's page: how it is, what is to be done next, and the buttons for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from commerce.aftersales.models import RETURN_TRANSITIONS, Return
from commerce.emails.models import Email
from commerce.fulfillment.dispatch import can_be_canceled, next_statuses
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.selectors import order_details
from commerce.orders.models import Order, OrderNote
from commerce.pages.orders import OrderView, ShipmentView, order_view
from commerce.pages.wording import amount_text, moment_text
from merchants.admin.order_tasks import (
    Button,
    Clock,
    Task,
    button,
    email_tasks,
    money_tasks,
    return_tasks,
    sending_tasks,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A shipment, a return, a note or an e-mail of the order."""

    title: str
    status: str
    facts: tuple[str, ...] = ()
    url: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`tasks` is empty where nothing is to be done; buttons are there for who may use them."""

    view: OrderView
    buyer: str
    email: str
    agent: str
    payment: str
    note: str
    tasks: tuple[Task, ...]
    shipments: tuple[Part, ...]
    returns: tuple[Part, ...]
    notes: tuple[Part, ...]
    emails: tuple[Part, ...]


def order_page(order: Order, *, may_handle: bool) -> OrderPage:
    """Put an order into words for the staff, in the merchant's time zone."""
    details = order_details(order.pk)
    view = order_view(details, merchant=order.merchant)
    shipments = list(order.shipments.order_by("created_at", "pk"))
    returns = list(
        order.returns.select_related("refund__attempt").prefetch_related("lines__order_line").order_by("pk")
    )
    emails = list(order.emails.order_by("created_at", "pk"))
    zone = ZoneInfo(order.merchant.time_zone)

    def at(moment: datetime) -> str:
        return moment_text(moment.astimezone(zone))

    tasks = (
        *money_tasks(order, at),
        *sending_tasks(order, shipments),
        *return_tasks(returns),
        *email_tasks(emails),
    )
    page = OrderPage(
        view=view,
        buyer=f"{order.buyer.get('first_name') or ''} {order.buyer.get('last_name') or ''}".strip(),
        email=order.email,
        agent=order.agent.name,
        payment=order.payment.get_status_display() if order.payment else "nothing was to be paid",
        note=order.notes,
        tasks=tasks,
        shipments=tuple(_shipment(one, shown) for one, shown in zip(shipments, view.shipments, strict=True)),
        returns=tuple(_return(one, at) for one in returns),
        notes=tuple(_note(one, at) for one in order.staff_notes.order_by("-written_at", "-pk")),
        emails=tuple(_email(one, at) for one in emails),
    )
    return page if may_handle else _to_look_at(page)


def _to_look_at(page: OrderPage) -> OrderPage:
    """Take the buttons away; what is to be done may be known."""
    return replace(
        page,
        tasks=tuple(replace(one, buttons=()) for one in page.tasks),
        shipments=tuple(replace(one, buttons=()) for one in page.shipments),
        returns=tuple(replace(one, buttons=()) for one in page.returns),
    )


def _shipment(shipment: Shipment, shown: ShipmentView) -> Part:
    tracking = " ".join(part for part in (shown.carrier, shown.tracking_number) if part)
    offered = [
        button("Say how far it is", shipment, "step") if next_statuses(shipment) else None,
        button("Correct the tracking", shipment, "tracking") if _is_tracked(shipment) else None,
        button("Unpack", shipment, "unpack") if can_be_canceled(shipment) else None,
        button("Packing list", shipment, "packing_list") if shipment.kind != Shipment.Kind.DIGITAL else None,
    ]
    facts = (*shown.items, tracking, *(f"{step.text}, {step.when}" for step in shown.steps[-1:]))
    return Part(
        title=shown.title,
        status=shown.status,
        facts=tuple(fact for fact in facts if fact),
        url=button("", shipment, "change").url,
        buttons=tuple(one for one in offered if one),
    )


def _is_tracked(shipment: Shipment) -> bool:
    return shipment.kind == Shipment.Kind.SHIPPING and shipment.status != Shipment.Status.CANCELED


def _return(returned: Return, at: Clock) -> Part:
    items = [f"{part.quantity} × {part.order_line.title}" for part in returned.lines.all()]  # noqa: RUF001
    refunded = returned.refund and amount_text(returned.refund.amount_minor, returned.refund.attempt.currency)
    facts = (
        *items,
        returned.get_reason_display(),
        f"The buyer says: {returned.note}" if returned.note else "",
        f"Exception: {returned.exception_note}" if returned.exception_note else "",
        f"Refund of {refunded}: {returned.refund.get_status_display()}" if returned.refund else "",
        f"{'Asked for' if returned.reason else 'Brought back by its carrier'} on {at(returned.requested_at)}",
    )
    ways = [("Cancel the return", "cancel")] if RETURN_TRANSITIONS.allows(returned.status, "canceled") else []
    return Part(
        title="Return",
        status=returned.get_status_display(),
        facts=tuple(fact for fact in facts if fact),
        url=button("", returned, "change").url,
        buttons=tuple(button(label, returned, action) for label, action in ways)
        if returned.status != Return.Status.CANCELED
        else (),
    )


def _note(note: OrderNote, at: Clock) -> Part:
    return Part(note.author, at(note.written_at), tuple(note.text.splitlines()))


def _email(email: Email, at: Clock) -> Part:
    when = at(email.sent_at) if email.sent_at else email.error
    return Part(
        email.get_kind_display(),
        email.get_status_display(),
        (when,) if when else (),
        url=button("", email, "change").url,
    )
