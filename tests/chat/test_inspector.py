"""The timeline beside the chat: off by default, complete when on, and never with what gives power."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.utils import timezone
from langchain_core.messages import AIMessage

from agents.chat.inspecting import entry_of
from agents.chat.models import ChatEvent, ShopChat
from agents.chat.opening import token_of
from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.inbox.provider_events import fetch_missed
from commerce.wallet.models import WalletToken
from tests.chat.browsing import KEY, Browsing, browsing
from tests.chat.conftest import Chat, ordered


@pytest.fixture
def bought(chat: Chat, mug: Variant) -> Browsing:
    browser = browsing(chat)
    chat.say("I would like the Canvas Tote", *ordered(mug))
    chat.script.append(AIMessage("Thank you!"))
    chat.confirm(chat.asked())
    chat.run()
    fetch_missed(now=timezone.now())
    return browser


def inspect(shop: Merchant) -> None:
    ShopChat.objects.filter(merchant=shop).update(has_inspector=True)


def test_is_off_by_default(bought: Browsing) -> None:
    page = bought.client.get(bought.path).content.decode()

    assert "Inspector" not in page
    assert "/acp/" not in page
    assert "/acp/" not in bought.events()
    assert bought.client.get(f"{bought.path}/timeline.json").status_code == 404


def test_tells_the_whole_purchase(bought: Browsing, shop: Merchant) -> None:
    inspect(shop)

    answer = bought.client.get(f"{bought.path}/timeline.json")

    told = json.loads(answer.content)["timeline"]
    titles = [(one["source"], one["title"], one["status"]) for one in told]
    assert titles[0] == ("chat", "The shopper writes", "")
    assert ("tool", "search_products", "called") in titles
    assert ("api", "POST /acp/checkout_sessions", "201") in titles
    assert [one for one in titles if one[0] == "payment"] == [("payment", "Payment", "authorized")]
    assert ("provider", "payment_intent.amount_capturable_updated", "received") in titles
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)
    assert answer["Content-Disposition"] == f'attachment; filename="{bought.chat.conversation.pk}.json"'


def test_nothing_in_it_gives_power(bought: Browsing, shop: Merchant) -> None:
    inspect(shop)
    secrets = [
        token_of(ShopChat.objects.get(merchant=shop)),
        sealing.unseal(bytes(WalletToken.objects.get().sealed_token or b"")),
        settings.STRIPE_SECRET_KEY,
        settings.SECRET_KEY,
        KEY,
    ]

    for path in ("", "/events", "/timeline.json"):
        shown = bought.client.get(bought.path + path).content.decode()
        assert [secret for secret in secrets if secret in shown] == []
        assert re.findall(r"(?:spt|ack|sk_test|sk_live|whsec)_\w{6,}", shown) == []


def test_what_gives_power_is_struck_out_wherever_it_stands(chat: Chat) -> None:
    event = ChatEvent(
        kind="exchange",
        at=timezone.now(),
        data={
            "method": "POST",
            "path": "/acp/x?key=ack_abcdefgh_secret",
            "status": 200,
            "milliseconds": 5,
            "sent": '{"token": "spt_123456789"}',
            "answer": "Authorization: Bearer abc.def-ghi",
            "error": "",
        },
    )

    entry = entry_of(event)

    assert entry is not None
    assert entry.title == "POST /acp/x?key=•••"
    assert entry.sent == '{\n "token": "•••"\n}'
    assert entry.answer == "Authorization: •••"


def test_open_timeline_grows_and_repeats_nothing(bought: Browsing, shop: Merchant) -> None:
    inspect(shop)
    page = bought.client.get(bought.path).content.decode()
    last = int(re.findall(r'data-last="(\d+)"', page)[0])
    assert 'hx-target="#timeline"' not in bought.events(after=last)

    bought.chat.say("Thanks", AIMessage("You are welcome."))

    assert bought.events(after=last).count('hx-target="#timeline"') == 2
