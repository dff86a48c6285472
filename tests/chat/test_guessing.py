"""Trying out discount codes in the chat: slowed down for who does it, and for nobody else."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import Settings

from agents.chat import views
from agents.chat.models import ChatCheckout, Conversation, ShopChat
from agents.chat.opening import token_of
from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.wallet.services import welcome_guest
from tests.api import AcpClient
from tests.chat.browsing import Browsing, browsing
from tests.chat.conftest import Chat

TOO_MANY = "Too many codes were tried that there are not. Wait a minute."


@pytest.fixture
def assistant(chat: Chat, shop: Merchant) -> AcpClient:
    """The API as the chat's assistant calls it."""
    return AcpClient(token_of(ShopChat.objects.get(merchant=shop)))


@pytest.fixture
def asked(chat: Chat, assistant: AcpClient, mug: Variant) -> Browsing:
    """A shopper with a sheet."""
    session = opened(assistant, mug, chat.conversation)
    Conversation.objects.filter(pk=chat.conversation.pk).update(question="q", question_checkout=session)
    chat.conversation.events.create(kind="sheet", data={"checkout": session}, at=timezone.now())
    return browsing(chat)


def opened(assistant: AcpClient, mug: Variant, conversation: Conversation) -> str:
    """Return a checkout that the assistant has opened in a conversation."""
    session = str(assistant.create(mug.pk).body["id"])
    ChatCheckout.objects.create(session_id=session, conversation=conversation, created_at=timezone.now())
    return session


def test_guessing_by_hand_is_slowed_down(asked: Browsing, settings: Settings) -> None:
    settings.REJECTED_CODES_PER_SHOPPER = 1

    shown = [asked.sheet(action="add_code", code=f"GUESS{number}") for number in range(3)]

    assert [TOO_MANY in one for one in shown] == [False, False, True]
    assert "GUESS2" not in shown[2]
    assert TOO_MANY not in asked.sheet(action="remove_code", code="GUESS0")
    assert TOO_MANY not in asked.sheet(action="email", email="bea@example.com")


def test_those_at_one_address_are_slowed_down_together(asked: Browsing, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT, settings.REJECTED_CODES_PER_MINUTE = 1, 0
    asked.client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.77"
    asked.sheet(action="add_code", code="GUESS0")

    same = asked.sheet(action="add_code", code="GUESS1")
    asked.client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.78"
    elsewhere = asked.sheet(action="add_code", code="GUESS1")

    assert (TOO_MANY in same, TOO_MANY in elsewhere) == (True, False)


def test_guessing_through_the_assistant_stops_no_other_shopper(
    asked: Browsing, assistant: AcpClient, mug: Variant, shop: Merchant, settings: Settings
) -> None:
    settings.REJECTED_CODES_PER_SHOPPER, settings.REJECTED_CODES_PER_MINUTE = 2, 2
    other = Conversation.objects.create(
        merchant=shop, shopper=welcome_guest().shopper, created_at=timezone.now(), last_at=timezone.now()
    )
    theirs, ours = opened(assistant, mug, other), asked.chat.asked()

    guessed = assistant.update(ours, discounts={"codes": ["GUESS0", "GUESS1", "GUESS2"]})

    assert guessed.status == 200
    assert assistant.update(ours, discounts={"codes": ["GUESS3"]}).status == 429
    assert TOO_MANY in asked.sheet(action="add_code", code="GUESS3")
    assert assistant.update(ours, order_notes="x").status == 200
    assert assistant.update(theirs, discounts={"codes": ["GUESS3"]}).status == 200


def test_sheets_are_changed_so_often_and_no_more(asked: Browsing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_CHANGES_A_MINUTE", 1)

    first, second = (asked.sheet(action="email", email=f"{name}@example.com") for name in ("ann", "bea"))

    assert 'value="ann@example.com"' in first
    assert "Too many changes were made just now. Try again in a minute." in second
    assert 'value="ann@example.com"' in second
