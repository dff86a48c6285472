"""A shopper buys in a real browser, by words and by hand, and every failure has a way on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from langchain_core.messages import AIMessage
from playwright.sync_api import APIResponse, Browser, Route

from agents.chat.following import follow_order, look_after
from agents.chat.models import Turn
from agents.chat.recording import record
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.inventory.models import StockItem
from commerce.orders.models import Order
from tests.browser.chatting import DESK, PHONE, Shopping, asked, shopping, with_card
from tests.browser.chatting import address as address
from tests.browser.chatting import shopper as shopper
from tests.browser.chatting import worker as worker
from tests.chat.browsing import KEY
from tests.chat.conftest import ADDRESS, BUYER, Chat, last_checkout, ordered
from tests.chat.conftest import chat as chat
from tests.chat.conftest import mug as mug
from tests.chat.conftest import shop as shop
from tests.factories import ProductFactory, VariantFactory
from tests.shopper.scripted import call
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db(transaction=True)


def test_words_and_one_click_buy(shopper: Shopping, mug: Variant, stripe_account: StripeAccount) -> None:
    shopper.open()
    shopper.say("What do you have?", call("search_products", words=""), AIMessage("Which one?"))
    shopper.told("Which one?")
    shopper.chat.script.extend(
        [
            call("start_checkout", items=[{"variant_id": mug.pk, "quantity": 1}]),
            AIMessage("Where to?"),
        ]
    )
    shopper.page.get_by_role("button", name="Choose Canvas Tote").click()
    shopper.told("Where to?")
    shopper.page.get_by_text("Cannot be paid yet").wait_for()
    shopper.say(
        "To Ann Lee, 1 Market St, San Francisco, CA 94105, ann@example.com",
        lambda heard: call("update_checkout", checkout_id=last_checkout(heard), buyer=BUYER, address=ADDRESS),
        lambda heard: call("ask_to_pay", checkout_id=last_checkout(heard)),
    )
    shopper.pay_button("$24.30").wait_for()
    shopper.chat.script.append(AIMessage("Thank you!"))

    shopper.pay_button("$24.30").dblclick()
    shopper.told("Thank you!")

    order = Order.objects.get()
    assert [intent.amount for intent in stripe_account.intents()] == [2430]
    assert shopper.page.get_by_role("heading", name=f"Order {order.number}").count() == 1
    assert shopper.page.get_by_role("button", name="Pay $").count() == 0
    texts = [turn.text for turn in Turn.objects.filter(kind="words").order_by("created_at")]
    assert texts[1] == "I would like the Canvas Tote."
    assert shopper.window.complaints == []


def test_reload_shows_the_same_and_two_tabs_pay_once(
    shopper: Shopping, mug: Variant, stripe_account: StripeAccount
) -> None:
    asked(shopper, mug)
    before = shopper.page.locator("#blocks").inner_text()
    shopper.open()
    assert shopper.page.locator("#blocks").inner_text() == before

    other = shopper.page.context.new_page()
    other.goto(shopper.page.url)
    shopper.chat.script.append(AIMessage("Thank you!"))
    other.get_by_role("button", name="Pay $24.30").click()
    shopper.told("Thank you!")

    assert shopper.page.get_by_role("button", name="Pay $").count() == 0
    assert Order.objects.count() == len(stripe_account.intents()) == 1
    assert shopper.window.complaints == []


def test_sheet_is_changed_with_the_keyboard(shopper: Shopping, mug: Variant) -> None:
    asked(shopper, mug)

    shopper.page.get_by_label("2 instead").focus()
    shopper.page.keyboard.press("Enter")
    shopper.pay_button("$43.61").wait_for()
    assert shopper.page.evaluate("document.activeElement.getAttribute('aria-label')") == "3 instead: Canvas Tote"
    shopper.page.get_by_label("Discount code").fill("NOPE")
    shopper.page.keyboard.press("Enter")
    shopper.page.get_by_text("is not known or not active").wait_for()
    shopper.page.get_by_text("Change the address").click()
    shopper.page.get_by_label("City").fill("Reno")
    shopper.page.get_by_label("State or region").fill("NV")
    shopper.page.get_by_label("Postal code").fill("89501")
    shopper.page.keyboard.press("Enter")

    shopper.pay_button("$41.00").wait_for()
    assert shopper.page.get_by_label("Discount code").input_value() == ""
    assert shopper.window.complaints == []


def test_what_is_typed_survives_what_happens_meanwhile(shopper: Shopping, mug: Variant) -> None:
    asked(shopper, mug)
    shopper.page.get_by_label("Discount code").fill("SUMM")

    record(shopper.chat.conversation.pk, "changed", {"checkout": shopper.chat.asked()})
    record(shopper.chat.conversation.pk, "problem", {"code": "other", "text": "Something else happened."})
    shopper.page.get_by_text("Something else happened.").wait_for()

    assert shopper.page.get_by_label("Discount code").input_value() == "SUMM"
    assert shopper.page.evaluate("document.activeElement.name") == "code"


def test_what_is_typed_before_an_answer_comes_stays(shopper: Shopping, mug: Variant) -> None:
    """The stream may tell of a change before the request that made it is answered."""
    asked(shopper, mug)
    answers: list[tuple[Route, APIResponse]] = []
    shopper.page.route("**/sheet", lambda route: answers.append((route, route.fetch())))
    shopper.page.get_by_text("Change the address").click()
    shopper.page.get_by_label("Country").fill("FR")
    shopper.page.get_by_label("Discount code").fill("SUMM")
    shopper.page.get_by_role("button", name="Save address").click()
    shopper.page.get_by_text("Give another address above").wait_for()

    shopper.page.get_by_label("City").fill("Reno")
    while not answers:  # the stream may tell of it even before the answer is there
        shopper.page.wait_for_timeout(10)
    [(route, answer)] = answers
    with shopper.page.expect_response("**/sheet"):
        route.fulfill(response=answer)

    shopper.page.get_by_role("button", name="Save address").and_(shopper.page.locator(":enabled")).wait_for()
    assert shopper.page.get_by_label("City").input_value() == "Reno"
    assert shopper.page.get_by_label("Country").input_value() == "FR"
    assert shopper.page.get_by_label("Discount code").input_value() == "SUMM"


def test_what_was_refused_is_still_there(shopper: Shopping, mug: Variant) -> None:
    asked(shopper, mug)
    now = timezone.now()
    turn = shopper.chat.conversation.turns.create(
        kind=Turn.Kind.WORDS, status=Turn.Status.RUNNING, due_at=now + timedelta(hours=1), created_at=now
    )
    shopper.page.get_by_text("Change the address").click()
    shopper.page.get_by_label("City").fill("Reno")
    shopper.page.get_by_role("button", name="Save address").click()
    shopper.sheet().get_by_text("The assistant is still at work").wait_for()

    assert shopper.page.get_by_label("City").input_value() == "Reno"
    assert shopper.page.get_by_label("City").is_visible()
    turn.delete()
    shopper.page.get_by_role("button", name="Save address").click()
    shopper.page.get_by_text("Reno, CA").wait_for()
    shopper.page.get_by_label("City").wait_for(state="hidden")


def test_declined_then_another_card(shopper: Shopping, mug: Variant, stripe_account: StripeAccount) -> None:
    with_card(shopper.chat, "pm_card_visa_chargeDeclined")
    asked(shopper, mug)
    shopper.chat.script.append(AIMessage("Your card was declined."))
    shopper.pay_button("$24.30").click()
    shopper.page.get_by_text("The card was declined").wait_for()
    shopper.told("Your card was declined.")
    shopper.chat.script.append(lambda heard: call("ask_to_pay", checkout_id=last_checkout(heard)))

    shopper.page.get_by_role("button", name="Ask me again").click()
    shopper.pay_button("$24.30").wait_for()
    shopper.page.get_by_role("radio", name="Visa •••• 4242").check()
    shopper.chat.script.append(AIMessage("Thank you!"))
    shopper.pay_button("$24.30").click()
    shopper.told("Thank you!")

    assert Order.objects.get().total_minor == 2430
    assert sum(amount for entry, amount in stripe_account.ledger() if entry == "authorization") == 2430
    assert shopper.page.get_by_role("button", name="Ask me again").count() == 0


def test_bank_asks_and_the_shopper_comes_back(shopper: Shopping, mug: Variant) -> None:
    with_card(shopper.chat, "pm_card_threeDSecure2Required")
    asked(shopper, mug)
    shopper.chat.script.append(AIMessage("Please confirm at your bank."))
    shopper.pay_button("$24.30").click()
    shopper.page.get_by_role("link", name="Continue to your bank").click()
    shopper.page.get_by_role("link", name="Continue to your bank").click()
    shopper.page.locator("button[value=complete]").click()
    shopper.page.wait_for_url(f"**{shopper.path}")
    look_after()

    shopper.page.locator(".order").wait_for()
    assert shopper.page.get_by_text("Paid: $24.30").is_visible()
    shopper.page.locator(".step").wait_for(state="detached")
    assert Order.objects.count() == 1


def test_price_that_changed_is_not_charged(shopper: Shopping, mug: Variant, stripe_account: StripeAccount) -> None:
    asked(shopper, mug)
    Variant.objects.filter(pk=mug.pk).update(price_minor=2000)
    shopper.chat.script.append(AIMessage("The price has changed."))

    shopper.pay_button("$24.30").click()
    shopper.told("The price has changed.")

    assert shopper.page.get_by_text("The order has changed").is_visible()
    note = shopper.page.locator(".sheet .note").first.inner_text()
    assert "The total has changed" in note
    assert "$24.30" in note
    assert "$26.45" in note
    assert (Order.objects.count(), stripe_account.ledger()) == (0, [])


def test_last_one_went_to_somebody_else(shopper: Shopping, mug: Variant, stripe_account: StripeAccount) -> None:
    asked(shopper, mug)
    StockItem.objects.filter(pk=mug.pk).update(on_hand=0)
    shopper.chat.script.append(AIMessage("It is gone."))

    shopper.pay_button("$24.30").click()
    shopper.told("It is gone.")

    shopper.page.get_by_role("button", name="Show me something like it").wait_for()
    assert "Out of stock" in shopper.sheet().inner_text()
    assert (Order.objects.count(), stripe_account.ledger()) == (0, [])


def test_undecided_payment_warns(shopper: Shopping, mug: Variant) -> None:
    asked(shopper, mug)
    session = shopper.chat.asked()
    CheckoutSession.objects.filter(pk=session).update(status="completing")

    record(shopper.chat.conversation.pk, "undecided", {"checkout": session})

    shopper.page.get_by_text("Please do not pay again.").first.wait_for()
    assert shopper.page.get_by_role("button", name="Pay $").count() == 0


def test_limits_and_cards_of_the_wallet(shopper: Shopping, mug: Variant, stripe_account: StripeAccount) -> None:
    asked(shopper, mug)
    shopper.page.get_by_text("Your wallet").click()
    shopper.page.get_by_label("At most for one order (USD)").fill("20")
    shopper.page.get_by_role("button", name="Set limit").click()
    shopper.page.get_by_text("$20.00 for one order").wait_for()
    shopper.page.get_by_label("Test card").select_option("pm_card_mastercard")
    shopper.page.get_by_role("button", name="Add card").click()
    shopper.page.get_by_role("radio", name="Mastercard •••• 4444").wait_for()
    shopper.chat.script.append(AIMessage("That is above your limit."))
    shopper.pay_button("$24.30").click()
    shopper.told("That is above your limit.")

    shopper.page.get_by_text("Above a limit").wait_for()
    assert stripe_account.ledger() == []
    shopper.page.get_by_role("button", name="Remove the limit of $20.00 for one order").click()
    shopper.page.get_by_text("None. Whatever you confirm is paid.").wait_for()
    shopper.page.get_by_role("button", name="Remove Visa").click()
    shopper.page.get_by_role("button", name="Remove Visa").wait_for(state="detached")
    assert shopper.window.complaints == []


def test_order_moves_by_itself(shopper: Shopping, mug: Variant) -> None:
    asked(shopper, mug)
    shopper.chat.script.append(AIMessage("Thank you!"))
    shopper.pay_button("$24.30").click()
    shopper.told("Thank you!")
    order = Order.objects.get()
    Order.objects.filter(pk=order.pk).update(status="shipped")

    follow_order(order.pk, sequence=2)

    shopper.page.locator(".order").get_by_text("On its way").wait_for()
    assert shopper.page.locator(".order").count() == 1


def test_strangers_title_is_text_in_a_browser(shopper: Shopping, mug: Variant) -> None:
    evil = "<img src=x onerror=alert(1)> <hx-partial hx-target=body>gone</hx-partial>"
    product = {"id": "prd_x", "title": evil, "tags": [], "images": [], "description": evil, "page_url": ""}
    variant = {
        "id": "var_x",
        "title": evil,
        "options": [],
        "price": {"amount": 100, "currency": "usd"},
        "availability": "in_stock",
        "is_purchasable": True,
    }
    shopper.open()
    record(shopper.chat.conversation.pk, "products", {"products": [{**product, "variants": [variant]}]})

    shopper.page.get_by_role("heading", name="<img src=x onerror=alert(1)>").wait_for()
    assert shopper.page.get_by_label("Your message").is_visible()
    assert shopper.window.complaints == []


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_everybody_can_use_it(
    chromium: Browser, address: str, chat: Chat, mug: Variant, size: dict[str, int], scheme: str
) -> None:
    """No state breaks a rule of WCAG 2.2 AA that a machine can check, or is wider than the window."""
    product = ProductFactory.create(merchant=chat.conversation.merchant, title="Stoneware Mug")
    for color in ("Blue", "Red"):
        VariantFactory.create(merchant=chat.conversation.merchant, product=product, option_values=[color])
    with shopping(chromium, chat, KEY, address, viewport=size, color_scheme=scheme) as shopper:
        shopper.show_inspector()
        shopper.open()
        found = [check(shopper, "empty")]
        shopper.say(
            "What is there?",
            call("search_products", words=""),
            call("compare_products", product_ids=[mug.product_id, product.pk]),
            call("start_checkout", items=[{"variant_id": mug.pk, "quantity": 3}]),
            AIMessage("Where to?"),
        )
        shopper.told("Where to?")
        found.append(check(shopper, "incomplete"))
        shopper.page.get_by_text("Your wallet").click()
        shopper.say("Home", *ordered(mug, 3)[2:])
        shopper.pay_button("$62.92").wait_for()
        assert shopper.page.get_by_text("You did not ask for 3 of these.").is_visible()
        found.append(check(shopper, "asked"))
        shopper.chat.script.append(AIMessage("Thank you!"))
        shopper.pay_button("$62.92").click()
        shopper.told("Thank you!")
        record(chat.conversation.pk, "problem", {"code": "declined", "text": "The bank refused."})
        record(chat.conversation.pk, "undecided", {"checkout": "cs_other"})
        shopper.page.get_by_text("We are checking your payment").wait_for()
        found.append(check(shopper, "paid"))
        assert shopper.window.complaints == []

    assert found == [[]] * 4


RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def check(shopper: Shopping, state: str) -> list[str]:
    """Return what axe finds, and whether anything sticks out."""
    told = Axe().run(shopper.page, options=RULES).response["violations"]
    found = [f"{state}: {one['id']} {[node['html'][:160] for node in one['nodes']][:3]}" for one in told]
    over = shopper.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, *([f"{state}: {over} pixels too wide"] if over > 0 else [])]
