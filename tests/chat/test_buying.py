"""From words to an order: what is charged is what was confirmed, once."""

from __future__ import annotations

import json

from langchain_core.messages import AIMessage

from agents.chat.models import Turn
from commerce.catalog.models import Variant
from commerce.checkout.models import Confirmation
from commerce.orders.models import Order
from commerce.wallet.models import WalletToken
from tests.chat.conftest import Chat, ordered
from tests.stripe_account import StripeAccount


def test_words_become_an_order(chat: Chat, mug: Variant, stripe_account: StripeAccount) -> None:
    turn = chat.say("A mug to 1 Market St, please", *ordered(mug))
    session = chat.asked()

    assert turn.status == Turn.Status.DONE
    assert [one.data for one in chat.events("sheet")] == [{"checkout": session}]
    assert stripe_account.intents() == []

    chat.script.append(AIMessage("Thank you!"))
    chat.confirm(session)
    chat.run()

    order = Order.objects.get()
    (intent,) = stripe_account.intents()
    assert (order.total_minor, intent.amount) == (1800 + 500 + 130, 2430)
    assert (order.checkout_session_id, chat.asked()) == (session, "")
    assert chat.events("order")[-1].data["order"] == order.pk
    assert chat.said() == "Thank you!"


def test_nothing_secret_enters_the_conversation(chat: Chat, mug: Variant, stripe_account: StripeAccount) -> None:
    chat.say("A mug", *ordered(mug))
    chat.script.append(AIMessage("Thank you!"))
    chat.confirm(chat.asked())
    chat.run()

    told = json.dumps([one.data for one in chat.events()])
    heard = chat.heard()
    assert "spt_" not in told
    assert "spt_" not in heard
    assert "ack_" not in told + heard
    assert Confirmation.objects.get().evidence["card"] == "Visa •••• 4242"
    assert WalletToken.objects.get().amount_minor == 2430
