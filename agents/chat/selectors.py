"""What a conversation's page reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from agents.chat.blocks import TOLD, Fold
from agents.chat.flags import Asked
from agents.chat.models import ChatCheckout, ChatEvent, Conversation, ShopChat, Turn
from commerce.accounts.models import Merchant
from commerce.checkout.document import Session
from commerce.checkout.sql import find_any_session
from commerce.errors import NotFoundError
from commerce.orders.models import Order
from commerce.wallet.models import Shopper

MOST_EARLIER = 8


def told(conversation_id: str, *, after: int = 0, until: int | None = None) -> Iterator[ChatEvent]:
    """Return the events that a page is made of, in order."""
    events = ChatEvent.objects.filter(conversation_id=conversation_id, kind__in=TOLD, pk__gt=after)
    if until is not None:
        events = events.filter(pk__lte=until)
    return events.order_by("pk").iterator(chunk_size=500)


def last_event_id(conversation_id: str) -> int:
    """Return the id of the latest event, 0 where nothing happened yet."""
    latest = ChatEvent.objects.filter(conversation_id=conversation_id).order_by("-pk")
    return latest.values_list("pk", flat=True).first() or 0


def folded(conversation_id: str, *, until: int | None = None) -> Fold:
    """Return a conversation as its page shows it."""
    return Fold().take_all(told(conversation_id, until=until))


def session_of(conversation: Conversation, session_id: str) -> Session:
    """Return a checkout session that this conversation has opened. Raises NotFoundError."""
    known = ChatCheckout.objects.filter(conversation=conversation, session_id=session_id).exists()
    session = find_any_session(session_id) if known else None
    if session is None:
        raise NotFoundError("There is no such checkout in this conversation.")
    return session


def checkouts_of(conversation: Conversation) -> set[str]:
    """Return the checkout sessions that a conversation has opened."""
    return set(ChatCheckout.objects.filter(conversation=conversation).values_list("session_id", flat=True))


def orders_of(shopper: Shopper, merchant: Merchant) -> list[str]:
    """Return what a shopper has bought in a shop, in whichever conversation, the newest first."""
    sessions = ChatCheckout.objects.filter(conversation__shopper=shopper, conversation__merchant=merchant)
    bought = Order.objects.filter(checkout_session_id__in=list(sessions.values_list("session_id", flat=True)))
    return list(bought.order_by("-placed_at", "pk").values_list("pk", flat=True))


def asked_for(conversation_id: str) -> Asked:
    """Return what the shopper has said, seen, and set by hand."""
    kinds = ("shopper", "changed", "products", "comparison")
    events = ChatEvent.objects.filter(conversation_id=conversation_id, kind__in=kinds).order_by("pk")
    texts: list[str] = []
    quantities: dict[str, int] = {}
    options: set[str] = set()
    shown: set[str] = set()
    for kind, data in events.values_list("kind", "data"):
        if kind == "shopper":
            texts.append(data["text"])
        elif kind == "changed":
            quantities |= data.get("quantities", {})
            options |= {data["option"]} if data.get("option") else set()
        else:
            shown |= {str(one["id"]) for one in data["products"]}
    return Asked(texts, quantities, frozenset(options), frozenset(shown))


@dataclass(frozen=True, slots=True)
class Earlier:
    """A conversation that can be gone on with, by the words that it began with."""

    path: str
    words: str
    last_at: datetime


def earlier_conversations(shopper: Shopper, merchant: Merchant, *, but: str = "") -> list[Earlier]:
    """Return the last conversations of a shopper in a shop, the latest first, without one of them."""
    said = Turn.objects.filter(conversation=OuterRef("pk"), kind=Turn.Kind.WORDS).order_by("created_at", "pk")
    kept = Conversation.objects.filter(shopper=shopper, merchant=merchant, forgotten_at__isnull=True)
    rows = (
        kept.exclude(pk=but)
        .annotate(words=Subquery(said.values("text")[:1]))
        .order_by("-last_at", "pk")[:MOST_EARLIER]
    )
    return [Earlier(reverse("conversation", args=[merchant.slug, one.pk]), one.words, one.last_at) for one in rows]


def chat_path(merchant_id: str) -> str:
    """Return the address of a shop's chat; empty where it is closed."""
    slug = ShopChat.objects.filter(merchant=merchant_id, is_open=True).values_list("merchant__slug", flat=True)
    return reverse("chat", args=[slug[0]]) if slug else ""


def shops_with_chat() -> list[Merchant]:
    """Return the shops in which shoppers can chat, by name."""
    shops = Merchant.objects.filter(chat__is_open=True, status=Merchant.Status.ACTIVE)
    return list(shops.order_by("name", "pk"))


def shopper_of(session_id: str) -> str:
    """Return the id of who shops in a checkout; empty where no conversation has opened it."""
    opened = ChatCheckout.objects.filter(session_id=session_id)
    return opened.values_list("conversation__shopper_id", flat=True).first() or ""


def way_back(session_id: str) -> str:
    """Return the address of the conversation that a checkout comes from; empty where it comes from elsewhere."""
    row = ChatCheckout.objects.filter(session_id=session_id).select_related("conversation__merchant").first()
    if row is None:
        return ""
    return reverse("conversation", args=[row.conversation.merchant.slug, row.conversation_id])
