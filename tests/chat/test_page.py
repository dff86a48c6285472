"""The page of the chat as a browser without scripts meets it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from langchain_core.messages import AIMessage
from pytest_django import Settings

from agents.chat.models import ChatEvent, Conversation, Turn
from agents.chat.opening import close_chat
from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.orders.models import Order
from commerce.wallet.models import Card, Shopper
from tests.chat.browsing import Browsing, browsing
from tests.chat.conftest import Chat, ordered
from tests.factories import MerchantFactory, ProductFactory, VariantFactory
from tests.pages.reading import Page
from tests.shopper.scripted import call
from tests.stripe_account import StripeAccount


@pytest.fixture
def browser(chat: Chat) -> Browsing:
    return browsing(chat)


@pytest.fixture
def asked(chat: Chat, browser: Browsing, mug: Variant) -> Browsing:
    """A shopper who is asked to pay for a tote."""
    chat.say("I would like the Canvas Tote", *ordered(mug))
    return browser


def test_first_words_begin_a_conversation(chat: Chat, shop: Merchant) -> None:
    client = Client()
    Conversation.objects.all().delete()

    empty = client.get(f"/chat/{shop.slug}?say=Tell+me+about+the+%3Cb%3ETote")
    assert (empty.status_code, Conversation.objects.count()) == (200, 0)
    assert "Tell me about the &lt;b&gt;Tote</textarea>" in empty.content.decode()
    answer = client.post(f"/chat/{shop.slug}/new", {"text": "A mug, please"})

    conversation = Conversation.objects.get()
    cookie = answer.cookies[settings.SHOPPER_COOKIE_NAME]
    assert answer["Location"] == f"/chat/{shop.slug}/{conversation.pk}"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert Turn.objects.get().text == "A mug, please"
    assert Card.objects.get(shopper=conversation.shopper).name == "pm_card_visa"
    assert client.get(f"/chat/{shop.slug}")["Location"] == answer["Location"]
    assert "A mug, please" in Page(client.get(answer["Location"]).content.decode()).texts


def test_empty_words_begin_nothing(chat: Chat, shop: Merchant) -> None:
    before = Shopper.objects.count()

    answer = Client().post(f"/chat/{shop.slug}/new", {"text": "  "}, follow=True)

    assert "Write something first." in answer.content.decode()
    assert (Shopper.objects.count(), Conversation.objects.count()) == (before, 1)


def test_nobody_is_welcomed_to_a_shop_that_has_answered_enough(
    chat: Chat, shop: Merchant, settings: Settings
) -> None:
    settings.CHAT_TURNS_PER_SHOP_A_DAY = 0
    before = Shopper.objects.count()

    answer = Client().post(f"/chat/{shop.slug}/new", {"text": "Hello"}, follow=True)

    assert "has answered as much as it does in one day. Come back tomorrow." in answer.content.decode()
    assert (Shopper.objects.count(), Conversation.objects.count()) == (before, 1)


def test_somebody_who_logs_in_has_a_wallet_of_their_own(chat: Chat, shop: Merchant) -> None:
    client = Client()
    client.force_login(User.objects.create_user("olive", "olive@example.com"))

    answer = client.post(f"/chat/{shop.slug}/new", {"text": "Hello"})

    assert settings.SHOPPER_COOKIE_NAME not in answer.cookies
    assert Shopper.objects.get(user__username="olive").conversations.count() == 1
    assert client.get(answer["Location"]).status_code == 200


def test_who_logs_in_goes_on_as_before(chat: Chat, asked: Browsing, stripe_account: StripeAccount) -> None:
    olive = User.objects.create_user("olive", "olive@example.com")
    session = chat.asked()
    asked.client.force_login(olive)

    assert "I would like the Canvas Tote" in asked.page().texts
    asked.send("pay", checkout=session, terms=chat.terms(session), card=chat.card.pk)
    chat.script.append(AIMessage("Thank you!"))
    chat.run()

    assert Order.objects.count() == 1
    assert Card.objects.get().shopper == Conversation.objects.get().shopper == Shopper.objects.get(user=olive)
    asked.client.logout()
    assert asked.client.get(asked.path).status_code == 404


def test_earlier_conversations_are_one_step_away(chat: Chat, browser: Browsing, shop: Merchant) -> None:
    chat.say("A tote, please", AIMessage("Which one?"))

    new = Page(browser.client.get(f"/chat/{shop.slug}?new").content.decode())

    assert browser.path in new.links
    assert "A tote, please" in new.texts
    assert browser.path not in browser.page().links
    assert browser.path not in Page(Client().get(f"/chat/{shop.slug}?new").content.decode()).links


def test_a_conversation_is_only_its_shoppers(browser: Browsing) -> None:
    stranger, other = Client(), MerchantFactory.create()
    stranger.cookies[settings.SHOPPER_COOKIE_NAME] = "another key"
    elsewhere = browser.path.replace(browser.chat.conversation.merchant.slug, other.slug)

    for client in (Client(), stranger):
        assert client.get(browser.path).status_code == 404
        assert client.get(f"{browser.path}/events").status_code == 404
        for where in ("words", "pay", "sheet", "wallet"):
            assert client.post(f"{browser.path}/{where}", {"text": "Hi", "action": "add"}).status_code == 404
    assert browser.client.get(elsewhere).status_code == 404
    assert ChatEvent.objects.count() == 0


def test_forms_of_other_sites_are_refused(browser: Browsing) -> None:
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = browser.client.cookies

    for where in ("words", "pay", "sheet", "wallet"):
        assert forged.post(f"{browser.path}/{where}", {"text": "Hi"}).status_code == 403
    assert ChatEvent.objects.count() == 0


def test_page_may_load_only_what_it_needs(browser: Browsing) -> None:
    response = browser.client.get(browser.path)

    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["Cache-Control"] == "private, no-store"
    assert Page(response.content.decode()).scripts == []


def test_closed_chat_shows_what_was_said(browser: Browsing, shop: Merchant) -> None:
    browser.chat.say("Hello", AIMessage("Good day"))
    close_chat(shop)

    page = browser.page()

    assert "Good day" in page.texts
    assert "Harbor Supply has closed its chat for now. What was ordered is not touched by it." in page.texts
    assert browser.client.get(f"/chat/{shop.slug}?new").status_code == 404
    assert "no chat at the moment" in browser.send("words", text="Hi").content.decode()


def test_unknown_shops_have_no_chat(chat: Chat) -> None:
    assert Client().get("/chat/nobody").status_code == 404
    assert Client().get(f"/chat/{MerchantFactory.create().slug}").status_code == 404


def test_words_without_a_script_lead_back_to_the_page(browser: Browsing) -> None:
    answer = browser.client.post(f"{browser.path}/words", {"text": "Hello"})

    assert (answer.status_code, answer["Location"]) == (302, f"{browser.path}#end")
    assert Turn.objects.get().text == "Hello"


def test_sheet_shows_what_will_be_charged(asked: Browsing) -> None:
    page = asked.page()

    assert page.row("Canvas Tote")[-1] == "$18.00"
    assert ["Delivery", "$5.00"] in page.rows
    assert ["Tax", "$1.30"] in page.rows
    assert ["Total in USD", "$24.30"] in page.rows
    assert "Pay $24.30" in page.texts
    assert "Visa •••• 4242" in page.texts
    assert "https://harborsupply.example/terms" in page.links
    assert page.values["terms"] == asked.chat.terms(asked.chat.asked())


def test_sheet_says_where_no_card_of_the_wallet_pays(asked: Browsing, settings: Settings) -> None:
    settings.PAYMENTS_LIVE = True

    shown = asked.page().text

    assert "Harbor Supply charges real cards now, and this wallet holds test cards only." in shown
    assert "Pay $24.30" not in shown
    settings.PAYMENTS_LIVE = False
    assert "Pay $24.30" in asked.page().text


def test_sheet_is_changed_by_hand(asked: Browsing) -> None:
    line = asked.page().values["line"]

    two = asked.sheet(action="quantity", line=line, quantity="2")
    coded = asked.sheet(action="add_code", code="NOPE")
    mailed = asked.sheet(action="email", email="bea@example.com")
    moved = asked.sheet(
        action="address",
        name="Bea Ray",
        line_one="2 Pine St",
        city="Reno",
        region="NV",
        postal_code="89501",
        country="us",
    )

    assert "Pay $43.61" in two
    assert "You did not ask for" not in two
    assert "is not known or not active" in coded
    assert 'value="bea@example.com"' in mailed
    assert "Bea Ray<br>2 Pine St<br>Reno, NV 89501<br>US<br>" in moved
    assert "Pay $41.00" in moved
    assert asked.chat.asked() != ""
    assert [one.kind for one in asked.chat.events("changed")] == ["changed"] * 4


def test_changes_that_make_no_sense_change_nothing(asked: Browsing) -> None:
    line = asked.page().values["line"]

    for form, says in (
        ({"action": "quantity", "quantity": "many"}, "The quantity must be a whole number."),
        ({"action": "quantity", "quantity": "0"}, "This is the only item."),
        ({"action": "quantity", "line": "li_other", "quantity": "2"}, "This item is not on the order any more."),
        ({"action": "shipping", "option": "drone"}, "There is no fulfillment option"),
        ({"action": "email", "email": "nobody"}, "This is no e-mail address."),
        ({"action": "add_code", "code": " "}, "Write the code first."),
        ({"action": "price", "amount": "1"}, "There is no such change."),
    ):
        shown = asked.sheet(**{"line": line, **form})
        assert says in shown
        assert "Pay $24.30" in shown
    assert asked.chat.events("changed") == []


def test_no_change_while_the_assistant_works(asked: Browsing) -> None:
    session = asked.chat.asked()
    asked.send("words", text="Wait")

    answer = asked.send("sheet", checkout=session, action="email", email="bea@example.com")

    assert "The assistant is still at work on the last message." in answer.content.decode()
    assert asked.chat.events("changed") == []


def test_click_pays_and_the_order_appears(asked: Browsing, stripe_account: StripeAccount) -> None:
    values, session = asked.page().values, asked.chat.asked()
    form = {"checkout": session, "terms": values["terms"], "card": asked.chat.card.pk, "shown": values["shown"]}

    first = asked.send("pay", **form).content.decode()
    second = asked.send("pay", **form).content.decode()
    asked.chat.script.append(AIMessage("Thank you!"))
    asked.chat.run()

    order = Order.objects.get()
    assert "Processing…" in first
    assert 'type="submit">Pay' not in first
    assert "has been confirmed already" in second
    assert [intent.amount for intent in stripe_account.intents()] == [2430]
    page = asked.page()
    assert f"Order {order.number}" in page.texts
    assert f"/orders/{order.permalink_token}" in page.links
    assert "Paid: $24.30" in page.texts


def test_other_terms_are_shown_again(asked: Browsing, stripe_account: StripeAccount) -> None:
    values, session = asked.page().values, asked.chat.asked()
    asked.sheet(action="quantity", line=values["line"], quantity="2")

    form = {"checkout": session, "terms": values["terms"], "card": asked.chat.card.pk, "shown": values["shown"]}
    answer = asked.send("pay", **form).content.decode()

    assert "The terms have changed since they were shown. Nothing was confirmed." in answer
    assert "it was </span>$24.30</del>" in answer
    assert "it is now </span>$43.61</ins>" in answer
    assert "Pay $43.61" in answer
    assert (Order.objects.count(), stripe_account.intents()) == (0, [])


def test_cards_of_others_pay_nothing(asked: Browsing, stripe_account: StripeAccount) -> None:
    session = asked.chat.asked()

    answer = asked.send("pay", checkout=session, terms=asked.chat.terms(session), card="crd_other")

    assert "There is no such card in this wallet." in answer.content.decode()
    assert asked.chat.asked() == session
    assert Turn.objects.filter(kind="confirmed").count() == 0


def test_declined_card_has_a_next_step(asked: Browsing) -> None:
    asked.send("wallet", action="add", method="pm_card_visa_chargeDeclined")
    card = Card.objects.get(name="pm_card_visa_chargeDeclined")
    session = asked.chat.asked()
    asked.chat.script.append(AIMessage("The card was declined."))
    asked.send("pay", checkout=session, terms=asked.chat.terms(session), card=card.pk)
    asked.chat.run()

    page = asked.page()

    assert "The card was declined" in page.texts
    assert "Ask me again" in page.texts
    assert f"#sheet-{session}-cards" in page.links
    assert "Processing…" not in page.texts
    assert Order.objects.count() == 0


def test_words_while_an_order_waits_are_a_refusal(asked: Browsing) -> None:
    assert "An order waits for your answer." in asked.page().text

    asked.send("words", text="Rather not")
    asked.chat.script.append(AIMessage("Very well."))
    asked.chat.run()

    page = asked.page()
    assert "An order waits for your answer." not in page.text
    assert "Go to payment" in page.texts
    assert "Very well." in page.texts


def test_strangers_text_stays_text(browser: Browsing, shop: Merchant) -> None:
    evil = '"><img src=x onerror=alert(1)><hx-partial hx-target="body">'
    product = ProductFactory.create(
        merchant=shop, title=evil, description="</p><script>alert(2)</script>", brand=evil
    )
    VariantFactory.create(merchant=shop, product=product, option_values=[evil])
    ChatEvent.objects.create(
        conversation=browser.chat.conversation,
        kind="products",
        at=browser.chat.conversation.created_at,
        data={"products": [_body(product.pk, evil)]},
    )
    browser.chat.say(evil, call("search_products", words=""), AIMessage(evil))

    page, stream = browser.client.get(browser.path).content.decode(), browser.events()

    for shown in (page, stream):
        assert "<img src=x" not in shown
        assert "<script>alert" not in shown
        assert 'hx-target="body"' not in shown
        assert "javascript:" not in shown
        assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def _body(product_id: str, evil: str) -> dict[str, object]:
    """Return a product as a shop could write it that cleans nothing."""
    variant = {
        "id": "var_1",
        "title": evil,
        "options": [{"name": evil, "value": evil}],
        "price": {"amount": 100, "currency": "usd"},
        "availability": "in_stock",
        "is_purchasable": True,
        "is_digital": False,
        "image": "javascript:alert(3)",
        "page_url": "javascript:alert(4)",
    }
    return {
        "id": product_id,
        "title": evil,
        "description": evil,
        "brand": evil,
        "images": ["javascript:alert(5)"],
        "page_url": "javascript:alert(6)",
        "variants": [variant, {**variant, "id": "var_2"}],
    }
