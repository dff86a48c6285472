"""Opening a shop's chat: an agent of its own, whose key buys nothing that the buyer has not confirmed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from agents.chat.models import ShopChat
from commerce import sealing
from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import Caller, authenticate, issue_key, revoke_key
from commerce.errors import CommerceError
from commerce.payments.connections import takes_real_cards

AGENT_NAME = "Chat of the shop"


class RealCardsError(CommerceError):
    """The shop charges real cards, and a wallet holds test cards only."""

    code = "real_cards"

    def __init__(self) -> None:
        super().__init__(
            "This shop charges real cards, and the chat pays with Stripe's test cards only: nobody could pay. "
            "Use the chat in a shop that takes test payments."
        )


def open_chat(merchant: Merchant) -> ShopChat:
    """Let shoppers chat in a shop. A chat that was closed opens again, with the key it had.

    Raises RealCardsError where nobody could pay in it.
    """
    if takes_real_cards(merchant):
        raise RealCardsError
    return _opened(merchant)


@transaction.atomic
def _opened(merchant: Merchant) -> ShopChat:
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    known = ShopChat.objects.filter(merchant=merchant).select_related("key").first()
    if known is not None and known.key.revoked_at is None:
        ShopChat.objects.filter(pk=known.pk).update(is_open=True)
        known.is_open = True
        return known
    agent, _ = Agent.objects.get_or_create(merchant=merchant, name=AGENT_NAME)
    key, token = issue_key(agent, always_confirms=True)
    values = {"key": key, "sealed_token": sealing.seal(token), "is_open": True}
    return ShopChat.objects.update_or_create(merchant=merchant, defaults=values)[0]


def close_chat(merchant: Merchant) -> None:
    """Let nobody begin or go on with a conversation. Orders that were placed are not touched."""
    ShopChat.objects.filter(merchant=merchant).update(is_open=False)


def rotate_key(merchant: Merchant, *, now: datetime) -> ShopChat:
    """Have the chat buy with a new key; the old one is void."""
    chat = ShopChat.objects.select_related("key").get(merchant=merchant)
    revoke_key(chat.key, now=now)
    return _opened(merchant)


def token_of(chat: ShopChat) -> str:
    """Return the key with which the chat buys."""
    return sealing.unseal(chat.sealed_token)


def caller_of(chat: ShopChat, *, now: datetime) -> Caller:
    """Return as whom the chat acts where it calls the domain itself."""
    return authenticate(token_of(chat), now=now)
