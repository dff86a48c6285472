"""What the page shows of itself after the click: closed or open, canceled, on its way, or not to be had so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from langchain_core.messages import AIMessage

from agents.chat import turns
from agents.demo.agent import Carrier
from agents.shopper.language_models import shopper_model
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.inbox.services import new_fulfillment_secret
from commerce.inventory.models import StockItem
from commerce.orders.models import Order
from commerce.outbox.relay import drain
from tests.browser.chatting import Shopping, Worker, asked
from tests.browser.chatting import address as address
from tests.browser.chatting import shopper as shopper
from tests.browser.chatting import worker as worker
from tests.chat.conftest import ADDRESS, BUYER, last_checkout, ordered
from tests.chat.conftest import chat as chat
from tests.chat.conftest import mug as mug
from tests.chat.conftest import shop as shop
from tests.shopper.scripted import call
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db(transaction=True)


PARIS = {"City": "Paris", "State or region": "", "Postal code": "75001", "Country (two letters)": "FR"}
FRENCH = {
    "name": "Ann Lee",
    "line_one": "1 rue de Rivoli",
    "city": "Paris",
    "postal_code": "75001",
    "country": "FR",
}


def bought(shopper: Shopping, mug: Variant) -> Order:
    """Buy one, and return the order."""
    asked(shopper, mug)
    shopper.chat.script.append(AIMessage("Thank you!"))
    shopper.pay_button("$24.30").click()
    shopper.told("Thank you!")
    return Order.objects.get()


def worked_off() -> None:
    """Do what a worker would have done by now."""
    while drain():
        pass


def lapsed(session_id: str) -> None:
    CheckoutSession.objects.filter(pk=session_id).update(expires_at=timezone.now() - timedelta(minutes=1))


def test_closed_while_paying_it_is_bought_once(
    shopper: Shopping, mug: Variant, worker: Worker, stripe_account: StripeAccount
) -> None:
    asked(shopper, mug)
    worker.hold()
    shopper.pay_button("$24.30").click()
    shopper.page.get_by_text("This page may be closed: the order goes on.").wait_for()
    shopper.page.close()
    shopper.chat.script.append(AIMessage("Thank you!"))
    worker.finish()

    shopper.reopen()

    order = Order.objects.get()
    assert shopper.page.get_by_role("heading", name=f"Order {order.number}").count() == 1
    assert shopper.page.get_by_text("Paid: $24.30").is_visible()
    assert shopper.page.get_by_role("button", name="Pay $").count() == 0
    assert stripe_account.ledger() == [("authorization", 2430)]
    assert shopper.window.complaints == []


@pytest.mark.parametrize(
    ("is_captured", "gone"), [(False, [("void", 2430)]), (True, [("capture", 2430), ("refund", 2430)])]
)
def test_canceled_by_words_the_money_comes_back(
    shopper: Shopping,
    mug: Variant,
    stripe_account: StripeAccount,
    is_captured: bool,
    gone: list[tuple[str, int]],
) -> None:
    order = bought(shopper, mug)
    if is_captured:
        worked_off()

    shopper.say("Please cancel it", call("cancel_order", order_id=order.pk), AIMessage("It is canceled."))
    shopper.told("It is canceled.")
    worked_off()

    card = shopper.page.locator(".order")
    card.get_by_text("Nothing of this order will be sent any more.").wait_for()
    card.get_by_text("Refund of $24.30: Canceled").wait_for()
    assert card.count() == 1
    assert stripe_account.ledger() == [("authorization", 2430), *gone]
    assert StockItem.objects.values_list("on_hand", "reserved").get(pk=mug.pk) == (5, 0)
    assert shopper.window.complaints == []


def test_tracked_to_the_door_without_a_reload(shopper: Shopping, mug: Variant) -> None:
    order, merchant = bought(shopper, mug), shopper.chat.conversation.merchant
    carrier = Carrier(shopper.window.address, merchant.slug, new_fulfillment_secret(merchant))
    parcel = {"order": order.number, "shipment": "parcel-1", "carrier": "UPS", "tracking_number": "1Z9"}
    shopper.page.evaluate("window.isTheSamePage = true")
    card = shopper.page.locator(".order")

    for step, shown, status in (
        ("shipped", "Parcel: Handed to the carrier", "On its way"),
        ("out_for_delivery", "Parcel: Out for delivery", "On its way"),
        ("delivered", "Parcel: Delivered", "Complete"),
    ):
        carrier.tell(f"shipment.{step}", {**parcel, "tracking_url": "https://ups.example/1Z9"})
        worked_off()
        card.get_by_text(shown).wait_for()
        assert card.locator(".status strong").inner_text() == status

    assert card.get_by_role("link", name="Track it").get_attribute("href") == "https://ups.example/1Z9"
    assert shopper.page.evaluate("window.isTheSamePage")
    assert card.count() == 1
    assert shopper.window.complaints == []


def test_address_that_is_not_served_wants_another(shopper: Shopping, mug: Variant) -> None:
    asked(shopper, mug)
    shopper.page.get_by_text("Change the address").click()
    for label, text in PARIS.items():
        shopper.page.get_by_label(label, exact=False).fill(text)
    shopper.page.get_by_role("button", name="Save address").click()
    shopper.page.get_by_text("Give another address above").wait_for()

    assert "Nothing can be delivered to this address. This shop delivers to: US." in shopper.sheet().inner_text()
    assert shopper.page.get_by_role("button", name="Pay $").count() == 0
    for label, text in {"City": "Reno", "State or region": "NV", "Postal code": "89501", "Country": "US"}.items():
        shopper.page.get_by_label(label, exact=False).fill(text)
    shopper.page.get_by_role("button", name="Save address").click()

    shopper.page.get_by_text("Reno, NV 89501").wait_for()
    shopper.page.get_by_label("City").wait_for(state="hidden")
    shopper.pay_button("$23.00").wait_for()
    assert shopper.window.complaints == []


def test_model_that_asks_to_pay_for_such_an_address_is_told(shopper: Shopping, mug: Variant) -> None:
    shopper.open()
    start, _, ask = ordered(mug)[1:]
    shopper.say(
        "One tote to Paris",
        start,
        lambda heard: call("update_checkout", checkout_id=last_checkout(heard), buyer=BUYER, address=FRENCH),
        ask,
        AIMessage("Where else?"),
    )
    shopper.told("Where else?")

    problem = shopper.page.get_by_role("alert", name="Problem")
    assert "Not delivered to this address" in problem.inner_text()
    problem.get_by_role("link", name="Give another address").click()
    assert shopper.page.get_by_label("City").is_visible()
    shopper.say(
        "Then to San Francisco",
        lambda heard: call("update_checkout", "other", checkout_id=last_checkout(heard), address=ADDRESS),
        lambda heard: call("ask_to_pay", "other", checkout_id=last_checkout(heard)),
    )
    shopper.pay_button("$24.30").wait_for()
    shopper.page.get_by_label("City").wait_for(state="hidden")
    assert problem.get_by_role("link").count() == 0


def test_expired_order_is_started_again(
    shopper: Shopping, mug: Variant, stripe_account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "shopper_model", shopper_model)
    shopper.open()
    shopper.say("One Canvas Tote to Ann Lee, 1 Market St, San Francisco, CA 94105, ann@example.com")
    shopper.pay_button("$24.30").wait_for()
    lapsed(shopper.chat.asked())

    shopper.pay_button("$24.30").click()
    shopper.told("I have opened it anew")
    assert shopper.page.get_by_text("It stood open for too long.").is_visible()
    assert shopper.page.get_by_role("button", name="Start again").count() == 0
    shopper.page.get_by_role("button", name="Go to payment").click()
    shopper.pay_button("$24.30").wait_for()
    lapsed(shopper.chat.asked())
    shopper.open()

    shopper.page.get_by_role("heading", name="This order has expired").wait_for()
    assert shopper.page.locator("#hint").inner_text() == ""
    assert stripe_account.intents() == []
    shopper.page.get_by_role("button", name="Start again").click()
    shopper.page.get_by_role("button", name="Go to payment").click()
    shopper.pay_button("$24.30").click()

    shopper.page.get_by_text("Paid: $24.30").wait_for()
    assert Order.objects.count() == len(stripe_account.intents()) == 1
    assert shopper.window.complaints == []
