"""A shop's owner opens and closes the chat, and lets it be looked into."""

from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from agents.chat.models import ShopChat
from agents.chat.opening import RealCardsError, open_chat, rotate_key, token_of
from commerce.accounts.models import AgentKey, Merchant
from tests.factories import MerchantFactory
from tests.merchants.conftest import chief as chief

pytestmark = pytest.mark.django_db


def switch(chief: Client, chat: ShopChat, **values: str) -> None:
    answer = chief.post(f"/admin/chat/shopchat/{quote(str(chat.pk))}/change/", values)
    assert answer.status_code == 302
    chat.refresh_from_db()


def test_no_chat_is_opened_where_nobody_could_pay(chief: Client, settings: Settings) -> None:
    merchant, other = MerchantFactory.create_batch(2)
    chat = open_chat(other)
    settings.PAYMENTS_LIVE = True

    added = chief.post("/admin/chat/shopchat/add/", {"merchant": merchant.pk, "is_open": "on"})
    kept = chief.post(f"/admin/chat/shopchat/{quote(str(chat.pk))}/change/", {"is_open": "on"})

    for answer in (added, kept):
        assert "This shop charges real cards" in answer.content.decode()
    assert ShopChat.objects.get() == chat
    with pytest.raises(RealCardsError):
        open_chat(merchant)
    assert rotate_key(other, now=timezone.now()).key_id != chat.key_id
    switch(chief, chat)
    assert chat.is_open is False


def test_chat_is_opened_closed_and_looked_into(chief: Client, client: Client) -> None:
    merchant: Merchant = MerchantFactory.create()

    chief.post("/admin/chat/shopchat/add/", {"merchant": merchant.pk, "is_open": "on"})

    chat = ShopChat.objects.get()
    assert (chat.is_open, chat.has_inspector) == (True, False)
    assert AgentKey.objects.get().requires_confirmation
    assert token_of(chat).startswith("ack_")
    assert client.get(f"/chat/{merchant.slug}").status_code == 200
    switch(chief, chat, has_inspector="on")
    assert (chat.is_open, chat.has_inspector) == (False, True)
    assert client.get(f"/chat/{merchant.slug}").status_code == 404
    page = chief.get(f"/admin/chat/shopchat/{quote(str(chat.pk))}/change/").content.decode()
    assert token_of(chat) not in page


def test_the_key_of_a_chat_goes_on_wanting_confirmations(chief: Client) -> None:
    key = open_chat(MerchantFactory.create()).key
    path = f"/admin/accounts/agentkey/{quote(key.pk)}/change/"
    assert 'name="requires_confirmation"' not in chief.get(path).content.decode()

    answer = chief.post(path, {"scopes": ["checkout", "orders"]})

    key.refresh_from_db()
    assert (answer.status_code, key.scopes, key.requires_confirmation) == (302, ["checkout", "orders"], True)
