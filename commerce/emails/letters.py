"""Writes an e-mail out: the words of the order's page, as text and as HTML. Nothing is loaded from elsewhere.

What buyers, shops and carriers have typed may hold anything; what could add a header, forge a line or turn text
around is taken out first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.utils import formataddr, parseaddr
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from commerce.accounts.models import Merchant
from commerce.aftersales.models import Return
from commerce.emails.models import Email
from commerce.fulfillment.models import PickupLocation
from commerce.fulfillment.records import OrderDetails
from commerce.fulfillment.selectors import order_details
from commerce.orders.models import Adjustment
from commerce.pages.orders import OrderView, order_view
from commerce.pages.wording import amount_text
from commerce.payments.models import Refund
from commerce.text import line, visible, web_address

Kind = Email.Kind


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail as it goes out. `sender` and `reply_to` are what the headers say."""

    recipient: str
    sender: str
    reply_to: str
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Matter:
    """What an e-mail is about."""

    email: Email
    merchant: Merchant
    details: OrderDetails
    view: OrderView


def write_letter(email_id: str) -> Letter:
    """Write an e-mail as things are now."""
    email = Email.objects.select_related("order__merchant").get(pk=email_id)
    merchant = email.order.merchant
    details = order_details(email.order_id)
    methods = [option.id for option in details.order.fulfillment if option.kind == "pickup"]
    places = list(PickupLocation.objects.filter(fulfillmentmethod__in=methods)) if methods else []
    matter = _Matter(email, merchant, details, order_view(details, merchant=merchant, pickup_places=places))
    context = harmless(
        {
            **_FACTS[Kind(email.kind)](matter),
            "order": asdict(matter.view),
            "page": f"{settings.PUBLIC_BASE_URL}/orders/{details.order.permalink_token}",
            "shop": _shop(merchant),
        }
    )
    text = render_to_string(f"emails/{email.kind}.txt", context)
    return Letter(
        recipient=email.recipient,
        sender=formataddr((context["shop"]["name"], _address())),
        reply_to=merchant.support_email,
        subject=context["title"],
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string(f"emails/{email.kind}.html", context),
        headers=_headers(email),
    )


def _address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _headers(email: Email) -> tuple[tuple[str, str], ...]:
    """Return headers that keep an order's e-mails together, and other machines from answering (RFC 3834)."""
    domain = _address().rpartition("@")[2] or urlsplit(settings.PUBLIC_BASE_URL).hostname
    return (
        ("Message-ID", f"<{email.pk}@{domain}>"),
        ("References", f"<{email.order_id}@{domain}>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", "en"),
    )


def _shop(merchant: Merchant) -> dict[str, str]:
    return {
        "name": line(merchant.name),
        "email": merchant.support_email,
        "phone": line(merchant.support_phone),
        "hours": line(merchant.support_hours),
        "help": web_address(merchant.help_center_url),
        "return_policy": web_address(merchant.return_policy_url),
    }


def harmless(value: Any) -> Any:
    """Return a value whose texts stay in their line and read as they are written."""
    if isinstance(value, str):
        return visible("".join(" " if category(one) in ("Cc", "Zl", "Zp") else one for one in value)).strip()
    if isinstance(value, Mapping):
        return {name: harmless(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(part) for part in value]
    return value


def _receipt(matter: _Matter) -> dict[str, Any]:
    return {"title": f"Your order {matter.view.number}"}


def _shipped(matter: _Matter) -> dict[str, Any]:
    is_correction = ":" in matter.email.reference
    what = "A part of your order" if _is_part(matter) else "Your order"
    return {
        "title": f"A new tracking number for your order {matter.view.number}"
        if is_correction
        else f"{what} {matter.view.number} is on its way",
        "is_part": _is_part(matter),
        "is_correction": is_correction,
        "shipment": _shipment(matter),
    }


def _ready_for_pickup(matter: _Matter) -> dict[str, Any]:
    return {
        "title": f"Your order {matter.view.number} is ready to be picked up",
        "shipment": _shipment(matter),
    }


def _delivered(matter: _Matter) -> dict[str, Any]:
    shipment = _shipment(matter)
    is_download = any(one.id == _shipment_id(matter) and one.kind == "digital" for one in matter.details.shipments)
    what = "A part of your order" if _is_part(matter) else "Your order"
    return {
        "title": f"Your download for order {matter.view.number}"
        if is_download
        else f"{what} {matter.view.number} was delivered",
        "is_download": is_download,
        "shipment": shipment,
        "return_days": 0 if is_download else matter.merchant.return_days,
    }


def _canceled(matter: _Matter) -> dict[str, Any]:
    told = Adjustment.objects.get(pk=matter.email.reference)
    what = "Your order" if matter.view.is_canceled else "A part of your order"
    return {
        "title": f"{what} {matter.view.number} was canceled",
        "items": _items(matter, told),
        "why": told.description,
        "is_refunded": Refund.objects.filter(attempt__order=matter.email.order_id, request_key=told.pk).exists(),
    }


def _refunded(matter: _Matter) -> dict[str, Any]:
    told = Adjustment.objects.get(reference=matter.email.reference)
    return {
        "title": f"A refund for your order {matter.view.number}",
        "amount": amount_text(told.amount_minor or 0, matter.details.order.currency),
        "why": told.description,
    }


def _return_decided(matter: _Matter, outcome: str) -> dict[str, Any]:
    returned = Return.objects.select_related("adjustment").get(pk=matter.email.reference)
    return {
        "title": f"Your return for order {matter.view.number} is {outcome}",
        "items": _items(matter, returned.adjustment),
        # The shop's own lines: how to send something back is more than one.
        "answer": [line for line in returned.answer.splitlines() if line.strip()],
    }


def _return_approved(matter: _Matter) -> dict[str, Any]:
    return _return_decided(matter, "approved")


def _return_declined(matter: _Matter) -> dict[str, Any]:
    return _return_decided(matter, "declined")


_FACTS: Mapping[Kind, Callable[[_Matter], dict[str, Any]]] = {
    Kind.RECEIPT: _receipt,
    Kind.SHIPPED: _shipped,
    Kind.READY_FOR_PICKUP: _ready_for_pickup,
    Kind.DELIVERED: _delivered,
    Kind.CANCELED: _canceled,
    Kind.REFUNDED: _refunded,
    Kind.RETURN_APPROVED: _return_approved,
    Kind.RETURN_DECLINED: _return_declined,
}


def _is_part(matter: _Matter) -> bool:
    """Say whether more of the order is to come."""
    return matter.details.order.status in ("confirmed", "processing")


def _shipment_id(matter: _Matter) -> str:
    return matter.email.reference.partition(":")[0]


def _shipment(matter: _Matter) -> dict[str, Any]:
    pairs = zip(matter.details.shipments, matter.view.shipments, strict=True)
    return next(asdict(view) for record, view in pairs if record.id == _shipment_id(matter))


def _items(matter: _Matter, told: Adjustment) -> list[str]:
    titles = {line.id: line.title for line in matter.details.order.lines}
    return [f"{line['quantity']} × {titles[line['id']]}" for line in told.lines if line["id"] in titles]  # noqa: RUF001
