"""From words to an order: what is charged is what was confirmed, once."""

from __future__ import annotations

import json

from django.utils import timezone
from langchain_core.messages import AIMessage

from agents.chat import services
from agents.chat.models import ChatCheckout, Turn
from commerce.buyers import Address, Recipient
from commerce.catalog.models import Variant
from commerce.checkout.models import Confirmation
from commerce.checkout.sql import find_any_session
from commerce.orders.models import Order
from commerce.wallet.models import Shopper, WalletToken
from commerce.wallet.services import welcome_guest
from tests.chat.browsing import browsing
from tests.chat.conftest import ADDRESS, BUYER, Chat, last_checkout, ordered
from tests.factories import FulfillmentMethodFactory
from tests.shopper.scripted import call
from tests.stripe_account import StripeAccount

HOME = {part: text for part, text in ADDRESS.items() if part != "name"}


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


def test_name_and_address_may_come_before_the_email(chat: Chat, mug: Variant) -> None:
    start, _, ask = ordered(mug)[1:]
    names = {"first_name": "Ann", "last_name": "Lee"}
    chat.say(
        "A mug for Ann Lee",
        start,
        lambda heard: call("update_checkout", checkout_id=last_checkout(heard), buyer=names),
        lambda heard: call(
            "update_checkout", "where", checkout_id=last_checkout(heard), buyer=names, address=HOME
        ),
        AIMessage("And your e-mail address?"),
    )
    assert "Field required" not in chat.heard()

    chat.say(
        "ann@example.com",
        lambda heard: call("update_checkout", "who", checkout_id=last_checkout(heard), buyer=BUYER),
        ask,
    )

    session = find_any_session(chat.asked())
    assert session is not None
    assert session.document.email == "ann@example.com"
    assert session.document.recipient == Recipient("Ann Lee", address=Address(**ADDRESS))


def test_what_costs_nothing_is_ordered_without_a_card(
    chat: Chat, mug: Variant, stripe_account: StripeAccount
) -> None:
    FulfillmentMethodFactory.create(merchant=mug.product.merchant, title="Gift", rate=0)
    Variant.objects.filter(pk=mug.pk).update(price_minor=0)
    browser = browsing(chat)
    chat.say("A mug, as a gift", *ordered(mug))
    session = chat.asked()

    page = browser.page()
    assert "Place order: $0.00" in page.texts
    assert "Pay with" not in page.texts
    browser.send("pay", checkout=session, terms=chat.terms(session))
    chat.script.append(AIMessage("It is yours."))
    chat.run()

    assert Order.objects.get().total_minor == 0
    assert [one.data["order"] for one in chat.events("order", "problem")] == [Order.objects.get().pk]
    assert (WalletToken.objects.count(), stripe_account.intents()) == (0, [])


def test_what_costs_something_is_not_ordered_without_a_card(chat: Chat, mug: Variant) -> None:
    browser = browsing(chat)
    chat.say("A mug", *ordered(mug))
    session = chat.asked()

    answer = browser.send("pay", checkout=session, terms=chat.terms(session))

    assert "There is no such card in this wallet." in answer.content.decode()
    assert Confirmation.objects.count() == 0


def test_orders_are_found_in_another_conversation_of_the_shopper_s_alone(
    chat: Chat, mug: Variant, stripe_account: StripeAccount
) -> None:
    chat.say("A mug", *ordered(mug))
    session = chat.asked()
    chat.script.append(AIMessage("Thank you!"))
    chat.confirm(session)
    chat.run()
    mine, theirs = again(chat, chat.card.shopper), again(chat, welcome_guest().shopper)

    for one in (mine, theirs):
        one.say("Where is it?", call("order_status"), lambda heard: AIMessage(heard[-1].text))
        one.say("And this?", call("get_checkout", checkout_id=session), AIMessage("No."))

    assert json.loads(mine.said().removesuffix(" No."))["orders"][0]["order_id"] == Order.objects.get().pk
    assert json.loads(theirs.said().removesuffix(" No."))["error"]["code"] == "not_found"
    assert [one.kind for one in theirs.events("order", "checkout")] == []
    assert ChatCheckout.objects.get().conversation_id == chat.conversation.pk


def again(chat: Chat, shopper: Shopper) -> Chat:
    """Begin another conversation in the same shop."""
    conversation = services.begin_conversation(shopper, chat.conversation.merchant, now=timezone.now())
    return Chat(conversation, chat.card, chat.script, chat.model)
