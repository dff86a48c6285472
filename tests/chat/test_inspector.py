"""The timeline beside the chat: off by default, complete when on, and never with what gives power."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from langchain_core.messages import AIMessage

from agents.chat.inspecting import entry_of, may_inspect, server_of
from agents.chat.models import ChatEvent, ShopChat
from agents.chat.opening import token_of
from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.inbox.models import ProviderEvent
from commerce.payments.models import PaymentAttempt, Refund
from commerce.wallet.models import WalletToken
from tests.chat.browsing import KEY, Browsing, browsing, work_for
from tests.chat.conftest import Chat, ordered
from tests.factories import MerchantFactory


@pytest.fixture
def bought(chat: Chat, mug: Variant) -> Browsing:
    browser = browsing(chat)
    chat.say("I would like the Canvas Tote", *ordered(mug))
    chat.script.append(AIMessage("Thank you!"))
    chat.confirm(chat.asked())
    chat.run()
    return browser


def inspect(shop: Merchant, browser: Browsing) -> None:
    """Turn it on, for a shopper who works in the shop."""
    ShopChat.objects.filter(merchant=shop).update(has_inspector=True)
    browser.client.force_login(work_for(shop, "reader", browser.chat))


def sees_it(browser: Browsing) -> bool:
    """Say whether the inspector is shown, which it is on the page, in the stream and as a file, or nowhere."""
    page = browser.client.get(browser.path).content.decode()
    file = browser.client.get(f"{browser.path}/timeline.json").status_code == 200
    assert ('id="inspector"' in page) == ("/acp/" in page) == ("#timeline" in browser.events()) == file
    return file


def test_is_off_by_default(bought: Browsing) -> None:
    page = bought.client.get(bought.path).content.decode()

    assert "Inspector" not in page
    assert "/acp/" not in page
    assert "/acp/" not in bought.events()
    assert bought.client.get(f"{bought.path}/timeline.json").status_code == 404


def test_is_not_for_shoppers(bought: Browsing, shop: Merchant) -> None:
    ShopChat.objects.filter(merchant=shop).update(has_inspector=True)

    assert not sees_it(bought)


@pytest.mark.parametrize(
    ("role", "is_here", "is_seen"),
    [
        ("owner", True, True),
        ("manager", True, True),
        ("reader", True, True),
        ("support", True, False),
        ("owner", False, False),
    ],
)
def test_is_for_who_may_read_conversations_of_the_shop(
    chat: Chat, shop: Merchant, role: str, is_here: bool, is_seen: bool
) -> None:
    ShopChat.objects.filter(merchant=shop).update(has_inspector=True)
    somebody = work_for(shop if is_here else MerchantFactory.create(), role, chat)

    assert may_inspect(somebody, shop) is is_seen


def test_is_for_the_operator(chat: Chat, shop: Merchant) -> None:
    operator = User.objects.create_superuser("operator")

    assert not may_inspect(operator, shop)
    ShopChat.objects.filter(merchant=shop).update(has_inspector=True)
    assert may_inspect(operator, shop)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://agent.example/hooks/a-secret?key=another", "https://agent.example"),
        ("https://user:word@agent.example:8443/hooks", "https://agent.example:8443"),
    ],
)
def test_of_an_agents_address_only_the_server_is_named(url: str, shown: str) -> None:
    assert server_of(url) == shown


def test_tells_what_the_provider_told(bought: Browsing, shop: Merchant) -> None:
    inspect(shop, bought)
    attempt = PaymentAttempt.objects.get()
    refund = Refund.objects.create(
        id="ref_1", attempt=attempt, amount_minor=100, provider_reference="re_1", requested_at=timezone.now()
    )
    for event_id, subject in (("evt_1", attempt.provider_reference), ("evt_2", refund.provider_reference)):
        ProviderEvent.objects.create(
            id=event_id, kind=f"about.{subject[:2]}", subject=subject, payload={}, received_at=timezone.now()
        )

    told = json.loads(bought.client.get(f"{bought.path}/timeline.json").content)["timeline"]

    assert [(one["title"], one["status"]) for one in told if one["source"] == "provider"] == [
        ("about.pi", "received"),
        ("about.re", "received"),
    ]


def test_tells_the_whole_purchase(bought: Browsing, shop: Merchant) -> None:
    inspect(shop, bought)

    answer = bought.client.get(f"{bought.path}/timeline.json")

    told = json.loads(answer.content)["timeline"]
    titles = [(one["source"], one["title"], one["status"]) for one in told]
    assert titles[0] == ("chat", "The shopper writes", "")
    assert ("tool", "search_products", "called") in titles
    assert ("api", "POST /acp/checkout_sessions", "201") in titles
    assert [one for one in titles if one[0] == "payment"] == [("payment", "Payment", "authorized")]
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)
    assert answer["Content-Disposition"] == f'attachment; filename="{bought.chat.conversation.pk}.json"'


def test_nothing_in_it_gives_power(bought: Browsing, shop: Merchant) -> None:
    inspect(shop, bought)
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
    inspect(shop, bought)
    page = bought.client.get(bought.path).content.decode()
    last = int(re.findall(r'data-last="(\d+)"', page)[0])
    assert 'hx-target="#timeline"' not in bought.events(after=last)

    bought.chat.say("Thanks", AIMessage("You are welcome."))

    assert bought.events(after=last).count('hx-target="#timeline"') == 2
