"""A shop with a chat, over HTTP: the assistant's tools call a live server as they would in production."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from agents.chat import services, turns
from agents.chat.models import ChatEvent, Conversation, Turn
from agents.chat.opening import open_chat
from agents.shopper.checkpoints import prepare_checkpoints
from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.checkout.challenges import visit_payment
from commerce.wallet.models import Card
from commerce.wallet.services import add_card, welcome_guest
from tests.factories import (
    FulfillmentMethodFactory,
    MerchantFactory,
    ShippingZoneFactory,
    TaxRateFactory,
    VariantFactory,
)
from tests.shopper.scripted import ScriptedModel, call
from tests.stripe_account import StripeAccount

ADDRESS = {
    "name": "Ann Lee",
    "line_one": "1 Market St",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94105",
    "country": "US",
}
BUYER = {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee"}
EVIDENCE = {"address": "127.0.0.1", "user_agent": "A browser"}


@dataclass
class Chat:
    """A conversation, and the model that answers in it."""

    conversation: Conversation
    card: Card
    script: list[Any] = field(default_factory=list)
    model: ScriptedModel | None = None

    def say(self, text: str, *script: Any) -> Turn:
        """Say something, let the model answer by script, and wait until the turn is over."""
        self.script.extend(script)
        turn = services.say(self.conversation.pk, text, now=timezone.now())
        self.run()
        turn.refresh_from_db()
        return turn

    def run(self) -> int:
        return turns.run_waiting(self.conversation.pk)

    def terms(self, session_id: str) -> str:
        return visit_payment(session_id, now=timezone.now()).terms

    def confirm(self, session_id: str, *, terms: str = "", card: Card | None = None) -> Turn:
        return services.confirm_order(
            self.conversation.pk,
            session_id=session_id,
            terms=terms or self.terms(session_id),
            card_id=(card or self.card).pk,
            evidence=EVIDENCE,
            now=timezone.now(),
        )

    def asked(self) -> str:
        """Return the session that the shopper is asked to confirm."""
        self.conversation.refresh_from_db()
        return self.conversation.question_checkout

    def events(self, *kinds: str) -> list[ChatEvent]:
        events = ChatEvent.objects.filter(conversation=self.conversation).order_by("pk")
        return [one for one in events if not kinds or one.kind in kinds]

    def heard(self) -> str:
        """Return all that the model was told."""
        assert self.model is not None
        return repr(self.model.heard)

    def said(self) -> str:
        """Return what the assistant has said, in one piece."""
        return "".join(one.data["text"] for one in self.events("said")).strip()


@pytest.fixture
def shop(transactional_db: None) -> Merchant:
    merchant = MerchantFactory.create()
    zone = ShippingZoneFactory.create(merchant=merchant)
    FulfillmentMethodFactory.create(merchant=merchant, zone=zone, title="Standard", rate=500)
    TaxRateFactory.create(merchant=merchant)
    return merchant


@pytest.fixture
def mug(shop: Merchant) -> Variant:
    return VariantFactory.create(merchant=shop, price_minor=1800, stock__on_hand=5)


@pytest.fixture
def chat(
    shop: Merchant,
    stripe_account: StripeAccount,
    live_server: LiveServer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Chat:
    prepare_checkpoints()
    settings.SHOPPER_API_BASE = live_server.url
    open_chat(shop)
    shopper = welcome_guest().shopper
    now = timezone.now()
    chat = Chat(services.begin_conversation(shopper, shop, now=now), add_card(shopper, "pm_card_visa", now=now))
    model = ScriptedModel(script=chat.script)
    model.script = chat.script
    chat.model = model
    monkeypatch.setattr(turns, "shopper_model", lambda: model)
    monkeypatch.setattr(services, "start", lambda conversation_id: None)
    return chat


def last_checkout(messages: Any) -> str:
    for message in reversed(messages):
        if message.type == "tool" and "checkout_id" in (told := json.loads(message.text)):
            return str(told["checkout_id"])
    raise AssertionError("no checkout")


def ordered(mug: Variant, quantity: int = 1) -> list[Any]:
    """Return how a model gets from nothing to the question."""
    return [
        call("search_products", words="mug"),
        call("start_checkout", items=[{"variant_id": mug.pk, "quantity": quantity}]),
        lambda heard: call("update_checkout", checkout_id=last_checkout(heard), buyer=BUYER, address=ADDRESS),
        lambda heard: call("ask_to_pay", checkout_id=last_checkout(heard)),
    ]
