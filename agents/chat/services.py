"""What a shopper does in a conversation: begins it, says something, confirms an order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from agents.chat.models import Conversation, ShopChat, Turn
from agents.chat.recording import record
from agents.chat.tasks import start
from commerce.accounts.models import Merchant
from commerce.checkout.confirmations import confirm
from commerce.checkout.sql import lock_any_session
from commerce.errors import BusyError, CommerceError, NotFoundError
from commerce.ids import new_id
from commerce.wallet.models import Card, Shopper
from commerce.wallet.services import take_over

MOST_WORDS = 2000
MOST_WAITING = 3
MOST_A_MINUTE = 20


class ChatClosedError(CommerceError):
    """The shop has no chat, or has closed it."""

    code = "chat_closed"


class EmptyWordsError(CommerceError):
    """Nothing was written."""

    code = "empty"


class TooManyTurnsError(CommerceError):
    """More was written than is being answered."""

    code = "too_many"


class AlreadyAnsweredError(CommerceError):
    """What is confirmed is not asked any more: it was confirmed already, or something else was said."""

    code = "already_answered"


def open_chat_of(merchant: Merchant) -> ShopChat:
    """Return a shop's chat. Raises ChatClosedError."""
    chat = ShopChat.objects.select_related("key").filter(merchant=merchant, is_open=True).first()
    if chat is None:
        raise ChatClosedError(f"{merchant.name} has no chat at the moment.")
    return chat


def begin_conversation(shopper: Shopper, merchant: Merchant, *, now: datetime) -> Conversation:
    """Begin a conversation. Raises ChatClosedError."""
    open_chat_of(merchant)
    return Conversation.objects.create(
        id=new_id("cnv"), merchant=merchant, shopper=shopper, created_at=now, last_at=now
    )


def require_turns_left(merchant: Merchant, shopper: Shopper | None, *, now: datetime) -> None:
    """Raise TooManyTurnsError where a shopper, or all of a shop's, had as many turns as there are for a day.

    Each turn asks a language model that somebody pays for. A shopper of None is somebody new.
    """
    since = now - timedelta(days=1)
    turns = Turn.objects.filter(
        conversation__merchant=merchant, conversation__last_at__gt=since, created_at__gt=since
    )
    had = turns.aggregate(shop=Count("pk"), own=Count("pk", filter=Q(conversation__shopper=shopper)))
    if had["own"] >= settings.CHAT_TURNS_PER_SHOPPER_A_DAY:
        raise TooManyTurnsError("This is as much as the assistant answers you in one day. Go on tomorrow.")
    if had["shop"] >= settings.CHAT_TURNS_PER_SHOP_A_DAY:
        raise TooManyTurnsError(
            f"The assistant of {merchant.name} has answered as much as it does in one day. Come back tomorrow."
        )


@transaction.atomic
def take_over_guest(guest: Shopper, shopper: Shopper, *, now: datetime) -> None:
    """Have who has logged in go on with what was begun as a guest: conversations, orders, cards and limits."""
    take_over(guest, shopper, now=now)
    Conversation.objects.filter(shopper=guest).update(shopper=shopper)


def latest_conversation(shopper: Shopper, merchant: Merchant) -> Conversation | None:
    """Return the conversation that a shopper would go on with."""
    known = Conversation.objects.filter(shopper=shopper, merchant=merchant, forgotten_at__isnull=True)
    return known.order_by("-last_at", "pk").first()


def conversation_of(shopper: Shopper | None, conversation_id: str) -> Conversation:
    """Return a conversation of this shopper's. Raises NotFoundError."""
    found = Conversation.objects.select_related("merchant", "shopper").filter(pk=conversation_id, shopper=shopper)
    conversation = found.first() if shopper else None
    if conversation is None:
        raise NotFoundError("There is no such conversation.")
    return conversation


@transaction.atomic
def say(conversation_id: str, text: str, *, now: datetime) -> Turn:
    """Say something. Where an order waits to be confirmed, it is a refusal with these words.

    Raises EmptyWordsError, TooManyTurnsError, ChatClosedError.
    """
    words = " ".join(text.split())[:MOST_WORDS]
    if not words:
        raise EmptyWordsError("Write something first.")
    conversation = _locked(conversation_id)
    open_chat_of(conversation.merchant)
    _require_room(conversation, now)
    require_turns_left(conversation.merchant, conversation.shopper, now=now)
    turn = _write_turn(conversation, Turn.Kind.WORDS, now, text=words)
    record(conversation_id, "shopper", {"text": words}, turn=turn)
    return turn


@transaction.atomic
def confirm_order(
    conversation_id: str,
    *,
    session_id: str,
    terms: str,
    card_id: str,
    evidence: dict[str, str],
    now: datetime,
) -> Turn:
    """Say yes to an order on the terms of that hash, to be paid with a card of the shopper's: once.

    What costs nothing takes no card.

    Raises AlreadyAnsweredError where it is not asked any more, NotFoundError for a card that is not the
    shopper's, OtherTermsError where the order has changed since it was shown.
    """
    conversation = _locked(conversation_id)
    if not session_id or conversation.question_checkout != session_id:
        raise AlreadyAnsweredError("This order has been confirmed already, or is not asked about any more.")
    card = _chosen_card(conversation, session_id, card_id)
    name, source = (str(card), card.pk) if card else ("", "")
    said = {**evidence, "conversation": conversation_id, "shopper": conversation.shopper_id, "card": name}
    yes = confirm(session_id, terms=terms, evidence=said, payment_source=source, now=now)
    turn = _write_turn(conversation, Turn.Kind.CONFIRMED, now, confirmation_id=yes.pk)
    record(conversation_id, "confirmed", {"checkout": session_id, "card": name}, turn=turn)
    return turn


def _chosen_card(conversation: Conversation, session_id: str, card_id: str) -> Card | None:
    """Return the card that is to pay; None where nothing is to be paid."""
    session = lock_any_session(session_id)
    if session is not None and session.document.totals.total_minor == 0:
        return None
    cards = Card.objects.filter(shopper_id=conversation.shopper_id, removed_at__isnull=True)
    card = cards.filter(pk=card_id).first()
    if card is None:
        raise NotFoundError("There is no such card in this wallet.")
    return card


def _locked(conversation_id: str) -> Conversation:
    Conversation.objects.select_for_update(no_key=True).get(pk=conversation_id)
    return Conversation.objects.select_related("merchant", "shopper").get(pk=conversation_id)


def _require_room(conversation: Conversation, now: datetime) -> None:
    turns = Turn.objects.filter(conversation=conversation)
    waiting = turns.filter(status__in=[Turn.Status.QUEUED, Turn.Status.RUNNING]).count()
    recent = turns.filter(created_at__gt=now - timedelta(minutes=1)).count()
    if waiting >= MOST_WAITING or recent >= MOST_A_MINUTE:
        raise TooManyTurnsError("One after the other, please: the last messages are still being answered.")


def _write_turn(conversation: Conversation, kind: Turn.Kind, now: datetime, **values: Any) -> Turn:
    """Write a turn that answers what is asked, if anything, and have it run."""
    turn = Turn.objects.create(
        id=new_id("trn"),
        conversation=conversation,
        kind=kind,
        answers=conversation.question,
        due_at=now,
        created_at=now,
        **values,
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        question="", question_checkout="", last_at=now, forgotten_at=None
    )
    transaction.on_commit(lambda: start(conversation.pk), robust=True)
    return turn


def require_idle(conversation: Conversation) -> None:
    """Raise BusyError while a turn is under way."""
    if conversation.turns.filter(status__in=[Turn.Status.QUEUED, Turn.Status.RUNNING]).exists():
        raise BusyError("The assistant is still at work on the last message.")
