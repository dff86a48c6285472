"""What happens behind a conversation, as a timeline: calls of tools, requests of the API, payments, webhooks.

For who works in the shop, and only where its owner turns it on: it tells why a bank declined and what an agent's
server answered. It shows no key and no token: such words are struck out wherever they may stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.template.loader import render_to_string

from agents.chat.models import ChatCheckout, ChatEvent, Conversation, ShopChat
from agents.webhooks.models import DeliveryAttempt
from commerce.accounts.models import Membership, Merchant
from commerce.accounts.selectors import has_role
from commerce.backoffice.rights import Area, Right, right_of
from commerce.inbox.models import ProviderEvent
from commerce.money import Money
from commerce.payments.models import Dispute, PaymentAttempt, Refund

if TYPE_CHECKING:
    from commerce.accounts.selectors import Person

KINDS = ("shopper", "confirmed", "call", "answer", "exchange", "problem", "again", "done")
MOST_TEXT = 4000
_SECRET = re.compile(r"\b(?:spt|ack|sk|rk|pk|whsec|tok)_[A-Za-z0-9_]{6,}|Bearer\s+[\w.~+/-]+=*")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. `source` is chat, tool, api, payment, provider or webhook."""

    at: datetime
    source: str
    title: str
    status: str = ""
    is_bad: bool = False
    milliseconds: int | None = None
    sent: str = ""
    answer: str = ""

    def document(self) -> dict[str, Any]:
        """Return the entry for a file."""
        return asdict(self) | {"at": self.at.isoformat()}


def may_inspect(user: Person, merchant: Merchant) -> bool:
    """Say whether somebody is shown the timeline: whose role lets them read conversations in the back office."""
    roles = [role for role in Membership.Role.values if right_of(role, Area.AGENTS) >= Right.VIEW]
    is_on = ShopChat.objects.filter(merchant=merchant, has_inspector=True).exists()
    return is_on and has_role(user, merchant, *roles)


def timeline(conversation: Conversation, *, until: int | None = None) -> list[Entry]:
    """Return all that happened in a conversation and because of it, in order; its events until one of them."""
    rows = ChatCheckout.objects.filter(conversation=conversation).values_list("session_id", "order_id")
    sessions, orders = [one for one, _ in rows], [one for _, one in rows if one]
    events = ChatEvent.objects.filter(conversation=conversation, kind__in=KINDS).order_by("pk")
    if until is not None:
        events = events.filter(pk__lte=until)
    attempts = list(PaymentAttempt.objects.filter(reference__in=sessions).order_by("submitted_at", "pk"))
    entries = [
        *(entry for event in events if (entry := entry_of(event))),
        *(_payment(one) for one in attempts),
        *_provider_events(attempts),
        *_webhooks(orders),
    ]
    return sorted(entries, key=lambda one: one.at)


def timeline_partials(event: ChatEvent) -> list[str]:
    """Return what an event adds to a timeline that is open."""
    entry = entry_of(event) if event.kind in KINDS else None
    if entry is None:
        return []
    shown = render_to_string("chat/entry.html", {"entry": entry})
    return [f'<hx-partial hx-target="#timeline" hx-swap="beforeend">{shown}</hx-partial>']


def entry_of(event: ChatEvent) -> Entry | None:
    """Put an event of the conversation into an entry."""
    data = event.data
    match event.kind:
        case "shopper":
            return Entry(event.at, "chat", "The shopper writes", sent=_clean(data["text"]))
        case "confirmed":
            return Entry(event.at, "chat", "The shopper confirms the order", sent=_clean(data))
        case "call":
            return Entry(event.at, "tool", str(data["name"]), "called", sent=_clean(data["arguments"]))
        case "answer":
            status = str(data["status"])
            return Entry(event.at, "tool", "answer", status, status == "error", answer=_clean(data["text"]))
        case "exchange":
            return _exchange(event)
        case "problem":
            return Entry(event.at, "chat", "Problem", str(data["code"]), True, answer=_clean(data["text"]))
        case "again":
            return Entry(event.at, "chat", "The turn was cut off and begins again", is_bad=True)
        case _:
            return Entry(event.at, "chat", "The turn is over")


def _exchange(event: ChatEvent) -> Entry:
    data = event.data
    status = str(data["status"] or "no answer")
    return Entry(
        at=event.at,
        source="api",
        title=_clean(f"{data['method']} {data['path']}"),
        status=status,
        is_bad=not status.startswith("2"),
        milliseconds=data["milliseconds"],
        sent=_clean(data["sent"]),
        answer=_clean(data["answer"] or data["error"]),
    )


def _payment(attempt: PaymentAttempt) -> Entry:
    told = {
        "attempt": attempt.pk,
        "checkout": attempt.reference,
        "amount": str(Money(attempt.amount_minor, attempt.currency)),
        "captured": str(Money(attempt.captured_minor, attempt.currency)),
        "refunded": str(Money(attempt.refunded_minor, attempt.currency)),
        "provider": attempt.provider_reference,
        "decline_code": attempt.decline_code,
        "authentication": attempt.authentication,
        "tries": attempt.tries,
        "settled_at": attempt.settled_at.isoformat() if attempt.settled_at else None,
    }
    is_bad = attempt.status in (PaymentAttempt.Status.DECLINED, PaymentAttempt.Status.FAILED)
    took = attempt.settled_at - attempt.submitted_at if attempt.settled_at else None
    milliseconds = int(took.total_seconds() * 1000) if took else None
    return Entry(
        attempt.submitted_at, "payment", "Payment", attempt.status, is_bad, milliseconds, answer=_clean(told)
    )


def _provider_events(attempts: Sequence[PaymentAttempt]) -> Iterator[Entry]:
    subjects = [one.provider_reference for one in attempts if one.provider_reference]
    for kind in (Refund, Dispute):
        subjects += kind.objects.filter(attempt__in=attempts).values_list("provider_reference", flat=True)
    for event in ProviderEvent.objects.filter(subject__in=subjects).order_by("received_at", "pk"):
        handled = "handled" if event.handled_at else "received"
        yield Entry(event.received_at, "provider", event.kind, handled, answer=_clean(event.payload))


def _webhooks(orders: Sequence[str]) -> Iterator[Entry]:
    tries = DeliveryAttempt.objects.filter(delivery__order__in=orders).select_related("delivery__endpoint")
    for one in tries.order_by("attempted_at", "pk"):
        status = str(one.status or one.error)
        yield Entry(
            at=one.attempted_at,
            source="webhook",
            title=f"{one.delivery.kind} to {server_of(one.delivery.endpoint.url)}",
            status=status,
            is_bad=not status.startswith("2"),
            milliseconds=one.milliseconds,
            answer=_clean(one.answer),
        )


def server_of(url: str) -> str:
    """Return the part of an address that is no secret: agents put keys into paths and queries."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _clean(told: Any) -> str:
    """Write something for people to read, without what gives power and cut to a length."""
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, indent=1)
    text = _SECRET.sub("•••", _readable(text))
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"


def _readable(text: str) -> str:
    """Indent JSON; leave anything else."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except ValueError:
        return text
