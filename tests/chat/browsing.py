"""A browser without scripts at the page of a chat, known as the shopper of a conversation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from commerce.accounts.models import Membership, Merchant
from commerce.wallet.models import Shopper
from tests.chat.conftest import Chat
from tests.pages.reading import Page

KEY = "a key that only this browser has"


def known_browser(chat: Chat) -> Client:
    """Return a browser whose cookie names the shopper of a conversation."""
    key_hash = hashlib.sha256(KEY.encode()).hexdigest()
    Shopper.objects.filter(pk=chat.conversation.shopper_id).update(key_hash=key_hash)
    client = Client()
    client.cookies[settings.SHOPPER_COOKIE_NAME] = KEY
    return client


def work_for(shop: Merchant, role: str, chat: Chat) -> User:
    """Have the shopper of a conversation be somebody who logs in, with a role in a shop."""
    person = User.objects.create_user(f"{role} who shops")
    Membership.objects.create(user=person, merchant=shop, role=role)
    Shopper.objects.filter(pk=chat.conversation.shopper_id).update(user=person)
    return person


@dataclass
class Browsing:
    """What the shopper sees and sends."""

    chat: Chat
    client: Client

    @property
    def path(self) -> str:
        return f"/chat/{self.chat.conversation.merchant.slug}/{self.chat.conversation.pk}"

    def page(self) -> Page:
        response = self.client.get(self.path)
        assert response.status_code == 200
        return Page(response.content.decode())

    def send(self, where: str, /, **form: Any) -> HttpResponse:
        """Send a form as htmx does."""
        return self.client.post(f"{self.path}/{where}", form, headers={"HX-Request": "true"})  # type: ignore[return-value]

    def sheet(self, **form: Any) -> str:
        """Change the sheet that is asked about; return what it looks like then."""
        answer = self.send("sheet", checkout=self.chat.asked(), **form)
        assert answer.status_code == 200
        return answer.content.decode()

    def events(self, after: int = 0) -> str:
        return self.client.get(f"{self.path}/events?after={after}").content.decode()


def browsing(chat: Chat) -> Browsing:
    return Browsing(chat, known_browser(chat))
