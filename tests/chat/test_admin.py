"""A shop's owner opens and closes the chat, and lets it be looked into."""

from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from agents.chat.models import ShopChat
from agents.chat.opening import token_of
from commerce.accounts.models import AgentKey, Merchant
from tests.factories import MerchantFactory
from tests.merchants.conftest import chief as chief

pytestmark = pytest.mark.django_db


def switch(chief: Client, chat: ShopChat, **values: str) -> None:
    answer = chief.post(f"/admin/chat/shopchat/{quote(str(chat.pk))}/change/", values)
    assert answer.status_code == 302
    chat.refresh_from_db()


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
