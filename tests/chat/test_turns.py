"""Turns that are refused, repeated, cut off or raced: one order or a plain explanation, never two."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from langchain_core.messages import AIMessage
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from agents.chat import services, turns
from agents.chat.following import FAILED, look_after
from agents.chat.models import ChatCheckout, Turn
from agents.client import Agent, Exchange, RefusedError
from agents.shopper.checkpoints import checkpoints_of
from agents.shopper.language_models import ModelUnavailableError
from agents.shopper.running import TOO_MUCH
from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.checkout.confirmations import OtherTermsError
from commerce.checkout.models import CheckoutSession, Confirmation
from commerce.errors import NotFoundError
from commerce.inventory.models import StockItem
from commerce.orders.models import Order
from commerce.wallet.mandates import grant_mandate, revoke_mandate
from commerce.wallet.services import add_card, welcome_guest
from tests.chat.conftest import Chat, ordered
from tests.connections import connections_in_use
from tests.factories import MerchantFactory
from tests.shopper.scripted import call
from tests.stripe_account import StripeAccount
from tests.waiting import wait_until

THANKS = AIMessage("Thank you!")


def told(heard: Any) -> dict[str, Any]:
    """Return what the last tool has said."""
    return dict(json.loads(heard[-1].text))


@pytest.fixture
def asked(chat: Chat, mug: Variant) -> str:
    """The session that a shopper is asked to confirm."""
    chat.say("A mug to 1 Market St, please", *ordered(mug))
    return chat.asked()


def test_new_words_refuse_the_order(chat: Chat, asked: str, stripe_account: StripeAccount) -> None:
    chat.say("No, two of them", lambda heard: AIMessage(told(heard)["shopper_said"]))

    assert chat.said() == "No, two of them"
    assert chat.asked() == ""
    with pytest.raises(services.AlreadyAnsweredError):
        chat.confirm(asked)
    assert (Order.objects.count(), stripe_account.intents()) == (0, [])


def test_a_second_click_changes_nothing(chat: Chat, asked: str, stripe_account: StripeAccount) -> None:
    terms = chat.terms(asked)
    chat.confirm(asked, terms=terms)

    with pytest.raises(services.AlreadyAnsweredError):
        chat.confirm(asked, terms=terms)

    chat.script.append(THANKS)
    chat.run()
    assert (Order.objects.count(), len(stripe_account.intents())) == (1, 1)


def test_changed_terms_are_not_confirmed(chat: Chat, asked: str, mug: Variant) -> None:
    terms = chat.terms(asked)
    Variant.objects.filter(pk=mug.pk).update(price_minor=1900)
    CheckoutSession.objects.filter(pk=asked).update(version=1)
    chat.script.append(lambda heard: AIMessage(told(heard)["outcome"]))

    chat.confirm(asked, terms=terms)
    chat.run()

    assert chat.said() == "terms_changed"
    assert [one.data["code"] for one in chat.events("problem")] == ["terms_changed"]
    assert Order.objects.count() == 0


def test_terms_of_another_moment_are_refused(chat: Chat, asked: str) -> None:
    with pytest.raises(OtherTermsError):
        chat.confirm(asked, terms="0" * 64)
    assert chat.asked() == asked
    assert Confirmation.objects.count() == 0


def test_the_last_one_goes_to_somebody_else(chat: Chat, asked: str, mug: Variant) -> None:
    StockItem.objects.filter(pk=mug.pk).update(on_hand=0)
    chat.script.append(lambda heard: AIMessage(told(heard)["outcome"]))

    chat.confirm(asked)
    chat.run()

    assert Order.objects.count() == 0
    assert [one.data["code"] for one in chat.events("problem")] == [chat.said()] == ["out_of_stock"]


def test_a_declined_card_leaves_the_order_open_for_another(
    chat: Chat, asked: str, mug: Variant, stripe_account: StripeAccount
) -> None:
    now = timezone.now()
    bad = add_card(chat.card.shopper, "pm_card_visa_chargeDeclined", now=now)
    chat.script += [lambda heard: AIMessage(told(heard)["outcome"])]
    chat.confirm(asked, card=bad)
    chat.run()
    assert chat.said() == "declined"

    chat.say("Then my other card", ordered(mug)[-1])
    chat.script.append(THANKS)
    chat.confirm(chat.asked())
    chat.run()

    assert Order.objects.get().total_minor == 2430
    assert sorted(one.status for one in stripe_account.intents()) == [
        "requires_capture",
        "requires_payment_method",
    ]


def test_the_bank_asks_and_the_order_follows_by_itself(
    chat: Chat, asked: str, stripe_account: StripeAccount
) -> None:
    card = add_card(chat.card.shopper, "pm_card_threeDSecure2Required", now=timezone.now())
    chat.script.append(lambda heard: AIMessage(told(heard)["outcome"]))
    chat.confirm(asked, card=card)
    chat.run()
    assert chat.said() == "authentication"
    assert chat.events("challenge")[0].data["url"].endswith(f"/checkout/{asked}")
    assert look_after() == 0

    stripe_account.decide_challenge("complete")
    chat.terms(asked)  # the shopper comes back to the page, which settles it

    assert look_after() == 1
    assert look_after() == 0
    order = Order.objects.get()
    assert ChatCheckout.objects.get().order_id == order.pk
    assert [one.data["order"] for one in chat.events("order")] == [order.pk]


def test_a_worker_that_dies_after_paying_pays_once(
    chat: Chat, asked: str, stripe_account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Agent.post

    def die_afterwards(agent: Agent, path: str, body: dict[str, Any], key: str = "") -> Any:
        post(agent, path, body, key)
        raise MemoryError

    turn = chat.confirm(asked)
    with monkeypatch.context() as patch:
        patch.setattr(Agent, "post", die_afterwards)
        chat.run()
    turn.refresh_from_db()
    assert (turn.status, turn.tries, Order.objects.count()) == (Turn.Status.RUNNING, 1, 1)

    Turn.objects.filter(pk=turn.pk).update(due_at=timezone.now())
    chat.script.append(THANKS)
    assert turns.due_conversations(now=timezone.now()) == [chat.conversation.pk]
    chat.run()

    turn.refresh_from_db()
    assert (turn.status, chat.said()) == (Turn.Status.DONE, "Thank you!")
    assert (Order.objects.count(), len(stripe_account.intents())) == (1, 1)


def test_words_of_a_turn_that_was_cut_off_are_said_once(chat: Chat) -> None:
    def die(heard: Any) -> AIMessage:
        raise MemoryError

    turn = chat.say("Hello", die)
    assert turn.status == Turn.Status.RUNNING

    Turn.objects.filter(pk=turn.pk).update(due_at=timezone.now())
    chat.script.append(lambda heard: AIMessage(str([one.text for one in heard if one.type == "human"])))
    chat.run()

    assert chat.said() == "['Hello']"
    assert len(chat.events("again")) == 1


def test_a_turn_is_given_up_in_the_end(chat: Chat) -> None:
    def die(heard: Any) -> AIMessage:
        raise MemoryError

    turn = chat.say("Hello", die)
    for _ in range(4):
        Turn.objects.filter(pk=turn.pk).update(due_at=timezone.now())
        chat.script.append(die)
        chat.run()

    turn.refresh_from_db()
    assert (turn.status, turn.tries) == (Turn.Status.FAILED, 5)
    assert chat.events("problem")[0].data["code"] == "unavailable"
    assert chat.say("Are you there?", AIMessage("Yes.")).status == Turn.Status.DONE


def test_a_turn_that_ends_its_worker_is_not_begun_for_ever(chat: Chat) -> None:
    def die(heard: Any) -> AIMessage:
        raise MemoryError

    turn = chat.say("Hello", die)
    Turn.objects.filter(pk=turn.pk).update(due_at=timezone.now(), tries=10)
    chat.run()

    turn.refresh_from_db()
    assert (turn.status, turn.tries) == (Turn.Status.FAILED, 11)
    assert [one.data["code"] for one in chat.events("problem")] == ["unavailable"]
    assert chat.say("Are you there?", AIMessage("Yes.")).status == Turn.Status.DONE


def give_up(chat: Chat, turn: Turn) -> None:
    """Run a turn for the last time that it is tried."""
    Turn.objects.filter(pk=turn.pk).update(tries=4, due_at=timezone.now())
    chat.run()
    turn.refresh_from_db()
    assert turn.status == Turn.Status.FAILED


def test_a_payment_that_was_not_begun_is_told_of(
    chat: Chat, asked: str, monkeypatch: pytest.MonkeyPatch, stripe_account: StripeAccount
) -> None:
    def is_missing() -> Any:
        raise ModelUnavailableError("no key")

    with monkeypatch.context() as patch:
        patch.setattr(turns, "shopper_model", is_missing)
        give_up(chat, chat.confirm(asked))
    assert [one.data for one in chat.events("undecided", "problem")] == [{"checkout": asked}]
    assert ChatCheckout.objects.get().awaits == ChatCheckout.Awaits.PROVIDER

    assert look_after() == 1
    assert [one.data["text"] for one in chat.events("problem")] == [FAILED]
    confirmation = Confirmation.objects.get()
    assert confirmation.used_at is None
    assert confirmation.expires_at < timezone.now()
    chat.say("Then I do not want it", lambda heard: AIMessage(told(heard)["outcome"]))
    assert (chat.said(), stripe_account.intents()) == ("not_confirmed", [])


def test_a_payment_that_was_given_up_is_followed(
    chat: Chat, asked: str, monkeypatch: pytest.MonkeyPatch, stripe_account: StripeAccount
) -> None:
    post = Agent.post

    def die_afterwards(agent: Agent, path: str, body: dict[str, Any], key: str = "") -> Any:
        post(agent, path, body, key)
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Agent, "post", die_afterwards)
        give_up(chat, chat.confirm(asked))

    assert look_after() == 1
    assert [one.data["order"] for one in chat.events("order")] == [Order.objects.get().pk]
    assert (chat.events("problem"), len(stripe_account.intents())) == ([], 1)


def test_an_order_that_was_told_stands_without_more_words(chat: Chat, asked: str) -> None:
    def die(heard: Any) -> AIMessage:
        raise MemoryError

    chat.script.append(die)
    give_up(chat, chat.confirm(asked))

    assert [one.data["order"] for one in chat.events("order")] == [Order.objects.get().pk]
    assert [one.data["code"] for one in chat.events("undecided", "problem")] == ["unavailable"]


def test_a_model_that_goes_on_and_on_is_ended_with_a_sentence(chat: Chat, settings: Settings) -> None:
    settings.SHOPPER_MODEL_CALLS_PER_TURN = 2
    turn = chat.say("A mug", *[call("search_products", f"call_{one}", words="mug") for one in range(3)])

    assert (turn.status, turn.tries, len(chat.script)) == (Turn.Status.DONE, 1, 1)
    assert chat.said() == TOO_MUCH
    chat.script.clear()
    assert chat.say("Then the first one", AIMessage("Gladly.")).status == Turn.Status.DONE


def test_an_undecided_payment_is_not_paid_again(
    chat: Chat, asked: str, monkeypatch: pytest.MonkeyPatch, stripe_account: StripeAccount
) -> None:
    post = Agent.post

    def lose_the_answer(agent: Agent, path: str, body: dict[str, Any], key: str = "") -> Any:
        post(agent, path, body, key)
        raise RefusedError(Exchange("POST", path, "", None, "", 0, "failed"))

    monkeypatch.setattr("agents.shopper.desk.RETRIES", (0.0,))
    chat.script.append(lambda heard: AIMessage(told(heard)["outcome"]))
    chat.confirm(asked)
    with monkeypatch.context() as patch:
        patch.setattr(Agent, "post", lose_the_answer)
        chat.run()

    assert chat.said() == "undecided"
    assert look_after() == 1
    assert [one.data["order"] for one in chat.events("order")] == [Order.objects.get().pk]
    assert len(stripe_account.intents()) == 1


def test_words_written_before_the_question_answer_it(chat: Chat, mug: Variant) -> None:
    script = ordered(mug)

    def meanwhile(heard: Any) -> AIMessage:
        services.say(chat.conversation.pk, "Stop, not this one", now=timezone.now())
        return script[-1](heard)  # type: ignore[no-any-return]

    chat.say("A mug", *script[:-1], meanwhile, lambda heard: AIMessage(told(heard)["shopper_said"]))

    assert chat.said() == "Stop, not this one"
    assert (chat.asked(), chat.events("sheet")) == ("", [])


def test_a_turn_leaves_no_connection_behind(chat: Chat, asked: str, live_server: LiveServer) -> None:
    before = connections_in_use()
    chat.script.append(THANKS)
    chat.confirm(asked)
    chat.run()

    assert Order.objects.count() == 1
    wait_until(lambda: connections_in_use() <= before, "the end of the turn's connections")


def test_one_turn_runs_at_a_time(chat: Chat) -> None:
    services.say(chat.conversation.pk, "Hello", now=timezone.now())

    with checkpoints_of(chat.conversation.pk):
        assert chat.run() == 0

    chat.script.append(AIMessage("Hello."))
    assert chat.run() == 1


def test_cards_of_others_confirm_nothing(chat: Chat, asked: str) -> None:
    other = add_card(welcome_guest().shopper, "pm_card_visa", now=timezone.now())

    with pytest.raises(NotFoundError):
        chat.confirm(asked, card=other)
    assert chat.asked() == asked


def test_limits_of_the_shopper_hold(chat: Chat, asked: str, mug: Variant, shop: Merchant) -> None:
    mandate = grant_mandate(chat.card.shopper, currency="usd", limit_per_order_minor=2000)
    chat.script.append(lambda heard: AIMessage(told(heard)["message"]))
    chat.confirm(asked)
    chat.run()
    assert chat.said() == "Your limit is 20.00 USD for one order, and this is 24.30 USD."

    revoke_mandate(chat.card.shopper, mandate.pk, now=timezone.now())
    chat.say("Now", ordered(mug)[-1])
    chat.script.append(THANKS)
    chat.confirm(chat.asked())
    chat.run()
    assert Order.objects.count() == 1


def test_a_closed_chat_takes_no_words(chat: Chat, shop: Merchant) -> None:
    from agents.chat.opening import close_chat

    close_chat(shop)
    with pytest.raises(services.ChatClosedError):
        services.say(chat.conversation.pk, "Hello", now=timezone.now())


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_not_said(chat: Chat, text: str) -> None:
    with pytest.raises(services.EmptyWordsError):
        services.say(chat.conversation.pk, text, now=timezone.now())


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("CHAT_TURNS_PER_SHOPPER_A_DAY", "as much as the assistant answers you in one day"),
        ("CHAT_TURNS_PER_SHOP_A_DAY", "has answered as much as it does in one day"),
    ],
)
def test_there_is_an_end_to_a_days_turns(chat: Chat, settings: Settings, limit: str, says: str) -> None:
    setattr(settings, limit, 2)
    now = timezone.now()
    for hours in (25, 20, 1):
        services.say(chat.conversation.pk, "Hello", now=now - timedelta(hours=hours))
    Turn.objects.update(status=Turn.Status.DONE)

    with pytest.raises(services.TooManyTurnsError, match=says):
        services.say(chat.conversation.pk, "Hello", now=now)

    services.say(chat.conversation.pk, "Hello", now=now + timedelta(hours=5))
    assert Turn.objects.count() == 4


def test_days_are_counted_for_each_shopper_and_shop(chat: Chat, shop: Merchant, settings: Settings) -> None:
    settings.CHAT_TURNS_PER_SHOPPER_A_DAY = settings.CHAT_TURNS_PER_SHOP_A_DAY = 1
    shopper, now = chat.conversation.shopper, timezone.now()
    services.say(chat.conversation.pk, "Hello", now=now)

    services.require_turns_left(MerchantFactory.create(), shopper, now=now)
    settings.CHAT_TURNS_PER_SHOP_A_DAY = 2
    services.require_turns_left(shop, welcome_guest().shopper, now=now)
    services.require_turns_left(shop, None, now=now)
    with pytest.raises(services.TooManyTurnsError):
        services.require_turns_left(shop, shopper, now=now)


def test_who_writes_faster_than_is_answered_waits(chat: Chat) -> None:
    for _ in range(3):
        services.say(chat.conversation.pk, "Hello", now=timezone.now())
    with pytest.raises(services.TooManyTurnsError):
        services.say(chat.conversation.pk, "Hello", now=timezone.now())
